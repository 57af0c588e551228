//! What a client shows of what comes, and what it waits for instead.

use std::time::Duration;

use super::Search;
use crate::dialect::{Naming, Typed};
use crate::discovery::{Printed, Unsure, question};
use crate::scene::Scene;
use crate::scene::client_program::ClientProgram;
use crate::text::{Text, Words};
use crate::verdict::Checked;

/// Parts of words of a prompt for a message.
const MESSAGE: [&str; 5] = ["mensaje", "mensagem", "message", "msg", "escrib"];

/// Whole words of such a prompt, which shows the speaker.
const SPEAKER: [&str; 3] = ["you", "tú", "yo"];

/// Pause behind an answer: longer than the time for which a client that has sent something waits
/// for what comes, before its user has the turn again.
const TURN: Duration = Duration::from_secs(2);

/// The lack of a client that waits for something else than a message.
const SHOWS_NOTHING: Text = Text { es: "no muestra lo que llega", en: "does not show what comes" };

/// The same of one that shows what comes.
const SENDS_NOTHING: Text =
    Text { es: "no envía lo que se escribe", en: "does not send what is typed" };

/// The keys of a file that states what a client's user has to type.
const STATE: Text = Text {
    es: r#"Di con --dialect FILE lo que hay que escribir: before = ["1", "{name}"]"#,
    en: r#"State what has to be typed with --dialect FILE: before = ["1", "{name}"]"#,
};

impl Search<'_> {
    /// Finds out whether it shows what comes. One that does not may wait for a line of its user: for
    /// the name, if it shows all that comes from then on; or for something unknown, if it asks.
    pub(super) fn hearing(&mut self, scene: &mut Scene) -> Checked {
        let (client, mut participant) = scene.admit_client()?;
        let shown = |token: &str, time: Duration| {
            client.screen().wait(time, |heard| heard.find(token, 0)).is_some()
        };
        let (token, later) = (scene.token(), scene.token());
        scene.tell(&client, &mut participant, &token)?;
        if shown(&token, client.patience()) || client.program.ended().is_some() {
            return Ok(());
        }
        let asked = question(&client.program, [0, 0]).map(|(screen, _)| screen);
        // A line that has ended may tell how the client is used.
        let open = asked.filter(|screen| !screen.ends_with('\n'));
        let pause = TURN.mul_f64(self.slow);
        let dialect = &mut self.found.dialect;
        let may_be_named = dialect.typed == Typed::Never && dialect.naming == Naming::None;
        if may_be_named && !open.as_deref().is_some_and(is_for_message) {
            client.types(client.name());
            if shown(&token, client.patience()) {
                scene.pause(pause)?;
                scene.tell(&client, &mut participant, &later)?;
                if shown(&later, client.patience()) {
                    dialect.typed = Typed::Connected;
                    dialect.naming = Naming::First;
                    return Ok(());
                }
            }
        }
        self.found.unsure =
            question(&client.program, [0, 0]).and_then(|(screen, _)| asks(&screen, SHOWS_NOTHING));
        Ok(())
    }
}

/// Describes the question that a client asks once more behind these offsets, instead of sending what
/// its user typed.
pub(super) fn asks_once_more(client: &ClientProgram, behind: Printed) -> Option<Unsure> {
    let (screen, _) = question(&client.program, behind)?;
    let (all, _) = question(&client.program, [0, 0])?;
    let again = all.matches(screen.lines().last()?.trim()).count() > 1;
    asks(&screen, SENDS_NOTHING).filter(|_| again)
}

/// Describes the question in the last line of a screen, unless it asks for a message, and what the
/// client lacks.
fn asks(screen: &str, lacks: Text) -> Option<Unsure> {
    let last = screen.lines().last()?.trim();
    let is_question = last.ends_with([':', '?']) && last.contains(char::is_alphabetic);
    (is_question && !is_for_message(screen)).then(|| {
        let why = Words::new(
            format!(
                "No se sabe cómo se usa este cliente: {} y, una vez conectado, pregunta «{last}»",
                lacks.es
            ),
            format!(
                "It is not known how this client is used: it {} and, once connected, asks \
                 \"{last}\"",
                lacks.en
            ),
        );
        Unsure { why, state: Some(STATE) }
    })
}

/// Returns whether the last line of a screen asks for a message.
fn is_for_message(screen: &str) -> bool {
    let last = screen.lines().last().unwrap_or_default().to_lowercase();
    let speaks = last.split(|c: char| !c.is_alphabetic()).any(|word| SPEAKER.contains(&word));
    speaks || MESSAGE.iter().any(|part| last.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn a_menu_is_told_from_a_prompt_for_a_message() {
        let question = |screen| asks(screen, SHOWS_NOTHING);
        let asked = question("1. Entrar\n2. Registrarse\nElige una opción: ").unwrap();
        assert!(asked.why.to(Lang::Es).ends_with("pregunta «Elige una opción:»"));
        assert!(question("Enter your choice: ").is_some() && question("Your option?").is_some());
        for screen in ["hola\n> ", "Mensaje: ", "You: ", "[tú]: ", "Yo:", "Escribe: ", "hola\n", ""]
        {
            assert!(question(screen).is_none(), "{screen}");
        }
        assert!(is_for_message("Conectado\nYou: ") && !is_for_message("You: hola\nTu nombre: "));
    }
}
