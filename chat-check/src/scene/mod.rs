//! Scene of one attempt at a check: it starts the program, connects participants, and waits for
//! what must happen.

#[cfg(target_os = "linux")]
pub(crate) mod attempts;
pub(crate) mod client_program;
pub(crate) mod joining;
mod messages;
pub(crate) mod non_reader;
pub(crate) mod participant;
mod rooms;
pub(crate) mod scripted_server;
pub(crate) mod timeouts;

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use chat_drive::role::Role;
use chat_drive::sockets::Socket;
use chat_drive::transcript::Transcript;
use chat_protocol::options::profile::Profile;
use rand::RngExt;

use crate::dialect::Dialect;
use crate::sandbox::end::how;
use crate::sandbox::isolation::Isolation;
use crate::sandbox::program::TestedProgram;
use crate::sandbox::running::Running;
use crate::sandbox::trace::Trace;
use crate::scene::participant::Place;
use crate::scene::timeouts::Timeouts;
use crate::text::Words;
use crate::verdict::{Checked, Halt};

/// Time after one port within which a program may begin to listen at another.
const ANOTHER: Duration = Duration::from_millis(100);

/// Room for what a server puts around a message, in bytes.
const LABEL: usize = 500;

/// The name that a server's operator gives if one is asked for.
pub(crate) const ROOM: &str = "chat";

/// The test fixture of one attempt at one check.
pub(crate) struct Scene<'a> {
    tested: &'a TestedProgram,
    /// The program's dialect.
    pub(crate) dialect: &'a Dialect,
    /// The profile that it is checked against.
    pub(crate) profile: Profile,
    pub(crate) timeouts: &'a Timeouts,
    transcript: Transcript,
    traces: Vec<Arc<Trace>>,
    /// The clients of the server that are connected.
    places: Place,
}

/// A server that listens.
pub(crate) struct Server {
    pub(crate) program: Running,
    /// Its listening address.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Its end of this client's connection, if it has accepted it.
    pub(crate) fn socket(&self, client: SocketAddr) -> Option<Socket> {
        self.program.sockets().into_iter().find(|socket| socket.remote == client)
    }

    /// Returns whether it has a socket for this client.
    pub(crate) fn has(&self, client: SocketAddr) -> bool {
        self.socket(client).is_some()
    }
}

/// Polling interval for conditions that have no event.
const POLL: Duration = Duration::from_millis(5);

impl<'a> Scene<'a> {
    /// An empty scene for this program.
    pub(crate) fn new(
        tested: &'a TestedProgram,
        dialect: &'a Dialect,
        profile: Profile,
        timeouts: &'a Timeouts,
    ) -> Self {
        Self {
            tested,
            dialect,
            profile,
            timeouts,
            transcript: Transcript::begin(),
            traces: Vec::new(),
            places: Place::default(),
        }
    }

    /// Returns a unique word: ten small letters.
    #[expect(clippy::unused_self, reason = "checks ask their scene for all that they need")]
    pub(crate) fn token(&self) -> String {
        let mut random = rand::rng();
        (0..10).map(|_| char::from(random.random_range(b'a'..=b'z'))).collect()
    }

