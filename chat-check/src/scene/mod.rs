//! Scene of one attempt at a check: it starts the program, connects participants, and waits for
//! what must happen.

pub(crate) mod client_program;
pub mod participant;
mod rooms;
pub(crate) mod scripted_server;
pub mod timeouts;

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

use crate::dialect::{Dialect, Framing, Naming};
use crate::sandbox::isolation::Isolation;
use crate::sandbox::program::TestedProgram;
use crate::sandbox::running::{Running, Trace, how};
use crate::scene::participant::{NonReader, Participant};
use crate::scene::timeouts::Timeouts;
use crate::text::Words;
use crate::verdict::{Checked, Halt};

/// How long after one port a program may begin to listen at another.
const ANOTHER: Duration = Duration::from_millis(100);

/// What a server's operator gives as a name where one is asked for.
pub(crate) const ROOM: &str = "chat";

/// The test fixture of one attempt at one check.
pub struct Scene<'a> {
    tested: &'a TestedProgram,
    /// How the program speaks.
    pub dialect: &'a Dialect,
    /// What it is checked against.
    pub profile: Profile,
    /// What holds for all checks.
    pub timeouts: &'a Timeouts,
    transcript: Transcript,
    traces: Vec<Arc<Trace>>,
}

/// A server that listens.
pub struct Server {
    /// The program.
    pub program: Running,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Its end of this client's connection, if it has accepted it.
    pub(crate) fn socket(&self, client: SocketAddr) -> Option<Socket> {
        self.program.sockets().into_iter().find(|socket| socket.remote == client)
    }
}

/// How often it is looked whether something has come true that nobody announces.
const POLL: Duration = Duration::from_millis(5);

