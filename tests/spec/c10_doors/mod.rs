//! Chapter 10: doors. Here the web listener; `every_door` runs other chapters' tests through it.

use std::net::SocketAddr;

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::door::Door;
use chat_tests::harness::peer::Peer;

mod closing;
mod every_door;
mod frames;
mod requests;

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

/// Connects a WebSocket peer that has been greeted.
fn greeted(chat: &Chat, name: &str) -> Result<Peer> {
    let mut peer = web_peer(chat, name)?;
    peer.expect(ES.greeting())?;
    Ok(peer)
}

/// A client's frame with this first byte. Its mask changes nothing.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("a short one");
    [&[first, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

#[test]
fn r10_1_both_doors_lead_into_one_chat() -> Result {
    let chat = start(&[])?;
    let (mut ana, mut bea) = (greeted(&chat, "ana")?, chat.peer("bea")?);
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
    let (mut ana, mut bea) = (greeted(&chat, "ana")?, greeted(&chat, "bea")?);
    ana.send("hola\n")?;
    bea.expect(&said_by(&ana, "hola"))
}
