//! Chapter 1: the ends of the server by signals.

use chat_tests::chat::sees_the_stop;

use super::*;

const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

#[test]
fn r1_6_stops_on_sigterm() -> Result {
    stops_on(Chat::start()?, SIGTERM)
}

#[test]
fn r1_6_stops_on_sigint() -> Result {
    stops_on(Chat::start()?, SIGINT)
}

/// Skips where the tests themselves run under `nohup`, which the server inherits.
#[test]
fn r1_6_stops_on_sighup_and_loses_nothing_that_it_accepted() -> Result {
    const LINES: usize = 200;
    if chat_terminal::signals::hangup_is_ignored() {
        chat_drive::skip("SIGHUP is ignored here");
        return Ok(());
    }
    let command = || {
        let mut command = binaries::server();
        command.args(["--bind", "127.0.0.1:0", "--max-rate", "20/s", "--burst", "5"]);
        command
    };
    let (chat, _keyboard) = Chat::start_at_a_terminal(command())?;
    stops_on(chat, SIGHUP)?;
    let (mut chat, _keyboard) = Chat::start_at_a_terminal(command())?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    let lines: Vec<String> = (0..LINES).map(|i| format!("linea {i}")).collect();
    ana.send(lines.join("\n") + "\n")?;
    bea.expect(&said_by(&ana, &lines[0]))?;
    chat.server.signal(SIGHUP)?;
    lines[1..].iter().try_for_each(|line| bea.expect(&said_by(&ana, line)))?;
    sees_the_stop(&mut bea)?;
    chat.server.expect_exit(0)
}

/// So does a service, whose manager asks it to read its files anew.
#[test]
fn r1_6_goes_on_after_sighup_without_a_terminal() -> Result {
    let mut chat = Chat::start()?;
    chat.server.signal(SIGHUP)?;
    chat.server.err.find(|line| line.contains("nothing to read anew"), "a line")?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    ana.send("sigo\n")?;
    bea.expect(&said_by(&ana, "sigo"))?;
    chat.server.signal(SIGTERM)?;
    chat.server.expect_exit(0)
}

/// Linux only: other systems do not tell which signals a process ignores.
#[cfg(target_os = "linux")]
#[test]
fn r1_6_goes_on_after_sighup_where_its_starter_ignores_it() -> Result {
    let server = binaries::server();
    let mut command = std::process::Command::new("sh");
    command.arg("-c").arg(r#"trap "" HUP; exec "$0" --bind 127.0.0.1:0"#);
    command.arg(server.get_program());
    let (mut chat, _keyboard) = Chat::start_at_a_terminal(command)?;
    chat.server.signal(SIGHUP)?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    ana.send("sigo\n")?;
    bea.expect(&said_by(&ana, "sigo"))?;
    chat.server.signal(SIGTERM)?;
    chat.server.expect_exit(0)
}

fn stops_on(mut chat: Chat, signal: i32) -> Result {
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    ana.send("antes\n")?;
    bea.expect(&said_by(&ana, "antes"))?;
    chat.server.signal(signal)?;
    chat.server.out.wait_for("cerrando servidor...")?;
    sees_the_stop(&mut ana)?;
    sees_the_stop(&mut bea)?;
    chat.server.expect_exit(0)?;
    let mut left = chat.server.out.rest()?;
    left.sort();
    let mut expected = [&ana, &bea].map(|peer| format!("cliente {} desconectado", peer.address()));
    expected.sort();
    assert_eq!(left, expected);
    chat.server.err.expect_end()
}

#[test]
fn r1_6_delivers_what_had_arrived_before_the_signal() -> Result {
    let mut chat = Chat::start()?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    ana.send("the last line\nand one without its end")?;
    chat.server.signal(SIGTERM)?;
    bea.expect(&said_by(&ana, "the last line"))?;
    bea.expect(&said_by(&ana, "and one without its end"))?;
    sees_the_stop(&mut bea)?;
    chat.server.expect_exit(0)
}

#[test]
fn r1_6_delivers_all_of_much_that_had_arrived_before_the_signal() -> Result {
    const SIGSTOP: i32 = 19;
    const SIGCONT: i32 = 18;
    if !cfg!(target_os = "linux") {
        return Ok(()); // The numbers of these two signals are Linux's.
    }
    let mut chat = Chat::start()?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    chat.server.signal(SIGSTOP)?;
    let lines: Vec<String> = (0..1000).map(|i| format!("{i:0>100}")).collect();
    ana.send(lines.join("\n") + "\n")?;
    chat.server.signal(SIGTERM)?;
    chat.server.signal(SIGCONT)?;
    lines.iter().try_for_each(|line| bea.expect(&said_by(&ana, line)))?;
    sees_the_stop(&mut bea)?;
    chat.server.expect_exit(0)
}

#[test]
fn r1_6_delivers_what_had_arrived_although_somebody_does_not_read() -> Result {
    let mut chat = Chat::start()?;
    let _stuck = chat.stuck_peer("stuck")?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    // Enough for the stuck peer to fall behind, and for the others to wait because of it.
    let lines: Vec<String> = (0..5000).map(|i| format!("{i:0>100}")).collect();
    ana.send(lines.join("\n") + "\n")?;
    bea.expect(&said_by(&ana, &lines[0]))?;
    chat.server.signal(SIGTERM)?;
    lines[1..].iter().try_for_each(|line| bea.expect(&said_by(&ana, line)))?;
    sees_the_stop(&mut bea)?;
    chat.server.expect_exit(0)
}

#[test]
fn r1_6_stops_although_somebody_does_not_read() -> Result {
    let mut chat = Chat::start()?;
    let _stuck = chat.stuck_peer("stuck")?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    let text = "x".repeat(4000);
    // More than the sockets hold, less than the outboxes hold as well.
    for _ in 0..100 {
        ana.send(format!("{text}\n"))?;
        bea.expect(&said_by(&ana, &text))?;
    }
    chat.server.signal(SIGTERM)?;
    chat.server.expect_exit(0)
}

#[test]
fn r1_7_its_port_is_free_at_once_after_a_proper_end() -> Result {
    restarts_after(SIGTERM)
}

#[test]
fn r1_7_its_port_is_free_at_once_after_it_was_killed() -> Result {
    restarts_after(SIGKILL)
}

fn restarts_after(signal: i32) -> Result {
    // No other test uses a port of this address.
    let host = if cfg!(target_os = "linux") { "127.0.0.7:0" } else { "127.0.0.1:0" };
    let mut chat = Chat::start_with(&["--bind", host])?;
    let (_ana, _bea) = (chat.peer("ana")?, chat.peer("bea")?);
    chat.server.signal(signal)?;
    chat.server.wait()?;
    let again = Chat::start_with(&["--bind", &chat.address.to_string()])?;
    assert_eq!(again.address, chat.address);
    again.peer("caro").map(drop)
}
