//! Words with placeholders: templates of what a client says, and patterns of what it reads.

use std::fmt;

use memchr::{memchr, memmem};
use serde::Deserialize;

use super::super::{Login, Who, number, put};

/// Rooms of the clients that take no part: the first of their numbers, and how many there are.
///
/// In a room of their own, they do not hear the others. There are a few hundred such rooms, because
/// many servers announce each arrival to a whole room.
const WAITING_ROOMS: (u32, u64) = (10_000, 250);

/// A placeholder in a template or a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placeholder {
    Name,
    Room,
    User,
    Password,
    Text,
    Length,
    Star,
    Word,
    Number,
}

use Placeholder::{Length, Name, Number, Password, Room, Star, Text, User, Word};

const PLACEHOLDERS: [(Placeholder, &str); 9] = [
    (Name, "{name}"),
    (Room, "{room}"),
    (User, "{user}"),
    (Password, "{password}"),
    (Text, "{text}"),
    (Length, "{length}"),
    (Star, "{*}"),
    (Word, "{word}"),
    (Number, "{number}"),
];

/// Error: a word in braces that means nothing in this place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unknown {
    found: String,
    known: &'static [Placeholder],
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown placeholder `{}`, expected ", self.found)?;
        for (i, (_, spelling)) in
            PLACEHOLDERS.iter().filter(|(known, _)| self.known.contains(known)).enumerate()
        {
            write!(f, "{}`{spelling}`", if i > 0 { ", " } else { "" })?;
        }
        if self.known.is_empty() { f.write_str("none") } else { Ok(()) }
    }
}

/// A piece of a template or a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Bytes(Box<[u8]>),
    Put(Placeholder),
}

/// Splits a text into its pieces. A placeholder is a word of small letters in braces; all other braces
/// stand for themselves, so that JSON can be written as it is.
fn pieces(text: &str, known: &'static [Placeholder]) -> Result<Vec<Piece>, Unknown> {
    let (mut pieces, mut literal) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let Some(spelling) = braced(rest) else {
            literal.extend_from_slice(&rest.as_bytes()[..c.len_utf8()]);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        let named = PLACEHOLDERS.iter().find(|(_, known)| *known == spelling);
        let Some((placeholder, _)) = named.filter(|(placeholder, _)| known.contains(placeholder))
        else {
            return Err(Unknown { found: spelling.to_owned(), known });
        };
        if !literal.is_empty() {
            pieces.push(Piece::Bytes(std::mem::take(&mut literal).into()));
        }
        pieces.push(Piece::Put(*placeholder));
        rest = &rest[spelling.len()..];
    }
    if !literal.is_empty() {
        pieces.push(Piece::Bytes(literal.into()));
    }
    Ok(pieces)
}

/// The placeholder at the beginning of a text, known or not, with its braces.
fn braced(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('{')?;
    let length = inner.find('}').filter(|length| *length > 0)?;
    let is_word = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'*');
    inner[..length].bytes().all(is_word).then(|| &text[..length + 2])
}

/// The place in which words are said: it decides which placeholders they can have.
pub(super) trait Place {
    /// The placeholders.
    const KNOWN: &'static [Placeholder];
}

/// A message.
#[derive(Debug, Clone)]
pub(super) struct Message;
/// Words on connecting, or in a step.
#[derive(Debug, Clone)]
pub(super) struct Step;
/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Answer;
/// A goodbye.
#[derive(Debug, Clone)]
pub(super) struct Goodbye;

impl Place for Message {
    const KNOWN: &'static [Placeholder] = &[Name, Room, Text, Length];
}
impl Place for Step {
    const KNOWN: &'static [Placeholder] = &[Name, Room, User, Password];
}
impl Place for Answer {
    const KNOWN: &'static [Placeholder] = &[Name, Room, Star];
}
impl Place for Goodbye {
    const KNOWN: &'static [Placeholder] = &[];
}

/// Words that a client says.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String", bound = "P: Place")]
pub(super) struct Template<P> {
    pieces: Box<[Piece]>,
    place: std::marker::PhantomData<P>,
}

impl<P: Place> TryFrom<String> for Template<P> {
    type Error = Unknown;

