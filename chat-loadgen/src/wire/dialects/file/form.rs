//! The form of a dialect's file: its keys, and the errors in it.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize as Derived;
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor, value};
use strsim::damerau_levenshtein;

use super::framing::Framing;
use super::words::{Answer, Goodbye, Message, Pattern, Placeholder, Step as InStep, Template};
use crate::wire::payload;

/// Bytes by which escaping can lengthen a text: each of its digits may be a backslash.
pub(super) const ESCAPES: usize = 24;
/// Digits of a room's number, and of a text's length.
const DIGITS: usize = 7;
/// Letters of a word for each that may be wrong in it.
const LETTERS_FOR_AN_ERROR: usize = 3;

/// A dialect as its file describes it.
#[derive(Debug, Clone, Derived)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Form {
    /// The name, for the reports.
    pub(super) name: Title,
    /// Where a message begins and ends on the wire.
    #[serde(default)]
    pub(super) framing: Framing,
    /// The subprotocol that a client offers on a WebSocket.
    #[serde(default)]
    pub(super) subprotocol: Option<Title>,
    /// True if texts stand in JSON strings.
    #[serde(default)]
    pub(super) json: bool,
    /// True if the server sends a message back to its sender, too.
    #[serde(default)]
    pub(super) echo: bool,
    /// The longest text, in bytes.
    #[serde(default = "longest_text")]
    longest_text: usize,
    /// The longest name, in characters.
    #[serde(default = "longest_name")]
    pub(super) longest_name: usize,
    /// What a client says on connecting.
    #[serde(default)]
    pub(super) hello: List<Template<InStep>>,
    /// The steps to be done before it takes part.
    #[serde(default)]
    pub(super) steps: Vec<Step>,
    /// What it says to send a message.
    pub(super) message: Template<Message>,
    /// Frames that carry messages. All other frames are searched for texts, too.
    #[serde(default)]
    pub(super) said: List<Pattern>,
    /// Refusals and errors, unless they are routine.
    #[serde(default)]
    pub(super) refused: List<Pattern>,
    /// Frames that mean nothing.
    #[serde(default)]
    pub(super) routine: List<Pattern>,
    /// Frames that are answered, such as pings.
    #[serde(default)]
    pub(super) answers: Vec<Rule>,
    /// What it says before it leaves.
    #[serde(default)]
    pub(super) bye: List<Template<Goodbye>>,
}

/// A step: what the client waits for, and what it says then.
#[derive(Debug, Clone, Derived)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) wait: List<Pattern>,
    #[serde(default)]
    pub(super) send: List<Template<InStep>>,
}

/// An answer to frames of the server.
#[derive(Debug, Clone, Derived)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) to: Pattern,
    pub(super) send: Template<Answer>,
}

/// The name of a dialect.
#[derive(Debug, Clone, Derived)]
#[serde(try_from = "String")]
pub(super) struct Title(pub(super) String);

impl TryFrom<String> for Title {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let fits =
            (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(name)) } else { Err("a name has 1 to 32 visible ASCII characters") }
    }
}

/// One or more values: a text, or a list of texts.
#[derive(Debug, Clone)]
pub(super) struct List<T>(pub(super) Box<[T]>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMore(PhantomData))
    }
}

struct OneOrMore<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMore<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let one = T::deserialize(value::StrDeserializer::new(text))?;
        Ok(List(Box::new([one])))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(value::SeqAccessDeserializer::new(list)).map(|all| List(all.into()))
    }
}

const fn longest_text() -> usize {
    1024
}

const fn longest_name() -> usize {
    chat_protocol::limits::MAX_NAME
}

impl Form {
    /// Reads the text of a file. An error has its line, from 1, and what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, (usize, String)> {
        let form: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
            (line, with_suggestion(error.message()))
        })?;
        let line_of = |key: &str| {
            1 + text.lines().position(|line| line.trim_start().starts_with(key)).unwrap_or(0)
        };
        let longest = form.longest();
        if !form.message.has(Placeholder::Text) {
            Err((line_of("message"), "`message` has no `{text}`, expected one".to_owned()))
        } else if !(payload::SHORTEST..=payload::LONGEST).contains(&longest) {
            let range = format!("expected {} to {}", payload::SHORTEST, payload::LONGEST);
            Err((line_of("longest-text"), format!("a text can have {longest} bytes, {range}")))
        } else if form.steps.len() > usize::from(u8::MAX) {
            Err((line_of("[[steps]]"), "there are more than 255 steps".to_owned()))
        } else {
            Ok(form)
        }
    }

    /// The longest text: what the file says, if a frame has room for it.
    pub(super) fn longest(&self) -> usize {
        let around = self.message.literal() + self.longest_name + 2 * DIGITS + ESCAPES;
        self.longest_text.min(self.framing.longest().saturating_sub(around))
    }

    /// Returns whether clients tell the server which room they are in.
    pub(super) fn has_rooms(&self) -> bool {
        self.message.has(Placeholder::Room) || self.says(Placeholder::Room)
    }

    /// Whether a user is needed, and a password.
    pub(super) fn needs(&self) -> [bool; 2] {
        [self.says(Placeholder::User), self.says(Placeholder::Password)]
    }

    /// Returns whether a client says this on its way in.
    fn says(&self, placeholder: Placeholder) -> bool {
        let in_steps = self.steps.iter().flat_map(|step| &step.send.0);
        self.hello.0.iter().chain(in_steps).any(|words| words.has(placeholder))
    }
}

/// The message of a parser in one line; if there is no such key or value, with the one that was
/// probably meant.
fn with_suggestion(message: &str) -> String {
    let message = message.replace('\n', ", ");
    if !message.starts_with("unknown ") {
        return message;
    }
    let mut words = message.split('`').skip(1).step_by(2);
    let unknown = words.next().unwrap_or_default();
    let nearest = words
        .map(|word| (damerau_levenshtein(unknown, word), word))
        .filter(|(errors, _)| *errors <= unknown.len() / LETTERS_FOR_AN_ERROR)
        .min_by_key(|(errors, _)| *errors);
    match nearest {
        Some((_, word)) => format!("{message}; did you mean `{word}`?"),
        None => message,
    }
}
