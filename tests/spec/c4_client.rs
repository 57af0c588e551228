//! Chapter 4: the client. On a terminal: `on_a_terminal`. Of several servers: `several`.

#[cfg(unix)]
mod on_a_terminal;
mod several;
mod wire;

use std::io::{BufRead, BufReader, Write};
use std::process::Command;
use std::thread;

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::binaries;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::peer::Peer;
use chat_tests::harness::program::Program;
use chat_tests::harness::stage::Stage;
use predicates::prelude::*;

fn client_of(address: &impl ToString) -> Command {
    let mut command = binaries::client();
    command.arg(address.to_string());
    command
}

/// Starts the client in pipes, connected to a server that the test plays.
fn with_played_server() -> Result<(Stage, Program, Peer)> {
    with_played_server_and(&[])
}

/// The same with further options.
fn with_played_server_and(options: &[&str]) -> Result<(Stage, Program, Peer)> {
    let stage = Stage::new();
    let server = stage.listen("server")?;
    let mut command = client_of(&server.address());
    command.args(options);
    let client = stage.start("client", command)?;
    let link = server.accept()?;
    client.out.expect(ES.connected())?;
    client.out.expect(ES.type_messages())?;
    Ok((stage, client, link))
}

#[test]
fn r4_1_connects_to_12345_of_loopback_unless_told_otherwise() {
    let help = assert_cmd::Command::from_std(binaries::client()).arg("--help").assert().success();
    let help = String::from_utf8_lossy(&help.get_output().stdout);
    // As wide as the terminal: lines break anywhere.
    let words: Vec<&str> = help.split_whitespace().collect();
    assert!(words.join(" ").contains("[default: 127.0.0.1:12345]"), "{help}");
}

#[test]
fn r4_1_says_that_it_is_connected() -> Result {
    let chat = Chat::start()?;
    let client = chat.stage.start("client", client_of(&chat.address))?;
    client.out.expect("conectado al servidor de chat!")?;
    client.out.expect("escribe tus mensajes:")?;
    client.out.expect("bienvenido al chat! escribe 'salir' para salir")
}

#[test]
fn r4_2_shows_what_arrives_while_its_user_is_silent_or_types() -> Result {
    let chat = Chat::start()?;
    let mut client = chat.client("client")?;
    let mut ana = chat.peer("ana")?;
    ana.send("hola\n")?;
    client.out.expect(&said_by(&ana, "hola"))?;
    client.type_in("half a li")?;
    ana.send("sigues?\n")?;
    client.out.expect(&said_by(&ana, "sigues?"))?;
    client.type_in("ne\n")?;
    assert!(ana.hear()?.is_some_and(|line| line.ends_with(": half a line")));
    Ok(())
}

#[test]
fn r4_3_salir_is_sent_the_socket_closed_and_the_status_is_0() -> Result {
    for word in ["salir", "SALIR", " Salir "] {
        let (_stage, mut client, mut link) = with_played_server()?;
        client.type_in(&format!("hola\n{word}\nnot sent\n"))?;
        link.expect("hola")?;
        link.expect(word)?;
        link.expect_end()?;
        drop(link);
        client.expect_exit(0)?;
        client.out.expect_end()?;
        client.err.expect_end()?;
    }
    Ok(())
}

#[test]
fn r4_3_leaves_although_the_server_never_closes() -> Result {
    let (_stage, mut client, mut link) = with_played_server()?;
    client.type_in("salir\n")?;
    link.expect("salir")?;
    client.expect_exit(0)
}

#[test]
fn r4_3_what_the_server_still_says_is_shown() -> Result {
    let (_stage, mut client, mut link) = with_played_server()?;
    client.type_in("salir\n")?;
    link.expect("salir")?;
    link.send("adios!\n")?;
    drop(link);
    client.out.expect("adios!")?;
    client.expect_exit(0)
}

#[test]
fn r4_3_the_end_of_input_leaves_after_all_was_sent() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.peer("ana")?;
    let mut client = chat.client("client")?;
    let lines: Vec<String> = (0..5000).map(|i| format!("line {i}\n")).collect();
    client.type_in(&lines.concat())?;
    client.type_in("and one without its end")?;
    client.end_input();
    for line in &lines {
        let heard = ana.hear()?.expect("a line");
        assert!(heard.ends_with(&format!(": {}", line.trim_end())), "{heard:?} is not {line:?}");
    }
    assert!(ana.hear()?.is_some_and(|line| line.ends_with(": and one without its end")));
    client.out.expect("saliendo...")?;
    client.expect_exit(0)
}

