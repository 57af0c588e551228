//! The answer of a server for which a client waits when it has given a name.

use super::{Search, silent};
use crate::dialect::Typed;
use crate::discovery::{Unsure, question};
use crate::scene::Scene;
use crate::scene::client_program::ClientProgram;
use crate::scene::participant::Participant;
use crate::text::{Text, Words};
use crate::verdict::Checked;

/// The usual answer to a name.
const WELCOME: &str = "OK";

impl Search<'_> {
    /// Answers the name, if the client waits for that. A client that asks its user for the name
    /// once more, with this prompt, has taken something else for the answer.
    pub(super) fn is_welcome(
        &mut self,
        scene: &Scene,
        client: &ClientProgram,
        participant: &mut Participant,
        prompt: &str,
    ) -> Checked {
        scene.dialect.welcome.iter().try_for_each(|text| participant.command(text))?;
        scene.has_read(client, participant);
        let again = || {
            let (screen, _) = question(&client.program, [0, 0])?;
            (client.program.is_waiting() && screen.matches(prompt).count() > 1).then_some(())
        };
        self.asks_again = scene.within(self.quiet() * 2, again).is_some();
        if self.asks_again { Err(silent(participant)) } else { Ok(()) }
    }

    /// Talks with a client that has taken a greeting for the answer to its name.
    pub(super) fn welcomed(&mut self) {
        let dialect = &mut self.found.dialect;
        dialect.greeting = false;
        dialect.typed = Typed::Never;
        dialect.welcome = Some(WELCOME.to_owned());
        self.given.over(&mut self.found.dialect);
        if !self.try_it(Self::conversation) {
            let why = Words::new(
                "No se sabe qué tiene que contestar su servidor: el cliente vuelve a pedir el \
                 nombre a su usuario, también después de «OK»",
                "It is not known what its server has to answer: the client asks its user for the \
                 name once more, also after \"OK\"",
            );
            self.found.unsure = Some(Unsure { why, state: Some(STATE) });
        }
    }
}

/// The keys of a file that states the dialect of a client.
const STATE: Text = Text {
    es: r#"Dilo con --dialect FILE, un archivo con la respuesta a un nombre, como welcome = "BIENVENIDO"; si saluda antes o no: greeting = false"#,
    en: r#"State it with --dialect FILE, a file with the answer to a name, such as welcome = "WELCOME"; if it greets before or not: greeting = false"#,
};
