//! The encodings of what a client is sent, and the JSON objects of one of them. They are written by hand: strings, numbers
//! and lists of names are all that they need.

use std::fmt::{self, Display, Write};

use chat_protocol::wording::{NOTICE, REFUSAL};
use chat_store::line::Position;

use crate::net::clock::since_1970;

/// The encoding of what a client is sent. Its connection has it from the beginning, and its ids in rooms and in the
/// directory carry it in their lowest bit, so that it takes no memory there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Lines of text, as over TCP.
    #[default]
    Text,
    /// A JSON object on each line (the subprotocol `chat.v2`).
    Json,
}

impl Encoding {
    /// The id with this number: ids stay in the order of their numbers.
    pub(crate) const fn id(self, number: u64) -> u64 {
        number << 1 | self as u64
    }

    /// The encoding of the client with this id.
    pub(crate) fn of(id: u64) -> Self {
        if id & 1 == 1 { Self::Json } else { Self::Text }
    }
}

/// A JSON object that is being written.
pub(crate) struct Object(String);

/// Writes the inside of a JSON string.
struct Escaped<'a>(&'a mut String);

impl Object {
    /// An event of this kind, now.
    pub(crate) fn new(kind: &str) -> Self {
        Self::at(kind, since_1970().as_millis())
    }

    /// An event of this kind, so many milliseconds after 1970 began.
    pub(crate) fn at(kind: &str, time: impl Display) -> Self {
        Self(format!(r#"{{"kind":"{kind}","time":{time}"#))
    }

    /// Adds a position in a room's order.
    pub(crate) fn position(self, position: Position) -> Self {
        self.text("position", position)
    }

    /// Adds a string.
    pub(crate) fn text(mut self, key: &str, text: impl Display) -> Self {
        self.key(key);
        self.string(text);
        self
    }

    /// Adds the text of a notice or refusal, without the marks at the beginnings of its lines.
    pub(crate) fn unmarked(self, lines: impl Display) -> Self {
        let lines = lines.to_string();
        let unmarked = lines
            .lines()
            .map(|line| line.strip_prefix(NOTICE).or(line.strip_prefix(REFUSAL)).unwrap_or(line));
        self.text("text", unmarked.collect::<Vec<_>>().join("\n"))
    }

    /// Adds a number or a truth value.
    pub(crate) fn value(mut self, key: &str, value: impl Display) -> Self {
        self.key(key);
        self.add(value);
        self
    }

    /// Adds a list of strings.
    pub(crate) fn list(mut self, key: &str, texts: impl Iterator<Item = impl Display>) -> Self {
        self.key(key);
        let mut next = '[';
        for text in texts {
            self.0.push(next);
            self.string(text);
            next = ',';
        }
        self.0.push_str(if next == '[' { "[]" } else { "]" });
        self
    }

    /// The whole object.
    pub(crate) fn end(self) -> String {
        self.0 + "}"
    }

    fn key(&mut self, key: &str) {
        self.add(format_args!(r#","{key}":"#));
    }

    fn string(&mut self, text: impl Display) {
        self.0.push('"');
        // Writing to memory cannot fail.
        let _ = write!(Escaped(&mut self.0), "{text}");
        self.0.push('"');
    }

    fn add(&mut self, value: impl Display) {
        let _ = write!(self.0, "{value}");
    }
}

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            match letter {
                '"' | '\\' => self.0.extend(['\\', letter]),
                '\n' => self.0.push_str("\\n"),
                '\t' => self.0.push_str("\\t"),
                '\0'..' ' => write!(self.0, "\\u{:04x}", u32::from(letter))?,
                _ => self.0.push(letter),
            }
        }
        Ok(())
    }
}
