//! Chapter 16: what a service manager is told, what it passes, and the line about an open network.

use std::io::Read;
use std::net::TcpStream;

use chat_drive::failure::Result;
use chat_tests::chat::{Certificate, Chat};
use chat_tests::harness::door::Door;
use chat_tests::harness::stage::{PATIENCE, Stage};
use chat_tests::{ES, binaries};

#[cfg(target_os = "linux")]
mod managed;

/// The third line of a server with these options, if it has one.
#[track_caller]
fn warning(options: &[&str]) -> Result<Option<String>> {
    const SIGTERM: i32 = 15;
    let mut chat = Chat::start_with(options)?;
    chat.server.signal(SIGTERM)?;
    let next = chat.server.out.find(|_| true, "a warning, or the end")?;
    chat.server.expect_exit(0)?;
    Ok((next != ES.closing()).then_some(next))
}

#[test]
fn r16_4_a_server_that_others_reach_says_what_it_lacks() -> Result {
    let says = |options: &str| {
        format!("! otras máquinas llegan a este servidor; en una red abierta le falta: {options}")
    };
    let open = ["--bind", "0.0.0.0:0"];
    let expected = says("--bind off --tls-bind, --accounts, --max-rate");
    assert_eq!(warning(&open)?, Some(expected));
    let web = [&open[..], &["--max-rate", "20/s", "--web", "0.0.0.0:0"]].concat();
    let expected = says("--bind off --tls-bind, --web-tls, --accounts");
    assert_eq!(warning(&web)?, Some(expected));
    let proxied = ["--bind", "127.0.0.1:0", "--proxy", "v2", "--proxy-from", "127.0.0.1"];
    assert_eq!(warning(&proxied)?, Some(says("--accounts, --max-rate")));
    assert_eq!(warning(&["--bind", "127.0.0.1:0", "--web", "127.0.0.1:0"])?, None);
    let english = warning(&["--bind", "0.0.0.0:0", "--lang", "en"])?.expect("a line");
    assert!(english.starts_with("! other machines can reach this server; on an open"), "{english}");
    Ok(())
}

#[test]
fn r16_4_a_server_that_lacks_nothing_says_nothing() -> Result {
    const SIGTERM: i32 = 15;
    let certificate = Certificate::make();
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = binaries::server();
    command.args(["--profile", "grupal", "--bind", "off", "--tls-bind", "0.0.0.0:0"]);
    command.args(["--web", "0.0.0.0:0", "--web-tls", "--accounts", "optional", "--store"]);
    command.arg(folder.path().join("chat.db")).args(certificate.options());
    let stage = Stage::new();
    let mut server = stage.start("server", command)?;
    server.out.find(|_| true, "where it listens")?;
    server.out.expect(chat_protocol::wording::WAITING)?;
    server.signal(SIGTERM)?;
    server.out.expect(ES.closing())?;
    server.expect_exit(0)
}

/// `packaging/publico.toml`, with a certificate, a file and ports of this test.
#[test]
fn r16_4_the_options_for_everyone_lack_nothing_and_have_limits() -> Result {
    const OF_ONE_ADDRESS: usize = 20;
    let certificate = Certificate::make();
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = binaries::server();
    let options = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/publico.toml");
    command.args(["--config", options, "--tls-bind", "0.0.0.0:0", "--web", "0.0.0.0:0", "--store"]);
    command.arg(folder.path().join("chat.db")).args(certificate.options());
    let chat = Chat::start_command(command)?;
    assert!(chat.tls.is_some() && chat.web.is_some(), "two encrypted doors");
    assert_eq!(Some(chat.address), chat.tls, "no plain one");
    let peers = (0..OF_ONE_ADDRESS).map(|i| chat.peer_through(Door::Tls, &format!("peer {i}")));
    let peers = peers.collect::<Result<Vec<_>>>()?;
    let next = chat.server.out.find(|_| true, "who came first")?;
    assert_eq!(next, format!("nuevo cliente conectado: {}", peers[0].address()), "no warning");
    let mut more = TcpStream::connect(chat.address).expect("a connection");
    more.set_read_timeout(Some(PATIENCE)).expect("a socket");
    assert!(more.read(&mut [0]).is_ok_and(|length| length == 0), "one more is closed");
    Ok(())
}
