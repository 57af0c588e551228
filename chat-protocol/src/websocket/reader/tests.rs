//! The cases 1 to 7 and 10 of Autobahn's test suite, and tungstenite as an oracle: it reads the same bytes.

use proptest::prelude::*;
use tungstenite::Message as Told;
use tungstenite::error::{CapacityError, Error, ProtocolError};
use tungstenite::protocol::{Role, WebSocket, WebSocketConfig};

use super::*;

/// A masked frame. `first` is its first byte.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let mut frame = vec![first];
    match length {
        0..=125 => frame.push(0x80 | u8::try_from(length).unwrap()),
        126..=0xFFFF => {
            frame.push(0xFE);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            frame.push(0xFF);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    let mask = [0x37, 0xFA, 0x21, 0x3D];
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.into_iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The results of reading: the payload, the payloads of the pings, and the end.
type Read = (Vec<u8>, Vec<Vec<u8>>, Option<End>);

/// Reads the bytes in pieces of these sizes, again and again.
fn read_in(bytes: &[u8], sizes: &[usize]) -> Read {
    let (mut reader, mut payload, mut pings) = (Reader::default(), Vec::new(), Vec::new());
    let (mut rest, mut sizes) = (bytes, sizes.iter().cycle());
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
        let mut buffer = [&[0], piece].concat();
        let length = reader.read(&mut buffer, |ping| pings.push(ping.to_vec()));
        payload.extend_from_slice(&buffer[..length]);
        rest = behind;
    }
    (payload, pings, reader.end())
}

/// Reads the bytes at once and byte by byte.
#[track_caller]
fn read(bytes: &[u8]) -> Read {
    let [(payload, pings, end), bytewise] = [usize::MAX, 1].map(|size| read_in(bytes, &[size]));
    let same = (lines(&payload), &pings, end) == (lines(&bytewise.0), &bytewise.1, bytewise.2);
    assert!(same, "{end:?}, byte by byte {:?}", bytewise.2);
    (payload, pings, end)
}

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;
const CLOSE: u8 = 0x88;
/// The first byte of a frame that is not the last of its message is less by this.
const FINAL: u8 = 0x80;
const PROTOCOL: Option<End> = Some(End::Failed(Code::Protocol));
const NOT_TEXT: Option<End> = Some(End::Failed(Code::NotText));

#[test]
fn r10_4_autobahn_1_texts_and_bytes_of_all_lengths() {
    for first in [TEXT, BINARY] {
        for length in [0, 125, 126, 127, 128, 65_535, 65_536] {
            let text = vec![b'*'; length];
            let (payload, _, end) = read(&frame(first, &text));
            assert_eq!((payload, end), ([&*text, b"\n"].concat(), None), "{length}");
        }
    }
}

#[test]
fn r10_4_a_message_ends_a_line() {
    for (message, lines) in
        [("a", "a\n"), ("a\n", "a\n"), ("a\nb", "a\nb\n"), ("\n", "\n"), ("", "\n")]
    {
        assert_eq!(read(&frame(TEXT, message.as_bytes())).0, lines.as_bytes());
    }
    let parts = [frame(TEXT - FINAL, b"a\n"), frame(0, b""), frame(FINAL, b"")].concat();
    assert_eq!(read(&parts).0, b"a\n");
}

#[test]
fn r10_4_autobahn_2_pings_and_pongs() {
    let bytes = [
        frame(PING, b""),
        frame(PING, &[0xFF; 125]),
        frame(PONG, b"unasked"),
        frame(PING, b"last"),
    ];
    let pings = vec![vec![], vec![0xFF; 125], b"last".to_vec()];
    assert_eq!(read(&bytes.concat()), (vec![], pings, None));
    assert_eq!(read(&frame(PING, &[0; 126])).2, PROTOCOL);
}

#[test]
fn r10_4_autobahn_3_and_4_reserved_bits_and_opcodes() {
    for bits in 1..8 {
        for first in [TEXT, BINARY, PING, CLOSE] {
            assert_eq!(read(&frame(first | bits << 4, b"x")).2, PROTOCOL, "{first} {bits}");
        }
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        let bytes =
            [frame(TEXT, b"heard"), frame(FINAL | opcode, b""), frame(TEXT, b"not heard")].concat();
        assert_eq!(read(&bytes), (b"heard\n".to_vec(), vec![], PROTOCOL), "{opcode}");
    }
}

#[test]
fn r10_4_autobahn_5_messages_in_parts() {
    let (begin, middle, last) = (TEXT - FINAL, 0, FINAL);
    for wrong in [
        vec![frame(PING - FINAL, b""), frame(FINAL, b"")],
        vec![frame(PONG - FINAL, b"")],
        vec![frame(last, b"x")],
        vec![frame(middle, b"x")],
        vec![frame(TEXT, b"x"), frame(last, b"y")],
        vec![frame(begin, b"x"), frame(TEXT, b"y")],
        vec![frame(begin, b"x"), frame(BINARY, b"y")],
    ] {
        assert_eq!(read(&wrong.concat()).2, PROTOCOL);
    }
    let right = [
        frame(begin, b"a"),
        frame(PING, b"1"),
        frame(middle, b"b"),
        frame(PING, b"2"),
        frame(middle, b""),
        frame(last, b"c"),
        frame(TEXT, b"d"),
    ];
    assert_eq!(
        read(&right.concat()),
        (b"abc\nd\n".to_vec(), vec![b"1".to_vec(), b"2".to_vec()], None)
    );
}

#[test]
fn r10_4_autobahn_6_text_is_utf_8_wherever_it_is_cut() {
    let text = "κόσμε \u{10FFFF} ñandú 🎈".as_bytes();
    for cut in 0..=text.len() {
        let (one, other) = text.split_at(cut);
        let parts = [frame(TEXT - FINAL, one), frame(0, b""), frame(FINAL, other)].concat();
        assert_eq!(read(&parts), ([text, b"\n"].concat(), vec![], None), "{cut}");
    }
    for wrong in [
        &b"\xce\xba\xed\xa0\x80edited"[..],
        b"\xf4\x90\x80\x80",
        b"\xc0\xaf",
        b"\xf8\x88\x80\x80\x80",
        b"\xfe",
        b"\x80",
        b"\xce",
        b"\xf0\x9f\x8e",
    ] {
        assert_eq!(read(&frame(TEXT, wrong)).2, NOT_TEXT, "{wrong:?}");
        let (payload, _, end) = read(&frame(BINARY, wrong));
        assert_eq!((payload, end), ([wrong, b"\n"].concat(), None));
    }
    // As soon as it is certain, however much of the message is to come.
    let (begun, heard) = (frame(TEXT - FINAL, b"a\nb\xf4\x90"), b"a\nb".to_vec());
    assert_eq!(read_in(&begun, &[usize::MAX]), (heard, vec![], NOT_TEXT));
    let across = [frame(TEXT - FINAL, b"\xce"), frame(FINAL, b"\xce")].concat();
    assert_eq!(read(&across).2, NOT_TEXT);
}

#[test]
fn r10_4_autobahn_7_the_end() {
    let close = |payload: &[u8]| read(&[frame(CLOSE, payload), frame(TEXT, b"not heard")].concat());
    assert_eq!(close(b""), (vec![], vec![], Some(End::Closed(None))));
    assert_eq!(close(b"\x03\xe8adi\xc3\xb3s").2, Some(End::Closed(Some(1000))));
    assert_eq!(close(b"\x03").2, PROTOCOL);
    assert_eq!(close(b"\x03\xe8\xff").2, NOT_TEXT);
    assert_eq!(close(&[&b"\x03\xe8"[..], &[b'x'; 124]].concat()).2, PROTOCOL);
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999_u16] {
        assert_eq!(close(&code.to_be_bytes()).2, Some(End::Closed(Some(code))));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535_u16] {
        assert_eq!(close(&code.to_be_bytes()).2, PROTOCOL, "{code}");
    }
    let inside = [frame(TEXT - FINAL, b"half"), frame(CLOSE, b"")].concat();
    assert_eq!(read(&inside), (b"half".to_vec(), vec![], Some(End::Closed(None))));
}

