//! A running chat: the real server on a free port, and the members that talk there.

use std::ffi::OsString;
#[cfg(unix)]
use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use chat_drive::failure::Result;
#[cfg(unix)]
use chat_drive::pty;
use chat_protocol::limits::MAX_LINE;
use chat_protocol::refusal::Refusal;
use chat_protocol::wording;
use tempfile::TempDir;

use crate::ES;
use crate::binaries;
use crate::harness::door::{self, Door};
use crate::harness::peer::Peer;
use crate::harness::program::Program;
use crate::harness::stage::Stage;

/// A running server.
pub struct Chat {
    /// The stage of the test.
    pub stage: Stage,
    /// The server.
    pub server: Program,
    /// The address on which the server listens for the peers of this process.
    pub address: SocketAddr,
    /// The address on which it listens for TLS, if it does.
    pub tls: Option<SocketAddr>,
    /// The address on which it listens for the web, if it does.
    pub web: Option<SocketAddr>,
    /// The address at which it tells its metrics, if it does.
    pub metrics: Option<SocketAddr>,
    /// Its certificate, if it was given one here.
    pub certificate: Option<Certificate>,
}

/// A certificate of a server, and its key: in a folder that goes with this.
pub struct Certificate(TempDir);

impl Certificate {
    /// Makes one.
    ///
    /// # Panics
    ///
    /// When the server makes none.
    pub fn make() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = binaries::server();
        let made = command.arg("cert").arg("--out").arg(folder.path()).output().expect("it runs");
        assert!(made.status.success(), "no certificate: {}", String::from_utf8_lossy(&made.stderr));
        Self(folder)
    }

    /// The file with the certificate.
    pub fn certificate(&self) -> PathBuf {
        self.0.path().join("cert.pem")
    }

    /// The file with the key.
    pub fn key(&self) -> PathBuf {
        self.0.path().join("key.pem")
    }

    /// The options by which a server uses it.
    pub fn options(&self) -> [OsString; 4] {
        let (certificate, key) = (self.certificate().into(), self.key().into());
        ["--tls-cert".into(), certificate, "--tls-key".into(), key]
    }
}

impl Chat {
    /// Starts a server on a free port of 127.0.0.1.
    #[track_caller]
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// The same with further options, which may include another `--bind`. In a process whose peers come through
    /// another door, it listens there alone.
    #[track_caller]
    pub fn start_with(options: &[&str]) -> Result<Self> {
        let mut command = binaries::server();
        match door::chosen() {
            Door::Plain if options.contains(&"--bind") => {}
            Door::Plain => _ = command.args(["--bind", "127.0.0.1:0"]),
            Door::WebSocket => _ = command.args(["--bind", "off", "--web", "127.0.0.1:0"]),
            Door::Tls => _ = command.args(["--bind", "off", "--tls-bind", "127.0.0.1:0"]),
            Door::SecureWebSocket => {
                command.args(["--bind", "off", "--web", "127.0.0.1:0", "--web-tls"]);
            }
        }
        command.args(options);
        if door::chosen().is_encrypted() {
            return Self::start_with_certificate(command, Certificate::make());
        }
        Self::start_command(command)
    }

    /// Starts a server that listens for lines, for TLS and for the web, which is encrypted as well.
    #[track_caller]
    pub fn start_secured(options: &[&str]) -> Result<Self> {
        let mut command = binaries::server();
        command.args(["--bind", "127.0.0.1:0", "--tls-bind", "127.0.0.1:0"]);
        command.args(["--web", "127.0.0.1:0", "--web-tls"]).args(options);
        Self::start_with_certificate(command, Certificate::make())
    }

    #[track_caller]
    fn start_with_certificate(mut command: Command, certificate: Certificate) -> Result<Self> {
        command.args(certificate.options());
        Ok(Self { certificate: Some(certificate), ..Self::start_command(command)? })
    }

    /// Starts a server by this command.
    #[track_caller]
    pub fn start_command(command: Command) -> Result<Self> {
        let stage = Stage::new();
        let server = stage.start("server", command)?;
        Self::of(stage, server)
    }

    /// The same at a terminal without a screen. The end of it at which one types is returned as well.
    #[cfg(unix)]
    #[track_caller]
    pub fn start_at_a_terminal(command: Command) -> Result<(Self, Option<File>)> {
        let stage = Stage::new();
        let (input, keyboard) = pty::input().map_err(|error| stage.failure(error))?;
        let server = stage.start_reading_from(input, "server", command)?;
        Ok((Self::of(stage, server)?, keyboard))
    }

    /// A chat of this server, which has just been started.
    #[track_caller]
    fn of(stage: Stage, server: Program) -> Result<Self> {
        let mut started = server.out.find(|_| true, "where it listens")?;
        let metrics = metrics_in(&started);
        if metrics.is_some() {
            started = server.out.find(|_| true, "where it listens")?;
        }
        server.out.expect(wording::WAITING)?;
        let behind = |schemes: &[&str]| {
            let mut words = started.split(' ');
            words.find_map(|word| schemes.iter().find_map(|s| word.strip_prefix(s)?.parse().ok()))
        };
        let (tls, web) = (behind(&["tls://"]), behind(&["http://", "https://"]));
        let address = address_in(&started)
            .or(tls)
            .or(web)
            .ok_or_else(|| stage.failure(format!("no address in {started:?}")))?;
        Ok(Self { stage, server, address, tls, web, metrics, certificate: None })
    }

