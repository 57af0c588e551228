//! What people are told, in the two languages in which they can be told.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The language of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Spanish, which the course speaks.
    #[default]
    Es,
    /// English.
    En,
}

/// A fixed text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// In Spanish.
    pub es: &'static str,
    /// In English.
    pub en: &'static str,
}

/// A text with something of this run in it, in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    es: String,
    en: String,
}

impl Text {
    /// The text in this language.
    pub const fn to(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Es => self.es,
            Lang::En => self.en,
        }
    }
}

impl Words {
    /// What was seen, in Spanish and in English.
    pub fn new(es: impl fmt::Display, en: impl fmt::Display) -> Self {
        Self { es: es.to_string(), en: en.to_string() }
    }

    /// The words in this language.
    pub fn to(&self, lang: Lang) -> &str {
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
