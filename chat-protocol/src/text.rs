//! Character filters: control characters are removed before a text is forwarded or shown.

use std::borrow::Cow;

/// The word that ends a conversation (requirement 3.1).
pub const LEAVE_WORD: &str = "salir";

/// Returns whether a line is the leaving word, in upper or lower case, with any blanks around it.
///
/// ```
/// # use chat_protocol::text::is_leave;
/// assert!(is_leave("  SaLiR\t"));
/// assert!(!is_leave("no quiero salir"));
/// ```
pub fn is_leave(line: &str) -> bool {
    line.trim().eq_ignore_ascii_case(LEAVE_WORD)
}

/// Filters a text that is forwarded to other clients: every control character except the tab
/// becomes U+FFFD (requirement 2.11).
///
/// Control characters are C0, DEL and C1 (Unicode's category Cc), and the line and paragraph
/// separators, which begin a new line where they are shown. A text without any is not copied.
pub fn passable(text: Cow<'_, str>) -> Cow<'_, str> {
    if is_plain(&text) { text } else { replace(text, is_control) }
}

/// Returns whether the text has no byte that may begin a control character: most texts are recognized by
/// their bytes, many at a time.
fn is_plain(text: &str) -> bool {
    let may_begin = |byte| matches!(byte, 0..=8 | 10..=0x1F | 0x7F | 0xC2 | 0xE2);
    !text.bytes().fold(false, |found, byte| found | may_begin(byte))
}

/// Filters a text that is shown on a terminal: as [`passable`], and the characters that reorder a
/// line also become U+FFFD (requirement 4.6).
///
/// Joiners are kept, because emoji and several scripts need them.
pub fn showable(text: Cow<'_, str>) -> Cow<'_, str> {
    replace(text, |c| is_control(c) || is_reordering(c))
}

fn is_control(c: char) -> bool {
    (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Returns whether this is one of Unicode's `Bidi_Control` characters.
fn is_reordering(c: char) -> bool {
    matches!(c,
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn replace(text: Cow<'_, str>, unwanted: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.contains(&unwanted) { Cow::Owned(text.replace(unwanted, "\u{FFFD}")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r3_1_leaves_in_any_case_with_any_blanks() {
        for line in ["salir", "SALIR", "SaLiR", " salir", "salir \t", "\u{a0}salir\u{3000}"] {
            assert!(is_leave(line), "{line:?}");
        }
    }

    #[test]
    fn r3_2_a_line_that_contains_the_word_is_a_message() {
        for line in ["no quiero salir", "salir ya", "salirse", "s a l i r", "", "/salir", "ſalir"]
        {
            assert!(!is_leave(line), "{line:?}");
        }
    }

    #[test]
    fn r2_11_replaces_every_control_but_the_tab() {
        for code in (0..0x20).chain(0x7F..0xA0) {
            let c = char::from(u8::try_from(code).unwrap());
            let expected = if c == '\t' { "a\tb".to_owned() } else { "a\u{FFFD}b".to_owned() };
            assert_eq!(passable(format!("a{c}b").into()), expected, "U+{code:04X}");
        }
        assert_eq!(passable("a\u{2028}b\u{2029}c".into()), "a\u{FFFD}b\u{FFFD}c");
    }

    #[test]
    fn r2_11_does_not_copy_a_harmless_text() {
        let passed = passable(Cow::Borrowed("año ñandú 👩‍👩‍👧 \u{202E}\ttab"));
        assert!(matches!(passed, Cow::Borrowed(_)));
    }

    #[test]
    fn r4_6_disarms_escape_sequences_and_reordering() {
        let shown = showable("\x1b[2Jborra \u{202E}odnum\u{2066}\u{2028}x".into());
        assert_eq!(shown, "\u{FFFD}[2Jborra \u{FFFD}odnum\u{FFFD}\u{FFFD}x");
    }

    #[test]
    fn r4_6_keeps_what_people_write() {
        let text = "¿qué tal? 你好 שלום 👩‍👩‍👧 a\tb";
        assert_eq!(showable(text.into()), text);
    }
}
