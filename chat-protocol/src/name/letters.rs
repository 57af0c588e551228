//! The characters of names (Unicode Technical Standards #31 and #39).

use std::mem;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};
use unicode_security::GeneralSecurityProfile;
use unicode_security::mixed_script::AugmentedScriptSet;

use super::SIGNS;

/// Maximum number of combining marks on one letter. No script needs more, and more would cover the
/// lines above (UTS #39, section 5.4, "more than 4 nonspacing marks").
const MAX_MARKS: usize = 4;

/// The canonical combining class of a virama, the sign of Indic scripts that takes a consonant its
/// vowel.
const VIRAMA: u8 = 9;

/// Zero width non-joiner and zero width joiner.
const JOINERS: [char; 2] = ['\u{200C}', '\u{200D}'];

/// Returns whether a name may consist of these characters.
pub(super) fn are_permitted(text: &str) -> bool {
    text.nfc().all(|c| is_sign(c) || is_joiner(c) || is_permitted(c))
        && marks_can_be_seen(text)
        && joiners_are_needed(text)
}

/// Returns whether this is one of the signs that a name may contain.
pub(super) fn is_sign(c: char) -> bool {
    c != ' ' && SIGNS.contains(c)
}

/// Returns whether this is a zero width joiner or non-joiner.
pub(super) fn is_joiner(c: char) -> bool {
    JOINERS.contains(&c)
}

/// Returns whether this is a point of Hebrew or Arabic: a vowel or the like, which is mostly not
/// written.
pub(super) fn is_point(c: char) -> bool {
    matches!(c,
        '\u{5B0}'..='\u{5BD}' | '\u{5BF}' | '\u{5C1}' | '\u{5C2}' | '\u{5C7}'
        | '\u{64B}'..='\u{652}' | '\u{670}')
}

/// Returns whether a name may contain the letter, mark or digit. Unicode recommends these for
/// identifiers (UTS #39, "Allowed"), also in their compatibility forms; of others, those that stand
/// in people's names.
fn is_permitted(c: char) -> bool {
    let is_allowed = |c: char| c.identifier_allowed() || is_in_names(c);
    (c.is_alphanumeric() || is_combining_mark(c))
        && (c.nfkc().all(is_allowed) || c.nfkd().all(is_allowed))
}

/// Returns whether this is a letter of polytonic Greek, a Han character or a point.
fn is_in_names(c: char) -> bool {
    matches!(c,
        '\u{1F00}'..='\u{1FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{20000}'..='\u{3FFFD}')
        || is_point(c)
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

/// Returns whether each joiner stands where it changes what is seen (UTS #39, section 3.1.1.1, rules A1,
/// A2 and B).
fn joiners_are_needed(text: &str) -> bool {
    let text: Vec<char> = text.nfc().collect();
    text.iter().enumerate().filter(|(_, c)| is_joiner(**c)).all(|(at, joiner)| {
        let (before, next) = (&text[..at], text.get(at + 1).copied());
        let mut letters = before.iter().rev().filter(|c| !is_point(**c));
        let behind_arabic = letters.next().is_some_and(|c| joins_both_sides(*c));
        let behind_virama = before.last().is_some_and(|c| canonical_combining_class(*c) == VIRAMA);
        if *joiner == '\u{200D}' {
            behind_virama && !next.is_some_and(is_combining_mark)
        } else {
            behind_virama && next.is_some_and(is_letter)
                || behind_arabic && next.is_some_and(is_arabic)
        }
    })
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !is_combining_mark(c)
}

/// Returns whether this is an Arabic letter that joins the one before it.
fn is_arabic(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{6D3}') && is_letter(c) && !matches!(c, '\u{621}' | '\u{674}')
}

/// Returns whether this is an Arabic letter that joins the one behind it, too: not one such as alef, dal,
/// reh or waw (Unicode's `Joining_Type`).
fn joins_both_sides(c: char) -> bool {
    let joins_only_before = matches!(c,
        '\u{622}'..='\u{625}' | '\u{627}' | '\u{629}' | '\u{62F}'..='\u{632}' | '\u{648}'
        | '\u{671}'..='\u{677}' | '\u{688}'..='\u{699}' | '\u{6C0}' | '\u{6C3}'..='\u{6CB}'
        | '\u{6CD}' | '\u{6CF}' | '\u{6D2}' | '\u{6D3}');
    is_arabic(c) && !joins_only_before
}

/// Returns whether the letters belong to one script, or to scripts that are written together: Latin and
/// Chinese, Japanese or Korean (UTS #39, section 5.2, "Highly Restrictive").
pub(super) fn scripts_belong_together(text: &str) -> bool {
    let (mut all, mut others) = (AugmentedScriptSet::default(), AugmentedScriptSet::default());
    for c in text.nfkc() {
        let scripts = AugmentedScriptSet::from(c);
        all.intersect_with(scripts);
        let mut in_latin = scripts;
        in_latin.intersect_with(AugmentedScriptSet::from('a'));
        if in_latin.is_empty() {
            others.intersect_with(scripts);
        }
    }
    !all.is_empty() || others.hanb || others.jpan || others.kore
}
