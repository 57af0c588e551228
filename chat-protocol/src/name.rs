//! Names of members and rooms (requirements 5.4 and 5.5).
//!
//! A name is shown as its owner wrote it. It is compared by its normal form and by its look: `Ana`,
//! `ANA` and `Аna` with a Cyrillic first letter are one name on a server.

use std::collections::HashSet;
use std::fmt;
use std::mem;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use caseless::Caseless;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::GeneralSecurityProfile;

use crate::limits::{FIRST_ROOM, MAX_NAME};
use crate::text::LEAVE_WORD;

/// Reserved words: no member can have them as a name, because the chat itself uses them.
pub const RESERVED: [&str; 6] = [LEAVE_WORD, "servidor", "server", "cliente", "usuario", "privado"];

/// Prefix of the names of guests: members that the server did not ask for a name.
const GUEST: &str = "usuario-";

/// Maximum number of combining marks on one letter. No script needs more, and more would cover the
/// lines above (UTS #39, section 5.4, "more than 4 nonspacing marks").
const MAX_MARKS: usize = 4;

/// A valid name: 1 to [`MAX_NAME`] visible characters. They are letters of the scripts in which
/// people write their names, digits, `_`, `-` and `.`.
///
/// Clones share the text.
///
/// ```
/// # use chat_protocol::name::Name;
/// let name: Name = "José-Luis_2".parse()?;
/// assert_eq!(name.as_str(), "José-Luis_2");
/// assert!("dos palabras".parse::<Name>().is_err());
/// # Ok::<(), chat_protocol::name::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(Arc<str>);

impl Name {
    /// The name as its owner wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The room in which every member begins (requirement 6.2).
    pub fn first_room() -> Self {
        Self(FIRST_ROOM.into())
    }

    /// The name of a guest: `usuario-65310`, and `usuario-65310-2` for a second one with this port.
    /// A client cannot choose such a name.
    pub fn guest(port: u16, copy: u32) -> Self {
        let name =
            if copy < 2 { format!("{GUEST}{port}") } else { format!("{GUEST}{port}-{copy}") };
        Self(name.into())
    }

    /// Returns whether the name is one of a guest, which no client can choose.
    pub fn is_guest(&self) -> bool {
        self.0.starts_with(GUEST)
    }

    /// Returns whether the name is reserved: it means the server, a command or a guest, or looks as
    /// if it did.
    pub fn is_reserved(&self) -> bool {
        static WORDS: LazyLock<HashSet<String>> =
            LazyLock::new(|| RESERVED.iter().flat_map(|word| looks(word)).collect());
        static GUESTS: LazyLock<[String; 5]> = LazyLock::new(|| looks(GUEST));
        self.looks()
            .iter()
            .any(|look| WORDS.contains(look) || GUESTS.iter().any(|guest| look.starts_with(guest)))
    }

    /// The keys by which names are compared. Two names with a key in common can be confused: they
    /// differ only in case, normal form, or letters that look alike.
    pub fn looks(&self) -> [String; 5] {
        looks(&self.0)
    }
}

fn looks(name: &str) -> [String; 5] {
    let folded = fold(name);
    let written: String = name.nfkc().collect();
    // Some letters look alike only as capitals, others only as small letters.
    let seen = skeleton(&written);
    [skeleton(&folded), skeleton(&written.to_uppercase()), fold(&seen), seen, folded]
}

/// A key that is equal for texts that differ only in case and in Unicode normal form. Applies NFKC
/// and case folding until neither changes the text.
pub fn fold(text: &str) -> String {
    text.nfkd().default_case_fold().nfkc().default_case_fold().nfkc().collect()
}

/// A key that is equal for texts that look alike (Unicode Technical Standard #39). A dot above is
/// ignored on a letter that already has one.
fn skeleton(text: &str) -> String {
    let mut dotted = false;
    let seen = text.nfd().filter(|c| {
        dotted = matches!(c, 'i' | 'j') || dotted && is_combining_mark(*c);
        !(dotted && *c == DOT_ABOVE)
    });
    unicode_security::skeleton(&seen.collect::<String>()).collect()
}