    fn try_from(text: String) -> Result<Self, Unknown> {
        Ok(Self { pieces: pieces(&text, P::KNOWN)?.into(), place: std::marker::PhantomData })
    }
}

/// The values of the placeholders in a template.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    /// The client.
    pub(super) who: &'a Who,
    /// Its user and password.
    pub(super) login: Option<&'a Login>,
    /// The text of a message, or the text for the star of an answer's pattern.
    pub(super) text: &'a [u8],
}

impl<P> Template<P> {
    /// Appends the words with all their values.
    pub(super) fn put(&self, values: Values<'_>, out: &mut Vec<u8>) {
        for piece in &self.pieces {
            match piece {
                Piece::Bytes(bytes) => out.extend_from_slice(bytes),
                Piece::Put(Name) => out.extend_from_slice(values.who.name.as_bytes()),
                Piece::Put(Room) => put(out, format_args!("{}", room(values.who))),
                Piece::Put(Length) => put(out, format_args!("{}", values.text.len())),
                Piece::Put(User) => {
                    let user = values.login.and_then(Login::user);
                    out.extend_from_slice(user.unwrap_or_default().as_bytes());
                }
                Piece::Put(Password) => {
                    let password = values.login.map(Login::password);
                    out.extend_from_slice(password.unwrap_or_default().as_bytes());
                }
                Piece::Put(Text | Star | Word | Number) => out.extend_from_slice(values.text),
            }
        }
    }

    /// Returns whether it has this placeholder.
    pub(super) fn has(&self, placeholder: Placeholder) -> bool {
        self.pieces.contains(&Piece::Put(placeholder))
    }

    /// Number of bytes of what is no placeholder.
    pub(super) fn literal(&self) -> usize {
        let bytes = |piece: &Piece| if let Piece::Bytes(bytes) = piece { bytes.len() } else { 0 };
        self.pieces.iter().map(bytes).sum()
    }
}

/// The number of a client's room.
fn room(who: &Who) -> u32 {
    let (first, count) = WAITING_ROOMS;
    who.room.unwrap_or_else(|| {
        let hash = xxhash_rust::xxh3::xxh3_64(who.name.as_bytes());
        first + u32::try_from(hash % count).unwrap_or(0)
    })
}

/// A pattern for a whole frame. `*` stands for any bytes, or none; `\*` for a star.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pattern {
    /// What stands between the stars.
    segments: Box<[Vec<Piece>]>,
}

impl TryFrom<String> for Pattern {
    type Error = Unknown;

    fn try_from(text: String) -> Result<Self, Unknown> {
        let mut segments = vec![String::new()];
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match (letter, segments.last_mut()) {
                ('\\', Some(last)) if matches!(letters.peek(), Some('*' | '\\')) => {
                    last.extend(letters.next());
                }
                ('*', _) => segments.push(String::new()),
                (_, Some(last)) => last.push(letter),
                (_, None) => {}
            }
        }
        let pieces = |text: &String| pieces(text, &[Name, Room, Word, Number]);
        Ok(Self { segments: segments.iter().map(pieces).collect::<Result<_, _>>()? })
    }
}

impl Pattern {
    /// If the pattern matches the whole text, the bytes for which its first star stands; none if it
    /// has no star.
    #[inline]
    pub(super) fn matches<'a>(&self, who: &Who, text: &'a [u8]) -> Option<&'a [u8]> {
        let (first, others) = self.segments.split_first()?;
        let mut rest = eat(first, who, text)?;
        let Some((last, middle)) = others.split_last() else {
            return rest.is_empty().then_some(rest);
        };
        let mut star = None;
        for segment in middle {
            let (before, behind) = find(segment, who, rest, false)?;
            star.get_or_insert(before);
            rest = behind;
        }
        let before = if last.is_empty() { rest } else { find(last, who, rest, true)?.0 };
        Some(star.unwrap_or(before))
    }
}

/// The first place at which the pieces match, at the end of the text if that is asked for. Gives what
/// stands before them, and behind.
fn find<'a>(
    pieces: &[Piece],
    who: &Who,
    text: &'a [u8],
    at_end: bool,
) -> Option<(&'a [u8], &'a [u8])> {
    let mut from = 0;
    while from <= text.len() {
        if let Some(Piece::Bytes(bytes)) = pieces.first() {
            from += memmem::find(&text[from..], bytes)?;
        }
        match eat(pieces, who, &text[from..]) {
            Some(behind) if !at_end || behind.is_empty() => return Some((&text[..from], behind)),
            _ => from += 1,
        }
    }
    None
}

