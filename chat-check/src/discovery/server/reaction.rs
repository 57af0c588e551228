//! Reaction of a server to a plain message that it does not pass on: the sign that it speaks
//! another dialect, or that it relays wrongly.

use super::entering::is_unnamed;
use super::{Search, speak};
use crate::dialect::{Dialect, Framing, Naming};
use crate::discovery::Unsure;
use crate::scene::Scene;
use crate::scene::participant::Participant;
use crate::text::{Lang, Text, Words};
use crate::verdict::Checked;

/// Words with which a server refuses what it does not understand, or tells its commands.
const REFUSES: [&str; 16] = [
    "desconoc",
    "unknown",
    "inválid",
    "invalid",
    "incorrect",
    "formato",
    "format",
    "uso:",
    "usage",
    "comando",
    "command",
    "json",
    "error",
    "no entiendo",
    "/help",
    "/ayuda",
];

/// Signs in an error that a message was read in another form than it was sent in.
const MISREAD: [&str; 19] = [
    "JSON",
    "Json",
    "json",
    "KeyError",
    "ValueError",
    "IndexError",
    "struct.error",
    "Unpickling",
    "SyntaxError",
    "NumberFormat",
    "ArrayIndexOutOfBounds",
    "EOFException",
    "StreamCorrupted",
    "UTFDataFormat",
    "RangeError",
    "index out of range",
    "invalid character",
    "OutOfMemory",
    "MemoryError",
];

/// Limit on the words of a server that are shown.
const SHOWN: usize = 120;

impl Search<'_> {
    /// Says something to a server that passes nothing on. One that shows the message on its screen,
    /// or sends it back, has understood it; one that serves no second client, or ends with an error
    /// of another kind, is not misunderstood either. Any other may speak another dialect: returns
    /// its reaction.
    pub(super) fn reaction(&mut self, scene: &mut Scene) -> Checked<Option<Unsure>> {
        let plain = Dialect { framing: Framing::Lf, ..scene.dialect.clone() };
        let server = scene.start()?;
        let names = [&*scene.name("beto"), &scene.name("ana")];
        let (listener, mut speaker, waits) = self.enter_both(scene, &server, names, &plain)?;
        if waits {
            self.found.dialect.naming = Naming::First;
        }
        // One that was closed behind its name may have given it in another form.
        let is_named = plain.has_names() || waits;
        let unserved =
            |one: &Participant| !server.has(one.local()) && (one.end().is_none() || !is_named);
        // The first of two was served; it was closed for what it said, as the second may be.
        let was_closed = is_unnamed(&plain) && listener.end().is_some();
        if !was_closed && (unserved(&listener) || unserved(&speaker)) {
            return Ok(None);
        }
        let (token, mut before) = (scene.token(), String::new());
        // The first may be taken for a name. The connection may have been closed.
        for text in [&scene.token(), &token] {
            let said = speaker.captured().text();
            if speak(&mut speaker, text, &plain).is_ok() {
                before = said;
            }
            scene.settle(&server.program)?;
        }
        speaker.reads_until_quiet(self.a_while);
        let trace = server.program.trace();
        let (screen, errors) = (trace.out.text(), trace.err.text());
        let said = speaker.captured().text();
        let answer = said.strip_prefix(&*before).unwrap_or(&said);
        let all = format!("{}{said}", self.greeting).to_lowercase();
        let refuses = REFUSES.iter().any(|word| all.contains(word));
        let misread = MISREAD.iter().any(|sign| errors.contains(sign));
        let broken = !errors.is_empty();
        // One that told the others the first thing said, and nothing later, took that for a name.
        let joined = is_unnamed(&plain) && listener.count(names[1]) > 0 && !broken;
        let understood = !joined && (screen.contains(&token) || answer.contains(&token));
        if !refuses && !misread && (understood || broken) {
            return Ok(None);
        }
        let error = errors.lines().last().unwrap_or_default();
        let answer = answer.split_whitespace().collect::<Vec<_>>().join(" ");
        let seen: String = [&*answer, error].concat().chars().take(SHOWN).collect();
        Ok(Some(unknown(&saw(&seen, speaker.end().is_some()))))
    }
}

/// Describes the reaction to a plain message.
fn saw(seen: &str, closed: bool) -> Words {
    match (seen, closed) {
        ("", true) => Words::new("cerró la conexión", "it closed the connection"),
        ("", false) => Words::new("no dijo nada", "it said nothing"),
        (seen, _) => Words::new(format!("dijo «{seen}»"), format!("it said \"{seen}\"")),
    }
}

/// A server whose messages are not understood, given its reaction to a plain one.
fn unknown(saw: &Words) -> Unsure {
    let why = Words::new(
        format!(
            "No se sabe cómo se habla con este servidor: ningún mensaje llegó de un cliente a otro \
             en los dialectos probados; a uno de texto solo, {}",
            saw.to(Lang::Es)
        ),
        format!(
            "It is not known how to talk with this server: no message got from one client to \
             another in the dialects that were tried; to one of plain text, {}",
            saw.to(Lang::En)
        ),
    );
    Unsure { why, state: Some(STATE) }
}

/// The keys of a file that states the dialect of a server.
const STATE: Text = Text {
    es: r#"Dilo con --dialect FILE, un archivo con lo que haga falta de: message-form = "/msg {text}" (o '{"texto": "{text}"}'); enter = ["JOIN {name}"]; framing = "length4""#,
    en: r#"State it with --dialect FILE, a file with what is needed of: message-form = "/msg {text}" (or '{"text": "{text}"}'); enter = ["JOIN {name}"]; framing = "length4""#,
};
