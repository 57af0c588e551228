//! Chapter 1: connecting.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use assert_cmd::Command;
use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::binaries;
use chat_tests::chat::{Chat, address_in, said_by};
use chat_tests::harness::stage::Stage;
use predicates::prelude::*;

mod configuration;
#[cfg(target_os = "linux")]
pub(crate) mod full_disk;
#[cfg(unix)]
mod signals;
mod usage;

/// The command of the server, for a run to its end.
fn server() -> Command {
    Command::from_std(binaries::server())
}

#[test]
fn r1_1_listens_on_12345_of_loopback_unless_told_otherwise() {
    server().arg("--help").assert().success().stdout(predicate::str::contains("127.0.0.1:12345"));
}

#[test]
fn r1_1_listens_on_ipv6() -> Result {
    if TcpListener::bind("[::1]:0").is_err() {
        return Ok(()); // This machine has no IPv6.
    }
    let chat = Chat::start_with(&["--bind", "[::1]:0"])?;
    assert!(chat.address.is_ipv6() && chat.address.port() != 0);
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    ana.send("hola\n")?;
    bea.expect(&said_by(&ana, "hola"))
}

#[test]
fn r1_1_listens_on_a_name_and_on_a_port_alone() -> Result {
    Chat::start_with(&["--bind", "localhost:0"])?.peer("ana").map(drop)?;
    Chat::start_with(&["--bind", "0"])?.peer("bea").map(drop)
}

#[test]
fn r1_2_says_where_it_listens_at_once_into_a_pipe() -> Result {
    let stage = Stage::new();
    let mut command = binaries::server();
    command.args(["--bind", "127.0.0.1:0"]);
    let server = stage.start("server", command)?;
    let started = server.out.find(|_| true, "a line")?;
    let address = address_in(&started).expect("an address");
    assert_eq!(started, format!("servidor de chat iniciado en {address}"));
    assert_ne!(address.port(), 0);
    server.out.expect("esperando clientes...")?;
    stage.connect("ana", address)?.expect(ES.greeting())
}

#[test]
fn r1_3_announces_each_connection() -> Result {
    let chat = Chat::start()?;
    for name in ["ana", "bea"] {
        let peer = chat.peer(name)?;
        let line = format!("nuevo cliente conectado: {}", peer.address());
        chat.server.out.expect(&line)?;
        let line = format!("cliente {} desconectado", peer.address());
        drop(peer);
        chat.server.out.expect(&line)?;
    }
    Ok(())
}

#[test]
fn r1_4_serves_many_at_once() -> Result {
    let chat = Chat::start()?;
    let mut peers = Vec::new();
    for i in 0..100 {
        peers.push(chat.peer(&format!("peer {i}"))?);
    }
    peers[0].send("hola a todos\n")?;
    let line = said_by(&peers[0], "hola a todos");
    peers[1..].iter_mut().try_for_each(|peer| peer.expect(&line))
}

#[test]
fn r1_4_who_never_reads_delays_nobody() -> Result {
    let chat = Chat::start()?;
    let _stuck = chat.stuck_peer("stuck")?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    // Far more than a socket and an outbox hold.
    let text = "x".repeat(4000);
    for _ in 0..1000 {
        ana.send(format!("{text}\n"))?;
        bea.expect(&said_by(&ana, &text))?;
    }
    chat.peer("caro").map(drop)
}

#[test]
fn r1_4_who_sends_half_a_line_delays_nobody() -> Result {
    let chat = Chat::start_with(&["--framing", "line"])?;
    let (mut half, mut ana, mut bea) = (chat.peer("half")?, chat.peer("ana")?, chat.peer("bea")?);
    half.send("half a li")?;
    ana.send("hola\n")?;
    bea.expect(&said_by(&ana, "hola"))
}

