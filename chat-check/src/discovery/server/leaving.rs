//! The word with which the clients of a server leave.

use super::Search;
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
        let mut waiting = None;
        for word in words {
            if before.contains(&word) {
                continue;
            }
            let talker = if let Some(talker) = waiting.take() {
                talker
            } else {
                server = self.alive(scene, server)?;
                self.enter(scene, &server, &scene.name("caro"), scene.dialect)?
            };
            waiting = self.stays(scene, &server, talker, &word)?;
            if waiting.is_none() {
                server = self.alive(scene, server)?;
                if self.only_by(scene, &server, &word)? {
                    self.found.dialect.leave = Some(word);
                    return Ok(());
                }
            }
            before.push(word);
        }
        Ok(())
    }

    /// Starts another server in the place of one that has ended: a crash says nothing about words.
    fn alive(&self, scene: &mut Scene, server: Server) -> Checked<Server> {
        scene.settle(&server.program)?;
        // It may still be about to end.
        if scene.within(self.quiet * 2, || server.program.ended()).is_none() {
            return Ok(server);
        }
        drop(server);
        scene.wait_for_port()?;
        let program = scene.start_program("server")?;
        scene.listening(program)
    }

    /// Says a word, and gives the talker back unless its connection ends for that.
    fn stays(
        &self,
        scene: &Scene,
        server: &Server,
        mut talker: Participant,
        word: &str,
    ) -> Checked<Option<Participant>> {
        talker.command(word)?;
        scene.settle(&server.program)?;
        if self.operated {
            // One that takes turns reads on after this.
            server.program.type_in("?\n");
            scene.settle(&server.program)?;
        }
        let patience = if word == "salir" { self.a_while } else { self.quiet };
        if talker.captured().wait(patience, |heard| heard.end).is_none() {
            return Ok(Some(talker));
        }
        // A reset instead would be one more thing that a server may not stand.
        talker.close();
        Ok(None)
    }

    /// Returns whether another word does not end a connection, and this one does again.
    fn only_by(&self, scene: &Scene, server: &Server, word: &str) -> Checked<bool> {
        let talker = self.enter(scene, server, &scene.name("dora"), scene.dialect)?;
        let Some(talker) = self.stays(scene, server, talker, &scene.token())? else {
            return Ok(false);
        };
        let talker = self.stays(scene, server, talker, word)?;
        let ends = talker.is_none();
        talker.into_iter().for_each(Participant::close);
        Ok(ends)
    }
}
