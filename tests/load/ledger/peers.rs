//! Servers behind a damaging proxy: this project's, and third-party ones where they are installed.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

use chat_drive::failure::Result;
use chat_tests::binaries;
use chat_tests::harness::program::Program;
use chat_tests::harness::stage::Stage;
use tempfile::TempDir;

/// Time within which a server listens.
const DEADLINE: Duration = Duration::from_secs(20);

/// A server of one dialect.
pub(super) struct Peer {
    pub(super) dialect: &'static str,
    /// Program, arguments and configuration; none for this project's server.
    program: Option<(&'static str, &'static str, &'static str)>,
}

macro_rules! config {
    ($name:literal) => {
        include_str!(concat!("../../../chat-loadgen/tests/peers/", $name, ".conf"))
    };
}

pub(super) const SALA: Peer = Peer { dialect: "sala", program: None };
pub(super) const GRUPAL: Peer = Peer { dialect: "grupal", program: None };
pub(super) const IRC: Peer = Peer {
    dialect: "irc",
    program: Some(("ngircd", "--nodaemon --config {config}", config!("ngircd"))),
};
pub(super) const NATS: Peer =
    Peer { dialect: "nats", program: Some(("nats-server", "--config {config}", config!("nats"))) };
pub(super) const REDIS: Peer =
    Peer { dialect: "redis", program: Some(("redis-server", "{config}", config!("redis"))) };
pub(super) const MQTT: Peer =
    Peer { dialect: "mqtt", program: Some(("mosquitto", "-c {config}", config!("mosquitto"))) };

/// A server that listens.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    _program: Program,
    _folder: TempDir,
}

impl Peer {
    /// Starts the server; nothing if it is not installed, which is said aloud.
    pub(super) fn start(&self, stage: &Stage) -> Result<Option<Server>> {
        let folder = tempfile::tempdir().expect("a folder");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a port");
        let Some(mut command) = self.command(address, &folder) else { return Ok(None) };
        command.current_dir(&folder);
        let program = stage.start(self.dialect, command)?;
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < DEADLINE, "{} does not listen", self.dialect);
            thread::sleep(Duration::from_millis(5));
        }
        Ok(Some(Server { address, _program: program, _folder: folder }))
    }

    fn command(&self, address: SocketAddr, folder: &TempDir) -> Option<Command> {
        let Some((program, arguments, config)) = self.program else {
            let mut command = binaries::server();
            command.args(["--bind", &address.to_string(), "--profile", self.dialect]);
            command.args(["--max-rate", "off"]);
            return Some(command);
        };
        let Some(program) = find(program) else {
            chat_drive::skip(format_args!("{program} is not installed"));
            return None;
        };
        let file = folder.path().join("config");
        let config = config.replace("{port}", &address.port().to_string());
        let config = config.replace("{dir}", &folder.path().to_string_lossy());
        fs::write(&file, config).expect("written");
        let mut command = Command::new(program);
        let arguments = arguments.replace("{config}", &file.to_string_lossy());
        command.args(arguments.split(' '));
        Some(command)
    }
}

/// Finds a program on PATH or in the usual folders of servers.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}
