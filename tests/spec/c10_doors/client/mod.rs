//! The real client through each door.

mod ends;
#[cfg(unix)]
mod floods;
#[cfg_attr(not(unix), expect(dead_code, reason = "the tests of trust need terminals"))]
mod front;
mod refusals;
mod returning;
#[cfg(unix)]
mod trust;

use std::net::SocketAddr;
use std::process::Command;

use chat_drive::failure::Result;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::program::Program;
use chat_tests::harness::stage::Stage;
use chat_tests::{ES, binaries};

use front::{Front, Identity};

/// A chat with every door.
struct House {
    chat: Chat,
    /// What the client is given to come through each door.
    doors: [Vec<String>; 4],
}

impl House {
    fn open(options: &[&str]) -> Result<Self> {
        let options = [&["--bind", "127.0.0.1:0", "--web", "127.0.0.1:0"], options].concat();
        let mut command = binaries::server();
        command.args(options);
        let chat = Chat::start_command(command)?;
        let (plain, web) = (chat.address, super::web(&chat));
        let identity = Identity::new("localhost");
        let (tls, wss) = (Front::before(plain, &identity), Front::before(web, &identity));
        let key = ["--tls-fingerprint".to_owned(), identity.fingerprint().to_string()];
        let doors = [
            vec![plain.to_string()],
            vec![format!("ws://{web}")],
            [vec![format!("tls://{}", tls.address)], key.to_vec()].concat(),
            [vec![format!("wss://{}/ws", wss.address)], key.to_vec()].concat(),
        ];
        Ok(Self { chat, doors })
    }
}

/// Starts the client with these arguments, in pipes.
fn client(stage: &Stage, args: &[impl AsRef<str>]) -> Result<Program> {
    let mut command = binaries::client();
    command.args(args.iter().map(AsRef::as_ref));
    stage.start("client", command)
}

/// Checks that the client says why there is no connection, in one line with these words, and no more.
fn says_why_not(mut client: Program, words: &[&str]) -> Result {
    client.end_input();
    let line = client.err.hear()?.unwrap_or_default();
    let begin = "chat-client: no se puede conectar con ";
    assert!(line.starts_with(begin), "{line}");
    assert!(words.iter().all(|word| line.contains(word)), "{words:?} are not in {line}");
    client.err.expect_end()?;
    client.out.expect_end()?;
    client.expect_exit(1)
}

#[test]
fn r10_13_the_client_talks_through_each_door() -> Result {
    let house = House::open(&[])?;
    let mut ana = house.chat.stage.connect("ana", house.chat.address)?;
    ana.expect(ES.greeting())?;
    for door in &house.doors {
        let mut client = client(&house.chat.stage, door)?;
        for line in [ES.connected(), ES.type_messages(), ES.greeting()] {
            client.out.expect(line)?;
        }
        for text in ["¿qué tal?", &"ñ".repeat(2000)] {
            client.type_in(&format!("{text}\n"))?;
            let heard = ana.hear()?.unwrap_or_default();
            assert!(heard.ends_with(&format!(": {text}")), "{heard}");
            ana.send(format!("{text}\n"))?;
            client.out.expect(&said_by(&ana, text))?;
        }
        client.type_in("salir\n")?;
        client.expect_exit(0)?;
        client.err.expect_end()?;
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn r2_4_the_port_is_not_told_through_a_websocket() -> Result {
    let house = House::open(&[])?;
    let mut ana = house.chat.stage.connect("ana", house.chat.address)?;
    ana.expect(ES.greeting())?;
    for (door, told) in house.doors[..2].iter().zip([true, false]) {
        let mut command = binaries::client();
        command.args(door);
        let terminal = house.chat.stage.start_on_terminal("client", &command)?;
        let shows = |text| terminal.seen().concat().contains(text);
        house.chat.stage.eventually("it is greeted", || shows(ES.greeting()))?;
        ana.send("lo siguiente\n")?;
        house.chat.stage.eventually("it hears", || shows("lo siguiente"))?;
        assert_eq!(shows("* para los demás eres"), told);
    }
    Ok(())
}

#[test]
fn r10_13_a_flood_arrives_whole_in_both_directions() -> Result {
    const LINES: usize = 3000;
    let house = House::open(&["--slow-timeout", "off", "--outbox", "64MiB"])?;
    for door in &house.doors {
        let (mut from, to) = (client(&house.chat.stage, door)?, client(&house.chat.stage, door)?);
        from.out.wait_for(ES.greeting())?;
        to.out.wait_for(ES.greeting())?;
        let text = |i: usize| format!("{i} {}", "x".repeat(i % 700));
        let lines: Vec<String> = (0..LINES).map(|i| text(i) + "\n").collect();
        from.type_in(&lines.concat())?;
        for i in 0..LINES {
            let heard = to.out.hear()?.unwrap_or_default();
            assert!(heard.ends_with(&format!(": {}", text(i))), "{i}: {heard}");
        }
    }
    Ok(())
}

#[test]
fn r1_1_a_number_alone_is_a_port_for_both_programs() -> Result {
    for (colon, server, host) in
        [("", "", "127.0.0.1"), (":", ":", "127.0.0.1"), ("", "[::1]:", "[::1]")]
    {
        let stage = Stage::new();
        let port = free_port();
        let mut command = binaries::server();
        command.args(["--bind", &format!("{server}{port}")]);
        let chat = Chat::start_command(command)?;
        assert_eq!(chat.address.to_string(), format!("{host}:{port}"));
        let address =
            if host == "[::1]" { format!("[::1]:{port}") } else { format!("{colon}{port}") };
        let client = client(&stage, &[address])?;
        client.out.wait_for(ES.greeting())?;
    }
    Ok(())
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
