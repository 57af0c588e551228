//! A dialect that the server does not speak: the error shows what the server said, and advises.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::Peer;
use crate::running::{load, server};

/// The diagnostics of a run in a dialect that the server does not speak.
#[track_caller]
fn words(output: &std::process::Output) -> String {
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert_eq!(words.matches('\n').count(), 1, "{words}");
    words
}

#[test]
fn a_server_of_redis_is_known_by_its_error() {
    let peer = Peer("redis-server", config!("redis"), "{config}");
    let Some(output) = peer.output(&["--dialect", "basico"]) else { return };
    let words = words(&output);
    assert!(words.contains("ast words: -ERR unknown command"), "{words}");
    assert!(words.ends_with(" (that looks like --dialect redis)\n"), "{words}");
}

#[test]
fn a_server_of_nats_is_known_by_its_greeting() {
    let peer = Peer("nats-server", config!("nats"), "--config {config}");
    let Some(output) = peer.output(&["--dialect", "sala"]) else { return };
    let words = words(&output);
    assert!(words.contains(": INFO {"), "{words}");
    assert!(words.ends_with(" (that looks like --dialect nats)\n"), "{words}");
}

#[test]
fn a_server_of_irc_is_known_by_its_numbers() {
    // A dialect that forgets to register.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "name = \"mine\"\nmessage = \"PRIVMSG #x :{text}\"\n").expect("written");
    let peer = Peer("ngircd", config!("ngircd"), "--nodaemon --config {config}");
    let output = peer.output(&["--dialect-file", &file.to_string_lossy()]);
    let Some(output) = output else { return };
    let words = words(&output);
    assert!(words.contains(":irc.local "), "{words}");
    assert!(words.ends_with(" (that looks like --dialect irc)\n"), "{words}");
}

#[test]
fn a_server_that_asks_for_a_name_is_known_by_its_question() {
    let output = load(&["--clients", "10", "--spawn", &server("--profile sala")]);
    let words = words(&{ output }.output().expect("it starts"));
    // The server has taken a message for a name.
    assert!(words.contains("refused a client: ! nombre"), "{words}");
    assert!(words.ends_with(" (that looks like --dialect sala or grupal)\n"), "{words}");
}

#[test]
fn a_refusal_ends_the_wait_and_names_the_other_dialect() {
    let output = load(&["--dialect", "nats", "--clients", "10", "--spawn", &server("")]);
    let words = words(&{ output }.output().expect("it starts"));
    assert!(words.contains("refused a client: bienvenido al chat!"), "{words}");
    assert!(words.ends_with(" (that looks like --dialect basico)\n"), "{words}");
}

#[test]
fn what_a_server_says_is_shown_harmlessly_even_if_it_ends_no_line() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let _ = stream.write_all(b"HTTP/1.1 \x1b[31m400 Bad Request");
                // Until the client leaves.
                let _ = stream.read_to_end(&mut Vec::new());
            });
        }
    });
    let output = load(&["--dialect", "grupal", "--clients", "2", "--server", &address]).output();
    let words = words(&output.expect("it starts"));
    let expected =
        "last words: HTTP/1.1 \u{fffd}[31m400 Bad Request (that is a web server, no chat)";
    assert!(words.contains(expected), "{words}");
}
