//! The encrypted doors: handshakes and records that are cut, dripping, forged or never read.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use chat_drive::failure::Result;
use chat_protocol::wording::message_by_port;
use chat_tests::chat::Chat;
use chat_tests::harness::door::Door;
use chat_tests::harness::peer::Peer;
use chat_tls::Trust;
use rustls::ClientConnection;

use crate::healthy::Healthy;

/// A kind of abuse of a door. The connections that it returns are kept while the healthy clients go on.
type Abuse = fn(&Chat, SocketAddr) -> Result<Vec<Peer>>;

fn client(address: SocketAddr) -> ClientConnection {
    let config = Trust::Anyone.client_config().expect("cipher suites");
    ClientConnection::new(Arc::new(config), address.ip().into()).expect("a client")
}

/// The records that a client has to send.
fn records(client: &mut ClientConnection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut bytes).expect("memory");
    }
    bytes
}

/// A connection that has said nothing yet.
fn silent(chat: &Chat, door: SocketAddr) -> Result<Peer> {
    chat.stage.connect_through(Door::Plain, "abuser", door)
}

fn half_handshakes_by_the_hundred(chat: &Chat, door: SocketAddr) -> Result<Vec<Peer>> {
    let hello = records(&mut client(door));
    (0..300)
        .map(|n| {
            let mut peer = silent(chat, door)?;
            peer.send_raw(&hello[..n % hello.len()])?;
            Ok(peer)
        })
        .collect()
}

fn handshakes_that_drip(chat: &Chat, door: SocketAddr) -> Result<Vec<Peer>> {
    let hello = records(&mut client(door));
    let mut peers = (0..10).map(|_| silent(chat, door)).collect::<Result<Vec<_>>>()?;
    for byte in &hello[..hello.len() - 1] {
        for peer in &mut peers {
            peer.send_raw([*byte])?;
        }
    }
    Ok(peers)
}

fn a_storm_of_resets(chat: &Chat, door: SocketAddr) -> Result<Vec<Peer>> {
    let hello = records(&mut client(door));
    for n in 0..1000 {
        let mut peer = silent(chat, door)?;
        peer.send_raw(&hello[..n % (hello.len() + 1)])?;
        peer.reset();
    }
    Ok(Vec::new())
}

fn bytes_that_are_no_records(chat: &Chat, door: SocketAddr) -> Result<Vec<Peer>> {
    let hello = records(&mut client(door));
    let long = [&[0x16, 3, 1, 0xff, 0xff][..], &[0; 4096]].concat();
    for bytes in [b"hola\n", &long[..], &hello.repeat(3), &[0x15, 3, 3, 0, 2, 2, 0], &[0; 64]] {
        let mut peer = silent(chat, door)?;
        peer.send_raw(bytes)?;
        // An alert, and the end.
        while !peer.receive().unwrap_or_default().is_empty() {}
    }
    Ok(Vec::new())
}

/// Each line arrives, however its records are cut.
fn records_that_are_cut_anywhere(chat: &Chat, door: SocketAddr) -> Result<Vec<Peer>> {
    let mut hears = chat.peer("hears")?;
    let (mut socket, mut client) = (TcpStream::connect(door).expect("a server"), client(door));
    socket.set_nodelay(true).expect("a socket");
    while client.is_handshaking() {
        client.complete_io(&mut socket).expect("a handshake");
    }
    let itself = socket.local_addr().expect("an address");
    for (n, size) in [1, 2, 7, 40, 1000].into_iter().enumerate() {
        let line = format!("{n} {}", "x".repeat(300));
        // A record for each byte, then records that are cut.
        for byte in line.as_bytes() {
            client.writer().write_all(&[*byte]).expect("memory");
        }
        client.writer().write_all(b"\n").expect("memory");
        for part in records(&mut client).chunks(size) {
            socket.write_all(part).expect("a server");
        }
        let expected = message_by_port(itself, &line).to_string();
        while hears.hear()?.is_some_and(|heard| heard != expected) {}
    }
    Ok(vec![hears])
}

fn readers_that_stop_within_a_record(chat: &Chat, door: SocketAddr) -> Result<Vec<Peer>> {
    let stuck = |_| chat.stage.connect_taking_little_through(Door::Tls, "stuck", door);
    (0..10).map(stuck).collect()
}

fn survives(door: Door, kinds: &[(&str, Abuse)]) -> Result {
    let chat = Chat::start_secured(&["--quiet"])?;
    let address = chat.address_of(door)?;
    let server = format!("{}://{address}", door.scheme());
    let healthy = Healthy::start_with(&chat, &["--server", &server, "--insecure"])?;
    let mut abusers = Vec::new();
    for (kind, abuse) in kinds {
        abusers.extend(abuse(&chat, address)?);
        let goes_on = healthy.go_on(&chat.stage);
        goes_on.map_err(|_| chat.stage.failure(format!("nobody talks after {kind}")))?;
    }
    healthy.finish(&chat.stage)
}

const HANDSHAKES: [(&str, Abuse); 4] = [
    ("half handshakes", half_handshakes_by_the_hundred),
    ("a dripping handshake", handshakes_that_drip),
    ("resets", a_storm_of_resets),
    ("no records", bytes_that_are_no_records),
];

#[test]
fn r10_10_abuse_of_tls_leaves_the_others_alone() -> Result {
    let records: [(&str, Abuse); 2] = [
        ("cut records", records_that_are_cut_anywhere),
        ("stuck readers", readers_that_stop_within_a_record),
    ];
    survives(Door::Tls, &[&HANDSHAKES[..], &records].concat())
}

#[test]
fn r10_10_abuse_of_an_encrypted_web_leaves_the_others_alone() -> Result {
    survives(Door::SecureWebSocket, &HANDSHAKES)
}
