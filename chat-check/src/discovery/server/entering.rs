//! Clients that enter the chat of a server whose dialect is being found out.

use chat_drive::captured::Heard;

use super::{Search, speak};
use crate::dialect::Dialect;
use crate::scene::participant::Participant;
use crate::scene::{Scene, Server};
use crate::verdict::Checked;

impl Search<'_> {
    /// Connects, waits for the greeting, and gives a name where one is asked for.
    pub(super) fn enter(
        &self,
        scene: &Scene,
        server: &Server,
        name: &str,
        spoken: &Dialect,
    ) -> Checked<Participant> {
        let mut participant = scene.connect(server, name)?;
        self.introduce(scene, server, &mut participant, spoken)?;
        Ok(participant)
    }

    /// Lets two clients enter. Where names are not asked for, both say one, in case the first
    /// message is the name: the last part of the result tells whether the server accepted the
    /// second client only then.
    pub(super) fn enter_both(
        &self,
        scene: &Scene,
        server: &Server,
        names: [&str; 2],
        spoken: &Dialect,
    ) -> Checked<(Participant, Participant, bool)> {
        let mut listener = self.enter(scene, server, names[0], spoken)?;
        let mut speaker = scene.connect(server, names[1])?;
        let mut waits = false;
        if is_unnamed(spoken) {
            let accepted = || server.has(speaker.local()).then_some(());
            waits = cfg!(target_os = "linux") && scene.within(self.a_while, accepted).is_none();
            speak(&mut listener, names[0], spoken)?;
        }
        self.introduce(scene, server, &mut speaker, spoken)?;
        waits = waits && server.has(speaker.local());
        if is_unnamed(spoken) {
            speak(&mut speaker, names[1], spoken)?;
            scene.settle(&server.program)?;
        }
        Ok((listener, speaker, waits))
    }

    /// Returns the greeting of a new participant: all that arrives, until nothing more comes.
    pub(super) fn greeting(&self, participant: &Participant) -> Vec<u8> {
        let (mut seen, mut patience) = (0, self.a_while);
        let more = |seen| move |heard: &Heard| (heard.total > seen).then_some(heard.total);
        while let Some(total) = participant.captured().wait(patience, more(seen)) {
            (seen, patience) = (total, self.quiet);
        }
        participant.captured().look(|heard| heard.bytes.clone())
    }

    fn introduce(
        &self,
        scene: &Scene,
        server: &Server,
        participant: &mut Participant,
        spoken: &Dialect,
    ) -> Checked {
        if spoken.greeting {
            self.greeting(participant);
        } else {
            scene.accepted(server, participant.local())?;
        }
        for line in spoken.introduction(participant.name()) {
            participant.send(&spoken.introduces(&line))?;
            scene.settle(&server.program)?;
        }
        Ok(())
    }
}

/// Returns whether this dialect has clients that say nothing before their first message.
pub(super) fn is_unnamed(spoken: &Dialect) -> bool {
    !spoken.has_names() && spoken.enter.is_empty()
}
