//! The diagnostics: who is who, and in which form.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};
use std::{fs, thread};

use chat_tests::binaries;
use chat_tests::chat::address_in;
use serde_json::Value;
use tempfile::NamedTempFile;

use super::*;

#[test]
fn r15_4_arrivals_leaves_refusals_and_deeds_say_who_is_who_and_no_message() -> Result {
    let options = ["--profile", "grupal", "--operator", "Root", "--log", "info"];
    let mut chat = Chat::start_with(&[&options[..], &["--log-format", "json"]].concat())?;
    let mut ana = member(&chat, Door::Plain, "Ana")?;
    let mut bea = member(&chat, Door::Plain, "Bea")?;
    ana.send("/sala cocina\nun secreto\n/privado Bea otro secreto\n/secreta orden\n")?;
    while bea.hear()?.is_some_and(|line| !line.contains("otro secreto")) {}
    while ana.hear()?.is_some_and(|line| !line.contains("secreta")) {}
    chat.server.type_in("/echar Ana basta\n")?;
    chat.server.out.find(|line| line.contains("basta"), "the deed")?;
    while ana.hear()?.is_some() {}
    let (address, other) = (ana.address().to_string(), bea.address().to_string());
    drop(bea);
    chat.server.out.wait_for(&format!("cliente {other} desconectado"))?;
    chat.server.out.wait_for(&format!("cliente {address} desconectado")).ok();
    chat.server.signal(15)?;
    chat.server.expect_exit(0)?;
    let lines = chat.server.err.rest()?;
    let objects: Vec<Value> =
        lines.iter().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let has = |wanted: &[(&str, &str)]| {
        let fits = |object: &&Value| wanted.iter().all(|(key, value)| object[*key] == *value);
        assert!(objects.iter().any(|object| fits(&object)), "no {wanted:?} in {lines:#?}");
    };
    has(&[("message", "arrived"), ("name", "Ana"), ("peer", &address), ("room", "general")]);
    has(&[("message", "arrived"), ("name", "Bea"), ("peer", &other), ("level", "INFO")]);
    has(&[("message", "refused"), ("name", "Ana"), ("room", "cocina"), ("reason", "command")]);
    has(&[("message", "moderation"), ("by", "Root"), ("deed", "echar"), ("whom", "Ana")]);
    has(&[("message", "left"), ("name", "Ana"), ("peer", &address), ("room", "cocina")]);
    has(&[("message", "left"), ("name", "Bea"), ("peer", &other), ("room", "general")]);
    assert!(objects.iter().all(|object| object["timestamp"].is_string()), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("secret")), "{lines:#?}");
    Ok(())
}

#[test]
fn r15_4_who_is_in_an_account_is_said_to_be() -> Result {
    let store = NamedTempFile::new().expect("a file");
    let file = store.path().display().to_string() + ".db";
    let options = ["--profile", "grupal", "--store", &file, "--accounts", "optional"];
    let mut chat = Chat::start_with(&[&options[..], &["--log", "info"]].concat())?;
    let mut ana = member(&chat, Door::Plain, "Ana")?;
    ana.send("/registrar una palabra larga\n")?;
    while ana.hear()?.is_some_and(|line| !line.contains("registrado")) {}
    ana.send("/nada\nsalir\n")?;
    while ana.hear()?.is_some() {}
    chat.server.signal(15)?;
    chat.server.expect_exit(0)?;
    let lines = chat.server.err.rest()?;
    let peer = format!("peer={}", ana.address());
    for what in ["refused", "left"] {
        let is_said = |line: &&String| {
            [what, &peer, "name=\"Ana\"", "account=\"ana\"", "room=\"general\""]
                .iter()
                .all(|part| line.contains(part))
        };
        assert!(lines.iter().any(|line| is_said(&line)), "{what} in {lines:#?}");
    }
    assert!(!lines.iter().any(|line| line.contains("palabra")), "{lines:#?}");
    fs::remove_file(file).expect("the store");
    Ok(())
}

#[test]
fn r15_4_a_connection_that_is_refused_has_a_line() -> Result {
    let options = ["--max-clients", "1", "--when-full", "refuse", "--log", "info"];
    let chat = Chat::start_with(&options)?;
    let _ana = chat.peer("ana")?;
    let bea = chat.stage.connect("bea", chat.address)?;
    let peer = format!("peer={}", bea.address());
    let is_it = |line: &str| {
        line.contains("connection refused") && line.contains(&peer) && line.contains("server_full")
    };
    chat.server.err.find(is_it, "the refusal")?;
    Ok(())
}

/// The first line of diagnostics of a server whose standard error is a file, and which is told that this, or another, is the
/// journal.
#[cfg(unix)]
fn first_line(is_journal: bool) -> String {
    use std::os::unix::fs::MetadataExt;

    let log = NamedTempFile::new().expect("a file");
    let file = log.as_file().metadata().expect("its metadata");
    let stream = format!("{}:{}", file.dev(), file.ino() + u64::from(!is_journal));
    let mut command = binaries::server();
    command.args(["--bind", "127.0.0.1:0", "--log", "info"]).env("JOURNAL_STREAM", stream);
    let error = log.reopen().expect("the file");
    let mut server = command.stdout(Stdio::piped()).stderr(error).spawn().expect("a server");
    let mut started = String::new();
    let mut out = BufReader::new(server.stdout.take().expect("a pipe"));
    out.read_line(&mut started).expect("where it listens");
    let address = address_in(started.trim_end()).expect("an address");
    let client = TcpStream::connect(address).expect("a connection");
    let deadline = Instant::now() + Duration::from_secs(30);
    let line = loop {
        let text = fs::read_to_string(log.path()).expect("the file");
        if let Some((line, _)) = text.split_once('\n') {
            break line.to_owned();
        }
        assert!(Instant::now() < deadline, "it says nothing");
        thread::sleep(Duration::from_millis(10));
    };
    drop(client);
    server.kill().expect("it runs");
    server.wait().expect("it ends");
    line
}

#[cfg(unix)]
#[test]
fn r15_3_the_journal_gets_no_times() {
    let (with, without) = (first_line(false), first_line(true));
    assert!(with.starts_with("20") && with.contains(" INFO arrived "), "{with}");
    assert!(without.trim_start().starts_with("INFO arrived "), "{without}");
}