#[test]
fn r4_3_no_input_at_all_leaves() -> Result {
    let chat = Chat::start()?;
    assert_cmd::Command::from_std(client_of(&chat.address))
        .assert()
        .code(0)
        .stdout(predicate::str::contains("saliendo...\n"))
        .stderr("");
    Ok(())
}

#[test]
fn r4_3_salir_through_a_pipe() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.peer("ana")?;
    assert_cmd::Command::from_std(client_of(&chat.address))
        .write_stdin("hola\nsalir\n")
        .assert()
        .code(0)
        .stdout(predicate::str::contains("saliendo").not())
        .stderr("");
    assert!(ana.hear()?.is_some_and(|line| line.ends_with(": hola")));
    Ok(())
}

#[cfg(unix)]
#[test]
fn r4_3_signals_leave_politely() -> Result {
    const SIGHUP: i32 = 1;
    const SIGINT: i32 = 2;
    const SIGTERM: i32 = 15;
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        if signal == SIGHUP && chat_terminal::signals::hangup_is_ignored() {
            chat_drive::skip("SIGHUP is ignored here");
            continue;
        }
        let (_stage, mut client, mut link) = with_played_server()?;
        // The client shows a line: it has installed its signal handlers.
        link.send("hola\n")?;
        client.out.expect("hola")?;
        client.signal(signal)?;
        client.out.expect("saliendo...")?;
        link.expect("salir")?;
        link.expect_end()?;
        drop(link);
        client.expect_exit(0)?;
    }
    Ok(())
}

#[test]
fn r4_4_says_at_once_that_the_server_has_closed() -> Result {
    let (_stage, mut client, mut link) = with_played_server()?;
    link.send("the last line")?;
    link.end_sending()?;
    client.out.expect("the last line")?;
    client.err.expect("chat-client: el servidor cerró la conexión")?;
    client.expect_exit(3)
}

#[test]
fn r4_4_a_reason_that_the_server_gave_decides_text_and_status() -> Result {
    for (lines, status, text) in [
        ("* conexión cerrada por inactividad", 4, "conexión cerrada por inactividad"),
        ("* connection closed because of inactivity", 4, "conexión cerrada por inactividad"),
        ("* el servidor se cierra", 9, "el servidor se cierra"),
        ("* the server is closing", 9, "el servidor se cierra"),
        ("* the operator has closed the connection", 10, "el operador ha cerrado la conexión"),
        ("! servidor lleno", 11, "servidor lleno"),
        (
            "! too many connections from your address (--max-per-ip 250)",
            12,
            "demasiadas conexiones desde tu dirección",
        ),
        ("! nombre reservado\n! demasiados intentos", 13, "demasiados intentos"),
        ("! you did not give a name in time", 14, "no diste ningún nombre a tiempo"),
    ] {
        let (_stage, mut client, mut link) = with_played_server()?;
        link.send(format!("hola\n{lines}\n"))?;
        drop(link);
        client.expect_exit(status)?;
        client.err.expect(&format!("chat-client: {text}"))?;
    }
    // A reason that is not the last line is none.
    let (_stage, mut client, mut link) = with_played_server()?;
    link.send("! servidor lleno\nhola\n")?;
    drop(link);
    client.expect_exit(3)
}

#[test]
fn r4_4_says_at_once_that_the_server_has_died() -> Result {
    let (_stage, mut client, link) = with_played_server()?;
    link.reset();
    client.err.expect("chat-client: el servidor cerró la conexión")?;
    client.expect_exit(3)
}

