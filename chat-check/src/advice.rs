//! Advice for programming languages other than Python, which explanations speak of.

use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::text::Lang;

/// The programming language of a program, as far as advice differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceLanguage {
    Java,
    /// C and C++.
    C,
    JavaScript,
}

/// An entry of `advice.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    checks: Vec<String>,
    java: Option<Said>,
    c: Option<Said>,
    javascript: Option<Said>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    es: String,
    en: String,
}

#[derive(Deserialize)]
struct Entries {
    advice: Vec<Entry>,
}

#[expect(clippy::expect_used, reason = "the file is a part of this program, and read by a test")]
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let entries: Entries = toml::from_str(include_str!("../advice.toml")).expect("advice.toml");
    entries.advice
});

impl SourceLanguage {
    /// Guesses the programming language from the words that start a program, and from its folder.
    pub(crate) fn of(words: &[String], folder: &Path) -> Option<Self> {
        let program = Path::new(words.first()?);
        match program.file_stem()?.to_str()? {
            "java" => return Some(Self::Java),
            "node" | "npm" => return Some(Self::JavaScript),
            _ => {}
        }
        // The file that a compiler made of it is beside its source.
        let is_source = |extension: &&str| folder.join(program).with_extension(extension).is_file();
        ["c", "cpp", "cc", "cxx"].iter().any(is_source).then_some(Self::C)
    }

    /// Returns the advice for this check in this language, if there is any.
    pub(crate) fn advice(self, check: &str, lang: Lang) -> Option<&'static str> {
        let entry = ENTRIES.iter().find(|entry| entry.checks.iter().any(|id| id == check))?;
        let said = match self {
            Self::Java => &entry.java,
            Self::C => &entry.c,
            Self::JavaScript => &entry.javascript,
        };
        said.as_ref().map(|said| match lang {
            Lang::Es => &*said.es,
            Lang::En => &*said.en,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::checks::catalogue::checks;
    use crate::checks::check::Side;

    #[test]
    fn each_entry_is_for_checks_that_there_are_and_no_check_has_two() {
        let ids: Vec<&str> =
            [Side::Server, Side::Client].into_iter().flat_map(checks).map(|c| c.id).collect();
        let mut seen = BTreeSet::new();
        for id in ENTRIES.iter().flat_map(|entry| &entry.checks) {
            assert!(ids.contains(&&**id), "{id} is no check");
            assert!(seen.insert(id), "{id} has two entries");
        }
    }

    #[test]
    fn a_language_is_told_by_what_starts_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("servidor.c"), "").unwrap();
        let of = |command| SourceLanguage::of(&shell_words::split(command).unwrap(), folder.path());
        assert_eq!(of("/usr/bin/java -cp . Servidor"), Some(SourceLanguage::Java));
        assert_eq!(of("node servidor.js"), Some(SourceLanguage::JavaScript));
        assert_eq!(of("./servidor 12345"), Some(SourceLanguage::C));
        assert_eq!([of("python3 servidor.c"), of("./otro"), of("''")], [None; 3]);
        let advice = SourceLanguage::Java.advice("3.1-salir", Lang::En);
        assert!(advice.is_some_and(|advice| advice.contains("equalsIgnoreCase")));
        assert_eq!(SourceLanguage::C.advice("6.3-help", Lang::Es), None);
    }
}
