//! A connection whose socket takes as little as the test says, read by tungstenite.

use std::cell::RefCell;
use std::io::{Cursor, Read, Write};

use proptest::prelude::*;
use tungstenite::Message;
use tungstenite::protocol::{Role, WebSocket as Client};

use super::*;

/// The socket: what it took, and how much more it takes.
#[derive(Default)]
struct Socket {
    taken: RefCell<Vec<u8>>,
    space: RefCell<usize>,
}

impl Socket {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let n = bytes.len().min(*self.space.borrow());
        if n == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        *self.space.borrow_mut() -= n;
        self.taken.borrow_mut().extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn allow(&self, bytes: usize) {
        *self.space.borrow_mut() = bytes;
    }

    /// The messages that it has sent, each whole.
    fn messages(&self) -> Vec<Message> {
        struct Stream(Cursor<Vec<u8>>);
        impl Read for Stream {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0.read(buffer)
            }
        }
        impl Write for Stream {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let stream = Stream(Cursor::new(self.taken.borrow().clone()));
        let mut client = Client::from_raw_socket(stream, Role::Client, None);
        std::iter::from_fn(|| client.read().ok()).collect()
    }
}

fn socket() -> WebSocket {
    WebSocket::new(Encoding::Text, Some(Duration::from_secs(25)), Instant::now())
}

fn texts(messages: &[Message]) -> String {
    messages.iter().filter_map(|message| Some(message.to_text().ok()?.to_owned())).collect()
}

#[test]
fn r10_5_pings_are_answered_between_frames_and_a_full_socket_gets_the_answer_later() {
    let (web, socket) = (socket(), Socket::default());
    socket.allow(3);
    assert_eq!(web.offer(Text::single(b"hola\n"), |bytes| socket.write(bytes)).unwrap(), 5);
    let mut ping = b"\x00\x89\x82\x00\x00\x00\x00yo".to_vec();
    assert_eq!(web.receive(&mut ping, |bytes| socket.write(bytes)), 0);
    assert!(web.holds());
    socket.allow(usize::MAX);
    assert_eq!(web.offer(Text::single(b""), |bytes| socket.write(bytes)).unwrap(), 0);
    assert!(!web.holds());
    assert_eq!(socket.messages(), [Message::text("hola\n"), Message::Pong("yo".into())]);
}

#[test]
fn r10_3_a_socket_that_is_full_behind_a_whole_frame_has_taken_that_one() {
    let (web, socket) = (socket(), Socket::default());
    let write = |bytes: &[u8]| socket.write(bytes);
    let lines = format!("{}\n", "x".repeat(MAX_PAYLOAD - 1)).repeat(2);
    socket.allow(4 + MAX_PAYLOAD);
    assert_eq!(web.offer(Text::single(lines.as_bytes()), write).unwrap(), MAX_PAYLOAD);
    let blocked = web.offer(Text::single(&lines.as_bytes()[MAX_PAYLOAD..]), write);
    assert_eq!(blocked.unwrap_err().kind(), io::ErrorKind::WouldBlock);
    // The rest of a frame, and nothing behind it.
    socket.allow(1);
    assert_eq!(web.offer(Text::single(b"a\n"), write).unwrap(), 2);
    socket.allow(3);
    assert_eq!(web.offer(Text::single(b"b\n"), write).unwrap(), 0);
    assert!(!web.holds());
}

#[test]
fn r10_6_a_ping_that_is_not_answered_in_time_is_the_end() {
    let (web, socket) = (socket(), Socket::default());
    socket.allow(usize::MAX);
    let write = |bytes: &[u8]| socket.write(bytes);
    let mut now = web.beat_due().unwrap();
    for _ in 0..2 {
        assert!(web.beat(false, now, write));
        now += Duration::from_secs(10);
        assert_eq!(web.beat_due(), Some(now));
        web.receive(&mut b"\x00\x8A\x80\x00\x00\x00\x00".to_vec(), write);
        assert!(web.beat(false, now, write));
        now += Duration::from_secs(15);
        assert_eq!(web.beat_due(), Some(now));
    }
    assert!(web.beat(false, now, write));
    assert!(web.beat(false, now, write), "not yet");
    assert!(!web.beat(false, now + Duration::from_secs(10), write));
    assert_eq!(socket.messages().len(), 3);
}

