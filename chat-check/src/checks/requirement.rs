//! The specification's numbered requirements.

use std::cmp::Ordering;

use serde::{Serialize, Serializer};

use crate::text::Lang;
use crate::verdict::Level;

/// A requirement of the specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Requirement {
    /// Its number, such as 2.10.
    pub(crate) number: Number,
    pub(crate) level: Level,
    /// Its text on one line, as the specification writes it (Markdown).
    pub(crate) text: String,
}

/// A requirement's number: chapter and place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Number(pub(crate) u8, pub(crate) u8);

impl Number {
    /// Reads `2.10`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (chapter, place) = text.split_once('.')?;
        Some(Self(chapter.parse().ok()?, place.parse().ok()?))
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// All requirements, in order.
pub(crate) fn all(lang: Lang) -> Vec<Requirement> {
    read(match lang {
        Lang::Es => chat_protocol::SPECIFICATION.es,
        Lang::En => chat_protocol::SPECIFICATION.en,
    })
}

fn read(specification: &str) -> Vec<Requirement> {
    let mut requirements: Vec<Requirement> = Vec::new();
    let mut inside = false;
    for line in specification.lines() {
        if let Some(begun) = begin(line) {
            requirements.push(begun);
            inside = true;
        } else if line.starts_with("  ") && inside {
            if let Some(last) = requirements.last_mut() {
                last.text.extend([" ", line.trim()]);
            }
        } else {
            inside = false;
        }
    }
    requirements.sort_by(|a, b| a.number.partial_cmp(&b.number).unwrap_or(Ordering::Equal));
    requirements
}

/// Parses the beginning of a requirement: `- **2.10 MUST** What a client …`
fn begin(line: &str) -> Option<Requirement> {
    let (head, text) = line.strip_prefix("- **")?.split_once("**")?;
    let (number, level) = head.split_once(' ')?;
    let level = match level {
        "MUST" | "DEBE" => Level::Must,
        "SHOULD" | "DEBERÍA" => Level::Should,
        _ => return None,
    };
    Some(Requirement { number: Number::parse(number)?, level, text: text.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specification_is_read_whole() {
        let written = chat_protocol::SPECIFICATION.en.matches(" MUST** ").count();
        assert!(written > 40, "{written}");
        for (lang, word) in [(Lang::Es, "envió"), (Lang::En, "sender")] {
            let all = all(lang);
            assert_eq!(all.len(), written, "{lang:?}");
            let echo = all.iter().find(|requirement| requirement.number == Number(2, 2)).unwrap();
            assert!(echo.text.contains(word), "{echo:?}");
        }
    }

    #[test]
    fn a_text_of_several_lines_becomes_one() {
        let read = read("- **2.10 MUST** One\n  two.\n\nOther\n  text\n- **2.2 SHOULD** Three\n");
        assert_eq!(read[0].text, "Three");
        assert_eq!((read[1].number, read[1].text.as_str()), (Number(2, 10), "One two."));
    }
}
