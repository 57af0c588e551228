//! Stage of one test: starts the programs and peers that share its transcript.

use std::fmt;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use chat_drive::failure::{Failure, Result};
use chat_drive::role::Role;
use chat_drive::terminal::Terminal;
use chat_drive::transcript::Transcript;

use crate::harness::door::{self, Way};
use crate::harness::peer::{Listener, Peer};
use crate::harness::program::Program;

pub use chat_drive::role::PATIENCE;

/// Starts programs and peers that share one transcript.
pub struct Stage {
    transcript: Transcript,
}

impl Stage {
    /// An empty stage.
    #[expect(clippy::new_without_default, reason = "a stage begins a record; it is no plain value")]
    pub fn new() -> Self {
        Self { transcript: Transcript::begin() }
    }

    /// Starts a program with its three standard streams in pipes.
    #[track_caller]
    pub fn start(&self, name: &str, command: Command) -> Result<Program> {
        Program::start(&self.role(name), command)
    }

    /// Starts a program whose standard output goes to a given destination; it is not read here.
    #[track_caller]
    pub fn start_writing_to(
        &self,
        output: impl Into<Stdio>,
        name: &str,
        command: Command,
    ) -> Result<Program> {
        Program::start_between([Stdio::piped(), output.into()], &self.role(name), command)
    }

    /// Starts a program with a given standard input.
    #[track_caller]
    pub fn start_reading_from(
        &self,
        input: Stdio,
        name: &str,
        command: Command,
    ) -> Result<Program> {
        Program::start_between([input, Stdio::piped()], &self.role(name), command)
    }

    /// Starts a program on a terminal.
    #[track_caller]
    pub fn start_on_terminal(&self, name: &str, command: &Command) -> Result<Terminal> {
        Terminal::start(&self.role(name), command)
    }

    /// Connects a raw peer.
    #[track_caller]
    pub fn connect(&self, name: &str, address: SocketAddr) -> Result<Peer> {
        self.connect_through(door::chosen(), name, address)
    }

    /// Connects a raw peer through this door, whatever the others use.
    #[track_caller]
    pub fn connect_through(
        &self,
        way: impl Into<Way>,
        name: &str,
        address: SocketAddr,
    ) -> Result<Peer> {
        Peer::connect(&self.role(name), way.into(), address)
    }

    /// Connects a raw peer from this address of the machine; port 0 is any free one.
    #[track_caller]
    pub fn connect_from(
        &self,
        name: &str,
        source: SocketAddr,
        address: SocketAddr,
    ) -> Result<Peer> {
        Peer::connect_from(&self.role(name), source, address)
    }

    /// Connects a raw peer with the smallest receive buffer that the system allows: a sender is
    /// blocked soon.
    #[track_caller]
    pub fn connect_taking_little(&self, name: &str, address: SocketAddr) -> Result<Peer> {
        self.connect_taking_little_through(door::chosen(), name, address)
    }

    /// The same through this door.
    #[track_caller]
    pub fn connect_taking_little_through(
        &self,
        way: impl Into<Way>,
        name: &str,
        address: SocketAddr,
    ) -> Result<Peer> {
        Peer::connect_taking_little(&self.role(name), way.into(), address)
    }

    /// Plays the server: listens on a free port of 127.0.0.1.
    #[track_caller]
    pub fn listen(&self, name: &str) -> Result<Listener> {
        Listener::open(self.role(name))
    }

    /// Waits until a condition holds that no event reports: polls it.
    #[track_caller]
    pub fn eventually(&self, description: &str, mut holds: impl FnMut() -> bool) -> Result {
        let what = format!("never: {description}");
        self.role("the stage").poll(&what, || Ok(holds().then_some(())))
    }

    /// A failure that the test itself found, with this stage's transcript.
    #[track_caller]
    pub fn failure(&self, what: impl fmt::Display) -> Failure {
        Failure::new(what, &self.transcript)
    }

    fn role(&self, name: &str) -> Role {
        Role::new(name, &self.transcript)
    }
}
