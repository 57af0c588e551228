//! Texts in JSON strings. A text is printable ASCII without quotes.

/// Appends a text as a part of a JSON string.
pub(super) fn escape(text: &[u8], out: &mut Vec<u8>) {
    for part in text.split_inclusive(|byte| *byte == b'\\') {
        out.extend_from_slice(part);
        if part.ends_with(b"\\") {
            out.push(b'\\');
        }
    }
}

/// Appends a line of JSON without its escapes. Some servers escape more than they have to: `<` as
/// `\u003c`.
pub(crate) fn unescape(line: &[u8], out: &mut Vec<u8>) {
    let mut rest = line;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.strip_prefix(b"u").and_then(|digits| digits.get(..4));
        let number = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if let Some(number) = number {
            let letter = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &rest[5..];
        } else if let Some((letter, behind)) = rest.split_first() {
            out.push(*letter);
            rest = behind;
        }
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescaped(line: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        unescape(line, &mut out);
        out
    }

    #[test]
    fn a_text_passes_through_json_whatever_its_other_end_escapes() {
        let text: String = (b'0'..=b'o').map(char::from).collect();
        let mut escaped = Vec::new();
        escape(text.as_bytes(), &mut escaped);
        let expected = serde_json::to_string(&text).expect("JSON");
        assert_eq!([b"\"", &*escaped, b"\""].concat(), expected.as_bytes());
        assert_eq!(unescaped(&escaped), text.as_bytes());
        let all: Vec<_> = text.bytes().map(|byte| format!("\\u{byte:04X}")).collect();
        assert_eq!(unescaped(all.concat().as_bytes()), text.as_bytes());
    }

    #[test]
    fn nonsense_is_no_danger() {
        for (line, expected) in [
            (&br"\"[..], &b""[..]),
            (br"\u00", b"u00"),
            (br"\uzzzz", b"uzzzz"),
            (br"\ud800x", "\u{fffd}x".as_bytes()),
            (br"\u00e9", "é".as_bytes()),
            (br#"\"\/"#, br#""/"#),
        ] {
            assert_eq!(unescaped(line), expected);
        }
    }
}
