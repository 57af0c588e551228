//! Tab completion of the word before the cursor.
//!
//! The editor's own completion waits for a key when there are several choices, and shows no
//! arriving lines meanwhile. So the editor gets at most one candidate. Several choices are printed
//! as a notice above the prompt.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chat_protocol::command::{FORMS, Form};
use chat_protocol::language::Language;
use chat_protocol::name::fold;
use chat_protocol::wording::{self, NOTICE};

/// Maximum number of known names. The name that was not seen for longest is forgotten first. No
/// room shows more members. At some 100 bytes each, a server that invents names can take a
/// megabyte.
const MAX_NAMES: usize = 10_000;

/// Maximum number of choices shown: a few lines of a terminal. The user can type another letter to
/// get fewer.
const MAX_CHOICES: usize = 50;

/// The vocabulary, shared by the conversation and the keyboard.
pub type SharedVocabulary = Arc<Mutex<Vocabulary>>;

/// The words that Tab can complete: names and commands.
#[derive(Debug, Default)]
pub struct Vocabulary {
    commands: bool,
    /// The language of the commands that are completed first.
    language: Language,
    /// The known names, by their folded form.
    names: BTreeMap<String, Known>,
    /// Number of names seen so far; the time stamp of [`Known::last_seen`].
    seen: u64,
}

#[derive(Debug)]
struct Known {
    /// The name as its owner writes it.
    name: String,
    last_seen: u64,
}

/// The result of completing a word.
#[derive(Debug, PartialEq, Eq)]
pub enum Completion {
    /// No completion.
    Nothing,
    /// The text that replaces the word.
    Grown(String),
    /// Several completions; this notice lists them.
    Choices(String),
}

impl Vocabulary {
    /// Creates a vocabulary without names. With `commands`, it contains the words that begin a
    /// command.
    pub fn new(commands: bool, language: Language) -> Self {
        Self { commands, language, ..Self::default() }
    }

    /// Learns names, and forgets a name no longer in use, from a line that the server sent.
    pub fn see(&mut self, line: &str) {
        let seen = wording::names_in(line);
        if let Some(gone) = seen.gone {
            self.names.remove(&fold(gone));
        }
        for name in seen.here {
            self.seen += 1;
            let known = Known { name: name.to_owned(), last_seen: self.seen };
            self.names.insert(fold(name), known);
            if self.names.len() > MAX_NAMES {
                self.forget_oldest();
            }
        }
    }

    fn forget_oldest(&mut self) {
        let oldest = self.names.iter().min_by_key(|(_, known)| known.last_seen);
        if let Some(folded) = oldest.map(|(folded, _)| folded.clone()) {
            self.names.remove(&folded);
        }
    }

    /// The completions of a word, the best first.
    fn candidates(&self, word: &str, first: bool) -> Vec<String> {
        if first && self.commands && word.starts_with('/') {
            return commands(word, self.language);
        }
        let start = fold(word);
        let mut known: Vec<&Known> = self
            .names
            .range(start.clone()..)
            .take_while(|(folded, _)| folded.starts_with(&start))
            .map(|(_, known)| known)
            .collect();
        known.sort_by_key(|known| Reverse(known.last_seen));
        known.into_iter().map(|known| known.name.clone()).collect()
    }
}

/// The commands of this language that begin with `start`. Commands of the other language are
/// offered only if there are none, so that they do not make a choice ambiguous.
fn commands(start: &str, language: Language) -> Vec<String> {
    let start = fold(start);
    let among = |word: fn(&Form) -> &'static str| -> Vec<String> {
        let words = FORMS.iter().map(|form| format!("/{}", word(form)));
        words.filter(|word| word.starts_with(&start)).collect()
    };
    let (spanish, english) = (among(|form| form.word), among(|form| form.alias));
    let (first, other) = match language {
        Language::Es => (spanish, english),
        Language::En => (english, spanish),
    };
    if first.is_empty() { other } else { first }
}

/// Completes the word before `pos`, which is a byte position in `line`.
///
/// ```
/// # use chat_protocol::language::Language;
/// # use chat_terminal::completion::{Completion, Vocabulary, complete};
/// let vocabulary = Vocabulary::new(true, Language::Es);
/// assert_eq!(complete("/pri", 4, &vocabulary), Completion::Grown("/privado ".to_owned()));
/// ```
pub fn complete(line: &str, pos: usize, vocabulary: &Vocabulary) -> Completion {
    let (word, after) = (word_at(line, pos), line.get(pos..).unwrap_or_default());
    if word.is_empty() {
        return Completion::Nothing;
    }
    let candidates = vocabulary.candidates(word, word.len() == pos);
    let grown = match candidates.as_slice() {
        [] => return Completion::Nothing,
        [only] if after.starts_with(char::is_whitespace) => only.clone(),
        [only] => format!("{only} "),
        several => match common_start(several) {
            start if fold(start).len() > fold(word).len() => start.to_owned(),
            _ => return Completion::Choices(list(several)),
        },
    };
    if grown == word { Completion::Nothing } else { Completion::Grown(grown) }
}

/// The word before `pos`. Words are separated by blanks.
pub(crate) fn word_at(line: &str, pos: usize) -> &str {
    let before = line.get(..pos).unwrap_or_default();
    before.rsplit(char::is_whitespace).next().unwrap_or_default()
}

