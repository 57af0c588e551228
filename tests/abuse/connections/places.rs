//! A limited number of places (`--max-clients`): what clients can have beyond it, and how they can fill it.

use chat_drive::failure::Result;
use chat_drive::process::descriptors;
use chat_protocol::refusal::Refusal;
use chat_tests::ES;
use chat_tests::chat::{Chat, take_part};
use chat_tests::harness::peer::Peer;

fn full() -> String {
    ES.refusal(&Refusal::ServerFull).to_string()
}

/// Checks that this peer is turned away.
#[track_caller]
fn is_turned_away(mut peer: Peer) -> Result {
    peer.expect(&full())?;
    peer.expect_end()
}

#[test]
fn r7_5_those_who_leave_and_take_nothing_keep_their_places_until_they_are_closed() -> Result {
    const PLACES: usize = 5;
    /// More lines than a socket holds.
    const LINES: usize = 120;
    let chat = Chat::start_with(&["--label", "none", "--max-clients", "5", "--quiet"])?;
    let id = chat.server.id();
    let mut ana = chat.peer("ana")?;
    let with_ana = descriptors(id).expect("descriptors");
    let mut stuck = Vec::new();
    for i in 1..PLACES {
        stuck.push(chat.stuck_peer(&format!("stuck {i}"))?);
    }
    let text = format!("{:x>4000}\n", "").repeat(LINES);
    ana.send(text + "/\n")?;
    // One that reads shows that all of it is delivered.
    let mut reader = stuck.pop().expect("a peer");
    while reader.hear()?.is_some_and(|line| line != "/") {}
    for peer in &mut stuck {
        peer.end_sending()?;
        let gone = format!("cliente {} desconectado", peer.address());
        chat.server.out.wait_for(&gone)?;
    }
    for i in 0..2 * PLACES {
        is_turned_away(chat.stage.connect(&format!("late {i}"), chat.address)?)?;
    }
    let now = descriptors(id).expect("descriptors");
    assert!(now < with_ana + PLACES + 2 * PLACES, "{now} descriptors, {with_ana} at first");
    drop(stuck);
    chat.stage.eventually("their places are free", || chat.peer("bea").is_ok())
}

#[test]
fn r1_4_clients_without_a_name_cannot_fill_all_places() -> Result {
    let chat = Chat::start_with(&["--profile", "sala", "--max-clients", "3"])?;
    let mut ana = chat.member("Ana")?;
    let mut nameless = [chat.asked_peer("first")?, chat.asked_peer("second")?].into_iter();
    let mut bea = chat.named_peer("Bea")?;
    is_turned_away(nameless.next().expect("the first"))?;
    take_part(&mut bea)?;
    let mut caro = chat.named_peer("Caro")?;
    is_turned_away(nameless.next().expect("the second"))?;
    take_part(&mut caro)?;
    is_turned_away(chat.stage.connect("late", chat.address)?)?;
    for line in ["* Bea se ha unido", "* Caro se ha unido"] {
        ana.expect(line)?;
    }
    Ok(())
}
