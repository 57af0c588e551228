//! Third-party chat servers, where they are installed: every delivery is checked by their own
//! rules.

macro_rules! config {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../chat-loadgen/tests/peers/",
            $name,
            ".conf"
        ))
    };
}

mod chats;
pub(crate) mod files;
mod mismatches;
mod passwords;
mod rooms;

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Output;

use crate::running::{Ended, load, read};

/// Finds a program on PATH or in the usual folders of servers.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Nine receivers for each of a hundred messages.
const DELIVERIES: u64 = 900;
/// The password in the file `password` of each server's folder.
const PASSWORD: &str = "s3cret";

/// A server: its program, its configuration, its arguments.
pub(crate) struct Peer<'a>(pub(crate) &'a str, pub(crate) &'a str, pub(crate) &'a str);

impl Peer<'_> {
    /// The output of ten clients with these options, which talk through the server; nothing if its
    /// program is not installed. `{dir}` in an option is the server's folder.
    fn output(&self, options: &[&str]) -> Option<Output> {
        self.output_through("tcp", options)
    }

    /// The same through a door. The certificate is in the files `cert.pem` and `key.pem` of the
    /// server's folder.
    fn output_through(&self, door: &str, options: &[&str]) -> Option<Output> {
        let Self(program, config, arguments) = *self;
        let Some(program) = find(program) else {
            chat_drive::skip(format_args!("{program} is not installed"));
            return None;
        };
        // Another program can take the free port before the server binds it.
        for attempt in 1.. {
            let folder = tempfile::tempdir().expect("a folder");
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let address = free.expect("a port");
            fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).expect("written");
            crate::doors::peers::certificate(folder.path());
            let file = folder.path().join("config");
            let folder = folder.path().to_string_lossy().into_owned();
            let config =
                config.replace("{port}", &address.port().to_string()).replace("{dir}", &folder);
            fs::write(&file, config).expect("written");
            let arguments = arguments.replace("{config}", &file.to_string_lossy());
            let command = format!("{} {arguments}", program.display());
            let mut load = load(&["--clients", "10", "--rate", "100/s", "--spawn", &command]);
            load.args(crate::doors::at(door, address)).current_dir(&folder);
            load.env("NODE_PATH", crate::doors::chats::modules());
            load.args(options.iter().map(|option| option.replace("{dir}", &folder)));
            let output = load.output().expect("it starts");
            let words = String::from_utf8_lossy(&output.stderr);
            let not_started = ["the server ended", "accepts no connections", "is taken"];
            if attempt < 3 && not_started.iter().any(|why| words.contains(why)) {
                continue;
            }
            return Some(output);
        }
        None
    }

    /// The result of such a run through a door.
    pub(crate) fn run_through(&self, door: &str, options: &[&str]) -> Option<Ended> {
        self.output_through(door, options).map(|output| read(&output))
    }

    /// The same, with a result.
    fn run(&self, options: &[&str]) -> Option<Ended> {
        self.output(options).map(|output| read(&output))
    }
}

/// Ten clients talk through a server that is started with this configuration.
fn talk(dialect: &str, program: &str, config: &str, arguments: &str, deliveries: u64) {
    let options = ["--dialect", dialect, "--total-order"];
    if let Some(ended) = Peer(program, config, arguments).run(&options) {
        ended.is_clean(deliveries);
    }
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
