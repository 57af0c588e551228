//! Servers that break the rules of WebSocket in the middle of a run.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use chat_protocol::websocket::frame::{Opcode, control, text_header};
use chat_protocol::websocket::handshake::Request;
use chat_protocol::websocket::reader::Reader;

use super::run_through;
use crate::running::Ended;

/// Bytes that a server sends to one client in place of the 50th message of the run.
type Fault = fn(&str) -> Vec<u8>;

/// A text frame.
fn frame(line: &str) -> Vec<u8> {
    let (header, start) = text_header(line.len());
    [&header[start..], line.as_bytes()].concat()
}

/// Starts a server that passes on messages, until it makes the fault.
fn breaking(fault: Fault) -> SocketAddr {
    type Members = Arc<Mutex<(u32, Vec<(SocketAddr, TcpStream)>)>>;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let members = Members::default();
    let serve = move |mut stream: TcpStream, peer: SocketAddr, members: &Members| {
        let (mut head, mut buffer) = (Vec::new(), [0; 4096]);
        while !head.ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
            head.extend_from_slice(&buffer[..read]);
        }
        let upgrade = Request::parse(&head).ok()??.upgrade(&[]).ok()?;
        stream.write_all(upgrade.response().as_bytes()).ok()?;
        let lock = || members.lock().unwrap_or_else(PoisonError::into_inner);
        lock().1.push((peer, stream.try_clone().ok()?));
        let mut reader = Reader::default();
        while let Ok(read @ 1..) = stream.read(&mut buffer[1..]) {
            let length = reader.read(&mut buffer[..=read], |_| {});
            for line in String::from_utf8_lossy(&buffer[..length]).lines() {
                let (count, all) = &mut *lock();
                // Probes, which come before, are left alone.
                *count += u32::from(line.as_bytes().get(5) == Some(&b'm'));
                let others = all.iter_mut().filter(|(other, _)| *other != peer);
                for (turn, (_, to)) in others.enumerate() {
                    let is_wrong = *count == 50 && turn == 0;
                    let bytes = if is_wrong { fault(line) } else { frame(line) };
                    // A client that has gone is told nothing.
                    let _ = to.write_all(&bytes);
                }
            }
        }
        Some(())
    };
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let Ok(peer) = stream.peer_addr() else { continue };
            let members = Arc::clone(&members);
            thread::spawn(move || serve(stream, peer, &members));
        }
    });
    address
}

#[track_caller]
fn run(fault: Fault) -> Ended {
    let load = ["--clients", "5", "--senders", "1", "--rate", "100/s", "--drain-timeout", "500ms"];
    run_through("ws", breaking(fault), &load)
}

#[test]
fn a_fault_in_framing_breaks_the_connection_and_is_told() {
    for (fault, why) in [
        // A server that masks.
        (
            (|line| [&[0x81, 0x80 | 4, 0, 0, 0, 0][..], &line.as_bytes()[..4]].concat()) as Fault,
            "a frame is masked",
        ),
        // A reserved bit, as of compression that was not agreed on.
        (
            |line| {
                let mut frame = frame(line);
                frame[0] |= 0x40;
                frame
            },
            "a frame is masked, has reserved bits",
        ),
        // Text that is not UTF-8.
        (
            |line| {
                let mut frame = frame(line);
                frame[10] = 0xFF;
                frame
            },
            "a text is not UTF-8",
        ),
        // A length that lies: too short, so that payload stands where a header should.
        (
            |line| {
                let mut frame = frame(line);
                frame[1] -= 1;
                frame
            },
            "out of place",
        ),
        // A length beyond all memory.
        (|_| [&[0x81, 127][..], &[0xFF; 8]].concat(), "a frame is too long"),
        // A continuation of nothing.
        (|_| vec![0x80, 0], "out of place"),
        // A ping in pieces.
        (|_| vec![0x09, 0], "out of place"),
    ] {
        let ended = run(fault);
        assert_eq!(ended.number("/ledger/disconnected"), 1, "{why}: {}", ended.value("/ledger"));
        assert_eq!(ended.number("/words/garbage/count"), 1, "{why}: {}", ended.value("/words"));
        let told = ended.value("/words/garbage/first/0/detail").as_str().expect("a text");
        assert!(told.contains(why), "{why}: {told}");
        // The other three have got all of it.
        assert!(ended.number("/ledger/ok") >= 300, "{why}: {}", ended.value("/ledger"));
        let missing =
            ["lost", "cut_off", "corrupt"].map(|it| ended.number(&format!("/ledger/{it}")));
        let missing = missing.iter().sum::<u64>();
        assert_eq!(missing + ended.number("/ledger/ok"), 400, "{why}: {}", ended.value("/ledger"));
        assert!(missing >= 50, "{why}: {}", ended.value("/ledger"));
        assert_eq!(ended.status, Some(3), "{why}: {}", ended.words);
    }
}

#[test]
fn a_length_that_promises_more_than_comes_loses_what_it_swallows() {
    // The next messages are taken for the payload of this one.
    let ended = run(|line| {
        let (header, start) = text_header(5000);
        [&header[start..], line.as_bytes()].concat()
    });
    let (ok, ledger) = (ended.number("/ledger/ok"), ended.value("/ledger"));
    assert!((300..400).contains(&ok), "{ledger}");
    assert_eq!(ended.status, Some(3), "{}", ended.words);
}

#[test]
fn a_close_frame_is_told_with_its_code() {
    let ended = run(|_| control(Opcode::Close, &4002_u16.to_be_bytes()));
    assert_eq!(ended.value("/words/refusals/first/0/detail"), "(WebSocket closed with 4002)");
    assert_eq!(ended.number("/ledger/disconnected"), 1, "{}", ended.value("/ledger"));
}

#[test]
fn pings_are_answered_and_counted_as_nothing() {
    // In place of a message, a ping, and the message.
    let ended = run(|line| [&control(Opcode::Ping, b"vivo?")[..], &frame(line)].concat());
    ended.is_clean(400);
    assert_eq!(ended.value("/words").as_object().map(serde_json::Map::len), Some(0));
}
