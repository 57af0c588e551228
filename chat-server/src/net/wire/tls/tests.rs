//! A connection whose socket takes and gives as little as the test says. At its other end is rustls's own client.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use chat_protocol::websocket::frame::MAX_PAYLOAD;
use chat_tls::{Trust, provider};
use proptest::prelude::*;
use rustls::ClientConnection;
use rustls::pki_types::PrivateKeyDer;

use super::*;
use crate::net::wire::Wire;
use crate::net::wire::encoding::Encoding;
use crate::net::wire::text::Text;
use crate::net::wire::websocket::WebSocket;

/// A record of 16 KiB, with what it has around it.
const HELD: usize = MAX_RECORD + 256;

/// Both ends, and the socket between them.
struct Pair {
    tls: Tls,
    client: ClientConnection,
    socket: Socket,
}

/// The server's end of the socket.
#[derive(Default)]
struct Socket {
    /// What it took, and how much more it takes.
    taken: RefCell<Vec<u8>>,
    space: Cell<usize>,
    /// What it gives.
    given: RefCell<VecDeque<u8>>,
}

impl Socket {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let n = bytes.len().min(self.space.get());
        if n == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.space.set(self.space.get() - n);
        self.taken.borrow_mut().extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    /// At most so many bytes.
    fn read(&self, buffer: &mut [u8], most: usize) -> io::Result<usize> {
        let mut given = self.given.borrow_mut();
        let n = given.len().min(most).min(buffer.len());
        if n == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        (&mut *given).take(n as u64).read(buffer)
    }
}

impl Pair {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let client = Trust::Anyone.client_config().unwrap();
        let client = ClientConnection::new(client.into(), "localhost".try_into().unwrap()).unwrap();
        Self { tls: Tls::new(&Config::new(config)).unwrap(), client, socket: Socket::default() }
    }

    /// A pair that has shaken hands, by reads and writes of so many bytes.
    fn shaken(step: usize) -> Self {
        let mut pair = Self::new();
        for _ in 0..10_000 {
            pair.send_as_client();
            pair.socket.space.set(step);
            pair.receive(step);
            let _ = pair.tls.flush(|bytes| pair.socket.write(bytes));
            pair.hear_as_client();
            if !pair.client.is_handshaking() && !pair.tls.is_handshaking() && !pair.tls.holds() {
                return pair;
            }
        }
        panic!("no handshake");
    }

    /// What the server understands of one read of so many bytes; `None` is the end.
    fn receive(&self, most: usize) -> Option<Vec<u8>> {
        let mut buffer = [0; 1000];
        let read = |buffer: &mut [u8]| self.socket.read(buffer, most);
        match self.tls.receive(&mut buffer, read, |bytes| self.socket.write(bytes)) {
            Ok(n) => n.map(|n| buffer[..n].to_vec()),
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock, "{error}");
                Some(Vec::new())
            }
        }
    }

    fn send_as_client(&mut self) {
        let mut bytes = Vec::new();
        while self.client.wants_write() {
            self.client.write_tls(&mut bytes).unwrap();
        }
        self.socket.given.borrow_mut().extend(bytes);
    }

    /// What the client understands of all that the socket has taken.
    fn hear_as_client(&mut self) -> Vec<u8> {
        let taken = self.socket.taken.take();
        let (mut rest, mut heard) = (&*taken, Vec::new());
        while !rest.is_empty() {
            self.client.read_tls(&mut rest).unwrap();
            self.client.process_new_packets().unwrap();
            let _ = self.client.reader().read_to_end(&mut heard);
        }
        heard
    }

    fn offer(&self, bytes: &[u8]) -> io::Result<usize> {
        self.tls.offer(|bytes| self.socket.write(bytes), |seal| seal(bytes))
    }

    fn held(&self) -> usize {
        self.tls.state().connection.process_new_packets().unwrap().tls_bytes_to_write()
    }
}

