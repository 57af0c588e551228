//! Chapter 8: idle timeout.
//!
//! These tests measure time itself, so they take some. The limits are short, and the events that
//! must happen within a limit happen twenty times as often.

use chat_protocol::refusal::Refusal;
use chat_tests::ES;
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use chat_drive::failure::Result;
use chat_tests::binaries;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::stage::Stage;
use predicates::prelude::*;

/// The idle timeout in tests where activity keeps a connection open.
const LIMIT: Duration = Duration::from_secs(2);
/// Time between two activities.
const BEAT: Duration = Duration::from_millis(100);

/// The idle timeout in tests that only need it to expire.
const SHORT: &str = "200ms";

fn limit() -> String {
    format!("{}ms", LIMIT.as_millis())
}

/// Repeats an action for longer than the idle timeout.
fn outlast(mut beat: impl FnMut() -> Result) -> Result {
    let begun = Instant::now();
    while begun.elapsed() < LIMIT + 5 * BEAT {
        beat()?;
        thread::sleep(BEAT);
    }
    Ok(())
}

#[test]
fn r8_1_a_silent_connection_is_closed_with_a_notice() -> Result {
    let chat = Chat::start_with(&["--idle-timeout", SHORT])?;
    let mut ana = chat.peer("ana")?;
    ana.expect("* conexión cerrada por inactividad")?;
    ana.expect_end()?;
    let address = ana.address();
    chat.server.out.expect(&format!("nuevo cliente conectado: {address}"))?;
    chat.server.out.expect(&format!("cliente {address} inactivo"))?;
    chat.server.out.expect(&format!("cliente {address} desconectado"))
}

#[test]
fn r8_1_the_last_bytes_of_who_is_closed_for_silence_are_heard() -> Result {
    let chat = Chat::start_with(&["--idle-timeout", SHORT, "--framing", "line"])?;
    let mut ana = chat.peer("ana")?;
    ana.send("half a line")?;
    ana.expect("* conexión cerrada por inactividad")?;
    chat.server.out.wait_for(&format!("cliente {}: half a line", ana.address()))
}

#[test]
fn r8_2_bytes_in_either_direction_start_the_time_again() -> Result {
    let chat = Chat::start_with(&["--idle-timeout", &limit()])?;
    // Ana only sends, bea only listens.
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    let line = said_by(&ana, "hola");
    outlast(|| {
        ana.send("hola\n")?;
        bea.expect(&line)
    })?;
    // Both are still connected. Without further activity, both are closed soon.
    bea.send("sigo\n")?;
    ana.expect(&said_by(&bea, "sigo"))?;
    ana.expect(ES.idle_notice())?;
    bea.expect(ES.idle_notice())
}

#[test]
fn r8_2_bytes_that_are_no_message_count_too() -> Result {
    let chat = Chat::start_with(&["--idle-timeout", &limit()])?;
    let mut ana = chat.peer("ana")?;
    outlast(|| ana.send("\n"))?;
    ana.send("x".repeat(5000))?;
    ana.expect(&ES.refusal(&Refusal::LineTooLong(4096)).to_string())
}

#[test]
fn r8_3_others_and_the_listener_are_untouched() -> Result {
    let chat = Chat::start_with(&["--idle-timeout", &limit()])?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    outlast(|| bea.send("\n"))?;
    ana.expect(ES.idle_notice())?;
    ana.expect_end()?;
    let mut caro = chat.peer("caro")?;
    bea.send("hola\n")?;
    caro.expect(&said_by(&bea, "hola"))
}

#[test]
fn r8_1_off_is_off() -> Result {
    let chat = Chat::start_with(&["--idle-timeout", "off"])?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    thread::sleep(LIMIT);
    ana.send("hola\n")?;
    bea.expect(&said_by(&ana, "hola"))
}

#[test]
fn r8_4_the_client_prints_the_notice_and_exits() -> Result {
    let chat = Chat::start_with(&["--idle-timeout", SHORT])?;
    let mut client = chat.client("client")?;
    client.out.expect("* conexión cerrada por inactividad")?;
    client.out.expect_end()?;
    client.err.expect("chat-client: conexión cerrada por inactividad")?;
    client.expect_exit(4)
}