    /// Connects a raw peer that has been greeted: it is in the room and receives messages from now
    /// on.
    #[track_caller]
    pub fn peer(&self, name: &str) -> Result<Peer> {
        greeted(self.stage.connect(name, self.address)?)
    }

    /// The same through the listener for the web.
    #[track_caller]
    pub fn web_peer(&self, name: &str) -> Result<Peer> {
        self.peer_through(Door::WebSocket, name)
    }

    /// The same through this door.
    #[track_caller]
    pub fn peer_through(&self, door: Door, name: &str) -> Result<Peer> {
        greeted(self.stage.connect_through(door, name, self.address_of(door)?)?)
    }

    /// The address on which the server listens for those who come through this door.
    #[track_caller]
    pub fn address_of(&self, door: Door) -> Result<SocketAddr> {
        let address = match door {
            Door::Plain => Some(self.address),
            Door::Tls => self.tls,
            Door::WebSocket | Door::SecureWebSocket => self.web,
        };
        address.ok_or_else(|| self.stage.failure(format!("the server has no {door:?}")))
    }

    /// Connects a raw peer that has been greeted and asked for its name.
    #[track_caller]
    pub fn asked_peer(&self, name: &str) -> Result<Peer> {
        let mut peer = self.peer(name)?;
        peer.expect(wording::NAME_KEYWORD)?;
        Ok(peer)
    }

    /// Connects a raw peer that has sent its name. The server does not confirm a name, so the peer
    /// may not be in the room yet.
    #[track_caller]
    pub fn named_peer(&self, name: &str) -> Result<Peer> {
        let mut peer = self.asked_peer(name)?;
        peer.send(format!("{name}\n"))?;
        Ok(peer)
    }

    /// Connects a raw peer that takes part under this name.
    #[track_caller]
    pub fn member(&self, name: &str) -> Result<Peer> {
        let mut peer = self.named_peer(name)?;
        take_part(&mut peer)?;
        Ok(peer)
    }

    /// The same for several peers, one after another.
    #[track_caller]
    pub fn members<const N: usize>(&self, names: [&str; N]) -> Result<[Peer; N]> {
        let mut peers = Vec::new();
        for name in names {
            peers.push(self.member(name)?);
        }
        Ok(peers.try_into().unwrap_or_else(|_| unreachable!("one for each name")))
    }

    /// The same for a peer with the smallest receive buffer that the system allows.
    #[track_caller]
    pub fn stuck_peer(&self, name: &str) -> Result<Peer> {
        greeted(self.stage.connect_taking_little(name, self.address)?)
    }

    /// Starts the real client in pipes, and waits until it is greeted.
    #[track_caller]
    pub fn client(&self, name: &str) -> Result<Program> {
        let mut command = binaries::client();
        command.arg(self.address.to_string());
        let client = self.stage.start(name, command)?;
        for line in [ES.connected(), ES.type_messages(), ES.greeting()] {
            client.out.expect(line)?;
        }
        Ok(client)
    }
}

#[track_caller]
fn greeted(mut peer: Peer) -> Result<Peer> {
    peer.expect(ES.greeting())?;
    Ok(peer)
}

/// Waits until a peer that has sent its name takes part. It sends a line that is too long: the
/// server refuses it as a message only after it has accepted the name, and tells the sender alone.
/// What the server told it as it joined is skipped.
#[track_caller]
pub fn take_part(peer: &mut Peer) -> Result {
    peer.send(format!("{:x>1$}\n", "", MAX_LINE + 1))?;
    skip_welcome(peer, &ES.refusal(&Refusal::LineTooLong(MAX_LINE)).to_string())
}

/// Checks that this is the next line that the peer receives, apart from those that the server tells who
/// joins: its name, and where the commands are.
#[track_caller]
pub fn skip_welcome(peer: &mut Peer, expected: &str) -> Result {
    loop {
        let line = peer.hear()?.unwrap_or_default();
        if line == expected {
            return Ok(());
        }
        if wording::own_name_in(&line).is_none() && line != ES.help_hint() {
            return Err(peer.failure(format!("should hear {expected:?}, but: {line:?}")));
        }
    }
}

/// Checks that the server tells this peer that it stops, and closes the connection properly.
#[track_caller]
pub fn sees_the_stop(peer: &mut Peer) -> Result {
    peer.expect(ES.server_closing())?;
    peer.expect_end()
}

/// Parses the address in the server's first line on which it listens for lines.
pub fn address_in(started: &str) -> Option<SocketAddr> {
    started.split(' ').find_map(|word| word.parse().ok())
}

/// Parses the address in the line that says where the metrics are.
pub fn metrics_in(line: &str) -> Option<SocketAddr> {
    line.strip_suffix("/metrics")?.rsplit_once("http://")?.1.parse().ok()
}

/// A message of this peer as the others receive it.
pub fn said_by(peer: &Peer, text: &str) -> String {
    wording::message_by_port(peer.address(), text).to_string()
}