#[test]
fn r1_4_who_sends_without_end_delays_nobody() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    // Neither peer sends a message, so only the server's reading can delay the other.
    for bytes in ["\n".repeat(1 << 16), "x".repeat(1 << 16)] {
        let mut endless = chat.peer("endless")?;
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let sender = scope.spawn(|| -> Result {
                while !over.load(Ordering::Relaxed) {
                    endless.send(&bytes)?;
                }
                Ok(())
            });
            let talked = (0..100).try_for_each(|i| {
                ana.send(format!("{i}\n"))?;
                bea.expect(&said_by(&ana, &i.to_string()))
            });
            over.store(true, Ordering::Relaxed);
            sender.join().expect("no panic").and(talked)
        })?;
    }
    Ok(())
}

#[test]
fn r1_4_a_reader_of_the_console_that_stops_reading_stops_nobody() -> Result {
    let stage = Stage::new();
    let (console, output) = std::io::pipe().expect("a pipe");
    let mut command = binaries::server();
    command.args(["--bind", "127.0.0.1:0"]);
    let server = stage.start_writing_to(output, "server", command)?;
    let mut console = BufReader::new(console);
    let mut started = String::new();
    console.read_line(&mut started).expect("a line");
    let address = address_in(started.trim_end()).expect("an address");
    let mut ana = stage.connect("ana", address)?;
    let mut bea = stage.connect("bea", address)?;
    ana.expect(ES.greeting())?;
    bea.expect(ES.greeting())?;
    // The console has no reader any more. This is more than the pipe and the server's buffer hold.
    let text = "x".repeat(4000);
    for _ in 0..500 {
        ana.send(format!("{text}\n"))?;
        bea.expect(&said_by(&ana, &text))?;
    }
    // The closed console has no effect either.
    drop(console);
    ana.send("sigo\n")?;
    bea.expect(&said_by(&ana, "sigo"))?;
    drop(server);
    Ok(())
}

#[test]
fn r1_5_greets_each_client() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.stage.connect("ana", chat.address)?;
    let greeting = ana.receive()?;
    assert_eq!(greeting, b"bienvenido al chat! escribe 'salir' para salir\n");
    Ok(())
}

#[test]
fn r1_6_goes_on_when_its_input_is_closed() -> Result {
    let mut chat = Chat::start()?;
    chat.server.end_input();
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    ana.send("hola\n")?;
    bea.expect(&said_by(&ana, "hola"))
}

#[test]
fn r1_10_puts_the_time_before_each_line() -> Result {
    let stage = Stage::new();
    let mut command = binaries::server();
    command.args(["--bind", "127.0.0.1:0", "--times"]);
    let server = stage.start("server", command)?;
    let first = server.out.find(|_| true, "a line")?;
    let (time, line) = first.split_once(' ').expect("two words");
    assert_eq!(time.replace(|c: char| c.is_ascii_digit(), "0"), "00:00:00");
    let address = address_in(line).expect("an address");
    assert_eq!(line, format!("servidor de chat iniciado en {address}"));
    stage.connect("ana", address)?.expect(ES.greeting())?;
    server.out.find(|line| line.contains(" nuevo cliente conectado: "), "that ana came").map(drop)
}

/// Checks that the server fails with one line on standard error that contains all of these, and
/// prints nothing on standard output.
fn refused(mut server: Command, status: i32, parts: &[&str]) {
    let mut assert = server
        .assert()
        .code(status)
        .stdout("")
        .stderr(predicate::function(|text: &str| text.lines().count() == 1));
    for part in parts {
        assert = assert.stderr(predicate::str::contains(*part));
    }
}

fn server_with(options: &[&str]) -> Command {
    let mut command = server();
    command.args(options);
    command
}

#[test]
fn r1_8_a_taken_port_is_one_line_and_status_1() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    refused(server_with(&["--bind", &address]), 1, &[&address, "ya está en uso"]);
}

#[test]
fn r1_8_an_address_of_another_machine_is_one_line_and_status_1() {
    let address = "192.0.2.1:12345";
    refused(server_with(&["--bind", address]), 1, &[address, "no es de esta máquina"]);
}