#[test]
fn r10_21_with_a_ping_goes_an_object_but_not_within_a_line() {
    let interval = Duration::from_secs(25);
    let (web, socket) =
        (WebSocket::new(Encoding::Json, Some(interval), Instant::now()), Socket::default());
    let write = |bytes: &[u8]| socket.write(bytes);
    let beat = || {
        web.receive(&mut b"\x00\x8A\x80\x00\x00\x00\x00".to_vec(), write);
        assert!(web.beat(false, web.beat_due().unwrap(), write));
        assert!(web.beat(true, web.beat_due().unwrap(), write));
    };
    socket.allow(usize::MAX);
    beat();
    let alive = texts(&socket.messages());
    assert!(alive.starts_with(r#"{"kind":"alive","time":1"#), "{alive}");
    assert!(alive.ends_with(",\"every\":25000}\n"), "{alive}");
    // A line that is longer than a frame is sent as far as the socket takes it.
    let line = format!("{}\n", "x".repeat(MAX_PAYLOAD));
    socket.allow(4 + MAX_PAYLOAD);
    assert_eq!(web.offer(Text::single(line.as_bytes()), write).unwrap(), MAX_PAYLOAD);
    socket.allow(usize::MAX);
    beat();
    assert_eq!(web.offer(Text::single(b"\n"), write).unwrap(), 1);
    beat();
    let sent = texts(&socket.messages());
    assert_eq!((sent.lines().count(), sent.lines().nth(1)), (3, Some(line.trim_end())));
    assert_eq!(socket.messages().iter().filter(|message| message.is_ping()).count(), 3);
}

#[test]
fn r10_6_no_ping_goes_into_a_full_socket() {
    let (web, socket) = (socket(), Socket::default());
    socket.allow(1);
    web.offer(Text::single(b"hola\n"), |bytes| socket.write(bytes)).unwrap();
    let due = web.beat_due().unwrap();
    assert!(web.beat(false, due, |bytes| socket.write(bytes)));
    assert_eq!(web.beat_due(), Some(due + Duration::from_secs(25)));
}

#[test]
fn r10_7_a_flood_of_pings_into_a_full_socket_costs_no_memory_and_the_close_frame_is_sent() {
    let (web, socket) = (socket(), Socket::default());
    socket.allow(1);
    web.offer(Text::single(&[b'x'; MAX_PAYLOAD]), |bytes| socket.write(bytes)).unwrap();
    for _ in 0..1000 {
        let mut ping = [&[0, 0x89, 0xFD, 0, 0, 0, 0][..], &[b'x'; 125]].concat();
        web.receive(&mut ping, |bytes| socket.write(bytes));
        assert!(web.held().bytes.len() <= HELD);
    }
    web.close_with(Code::Idle, &"x".repeat(200));
    web.close(|bytes| socket.write(bytes));
    socket.allow(usize::MAX);
    web.offer(Text::single(b""), |bytes| socket.write(bytes)).unwrap();
    assert_eq!(web.held().bytes.capacity(), 0);
    let messages = socket.messages();
    let Some(Message::Close(Some(close))) = messages.last() else { panic!("{messages:?}") };
    assert_eq!((u16::from(close.code), close.reason.len()), (4001, 123));
}

proptest! {
    /// Whatever the socket takes, and with pings in between.
    #[test]
    fn r10_3_frames_are_whole_and_in_order(
        steps in prop::collection::vec((0..2000_usize, 0..20_usize, 0..30_000_usize, any::<bool>()), 1..30),
    ) {
        let (web, socket) = (socket(), Socket::default());
        let write = |bytes: &[u8]| socket.write(bytes);
        let (mut due, mut offered) = (Vec::new(), 0);
        for (length, lines, space, ping) in steps {
            let line = format!("{:->length$}\n", due.len());
            due.extend_from_slice(line.repeat(lines).as_bytes());
            socket.allow(space);
            if ping {
                web.receive(&mut b"\x00\x89\x80\x00\x00\x00\x00".to_vec(), write);
            }
            match web.offer(Text::single(&due[offered..]), write) {
                Ok(n) => offered += n,
                Err(error) => prop_assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
            prop_assert!(web.held().bytes.len() <= HELD);
        }
        socket.allow(usize::MAX);
        offered += web.offer(Text::single(&due[offered..]), write).unwrap();
        prop_assert!(offered == due.len() && !web.holds());
        let messages = socket.messages();
        let ended = |message: &Message| !message.is_text() || message.to_text().unwrap().ends_with('\n');
        prop_assert!(messages.iter().all(ended));
        prop_assert_eq!(texts(&messages), String::from_utf8(due).unwrap());
    }
}
