//! A server without working standard output and standard error.

use std::net::{TcpListener, TcpStream};
use std::process::Command;

use chat_drive::failure::Result;
use chat_tests::binaries;
use chat_tests::chat::Chat;
use chat_tests::harness::stage::Stage;

use crate::healthy::Healthy;

const SIGTERM: i32 = 15;

/// Checks that a server with this redirection starts, serves and stops as usual.
fn serves(host: &str, redirection: &str) -> Result {
    // It cannot report its address, so the test chooses one. No other test uses a port of this
    // host.
    let free = TcpListener::bind((host, 0)).and_then(|socket| socket.local_addr());
    let address = free.expect("a free port");
    let server = binaries::server();
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!(r#"exec "$0" "$@" {redirection}"#)).arg(server.get_program());
    // Produces much output on standard error too.
    command.args(["--bind", &address.to_string(), "--log", "trace"]);
    let stage = Stage::new();
    let server = stage.start("server", command)?;
    stage.eventually("the server listens", || TcpStream::connect(address).is_ok())?;
    let mut chat =
        Chat { stage, server, address, tls: None, web: None, metrics: None, certificate: None };
    Healthy::start(&chat)?.finish(&chat.stage)?;
    chat.server.signal(SIGTERM)?;
    chat.server.expect_exit(0)
}

#[test]
fn r1_2_serves_and_stops_although_its_output_is_full() -> Result {
    serves("127.0.0.9", ">/dev/full")
}

#[test]
fn r1_2_serves_and_stops_although_its_output_is_closed() -> Result {
    serves("127.0.0.10", ">&-")
}

#[test]
fn r1_2_serves_and_stops_although_its_errors_go_nowhere() -> Result {
    serves("127.0.0.11", "2>/dev/full")
}

#[test]
fn r1_2_serves_and_stops_although_it_can_say_nothing_at_all() -> Result {
    serves("127.0.0.12", "<&- >&- 2>&-")
}
