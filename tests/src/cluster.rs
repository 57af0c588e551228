//! Several real servers that are one chat, over a real broker.

use std::net::SocketAddr;
use std::process::{Command, Output};

use chat_drive::failure::Result;
use chat_protocol::wording;

use crate::ES;
use crate::binaries;
use crate::chat::address_in;
use crate::harness::door::Door;
use crate::harness::peer::Peer;
use crate::harness::program::Program;
use crate::harness::stage::Stage;

/// The way of servers to the log that they share.
#[derive(Clone, Debug)]
pub struct SharedLog {
    /// The value of `--cluster`.
    pub brokers: String,
    /// The name of the chat.
    pub name: String,
}

impl SharedLog {
    /// Makes a log at this broker.
    #[track_caller]
    pub fn make(stage: &Stage, broker: &str, name: &str) -> Result<Self> {
        let log = Self { brokers: broker.to_owned(), name: name.to_owned() };
        let made = log.init(&[]);
        if made.status.success() {
            return Ok(log);
        }
        Err(stage.failure(format!("no log: {}", String::from_utf8_lossy(&made.stderr))))
    }

    /// Runs what makes the log: a small one, for the brokers of tests.
    pub fn init(&self, options: &[&str]) -> Output {
        self.run(&[&["--cluster-init", "--keep-size", "64MiB"], options].concat())
    }

    /// A server with these options, which does not listen to the network.
    pub fn command(&self, options: &[&str]) -> Command {
        let mut command = binaries::server();
        command.args(["--cluster", &self.brokers, "--cluster-name", &self.name]);
        command.args(["--bind", "127.0.0.1:0", "--web", "127.0.0.1:0"]).args(options);
        command
    }

    /// Runs it until it ends.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn run(&self, options: &[&str]) -> Output {
        self.command(options).output().expect("it runs")
    }

    /// Starts a server, and waits until it is part of the chat.
    #[track_caller]
    pub fn serve<'a>(&self, stage: &'a Stage, name: &str, options: &[&str]) -> Result<Node<'a>> {
        Node::when_started(stage, stage.start(name, self.command(options))?)
    }
}

/// A server of a chat that has several.
pub struct Node<'a> {
    /// The program.
    pub server: Program,
    /// The way in.
    pub door: Entrance<'a>,
}

impl<'a> Node<'a> {
    /// Waits until this server is part of the chat.
    #[track_caller]
    pub fn when_started(stage: &'a Stage, server: Program) -> Result<Self> {
        let mut started = String::new();
        loop {
            match server.out.hear()? {
                Some(line) if line == wording::WAITING => break,
                Some(line) => started = line,
                None => return Err(stage.failure("a server ends before it is part of the chat")),
            }
        }
        let web = started.split(' ').find_map(|word| word.strip_prefix("http://")?.parse().ok());
        let Some((lines, web)) = address_in(&started).zip(web) else {
            return Err(stage.failure(format!("no addresses in {started:?}")));
        };
        Ok(Self { server, door: Entrance { stage, lines, web } })
    }
}

/// The way into a chat, through one of its servers.
#[derive(Clone, Copy)]
pub struct Entrance<'a> {
    /// The stage of the peers.
    pub stage: &'a Stage,
    /// The address on which the server listens for lines.
    pub lines: SocketAddr,
    /// The address on which it listens for the web.
    pub web: SocketAddr,
}

impl Entrance<'_> {
    /// Connects a raw peer that has been greeted.
    #[track_caller]
    pub fn peer(self, name: &str) -> Result<Peer> {
        self.greeted(Door::Plain, name, self.lines)
    }

    /// The same through the listener for the web.
    #[track_caller]
    pub fn web_peer(self, name: &str) -> Result<Peer> {
        self.greeted(Door::WebSocket, name, self.web)
    }

    #[track_caller]
    fn greeted(self, door: Door, name: &str, address: SocketAddr) -> Result<Peer> {
        let mut peer = self.stage.connect_through(door, name, address)?;
        peer.expect(ES.greeting())?;
        Ok(peer)
    }

    /// Connects a raw peer that has been greeted and asked for its name.
    #[track_caller]
    pub fn asked(self, name: &str) -> Result<Peer> {
        let mut peer = self.peer(name)?;
        peer.expect(wording::NAME_KEYWORD)?;
        Ok(peer)
    }

    /// Connects a raw peer that is in the first room under this name.
    #[track_caller]
    pub fn newcomer(self, name: &str) -> Result<Peer> {
        let mut peer = self.asked(name)?;
        peer.send(format!("{name}\n"))?;
        hear_until(&mut peer, ES.help_hint())?;
        Ok(peer)
    }

    /// Connects a raw peer that is in this room under this name. It has heard the list of its members.
    #[track_caller]
    pub fn member(self, name: &str, room: &str) -> Result<Peer> {
        let mut peer = self.asked(name)?;
        enter(&mut peer, name, room)?;
        Ok(peer)
    }

    /// The same through the listener for the web.
    #[track_caller]
    pub fn web_member(self, name: &str, room: &str) -> Result<Peer> {
        let mut peer = self.web_peer(name)?;
        peer.expect(wording::NAME_KEYWORD)?;
        enter(&mut peer, name, room)?;
        Ok(peer)
    }
}

/// A peer that has been asked for its name gives this one, and goes to this room. In the first one, others come and go
/// meanwhile.
#[track_caller]
pub fn enter(peer: &mut Peer, name: &str, room: &str) -> Result {
    peer.send(format!("{name}\n/sala {room}\n"))?;
    hear_until(peer, &format!("* estás en la sala {room}"))?;
    let list = peer.hear()?.unwrap_or_default();
    if list.starts_with(&format!("* eres {name}; en {room} (")) {
        return Ok(());
    }
    Err(peer.failure(format!("should hear who is in {room}, but: {list:?}")))
}

/// Returns the lines that a peer hears, up to this one, which is the last of them.
#[track_caller]
pub fn hear_until(peer: &mut Peer, last: &str) -> Result<Vec<String>> {
    let mut heard = Vec::new();
    while heard.last().is_none_or(|line| line != last) {
        match peer.hear()? {
            Some(line) => heard.push(line),
            None => return Err(peer.failure(format!("should hear {last:?}, but: the end"))),
        }
    }
    Ok(heard)
}