#[test]
fn r1_8_a_name_that_is_none_is_one_line_and_status_1() {
    refused(server_with(&["--bind", "no.such.host.invalid:80"]), 1, &["no.such.host.invalid:80"]);
}

/// Linux only: root may bind any port, so the test drops that capability with util-linux's
/// `setpriv`. Other users do not have it.
#[cfg(target_os = "linux")]
#[test]
fn r1_8_a_reserved_port_is_one_line_and_status_1() {
    let first_free = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    if first_free.is_ok_and(|port| port.trim() == "0") {
        return chat_drive::skip("no port is reserved here");
    }
    let server = binaries::server();
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"]);
    command.arg(server.get_program()).args(["--bind", "127.0.0.1:1"]);
    refused(command, 1, &["127.0.0.1:1", "permiso denegado"]);
}

#[test]
fn r1_8_malformed_addresses_are_one_line_and_status_2() {
    for address in ["", "127.1", "0x7f000001", "65536", "127.0.0.1:x", "::1:80", "[::1", "a b:80"] {
        let named = format!("'{address}'");
        refused(server_with(&["--bind", address]), 2, &[&named, "--bind", "expected ADDR:PORT"]);
    }
}

#[test]
fn r1_8_bad_usage_names_the_option_and_what_it_takes() {
    for (options, parts) in [
        (&["--idle-timeout", "soon"][..], ["--idle-timeout", "60s"]),
        (&["--idle-timeout", "0s"], ["--idle-timeout", "off"]),
        (&["--max-line", "0"], ["--max-line", "from 1 to 1048576"]),
        (&["--max-line", "-1"], ["-1", "--help"]),
        (&["--framing", "lines"], ["--framing", "auto, line or chunk"]),
        (&["--label", "puerto"], ["--label", "port, name or none"]),
        (&["--profile", "basica"], ["--profile", "basico, sala, practico or grupal"]),
        (&["--ask-name", "si"], ["--ask-name", "on or off"]),
        (&["--name-keyword", " "], ["--name-keyword", "words"]),
        (&["--operator", "dos palabras"], ["--operator", "no blanks"]),
        (&["--operator", "salir"], ["--operator", "reserved"]),
        (&["--max-clients", "0"], ["--max-clients", "from 1, or off"]),
        (&["--max-per-ip", "0"], ["--max-per-ip", "from 1, auto or off"]),
        (&["--max-connects-per-ip", "fast"], ["--max-connects-per-ip", "50/s, auto or off"]),
        (&["--limit-exempt", "10.0.0.0/33"], ["--limit-exempt", "10.0.0.0/8"]),
        (&["--max-rooms", "0"], ["--max-rooms", "0"]),
        (&["--max-rate", "20/m"], ["--max-rate", "20/s"]),
        (&["--outbox", "1"], ["--outbox", "from 1KiB to 1GiB"]),
        (&["--slow-reader", "drop"], ["--slow-reader", "skip or close"]),
        (&["--coalesce", "1h"], ["--coalesce", "up to 1s"]),
        (&["--when-full", "queue"], ["--when-full", "refuse or wait"]),
        (&["--log", "loud"], ["--log", "debug"]),
        (&["--bindd", "127.0.0.1:0"], ["--bindd", "--help"]),
        (&["127.0.0.1:0"], ["127.0.0.1:0", "--help"]),
        (&["--bind"], ["--bind", "--help"]),
    ] {
        refused(server_with(options), 2, &parts);
    }
}

#[test]
fn r1_8_version_and_help_are_no_errors() {
    let version = concat!("chat-server ", env!("CARGO_PKG_VERSION"), "\n");
    server().arg("--version").assert().success().stdout(version);
    let statuses = predicate::str::contains("Exit statuses:\n  0 ");
    server().arg("--help").assert().success().stdout(statuses);
}
