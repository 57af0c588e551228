//! The door for the web: requests and frames that are cut, endless, forged or dripping.

use chat_drive::failure::Result;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::door::Door;
use chat_tests::harness::peer::Peer;

use crate::healthy::Healthy;

const REQUEST: &str = "GET /ws HTTP/1.1\r\nHost: chat\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// The first bytes of frames.
const TEXT: u8 = 0x81;
const BEGUN_TEXT: u8 = 0x01;
const CONTINUATION: u8 = 0x00;
const LAST: u8 = 0x80;
const PING: u8 = 0x89;

/// A kind of abuse. The connections that it returns are kept while the healthy clients go on.
type Abuse = fn(&Chat) -> Result<Vec<Peer>>;

/// A client's frame. Its mask changes nothing.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).ok().filter(|n| *n < 126).expect("a short one");
    [&[first, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

/// A connection to the door that has said nothing yet.
fn silent(chat: &Chat) -> Result<Peer> {
    chat.stage.connect_through(Door::Plain, "abuser", chat.web.expect("a door for the web"))
}

/// A connection that sends these bytes behind its request.
fn open(chat: &Chat, bytes: impl AsRef<[u8]>) -> Result<Peer> {
    let mut peer = silent(chat)?;
    peer.send_raw([REQUEST.as_bytes(), bytes.as_ref()].concat())?;
    Ok(peer)
}

fn half_requests_by_the_hundred(chat: &Chat) -> Result<Vec<Peer>> {
    (0..300)
        .map(|n| {
            let mut peer = silent(chat)?;
            peer.send_raw(&REQUEST[..n % REQUEST.len()])?;
            Ok(peer)
        })
        .collect()
}

fn a_storm_of_resets(chat: &Chat) -> Result<Vec<Peer>> {
    for n in 0..1000 {
        let mut peer = silent(chat)?;
        peer.send_raw(&REQUEST[..n % (REQUEST.len() + 1)])?;
        peer.reset();
    }
    Ok(Vec::new())
}

fn heads_that_are_too_long(chat: &Chat) -> Result<Vec<Peer>> {
    for _ in 0..20 {
        let mut peer = silent(chat)?;
        peer.send_raw(REQUEST.replace("Host", &format!("Cookie: {}\r\nHost", "x".repeat(9000))))?;
        peer.expect("HTTP/1.1 431 Request Header Fields Too Large\r")?;
    }
    Ok(Vec::new())
}

fn a_line_in_frames_of_one_byte(chat: &Chat) -> Result<Vec<Peer>> {
    let (mut slow, mut hears) = (chat.web_peer("in bytes")?, chat.peer("hears")?);
    let line = "x".repeat(4000);
    slow.send_raw(frame(BEGUN_TEXT, b""))?;
    for byte in line.as_bytes() {
        slow.send_raw(frame(CONTINUATION, &[*byte]))?;
    }
    slow.send_raw(frame(LAST, b""))?;
    let expected = said_by(&slow, &line);
    while hears.hear()?.is_some_and(|heard| heard != expected) {}
    Ok(vec![slow, hears])
}

fn continuations_without_content(chat: &Chat) -> Result<Vec<Peer>> {
    let mut peer = open(chat, frame(BEGUN_TEXT, b"hola"))?;
    for _ in 0..100 {
        peer.send_raw(frame(CONTINUATION, b"").repeat(1000))?;
    }
    Ok(vec![peer])
}

fn pings_without_end(chat: &Chat) -> Result<Vec<Peer>> {
    let mut peer = chat.stage.connect_taking_little_through(
        Door::WebSocket,
        "pings",
        chat.web.expect("a door for the web"),
    )?;
    for _ in 0..500 {
        peer.send_raw(frame(PING, &[b'x'; 125]).repeat(100))?;
    }
    Ok(vec![peer])
}

fn a_message_without_end(chat: &Chat) -> Result<Vec<Peer>> {
    // A frame of a gigabyte, of which some megabytes come.
    let mut peer = open(chat, [BEGUN_TEXT, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0])?;
    for _ in 0..100 {
        peer.send_raw(vec![b'x'; 64 * 1024])?;
    }
    Ok(vec![peer])
}

fn frames_against_the_rules(chat: &Chat) -> Result<Vec<Peer>> {
    let unmasked = [TEXT, 4, b'h', b'o', b'l', b'a'];
    let endless = [TEXT, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let long_ping = [PING, 0xfe, 1, 0, 0, 0, 0, 0];
    [
        &unmasked[..],
        &endless,
        &long_ping,
        &frame(0xf1, b"reserved"),
        &frame(0x83, b"reserved"),
        &frame(LAST, b"continues nothing"),
        &frame(TEXT, b"\xff\xfe"),
        &[frame(BEGUN_TEXT, b"a"), frame(TEXT, b"b")].concat(),
        &frame(0x88, b"\x03"),
        &frame(0x88, b"\x03\xed"),
        &[0x16, 0x03, 0x01, 0x02, 0x00],
    ]
    .iter()
    .map(|frames| open(chat, frames))
    .collect()
}

fn readers_that_stop_within_a_frame(chat: &Chat) -> Result<Vec<Peer>> {
    let web = chat.web.expect("a door for the web");
    let stuck = |_| chat.stage.connect_taking_little_through(Door::WebSocket, "stuck", web);
    (0..10).map(stuck).collect()
}

#[test]
fn r10_7_abuse_of_the_web_leaves_the_others_alone() -> Result {
    const KINDS: [(&str, Abuse); 9] = [
        ("half requests", half_requests_by_the_hundred),
        ("resets", a_storm_of_resets),
        ("long heads", heads_that_are_too_long),
        ("frames of a byte", a_line_in_frames_of_one_byte),
        ("empty frames", continuations_without_content),
        ("pings", pings_without_end),
        ("an endless message", a_message_without_end),
        ("against the rules", frames_against_the_rules),
        ("stuck", readers_that_stop_within_a_frame),
    ];
    let chat = Chat::start_with(&["--web", "127.0.0.1:0", "--quiet"])?;
    let door = format!("ws://{}", chat.address_of(Door::WebSocket)?);
    let healthy = Healthy::start_with(&chat, &["--server", &door])?;
    let mut abusers = Vec::new();
    for (kind, abuse) in KINDS {
        abusers.extend(abuse(&chat)?);
        let goes_on = healthy.go_on(&chat.stage);
        goes_on.map_err(|_| chat.stage.failure(format!("nobody talks after {kind}")))?;
    }
    healthy.finish(&chat.stage)
}
