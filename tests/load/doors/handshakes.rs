//! Handshakes that fail, each with its reason, and certificates that are believed or not.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use chat_drive::failure::Result;

use super::{LOAD, at, chat, run_through};
use crate::running::{Relay, load};

/// Options of clients that try once, and not for long.
const BRIEF: [&str; 4] = ["--connect-retries", "0", "--connect-timeout", "500ms"];

/// The error of a run that cannot begin.
#[track_caller]
fn refused(server: &[String], options: &[&str]) -> String {
    let output =
        load(&[&LOAD[..], &BRIEF, options].concat()).args(server).output().expect("it starts");
    assert!(output.stdout.is_empty(), "there is a record");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A server that answers each client with these bytes, and keeps the connection.
fn answering(bytes: &'static [u8], keeps: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                // A client that has gone gets no answer.
                let _ = stream.read(&mut buffer).and_then(|_| stream.write_all(bytes));
                while keeps && stream.read(&mut buffer).is_ok_and(|read| read > 0) {}
            });
        }
    });
    address
}

#[test]
fn what_a_server_has_instead_of_a_websocket_is_said() {
    for (answer, keeps, why) in [
        (
            &b"HTTP/1.1 403 Forbidden\r\n\r\n"[..],
            false,
            "no WebSocket there: it answers 403 Forbidden",
        ),
        (b"bienvenido al chat!\n", true, "no WebSocket there: its answer is no HTTP"),
        (
            b"HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
            true,
            "has no right Sec-WebSocket-Accept",
        ),
        (b"HTTP/1.1 101", true, "no answer to the handshake for 500ms"),
        (b"HTTP/1.1 101", false, "closed the connection during the handshake"),
    ] {
        let error = refused(&at("ws", answering(answer, keeps)), &[]);
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn what_a_server_has_instead_of_tls_is_said() {
    for (answer, keeps, why) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], true, "no TLS there"),
        (b"", true, "no answer to the handshake for 500ms"),
        (b"", false, "closed the connection during the handshake"),
    ] {
        let error = refused(&at("tls", answering(answer, keeps)), &[]);
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_path_that_is_not_there_is_said() -> Result {
    let (_chat, web) = chat("basico")?;
    let error = refused(&["--server".to_owned(), format!("ws://{web}/nix")], &[]);
    assert!(error.contains("it answers 404 Not Found"), "{error}");
    Ok(())
}

#[test]
fn a_certificate_is_believed_by_its_fingerprint_or_not_at_all() -> Result {
    let relay = Relay::start(&["--tls"])?;
    let says = relay.program.out.find(|line| line.contains("sha256:"), "its fingerprint")?;
    let (_, right) = says.rsplit_once(' ').expect("a fingerprint");
    let server = ["--server".to_owned(), format!("tls://{}", relay.address)];
    let wrong = format!("sha256:{}", "0".repeat(64));
    for options in [&["--tls-fingerprint", &*wrong][..], &[]] {
        let error = refused(&server, options);
        assert!(error.contains("its certificate is not believed"), "{error}");
        assert!(error.contains("see --tls-ca, --tls-fingerprint and --insecure"), "{error}");
    }
    let options = [&LOAD[..], &["--tls-fingerprint", right]].concat();
    let believed = crate::running::ended(load(&options).args(&server));
    believed.is_clean(900);
    Ok(())
}

#[test]
fn a_certificate_is_believed_by_its_file() -> Result {
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = super::peers::certificate(folder.path());
    let options = ["--tls", "--tls-cert", &certificate, "--tls-key", &key];
    let relay = Relay::start(&options)?;
    let server = ["--server".to_owned(), format!("tls://localhost:{}", relay.address.port())];
    let options = [&LOAD[..], &["--tls-ca", &certificate]].concat();
    crate::running::ended(load(&options).args(&server)).is_clean(900);
    // It is for another name.
    let error = refused(&at("tls", relay.address)[..2], &["--tls-ca", &certificate]);
    assert!(error.contains("its certificate is not believed"), "{error}");
    Ok(())
}

#[test]
fn a_dialect_that_does_not_travel_so_is_refused() {
    let address = answering(b"", true);
    let error = refused(&at("ws", address), &["--dialect", "irc"]);
    assert!(error.contains("irc does not travel through a WebSocket"), "{error}");
    let error = refused(&at("ws", address), &["--insecure"]);
    assert!(error.contains("need a --server tls://… or wss://…"), "{error}");
}

#[test]
fn early_words_behind_the_handshake_are_heard() -> Result {
    // The server speaks first, and its words may come with the answer to the request.
    let (_chat, web) = chat("grupal")?;
    let options = ["--clients", "40", "--rate", "50/s", "--dialect", "grupal"];
    run_through("ws", web, &options).is_clean(50 * 39);
    Ok(())
}