fn is_blocked(result: &io::Result<usize>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

#[test]
fn r10_8_a_handshake_can_be_cut_anywhere() {
    for step in [1, 7, 100, 100_000] {
        let mut pair = Pair::shaken(step);
        pair.client.writer().write_all(b"hola").unwrap();
        pair.send_as_client();
        assert_eq!(pair.receive(1000).unwrap(), b"hola");
    }
}

#[test]
fn r10_8_a_record_is_taken_whole_and_its_rest_held() {
    let mut pair = Pair::shaken(1000);
    pair.socket.space.set(3);
    let text = vec![b'x'; 2 * MAX_RECORD];
    assert_eq!(pair.offer(&text).unwrap(), MAX_RECORD);
    assert!(pair.tls.holds());
    assert!(is_blocked(&pair.offer(&text)), "of what it holds nothing was sent");
    pair.socket.space.set(3);
    assert_eq!(pair.offer(&text).unwrap(), 0, "of what it holds something was sent");
    assert!(pair.tls.holds());
    pair.socket.space.set(100_000);
    assert_eq!(pair.offer(b"").unwrap(), 0);
    assert!(!pair.tls.holds());
    assert_eq!(pair.hear_as_client(), [b'x'; MAX_RECORD]);
}

#[test]
fn r10_8_what_a_read_has_left_is_told_of() {
    let mut pair = Pair::shaken(1000);
    pair.client.writer().write_all(&[b'x'; 2500]).unwrap();
    pair.client.send_close_notify();
    pair.send_as_client();
    let lengths: Vec<_> = (0..4).map(|_| pair.receive(4000).map(|bytes| bytes.len())).collect();
    assert_eq!(lengths, [Some(1000), Some(1000), Some(500), None]);
    assert!(pair.tls.has_pending(), "the end stays");
}

#[test]
fn r10_8_what_stands_in_front_of_a_fault_is_heard() {
    let mut pair = Pair::shaken(1000);
    pair.client.writer().write_all(b"hola").unwrap();
    pair.send_as_client();
    pair.socket.given.borrow_mut().extend(b"\x17\x03\x03\x00\x20no record of these two at all....");
    pair.socket.space.set(1000);
    assert_eq!(pair.receive(4000).unwrap(), b"hola");
    assert!(pair.tls.has_pending());
    let failed = pair.tls.receive(&mut [0; 9], |_| unreachable!("no read"), |_| Ok(0));
    assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::InvalidData);
    let taken = pair.socket.taken.take();
    pair.client.read_tls(&mut &*taken).unwrap();
    let told = pair.client.process_new_packets().unwrap_err();
    assert!(matches!(told, rustls::Error::AlertReceived(_)), "{told}");
}

#[test]
fn r8_2_bytes_of_a_record_are_activity_and_pings_are_not() {
    let Pair { tls, mut client, socket } = Pair::shaken(1000);
    let frames = WebSocket::new(Encoding::Text, None, tokio::time::Instant::now());
    let wire = Wire::new(Some(Box::new(tls)), Some(frames));
    let mut said = |bytes: &[u8], most| {
        client.writer().write_all(bytes).unwrap();
        while client.wants_write() {
            client.write_tls(&mut *socket.given.borrow_mut()).unwrap();
        }
        let read = |buffer: &mut [u8]| socket.read(buffer, most);
        let arrived = wire.receive(&mut [0; 1000], read, |bytes| Ok(bytes.len()));
        arrived.unwrap().expect("no end")
    };
    let ping = said(b"\x89\x80\0\0\0\0", 1000);
    assert!(ping.lines.is_empty() && !ping.is_activity);
    let begun = said(b"\x81\x83\0\0\0\0hi\n", 10);
    assert!(begun.lines.is_empty() && begun.is_activity);
    let ended = said(b"", 1000);
    assert_eq!((ended.lines, ended.is_activity), (0..3, true));
}