/// U+0307, combining dot above.
const DOT_ABOVE: char = '\u{307}';

impl FromStr for Name {
    type Err = NameError;

    /// Blanks around the name are not part of it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        // Composed, so that an accent adds no character.
        if text.nfc().nth(MAX_NAME).is_some() {
            return Err(NameError::TooLong);
        }
        if !text.nfc().all(is_permitted) || !marks_can_be_seen(text) {
            return Err(NameError::Character);
        }
        if !text.contains(char::is_alphanumeric) {
            return Err(NameError::NoLetter);
        }
        Ok(Self(text.into()))
    }
}

/// Returns whether a name may contain the character. These are the letters, marks and digits that
/// Unicode recommends for identifiers (UTS #39, "Allowed"), also in their compatibility forms; and
/// three signs.
fn is_permitted(c: char) -> bool {
    matches!(c, '_' | '-' | '.')
        || (c.is_alphanumeric() || is_combining_mark(c))
            && (c.nfkc().all(GeneralSecurityProfile::identifier_allowed)
                || c.nfkd().all(GeneralSecurityProfile::identifier_allowed))
}

/// Returns whether each mark is on a letter, with at most [`MAX_MARKS`] on one letter and no mark
/// twice in a row: the second would cover the first (UTS #39, section 5.4).
fn marks_can_be_seen(text: &str) -> bool {
    // The first character may not be a mark: it would combine with the text before the name.
    let (mut marks, mut last) = (MAX_MARKS, '\0');
    text.nfd().all(|c| {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        let covered = mem::replace(&mut last, c) == c && marks > 0;
        marks <= MAX_MARKS && !covered
    })
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The reason for refusing a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// The name is empty or consists of blanks.
    #[error("a name is at least one character")]
    Empty,
    /// It has more than [`MAX_NAME`] characters.
    #[error("a name is at most {MAX_NAME} characters")]
    TooLong,
    /// A character is invisible, or belongs to no script in use.
    #[error("a name consists of letters, digits, _, - and .")]
    Character,
    /// It consists of signs alone.
    #[error("a name contains a letter or a digit")]
    NoLetter,
    /// It means the server, the operator or a command, or looks as if it did.
    #[error("this name is reserved")]
    Reserved,
    /// Another client has this name, or one that can be confused with it.
    #[error("this name is taken")]
    Taken,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Name, NameError> {
        text.parse()
    }

    fn alike(one: &str, other: &str) -> bool {
        let (one, other) = (parse(one).unwrap().looks(), parse(other).unwrap().looks());
        one.iter().any(|look| other.contains(look))
    }

    #[test]
    fn r5_5_takes_the_names_that_people_have() {
        let names = [
            "Facundo",
            "Ana",
            "José-Luis",
            "Ñandú_2",
            "a",
            "7",
            "x.y",
            "Mª",
            "李小龍",
            "Ελένη",
            "Наташа",
            "שרה",
            "محمد",
            "अनीता",
            "สมชาย",
            "Nguyễn",
            "José",
            "Ｋｅｎ",
            "_x_",
            ".a",
        ];
        for name in names {
            assert_eq!(parse(name).map(|n| n.to_string()), Ok(name.to_owned()));
        }
        assert_eq!(parse("  Ana\t").unwrap().as_str(), "Ana");
        for (composed, decomposed) in [("Ionuţ", "Ionut\u{327}"), ("가", "\u{1100}\u{1161}")] {
            assert!(parse(composed).is_ok() && parse(decomposed).is_ok(), "{composed}");
        }
    }

    #[test]
    fn r5_5_counts_characters_as_they_are_seen() {
        assert!(parse(&"ñ".repeat(MAX_NAME)).is_ok());
        assert!(parse(&"n\u{303}".repeat(MAX_NAME)).is_ok());
        assert_eq!(parse(&"x".repeat(MAX_NAME + 1)), Err(NameError::TooLong));
    }

    #[test]
    fn r5_5_refuses_what_is_no_name() {
        for blank in ["", " ", "\t", "\u{3000}"] {
            assert_eq!(parse(blank), Err(NameError::Empty), "{blank:?}");
        }
        for signs in ["_", "...", "-"] {
            assert_eq!(parse(signs), Err(NameError::NoLetter), "{signs:?}");
        }
    }

    #[test]
    fn r5_5_refuses_what_cannot_be_seen_or_confuses() {
        let strange = [
            "dos palabras",
            "a\u{200B}b",
            "a\u{200D}b",
            "\u{202E}ana",
            "a\u{2066}",
            "a\0b",
            "a\x1b[2J",
            "\u{3164}",
            "a\u{AD}b",
            "😀",
            "a>b",
            "ana\u{FFFD}",
            "\u{301}a",
            "a\u{300}\u{301}\u{302}\u{303}\u{304}",
            "𓀀",
            "a b",
            "#a",
            "\u{FEFF}a",
            "José\u{301}",
            "a\u{17B4}",
        ];
        for name in strange {
            assert_eq!(parse(name), Err(NameError::Character), "{name:?}");
        }
    }

    #[test]
    fn r6_6_no_name_can_imitate_a_notice_or_a_label() {
        for name in ["*", "* Ana", "!", "!Ana", "[privado]", "Ana >", "/quien", "usuario 1:"] {
            assert!(parse(name).is_err(), "{name:?}");
        }
        for guest in ["usuario-1", "USUARIO-65310", "usuarıo-1", "usuаrio-1", "USUARlO-ana"] {
            assert!(parse(guest).unwrap().is_reserved(), "{guest:?}");
        }
    }

    #[test]
    fn r5_5_what_the_chat_says_is_reserved() {
        for word in [
            "salir",
            "SALIR",
            "Servidor",
            "ѕеrvіdоr",
            "ＣＬＩＥＮＴＥ",
            "SERVlDOR",
            "servi\u{307}dor",
        ] {
            assert!(parse(word).unwrap().is_reserved(), "{word}");
        }
        assert!(!parse("salirse").unwrap().is_reserved());
    }

    #[test]
    fn r5_4_names_that_can_be_taken_for_each_other_are_alike() {
        let pairs = [
            ("Ana", "ANA"),
            ("Ana", "Аna"),
            ("José", "Jose\u{301}"),
            ("Straße", "STRASSE"),
            ("Ken", "Ｋｅｎ"),
            ("Ian", "lan"),
            ("Leo", "Le0"),
            ("ANA", "ΑΝΑ"),
            ("paul", "раul"),
            ("Σοφία", "ΣΟΦΊΑ"),
            ("ﬁn", "fin"),
            ("Maria", "MARlA"),
            ("loll", "I0II"),
            ("Maria", "Mari\u{307}a"),
            ("HUGO", "Ηugo"),
        ];
        for (one, other) in pairs {
            assert!(alike(one, other), "{one} {other}");
        }
        for (one, other) in
            [("Maria", "Marla"), ("Ana", "Anna"), ("Ana", "Aña"), ("ian", "lan"), ("José", "Jose")]
        {
            assert!(!alike(one, other), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn r5_5_what_is_taken_is_short_and_visible(text in "\\PC{0,40}") {
            if let Ok(name) = parse(&text) {
                prop_assert!((1..=MAX_NAME).contains(&name.as_str().nfc().count()));
                prop_assert!(!name.as_str().contains([' ', '>', '*', '!', '[', '/', ':']));
                // The folded text need not be a name: U+10C7 may be in a name, its small letter may
                // not.
                let folded = looks(&fold(name.as_str()));
                prop_assert!(name.looks().iter().any(|look| folded.contains(look)));
            }
        }
    }
}