/// The longest common prefix of the words.
fn common_start(words: &[String]) -> &str {
    let Some((first, others)) = words.split_first() else { return "" };
    let others: Vec<String> = others.iter().map(|word| fold(word)).collect();
    let ends = first.char_indices().map(|(start, c)| start + c.len_utf8());
    let starts = ends.map(|end| &first[..end]);
    let common = |start: &&str| {
        let start = fold(start);
        others.iter().all(|other| other.starts_with(&start))
    };
    starts.take_while(common).last().unwrap_or_default()
}

fn list(words: &[String]) -> String {
    let more = if words.len() > MAX_CHOICES { ", …" } else { "" };
    let shown = &words[..words.len().min(MAX_CHOICES)];
    format!("{NOTICE}{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knowing(names: &[&str]) -> Vocabulary {
        let mut vocabulary = Vocabulary::new(true, Language::Es);
        for name in names {
            vocabulary.see(&format!("{name} > hola"));
        }
        vocabulary
    }

    fn at_end(line: &str, vocabulary: &Vocabulary) -> Completion {
        complete(line, line.len(), vocabulary)
    }

    fn grown(text: &str) -> Completion {
        Completion::Grown(text.to_owned())
    }

    fn choices(text: &str) -> Completion {
        Completion::Choices(text.to_owned())
    }

    #[test]
    fn r6_3_commands_begin_a_line_and_are_completed_where_they_are_understood() {
        let vocabulary = knowing(&["Ana"]);
        assert_eq!(at_end("/q", &vocabulary), grown("/quien "));
        assert_eq!(at_end("/quit", &vocabulary), grown("/quit "));
        assert_eq!(at_end("/s", &vocabulary), grown("/sal"));
        assert_eq!(at_end("/sal", &vocabulary), choices("* /sala, /salas, /salir"));
        assert_eq!(at_end("/PRI", &vocabulary), grown("/privado "));
        assert_eq!(at_end("di /pri", &vocabulary), Completion::Nothing);
        assert_eq!(at_end("/pri", &Vocabulary::new(false, Language::Es)), Completion::Nothing);
        let Completion::Choices(all) = at_end("/", &vocabulary) else { panic!("no choices") };
        assert!(all.starts_with("* /privado, /responder, /sala, "), "{all}");
    }

    #[test]
    fn r6_5_english_words_are_completed_too() {
        let vocabulary = Vocabulary::new(true, Language::Es);
        assert_eq!(at_end("/ms", &vocabulary), grown("/msg "));
        assert_eq!(at_end("/n", &Vocabulary::new(true, Language::En)), grown("/nick "));
        assert_eq!(at_end("/rep", &vocabulary), grown("/reply "));
    }

    #[test]
    fn r6_1_a_name_is_completed_as_its_owner_writes_it() {
        let vocabulary = knowing(&["José", "Ana"]);
        assert_eq!(at_end("/privado jo", &vocabulary), grown("José "));
        assert_eq!(at_end("A", &vocabulary), grown("Ana "));
        assert_eq!(at_end("Ana", &vocabulary), grown("Ana "));
        assert_eq!(at_end("Bea", &vocabulary), Completion::Nothing);
        assert_eq!(at_end("", &vocabulary), Completion::Nothing);
        assert_eq!(at_end("Ana ", &vocabulary), Completion::Nothing);
    }

    #[test]
    fn r6_1_the_word_is_the_one_before_the_cursor() {
        let vocabulary = knowing(&["Ana"]);
        assert_eq!(complete("A tú", 1, &vocabulary), grown("Ana"));
        assert_eq!(complete("Ana tú", 3, &vocabulary), Completion::Nothing);
        assert_eq!(complete("ñ", 1, &vocabulary), Completion::Nothing, "within a character");
    }

    #[test]
    fn r6_1_several_names_grow_together_and_are_then_shown() {
        let vocabulary = knowing(&["Anabel", "ANATOLI", "Bea"]);
        assert_eq!(at_end("an", &vocabulary), grown("ANA"));
        assert_eq!(at_end("ANA", &vocabulary), choices("* ANATOLI, Anabel"));
        assert_eq!(at_end("anab", &vocabulary), grown("Anabel "));
    }

    #[test]
    fn r5_3_who_has_left_is_forgotten() {
        let mut vocabulary = knowing(&["Ana"]);
        vocabulary.see("* Ana ahora es Bea");
        assert_eq!(at_end("A", &vocabulary), Completion::Nothing);
        assert_eq!(at_end("B", &vocabulary), grown("Bea "));
        vocabulary.see("* Bea ha salido");
        assert_eq!(at_end("B", &vocabulary), Completion::Nothing);
    }

    #[test]
    fn r5_3_names_without_end_do_not_take_memory_without_end() {
        let mut vocabulary = knowing(&["primera"]);
        for i in 0..MAX_NAMES {
            vocabulary.see(&format!("* persona-{i} se ha unido"));
        }
        assert_eq!(vocabulary.names.len(), MAX_NAMES);
        assert_eq!(at_end("prim", &vocabulary), Completion::Nothing);
        let Completion::Choices(list) = at_end("persona-", &vocabulary) else { panic!("no list") };
        assert!(list.ends_with(", …") && list.len() < 1000, "{list}");
    }
}