/// The rest of a text that begins with these pieces.
#[inline]
fn eat<'a>(pieces: &[Piece], who: &Who, mut text: &'a [u8]) -> Option<&'a [u8]> {
    for piece in pieces {
        text = match piece {
            Piece::Bytes(bytes) => text.strip_prefix(&**bytes)?,
            Piece::Put(Name) => text.strip_prefix(who.name.as_bytes())?,
            Piece::Put(Room | Number) => {
                let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let (digits, rest) = text.split_at(digits);
                let fits = match piece {
                    Piece::Put(Room) => number(digits) == usize::try_from(room(who)).ok(),
                    _ => !digits.is_empty(),
                };
                fits.then_some(rest)?
            }
            Piece::Put(_) => {
                let word = memchr(b' ', text).unwrap_or(text.len());
                text.get(word..).filter(|_| word > 0)?
            }
        };
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who() -> Who {
        Who { name: "c-17".into(), room: Some(3) }
    }

    fn matches(pattern: &str, text: &str) -> Option<String> {
        let pattern = Pattern::try_from(pattern.to_owned()).expect("a pattern");
        let star = pattern.matches(&who(), text.as_bytes())?;
        Some(String::from_utf8_lossy(star).into_owned())
    }

    #[test]
    fn a_pattern_is_for_the_whole_text_and_gives_what_its_first_star_stands_for() {
        for (pattern, text, star) in [
            ("PING *", "PING :a b", ":a b"),
            ("*", "", ""),
            ("", "", ""),
            ("*ping*", "a ping b ping", "a "),
            ("*g", "gag", "ga"),
            ("{word} > *", "Ana > x > y", "x > y"),
            ("usuario {number}: *", "usuario 51: x", "x"),
            (":{word} 4{number} *", ":irc.local 433 * :in use", "* :in use"),
            ("{number}*{number}x", "1a22x", "a"),
            (r"\* {name}: {room}", "* c-17: 3", ""),
            (r#"{"id":*,"to":"{name}"}"#, r#"{"id":5,"to":"c-17"}"#, "5"),
            (r"a\\b\c", r"a\b\c", ""),
        ] {
            assert_eq!(matches(pattern, text), Some(star.to_owned()), "{pattern}: {text}");
        }
        for (pattern, text) in [
            ("PING *", "xPING a"),
            ("PING", "PING a"),
            ("*g", "ga"),
            (r"\*", "x"),
            ("{word}", ""),
            ("{word} x", " x"),
            ("usuario {number}: *", "usuario x: y"),
            (":{word} 4{number} *", ":irc.local 251 c :There are 433 users"),
            ("{name}", "c-18"),
            ("{room}!", "4!"),
        ] {
            assert_eq!(matches(pattern, text), None, "{pattern}: {text}");
        }
    }

    #[test]
    fn a_template_has_the_values_of_its_place() {
        let template = |text: &str| Template::<Message>::try_from(text.to_owned());
        let who = who();
        let mut out = Vec::new();
        let values = Values { who: &who, login: None, text: b"{x}" };
        let json = r#"{"to":{room},"by":"{name}","n":{length},"text":"{text}","o":{}}"#;
        template(json).expect("a template").put(values, &mut out);
        assert_eq!(out, br#"{"to":3,"by":"c-17","n":3,"text":"{x}","o":{}}"#);
        let error = template("{txt}").expect_err("there is none").to_string();
        let expected =
            "unknown placeholder `{txt}`, expected `{name}`, `{room}`, `{text}`, `{length}`";
        assert_eq!(error, expected);
        let error = Template::<Goodbye>::try_from("{name}".to_owned()).expect_err("none here");
        assert_eq!(error.to_string(), "unknown placeholder `{name}`, expected none");
    }

    #[test]
    fn a_client_without_part_has_a_room_apart() {
        let idle = Who { name: "c-17".into(), room: None };
        assert!((10_000..10_250).contains(&room(&idle)));
    }
}
