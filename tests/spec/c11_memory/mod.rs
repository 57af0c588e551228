//! Chapter 11: what a room remembers. The file in which it is kept: `store`, `upkeep`.
//! Clients that come back: `resuming`, `absence`, `cuts`. This project's own one: `client`.

mod absence;
mod catching_up;
mod client;
mod cuts;
pub(crate) mod resuming;
mod retention;
mod store;
mod upkeep;

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;

/// The profile with commands, without notices of joining and leaving.
const QUIET: [&str; 6] = ["--profile", "grupal", "--presence", "off", "--max-rate", "off"];

fn start(options: &[&str]) -> Result<Chat> {
    Chat::start_with(&[&QUIET, options].concat())
}

/// The next line, which is a past message, without its age.
#[track_caller]
fn expect_past(peer: &mut Peer, message: &str) -> Result {
    let line = peer.hear()?.unwrap_or_default();
    match line.strip_prefix("* hace ").and_then(|line| line.split_once(": ")) {
        Some((_, said)) if said == message => Ok(()),
        _ => Err(peer.failure(format!("should hear of {message:?}, not {line:?}"))),
    }
}

/// A member that has been welcomed, but for what this chapter adds.
fn member(chat: &Chat, name: &str) -> Result<Peer> {
    let mut peer = chat.named_peer(name)?;
    peer.expect(ES.help_hint())?;
    Ok(peer)
}

#[test]
fn r11_1_the_last_messages_of_the_room_can_be_asked_for() -> Result {
    let chat = start(&[])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.send("/historial\n")?;
    ana.expect(ES.no_history())?;
    for i in 0..30 {
        ana.send(format!("{i}\n"))?;
        bea.expect(&format!("Ana > {i}"))?;
    }
    bea.send("/privado Ana secreto\nyo\n")?;
    ana.expect("[privado] Bea > secreto")?;
    ana.expect("Bea > yo")?;
    bea.expect("[privado a Ana] secreto")?;
    for (line, first) in [("/historial", 11), ("/history 3", 28), ("/historial 999", 0)] {
        bea.send(format!("{line}\n"))?;
        for i in first..30 {
            expect_past(&mut bea, &format!("Ana > {i}"))?;
        }
        expect_past(&mut bea, "Bea > yo")?;
    }
    bea.send("/historial todo\n")?;
    bea.expect("! se escribe así: /historial [NÚMERO]")?;
    bea.send("/sala cocina\n/historial\n")?;
    bea.expect(&ES.you_are_in(&"cocina".parse().unwrap()).to_string())?;
    bea.expect(ES.no_history())
}

#[test]
fn r11_2_who_joins_is_told_the_last_messages_before_what_is_said_next() -> Result {
    let chat = start(&["--replay", "2"])?;
    let mut ana = member(&chat, "Ana")?;
    ana.send("uno\ndos\ntres\n/historial 1\n")?;
    expect_past(&mut ana, "Ana > tres")?;
    let mut bea = member(&chat, "Bea")?;
    expect_past(&mut bea, "Ana > dos")?;
    expect_past(&mut bea, "Ana > tres")?;
    ana.send("cuatro\n")?;
    bea.expect("Ana > cuatro")
}

#[test]
fn r11_2_where_clients_have_no_names_as_well() -> Result {
    let chat = Chat::start_with(&["--label", "none", "--replay", "9"])?;
    let [mut one, mut two] = [chat.peer("one")?, chat.peer("two")?];
    one.send("hola\n")?;
    two.expect("hola")?;
    let mut late = chat.peer("late")?;
    expect_past(&mut late, "hola")
}
