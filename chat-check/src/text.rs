//! Bilingual text: the program's output in Spanish and in English.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The language of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lang {
    /// Spanish.
    #[default]
    Es,
    /// English.
    En,
}

/// A fixed text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    /// In Spanish.
    pub(crate) es: &'static str,
    /// In English.
    pub(crate) en: &'static str,
}

/// A text with values of this run in it, in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    es: String,
    en: String,
}

impl Text {
    /// The text in this language.
    pub(crate) const fn to(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Es => self.es,
            Lang::En => self.en,
        }
    }
}

impl Words {
    /// Makes words from the Spanish and the English text.
    pub(crate) fn new(es: impl fmt::Display, en: impl fmt::Display) -> Self {
        Self { es: es.to_string(), en: en.to_string() }
    }

    /// The words in this language.
    pub(crate) fn to(&self, lang: Lang) -> &str {
        match lang {
            Lang::Es => &self.es,
            Lang::En => &self.en,
        }
    }
}

impl From<Text> for Words {
    fn from(text: Text) -> Self {
        Self::new(text.es, text.en)
    }
}

impl From<[&str; 2]> for Words {
    /// Spanish, English.
    fn from([es, en]: [&str; 2]) -> Self {
        Self::new(es, en)
    }
}

impl Lang {
    /// Writes a number with the decimal sign of this language.
    pub(crate) fn number(self, number: impl fmt::Display) -> String {
        let number = number.to_string();
        match self {
            Self::Es => number.replace('.', ","),
            Self::En => number,
        }
    }
}

/// Formats a time to a tenth of a second.
pub(crate) fn seconds(seconds: f64) -> Words {
    let seconds = (seconds * 10.0).round() / 10.0;
    let [es, en] = [Lang::Es, Lang::En].map(|lang| format!("{} s", lang.number(seconds)));
    Words { es, en }
}

/// Cuts a text of more than so many characters in the middle, and says how many it has.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let all = text.chars().count();
    if all <= most {
        return text.to_owned();
    }
    let at = |n| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    format!("{}… ({all}) …{}", &text[..at(most / 2)], &text[at(all - most / 2)..])
}

/// Normalizes a text, so that numbers and blanks make no difference: times of day, ports, counters,
/// widths of columns.
pub(crate) fn normal(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(numberless).collect();
    words.join(" ")
}

/// Replaces each number by one zero.
fn numberless(word: &str) -> String {
    let mut all = String::new();
    for c in word.chars() {
        match c {
            '0'..='9' if all.ends_with('0') => {}
            '0'..='9' => all.push('0'),
            other => all.push(other),
        }
    }
    all
}

/// Returns whether a message says this text as `model` does, which is a message with it. Where
/// messages have no ends, others may hang on it; when nothing stands around the text, a notice that
/// names it is more than it.
pub(crate) fn says_like(message: &str, model: &str, text: &str) -> bool {
    let (message, model) = (normal(message), normal(model));
    if model == normal(text) { message == model } else { message.contains(&model) }
}

/// Verbs with which a line asks for something that does not end like a question.
const ASKS: [&str; 8] =
    ["enter ", "ingres", "introdu", "escrib", "digit", "type ", "insert", "provide "];

/// Returns whether the last line of a screen asks its user for something.
pub(crate) fn is_question(screen: &str) -> bool {
    let last = screen.trim_end().lines().next_back().unwrap_or_default().to_lowercase();
    let open = !screen.ends_with('\n') || last.ends_with([':', '?']);
    !last.is_empty() && (open || ASKS.iter().any(|verb| last.starts_with(verb)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_blanks_make_no_difference() {
        assert_eq!(normal("[12:59:59.9]  ana\t> n 9"), normal("[1:0:0.123] ana > n 10"));
        assert_ne!(normal("ana2 > "), normal("ana > "));
    }

    #[test]
    fn a_long_text_keeps_its_beginning_and_its_end() {
        assert_eq!(shortened("ñandúes", 7), "ñandúes");
        assert_eq!(shortened("¿ñandúes?", 4), "¿ñ… (9) …s?");
    }

    #[test]
    fn a_time_has_the_decimal_sign_of_its_language() {
        assert_eq!(seconds(1.72), Words::new("1,7 s", "1.7 s"));
        assert_eq!(seconds(3.0), Words::new("3 s", "3 s"));
    }

    #[test]
    fn a_message_is_told_from_a_notice() {
        assert!(says_like("[12:04] ana > salir", "[9:03] ana > salir", "salir"));
        assert!(says_like("[1] ana > bb[2] ana > aa", "[9] ana > aa", "aa"));
        assert!(says_like("salir ", "salir", "salir"));
        assert!(!says_like("* ana ha escrito salir", "salir", "salir"));
        assert!(!says_like("* aa se ha unido", "usuario 5: aa", "aa"));
    }
}
