//! Where words are taken from.

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::binaries;
use chat_tests::chat::{Certificate, Chat};
use chat_tests::harness::door::{Door, Way};
use chat_tests::harness::peer::Peer;
use serde_json::Value;

use super::{Place, WORD, member, question, register, registered, welcome};

const REFUSED: &str =
    "! la clave viajaría sin cifrar: usa una conexión con TLS (tls://, wss:// o https://)";

/// A header of the PROXY protocol, version 2: a client from this address.
fn header(address: [u8; 4]) -> Vec<u8> {
    let rest = [127, 0, 0, 1, 0x12, 0x34, 0x30, 0x39];
    [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"[..], &address, &rest].concat()
}

/// A client of a proxy, from this address, that is asked for its name.
fn from(chat: &Chat, door: Door, address: [u8; 4]) -> Result<Peer> {
    let name = format!("{address:?}");
    // The header comes before the handshake.
    let mut peer = chat.stage.connect_through(Door::Plain, &name, chat.address_of(door)?)?;
    peer.send_raw(header(address))?;
    peer.expect(ES.greeting())?;
    peer.expect("nombre del cliente")?;
    Ok(peer)
}

#[test]
fn r12_3_a_word_is_taken_through_each_door_of_this_machine() -> Result {
    let place = Place::new();
    let mut command = binaries::server();
    let certificate = Certificate::make();
    command.args(["--bind", "127.0.0.1:0", "--tls-bind", "127.0.0.1:0", "--web", "127.0.0.1:0"]);
    command.args(["--web-tls"]).args(certificate.options()).args(place.options(&[]));
    let chat = Chat::start_command(command)?;
    for (door, name) in [(Door::Plain, "Ana"), (Door::Tls, "Bea"), (Door::SecureWebSocket, "Eva")] {
        let mut peer = chat.peer_through(door, name)?;
        peer.expect("nombre del cliente")?;
        peer.send(format!("{name}\n/registrar {WORD}\n"))?;
        welcome(&mut peer)?;
        peer.expect(&registered(name))?;
        super::leave(&chat, peer, name)?;
        let mut peer = chat.peer_through(door, name)?;
        peer.expect("nombre del cliente")?;
        peer.send(format!("{name}\n{WORD}\n"))?;
        peer.expect(&question(name))?;
        welcome(&mut peer)?;
    }
    Ok(())
}

#[test]
fn r12_3_a_word_from_elsewhere_has_to_be_encrypted() -> Result {
    let place = Place::new();
    let chat = place.start(&["--proxy", "v2", "--proxy-from", "127.0.0.1"])?;
    let mut ana = from(&chat, Door::Plain, [127, 0, 0, 7])?;
    ana.send("Ana\n")?;
    welcome(&mut ana)?;
    register(&mut ana, "Ana")?;
    let mut bea = from(&chat, Door::Plain, [192, 0, 2, 1])?;
    bea.send(format!("Bea\n/registrar {WORD}\n/registrar\n"))?;
    welcome(&mut bea)?;
    bea.expect(REFUSED)?;
    bea.expect("! se escribe así: /registrar CLAVE")?;
    super::leave(&chat, ana, "Ana")?;
    let mut ana = from(&chat, Door::Plain, [192, 0, 2, 2])?;
    // Its word comes with the name: as a name, it would be public.
    ana.send("Ana\nmi-clave-segura\n")?;
    ana.expect(REFUSED)?;
    ana.expect_end()?;
    bea.send("/quien\n")?;
    bea.expect("* en general (1): Bea")
}

#[test]
fn r12_3_a_proxy_says_whether_a_request_was_encrypted() -> Result {
    let place = Place::new();
    let own = ["--web", "127.0.0.1:0", "--proxy", "forwarded", "--proxy-from", "127.0.0.1"];
    let chat = place.start(&own)?;
    let ask = |name: &str, proto: &str| -> Result<Peer> {
        let web = chat.address_of(Door::WebSocket)?;
        let mut peer = chat.stage.connect_through(Door::Plain, name, web)?;
        peer.send(format!(
            "GET /ws HTTP/1.1\r\nHost: chat\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             X-Forwarded-For: 192.0.2.7\r\n{proto}\r\n"
        ))?;
        while peer.hear()?.is_some_and(|line| line != "\r") {}
        let line = format!("{name}\n/registrar {WORD}\n/registrar\n");
        let mask = [0x81, 0x80 | u8::try_from(line.len()).expect("a short one"), 0, 0, 0, 0];
        peer.send([&mask, line.as_bytes()].concat())?;
        Ok(peer)
    };
    for (name, proto, answer) in [
        ("Ana", "X-Forwarded-Proto: https\r\n", "* tu nombre está registrado: Ana"),
        ("Bea", "X-Forwarded-Proto: http\r\n", REFUSED),
        ("Eva", "", REFUSED),
        ("Leo", "X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n", REFUSED),
    ] {
        let mut peer = ask(name, proto)?;
        // Frames are not read here: the text is in them as it is.
        let mut heard = Vec::new();
        while !String::from_utf8_lossy(&heard).contains("se escribe así") {
            heard.extend(peer.receive()?);
        }
        let heard = String::from_utf8_lossy(&heard).into_owned();
        assert!(heard.contains(answer), "{name}: {heard:?}");
    }
    Ok(())
}

#[test]
fn r12_2_the_word_is_asked_for_by_an_object() -> Result {
    let place = Place::new();
    let chat = place.start(&["--web", "127.0.0.1:0"])?;
    let mut ana = member(&chat, "Ana")?;
    register(&mut ana, "Ana")?;
    super::leave(&chat, ana, "Ana")?;
    let web = chat.address_of(Door::WebSocket)?;
    let mut ana = chat.stage.connect_through(Way::JSON, "ana", web)?;
    ana.send(format!("Ana\n{WORD}\n"))?;
    let mut next = |kind: &str| -> Result<Value> {
        loop {
            let line = ana.hear()?.unwrap_or_default();
            let object: Value = serde_json::from_str(&line).expect("an object");
            if object["kind"] == kind {
                return Ok(object);
            }
        }
    };
    assert_eq!(next("ask")?["word"], Value::Null);
    let asked = next("ask")?;
    assert_eq!(asked["word"], true);
    assert_eq!(asked["text"], "Ana está registrado: escribe su clave, o /nombre para dar otro");
    assert_eq!(next("here")?["you"], "Ana");
    Ok(())
}
