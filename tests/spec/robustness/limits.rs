//! Limits of the whole server: of each address, waiting clients, descriptors. The chapters
//! contain the limits of one client (lines, names, rooms, time).

use chat_drive::failure::Result;
use chat_protocol::limits::MAX_QUEUE;
use chat_terminal::descriptors;
use chat_tests::ES;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::peer::Peer;

const TOO_MANY: &str = "! demasiadas conexiones desde tu dirección (--max-per-ip 1)";

/// Checks that a new peer gets this line, whatever it has sent before, and that its connection is
/// closed.
fn refused(chat: &Chat, line: &str) -> Result {
    let mut late = chat.stage.connect("late", chat.address)?;
    late.send("hola\n".repeat(20_000))?;
    late.expect(line)?;
    late.expect_end()
}

/// Leaves, and waits until the server has seen it.
fn leave(chat: &Chat, peer: Peer) -> Result {
    let gone = format!("cliente {} desconectado", peer.address());
    drop(peer);
    chat.server.out.wait_for(&gone)
}

#[test]
fn r1_9_an_address_has_so_many_connections_and_no_more() -> Result {
    const MORE: &str = "! demasiadas conexiones desde tu dirección (--max-per-ip 2)";
    let chat = Chat::start_with(&["--max-per-ip", "2"])?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    refused(&chat, MORE)?;
    refused(&chat, MORE)?;
    ana.send("hola\n")?;
    bea.expect(&said_by(&ana, "hola"))?;
    leave(&chat, bea)?;
    let mut caro = chat.peer("caro")?;
    refused(&chat, MORE)?;
    caro.send("hola\n")?;
    ana.expect(&said_by(&caro, "hola"))
}

#[test]
fn r1_9_who_waits_for_a_place_is_a_connection_of_its_address() -> Result {
    const MORE: &str = "! demasiadas conexiones desde tu dirección (--max-per-ip 2)";
    let options = ["--max-clients", "1", "--when-full", "wait", "--max-per-ip", "2"];
    let chat = Chat::start_with(&options)?;
    let ana = chat.peer("ana")?;
    let mut bea = chat.stage.connect("bea", chat.address)?;
    chat.server.out.wait_for(&format!("cliente {} espera su turno", bea.address()))?;
    refused(&chat, MORE)?;
    leave(&chat, ana)?;
    bea.expect(ES.greeting())?;
    let caro = chat.stage.connect("caro", chat.address)?;
    chat.server.out.wait_for(&format!("cliente {} espera su turno", caro.address()))?;
    refused(&chat, MORE)?;
    leave(&chat, caro)?;
    let dora = chat.stage.connect("dora", chat.address)?;
    chat.server.out.wait_for(&format!("cliente {} espera su turno", dora.address()))
}

#[test]
fn r1_9_who_has_left_counts_until_the_connection_is_closed() -> Result {
    let chat = Chat::start_with(&["--max-per-ip", "1"])?;
    let mut ana = chat.stuck_peer("ana")?;
    let gone = format!("cliente {} desconectado", ana.address());
    ana.send("salir\n")?;
    chat.server.out.wait_for(&gone)?;
    // The server waits up to a second for ana to close her side as well; she does not.
    refused(&chat, TOO_MANY)?;
    drop(ana);
    Ok(())
}

#[test]
fn r2_10_who_goes_while_it_may_not_talk_is_heard_to_the_end() -> Result {
    let chat = Chat::start_with(&["--max-rate", "50/s", "--burst", "1"])?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    let lines = (0..30).fold(String::new(), |lines, i| lines + &format!("{i}\n"));
    let said = said_by(&ana, "");
    ana.send(lines)?;
    bea.expect(&format!("{said}0"))?;
    ana.reset();
    // The server detects that ana is gone when it sends her this.
    bea.send("sigues ahi?\n")?;
    (1..30).try_for_each(|i| bea.expect(&format!("{said}{i}")))
}

/// Linux only: a process's number of descriptors is known only there.
#[cfg(target_os = "linux")]
#[test]
fn r1_4_those_who_are_refused_and_stay_take_few_descriptors() -> Result {
    use chat_drive::process;

    let chat = Chat::start_with(&["--max-per-ip", "1"])?;
    let _ana = chat.peer("ana")?;
    let before = process::descriptors(chat.server.id()).expect("descriptors");
    let mut late = Vec::new();
    for i in 0..300 {
        late.push(chat.stage.connect(&format!("late {i}"), chat.address)?);
    }
    for peer in &mut late {
        peer.expect(TOO_MANY)?;
        peer.expect_end()?;
    }
    let refused = process::descriptors(chat.server.id()).expect("descriptors") - before;
    assert!(refused <= 100, "{refused}");
    Ok(())
}

/// Linux only: other systems have only one address of 127.0.0.0/8.
#[cfg(target_os = "linux")]
#[test]
fn r1_9_every_address_has_its_own_connections() -> Result {
    let chat = Chat::start_with(&["--max-per-ip", "1"])?;
    let mut ana = chat.peer("ana")?;
    let mut bea = chat.stage.connect_from("bea", ([127, 0, 0, 2], 0).into(), chat.address)?;
    bea.expect(ES.greeting())?;
    bea.send("hola\n")?;
    ana.expect(&said_by(&bea, "hola"))?;
    let mut late = chat.stage.connect_from("late", ([127, 0, 0, 2], 0).into(), chat.address)?;
    late.expect(TOO_MANY)?;
    late.expect_end()
}

