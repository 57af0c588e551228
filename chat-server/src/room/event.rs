//! An event: something that members are told, in two encodings.
//!
//! Its text is lines as over TCP. Its JSON is one object, which says what kind of event it is and whom it is about
//! (requirement 10.21).

use std::fmt::{self, Display};

use chat_store::line::{Numbered, Position};

use crate::net::wire::encoding::{Encoding, Object};

/// Something that members are told. It is displayed as its text, without the last line ending.
pub(crate) trait Event: Display {
    /// The JSON object, which has no line ending. A message in a room that remembers it has a position there.
    fn json(&self, position: Option<Position>) -> String;

    /// The message that it is, if it is one, which a room remembers. Nothing else is remembered.
    fn message(&self) -> Option<Message<'_>>;
}

/// What a room remembers of an event.
pub(crate) struct Message<'a> {
    pub(crate) author: String,
    pub(crate) text: &'a str,
    pub(crate) numbered: Option<Numbered>,
}

/// The kind of a public message.
pub(crate) const MESSAGE: &str = "message";

/// An event that consists of texts.
pub(crate) struct Notice<'a, L, const N: usize> {
    kind: &'static str,
    line: L,
    names: [(&'static str, &'a dyn Display); N],
    text: Option<&'a str>,
    numbered: Option<Numbered>,
}

impl Encoding {
    /// The event in this encoding, without a line ending.
    pub(crate) fn encode(self, event: &(impl Event + ?Sized)) -> String {
        match self {
            Self::Text => event.to_string(),
            Self::Json => event.json(None),
        }
    }
}

impl<'a, L: Display, const N: usize> Notice<'a, L, N> {
    /// An event of this kind about these names. The text in its object is the line without its mark.
    pub(crate) fn new(
        kind: &'static str,
        line: L,
        names: [(&'static str, &'a dyn Display); N],
    ) -> Self {
        Self { kind, line, names, text: None, numbered: None }
    }

    /// The same for a line that contains what a person said: that is the text in its object.
    pub(crate) fn saying(self, text: &'a str) -> Self {
        Self { text: Some(text), ..self }
    }

    /// The same for a line that has a number in its author's session.
    pub(crate) fn numbered(self, numbered: Option<Numbered>) -> Self {
        Self { numbered, ..self }
    }
}

impl<L: Display, const N: usize> Display for Notice<'_, L, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.line.fmt(f)
    }
}

impl<L: Display, const N: usize> Event for Notice<'_, L, N> {
    fn json(&self, position: Option<Position>) -> String {
        let mut object = Object::new(self.kind);
        if let Some(position) = position {
            object = object.position(position);
        }
        for (key, name) in self.names {
            object = object.text(key, name);
        }
        if let Some(line) = self.numbered {
            object = object.text("line", line);
        }
        match self.text {
            Some(text) => object.text("text", text),
            None => object.unmarked(&self.line),
        }
        .end()
    }

    fn message(&self) -> Option<Message<'_>> {
        let text = self.text.filter(|_| self.kind == MESSAGE)?;
        let author = self.names.first().map(|(_, name)| name.to_string()).unwrap_or_default();
        Some(Message { author, text, numbered: self.numbered })
    }
}

/// Tests of order and exclusion need no more than a text.
#[cfg(test)]
mod plain {
    use super::{Event, Message, Object, Position};

    impl Event for str {
        fn json(&self, _: Option<Position>) -> String {
            Object::new("test").text("text", self).end()
        }

        fn message(&self) -> Option<Message<'_>> {
            Some(Message { author: String::new(), text: self, numbered: None })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without its time.
    fn timeless(json: &str) -> String {
        let (kind, rest) = json.split_once(r#","time":"#).unwrap();
        let (time, rest) = rest.split_once(',').unwrap();
        assert!(time.parse::<u64>().unwrap() > 1_700_000_000_000, "{json}");
        format!("{kind},{rest}")
    }

    #[test]
    fn r10_21_an_event_is_text_or_an_object() {
        let said = Notice::new("message", "Ana > hola", [("who", &"Ana")]).saying("hola");
        assert_eq!(Encoding::Text.encode(&said), "Ana > hola");
        let json = Encoding::Json.encode(&said);
        assert_eq!(timeless(&json), r#"{"kind":"message","who":"Ana","text":"hola"}"#);
        let notice = Notice::new("help", "* uno\n* dos", []);
        assert_eq!(notice.to_string(), "* uno\n* dos");
        assert_eq!(timeless(&notice.json(None)), r#"{"kind":"help","text":"uno\ndos"}"#);
    }

    #[test]
    fn r10_21_strings_lists_and_values_are_json() {
        let object = Object::new("x").text("a", "\"\\\t\n</script>ñ🎈\u{202E}");
        let object = object.list("b", ["c", "\""].iter()).list("d", [""; 0].iter());
        let json = object.value("e", 7).value("f", true).end();
        let due = "{\"kind\":\"x\",\"a\":\"\\\"\\\\\\t\\n</script>ñ🎈\u{202E}\",\"b\":[\"c\",\"\\\"\"],\"d\":[],\"e\":7,\"f\":true}";
        assert_eq!(timeless(&json), due);
    }
}
