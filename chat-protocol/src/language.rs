//! The languages of the chat's texts (requirement 9.1).

use clap::ValueEnum;

/// The language of every text that people read (`--lang`). Text that programs read is the same in
/// all languages: the name keyword, the word `salir`, labels, the lines that say that the server is
/// ready.
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
