//! The comparison of names: keys that are equal for names that can be taken for each other.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::letters::{is_joiner, is_point, is_sign};

/// The zeros of the scripts whose digits a name may contain. The other digits follow them in order.
const ZEROS: [char; 11] = [
    '\u{660}', '\u{6F0}', '\u{966}', '\u{9E6}', '\u{AE6}', '\u{CE6}', '\u{E50}', '\u{ED0}',
    '\u{F20}', '\u{1040}', '\u{17E0}',
];

/// U+0307, combining dot above.
const DOT_ABOVE: char = '\u{307}';

/// The keys by which a name is compared.
pub(super) fn looks(name: &str) -> [String; 5] {
    let written = bare(name);
    let folded = fold(&written);
    // Some letters look alike only as capitals, others only as small letters.
    let seen = skeleton(&written);
    [skeleton(&folded), skeleton(&written.to_uppercase()), fold(&seen), seen, folded]
}

/// The key by which a name is found: one of its [looks](super::Name::looks).
pub fn key(text: &str) -> String {
    fold(&bare(text))
}

/// A key that is equal for texts that differ only in case and in Unicode normal form. Applies NFKC
/// and case folding until neither changes the text.
pub fn fold(text: &str) -> String {
    text.nfkd().default_case_fold().nfkc().default_case_fold().nfkc().collect()
}

/// A name without what may be left out or replaced: signs, joiners and points; with one kind of digits.
/// Between two digits a sign stays, because without it they would be another number.
pub(super) fn bare(name: &str) -> String {
    let skipped = |c: &char| is_joiner(*c) || is_point(*c);
    let mut rest = name.nfkc().filter(|c| !skipped(c)).map(ascii_digit).peekable();
    let mut bare = String::new();
    while let Some(c) = rest.next() {
        if !is_sign(c) {
            bare.push(c);
        } else if bare.ends_with(|c: char| c.is_ascii_digit())
            && rest.peek().is_some_and(char::is_ascii_digit)
        {
            bare.push('-');
        }
    }
    bare
}

/// The digit of the same value, 0 to 9; any other character as it is.
fn ascii_digit(c: char) -> char {
    let value =
        |zero: &char| u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10);
    let value = ZEROS.iter().find_map(value);
    value.and_then(|value| char::from_digit(value, 10)).unwrap_or(c)
}

/// A key that is equal for texts that look alike (Unicode Technical Standard #39). A dot above is
/// ignored on a letter that already has one, and letters that look like apostrophes are signs.
fn skeleton(text: &str) -> String {
    let mut dotted = false;
    let seen = text.nfd().filter(|c| {
        dotted = matches!(c, 'i' | 'j') || dotted && is_combining_mark(*c);
        !(dotted && *c == DOT_ABOVE)
    });
    unicode_security::skeleton(&seen.collect::<String>()).filter(|c| *c != '\'').collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn r5_4_all_digits_of_names_have_their_value() {
        for c in '\u{80}'..=char::MAX {
            let is_digit = c.is_numeric() && !key(&c.to_string()).contains(char::is_alphabetic);
            if is_digit && c.to_string().parse::<Name>().is_ok() {
                let digits = key(&c.to_string());
                assert!(digits.bytes().all(|b| b.is_ascii_digit()), "U+{:04X}", u32::from(c));
            }
        }
        assert_eq!((key("a٣"), key("a۹"), key("a१")), (key("a3"), key("a9"), key("a1")));
    }
}
