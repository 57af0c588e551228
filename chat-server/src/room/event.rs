//! An event: something that members are told, in two encodings.
//!
//! Its text is lines as over TCP. Its JSON is one object, which says what kind of event it is and whom it is about
//! (requirement 10.21). An object is written by hand: strings, numbers and lists of names are all that it needs.

use std::fmt::{self, Display, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use chat_protocol::wording::{NOTICE, REFUSAL};

use crate::net::wire::encoding::Encoding;

/// Something that members are told. It is displayed as its text, without the last line ending.
pub(crate) trait Event: Display {
    /// The JSON object, which has no line ending.
    fn json(&self) -> String;
}

/// An event that consists of texts.
pub(crate) struct Notice<'a, L, const N: usize> {
    kind: &'static str,
    line: L,
    names: [(&'static str, &'a dyn Display); N],
    text: Option<&'a str>,
}

/// A JSON object that is being written.
pub(crate) struct Object(String);

/// Writes the inside of a JSON string.
struct Escaped<'a>(&'a mut String);

impl Encoding {
    /// The event in this encoding, without a line ending.
    pub(crate) fn encode(self, event: &(impl Event + ?Sized)) -> String {
        match self {
            Self::Text => event.to_string(),
            Self::Json => event.json(),
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
        Self { kind, line, names, text: None }
    }

    /// The same for a line that contains what a person said: that is the text in its object.
    pub(crate) fn saying(self, text: &'a str) -> Self {
        Self { text: Some(text), ..self }
    }
}

impl<L: Display, const N: usize> Display for Notice<'_, L, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.line.fmt(f)
    }
}

impl<L: Display, const N: usize> Event for Notice<'_, L, N> {
    fn json(&self) -> String {
        let mut object = Object::new(self.kind);
        for (key, name) in self.names {
            object = object.text(key, name);
        }
        match self.text {
            Some(text) => object.text("text", text),
            None => object.unmarked(&self.line),
        }
        .end()
    }
}

impl Object {
    /// An event of this kind, now.
    pub(crate) fn new(kind: &str) -> Self {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(format!(r#"{{"kind":"{kind}","time":{}"#, time.as_millis()))
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
                '\0'..' ' => write!(self.0, "\\u{:04x}", u32::from(letter))?,
                _ => self.0.push(letter),
            }
        }
        Ok(())
    }
}

/// Tests of order and exclusion need no more than a text.
#[cfg(test)]
mod plain {
    use super::{Event, Object};

    impl Event for str {
        fn json(&self) -> String {
            Object::new("test").text("text", self).end()
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
        assert_eq!(timeless(&notice.json()), r#"{"kind":"help","text":"uno\ndos"}"#);
    }

    #[test]
    fn r10_21_strings_lists_and_values_are_json() {
        let object = Object::new("x").text("a", "\"\\\t\n</script>ñ🎈\u{202E}");
        let object = object.list("b", ["c", "\""].iter()).list("d", [""; 0].iter());
        let json = object.value("e", 7).value("f", true).end();
        let due = "{\"kind\":\"x\",\"a\":\"\\\"\\\\\\u0009\\n</script>ñ🎈\u{202E}\",\"b\":[\"c\",\"\\\"\"],\"d\":[],\"e\":7,\"f\":true}";
        assert_eq!(timeless(&json), due);
    }
}
