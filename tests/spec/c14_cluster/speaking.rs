//! What is said, and who comes and goes.

use std::collections::HashMap;

use chat_drive::failure::Result;
use chat_tests::chat::said_by;
use chat_tests::cluster::hear_until;
use chat_tests::harness::peer::Peer;
use chat_tests::harness::stage::Stage;

use super::{all_hear, chat, own};

/// Lines of each speaker.
const LINES: usize = 50;

fn lines(of: &str) -> String {
    (0..LINES).map(|n| format!("{of} {n}\n")).collect::<Vec<_>>().concat()
}

/// The next lines but notices: this many.
#[track_caller]
fn messages(peer: &mut Peer, number: usize) -> Result<Vec<String>> {
    let mut heard = Vec::new();
    while heard.len() < number {
        let line = peer.hear()?.ok_or_else(|| peer.failure("should hear more"))?;
        if !line.starts_with("* ") {
            heard.push(line);
        }
    }
    Ok(heard)
}

#[test]
fn r14_5_each_line_reaches_each_other_member_once_in_one_order() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let mut speakers = Vec::new();
    for (door, names) in chat.doors.iter().zip([["Uxía", "Ula", "Ugo"], ["Val", "Vera", "Vito"]]) {
        for name in names {
            speakers.push((name, door.member(name, "voces")?));
        }
    }
    let mut listener = chat.doors[0].member("Wanda", "voces")?;
    for (name, speaker) in &mut speakers {
        hear_until(speaker, "* Wanda viene de la sala general")?;
        speaker.send(lines(name))?;
    }
    let all = messages(&mut listener, speakers.len() * LINES)?;
    for (name, speaker) in &mut speakers {
        let own: Vec<_> = (0..LINES).map(|n| format!("{name} > {name} {n}")).collect();
        let (of_it, of_others): (Vec<_>, Vec<_>) =
            all.iter().cloned().partition(|line| line.starts_with(&format!("{name} > ")));
        assert_eq!(of_it, own);
        assert_eq!(messages(speaker, of_others.len())?, of_others);
    }
    listener.send("fin\n")?;
    all_hear(speakers.iter_mut().map(|(_, speaker)| speaker), "Wanda > fin")
}

#[test]
fn r14_5_messages_and_notices_have_one_order_and_each_notice_comes_once() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut listeners = [a.member("Xenia", "paso")?, b.member("Ximo", "paso")?];
    listeners[0].expect("* Ximo viene de la sala general")?;
    let names = ["Yago", "Yolanda"];
    let mut walkers = [a.member(names[0], "paso")?, b.member(names[1], "paso")?];
    for (name, walker) in names.iter().zip(&mut walkers) {
        let rounds = (0..20).map(|n| format!("{n}\n/sala general\n/sala paso\n"));
        walker.send(rounds.collect::<String>() + name + " fin\n")?;
    }
    let mut heard = Vec::new();
    for listener in &mut listeners {
        let mut lines = hear_until(listener, "Yago > Yago fin")?;
        if !lines.iter().any(|line| line == "Yolanda > Yolanda fin") {
            lines.extend(hear_until(listener, "Yolanda > Yolanda fin")?);
        }
        heard.push(lines);
    }
    assert_eq!(heard[0], heard[1]);
    let mut counts = HashMap::new();
    heard[0].iter().for_each(|line| *counts.entry(line.as_str()).or_insert(0) += 1);
    for name in names {
        assert_eq!(counts[&*format!("* {name} viene de la sala general")], 21);
        assert_eq!(counts[&*format!("* {name} pasa a la sala general")], 20);
    }
    Ok(())
}

#[test]
fn r14_5_who_comes_and_who_leaves_is_told_once_on_each_server() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut listeners = [a.newcomer("Paz")?, b.newcomer("Pere")?];
    for (name, door) in [("Quim", a), ("Quela", b)] {
        let mut peer = door.newcomer(name)?;
        hear_until(&mut listeners[0], &format!("* {name} se ha unido"))?;
        peer.send("/salir\n")?;
        hear_until(&mut listeners[0], &format!("* {name} ha salido"))?;
        let [one, other] = &mut listeners;
        one.send(format!("{name} salió\n"))?;
        other.send(format!("fin de {name}\n"))?;
        let heard = hear_until(other, &format!("Paz > {name} salió"))?;
        let of_it: Vec<_> = heard.iter().filter(|line| line.starts_with("* ")).collect();
        let of_it: Vec<_> = of_it.into_iter().filter(|line| line.contains(name)).collect();
        assert_eq!(of_it, [&format!("* {name} se ha unido"), &format!("* {name} ha salido")]);
        for line in hear_until(one, &format!("Pere > fin de {name}"))? {
            assert!(!line.starts_with("* ") || !line.contains(name), "{line}");
        }
    }
    Ok(())
}

#[test]
fn r14_5_where_clients_have_no_names_as_well() -> Result {
    let stage = Stage::new();
    let Some(chat) = own(&stage, &["--profile", "basico", "--max-rate", "off"])? else {
        return Ok(());
    };
    let mut peers = Vec::new();
    for door in chat.doors() {
        for name in ["one", "two", "three"] {
            peers.push(door.peer(name)?);
        }
    }
    for peer in &mut peers {
        peer.send(lines("línea"))?;
    }
    let mut heard = Vec::new();
    for peer in &mut peers {
        heard.push(messages(peer, 5 * LINES)?);
    }
    // What two have heard, without the lines of either, is the same.
    for (first, one) in peers.iter().zip(&heard) {
        for (second, other) in peers.iter().zip(&heard) {
            let own: Vec<_> = [first, second].map(|peer| said_by(peer, "")).into();
            let rest = |lines: &[String]| -> Vec<String> {
                let is_own = |line: &String| own.iter().any(|own| line.starts_with(own));
                lines.iter().filter(|line| !is_own(line)).cloned().collect()
            };
            assert_eq!(rest(one), rest(other));
        }
        for speaker in peers.iter().filter(|peer| peer.address() != first.address()) {
            let due: Vec<_> = (0..LINES).map(|n| said_by(speaker, &format!("línea {n}"))).collect();
            let said: Vec<_> = one.iter().filter(|line| due.contains(line)).cloned().collect();
            assert_eq!(said, due);
        }
    }
    peers[5].send("fin\n")?;
    let last = said_by(&peers[5], "fin");
    all_hear(&mut peers[..5], &last)
}
