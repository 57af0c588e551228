//! Members that do not read, talk or ask without end, or leave at a bad moment.

use std::thread;

use chat_drive::failure::Result;
use chat_protocol::wording;
use chat_tests::ES;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::peer::Peer;

/// Starts a chat without notices of joining and leaving; everything else is as usual.
fn quiet() -> Result<Chat> {
    quiet_with(&[])
}

fn quiet_with(options: &[&str]) -> Result<Chat> {
    let quiet = ["--profile", "grupal", "--presence", "off", "--max-rate", "off"];
    Chat::start_with(&[&quiet, options].concat())
}

/// Checks, again and again, that two members receive each other's messages.
fn talk(ana: &mut Peer, bea: &mut Peer) -> Result {
    (0..100).try_for_each(|i| {
        ana.send(format!("{i}\n"))?;
        bea.expect(&format!("Ana > {i}"))?;
        bea.send(format!("{i}\n"))?;
        ana.expect(&format!("Bea > {i}"))
    })
}

#[test]
fn r2_1_a_flood_reaches_even_those_who_read_slower_than_it_is_sent() -> Result {
    const MESSAGES: usize = 10_000;
    let chat = Chat::start()?;
    let (mut ana, bea, caro) = (chat.peer("ana")?, chat.peer("bea")?, chat.peer("caro")?);
    let prefix = said_by(&ana, "");
    let listeners = [bea, caro].map(|mut peer| {
        let prefix = prefix.clone();
        thread::spawn(move || -> Result {
            (0..MESSAGES).try_for_each(|i| peer.expect(&format!("{prefix}{i:0>500}")))
        })
    });
    let flood: Vec<String> = (0..MESSAGES).map(|i| format!("{i:0>500}\n")).collect();
    ana.send(flood.concat())?;
    listeners.into_iter().try_for_each(|listener| listener.join().expect("no panic"))
}

/// Hears of so many messages `a`, one by one or as missed. Returns the number of missed ones.
fn hear_of(peer: &mut Peer, messages: usize) -> Result<usize> {
    let (mut heard, mut missed) = (0, 0);
    while heard + missed < messages {
        let line = peer.hear()?.expect("a line");
        let gap = line.strip_prefix("* te has perdido ").and_then(|gap| gap.split_once(' '));
        if let Some((gap, _)) = gap {
            missed += gap.parse::<usize>().expect("a number");
        } else {
            assert!(line.starts_with("usuario ") && line.ends_with(": a"), "torn: {line:?}");
            heard += 1;
        }
    }
    assert_eq!(heard + missed, messages);
    Ok(missed)
}

#[test]
fn r2_1_a_reader_too_slow_for_a_flood_is_told_how_much_it_missed() -> Result {
    const FLOODERS: usize = 20;
    const EACH: usize = 3000;
    let chat = Chat::start_with(&["--slow-timeout", "off"])?;
    let (mut slow, mut quick) = (chat.stuck_peer("slow")?, chat.peer("quick")?);
    let mut flooders = Vec::new();
    for i in 0..FLOODERS {
        let mut flooder = chat.peer(&format!("flooder {i}"))?;
        flooder.forget_what_arrives()?;
        // Labels add most to the shortest lines.
        let flood = "a\n".repeat(EACH);
        flooders.push(thread::spawn(move || flooder.send(flood).map(|()| flooder)));
    }
    // The flood is twice as much as the outbox and both sockets hold, and the slow one has read nothing before its end.
    hear_of(&mut quick, FLOODERS * EACH)?;
    let missed = hear_of(&mut slow, FLOODERS * EACH)?;
    assert!(missed > 0, "all of it fitted: nothing is shown");
    flooders.into_iter().try_for_each(|flooder| flooder.join().expect("no panic").map(drop))
}

#[test]
fn r6_1_a_flood_of_private_messages_to_one_who_never_reads_delays_nobody() -> Result {
    let chat = quiet()?;
    let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
    let mut stuck = chat.stuck_peer("stuck")?;
    stuck.expect(wording::NAME_KEYWORD)?;
    stuck.send("Eva\n/sala cocina\n")?;
    stuck.expect(ES.help_hint())?;
    stuck.expect("* estás en la sala cocina")?;
    caro.send("/sala patio\n")?;
    caro.expect("* estás en la sala patio")?;
    // Far more than a socket and an outbox hold.
    let flood = format!("/privado Eva {:x>4000}\n", "").repeat(1000);
    caro.forget_what_arrives()?;
    let flooder = thread::spawn(move || caro.send(flood).map(|()| caro));
    talk(&mut ana, &mut bea)?;
    flooder.join().expect("no panic")?;
    talk(&mut ana, &mut bea)
}

