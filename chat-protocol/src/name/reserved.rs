//! Reserved names: those that mean the server, its operator or a command, and those of guests.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::GUEST;
use super::looks::{bare, looks};
use crate::text::LEAVE_WORD;

/// Words that no member can have as a name: the chat itself uses them, or they claim to speak for it.
const RESERVED: [&str; 21] = [
    LEAVE_WORD,
    "servidor",
    "server",
    "sistema",
    "system",
    "operador",
    "operadora",
    "operator",
    "admin",
    "administrador",
    "administradora",
    "administrator",
    "moderador",
    "moderadora",
    "moderator",
    "root",
    "chat",
    "cliente",
    "client",
    "usuario",
    "privado",
];

pub(super) fn is_reserved(name: &str) -> bool {
    static WORDS: LazyLock<HashSet<String>> =
        LazyLock::new(|| RESERVED.iter().flat_map(|word| looks(word)).collect());
    let name = without_marks(name);
    let word = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    looks(word).iter().any(|look| WORDS.contains(look)) && !is_guest_like(&name)
}

/// Returns whether the name is that of a guest, with what looks like a number behind the word.
pub(super) fn is_guest_like(name: &str) -> bool {
    static GUESTS: LazyLock<[String; 5]> = LazyLock::new(|| looks(GUEST));
    let is_number = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || "-oOlLiI".contains(c))
    };
    let is_guest = |look: &String| {
        GUESTS.iter().filter_map(|guest| look.strip_prefix(guest.as_str())).any(is_number)
    };
    looks(&without_marks(name)).iter().any(is_guest)
}

/// The letters of a name, without signs and without any marks on them.
fn without_marks(name: &str) -> String {
    bare(name).nfd().filter(|c| !is_combining_mark(*c)).collect()
}
