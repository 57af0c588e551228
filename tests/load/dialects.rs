//! Third-party chat servers, where they are installed: every delivery is checked by their own
//! rules.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

use crate::running::{load, read};

/// Finds a program on PATH or in the usual folders of servers.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Nine receivers for each of a hundred messages.
const DELIVERIES: u64 = 900;

/// Ten clients talk through a server that is started with this configuration.
fn talk(dialect: &str, program: &str, config: &str, arguments: &str, deliveries: u64) {
    let Some(program) = find(program) else {
        return chat_drive::skip(format_args!("{program} is not installed"));
    };
    // Another program can take the free port before the server binds it.
    for attempt in 1.. {
        let folder = tempfile::tempdir().expect("a folder");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a port");
        let file = folder.path().join("config");
        let folder = folder.path().to_string_lossy().into_owned();
        let config =
            config.replace("{port}", &address.port().to_string()).replace("{dir}", &folder);
        fs::write(&file, config).expect("written");
        let arguments = arguments.replace("{config}", &file.to_string_lossy());
        let command = format!("{} {arguments}", program.display());
        let mut load = load(&[
            "--dialect",
            dialect,
            "--spawn",
            &command,
            "--clients",
            "10",
            "--rate",
            "100/s",
            "--total-order",
        ]);
        load.args(["--server", &address.to_string()]).current_dir(&folder);
        let output = load.output().expect("it starts");
        if output.status.code() == Some(1) && attempt < 3 {
            continue;
        }
        read(&output).is_clean(deliveries);
        return;
    }
}

macro_rules! config {
    ($name:literal) => {
        include_str!(concat!("../../chat-loadgen/tests/peers/", $name, ".conf"))
    };
}

#[test]
fn redis_which_sends_everything_back_to_its_sender_too() {
    talk("redis", "redis-server", config!("redis"), "{config}", DELIVERIES + 100);
}

#[test]
fn nats() {
    talk("nats", "nats-server", config!("nats"), "--config {config}", DELIVERIES);
}

#[test]
fn mosquitto() {
    talk("mqtt", "mosquitto", config!("mosquitto"), "-c {config}", DELIVERIES);
}

#[test]
fn ngircd() {
    talk("irc", "ngircd", config!("ngircd"), "--nodaemon --config {config}", DELIVERIES);
}

#[test]
fn inspircd() {
    let arguments = "--nofork --runasroot --config {config}";
    talk("irc", "inspircd", config!("inspircd"), arguments, DELIVERIES);
}
