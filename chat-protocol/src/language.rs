//! The languages in which the chat talks to people (requirement 9.1).

use clap::ValueEnum;

/// The language of everything that people read (`--lang`). What programs read is the same in all:
/// the name keyword, the word `salir`, labels, the lines that say that the server is ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Spanish
    #[default]
    Es,
    /// English
    En,
}

/// A fixed text in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// In Spanish.
    pub es: &'static str,
    /// In English.
    pub en: &'static str,
}

impl Language {
    /// Every language, the default first.
    pub const ALL: [Self; 2] = [Self::Es, Self::En];

    /// The text in this language.
    pub const fn pick(self, text: &Text) -> &'static str {
        match self {
            Self::Es => text.es,
            Self::En => text.en,
        }
    }
}
