//! Chapter 5: presence. With a crowd: `crowd`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::thread;

use chat_drive::failure::Result;
use chat_protocol::wording;
use chat_tests::ES;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;
use chat_tests::harness::stage::Stage;

fn sala() -> Result<Chat> {
    Chat::start_with(&["--profile", "sala"])
}

#[test]
fn r5_3_the_room_hears_who_joins_and_leaves_however_it_leaves() -> Result {
    let ways: [fn(Peer); 4] = [
        drop,
        Peer::reset,
        |mut peer| drop(peer.send("salir\n")),
        |mut peer| drop(peer.end_sending().and_then(|()| peer.hear())),
    ];
    let chat = sala()?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.expect("* Bea se ha unido")?;
    for (round, leave) in ways.into_iter().cycle().take(20).enumerate() {
        let mut eva = chat.named_peer("Eva")?;
        eva.send(format!("{round}\n"))?;
        for witness in [&mut ana, &mut bea] {
            witness.expect("* Eva se ha unido")?;
            witness.expect(&format!("Eva > {round}"))?;
        }
        leave(eva);
        ana.expect("* Eva ha salido")?;
        bea.expect("* Eva ha salido")?;
    }
    Ok(())
}

#[test]
fn r5_3_who_joins_speaks_and_leaves_at_once_is_heard_whole() -> Result {
    let chat = sala()?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.expect("* Bea se ha unido")?;
    for last in ["adios\nsalir\n", "adios\n", "adios"] {
        let mut eva = chat.asked_peer("eva")?;
        eva.send(format!("Eva\nhola\n{last}"))?;
        drop(eva);
        for line in ["* Eva se ha unido", "Eva > hola", "Eva > adios", "* Eva ha salido"] {
            ana.expect(line)?;
            bea.expect(line)?;
        }
    }
    Ok(())
}

#[test]
fn r5_3_who_is_closed_for_silence_leaves_like_everybody() -> Result {
    let chat = Chat::start_with(&["--profile", "grupal", "--idle-timeout", "1s"])?;
    let mut ana = chat.member("Ana")?;
    let _silent = chat.named_peer("Eva")?;
    ana.expect("* Eva se ha unido")?;
    // The requests keep ana from being idle, and the answers show only the members of the room.
    loop {
        ana.send("/quien\n")?;
        match ana.hear()?.as_deref() {
            Some("* en general (2): Ana, Eva") => {}
            Some("* Eva ha salido") => break,
            other => panic!("{other:?}"),
        }
    }
    ana.expect("* en general (1): Ana")
}

#[test]
fn r5_3_presence_is_heard_of_those_who_were_not_asked_too() -> Result {
    let chat = Chat::start_with(&["--presence"])?;
    let mut ana = chat.peer("ana")?;
    let mut bea = chat.peer("bea")?;
    let name = format!("usuario-{}", bea.address().port());
    let of_ana = format!("usuario-{}", ana.address().port());
    ana.expect(&format!("* eres {of_ana}; en general (1): {of_ana}"))?;
    ana.expect(&format!("* {name} se ha unido"))?;
    bea.expect(&format!("* eres {name}; en general (2): {of_ana}, {name}"))?;
    drop(bea);
    ana.expect(&format!("* {name} ha salido"))
}

#[test]
fn r5_3_without_presence_nobody_is_announced() -> Result {
    let chat = Chat::start_with(&["--profile", "sala", "--presence", "off"])?;
    let mut ana = chat.member("Ana")?;
    drop(chat.member("Eva")?);
    let mut bea = chat.member("Bea")?;
    bea.send("hola\n")?;
    ana.expect("Bea > hola")
}

/// The lines that this peer receives until caro's last message.
fn heard(peer: &mut Peer) -> Result<Vec<String>> {
    let mut heard = Vec::new();
    loop {
        match peer.hear()?.expect("the end of the storm") {
            line if line == "Caro > fin" => return Ok(heard),
            line => heard.push(line),
        }
    }
}