#[test]
fn r6_3_who_asks_without_end_and_never_reads_delays_nobody() -> Result {
    let chat = quiet_with(&["--slow-timeout", "1s"])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    let mut stuck = chat.stuck_peer("stuck")?;
    stuck.expect(wording::NAME_KEYWORD)?;
    let gone = format!("cliente {} desconectado", stuck.address());
    // It fails once the server has closed the connection.
    let flooder = thread::spawn(move || {
        let _ = stuck.send(format!("Eva\n{}", "/ayuda\n".repeat(100_000)));
        stuck
    });
    talk(&mut ana, &mut bea)?;
    chat.server.out.wait_for(&gone)?;
    talk(&mut ana, &mut bea)?;
    flooder.join().expect("no panic");
    ana.send("/quien\n")?;
    ana.expect("* en general (2): Ana, Bea")
}

#[test]
fn r6_2_who_changes_rooms_without_end_delays_nobody() -> Result {
    let chat = quiet()?;
    let [mut ana, mut bea, mut eva] = chat.members(["Ana", "Bea", "Eva"])?;
    eva.forget_what_arrives()?;
    let hops = "/sala una\n/sala otra\n".repeat(20_000);
    let flooder = thread::spawn(move || eva.send(hops).map(|()| eva));
    talk(&mut ana, &mut bea)?;
    let _eva = flooder.join().expect("no panic")?;
    talk(&mut ana, &mut bea)
}

#[test]
fn r6_2_those_who_change_rooms_all_the_time_are_announced_in_turn() -> Result {
    const ROUNDS: usize = 100;
    let chat = Chat::start_with(&["--profile", "grupal", "--max-rate", "off"])?;
    let mut ana = chat.member("Ana")?;
    let mut peers = Vec::new();
    for name in ["Eva", "Fe", "Gil", "Hugo"] {
        let peer = chat.member(name)?;
        peer.forget_what_arrives()?;
        ana.expect(&format!("* {name} se ha unido"))?;
        peers.push((name, peer));
    }
    for _ in 0..ROUNDS {
        for (_, peer) in &mut peers {
            peer.send("/sala cocina\n/sala general\n")?;
        }
    }
    let mut heard = Vec::new();
    for _ in 0..2 * ROUNDS * peers.len() {
        heard.push(ana.hear()?.expect("somebody comes or goes"));
    }
    for (name, _) in &peers {
        let left = format!("* {name} pasa a la sala cocina");
        let joined = format!("* {name} viene de la sala cocina");
        let of: Vec<_> = heard.iter().filter(|line| [&left, &joined].contains(line)).collect();
        assert_eq!(of, [&left, &joined].repeat(ROUNDS), "what was heard of {name}");
    }
    ana.send("/quien\n")?;
    ana.expect("* en general (5): Ana, Eva, Fe, Gil, Hugo")
}

#[cfg(unix)]
mod stopping {
    use chat_tests::chat::sees_the_stop;

    use super::*;

    const SIGTERM: i32 = 15;

    #[test]
    fn r6_2_a_stop_delivers_what_had_arrived_in_every_room() -> Result {
        let mut chat = quiet()?;
        let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
        caro.send("/sala cocina\n")?;
        caro.expect("* estás en la sala cocina")?;
        ana.send("aqui\n/privado caro solo tu\n/sala cocina\nalla")?;
        chat.server.signal(SIGTERM)?;
        bea.expect("Ana > aqui")?;
        sees_the_stop(&mut bea)?;
        caro.expect("[privado] Ana > solo tu")?;
        caro.expect("Ana > alla")?;
        sees_the_stop(&mut caro)?;
        ana.expect("[privado a Caro] solo tu")?;
        ana.expect("* estás en la sala cocina")?;
        sees_the_stop(&mut ana)?;
        chat.server.expect_exit(0)?;
        chat.server.err.expect_end()
    }

    #[test]
    fn r5_1_a_stop_ends_those_who_are_asked_as_well() -> Result {
        let mut chat = Chat::start_with(&["--profile", "sala"])?;
        let mut asked = chat.asked_peer("asked")?;
        let mut named = chat.asked_peer("named")?;
        named.send("Eva\nadios")?;
        chat.server.signal(SIGTERM)?;
        sees_the_stop(&mut asked)?;
        named.expect("* eres Eva; en general (1): Eva")?;
        sees_the_stop(&mut named)?;
        chat.server.out.wait_for("Eva > adios")?;
        chat.server.expect_exit(0)?;
        chat.server.err.expect_end()
    }
}
