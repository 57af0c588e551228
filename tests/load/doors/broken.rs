//! Servers that break the rules of WebSocket in the middle of a run.

use std::sync::atomic::{AtomicU32, Ordering};

use chat_protocol::websocket::frame::{Opcode, control, text_header};

use super::run_through;
use super::web::{frame, start};
use crate::running::Ended;

/// Bytes that a server sends to one client in place of the 50th message of the run.
type Fault = fn(&str) -> Vec<u8>;

/// Runs the load against a server that passes on messages, and makes this fault.
#[track_caller]
fn run(fault: Fault) -> Ended {
    let messages = AtomicU32::new(0);
    let address = start(move |text, from, members| {
        // Probes, which come before, are left alone.
        let is_measured = text.as_bytes().get(5) == Some(&b'm');
        let number = messages.fetch_add(u32::from(is_measured), Ordering::Relaxed) + 1;
        let others = members.0.iter_mut().filter(|member| member.0 != from);
        for (turn, member) in others.enumerate() {
            let is_wrong = is_measured && number == 50 && turn == 0;
            member.send(&if is_wrong { fault(text) } else { frame(text) });
        }
    });
    let load = ["--clients", "5", "--senders", "1", "--rate", "100/s", "--drain-timeout", "500ms"];
    run_through("ws", address, &load)
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