#[test]
fn r4_4_what_could_not_be_sent_is_no_success() -> Result {
    let stage = Stage::new();
    let server = stage.listen("server")?;
    // More than the sockets hold, so that the input has ended before it is sent.
    let mut input = tempfile::NamedTempFile::new().expect("a file");
    input.write_all("all of this is to be sent\n".repeat(1 << 20).as_bytes()).expect("space");
    let mut client = assert_cmd::Command::from_std(client_of(&server.address()));
    client.pipe_stdin(input.path()).expect("the file");
    let client = thread::spawn(move || client.output().expect("it runs"));
    let mut link = server.accept()?;
    link.receive()?;
    link.reset();
    assert_eq!(client.join().expect("no panic").status.code(), Some(3));
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn r4_7_an_output_that_cannot_be_written_is_no_success() -> Result {
    let stage = Stage::new();
    let server = stage.listen("server")?;
    let full = std::fs::File::options().write(true).open("/dev/full").expect("/dev/full");
    let mut client = stage.start_writing_to(full, "client", client_of(&server.address()))?;
    let mut link = server.accept()?;
    link.expect_end()?;
    client.err.expect("chat-client: no se puede escribir la salida")?;
    client.expect_exit(6)
}

#[test]
fn r4_5_no_server_is_one_line_and_status_1() {
    for (address, reason) in [
        // Reserved as "the TCP port service multiplexer", a service that is not in use.
        ("127.0.0.1:1", "conexión rechazada"),
        ("no.such.host.invalid:80", ": "),
    ] {
        assert_cmd::Command::from_std(client_of(&address))
            .assert()
            .code(1)
            .stdout("")
            .stderr(predicate::str::contains(address))
            .stderr(predicate::str::contains(reason))
            .stderr(predicate::function(|text: &str| text.lines().count() == 1));
    }
}

#[test]
fn r4_5_bad_usage_is_one_line_and_status_2() {
    for options in [&["host:port"][..], &["127.0.0.1:1", "127.0.0.1:2"], &["--nombre", "ana"]] {
        assert_cmd::Command::from_std(binaries::client())
            .args(options)
            .assert()
            .code(2)
            .stdout("")
            .stderr(predicate::function(|text: &str| text.lines().count() == 1));
    }
}

#[test]
fn r4_5_bad_usage_says_what_was_meant_and_nothing_else() {
    for (options, said) in [
        (
            ["127.0.0.1", "17706"],
            "error: unexpected argument '17706' found: did you mean ADDR:17706? (try --help)\n",
        ),
        (
            ["--port", "17706"],
            "error: unexpected argument '--port <PORT>' found: did you mean ADDR:PORT? (try --help)\n",
        ),
    ] {
        let mut client = assert_cmd::Command::from_std(binaries::client());
        client.args(options).assert().code(2).stderr(said);
    }
}

#[test]
fn r4_6_nothing_from_the_network_reaches_the_output_as_a_control() -> Result {
    let (_stage, client, mut link) = with_played_server()?;
    link.send("\x1b[2J\x1b]0;title\x07 \u{9b}31m \u{202E}reversed\u{2066} \0 a\tb\n")?;
    client.out.expect(
        "\u{FFFD}[2J\u{FFFD}]0;title\u{FFFD} \u{FFFD}31m \u{FFFD}reversed\u{FFFD} \u{FFFD} a\tb",
    )?;
    link.send(b"not UTF-8: \xFF\n")?;
    client.out.expect("not UTF-8: \u{FFFD}")
}

#[test]
fn r4_7_a_filter_of_filters() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea) = (chat.client("ana")?, chat.client("bea")?);
    for round in 0..20 {
        ana.type_in(&format!("round {round}\n"))?;
        let heard = bea.out.find(|_| true, "the round")?;
        assert!(heard.ends_with(&format!(": round {round}")), "{heard:?}");
        bea.type_in(&format!("{heard}\n"))?;
        ana.out.find(|line| line.ends_with(&heard), "the echo")?;
    }
    Ok(())
}

#[test]
fn r4_7_understands_a_server_that_never_sends_a_newline() -> Result {
    let (_stage, mut client, mut link) = with_played_server()?;
    link.send("bienvenido al chat!")?;
    client.out.expect("bienvenido al chat!")?;
    link.send("usuario 65310: Hola que tal?")?;
    client.out.expect("usuario 65310: Hola que tal?")?;
    client.type_in("Bien\n")?;
    link.expect("Bien")
}

#[test]
fn r4_7_leaves_when_nobody_reads_its_output_any_more() -> Result {
    let stage = Stage::new();
    let server = stage.listen("server")?;
    let (reader, output) = std::io::pipe().expect("a pipe");
    let mut probe = output.try_clone().expect("another writer");
    let mut client = stage.start_writing_to(output, "client", client_of(&server.address()))?;
    let mut link = server.accept()?;
    let mut reader = BufReader::new(reader);
    for line in [ES.connected(), ES.type_messages()] {
        let mut read = String::new();
        reader.read_line(&mut read).expect("a line");
        assert_eq!(read.trim_end(), line);
    }
    drop(reader);
    // A child that another test is just starting has a reader as well, until it is executed.
    while probe.write(b".").is_ok() {}
    link.send("a line that is longer than the next\n")?;
    link.expect("salir")?;
    link.send("x\n")?;
    link.expect_end()?;
    drop(link);
    client.err.expect_end()?;
    client.expect_exit(0)
}
