use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::entry::{Act, KINDS, Notice};

fn any_entry() -> impl Strategy<Value = Entry> {
    let text = || vec(any::<u8>(), 0..300).prop_map(Box::from);
    let act = (0..KINDS, text()).prop_map(|(kind, body)| Act { kind, body });
    let notice = prop_oneof![
        any::<u32>().prop_map(|attempt| Notice::Hello { attempt }),
        text().prop_map(Notice::Found),
        Just(Notice::Alive),
        any::<(u64, u64)>().prop_map(|(node, last)| Notice::Dead(Incarnation(node), last)),
    ];
    prop_oneof![
        notice.prop_map(Entry::Node),
        (any::<u64>(), act).prop_map(|(person, act)| Entry::Person(person, act)),
        (5..32_u8, text()).prop_map(|(kind, body)| Entry::Unknown { kind, body }),
    ]
}

proptest! {
    #[test]
    fn a_pass_is_read_as_it_was_written(
        node: u64,
        n: u64,
        entries in vec(any_entry(), 0..20),
    ) {
        let pass = Pass { node: Incarnation(node), n, entries };
        prop_assert_eq!(Pass::decode(&pass.encode().expect("it is short")), Ok(pass));
    }

    #[test]
    fn any_bytes_are_a_pass_or_an_error(mut bytes in vec(any::<u8>(), 0..200), known: bool) {
        if known && let Some(first) = bytes.first_mut() {
            *first = VERSION;
        }
        if let Ok(pass) = Pass::decode(&bytes) {
            let again = pass.encode().expect("no longer than it was");
            prop_assert_eq!(Pass::decode(&again), Ok(pass));
        }
    }

    #[test]
    fn a_pass_that_is_cut_off_is_no_other_pass(entries in vec(any_entry(), 1..4), cut: usize) {
        let pass = Pass { node: Incarnation(1), n: 2, entries };
        let bytes = pass.encode().expect("it is short");
        let cut = cut % bytes.len();
        // Between two entries it may end.
        if let Ok(shorter) = Pass::decode(&bytes[..cut]) {
            prop_assert!(pass.entries.starts_with(&shorter.entries));
        }
    }
}

/// A pass with an entry of each kind, as version 0.1.0 writes it: header; hello, found, alive, dead, an act, and a notice of a later
/// version. It is not changed any more.
const OF_0_1_0: &[u8] = b"\x01\x07\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\
    \x01\x04\0\x02\0\0\0\
    \x02\x02\0ab\
    \x03\0\0\
    \x04\x10\0\x08\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\
    \x23\x0c\0\x05\0\0\0\0\0\0\0hola\
    \x1f\x05\0later";

#[test]
fn r14_18_a_pass_of_an_earlier_version_is_read_and_the_earlier_one_reads_those_of_today() {
    let pass = Pass {
        node: Incarnation(7),
        n: 3,
        entries: vec![
            Entry::Node(Notice::Hello { attempt: 2 }),
            Entry::Node(Notice::Found(Box::from(*b"ab"))),
            Entry::Node(Notice::Alive),
            Entry::Node(Notice::Dead(Incarnation(8), 9)),
            Entry::Person(5, Act { kind: 3, body: Box::from(*b"hola") }),
            Entry::Unknown { kind: 31, body: Box::from(*b"later") },
        ],
    };
    assert_eq!(Pass::decode(OF_0_1_0), Ok(pass.clone()));
    assert_eq!(pass.encode().expect("it is short"), OF_0_1_0);
}

fn pass(entries: Vec<Entry>) -> Pass {
    Pass { node: Incarnation(1), n: 2, entries }
}

#[test]
fn a_later_version_is_told_from_nonsense() {
    let mut bytes = pass(vec![Entry::Node(Notice::Alive)]).encode().unwrap();
    for (version, error) in [(0, PassError::Malformed), (2, PassError::Version(2))] {
        bytes[0] = version;
        assert_eq!(Pass::decode(&bytes), Err(error));
    }
    assert_eq!(Pass::decode(&[]), Err(PassError::Malformed));
}

/// As a later version would write them.
#[test]
fn fields_behind_the_known_ones_and_unknown_kinds_are_passed_over() {
    let mut bytes = pass(Vec::new()).encode().unwrap();
    // The death of node 9 with its pass 8, and two bytes more; a notice of kind 31; `alive`.
    bytes.extend_from_slice(&[4, 18, 0, 9, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 77, 77]);
    bytes.extend_from_slice(&[31, 1, 0, 5, 3, 0, 0]);
    let expected = pass(vec![
        Entry::Node(Notice::Dead(Incarnation(9), 8)),
        Entry::Unknown { kind: 31, body: Box::from([5]) },
        Entry::Node(Notice::Alive),
    ]);
    assert_eq!(Pass::decode(&bytes), Ok(expected));
}

#[test]
fn a_pass_has_at_most_64_kib() {
    let say =
        |length| pass(vec![Entry::Person(1, Act { kind: 5, body: vec![b'x'; length].into() })]);
    let longest = MAX_PASS - HEADER - 3 - 8;
    assert_eq!(say(longest).encode().map(|bytes| bytes.len()), Some(MAX_PASS));
    for length in [longest + 1, 2 * MAX_PASS] {
        assert_eq!(say(length).encode(), None);
    }
    let mut bytes = say(longest).encode().unwrap();
    bytes.extend_from_slice(&[3, 0, 0]);
    assert_eq!(Pass::decode(&bytes), Err(PassError::Malformed));
}