#[test]
fn r10_4_autobahn_10_a_long_message_in_short_frames() {
    let text = vec![b'*'; 65_536];
    let mut parts: Vec<Vec<u8>> = text.chunks(1300).map(|chunk| frame(0, chunk)).collect();
    parts[0][0] = TEXT - FINAL;
    parts.push(frame(FINAL, b""));
    assert_eq!(read(&parts.concat()).0, [&*text, b"\n"].concat());
}

#[test]
fn r10_4_unmasked_and_absurdly_long_frames_are_refused() {
    assert_eq!(read(&[TEXT, 1, b'x']).2, PROTOCOL);
    for length in [TOO_LONG, u64::MAX] {
        let bytes = [&[TEXT, 0xFF], &length.to_be_bytes()[..], &[0; 4]].concat();
        assert_eq!(read(&bytes).2, Some(End::Failed(Code::TooLong)));
    }
    let just = [&[TEXT, 0xFF], &(TOO_LONG - 1).to_be_bytes()[..], &[0; 4]].concat();
    assert_eq!(read(&just).2, None);
}

#[test]
fn r3_4_no_memory_is_kept_between_frames() {
    let mut reader = Reader::default();
    let mut buffer = [vec![0], frame(PING, &[0; 125])].concat();
    reader.read(&mut buffer, |_| {});
    assert_eq!(reader.gathered.capacity(), 0);
}

