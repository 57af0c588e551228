//! Half-open connections: peers that have shut down their side, do not close it, or have vanished.

use chat_drive::failure::Result;
use chat_drive::process::descriptors;
use chat_tests::ES;
use chat_tests::binaries;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;
use chat_tests::harness::program::Program;

use crate::healthy::Healthy;

const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;

/// Number of such peers.
const MANY: usize = 100;

/// Reads to the end of each connection.
fn see_the_end(peers: &mut [Peer]) -> Result {
    peers.iter_mut().try_for_each(|peer| {
        while peer.hear()?.is_some() {}
        Ok(())
    })
}

#[test]
fn r2_10_those_who_end_their_side_are_heard_and_released_although_they_stay() -> Result {
    let chat = Chat::start_with(&["--label", "none"])?;
    let id = chat.server.id();
    let healthy = Healthy::start(&chat)?;
    let mut bea = chat.peer("bea")?;
    let before = descriptors(id).expect("descriptors");
    let mut peers = Vec::new();
    for i in 0..MANY {
        let mut peer = chat.peer(&format!("half {i}"))?;
        peer.send(format!("hola\nadios de {i}"))?;
        peer.end_sending()?;
        peers.push(peer);
    }
    let mut due: Vec<String> = (0..MANY).map(|i| format!("adios de {i}")).collect();
    due.resize(2 * MANY, "hola".to_owned());
    see_the_end(&mut peers)?;
    chat.peer("caro")?.send("fin\n")?;
    let mut heard = Vec::new();
    while heard.last().is_none_or(|line| line != "fin") {
        heard.extend(bea.hear()?.filter(|line| !line.starts_with('{')));
    }
    heard.pop();
    heard.sort();
    due.sort();
    assert_eq!(heard, due);
    chat.stage.eventually("their descriptors are closed", || {
        descriptors(id).is_ok_and(|now| now == before)
    })?;
    healthy.finish(&chat.stage)
}

#[test]
fn r3_4_those_who_left_and_do_not_close_are_released() -> Result {
    let chat = Chat::start()?;
    let id = chat.server.id();
    let healthy = Healthy::start(&chat)?;
    let before = descriptors(id).expect("descriptors");
    let mut peers = Vec::new();
    for i in 0..MANY {
        let mut peer = chat.peer(&format!("leaving {i}"))?;
        peer.send("salir\n")?;
        peers.push(peer);
    }
    see_the_end(&mut peers)?;
    chat.stage.eventually("their descriptors are closed", || {
        descriptors(id).is_ok_and(|now| now == before)
    })?;
    drop(peers);
    healthy.finish(&chat.stage)
}

/// A client that takes part and is then suspended: it neither answers nor closes.
fn vanished(chat: &Chat, name: &str) -> Result<Program> {
    let mut command = binaries::client();
    command.args([&chat.address.to_string(), "--profile", "grupal", "--name", name]);
    let mut client = chat.stage.start(name, command)?;
    client.type_in("estoy\n")?;
    chat.server.out.wait_for(&format!("{name} > estoy"))?;
    client.signal(SIGSTOP)?;
    Ok(client)
}

#[test]
fn r8_1_those_who_vanish_without_a_word_are_idle_and_released() -> Result {
    let options = ["--profile", "grupal", "--presence", "off", "--max-rate", "off"];
    let chat = Chat::start_with(&[&options[..], &["--idle-timeout", "2s"]].concat())?;
    let id = chat.server.id();
    let healthy = Healthy::start_apart(&chat, &[])?;
    let before = descriptors(id).expect("descriptors");
    let names = ["Ana", "Bea", "Caro"];
    let mut clients = Vec::new();
    for name in names {
        clients.push(vanished(&chat, name)?);
    }
    let (mut idle, mut gone) = (Vec::new(), Vec::new());
    while gone.len() < names.len() {
        let line = chat.server.out.hear()?.expect("the server goes on");
        idle.extend(line.strip_suffix(" inactivo").map(str::to_owned));
        gone.extend(line.strip_suffix(" desconectado").map(str::to_owned));
    }
    idle.sort();
    gone.sort();
    assert_eq!(idle, gone);
    chat.stage.eventually("their descriptors are closed", || {
        descriptors(id).is_ok_and(|now| now == before)
    })?;
    for client in &mut clients {
        client.signal(SIGCONT)?;
        client.out.wait_for(ES.idle_notice())?;
        client.expect_exit(4)?;
    }
    healthy.finish(&chat.stage)
}