#[test]
fn r10_8_keys_can_be_changed() {
    let mut pair = Pair::shaken(1000);
    pair.client.refresh_traffic_keys().unwrap();
    pair.client.writer().write_all(b"hola").unwrap();
    pair.send_as_client();
    pair.socket.space.set(100_000);
    assert_eq!(pair.receive(4000).unwrap(), b"hola");
    pair.offer(b"si\n").unwrap();
    assert_eq!(pair.hear_as_client(), b"si\n");
}

#[test]
fn r10_8_the_end_is_announced_behind_all_else() {
    let mut pair = Pair::shaken(1000);
    pair.socket.space.set(1);
    pair.offer(b"adios\n").unwrap();
    pair.tls.close(|bytes| pair.socket.write(bytes));
    assert!(pair.tls.holds());
    pair.socket.space.set(1000);
    pair.tls.flush(|bytes| pair.socket.write(bytes)).unwrap();
    let mut heard = Vec::new();
    let taken = pair.socket.taken.take();
    pair.client.read_tls(&mut &*taken).unwrap();
    assert!(pair.client.process_new_packets().unwrap().peer_has_closed());
    pair.client.reader().read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"adios\n");
}

#[test]
fn r10_8_frames_in_records_are_whole_and_in_order() {
    let mut pair = Pair::shaken(1000);
    let tls = std::mem::replace(&mut pair.tls, Pair::new().tls);
    let frames = Some(WebSocket::new(Encoding::Text, None, tokio::time::Instant::now()));
    let wire = Wire::new(Some(Box::new(tls)), frames);
    let text = format!("{}\n", "x".repeat(MAX_PAYLOAD - 1)).repeat(3);
    let (mut offered, mut heard) = (0, Vec::new());
    for _ in 0..10_000 {
        pair.socket.space.set(997);
        match wire.offer(Text::single(&text.as_bytes()[offered..]), |b| pair.socket.write(b)) {
            Ok(n) => offered += n,
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
        }
        heard.extend(pair.hear_as_client());
        if offered == text.len() && !wire.holds() {
            break;
        }
    }
    let frame = [&[0x81, 126, 0x40, 0][..], &text.as_bytes()[..MAX_PAYLOAD]].concat();
    assert!(heard == frame.repeat(3));
}

proptest! {
    /// Whatever the socket takes and gives.
    #[test]
    fn r10_8_nothing_is_lost_and_nothing_more_is_held_than_a_record(
        steps in prop::collection::vec(
            (0..40_000_usize, 0..30_000_usize, 0..3000_usize, 1..5000_usize, 0..20_u8), 1..30),
    ) {
        let mut pair = Pair::shaken(100_000);
        let (mut due, mut offered, mut heard) = (Vec::new(), 0, Vec::new());
        let (mut said, mut received) = (Vec::new(), Vec::new());
        for (length, space, saying, read, key_update) in steps {
            let begun = due.len();
            due.extend((begun..begun + length).map(|i| u8::try_from(i % 251).unwrap()));
            pair.socket.space.set(space);
            match pair.offer(&due[offered..]) {
                Ok(n) => offered += n,
                Err(error) => prop_assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
            prop_assert!(pair.held() <= HELD);
            prop_assert_eq!(pair.held() > 0, pair.tls.holds());
            heard.extend(pair.hear_as_client());
            if key_update == 0 {
                pair.client.refresh_traffic_keys().unwrap();
            }
            let saying: Vec<u8> = (0..saying).map(|i| u8::try_from(i % 256).unwrap()).collect();
            pair.client.writer().write_all(&saying).unwrap();
            said.extend(saying);
            pair.send_as_client();
            received.extend(pair.receive(read).unwrap());
        }
        pair.socket.space.set(usize::MAX);
        while offered < due.len() || pair.tls.holds() {
            offered += pair.offer(&due[offered..]).unwrap();
        }
        heard.extend(pair.hear_as_client());
        prop_assert!(heard == due);
        while received.len() < said.len() {
            received.extend(pair.receive(usize::MAX).unwrap());
        }
        prop_assert!(received == said);
    }
}
