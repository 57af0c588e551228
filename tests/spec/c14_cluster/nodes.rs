//! Servers that are killed, stopped and cut off.

use chat_drive::failure::Result;
use chat_protocol::name::NameError;
use chat_protocol::wording::NAME_KEYWORD;
use chat_tests::ES;
use chat_tests::chat::sees_the_stop;
use chat_tests::cluster::{Node, SharedLog, enter, hear_until};
use chat_tests::harness::door::Door;
use chat_tests::harness::forwarder::Forwarder;
use chat_tests::harness::peer::Peer;
use chat_tests::harness::stage::Stage;

use super::{OPTIONS, answers, chat};
use crate::c11_memory::resuming::Resumer;

#[test]
fn r14_11_people_of_a_server_that_was_killed_leave_once() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut third = chat.log.serve(&stage, "third", &OPTIONS)?;
    let mut listeners = [a.member("Rafa", "río")?, b.member("Rita", "río")?];
    listeners[0].expect("* Rita viene de la sala general")?;
    let [mut one, other] = [third.door.member("Roque", "río")?, third.door.member("Rosa", "río")?];
    let mut absent = Resumer::begin(third.door.member("Rubén", "río")?)?;
    for name in ["Roque", "Rosa", "Rubén"] {
        let comes = format!("* {name} viene de la sala general");
        listeners.iter_mut().try_for_each(|peer| peer.expect(&comes))?;
    }
    one.send("adiós\n")?;
    listeners.iter_mut().try_for_each(|peer| peer.expect("Roque > adiós"))?;
    third.server.kill()?;
    // Nobody has its name before it is known that the server is gone.
    let mut again = b.asked("again")?;
    again.send("Roque\n")?;
    again.expect(&ES.name_refused(NameError::Taken).to_string())?;
    again.expect(NAME_KEYWORD)?;
    for listener in &mut listeners {
        listener.expect("* Roque ha salido")?;
        listener.expect("* Rosa ha salido")?;
        // It could have come back.
        listener.expect("* Rubén ha salido")?;
    }
    enter(&mut again, "Roque", "río")?;
    let resumed = absent.come_back(a.peer("again")?)?;
    assert_eq!(resumed["you"], "Rubén");
    listeners[0].send("fin\n")?;
    let [_, rita] = &mut listeners;
    rita.expect("* Roque viene de la sala general")?;
    rita.expect("* Rubén se ha unido")?;
    rita.expect("Rafa > fin")?;
    answers(rita, "/quien", "* en río (4): Rafa, Rita, Roque, Rubén")?;
    drop((one, other));
    Ok(())
}

#[test]
fn r14_11_people_of_a_server_that_is_stopped_leave_at_once_and_what_they_said_arrives() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut third = chat.log.serve(&stage, "third", &OPTIONS)?;
    let mut listener = a.member("Sara", "sierra")?;
    let mut leaving = third.door.member("Saúl", "sierra")?;
    let mut session = Resumer::begin(third.door.member("Sonia", "sierra")?)?;
    leaving.expect("* Sonia viene de la sala general")?;
    for n in 0..100 {
        leaving.send(format!("ya me voy {n}\n"))?;
    }
    // All of it has reached the server.
    while session.expect_kind("message")?["text"] != "ya me voy 99" {}
    third.server.signal(15)?;
    sees_the_stop(&mut leaving)?;
    third.server.expect_exit(0)?;
    hear_until(&mut listener, "* Sonia viene de la sala general")?;
    for n in 0..100 {
        listener.expect(&format!("Saúl > ya me voy {n}"))?;
    }
    listener.expect("* Saúl ha salido")?;
    let saul = b.member("Saúl", "sierra")?;
    listener.expect("* Saúl viene de la sala general")?;
    // She can come back, and does, unheard.
    session.come_back(b.peer("again")?)?;
    session.say("hola")?;
    hear_until(&mut listener, "Sonia > hola")?;
    drop(saul);
    Ok(())
}

#[test]
fn r14_11_what_a_killed_server_had_brought_in_is_heard_by_all_alike() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut third = chat.log.serve(&stage, "third", &OPTIONS)?;
    let mut listeners = [a.member("Gala", "granja")?, b.member("Gil", "granja")?];
    listeners[0].expect("* Gil viene de la sala general")?;
    let mut speaker = third.door.member("Gema", "granja")?;
    for n in 0..2000 {
        speaker.send(format!("{n}\n"))?;
    }
    hear_until(&mut listeners[1], "Gema > 100")?;
    third.server.kill()?;
    let mut said = Vec::new();
    for listener in &mut listeners {
        let heard = hear_until(listener, "* Gema ha salido")?;
        said.push(heard.into_iter().rfind(|line| line.starts_with("Gema > ")));
        listener.send("fin\n")?;
    }
    assert_eq!(said[0], said[1]);
    listeners[0].expect("Gil > fin")?;
    listeners[1].expect("Gala > fin")
}

