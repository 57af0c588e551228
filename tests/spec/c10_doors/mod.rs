//! Chapter 10: doors. Here the web listener; `tls` has encrypted ones, and `every_door` runs other chapters' tests
//! through each.

use std::net::SocketAddr;

use chat_drive::failure::Result;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::door::Door;
use chat_tests::harness::peer::Peer;

mod certificates;
mod client;
mod closing;
mod every_door;
mod frames;
mod json;
mod proxies;
mod requests;
mod tls;

/// A server with a door of each kind, on free ports.
fn start(options: &[&str]) -> Result<Chat> {
    Chat::start_with(&[&["--web", "127.0.0.1:0"], options].concat())
}

fn web(chat: &Chat) -> SocketAddr {
    chat.web.expect("a listener for the web")
}

/// Connects a WebSocket peer, which is not greeted yet.
fn web_peer(chat: &Chat, name: &str) -> Result<Peer> {
    chat.stage.connect_through(Door::WebSocket, name, web(chat))
}

/// A client's frame with this first byte. Its mask changes nothing.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("a short one");
    [&[first, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

#[test]
fn r10_1_both_doors_lead_into_one_chat() -> Result {
    let chat = start(&[])?;
    let (mut ana, mut bea) = (chat.web_peer("ana")?, chat.peer("bea")?);
    ana.send("hola\n")?;
    bea.expect(&said_by(&ana, "hola"))?;
    bea.send("¿qué tal?\n")?;
    ana.expect(&said_by(&bea, "¿qué tal?"))?;
    let address = ana.address();
    chat.server.out.wait_for(&format!("nuevo cliente conectado: {address}"))?;
    chat.server.out.wait_for(&format!("cliente {address}: hola"))?;
    drop(ana);
    chat.server.out.wait_for(&format!("cliente {address} desconectado"))
}

#[test]
fn r10_1_the_web_can_be_the_only_door() -> Result {
    let chat = Chat::start_with(&["--bind", "off", "--web", "127.0.0.1:0"])?;
    assert_eq!(chat.web, Some(chat.address), "there is no other");
    let (mut ana, mut bea) = (chat.web_peer("ana")?, chat.web_peer("bea")?);
    ana.send("hola\n")?;
    bea.expect(&said_by(&ana, "hola"))
}

/// Others talk while these are here: a flood of pings that reads nothing, frames byte by byte, a reader that stops
/// within a frame, half requests and half handshakes.
#[test]
fn r10_7_those_who_abuse_a_door_delay_nobody() -> Result {
    const HALF: usize = 50;
    let chat = start(&["--slow-timeout", "off"])?;
    let (mut ana, mut bea) = (chat.web_peer("ana")?, chat.peer("bea")?);
    let mut abusers = Vec::new();
    for half in ["", "GET /ws", "GET /ws HTTP/1.1\r\nHost: a\r\n", "\x16\x03\x01", "hola\r\n"] {
        for i in 0..HALF {
            let name = format!("half {i}");
            let mut peer = chat.stage.connect_through(Door::Plain, &name, web(&chat))?;
            peer.send(half)?;
            abusers.push(peer);
        }
    }
    let slow = chat.stage.connect_taking_little_through(Door::WebSocket, "slow", web(&chat))?;
    let (mut pings, mut drip) = (chat.web_peer("pings")?, chat.web_peer("drip")?);
    let dripped = frame(1, b"gota a gota");
    for i in 0..500 {
        pings.send_raw(frame(0x89, &[b'x'; 125]).repeat(20))?;
        if let Some(byte) = dripped.get(i) {
            drip.send_raw([*byte])?;
        } else if i == dripped.len() {
            drip.send_raw(frame(0x80, b""))?;
            bea.expect(&said_by(&drip, "gota a gota"))?;
            ana.expect(&said_by(&drip, "gota a gota"))?;
        }
        let text = format!("{i} {}", "x".repeat(3000));
        ana.send(format!("{text}\n"))?;
        bea.expect(&said_by(&ana, &text))?;
        bea.send("sigo\n")?;
        ana.expect(&said_by(&bea, "sigo"))?;
    }
    drop((abusers, slow));
    Ok(())
}
