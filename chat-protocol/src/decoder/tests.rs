use proptest::prelude::*;

use super::*;

const LIMIT: usize = 8;

/// Decodes the pieces one after another, then the end of the stream.
fn decode_all<'a>(
    decoder: &mut Decoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for mut piece in pieces {
        while let Some(line) = decoder.decode(&mut piece) {
            lines.push(line);
        }
        assert!(piece.is_empty(), "a piece must be used up");
        assert!(decoder.held() <= LIMIT + 1, "more than a line is held");
    }
    lines.extend(decoder.finish());
    lines
}

fn lines(bytes: &[u8]) -> Vec<Line<'_>> {
    decode_all(&mut Decoder::new(Framing::Auto, LIMIT), [bytes])
}

fn text(text: &str) -> Line<'_> {
    Line::Text(text.into())
}

#[test]
fn r2_6_golden_bytes() {
    let golden: &[(&[u8], &[Line<'_>])] = &[
        (b"", &[]),
        (b"hola\n", &[text("hola")]),
        (b"hola\r\n", &[text("hola")]),
        (b"hola", &[text("hola")]),
        (b"a\nb\r\nc", &[text("a"), text("b"), text("c")]),
        (b"\n\r\n\n", &[Line::Empty, Line::Empty, Line::Empty]),
        (b" \n", &[text(" ")]),
        (b"a\rb\n", &[text("a\rb")]),
        (b"a\r\r\n", &[text("a")]),
        (b"a\r\0", &[text("a")]),
        (b"12345678\r\r\0\0\0\n", &[text("12345678")]),
        (b"12345678\n", &[text("12345678")]),
        (b"12345678\r\n", &[text("12345678")]),
        (b"123456789\nok\n", &[Line::TooLong, text("ok")]),
        (b"12345678\r9\nok\n", &[Line::TooLong, text("ok")]),
        (b"123456789", &[Line::TooLong]),
        (b"\xC3\xB1and\xC3\xBA\n", &[text("ñandú")]),
        (b"a\xFFb\n", &[text("a\u{FFFD}b")]),
        (b"\xE2\x82\nx\n", &[text("\u{FFFD}"), text("x")]),
        (b"a\0b\n", &[text("a\0b")]),
        (b"12345678\0\0\0b\nok\n", &[Line::TooLong, text("ok")]),
    ];
    for (bytes, expected) in golden {
        assert_eq!(&lines(bytes), expected, "{:?}", bytes.escape_ascii().to_string());
    }
}

#[test]
fn r2_7_truncation_at_every_offset_loses_nothing_but_the_rest() {
    let bytes = "ñ¿a\r\ncañón\n123456789\n👩‍👧\n".as_bytes();
    let whole = lines(bytes);
    for end in 0..bytes.len() {
        let cut = lines(&bytes[..end]);
        let complete = cut.len().saturating_sub(1);
        assert_eq!(cut[..complete], whole[..complete], "cut at {end}");
    }
}

#[test]
fn r2_7_a_character_cut_in_two_arrives_whole() {
    let mut decoder = Decoder::new(Framing::Auto, LIMIT);
    let pieces: [&[u8]; 3] = [b"a\xF0\x9F", b"\x98", b"\x80b\n"];
    assert_eq!(decode_all(&mut decoder, pieces), [text("a😀b")]);
}

#[test]
fn r2_9_reports_an_endless_line_before_it_ends_and_holds_none_of_it() {
    let mut decoder = Decoder::new(Framing::Auto, LIMIT);
    assert_eq!(decoder.decode(&mut &b"12345678"[..]), None);
    assert_eq!(decoder.decode(&mut &b"9"[..]), Some(Line::TooLong));
    for _ in 0..100 {
        assert_eq!(decoder.decode(&mut &b"still the same line"[..]), None);
        assert_eq!(decoder.held.capacity(), 0);
    }
    assert_eq!(decoder.decode(&mut &b"\n"[..]), None);
    assert_eq!(decoder.decode(&mut &b"next\n"[..]), Some(text("next")));
}

#[test]
fn r2_6_bare_text_is_a_message_once_its_peer_pauses() {
    let mut decoder = Decoder::new(Framing::Auto, 100);
    assert!(!decoder.awaits_pause());
    assert_eq!(decoder.decode(&mut &b"Hola que tal?"[..]), None);
    assert!(decoder.awaits_pause());
    assert_eq!(decoder.pause(), Some(text("Hola que tal?")));
    assert!(!decoder.awaits_pause());
    assert_eq!(decoder.pause(), None);
    assert_eq!(decoder.held.capacity(), 0, "an empty buffer holds no memory");
}

#[test]
fn r2_6_a_line_peer_is_never_cut_by_a_pause() {
    let mut decoder = Decoder::new(Framing::Auto, 100);
    let mut bytes = &b"first\nsec"[..];
    assert_eq!(decoder.decode(&mut bytes), Some(text("first")));
    assert_eq!(decoder.decode(&mut bytes), None);
    assert!(!decoder.awaits_pause());
    assert_eq!(decoder.pause(), None);
    assert_eq!(decoder.decode(&mut &b"ond\n"[..]), Some(text("second")));
}

#[test]
fn r2_6_framing_decides_what_a_pause_means() {
    for (framing, expected) in
        [(Framing::Line, None), (Framing::Auto, None), (Framing::Chunk, Some(text("b")))]
    {
        let mut decoder = Decoder::new(framing, LIMIT);
        let mut bytes = &b"a\nb"[..];
        assert_eq!(decoder.decode(&mut bytes), Some(text("a")));
        assert_eq!(decoder.decode(&mut bytes), None);
        assert_eq!(decoder.pause(), expected, "{framing:?}");
    }
}

#[test]
fn r2_6_a_pause_ends_a_message_whole() {
    let mut decoder = Decoder::new(Framing::Auto, 100);
    for (sent, expected) in [
        (&b"caf\xE9"[..], Some(text("caf\u{FFFD}"))),
        (b"hola", Some(text("hola"))),
        (b"\xC3", Some(text("\u{FFFD}"))),
        (b"\xB1b", Some(text("\u{FFFD}b"))),
        (b"a\xFF", Some(text("a\u{FFFD}"))),
        (b"\xFF\xFB", Some(text("\u{FFFD}\u{FFFD}"))),
        (b"\x18", Some(text("\x18"))),
        (b"\xFF\xFA\x18\0xterm", None),
        (b"hola", Some(text("hola"))),
    ] {
        assert_eq!(decoder.decode(&mut { sent }), None);
        assert!(decoder.awaits_pause());
        assert_eq!(decoder.pause(), expected, "{:?}", sent.escape_ascii().to_string());
        assert!(!decoder.awaits_pause());
    }
    assert_eq!(decoder.finish(), None, "nothing is left for the end");
}

#[test]
fn r2_6_telnet_commands_are_part_of_no_line() {
    let golden: &[(&[u8], &[Line<'_>])] = &[
        // The Linux client's first bytes.
        (b"\xFF\xFD\x03\xFF\xFB\x18\xFF\xFB\x1F\xFF\xFB\x20\xFF\xFD\x05", &[]),
        (b"\xFF\xFB\x1Fhola\r\n", &[text("hola")]),
        (b"ho\xFF\xF1la\xFF\xFE\x01\n", &[text("hola")]),
        (b"12345678\xFF\xFB\x01\xFF\xFB\x01\n", &[text("12345678")]),
        // A window of ten lines: its height is no newline.
        (b"\xFF\xFA\x1F\0\x50\0\n\xFF\xF0hola\n", &[text("hola")]),
        (b"\xFF\xFA\x18\0\xFF\xFF\xF0x\xFF\xF0hola\n", &[text("hola")]),
        (b"ho\xFF\xFFla\n", &[text("hola")]),
        (b"\0\xFF\xFB\x01\0a\n", &[text("a")]),
        (b"\xFF\xFB\x01\n", &[Line::Empty]),
        // No option: it is text that is not UTF-8.
        (b"a\xFF\xFEb\n", &[text("a\u{FFFD}\u{FFFD}b")]),
        (b"\xFF\xFE\nok\n", &[text("\u{FFFD}\u{FFFD}"), text("ok")]),
        (b"a\xFF", &[text("a\u{FFFD}")]),
    ];
    for (bytes, expected) in golden {
        assert_eq!(&lines(bytes), expected, "{:?}", bytes.escape_ascii().to_string());
    }
}

#[test]
fn r2_6_a_subnegotiation_without_end_silences_no_peer() {
    let mut decoder = Decoder::new(Framing::Line, LIMIT);
    let mut bytes: &[u8] = &[b"\xFF\xFA\x18".as_slice(), &[b'x'; 600], b"\nhola\n"].concat();
    assert_eq!(decoder.decode(&mut bytes), Some(Line::TooLong), "the rest of it");
    assert_eq!(decoder.decode(&mut bytes), Some(text("hola")));
}

#[test]
fn r2_6_a_byte_order_mark_begins_a_stream_unseen() {
    for (bytes, expected) in [
        (&b"\xEF\xBB\xBFsalir\n"[..], &[text("salir")][..]),
        (b"\xEF\xBB\xBF", &[]),
        (b"\xEF\xBB\xBF12345678\n", &[text("12345678")]),
        (b"\xEF\xBB", &[text("\u{FFFD}")]),
        (b"\xEF\xBB\n", &[text("\u{FFFD}")]),
        (b"a\n\xEF\xBB\xBFb\n", &[text("a"), text("\u{FEFF}b")]),
    ] {
        assert_eq!(lines(bytes), expected, "{:?}", bytes.escape_ascii().to_string());
    }
    let mut decoder = Decoder::new(Framing::Auto, LIMIT);
    assert_eq!(decode_all(&mut decoder, [&b"\xEF"[..], b"\xBB", b"\xBFa"]), [text("a")]);
}

#[test]
fn r2_6_the_nuls_around_a_line_are_padding() {
    let buffers: [&[u8]; 4] = [b"hola\n\0\0\0", b"\0\0", b"a\0\0\0\0\0\0\0\0\0\0", b"\0\n"];
    let mut decoder = Decoder::new(Framing::Line, LIMIT);
    assert_eq!(decode_all(&mut decoder, buffers), [text("hola"), text("a")]);
    let mut decoder = Decoder::new(Framing::Auto, LIMIT);
    for (sent, expected) in [(&b"hola\0\0\0\0\0\0"[..], Some(text("hola"))), (b"\0\0\0", None)] {
        assert_eq!(decoder.decode(&mut { sent }), None);
        assert_eq!(decoder.pause(), expected);
    }
    assert_eq!(lines(b"\0\0\0"), [], "a line of them alone is none");
}

#[test]
fn r2_9_a_pause_ends_an_overlong_chunk() {
    let mut decoder = Decoder::new(Framing::Auto, LIMIT);
    assert_eq!(decoder.decode(&mut &b"123456789"[..]), Some(Line::TooLong));
    assert!(decoder.awaits_pause());
    assert_eq!(decoder.pause(), None);
    assert_eq!(decoder.decode(&mut &b"next"[..]), None);
    assert_eq!(decoder.pause(), Some(text("next")));
}

#[test]
fn r2_8_a_line_ending_cut_in_two_by_a_pause_is_no_message() {
    let mut decoder = Decoder::new(Framing::Auto, LIMIT);
    assert_eq!(decoder.decode(&mut &b"hola\r"[..]), None);
    assert_eq!(decoder.pause(), Some(text("hola")));
    assert_eq!(decoder.decode(&mut &b"\n"[..]), Some(Line::Empty));
    assert_eq!(decoder.finish(), None);
}

/// Generates bytes with many line endings, long lines and broken characters.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\0\0".to_vec()),
        Just(b"\xFF\xFB\x01".to_vec()),
        Just(b"\xFF\xFA\x1F\0\n\xFF\xF0".to_vec()),
        Just("\u{FEFF}".as_bytes().to_vec()),
        Just("ñ€😀".as_bytes().to_vec()),
        Just(b"1234567".to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(fragment, 0..24).prop_map(|fragments| fragments.concat())
}

proptest! {
    #[test]
    fn r2_7_any_split_decodes_to_the_same_lines(
        bytes in streams(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
        let mut decoder = Decoder::new(Framing::Line, LIMIT);
        prop_assert_eq!(decode_all(&mut decoder, pieces), lines(&bytes));
    }

    #[test]
    fn r2_9_no_text_is_empty_or_over_the_limit(bytes in streams()) {
        for line in lines(&bytes) {
            if let Line::Text(text) = line {
                prop_assert!(!text.is_empty() && !text.contains('\n'));
                // An invalid byte becomes the three bytes of U+FFFD.
                prop_assert!(text.chars().count() <= LIMIT);
            }
        }
    }
}
