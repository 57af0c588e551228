//! The form of a client's messages, and the word with which its user leaves.

use chat_drive::captured::Heard;

use super::Search;
use crate::dialect::{Framing, Label};
use crate::discovery::Unsure;
use crate::discovery::conventions::{LEAVE, mentioned};
use crate::discovery::prompts::ending;
use crate::scene::Scene;
use crate::scene::client_program::ClientProgram;
use crate::scene::participant::Participant;
use crate::text::{Text, Words};
use crate::verdict::Checked;

/// Number of letters around a message that are more than a decoration.
const FEW: usize = 3;

/// Limit on the words of a client that are shown.
const SHOWN: usize = 120;

/// The keys of a file that states how a server talks with a client.
const STATE: Text = Text {
    es: r#"Dilo con --dialect FILE, un archivo con lo que su servidor le envía por cada mensaje, como message-form = "MSG ana {text}" o '{"texto": "{text}"}'"#,
    en: r#"State it with --dialect FILE, a file with what its server sends it for each message, such as message-form = "MSG ana {text}" or '{"text": "{text}"}'"#,
};

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
        let said = participant.captured().look(|heard| {
            String::from_utf8_lossy(heard.bytes.get(from..).unwrap_or_default()).into_owned()
        });
        let before = said.split(token).next().unwrap_or_default().trim();
        dialect.label = if before.len() > 2 { Label::Name } else { Label::None };
        let letters =
            before.replace(client.name(), "").chars().filter(|c| c.is_alphabetic()).count();
        self.wrap = (letters >= FEW).then(|| said.replace(token, "…").trim().to_owned());
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

    /// Finds out whether a client that wraps what it says also shows what comes as plain text.
    pub(super) fn understands(&mut self, wrap: &str) {
        let shows = |_: &mut Self, scene: &mut Scene| {
            let (client, mut participant) = scene.admit_client()?;
            let token = scene.token();
            scene.tell(&client, &mut participant, &token)?;
            client.shows(&token)
        };
        if !self.try_it(shows) {
            let wrap: String = wrap.chars().take(SHOWN).collect();
            let why = Words::new(
                format!(
                    "No se sabe cómo se habla con este cliente: envía «{wrap}», y no muestra \
                         texto solo"
                ),
                format!(
                    "It is not known how to talk with this client: it sends \"{wrap}\", and \
                         does not show plain text"
                ),
            );
            self.found.unsure = Some(Unsure { why, state: Some(STATE) });
        }
    }

    /// Finds the word with which its user leaves: one behind which nothing is sent any more, not even
    /// when the server has said something, for which clients wait that take turns.
    pub(super) fn leaving(&mut self, scene: &mut Scene) -> Checked {
        let (mut client, mut participant) = scene.admit_client()?;
        let mut words = vec!["salir".to_owned()];
        words.extend(mentioned(&client.screen().text()));
        words.extend(LEAVE.map(str::to_owned));
        for word in words {
            let token = scene.token();
            client.types(&word);
            client.types(&token);
            let sent = || participant.position(&token).is_some();
            let over = || client.program.ended().is_some() || participant.end().is_some();
            scene.eventually(|| (sent() || over()).then_some(()));
            if !sent() && !over() {
                // One answer for the word, and one for what was typed behind it.
                for _ in 0..2 {
                    participant.say(&scene.token())?;
                    scene.has_read(&client, &participant);
                }
                scene.within(self.a_while(), || participant.position(&token));
            }
            if participant.position(&token).is_some() {
                continue;
            }
            // A letter that it cannot encode ends a client as well.
            if word.is_ascii() || client.trace().is_none() {
                self.found.dialect.leave = Some(word);
                return Ok(());
            }
            drop(participant);
            (client, participant) = scene.admit_client()?;
        }
        self.found.dialect.leave = None;
        Ok(())
    }
}
