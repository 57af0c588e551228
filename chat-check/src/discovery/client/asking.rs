//! The keyword to which a client answers with a name.

use std::time::Duration;

use super::{Search, silent};
use crate::dialect::Naming;
use crate::discovery::conventions::KEYWORDS;
use crate::scene::Scene;
use crate::scene::client_program::ClientProgram;
use crate::scene::participant::Participant;
use crate::verdict::Checked;

impl Search<'_> {
    pub(super) fn keywords(&self) -> Vec<String> {
        match &self.given.naming {
            Some(Naming::Asked(keyword)) => vec![keyword.clone()],
            Some(_) => Vec::new(),
            None => KEYWORDS.map(str::to_owned).to_vec(),
        }
    }

    /// Asks a client that leaves a server which does not begin with the keyword.
    pub(super) fn asked_at_once(&mut self, scene: &mut Scene, keyword: &str) -> Checked {
        let (client, mut participant) = scene.connect_client()?;
        self.puts(scene, &client, &mut participant, keyword, false)?
            .then_some(())
            .ok_or_else(|| silent(&participant))?;
        self.found.dialect.naming = Naming::Asked(keyword.to_owned());
        self.say_something(scene, &client, &mut participant)
    }

    /// Returns the keyword that makes the client send something.
    pub(super) fn ask(
        &self,
        scene: &Scene,
        client: &ClientProgram,
        participant: &mut Participant,
        spoken: bool,
    ) -> Checked<Option<Naming>> {
        for keyword in self.keywords() {
            if self.puts(scene, client, participant, &keyword, spoken)? {
                return Ok(Some(Naming::Asked(keyword)));
            }
        }
        Ok(None)
    }

    /// Sends a keyword and returns whether it makes the client send something. While the framing is
    /// not known (not `spoken`), the keyword is sent without an end first, and then with one.
    fn puts(
        &self,
        scene: &Scene,
        client: &ClientProgram,
        participant: &mut Participant,
        keyword: &str,
        spoken: bool,
    ) -> Checked<bool> {
        let before = participant.captured().look(|heard| heard.total);
        let framing = self.found.dialect.framing;
        if spoken || framing.has_length() {
            participant.send(&participant.question(&self.found.dialect, keyword))?;
        } else {
            participant.send(keyword.as_bytes())?;
            scene.has_read(client, participant);
            if participant.sends_more(before, self.quiet()) {
                return Ok(true);
            }
            participant.send(b"\n")?;
        }
        scene.has_read(client, participant);
        if participant.sends_more(before, self.quiet() * 3) {
            return Ok(true);
        }
        // A late answer must not be taken for one to another keyword.
        scene.settle(&client.program)?;
        Ok(participant.sends_more(before, Duration::ZERO))
    }
}
