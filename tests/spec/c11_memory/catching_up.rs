//! A client that comes back, and takes what it has missed so slowly that it is sent away before it has all of it.

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;

use super::resuming::{Resumer, object};
use super::store::{Place, RECORDED, recorded};

/// Goes to a room of its own.
fn cook(chat: &Chat, name: &str) -> Result<Peer> {
    let mut peer = recorded(chat, name)?;
    peer.send("/sala cocina\n")?;
    peer.expect("* estás en la sala cocina")?;
    peer.expect(RECORDED)?;
    Ok(peer)
}

/// Bea has opened a room, and said there what fits no socket. Ana has just come back to it.
fn catching_up(place: &Place) -> Result<(Chat, Peer, Resumer)> {
    let chat = place.start(&["--drain", "10s"])?;
    let mut bea = cook(&chat, "Bea")?;
    let mut ana = Resumer::begin(cook(&chat, "Ana")?)?;
    ana.peer = chat.stuck_peer("again")?;
    bea.send(format!("{}\n", "x".repeat(4000)).repeat(4000) + "/historial 1\n")?;
    bea.hear()?;
    ana.peer.send(format!("/reanudar {} {}\n", ana.token, ana.position))?;
    ana.expect_kind("resumed")?;
    Ok((chat, bea, ana))
}

/// Takes what there is to be taken. It ends properly, with this reason.
#[track_caller]
fn expect_end(mut ana: Resumer, reason: &str) -> Result {
    let end = loop {
        let object = object(&mut ana.peer)?;
        if object["kind"] != "message" {
            break object;
        }
    };
    if end["kind"] != "end" || end["text"] != reason {
        return Err(ana.peer.failure(format!("should be told {reason:?}: {end}")));
    }
    ana.peer.expect_end()
}

#[test]
fn r11_12_who_is_sent_away_while_it_is_sent_what_it_has_missed_is_told_why() -> Result {
    let place = Place::new();
    let (_chat, mut bea, ana) = catching_up(&place)?;
    bea.send("/echar Ana fuera\n")?;
    bea.expect("* Bea ha echado a Ana: fuera")?;
    expect_end(ana, "te ha echado Bea: fuera")
}

#[test]
fn r11_12_who_is_sent_what_it_has_missed_when_the_server_stops_is_told_so() -> Result {
    let place = Place::new();
    let (mut chat, _bea, ana) = catching_up(&place)?;
    let gone = format!("cliente {} desconectado", ana.peer.address());
    chat.server.signal(15)?;
    chat.server.out.wait_for(&gone)?;
    expect_end(ana, ES.server_closing().trim_start_matches("* "))?;
    chat.server.expect_exit(0)
}
