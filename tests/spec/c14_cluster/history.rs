//! What was said before a server was part of the chat.

use std::ops::Range;

use chat_drive::failure::Result;
use chat_tests::cluster::hear_until;
use chat_tests::harness::peer::Peer;
use chat_tests::harness::stage::Stage;

use super::{OPTIONS, Own, chat, own};
use crate::c11_memory::resuming::{Resumer, object};

/// Far more than a room remembers.
const LINES: usize = 3000;

/// What a room gives of its history.
const LAST: usize = 200;

/// The texts of these lines, which are told of the past: without their times.
fn told(lines: &[String]) -> Vec<&str> {
    lines
        .iter()
        .filter_map(|line| line.strip_prefix("* hace ")?.split_once(": "))
        .map(|(_, said)| said)
        .collect()
}

/// So many lines, of which the room has heard the last.
#[track_caller]
fn says(speaker: &mut Peer, listener: &mut Peer, name: &str, numbers: Range<usize>) -> Result {
    let lines: Vec<_> = numbers.map(|n| format!("{name} {n}")).collect();
    for some in lines.chunks(500) {
        speaker.send(some.join("\n") + "\n")?;
        let last = some.last().expect("some");
        hear_until(listener, &format!("{name} > {last}"))?;
    }
    Ok(())
}

/// The last messages of this peer's room, as the server has them.
#[track_caller]
fn history(peer: &mut Peer, number: usize) -> Result<Vec<String>> {
    peer.send(format!("/historial {number}\n"))?;
    next(peer, number)
}

/// The next lines: this many.
#[track_caller]
fn next(peer: &mut Peer, number: usize) -> Result<Vec<String>> {
    (0..number).map(|_| Ok(peer.hear()?.unwrap_or_default())).collect()
}

/// The peer is told that this was said before.
#[track_caller]
fn hear_until_told(peer: &mut Peer, said: &str) -> Result {
    while peer.hear()?.is_none_or(|line| told(&[line]) != [said]) {}
    Ok(())
}

#[test]
fn r14_17_a_new_server_tells_what_was_said_before_it() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let [mut lara, mut luis] = [a.member("Lara", "lago")?, b.member("Luis", "lago")?];
    lara.expect("* Luis viene de la sala general")?;
    says(&mut lara, &mut luis, "Lara", 0..LINES)?;
    // Of another room, behind it, and of one that is closed.
    let [mut leo, mut lola] = [a.member("Leo", "loma")?, b.member("Lola", "loma")?];
    leo.expect("* Lola viene de la sala general")?;
    says(&mut leo, &mut lola, "Leo", 0..300)?;
    luis.send("/sala loma\n")?;
    hear_until(&mut lola, "* Luis viene de la sala lago")?;
    lara.send("/sala loma\n")?;
    hear_until(&mut lola, "* Lara viene de la sala lago")?;
    let options = [&OPTIONS[..], &["--replay", "50"]].concat();
    let third = chat.log.serve(&stage, "third", &options)?;
    let due: Vec<_> = (LINES - LAST..LINES).map(|n| format!("Lara > Lara {n}")).collect();
    let mut late = third.door.asked("late")?;
    late.send("Lino\n/sala lago\n/quien\n")?;
    let heard = hear_until(&mut late, "* en lago (1): Lino")?;
    let heard = told(&heard);
    assert_eq!(heard[heard.len() - 50..], due[LAST - 50..]);
    assert_eq!(told(&history(&mut late, LAST)?), due);
    // What is said from now on is behind it.
    late.send("/sala loma\n")?;
    hear_until(&mut lola, "* Lino viene de la sala lago")?;
    lola.send("fin\n")?;
    hear_until(&mut late, "Lola > fin")?;
    let heard = history(&mut late, 3)?;
    assert_eq!(told(&heard), ["Leo > Leo 298", "Leo > Leo 299", "Lola > fin"]);
    Ok(())
}

#[test]
fn r14_17_a_client_resumes_on_a_new_server_without_a_gap() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut mara = Resumer::begin(a.member("Mara", "mina")?)?;
    let [mut mateo, mut maite] = [a.member("Mateo", "mina")?, b.member("Maite", "mina")?];
    mara.expect_kind("comes")?;
    mara.expect_kind("comes")?;
    mateo.expect("* Maite viene de la sala general")?;
    maite.send("uno\n")?;
    mara.expect("Maite", "uno")?;
    hear_until(&mut mateo, "Maite > uno")?;
    mara.say("propio")?;
    mara.expect_accepted(1)?;
    mara.peer.end_sending()?;
    while mara.peer.hear()?.is_some() {}
    says(&mut mateo, &mut maite, "Mateo", 0..LINES)?;
    let third = chat.log.serve(&stage, "third", &OPTIONS)?;
    mara.come_back(third.door.peer("again")?)?;
    for n in 0..LINES {
        mara.expect("Mateo", &format!("Mateo {n}"))?;
    }
    maite.send("fin\n")?;
    loop {
        let next = object(&mut mara.peer)?;
        if next["kind"] == "message" {
            assert_eq!((&next["who"], &next["text"]), (&"Maite".into(), &"fin".into()));
            return Ok(());
        }
        assert!(next["kind"] != "missed", "{next}");
    }
}

#[test]
fn r14_17_what_was_said_outlives_all_servers() -> Result {
    let stage = Stage::new();
    let Some(Own { nodes, log, broker }) = own(&stage, &OPTIONS)? else { return Ok(()) };
    let [a, b] = [nodes[0].door, nodes[1].door];
    let [mut nora, mut nico] = [a.member("Nora", "nido")?, b.member("Nico", "nido")?];
    nora.expect("* Nico viene de la sala general")?;
    says(&mut nora, &mut nico, "Nora", 0..50)?;
    let [mut nerea, mut other] = [a.asked("Nerea")?, b.asked("Nilo")?];
    other.send("Nilo\n")?;
    hear_until(&mut other, "* eres Nilo; en general (1): Nilo")?;
    nerea.send("Nerea\nhola\n")?;
    hear_until(&mut other, "Nerea > hola")?;
    drop(nodes);
    let options = [&OPTIONS[..], &["--replay", "5"]].concat();
    let again = ["again-a", "again-b"].map(|name| log.serve(&stage, name, &options));
    let due: Vec<_> = (0..50).map(|n| format!("Nora > Nora {n}")).collect();
    for (node, name) in again.into_iter().zip(["Nuria", "Noa"]) {
        let node = node?;
        let mut peer = node.door.asked(name)?;
        peer.send(format!("{name}\n"))?;
        hear_until_told(&mut peer, "Nerea > hola")?;
        peer.send("/sala nido\n")?;
        hear_until(&mut peer, "* estás en la sala nido")?;
        peer.hear()?;
        assert_eq!(told(&next(&mut peer, 5)?), due[45..]);
        assert_eq!(told(&history(&mut peer, 50)?), due);
    }
    drop(broker);
    Ok(())
}
