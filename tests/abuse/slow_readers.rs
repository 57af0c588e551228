//! Slow consumers: clients that stop reading, for a while or for ever.

use chat_drive::failure::Result;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;

use crate::broadcast::{Broadcast, ONE_BY_ONE, gap};
use crate::healthy::Healthy;

const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;

/// More lines than a socket and an outbox hold.
const MANY: usize = 1600;

/// Starts a chat, its healthy clients, and a speaker.
fn broadcast(options: &[&str]) -> Result<(Chat, Healthy, Broadcast)> {
    let chat = Chat::start_with(&[&["--label", "none"], options].concat())?;
    let healthy = Healthy::start_with(&chat, &ONE_BY_ONE)?;
    let broadcast = Broadcast::start(&chat)?;
    Ok((chat, healthy, broadcast))
}

/// Reads lines up to the first that fits `last`.
fn hear_until(
    mut hear: impl FnMut() -> Result<Option<String>>,
    last: impl Fn(&str) -> bool,
) -> Result<Vec<String>> {
    let mut heard: Vec<String> = Vec::new();
    while heard.last().is_none_or(|line| !last(line)) {
        heard.push(hear()?.expect("the server goes on"));
    }
    Ok(heard)
}

/// Checks the lines of a client that has not read for a while: those up to the notice of missed
/// messages, and those from there to the next message.
#[track_caller]
fn catches_up(
    mut hear: impl FnMut() -> Result<Option<String>>,
    broadcast: &mut Broadcast,
) -> Result {
    let mut heard = hear_until(&mut hear, |line| gap(line).is_some())?;
    broadcast.say("fin")?;
    heard.extend(hear_until(&mut hear, |line| line == "fin")?);
    assert!(broadcast.missed_by(&heard, "principio") > 0);
    Ok(())
}

#[test]
fn r2_1_a_client_that_was_stopped_hears_or_is_told_of_everything() -> Result {
    let (chat, healthy, mut broadcast) = broadcast(&[])?;
    let client = chat.client("client")?;
    broadcast.say("principio")?;
    client.out.wait_for("principio")?;
    client.signal(SIGSTOP)?;
    broadcast.go_on(MANY)?;
    client.signal(SIGCONT)?;
    catches_up(|| client.out.hear(), &mut broadcast)?;
    healthy.finish(&chat.stage)
}

/// Connects a peer that receives the beginning and then stops reading.
fn stuck(chat: &Chat, broadcast: &mut Broadcast) -> Result<Peer> {
    let mut stuck = chat.stuck_peer("stuck")?;
    broadcast.say("principio")?;
    hear_until(|| stuck.hear(), |line| line == "principio")?;
    Ok(stuck)
}

/// Checks that the server closes this peer's connection for this reason.
fn is_hung_up_on(stuck: &Peer, chat: &Chat, why: &str) -> Result {
    chat.server.err.find(|line| line.contains(why), why)?;
    chat.server.out.wait_for(&format!("cliente {} desconectado", stuck.address()))
}

/// Checks that the system keeps nothing for this peer that it has not taken: its connection is reset.
#[track_caller]
fn is_reset(mut stuck: Peer) {
    let end = loop {
        match stuck.hear() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a proper end, before which all waits that was sent to it"),
            Err(end) => break end.to_string(),
        }
    };
    assert!(end.starts_with("stuck cannot receive: Connection reset"), "{end}");
}

#[test]
fn r2_1_a_reader_that_stops_and_goes_on_hears_or_is_told_of_everything() -> Result {
    stops_and_goes_on(&["--outbox", "4KiB"])
}

/// Checks a client that stops reading and goes on: it gets every message in the common order, or a
/// notice of the missed ones.
pub(crate) fn stops_and_goes_on(options: &[&str]) -> Result {
    let (chat, healthy, mut broadcast) = broadcast(options)?;
    let mut stuck = stuck(&chat, &mut broadcast)?;
    broadcast.go_on(MANY / 2)?;
    catches_up(|| stuck.hear(), &mut broadcast)?;
    healthy.finish(&chat.stage)
}

#[test]
fn r1_4_who_would_miss_something_is_closed_if_that_is_wanted() -> Result {
    let (chat, healthy, mut broadcast) = broadcast(&["--slow-reader", "close"])?;
    let stuck = stuck(&chat, &mut broadcast)?;
    broadcast.go_on(MANY)?;
    is_hung_up_on(&stuck, &chat, "it reads too slowly")?;
    is_reset(stuck);
    healthy.finish(&chat.stage)
}

#[test]
fn r1_4_who_takes_nothing_for_too_long_is_closed() -> Result {
    // The outbox would hold everything that is sent to it.
    let (chat, healthy, mut broadcast) =
        broadcast(&["--slow-timeout", "500ms", "--outbox", "64MiB"])?;
    let stuck = stuck(&chat, &mut broadcast)?;
    broadcast.go_on(MANY / 2)?;
    is_hung_up_on(&stuck, &chat, "it has stopped reading")?;
    is_reset(stuck);
    healthy.finish(&chat.stage)
}
