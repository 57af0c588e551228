//! Passwords: each server that knows them lets in clients with the right one only, and it is shown
//! nowhere.

use std::io::Write;
use std::net::TcpListener;

use assert_cmd::Command;
use chat_tests::binaries;

use super::{DELIVERIES, PASSWORD, Peer};
use crate::running::load;

/// Clients with the password are let in, and others told why not.
fn is_needed(dialect: &str, peer: &Peer<'_>, user: &[&str], deliveries: u64, refusal: &str) {
    let login = [&["--dialect", dialect, "--password-file", "{dir}/password"], user].concat();
    let Some(ended) = peer.run(&login) else { return };
    ended.is_clean(deliveries);
    let record = ended.record.to_string();
    assert!(record.contains("--password-file") && !record.contains(PASSWORD), "{record}");

    let without = peer.output(&["--dialect", dialect]).expect("it is installed");
    let wrong = [&["--dialect", dialect, "--password-file", "{dir}/config"], user].concat();
    let wrong = peer.output(&wrong).expect("it is installed");
    for output in [without, wrong] {
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(words.contains(refusal), "{words}");
        assert!(!words.contains(PASSWORD), "{words}");
    }
}

#[test]
fn redis() {
    let config = format!("{}\nrequirepass {PASSWORD}\n", config!("redis"));
    let peer = Peer("redis-server", &config, "{config}");
    is_needed("redis", &peer, &[], DELIVERIES + 100, "the server refused a client: -");
}

#[test]
fn redis_with_users() {
    let config =
        format!("{}\nuser default off\nuser ana on >{PASSWORD} &* +@all\n", config!("redis"));
    let peer = Peer("redis-server", &config, "{config}");
    is_needed(
        "redis",
        &peer,
        &["--user", "ana"],
        DELIVERIES + 100,
        "the server refused a client: -",
    );
}

#[test]
fn nats() {
    let users = format!("authorization {{ user: ana, password: {PASSWORD} }}");
    let config = format!("{}\n{users}\n", config!("nats"));
    let peer = Peer("nats-server", &config, "--config {config}");
    is_needed("nats", &peer, &["--user", "ana"], DELIVERIES, "Authorization Violation");
}

#[test]
fn nats_with_a_token() {
    let config = format!("{}\nauthorization {{ token: {PASSWORD} }}\n", config!("nats"));
    let peer = Peer("nats-server", &config, "--config {config}");
    is_needed("nats", &peer, &[], DELIVERIES, "Authorization Violation");
}

#[test]
fn mosquitto() {
    // Made by mosquitto_passwd from the password of these tests, behind the line that others are to
    // take for a password.
    let hash = "ana:$7$101$XAD9zTGnGOfvwblY$QhY+7JNGjs8h5x2LGNZecuslvmsCgqKd0PDJKeAoVMoGfgd8j/\
        Yv6eagRB0Ftw5rmrMoOmVt3Z92X6HwAjANGQ==";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("users");
    std::fs::write(&file, format!("{hash}\n")).expect("written");
    let config = config!("mosquitto").replace("allow_anonymous true", "allow_anonymous false")
        + &format!("\npassword_file {}\n", file.display());
    let peer = Peer("mosquitto", &config, "-c {config}");
    is_needed("mqtt", &peer, &["--user", "ana"], DELIVERIES, "not authorized");
}

#[test]
fn ngircd() {
    let password = format!("Password = {PASSWORD}\nListen = 127.0.0.1");
    let config = config!("ngircd").replace("Listen = 127.0.0.1", &password);
    let peer = Peer("ngircd", &config, "--nodaemon --config {config}");
    is_needed("irc", &peer, &["--user", "ana"], DELIVERIES, "assword");
}

#[test]
fn a_server_that_repeats_the_password_does_not_make_it_shown() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // As Redis did before version 6.
            let words =
                "-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `default`";
            let _ = write!(stream, "{words}, `{PASSWORD}`\r\n");
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    std::fs::write(&file, PASSWORD).expect("written");
    let mut load = load(&["--dialect", "redis", "--clients", "2", "--server", &address]);
    let output = load.arg("--password-file").arg(&file).output().expect("it starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("`AUTH`, `default`, `[password]`"), "{words}");
}

#[test]
fn a_dialect_without_passwords_takes_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    std::fs::write(&file, PASSWORD).expect("written");
    for (arguments, expected) in [
        (&["--dialect", "sala"][..], "sala knows no passwords"),
        (&["--dialect", "redis", "--user", "a b"], "--user needs a name without blanks"),
    ] {
        let mut command = binaries::loadgen();
        command.args(arguments).arg("--password-file").arg(&file);
        let ended = Command::from_std(command).assert().code(2);
        let words = String::from_utf8_lossy(&ended.get_output().stderr).into_owned();
        assert!(words.contains(expected) && !words.contains(PASSWORD), "{words}");
    }
    let mut command = binaries::loadgen();
    command.args(["--dialect", "redis", "--user", "ana"]);
    Command::from_std(command).assert().code(2);
}
