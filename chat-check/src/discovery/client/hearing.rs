//! What a client shows of what comes, and what it waits for instead.

use std::time::Duration;

use super::Search;
use crate::dialect::{Naming, Typed};
use crate::discovery::{Unsure, question};
use crate::scene::Scene;
use crate::text::{Text, Words};
use crate::verdict::Checked;

/// Parts of words of a prompt for a message.
const MESSAGE: [&str; 5] = ["mensaje", "mensagem", "message", "msg", "escrib"];

/// Whole words of such a prompt, which shows the speaker.
const SPEAKER: [&str; 3] = ["you", "tú", "yo"];

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
        let dialect = &mut self.found.dialect;
        if dialect.typed == Typed::Never && dialect.naming == Naming::None {
            client.types(client.name());
            if shown(&token, client.patience()) {
                scene.tell(&client, &mut participant, &later)?;
                if shown(&later, client.patience()) {
                    dialect.typed = Typed::Connected;
                    dialect.naming = Naming::First;
                    return Ok(());
                }
            }
        }
        self.found.unsure = question(&client.program, [0, 0]).and_then(|(screen, _)| asks(&screen));
        Ok(())
    }
}

/// Describes the question in the last line of a screen, unless it asks for a message.
fn asks(screen: &str) -> Option<Unsure> {
    let last = screen.lines().last()?.trim();
    let small = last.to_lowercase();
    let is_question = last.ends_with([':', '?']) && last.contains(char::is_alphabetic);
    let speaks = small.split(|c: char| !c.is_alphabetic()).any(|word| SPEAKER.contains(&word));
    let is_prompt = speaks || MESSAGE.iter().any(|part| small.contains(part));
    (is_question && !is_prompt).then(|| {
        let why = Words::new(
            format!(
                "No se sabe cómo se usa este cliente: no muestra lo que llega y, una vez \
                 conectado, pregunta «{last}»"
            ),
            format!(
                "It is not known how this client is used: it does not show what comes and, once \
                 connected, asks \"{last}\""
            ),
        );
        Unsure { why, state: Some(STATE) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn a_menu_is_told_from_a_prompt_for_a_message() {
        let asked = asks("1. Entrar\n2. Registrarse\nElige una opción: ").unwrap();
        assert!(asked.why.to(Lang::Es).ends_with("pregunta «Elige una opción:»"));
        assert!(asks("Enter your choice: ").is_some() && asks("Your option?").is_some());
        for screen in ["hola\n> ", "Mensaje: ", "You: ", "[tú]: ", "Yo:", "Escribe: ", "hola\n", ""]
        {
            assert!(asks(screen).is_none(), "{screen}");
        }
    }
}
