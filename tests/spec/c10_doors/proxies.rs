//! Clients behind proxies.

use std::num::NonZeroU32;

use chat_drive::failure::Result;
use chat_protocol::refusal::{AddressLimit, Refusal};
use chat_tests::ES;
use chat_tests::chat::Chat;
use chat_tests::harness::door::Door;
use chat_tests::harness::peer::Peer;

use super::{start, web};

/// A header of the PROXY protocol, version 2: a client from this address of 192.0.2.0/24 and this port.
fn header(host: u8, port: u16) -> Vec<u8> {
    let [high, low] = port.to_be_bytes();
    let addresses = [192, 0, 2, host, 192, 0, 2, 255, high, low, 0x30, 0x39];
    [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"[..], &addresses].concat()
}

/// A connection of a proxy to the listener for lines, which says this first.
fn through_proxy(chat: &Chat, name: &str, header: &[u8]) -> Result<Peer> {
    let mut peer = chat.stage.connect_through(Door::Plain, name, chat.address)?;
    peer.send_raw(header)?;
    Ok(peer)
}

#[test]
fn r10_17_a_proxy_says_from_where_its_clients_come() -> Result {
    let limits = ["--max-per-ip", "1", "--limit-exempt", "127.0.0.1"];
    let chat =
        Chat::start_with(&[&["--proxy", "v2", "--proxy-from", "127.0.0.1"][..], &limits].concat())?;
    let mut ana = through_proxy(&chat, "ana", &header(1, 4711))?;
    ana.expect(ES.greeting())?;
    let mut bea = through_proxy(&chat, "bea", &[&header(2, 4712)[..], b"hola\n"].concat())?;
    bea.expect(ES.greeting())?;
    ana.expect("usuario 4712: hola")?;
    chat.server.out.wait_for("nuevo cliente conectado: 192.0.2.1:4711")?;
    let mut second = through_proxy(&chat, "second of one address", &header(2, 4713))?;
    second.expect(
        &ES.refusal(&Refusal::Address(AddressLimit::Connections(NonZeroU32::MIN))).to_string(),
    )?;
    second.expect_end()?;
    // A look whether the server is there, and one that speaks without a header.
    drop(through_proxy(&chat, "look", b"")?);
    through_proxy(&chat, "no header", b"sixteen bytes...")?.expect_end()?;
    chat.server.err.find(|line| line.contains("PROXY protocol"), "a warning")?;
    Ok(())
}

#[test]
fn r10_17_who_is_no_proxy_speaks_for_itself() -> Result {
    let chat = Chat::start_with(&["--proxy", "v2", "--proxy-from", "192.0.2.0/24"])?;
    let mut ana = chat.peer("ana")?;
    let bea = chat.peer("bea")?;
    ana.send("hola\n")?;
    drop(bea);
    chat.server.out.wait_for(&format!("cliente {}: hola", ana.address()))
}

#[test]
fn r10_18_a_request_says_from_where_its_client_comes() -> Result {
    let chat = start(&["--proxy", "forwarded", "--proxy-from", "127.0.0.1", "--max-per-ip", "1"])?;
    let ask = |name, forwarded: &str| -> Result<Peer> {
        let mut peer = chat.stage.connect_through(Door::Plain, name, web(&chat))?;
        peer.send(format!(
            "GET /ws HTTP/1.1\r\nHost: chat\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             X-Forwarded-For: {forwarded}\r\n\r\n"
        ))?;
        Ok(peer)
    };
    let _ana = ask("ana", "198.51.100.1, 192.0.2.1")?;
    chat.server.out.wait_for("nuevo cliente conectado: 192.0.2.1:1")?;
    let _bea = ask("bea", "2001:db8::1, 127.0.0.1")?;
    chat.server.out.wait_for("nuevo cliente conectado: [2001:db8::1]:2")?;
    let _second = ask("second of one address", "192.0.2.1")?;
    chat.server.out.wait_for("cliente 192.0.2.1:3 rechazado: --max-per-ip 1")?;
    ask("no address", "unknown")?.expect("HTTP/1.1 400 Bad Request\r")
}
