//! Chapter 3: leaving.

use chat_drive::failure::Result;
use chat_tests::chat::{Chat, said_by};

#[test]
fn r3_1_salir_in_any_spelling_leaves_and_reaches_nobody() -> Result {
    let chat = Chat::start()?;
    let mut bea = chat.peer("bea")?;
    let spellings =
        ["salir\n", "SALIR\n", "Salir\r\n", "  sAlIr  \n", "\tsalir\n", "salir", "\u{a0}salir\n"];
    for spelling in spellings {
        let mut ana = chat.peer("ana")?;
        ana.send(spelling)?;
        ana.expect_end()?;
        chat.server.out.wait_for(&format!("cliente {} desconectado", ana.address()))?;
    }
    let mut caro = chat.peer("caro")?;
    caro.send("barrier\n")?;
    bea.expect(&said_by(&caro, "barrier"))
}

#[test]
fn r3_1_nothing_behind_salir_is_heard() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    ana.send("antes\nsalir\ndespues\n")?;
    bea.expect(&said_by(&ana, "antes"))?;
    ana.expect_end()?;
    let mut caro = chat.peer("caro")?;
    caro.send("barrier\n")?;
    bea.expect(&said_by(&caro, "barrier"))
}

#[test]
fn r3_1_who_leaves_while_still_sending_sees_a_proper_end() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.peer("ana")?;
    ana.send(format!("salir\n{}", "behind\n".repeat(10_000)))?;
    ana.expect_end()
}

#[test]
fn r3_2_a_line_that_contains_the_word_is_a_message() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    for text in ["no quiero salir", "salir ya", "salirse", "s alir", "/salir", "'salir'"] {
        ana.send(format!("{text}\n"))?;
        bea.expect(&said_by(&ana, text))?;
    }
    Ok(())
}

#[test]
fn r3_3_who_is_gone_is_removed_and_nobody_else_notices() -> Result {
    let mut chat = Chat::start()?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    for way in ["closes", "resets", "half-closes"] {
        let mut peer = chat.peer(way)?;
        let gone = format!("cliente {} desconectado", peer.address());
        match way {
            "closes" => drop(peer),
            "resets" => peer.reset(),
            _ => {
                peer.end_sending()?;
                peer.expect_end()?;
            }
        }
        chat.server.out.wait_for(&gone)?;
        ana.send(format!("{way}\n"))?;
        bea.expect(&said_by(&ana, way))?;
    }
    chat.server.kill()?;
    chat.server.err.expect_end()
}

#[cfg(target_os = "linux")]
#[test]
fn r3_4_descriptors_and_memory_return_when_300_have_come_and_gone() -> Result {
    use chat_drive::process::{descriptors, resident};

    /// Memory that the system's allocator may keep or round up, in bytes.
    const SLACK: u64 = 512 * 1024;

    let chat = Chat::start()?;
    let id = chat.server.id();
    let mut witness = chat.peer("witness")?;
    let baseline = descriptors(id).expect("descriptors");
    let mut memory = Vec::new();
    for round in 0..3 {
        let mut peers = Vec::new();
        for i in 0..100 {
            peers.push(chat.peer(&format!("peer {round}.{i}"))?);
        }
        assert_eq!(descriptors(id).expect("descriptors"), baseline + 100);
        peers[0].send("hola\n")?;
        witness.expect(&said_by(&peers[0], "hola"))?;
        for (i, mut peer) in peers.into_iter().enumerate() {
            match i % 4 {
                0 => drop(peer),
                1 => peer.reset(),
                2 => peer.send("salir\n")?,
                _ => peer.end_sending()?,
            }
        }
        chat.stage.eventually("the descriptors of all who left are closed", || {
            descriptors(id).is_ok_and(|now| now == baseline)
        })?;
        memory.push(resident(id).expect("memory"));
    }
    assert!(memory[2] <= memory[0] + SLACK, "memory after each hundred: {memory:?}");
    Ok(())
}

#[cfg(unix)]
#[test]
fn r3_5_each_client_is_told_that_the_server_stops_behind_all_that_was_accepted() -> Result {
    const SIGTERM: i32 = 15;
    let options = ["--profile", "sala", "--max-clients", "3", "--when-full", "wait"];
    let mut chat = Chat::start_with(&options)?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.expect("* Bea se ha unido")?;
    let mut nameless = chat.asked_peer("nameless")?;
    let mut waiting = chat.stage.connect("waiting", chat.address)?;
    let waits = format!("cliente {} espera su turno", waiting.address());
    chat.server.out.wait_for(&waits)?;
    ana.send("una linea\ny media")?;
    chat.server.signal(SIGTERM)?;
    for line in ["Ana > una linea", "Ana > y media"] {
        bea.expect(line)?;
    }
    for peer in [&mut ana, &mut bea, &mut nameless, &mut waiting] {
        chat_tests::chat::sees_the_stop(peer)?;
    }
    chat.server.expect_exit(0)
}

#[test]
fn r3_5_one_that_leaves_by_itself_is_told_no_reason() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    ana.send("salir\n")?;
    ana.expect_end()?;
    bea.end_sending()?;
    bea.expect_end()
}
