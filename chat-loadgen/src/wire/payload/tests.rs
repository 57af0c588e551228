//! Tests of the payload.

use super::*;
use proptest::prelude::*;

fn text(mark: &Mark, message: Message, size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    mark.write(message, size, &mut out);
    out
}

const MESSAGE: Message = Message { kind: Kind::Measured, sender: 199, number: 123_456_789 };

#[test]
fn a_text_has_the_size_that_was_asked_for() {
    let mark = Mark::new(7, true);
    for size in [SHORTEST, SHORTEST + 1, 64, 1000] {
        assert_eq!(text(&mark, MESSAGE, size).len(), size);
    }
    assert_eq!(text(&mark, MESSAGE, 0).len(), SHORTEST);
}

#[test]
fn it_is_found_anywhere_in_a_line() {
    let mark = Mark::new(7, true);
    let text = String::from_utf8(text(&mark, MESSAGE, 64)).expect("ASCII");
    for line in [text.clone(), format!("usuario 5: {text}"), format!("{{ana}} > {text} ({{1}})")] {
        assert_eq!(mark.find(line.as_bytes()), Found::Intact(MESSAGE), "{line}");
        let ends_with_it = line.ends_with('}') && !line.ends_with("{1})");
        assert_eq!(mark.only(line.as_bytes()).is_some(), ends_with_it, "{line}");
    }
    assert_eq!(Mark::new(8, true).find(text.as_bytes()), Found::Strange(Kind::Measured));
    assert_eq!(mark.find(b"usuario 5: Hola que tal?"), Found::Nothing);
}

#[test]
fn every_change_of_one_byte_is_seen_wherever_it_is() {
    let mark = Mark::new(0xab_cdef, true);
    for size in [SHORTEST, 64, 67, 150] {
        let whole = text(&mark, MESSAGE, size);
        let mut damaged = whole.clone();
        for at in 0..size {
            for byte in (0..=u8::MAX).filter(|&byte| byte != whole[at] && byte != b'\n') {
                damaged[at] = byte;
                assert_eq!(mark.only(&damaged), None);
                let found = mark.find(&damaged);
                let attributed = match found {
                    Found::Corrupt(attributed) | Found::Torn(attributed) => attributed,
                    Found::Rest => None,
                    other => panic!("{at} {byte} {other:?}"),
                };
                assert!(attributed.is_none_or(|message| message == MESSAGE), "{at} {byte}");
            }
            damaged[at] = whole[at];
        }
    }
}

fn found(mark: &Mark, mut line: &[u8]) -> Vec<Found> {
    let mut all = Vec::new();
    let only = mark.only(line);
    while !line.is_empty() {
        let piece = mark.next(line);
        all.push(piece.found);
        line = piece.behind;
    }
    match all[..] {
        [Found::Intact(message)] => assert_eq!(only, Some(message)),
        _ => assert_eq!(only, None),
    }
    all
}

#[test]
fn every_text_on_a_line_is_found() {
    let mark = Mark::new(0xab_cdef, true);
    let other = Message { number: 5, ..MESSAGE };
    let [a, b] = [MESSAGE, other].map(|message| text(&mark, message, 64));
    let (a_is, b_is) = (Found::Intact(MESSAGE), Found::Intact(other));
    assert_eq!(found(&mark, &[&a[..], &a].concat()), [a_is, a_is]);
    assert_eq!(found(&mark, &[b"usuario 5: ", &a[..], b"usuario 6: ", &b].concat()), [a_is, b_is]);
    // One text is cut around another.
    let torn = Found::Torn(Some(MESSAGE));
    for label in ["", "usuario 6: "] {
        let around = [&a[..30], label.as_bytes(), &b, &a[30..]].concat();
        assert_eq!(found(&mark, &around), [torn, b_is, Found::Rest]);
        assert!(mark.continues(&around[..30 + label.len()], &a[30..]));
        assert!(mark.continues(&a[..30], &[label.as_bytes(), &a[30..]].concat()));
    }
    assert!(!mark.continues(&a[..30], &b[30..]));
    assert_eq!(found(&mark, &[&a[30..], b"usuario 6: ", &b].concat()), [Found::Rest, b_is]);
    // Damage that looks like an end is one damage.
    let mut damaged = a.clone();
    damaged[30] = b'}';
    assert_eq!(found(&mark, &[&damaged[..], &b].concat()), [Found::Corrupt(Some(MESSAGE)), b_is]);
}

#[test]
fn an_end_in_front_of_a_text_is_seen_wherever_it_is() {
    for length in 0..40 {
        let mut before = vec![b'|'; length];
        assert!(!holds_an_end(&before));
        for at in 0..length {
            before[at] = b'}';
            assert!(holds_an_end(&before), "{at} of {length}");
            before[at] = 0xfd;
            assert!(!holds_an_end(&before), "{at} of {length}");
            before[at] = b'|';
        }
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        sender in 0..1_u32 << 18,
        number in 0..MAX_MESSAGES,
        size in 0..300_usize,
        probe: bool,
    ) {
        let kind = if probe { Kind::Probe } else { Kind::Measured };
        let message = Message { kind, sender, number };
        let mark = Mark::new(0xab_cdef, true);
        prop_assert_eq!(mark.find(&text(&mark, message, size)), Found::Intact(message));
    }

    #[test]
    fn one_changed_byte_is_seen_and_never_taken_for_another_message(
        at in 0..64_usize,
        byte in 0x20..0x7f_u8,
        sender in 0..1_u32 << 18,
        number in 0..MAX_MESSAGES,
    ) {
        let mark = Mark::new(0xab_cdef, true);
        let message = Message { kind: Kind::Measured, sender, number };
        let mut damaged = text(&mark, message, 64);
        prop_assume!(damaged[at] != byte);
        damaged[at] = byte;
        match mark.find(&damaged) {
            Found::Rest => prop_assert_eq!(at, 0),
            Found::Corrupt(attributed) | Found::Torn(attributed) => {
                prop_assert!(attributed.is_none_or(|found| found == message));
            }
            found => prop_assert!(false, "{:?}", found),
        }
    }

    #[test]
    fn both_halves_of_a_cut_text_are_seen(at in 5..61_usize) {
        let mark = Mark::new(0xab_cdef, true);
        let whole = text(&mark, MESSAGE, 64);
        prop_assert!(matches!(mark.find(&whole[..at]), Found::Torn(_)));
        prop_assert_eq!(mark.find(&whole[at..]), if at <= 56 { Found::Rest } else { Found::Nothing });
    }

    #[test]
    fn nothing_makes_it_panic(line: Vec<u8>, at in 0..64_usize) {
        let mark = Mark::new(0xab_cdef, true);
        let whole = text(&mark, MESSAGE, 64);
        let _ = mark.find(&line);
        let _ = mark.find(&[&whole[..at], &line].concat());
        let _ = mark.find(&[&line, &whole[at..]].concat());
    }
}