/// Linux only: there, a listener on `[::]` takes IPv4 as well, unless the machine says otherwise.
#[cfg(target_os = "linux")]
#[test]
fn r1_9_an_ipv4_address_is_the_same_through_ipv6() -> Result {
    use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

    let only = std::fs::read_to_string("/proc/sys/net/ipv6/bindv6only");
    if TcpListener::bind("[::1]:0").is_err() || only.is_ok_and(|only| only.trim() == "1") {
        return Ok(()); // This machine has no IPv6, or keeps it apart.
    }
    let chat = Chat::start_with(&["--bind", "[::]:0", "--max-per-ip", "1"])?;
    let by = |ip| SocketAddr::new(ip, chat.address.port());
    let by_v4 = by(Ipv4Addr::LOCALHOST.into());
    chat.stage.connect("ana", by_v4)?.expect(ES.greeting())?;
    chat.server.out.find(|line| line.ends_with("desconectado"), "that ana has left")?;
    let mut bea = chat.stage.connect("bea", by_v4)?;
    bea.expect(ES.greeting())?;
    let mut caro = chat.stage.connect_from("caro", ([127, 0, 0, 2], 0).into(), by_v4)?;
    caro.expect(ES.greeting())?;
    let mut dora = chat.stage.connect("dora", by(Ipv6Addr::LOCALHOST.into()))?;
    dora.expect(ES.greeting())?;
    chat.stage.connect("late", by_v4)?.expect(TOO_MANY)
}

#[test]
fn r7_1_who_finds_the_queue_full_is_refused() -> Result {
    let needed = u64::try_from(MAX_QUEUE).expect("a small number") + 200;
    if descriptors::raise().is_some_and(|[soft, _]| soft < needed) {
        return Ok(()); // This machine cannot have so many connections.
    }
    let chat = Chat::start_with(&["--max-clients", "1", "--when-full", "wait"])?;
    let _served = chat.peer("served")?;
    let mut waiting = Vec::new();
    for i in 0..MAX_QUEUE {
        waiting.push(chat.stage.connect(&format!("waiting {i}"), chat.address)?);
    }
    for peer in &waiting {
        chat.server.out.wait_for(&format!("cliente {} espera su turno", peer.address()))?;
    }
    refused(&chat, "! servidor lleno")?;
    leave(&chat, waiting.remove(MAX_QUEUE / 2))?;
    let next = chat.stage.connect("next", chat.address)?;
    chat.server.out.wait_for(&format!("cliente {} espera su turno", next.address()))
}

/// Linux only: the limit of open descriptors is known only there.
#[cfg(target_os = "linux")]
mod out_of_descriptors {
    use std::process::Command;

    use chat_drive::process;
    use chat_tests::binaries;

    use super::*;

    /// The server's limits of descriptors: soft at the start, and hard.
    const SOFT: usize = 16;
    const HARD: usize = 24;

    fn starved() -> Result<Chat> {
        let server = binaries::server();
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!(r#"ulimit -Sn {SOFT} && ulimit -Hn {HARD} && exec "$0" "$@""#));
        command.arg(server.get_program()).args(["--bind", "127.0.0.1:0"]);
        Chat::start_command(command)
    }

    /// Checks the next diagnostic.
    fn says(chat: &Chat, part: &str) -> Result {
        let line = chat.server.err.find(|_| true, part)?;
        assert!(line.contains(part), "{line}");
        Ok(())
    }

    #[test]
    fn r1_4_those_inside_go_on_and_those_outside_come_in_one_by_one() -> Result {
        let mut chat = starved()?;
        let places = HARD - process::descriptors(chat.server.id()).expect("descriptors");
        assert!(places > HARD - SOFT, "{places}");
        let mut peers = Vec::new();
        for i in 0..2 * places {
            peers.push(chat.stage.connect(&format!("peer {i}"), chat.address)?);
        }
        says(&chat, "accepting pauses")?;
        let mut outside = peers.split_off(places);
        let mut inside = peers;
        inside.iter_mut().try_for_each(|peer| peer.expect(ES.greeting()))?;
        // When one client leaves, the one that has waited longest comes in.
        for round in 0..3 {
            drop(inside.remove(0));
            let mut next = outside.remove(0);
            next.expect(ES.greeting())?;
            next.send(format!("{round}\n"))?;
            let heard = said_by(&next, &round.to_string());
            inside.iter_mut().try_for_each(|peer| peer.expect(&heard))?;
            inside.push(next);
        }
        // When all clients are in, accepting resumes.
        inside.drain(..places - 1);
        outside.iter_mut().try_for_each(|peer| peer.expect(ES.greeting()))?;
        says(&chat, "accepting again")?;
        chat.server.kill()?;
        chat.server.err.expect_end()
    }
}