#[test]
fn r8_4_the_client_warns_before_its_own_limit() -> Result {
    let stage = Stage::new();
    let server = stage.listen("server")?;
    for (language, warning) in [
        ("es", "* sin actividad: la conexión se cierra en 0.1 s"),
        ("en", "* no activity: the connection is closed in 0.1 s"),
    ] {
        let mut command = binaries::client();
        command.args([&server.address().to_string(), "--idle-timeout", SHORT, "-l", language]);
        let mut client = stage.start("client", command)?;
        let mut link = server.accept()?;
        link.send("hola\n")?;
        link.expect_end()?;
        assert_eq!(client.out.rest()?[2..], ["hola", warning]);
        client.expect_exit(4)?;
    }
    Ok(())
}

#[test]
fn r8_4_the_client_closes_by_itself_when_the_server_does_not() -> Result {
    let stage = Stage::new();
    let server = stage.listen("server")?;
    let mut command = binaries::client();
    command.args([&server.address().to_string(), "--idle-timeout", SHORT]);
    let mut client = stage.start("client", command)?;
    let mut link = server.accept()?;
    link.send("hola\n")?;
    link.expect_end()?;
    client.err.expect("chat-client: conexión cerrada por inactividad")?;
    client.expect_exit(4)
}

#[test]
fn r8_2_bytes_in_either_direction_start_the_clients_time_again() -> Result {
    let stage = Stage::new();
    let server = stage.listen("server")?;
    let mut command = binaries::client();
    command.args([&server.address().to_string(), "--idle-timeout", &limit()]);
    let mut client = stage.start("client", command)?;
    let mut link = server.accept()?;
    client.out.wait_for(ES.type_messages())?;
    outlast(|| {
        link.send("hola\n")?;
        client.out.expect("hola")
    })?;
    outlast(|| {
        client.type_in("que tal\n")?;
        link.expect("que tal")
    })?;
    link.expect_end()?;
    client.expect_exit(4)
}

/// What arrived while the client was stopped is no silence.
#[cfg(unix)]
#[test]
fn r8_2_a_client_that_stood_still_hears_what_arrived_meanwhile() -> Result {
    const SIGCONT: i32 = 18;
    const SIGSTOP: i32 = 19;
    let stage = Stage::new();
    let server = stage.listen("server")?;
    let mut command = binaries::client();
    command.args([&server.address().to_string(), "--idle-timeout", "500ms"]);
    let mut client = stage.start("client", command)?;
    let mut link = server.accept()?;
    client.out.wait_for(ES.type_messages())?;
    client.signal(SIGSTOP)?;
    link.send("uno\ndo")?;
    thread::sleep(Duration::from_millis(700));
    client.signal(SIGCONT)?;
    link.send("s\n")?;
    client.out.expect("uno")?;
    client.out.expect("dos")?;
    client.expect_exit(4)
}

#[cfg(target_os = "linux")]
#[test]
fn r8_5_descriptors_return_to_the_baseline_and_the_port_is_free() -> Result {
    use chat_drive::process;

    let mut chat = Chat::start_with(&["--idle-timeout", SHORT, "--bind", "127.0.0.8:0"])?;
    let baseline = process::descriptors(chat.server.id()).expect("descriptors");
    let mut peers = Vec::new();
    for i in 0..50 {
        peers.push(chat.peer(&format!("peer {i}"))?);
    }
    for peer in &mut peers {
        peer.expect(ES.idle_notice())?;
        peer.expect_end()?;
    }
    // The server does not wait long for clients that keep their own side open.
    chat.stage.eventually("the descriptors of all who were closed are released", || {
        process::descriptors(chat.server.id()).is_ok_and(|now| now == baseline)
    })?;
    chat.server.kill()?;
    let again = Chat::start_with(&["--bind", &chat.address.to_string()])?;
    again.peer("late").map(drop)
}

#[test]
fn r8_6_times_are_given_as_people_write_them() {
    for binary in [binaries::server, binaries::client] {
        for time in ["soon", "60", "0s", "-1s"] {
            Command::from_std(binary())
                .arg(format!("--idle-timeout={time}"))
                .assert()
                .code(2)
                .stderr(predicate::str::contains("such as 60s, 1m30s or 500ms, or off"));
        }
    }
    Command::from_std(binaries::server())
        .arg("--help")
        .assert()
        .success()
        .stdout(predicate::str::contains("60s, 1m30s, 500ms, off"));
}
