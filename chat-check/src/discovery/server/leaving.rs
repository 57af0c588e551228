//! The word with which the clients of a server leave.

use super::Search;
use crate::discovery::QUIET;
use crate::discovery::conventions::{LEAVE, mentioned};
use crate::scene::participant::Participant;
use crate::scene::{Scene, Server};
use crate::verdict::Checked;

impl Search<'_> {
    /// Finds the word that ends a connection: `salir`, or else one that the server or its operator's
    /// screen mentions, or another of the usual ones. One client says them all, one after the other:
    /// some servers serve one only.
    pub(super) fn leaving(&mut self, scene: &mut Scene) -> Checked {
        let mut server = scene.start()?;
        let mut words = vec!["salir".to_owned()];
        words.extend(mentioned(&self.greeting));
        words.extend(mentioned(&server.program.trace().out.text()));
        words.extend(LEAVE.map(str::to_owned));
        let mut before = Vec::new();
        let mut participant = None;
        for word in words {
            if before.contains(&word) {
                continue;
            }
            let talker = match participant.take() {
                Some(talker) => talker,
                None => self.enter(scene, &server, &scene.name("caro"), scene.dialect)?,
            };
            if self.ends_with(scene, &server, talker, &word, &mut participant)? {
                server = Self::alive(scene, server)?;
                if self.only_by(scene, &server, &word)? {
                    self.found.dialect.leave = Some(word);
                    return Ok(());
                }
            }
            if participant.is_none() {
                server = Self::alive(scene, server)?;
            }
            before.push(word);
        }
        Ok(())
    }

    /// Starts another server in the place of one that has ended: a crash says nothing about words.
    fn alive(scene: &mut Scene, server: Server) -> Checked<Server> {
        scene.settle(&server.program)?;
        if server.program.ended().is_none() {
            return Ok(server);
        }
        drop(server);
        scene.wait_for_port()?;
        let program = scene.start_program("server")?;
        scene.listening(program)
    }

    /// Says a word, and returns whether the connection ends for that. If it does not, gives the
    /// talker back.
    fn ends_with(
        &self,
        scene: &Scene,
        server: &Server,
        mut talker: Participant,
        word: &str,
        back: &mut Option<Participant>,
    ) -> Checked<bool> {
        talker.command(word)?;
        scene.settle(&server.program)?;
        if self.operated {
            // One that takes turns reads on after this.
            server.program.type_in("?\n");
            scene.settle(&server.program)?;
        }
        let patience = if word == "salir" { self.a_while } else { QUIET };
        let ends = talker.captured().wait(patience, |heard| heard.end).is_some();
        if ends {
            // A reset instead would be one more thing that a server may not stand.
            talker.close();
        } else {
            *back = Some(talker);
        }
        Ok(ends)
    }

    /// Returns whether another word does not end a connection, and this one does again.
    fn only_by(&self, scene: &Scene, server: &Server, word: &str) -> Checked<bool> {
        let talker = self.enter(scene, server, &scene.name("dora"), scene.dialect)?;
        let mut back = None;
        if self.ends_with(scene, server, talker, &scene.token(), &mut back)? {
            return Ok(false);
        }
        match back.take() {
            Some(talker) => {
                let ends = self.ends_with(scene, server, talker, word, &mut back)?;
                back.into_iter().for_each(Participant::close);
                Ok(ends)
            }
            None => Ok(false),
        }
    }
}
