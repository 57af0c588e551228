//! The form of a client's messages, and the word with which its user leaves.

use chat_drive::captured::Heard;

use super::Search;
use crate::dialect::{Framing, Label};
use crate::discovery::conventions::LEAVE;
use crate::discovery::prompts::ending;
use crate::scene::Scene;
use crate::scene::client_program::ClientProgram;
use crate::scene::participant::Participant;
use crate::verdict::Checked;

/// Lengths in digits that all of what a client sends shows.
const DECIMALS: [Framing; 3] = [Framing::Decimal(10), Framing::Decimal(64), Framing::DecimalLine];

impl Search<'_> {
    /// Finds out the form of a message, given a part of it and the number of bytes before it.
    pub(super) fn form(
        &mut self,
        client: &ClientProgram,
        participant: &mut Participant,
        token: &str,
        from: u64,
    ) -> Checked {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let all = participant.captured().look(|heard| heard.bytes.clone());
        if let Some(framing) = DECIMALS.into_iter().find(|framing| framing.fits(&all)) {
            self.found.dialect.framing = framing;
            return Ok(());
        }
        let ended = |heard: &Heard| ending(heard, token, from);
        let framing = participant.captured().wait(self.quiet(), ended).unwrap_or(Framing::None);
        let dialect = &mut self.found.dialect;
        dialect.framing = framing;
        let before = participant.captured().look(|heard| {
            let at = heard.find(token, from).unwrap_or(from);
            String::from_utf8_lossy(&heard.bytes[from..at]).trim().len()
        });
        dialect.label = if before > 2 { Label::Name } else { Label::None };
        if framing == Framing::None && !self.shows_what_has_no_end(client, participant)? {
            self.found.dialect.framing = Framing::Lf;
        }
        Ok(())
    }

    /// Returns whether the client shows a message without an end, or shows nothing, which proves
    /// nothing.
    fn shows_what_has_no_end(
        &self,
        client: &ClientProgram,
        participant: &mut Participant,
    ) -> Checked<bool> {
        let bare = format!("{}-bare", client.name());
        let shown = |time| {
            let seen = client.screen().wait(time, |heard| heard.find(&bare, 0));
            seen.is_some()
        };
        participant.send(bare.as_bytes())?;
        if shown(client.patience()) {
            return Ok(true);
        }
        participant.send(b"\n")?;
        Ok(!shown(self.a_while()))
    }

    /// Finds the word with which its user leaves: one behind which nothing is sent any more.
    pub(super) fn leaving(&mut self, scene: &mut Scene) -> Checked {
        let (mut client, mut participant) = scene.admit_client()?;
        for word in std::iter::once("salir").chain(LEAVE) {
            let token = scene.token();
            client.types(word);
            client.types(&token);
            let sent = || participant.position(&token).is_some();
            let over = || client.program.ended().is_some() || participant.end().is_some();
            scene.eventually(|| (sent() || over()).then_some(()));
            if sent() {
                continue;
            }
            // A letter that it cannot encode ends a client as well.
            if word.is_ascii() || client.trace().is_none() {
                self.found.dialect.leave = Some(word.to_owned());
                return Ok(());
            }
            drop(participant);
            (client, participant) = scene.admit_client()?;
        }
        self.found.dialect.leave = None;
        Ok(())
    }
}