/// What tungstenite makes of the bytes: the messages in the form of lines, and the end.
fn told(bytes: &[u8]) -> (Vec<u8>, Option<End>) {
    /// Reads from memory, and forgets what is written.
    struct Stream<'a>(&'a [u8]);
    impl std::io::Read for Stream<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(buffer)
        }
    }
    impl std::io::Write for Stream<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let config = WebSocketConfig::default().max_frame_size(Some(1 << 20)).max_message_size(None);
    let mut socket = WebSocket::from_raw_socket(Stream(bytes), Role::Server, Some(config));
    let mut payload = Vec::new();
    let end = loop {
        let message = match socket.read() {
            Ok(Told::Text(text)) => text.as_bytes().to_vec(),
            Ok(Told::Binary(bytes)) => bytes.to_vec(),
            Ok(Told::Close(close)) => {
                break Some(End::Closed(close.map(|close| close.code.into())));
            }
            Ok(_) => continue,
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => break None,
            Err(Error::Protocol(_)) => break PROTOCOL,
            Err(Error::Capacity(CapacityError::MessageTooLong { .. })) => {
                break Some(End::Failed(Code::TooLong));
            }
            Err(Error::Utf8(_)) => break NOT_TEXT,
            Err(error) => panic!("{error}"),
        };
        let newline: &[u8] = if message.ends_with(b"\n") { b"" } else { b"\n" };
        payload.extend([&*message, newline].concat());
    };
    (payload, end)
}

/// Frames as clients send them, and now and then one that they must not send.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop_oneof![
        6 => "[a\né€🎈]{0,40}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..10),
        1 => (any::<u8>(), 120..300_usize).prop_map(|(byte, length)| vec![byte & 0x7F; length]),
        1 => (1000..1016_u16).prop_map(|code| code.to_be_bytes().to_vec()),
    ];
    let first = prop_oneof![
        4 => Just(TEXT), 1 => Just(BINARY), 2 => Just(TEXT - FINAL), 1 => Just(BINARY - FINAL), 2 => Just(0),
        2 => Just(FINAL), 1 => Just(PING), 1 => Just(PONG), 1 => Just(CLOSE),
    ];
    let right = (first, payload.clone()).prop_map(|(first, payload)| frame(first, &payload));
    let any = (any::<u8>(), payload).prop_map(|(first, payload)| frame(first, &payload));
    let unmasked = Just(vec![TEXT, 1, b'x']);
    let too_long = Just([&[TEXT, 0xFF], &TOO_LONG.to_be_bytes()[..], &[0; 4]].concat());
    prop::collection::vec(prop_oneof![60 => right, 2 => any, 1 => unmasked, 1 => too_long], 0..8)
        .prop_map(|frames| frames.concat())
}

/// The part of the payload that is heard in any case: not a line that an error cut.
fn lines(payload: &[u8]) -> &[u8] {
    payload.iter().rposition(|byte| *byte == b'\n').map_or(b"", |end| &payload[..=end])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn r10_4_no_split_changes_what_is_read(
        bytes in frames(),
        sizes in prop::collection::vec(1..20_usize, 1..10),
    ) {
        let (whole, split) = (read_in(&bytes, &[usize::MAX]), read_in(&bytes, &sizes));
        prop_assert_eq!((lines(&whole.0), whole.1, whole.2), (lines(&split.0), split.1, split.2));
    }

    /// It judges a frame or a text once it is whole; here that is done as soon as it is certain. So it may say
    /// nothing of an unfinished one, and another thing of one that is wrong twice.
    #[test]
    fn r10_4_tungstenite_reads_the_same(bytes in frames()) {
        let mut reader = Reader::default();
        let mut buffer = [&[0], &*bytes].concat();
        let length = reader.read(&mut buffer, |_| {});
        let (payload, end) = (&buffer[..length], reader.end());
        let (told, verdict) = told(&bytes);
        prop_assert!(payload.starts_with(&told), "{:?} {:?}", payload, told);
        match (end, verdict) {
            // It answers a Close frame that is wrong, and reports it as a proper one.
            (Some(End::Failed(_)), None)
            | (Some(End::Failed(Code::NotText | Code::Protocol)), Some(End::Failed(_)))
            | (Some(End::Failed(Code::Protocol)), Some(End::Closed(Some(_)))) => {}
            (end, verdict) => prop_assert_eq!(end, verdict),
        }
        let is_whole = reader.message.is_none() && !matches!(end, Some(End::Failed(_)));
        prop_assert!(!is_whole || payload == told, "{:?} {:?}", payload, told);
    }
}