/// Connects clients that talk and then leave in one of three ways. Returns the server's lines for
/// their leaving.
fn come_and_go(stage: &Stage, address: SocketAddr, name: &str) -> Result<Vec<String>> {
    let mut gone = Vec::new();
    for round in 0..10 {
        let mut peer = stage.connect(name, address)?;
        peer.expect(ES.greeting())?;
        peer.expect(wording::NAME_KEYWORD)?;
        gone.push(format!("cliente {} desconectado", peer.address()));
        peer.send(format!("{name}-{round}\nuno\ndos\n"))?;
        match round % 3 {
            0 => drop(peer),
            1 => peer.reset(),
            _ => {
                peer.send("salir\n")?;
                while peer.hear()?.is_some() {}
            }
        }
    }
    Ok(gone)
}

/// The lines about each name, without the name.
fn by_name(heard: &[String]) -> HashMap<&str, Vec<&str>> {
    let mut of: HashMap<&str, Vec<&str>> = HashMap::new();
    for line in heard {
        let line = line.trim_start_matches("* ");
        let (name, what) = line.split_once(' ').expect("a name");
        of.entry(name).or_default().push(what);
    }
    of
}

#[test]
fn r5_3_in_a_storm_all_hear_one_order_and_resets_cost_nobody_anything() -> Result {
    let chat = sala()?;
    let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
    let rude = chat.members(["Ruda", "Rudo"])?;
    let mut gone = rude.iter().map(|p| format!("cliente {} desconectado", p.address())).collect();
    let (stage, address) = (&chat.stage, chat.address);
    thread::scope(|scope| -> Result {
        let storm: Vec<_> = ["Eva", "Fe", "Gil", "Hugo", "Iker"]
            .map(|name| scope.spawn(move || come_and_go(stage, address, name)))
            .into();
        rude.into_iter().for_each(Peer::reset);
        for crowd in storm {
            Vec::append(&mut gone, &mut crowd.join().expect("no panic")?);
        }
        Ok(())
    })?;
    while !gone.is_empty() {
        let line = chat.server.out.find(|line| gone.iter().any(|g| g == line), "who left")?;
        gone.retain(|gone| *gone != line);
    }
    caro.send("fin\n")?;
    let heard = [heard(&mut ana)?, heard(&mut bea)?];
    assert_eq!(heard[0][1..], heard[1], "what ana and bea heard");
    let of = by_name(&heard[0]);
    assert_eq!(of.keys().filter(|name| name.contains('-')).count(), 50);
    for (name, heard) in of.iter().filter(|(name, _)| name.contains('-')) {
        assert_eq!(heard, &["se ha unido", "> uno", "> dos", "ha salido"], "{name}");
    }
    Ok(())
}

/// Without pauses (`--framing line`), so that only the end of the stream ends the name.
#[test]
fn r5_3_a_name_that_was_cut_off_is_not_announced() -> Result {
    let chat = Chat::start_with(&["--profile", "sala", "--framing", "line"])?;
    let mut zoe = chat.member("Zoe")?;
    let mut cut = chat.asked_peer("cut")?;
    cut.send("An")?;
    let address = cut.address();
    drop(cut);
    chat.server.out.wait_for(&ES.client_disconnected(address).to_string())?;
    let _bea = chat.member("Bea")?;
    zoe.expect("* Bea se ha unido")
}

#[test]
fn r5_3_the_console_ties_names_to_addresses() -> Result {
    let chat = Chat::start_with(&["--profile", "grupal", "--presence", "off"])?;
    let mut ana = chat.member("Ana")?;
    let address = ana.address();
    let says = |text: &str| chat.server.out.expect(text);
    says(&format!("nuevo cliente conectado: {address}"))?;
    says(&format!("* Ana ({address}) se ha unido"))?;
    ana.send("/nombre Bea\n/sala otra\nsalir\n")?;
    says(&format!("* Ana ({address}) ahora es Bea"))?;
    says(&format!("* Bea ({address}) pasa a la sala otra"))?;
    says(&format!("* Bea ({address}) ha salido"))?;
    says(&format!("cliente {address} desconectado"))
}

#[test]
fn r5_3_the_console_needs_no_second_line_for_a_guest() -> Result {
    let chat = Chat::start_with(&["--presence", "on"])?;
    let ana = chat.peer("ana")?;
    let address = ana.address();
    drop(ana);
    chat.server.out.expect(&format!("nuevo cliente conectado: {address}"))?;
    chat.server.out.expect(&format!("cliente {address} desconectado"))
}
