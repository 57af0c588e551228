//! Helpers for the tests of all dialects: a server's output, cut in every way.

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// A client's results after reading a server's output.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// Final stage.
    pub(super) stage: Stage,
    /// All that it answered, its hello not counted.
    pub(super) answers: String,
    /// `said TEXT`, `other TEXT`, `refused TEXT`, `garbage TEXT`, `routine`.
    pub(super) events: Vec<String>,
}

/// The client of the tests.
pub(super) fn who(room: Option<u32>) -> Who {
    Who { name: "c-17".into(), room }
}

/// Lets a client of the third room read a server's output.
pub(super) fn hear(dialect: &dyn Dialect, talk: &[u8]) -> Heard {
    hear_as(&who(Some(3)), dialect, talk)
}

/// Lets a client read a server's output: at once, byte by byte, and cut in two anywhere. All must
/// give the same results.
pub(super) fn hear_as(who: &Who, dialect: &dyn Dialect, talk: &[u8]) -> Heard {
    let whole = play(who, dialect, [talk]);
    assert_eq!(whole, play(who, dialect, talk.chunks(1)), "byte by byte");
    for cut in 1..talk.len() {
        let (first, second) = talk.split_at(cut);
        assert_eq!(whole, play(who, dialect, [first, second]), "cut at {cut}");
    }
    whole
}

/// The client's first bytes.
pub(super) fn hello(dialect: &dyn Dialect, room: Option<u32>) -> String {
    let mut out = Vec::new();
    assert_eq!(dialect.hello(&who(room), &mut out), Stage::Greeted);
    printable(&out)
}

/// Plays a server's output in pieces.
fn play<'a>(who: &Who, dialect: &dyn Dialect, pieces: impl IntoIterator<Item = &'a [u8]>) -> Heard {
    let mut stage = dialect.hello(who, &mut Vec::new());
    let (mut input, mut answers, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for piece in pieces {
        input.extend_from_slice(piece);
        let mut at = 0;
        while let Some(frame) = dialect.read(who, &mut stage, &input[at..], &mut answers) {
            assert!((1..=input.len() - at).contains(&frame.length), "{frame:?}");
            at += frame.length;
            events.push(match frame.event {
                Event::Said(text) => format!("said {}", printable(text)),
                Event::Other(text) => format!("other {}", printable(text)),
                Event::Escaped(text) => {
                    let mut out = Vec::new();
                    unescape(text, &mut out);
                    format!("escaped {}", printable(&out))
                }
                Event::Refused(text) => format!("refused {}", printable(text)),
                Event::Garbage(text) => format!("garbage {}", printable(text)),
                Event::Routine => "routine".to_owned(),
                Event::Session(news) => format!("{news:?}"),
            });
        }
        input.drain(..at);
    }
    Heard { stage, answers: printable(&answers), events }
}

fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A dialect from the folder `dialects/` of this crate.
pub(super) fn shipped(name: &str) -> FileDialect {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialects").join(name);
    FileDialect::read(&file.with_extension("toml"), None).expect("a dialect")
}

/// All dialects, those of the files included.
static ALL: LazyLock<Vec<Box<dyn Dialect>>> = LazyLock::new(|| {
    let from_file = |name| Box::new(shipped(name)) as Box<dyn Dialect>;
    let from_files = [
        "basico",
        "sala",
        "grupal",
        "irc",
        "length",
        "json",
        "text",
        "centrifugo",
        "phoenix",
        "socketio",
    ]
    .map(from_file);
    DialectName::value_variants().iter().map(|name| name.dialect()).chain(from_files).collect()
});

#[test]
fn every_dialect_is_found_by_its_name() {
    let names = DialectName::value_variants().iter().map(DialectName::to_string);
    assert!(names.eq(["basico", "sala", "grupal", "irc", "nats", "redis", "mqtt"]));
    assert!(DialectName::from_str("ircs", false).is_err());
}

#[test]
fn the_longest_text_is_no_longer_than_texts_can_be() {
    for name in DialectName::value_variants() {
        let longest = name.dialect().longest();
        assert!((300..=crate::wire::payload::LONGEST).contains(&longest), "{name} {longest}");
    }
}

#[test]
fn a_number_is_digits_only_and_bounded() {
    assert_eq!(number(b"0012"), Some(12));
    assert_eq!(number(MAX_PAYLOAD.to_string().as_bytes()), Some(MAX_PAYLOAD));
    for wrong in ["", "-1", "+1", "1 ", "x", "99999999999999999999999999"] {
        assert_eq!(number(wrong.as_bytes()), None, "{wrong}");
    }
}

/// Beginnings that lead into the depths of each protocol; what follows is random.
const BEGINNINGS: [&[u8]; 23] = [
    b"",
    b"nombre del cliente\n",
    b"usuario ",
    b":server 376 c-17 :end\r\n:server 366 ",
    b":a!b@c PRIVMSG #carga-3 :",
    b"PING ",
    b"INFO {}\r\nPONG\r\n",
    b"INFO {}\r\nMSG carga.3 1 ",
    b"MSG carga.3 1 5\r\n",
    b"%1\r\n+a\r\n",
    b">3\r\n$7\r\nmessage\r\n$",
    b">3\r\n$7\r\nmessage\r\n$3\r\nabc\r\n$",
    b">3\r\n$9\r\nsubscribe\r\n",
    b"*3\r\n*",
    b"|1\r\n",
    &[0x20, 3, 0, 0, 0, 0x90, 4, 0, 1, 0, 0, 0x30],
    &[0x20, 3, 0, 0],
    &[0x90],
    &[0x30, 0x85, 0x00, 0x00],
    &[0x30, 0x07, 0x00],
    b"\0\0\0\x04OK 3\0\0\0",
    b"{\"type\":\"ping\",\"id\":",
    b"{\"type\":\"message\",\"text\":\"\\\\u00",
];

proptest! {
    #[test]
    fn nothing_makes_a_dialect_panic_or_take_more_than_there_is(
        beginning in 0..BEGINNINGS.len(),
        rest: Vec<u8>,
        piece in 1..40_usize,
    ) {
        let talk = [BEGINNINGS[beginning], &rest].concat();
        for dialect in &*ALL {
            play(&who(Some(3)), &**dialect, talk.chunks(piece));
        }
    }

    #[test]
    fn nearly_right_is_no_danger_either(
        beginning in 0..BEGINNINGS.len(),
        rest in "[0-9$*>%|~:+\\-a-c \r\n]{0,60}",
        piece in 1..40_usize,
    ) {
        let talk = [BEGINNINGS[beginning], rest.as_bytes()].concat();
        for dialect in &*ALL {
            play(&who(Some(3)), &**dialect, talk.chunks(piece));
        }
    }
}