/// Comes in when the server, which was not part of the chat any more, is part of it again.
#[track_caller]
pub(super) fn comes_in(node: &Node<'_>, name: &str, room: &str) -> Result<Peer> {
    for said in ["not part of the cluster any more", "INFO part of the cluster"] {
        node.server.err.find(|line| line.contains(said), said)?;
    }
    loop {
        let mut peer = node.door.stage.connect_through(Door::Plain, name, node.door.lines)?;
        // A moment before, it still sends people away.
        match peer.hear()?.unwrap_or_default() {
            line if line == ES.was_isolated() => {}
            line if line == ES.greeting() => {
                peer.expect(NAME_KEYWORD)?;
                enter(&mut peer, name, room)?;
                return Ok(peer);
            }
            line => return Err(peer.failure(format!("should be greeted, not hear {line:?}"))),
        }
    }
}

#[test]
fn r14_12_a_server_that_was_cut_off_ends_its_connections_and_takes_part_again() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let broker = chat.log.brokers.parse().map_err(|error| stage.failure(error))?;
    let hole = Forwarder::start(broker).map_err(|error| stage.failure(error))?;
    let log = SharedLog { brokers: hole.address.to_string(), ..chat.log.clone() };
    let third = log.serve(&stage, "third", &OPTIONS)?;
    let mut tina = a.member("Tina", "túnel")?;
    let mut cut = third.door.member("Toño", "túnel")?;
    let mut web = third.door.web_member("Trini", "túnel")?;
    cut.expect("* Trini viene de la sala general")?;
    let mut session = Resumer::begin(third.door.member("Telmo", "túnel")?)?;
    hear_until(&mut tina, "* Telmo viene de la sala general")?;
    cut.send("antes\n")?;
    tina.expect("Toño > antes")?;
    session.expect("Toño", "antes")?;
    hole.set_mute(true);
    // It is told to them, and what they type waits.
    hear_until(&mut cut, ES.servers_away())?;
    cut.send("perdido\n")?;
    session.say("una vez")?;
    for name in ["Toño", "Trini", "Telmo"] {
        tina.expect(&format!("* {name} ha salido"))?;
    }
    tina.send("después\n")?;
    hear_until(&mut web, ES.servers_away())?;
    hole.set_mute(false);
    for line in hear_until(&mut cut, ES.was_isolated())? {
        assert!(line != "Tina > después" && !line.starts_with("* Tina"), "{line}");
    }
    cut.expect_end()?;
    hear_until(&mut web, ES.was_isolated())?;
    assert_eq!(web.expect_close(1012)?, ES.was_isolated());
    // What it had sent meanwhile is not taken, unless it has a number: then it is sent again.
    session.come_back(b.peer("again")?)?;
    tina.expect("* Telmo se ha unido")?;
    session.peer.send("1 una vez\n")?;
    session.expect("Tina", "después")?;
    session.expect_accepted(1)?;
    tina.expect("Telmo > una vez")?;
    let mut tere = comes_in(&third, "Tere", "túnel")?;
    tina.expect("* Tere viene de la sala general")?;
    tere.send("hola\n")?;
    tina.expect("Tere > hola")?;
    tina.send("bienvenida\n")?;
    hear_until(&mut tere, "Tina > bienvenida").map(drop)
}

#[cfg(unix)]
#[test]
fn r14_12_so_does_one_that_stood_still() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, _] = chat.doors;
    let third = chat.log.serve(&stage, "third", &OPTIONS)?;
    let mut oscar = a.member("Óscar", "oasis")?;
    let mut olga = third.door.member("Olga", "oasis")?;
    oscar.expect("* Olga viene de la sala general")?;
    third.server.signal(19)?;
    olga.send("perdido\n")?;
    oscar.send("uno\n")?;
    oscar.expect("* Olga ha salido")?;
    oscar.send("dos\n")?;
    let mut again = a.member("Olga", "oasis")?;
    oscar.expect("* Olga viene de la sala general")?;
    third.server.signal(18)?;
    for line in hear_until(&mut olga, ES.was_isolated())? {
        assert!(line != "Óscar > dos" && !line.contains("viene"), "{line}");
    }
    olga.expect_end()?;
    let mut omar = comes_in(&third, "Omar", "oasis")?;
    oscar.expect("* Omar viene de la sala general")?;
    again.expect("* Omar viene de la sala general")?;
    omar.send("hola\n")?;
    oscar.expect("Omar > hola")
}