    /// Returns a unique name, short enough for any server.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{name}{}", &self.token()[..4])
    }

    /// Starts a server and types what its operator types first.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub(crate) fn start_program(&mut self, name: &str) -> Checked<Running> {
        let started = self.tested.start(&self.role(name), self.dialect.port);
        let program = self.started(started)?;
        begin(&program, self.dialect, ROOM, self.dialect.port);
        Ok(program)
    }

    /// Keeps the trace of a program, for when it is gone.
    pub(crate) fn started(&mut self, started: io::Result<Running>) -> Checked<Running> {
        let program = started.map_err(|error| Halt::broken("cannot start the program", &error))?;
        self.traces.push(Arc::clone(program.trace()));
        Ok(program)
    }

    /// Starts the program and waits until it listens. No connection is made for that.
    ///
    /// # Errors
    ///
    /// It does not listen in time.
    pub(crate) fn start(&mut self) -> Checked<Server> {
        // A check that starts a second server looks at what the first has left behind.
        if self.traces.is_empty() {
            self.wait_for_port()?;
        }
        let program = self.start_program("server")?;
        self.listening(program)
    }

    /// The same, with the program's output on a terminal, so that it shows each line at once. Waits
    /// first until the port of an earlier server is free.
    ///
    /// # Errors
    ///
    /// It does not listen in time.
    pub(crate) fn start_showing(&mut self) -> Checked<Server> {
        self.wait_for_port()?;
        let started = self.tested.start_showing(&self.role("server"), self.dialect.port, None);
        let program = self.started(started)?;
        begin(&program, self.dialect, ROOM, self.dialect.port);
        self.listening(program)
    }

    /// Waits until the port is free: where all programs use the same one, that may take a moment.
    pub(crate) fn wait_for_port(&self) -> Checked {
        if self.tested.isolation() != Isolation::Shared {
            return Ok(());
        }
        let is_to_stop = || self.tested.is_to_stop();
        let free = chat_drive::port::wait_until_free(self.dialect.port, is_to_stop);
        free.map_err(|taken| Halt::Checker(taken.to_string()))
    }

    /// Waits until a program listens.
    ///
    /// # Errors
    ///
    /// It does not in time.
    pub(crate) fn listening(&self, program: Running) -> Checked<Server> {
        let found = self.within(self.timeouts.start, || {
            let listening = program.listens(self.dialect.port);
            listening.map(Some).or_else(|| program.ended().map(|_| None))
        });
        // Another port may be a debugger's, and the one for clients may follow.
        let elsewhere = |found: &Socket| found.local.port() != self.dialect.port;
        let mut found = found.flatten();
        if found.as_ref().is_some_and(elsewhere) {
            self.pause(ANOTHER)?;
            found = program.listens(self.dialect.port);
        }
        match found {
            Some(socket) => Ok(Server { program, address: socket.reached_at() }),
            None => Err(Halt::fault(
                ["que el servidor escuche en un puerto", "that the server listens on a port"],
                match program.ended() {
                    Some(status) => how(status),
                    None => ["no escucha en ninguno", "it listens on none"].into(),
                },
            )),
        }
    }

    /// Checks that a message of so many bytes can be sent, and passed on with a label.
    ///
    /// # Errors
    ///
    /// Untestable: its length is not one that the dialect can write before it.
    pub(crate) fn can_say(&self, length: usize) -> Checked {
        match self.dialect.framing.most().filter(|most| length + LABEL > *most) {
            None => Ok(()),
            Some(most) => Err(Halt::Untestable(Words::new(
                format!("el largo que va delante de un mensaje llega solo hasta {most}"),
                format!("the length before a message goes up to {most} only"),
            ))),
        }
    }

    /// Waits for this time.
    ///
    /// # Errors
    ///
    /// The run is to stop.
    pub(crate) fn pause(&self, time: Duration) -> Checked {
        let stopped = self.within(time, || self.tested.is_to_stop().then_some(()));
        stopped.map_or(Ok(()), |()| Err(Halt::Checker("interrupted".to_owned())))
    }

    /// Waits until a program has nothing left to do, and a moment more: on a machine of any load,
    /// it has finished what was asked of it. Waits no longer than patience lasts for one that never
    /// rests.
    ///
    /// # Errors
    ///
    /// The run is to stop.
    pub(crate) fn settle(&self, program: &Running) -> Checked {
        self.eventually(|| program.is_waiting().then_some(()));
        self.pause(self.timeouts.grace)
    }

    /// Polls until this is found, for as long as patience lasts.
    pub(crate) fn eventually<T>(&self, find: impl FnMut() -> Option<T>) -> Option<T> {
        self.within(self.timeouts.patience, find)
    }

    /// Polls until this is found, for this time, or until the run is to stop.
    pub(crate) fn within<T>(
        &self,
        time: Duration,
        mut find: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + time;
        loop {
            if let Some(found) = find() {
                return Some(found);
            }
            if Instant::now() >= deadline || self.tested.is_to_stop() {
                return None;
            }
            thread::sleep(POLL);
        }
    }

    /// Adds a remark to the transcript.
    pub(crate) fn note(&self, what: impl Display) {
        self.role("chat-check").event(what.to_string());
    }

    pub(crate) fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Returns the traces of the programs that were started.
    pub(crate) fn traces(&self) -> &[Arc<Trace>] {
        &self.traces
    }

    pub(crate) fn tested(&self) -> &'a TestedProgram {
        self.tested
    }

    /// Returns the role of a participant on this scene.
    pub(crate) fn role(&self, name: &str) -> Role {
        Role::new(name, &self.transcript)
    }
}

/// Types the lines that the user of a program types first.
pub(crate) fn begin(program: &Running, dialect: &Dialect, name: &str, port: u16) {
    for line in dialect.before(name, port) {
        program.type_in(&format!("{line}\n"));
    }
}