impl<'a> Scene<'a> {
    /// An empty scene for this program.
    pub fn new(
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
        }
    }

    /// A word that stands nowhere else: ten small letters.
    pub fn token(&self) -> String {
        let mut random = rand::rng();
        (0..10).map(|_| char::from(random.random_range(b'a'..=b'z'))).collect()
    }

    /// A name that stands nowhere else, and is short enough for any server.
    pub fn name(&self, name: &str) -> String {
        format!("{name}{}", &self.token()[..4])
    }

    /// Starts a server and types what its operator types first.
    ///
    /// # Errors
    ///
    /// The system does not let the checker.
    pub fn start_program(&mut self, name: &str) -> Checked<Running> {
        let started = self.tested.start(&self.role(name), self.dialect.port);
        let program = self.started(started)?;
        begin(&program, self.dialect, ROOM, self.dialect.port);
        Ok(program)
    }

    /// Remembers what is left of a program when it is gone.
    pub(crate) fn started(&mut self, started: io::Result<Running>) -> Checked<Running> {
        let program = started.map_err(|error| Halt::broken("cannot start the program", &error))?;
        self.traces.push(Arc::clone(program.trace()));
        Ok(program)
    }

    /// Starts the program and waits until it listens. Nothing connects to it for that.
    ///
    /// # Errors
    ///
    /// It does not listen in time.
    pub fn start(&mut self) -> Checked<Server> {
        // Whoever starts a second one looks at what the first has left behind.
        if self.traces.is_empty() {
            self.wait_for_port()?;
        }
        let program = self.start_program("server")?;
        self.listening(program)
    }

    /// The same, with the program's output on a terminal, so that it shows each line at once. What
    /// another one has left behind is over before.
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

    /// Where everybody uses the same port, it may take a moment until it is free.
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
        // Another port may be a debugger's, and the one for clients come in a moment.
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

    /// Connects somebody, who says and hears nothing yet.
    ///
    /// # Errors
    ///
    /// There is no connection to be had.
    pub fn connect(&self, server: &Server, name: &str) -> Checked<Participant> {
        self.connect_in(server, name, self.dialect.framing)
    }

    /// The same with messages that end in another way than the dialect's.
    ///
    /// # Errors
    ///
    /// There is no connection to be had.
    pub fn connect_in(
        &self,
        server: &Server,
        name: &str,
        framing: Framing,
    ) -> Checked<Participant> {
        Participant::connect(self.role(name), server.address, framing, self.timeouts.patience)
            .map_err(|error| refused(name, &error))
    }

    /// Connects somebody, who waits for the greeting and gives a name if there are names.
    ///
    /// # Errors
    ///
    /// There is no connection, no greeting or no question for the name.
    pub fn join(&self, server: &Server, name: &str) -> Checked<Participant> {
        let mut participant = self.connect(server, name)?;
        self.introduce(&mut participant, name)?;
        if self.dialect.has_names() && !self.dialect.framing.has_ends() && cfg!(target_os = "linux")
        {
            // What comes together with a name that has no end is part of it.
            let empty = || server.socket(participant.local()).is_some_and(|ours| ours.unread == 0);
            self.eventually(|| (empty() || participant.end().is_some()).then_some(()));
        }
        Ok(participant)
    }

    /// Waits for the greeting, and gives this name if there are names.
    ///
    /// # Errors
    ///
    /// There is no greeting or no question for the name.
    pub fn introduce(&self, participant: &mut Participant, name: &str) -> Checked {
        if self.dialect.greeting {
            let patience = self.timeouts.patience;
            let greeted =
                participant.captured().wait(patience, |heard| (heard.total > 0).then_some(()));
            greeted.ok_or_else(|| {
                let who = participant.name();
                Halt::fault(
                    Words::new(format!("un saludo para {who}"), format!("a greeting for {who}")),
                    participant.instead(patience),
                )
            })?;
        }
        match &self.dialect.naming {
            Naming::None => Ok(()),
            Naming::First => participant.say(&self.dialect.name_line(name)),
            Naming::Asked(keyword) => {
                self.asked(participant, keyword)?;
                participant.say(&self.dialect.name_line(name))
            }
        }
    }

    /// Waits until a name is asked for with this keyword.
    ///
    /// # Errors
    ///
    /// It is not while patience lasts.
    pub fn asked(&self, participant: &Participant, keyword: &str) -> Checked {
        let patience = self.timeouts.patience;
        let asked = participant.captured().wait(patience, |heard| heard.find(keyword, 0));
        asked.map(drop).ok_or_else(|| {
            let name = participant.name();
            Halt::fault(
                Words::new(
                    format!("que a {name} se le pida el nombre con «{keyword}»"),
                    format!("that {name} is asked for a name with \"{keyword}\""),
                ),
                participant.instead(patience),
            )
        })
    }

    /// Connects somebody who takes part but never reads.
    ///
    /// # Errors
    ///
    /// There is no connection or no question for the name.
    pub fn join_without_reading(&self, server: &Server, name: &str) -> Checked<NonReader> {
        let answer = self.dialect.framing.encode(self.dialect.name_line(name).as_bytes());
        let asked = match &self.dialect.naming {
            Naming::None => None,
            Naming::First => Some(("", &answer[..])),
            Naming::Asked(keyword) => Some((keyword.as_str(), &answer[..])),
        };
        NonReader::connect(self.role(name), server.address, self.timeouts.patience, asked)
            .map_err(|error| refused(name, &error))
    }

    /// Waits until the server has accepted this connection.
    ///
    /// # Errors
    ///
    /// It does not while patience lasts.
    pub fn accepted(&self, server: &Server, client: SocketAddr) -> Checked {
        if !cfg!(target_os = "linux") {
            // Nobody tells; what is said to those who are not there yet is said again.
            return Ok(());
        }
        let owns = || self.has(server, client).then_some(());
        self.eventually(owns).ok_or_else(|| {
            Halt::fault(
                Words::new(
                    format!("que se acepte la conexión de {client}"),
                    format!("that the connection of {client} is accepted"),
                ),
                ["sigue en la cola del sistema", "it still waits in the system's queue"],
            )
        })
    }

    /// The same for somebody who may have been turned away.
    ///
    /// # Errors
    ///
    /// It does not while patience lasts, and what it has done instead.
    pub fn is_admitted(&self, server: &Server, participant: &Participant) -> Checked {
        self.accepted(server, participant.local()).map_err(|halt| {
            match (halt, turned_away(participant)) {
                (Halt::Fault { expected, .. }, Some(came)) => Halt::Fault { expected, came },
                (halt, _) => halt,
            }
        })
    }

    /// Whether the server has a socket for this client.
    pub fn has(&self, server: &Server, client: SocketAddr) -> bool {
        server.socket(client).is_some()
    }

    /// Does nothing for so long.
    ///
    /// # Errors
    ///
    /// It is to stop.
    pub fn pause(&self, time: Duration) -> Checked {
        let stopped = self.within(time, || self.tested.is_to_stop().then_some(()));
        stopped.map_or(Ok(()), |()| Err(Halt::Checker("interrupted".to_owned())))
    }

    /// Waits until a program has nothing left to do, and a moment more: however busy the machine
    /// is, it has come to the end of what was asked of it. Only one that never rests is not waited
    /// for longer than patience lasts.
    ///
    /// # Errors
    ///
    /// It is to stop.
    pub fn settle(&self, program: &Running) -> Checked {
        self.eventually(|| program.is_waiting().then_some(()));
        self.pause(self.timeouts.grace)
    }

    /// Looks again and again until this is found, for as long as patience lasts.
    pub fn eventually<T>(&self, find: impl FnMut() -> Option<T>) -> Option<T> {
        self.within(self.timeouts.patience, find)
    }

    /// Looks again and again until this is found, for so long, or until it is to stop.
    pub fn within<T>(&self, time: Duration, mut find: impl FnMut() -> Option<T>) -> Option<T> {
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

    /// Writes a remark into the conversation.
    pub fn note(&self, what: impl Display) {
        self.role("checker").event(what.to_string());
    }

    /// Everything that was said.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// What is left of the programs that were started.
    pub fn traces(&self) -> &[Arc<Trace>] {
        &self.traces
    }

    /// The program that is checked.
    pub fn tested(&self) -> &'a TestedProgram {
        self.tested
    }

    /// Somebody on this scene.
    pub(crate) fn role(&self, name: &str) -> Role {
        Role::new(name, &self.transcript)
    }
}

/// Types what the user of a program types first.
pub(crate) fn begin(program: &Running, dialect: &Dialect, name: &str, port: u16) {
    for line in dialect.before(name, port) {
        program.type_in(&format!("{line}\n"));
    }
}

fn refused(name: &str, error: &io::Error) -> Halt {
    Halt::fault(
        Words::new(format!("que {name} pueda conectarse"), format!("that {name} can connect")),
        Words::new(format!("no puede: {error}"), format!("it cannot: {error}")),
    )
}

/// What shows that a server knows of a connection, but does not serve it.
pub(crate) fn turned_away(participant: &Participant) -> Option<Words> {
    let said = participant.captured().text().split_whitespace().collect::<Vec<_>>().join(" ");
    match (participant.end(), &said[..]) {
        (None, "") => None,
        (None, said) => Some(Words::new(format!("dijo «{said}»"), format!("it said \"{said}\""))),
        (Some(_), "") => Some(["cerró la conexión", "it closed the connection"].into()),
        (Some(_), said) => Some(Words::new(
            format!("cerró la conexión, después de decir «{said}»"),
            format!("it closed the connection, after it had said \"{said}\""),
        )),
    }
}
