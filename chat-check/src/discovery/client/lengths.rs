//! A client that writes a length before each message, and may not stand a message without one.

use super::{Search, silent};
use crate::dialect::Framing;
use crate::discovery::Found;
use crate::discovery::observations::lengths;
use crate::scene::Scene;
use crate::scene::participant::Participant;
use crate::scene::scripted_server::GREETING;
use crate::verdict::Checked;

impl Search<'_> {
    /// Fails where the client writes a length before what it says by itself, and the framing is not
    /// known yet: a greeting without one may end it.
    pub(super) fn hears_no_length(&mut self, participant: &Participant) -> Checked {
        if self.given.framing.is_some() || self.found.dialect.framing.has_length() {
            return Ok(());
        }
        participant.reads_until_quiet(self.quiet() * 2);
        match participant.captured().look(|heard| lengths(&heard.bytes)) {
            None => Ok(()),
            Some(framing) => {
                self.found.dialect.framing = framing;
                Err(silent(participant))
            }
        }
    }

    /// Talks again where the client turned out to write a length before each message. Returns whether
    /// it answers. Without success, what the first conversation showed stays.
    pub(super) fn talk_with_lengths(&mut self, before: &Found, talked: bool) -> bool {
        let framing = self.found.dialect.framing;
        if framing == before.dialect.framing || !framing.has_length() {
            return false;
        }
        let first = self.found.clone();
        let named = match framing {
            Framing::Decimal(width) => Framing::Named(width),
            framing => framing,
        };
        let mut framings = vec![framing, named];
        framings.dedup();
        let mut talks = |framing: Framing, greeting: bool, shows: bool| {
            self.found.clone_from(before);
            self.found.dialect.framing = framing;
            self.found.dialect.greeting = greeting;
            let talks =
                (!shows || self.try_it(Self::shows_greeting)) && self.try_it(Self::conversation);
            self.found.dialect.framing = framing;
            talks
        };
        let greeting = before.dialect.greeting;
        // It need not show a greeting, and may not stand one.
        let found = framings.into_iter().any(|framing| talks(framing, greeting, true))
            || (!talked && (talks(framing, greeting, false) || talks(framing, false, false)));
        if !found {
            self.found = first;
        }
        found
    }

    /// Fails unless the client shows the greeting.
    fn shows_greeting(&mut self, scene: &mut Scene) -> Checked {
        let (client, mut participant) = scene.connect_client()?;
        self.name_by_itself(scene, &client);
        participant.say(GREETING)?;
        client.shows(GREETING)
    }
}
