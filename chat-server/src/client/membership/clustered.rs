//! A membership where several servers are one chat (chapter 14): what others can see of the client goes into the log, and
//! is done when it comes back.

use std::sync::Arc;
use std::time::Duration;

use chat_protocol::command::Command;
use chat_protocol::name::{Name, NameError};
use chat_protocol::refusal::Refusal;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::proof::{Outcome, Taken};
use super::{Membership, Nameless, State};
use crate::cluster::{Cluster, Done, Entered, Resumed};
use crate::net::tcp::TcpConnection;
use crate::people::accounts::Proved;
use crate::people::directory::coming::Hold;
use crate::people::directory::{Arrival, Arrived, sessions};
use crate::people::speech::Speaker;
use crate::room::event::Notice;
use crate::room::seat::Seat;

/// The clients of a cluster, if this is a server of one.
type Clustered<'a> = &'a Arc<Cluster<TcpConnection>>;

/// The time between two attempts to get a name for a client that has not asked for one.
const AGAIN: Duration = Duration::from_secs(1);

/// The longest line that goes into the log, in bytes: with its author and its room it fits into a pass.
const LONGEST: usize = 60 * 1024;

impl<'a> Membership<'a> {
    pub(super) fn cluster(&self) -> Option<Clustered<'a>> {
        self.server.cluster.as_ref()
    }

    /// The client asks all servers for this name. [`proved`](Self::proved) waits for what comes of it.
    pub(super) fn claim(
        &mut self,
        cluster: Clustered<'a>,
        name: Name,
        proved: Option<Proved>,
    ) -> Taken {
        let State::Nameless(nameless) = &mut self.state else { return Taken::Named };
        // Else it is too late: it makes way for another, and the end of its stream comes next.
        let Some(seat) = nameless.seat.take_if(|_| nameless.registration.end()) else {
            return Taken::Named;
        };
        // The question was alone: the greeting comes now.
        let greeting = nameless.asking.as_ref().and_then(|_| self.server.config.greeting());
        let greeting = greeting.map(str::to_owned);
        let ip = self.connection.peer().ip();
        let server = self.server;
        self.run(async move {
            let is_proved = proved.is_some();
            server.deliveries.filled(&server.directory.first).await;
            let entered = cluster.enter((&name, proved), ip, seat, greeting).await;
            Outcome::Entered { name, is_proved, entered }
        });
        Taken::Asked
    }

    /// The same for a client that is not asked for a name: the first of its names that is free.
    pub(super) fn claim_guest(
        &mut self,
        cluster: Clustered<'a>,
        seat: Box<Seat<TcpConnection>>,
        greeting: Option<String>,
    ) {
        let peer = self.connection.peer();
        let (mut copy, connection) = (self.connection.number(), self.connection);
        let server = self.server;
        self.run(async move {
            server.deliveries.filled(&server.directory.first).await;
            let mut seat = seat;
            loop {
                let name = Name::guest(peer.port(), copy);
                let entered = cluster.enter((&name, None), peer.ip(), seat, greeting.clone()).await;
                match entered {
                    Err((NameError::Taken, Some(again))) => {
                        seat = again;
                        copy += 1;
                    }
                    // It has not asked for a name, and waits for one.
                    Err((NameError::NotNow, Some(again))) => {
                        seat = again;
                        tokio::select! {
                            () = sleep(AGAIN) => {}
                            () = connection.gone() => {
                                let entered = Err((NameError::NotNow, None));
                                return Outcome::Entered { name, is_proved: false, entered };
                            }
                        }
                    }
                    entered => return Outcome::Entered { name, is_proved: false, entered },
                }
            }
        });
    }

    /// The answer to a claim.
    pub(super) fn entered(
        &mut self,
        name: Name,
        entered: Entered<TcpConnection>,
    ) -> Result<(), NameError> {
        let (hold, arrived) = match entered {
            Ok(entered) => entered,
            Err((error, seat)) => {
                let State::Nameless(Nameless { seat: place, registration, .. }) = &mut self.state
                else {
                    return Err(error);
                };
                let Some(seat) = seat else {
                    self.give_way();
                    return Ok(());
                };
                *registration = self.server.nameless.register(Arc::clone(seat.connection()));
                *place = Some(seat);
                return Err(error);
            }
        };
        self.is_now(hold, name);
        self.has_arrived(arrived);
        if let Some(account) = self.server.directory.account(hold.id) {
            self.tell_administrator(&account);
        }
        Ok(())
    }

    /// The client has this person.
    pub(super) fn is_now(&mut self, hold: Hold, name: Name) {
        let peer = self.connection.peer();
        self.server.console.print(self.server.language().client_joined(&name, peer));
        if let Some(served) = &self.server.served {
            served.set_person(peer, hold.id);
        }
        self.person = Some((hold, name));
        self.note_arrival();
    }

    pub(super) fn has_arrived(&mut self, (room, member, caused): Arrived<TcpConnection>) {
        self.caused += caused;
        self.state = State::InRoom(room, member, None);
    }

    /// The client has its seat, in front of the room to which it goes.
    pub(super) fn arrives(&mut self, hold: Hold, seat: Seat<TcpConnection>, arrival: Arrival) {
        if let Some(cluster) = self.cluster() {
            self.state = State::Arriving(cluster.arrive(hold, Box::new(seat), arrival));
            return;
        }
        match self.server.directory.arrive_at(hold, seat, arrival) {
            Some(arrived) => self.has_arrived(arrived),
            None => self.give_way(),
        }
    }

    /// Waits until the client has arrived, if only the other servers are missing. Cancel-safe.
    pub(super) async fn arrived(&mut self) {
        let State::Arriving(answer) = &mut self.state else { return };
        match answer.await {
            Ok(arrived) => self.has_arrived(arrived),
            Err(oneshot::error::RecvError { .. }) => self.give_way(),
        }
    }

    /// Returns whether a line does not fit into the log, and tells the client so: what was no text in it has become longer.
    fn is_too_long(&mut self, line: &str) -> bool {
        let is_too_long = line.len() > LONGEST;
        if is_too_long {
            let refusal = Refusal::LineTooLong(self.server.config.max_line);
            self.note_refusal(&refusal);
            let line = self.server.language().refusal(&refusal);
            self.tell(&Notice::new("refusal", line, []));
        }
        is_too_long
    }

    /// The client says something. Returns whether it has gone into the log, or cannot.
    pub(super) fn says(&mut self, text: &str) -> bool {
        if self.cluster().is_some() && self.is_too_long(text) {
            return true;
        }
        let (Some(cluster), State::InRoom(room, member, _)) = (self.cluster(), &self.state) else {
            return false;
        };
        let (hold, name) = self.person.as_ref().map(|(hold, name)| (*hold, name)).unzip();
        let speaker = Speaker::Client(self.connection.peer(), self.connection.number(), name);
        let label = self.server.speech.label;
        self.server.speech.print_said(speaker, text);
        let numbered = self.numbered.as_deref().copied();
        cluster.say(hold, (room, *member), numbered, (speaker, label), text);
        self.is_proposed = true;
        self.caused += text.len();
        true
    }

    /// The client commands something. Returns whether it has gone into the log, or cannot.
    pub(super) fn commands(&mut self, command: &Command, line: &str) -> bool {
        if self.cluster().is_some() && self.is_too_long(line) {
            return true;
        }
        let (Some(cluster), Some((hold, _))) = (self.cluster(), &self.person) else { return false };
        if command.changes_nothing() {
            return false;
        }
        let token = match command {
            Command::Begin => match sessions::new_token() {
                Some(token) => Some(token),
                None => return true,
            },
            _ => None,
        };
        let is_private = matches!(command, Command::Private { .. } | Command::Reply(_));
        let number = self.numbered.as_ref().map(|numbered| numbered.number);
        let done = cluster.command(*hold, number, (line, is_private), token);
        self.is_proposed = true;
        self.run(async move { Outcome::Done(done.await.ok()) });
        true
    }

    /// A command of the client has been done.
    pub(super) fn done(&mut self, done: Option<Done<TcpConnection>>) {
        match done {
            Some((effect, caused)) => {
                self.caused += caused;
                self.changes(effect);
            }
            // The end that it is told comes next.
            None if self.cluster().is_some_and(|cluster| !cluster.is_open()) => {}
            None => self.give_way(),
        }
    }

    /// The client asks all servers for its session.
    pub(super) fn asks_for_session(
        &mut self,
        cluster: Clustered<'a>,
        arguments: &str,
    ) -> Result<Taken, NameError> {
        let State::Nameless(Nameless { seat: Some(seat), .. }) = &self.state else {
            return Ok(Taken::Named);
        };
        let asked = sessions::asked(arguments).ok_or(NameError::NoSession)?;
        let (ip, connection) = (self.connection.peer().ip(), Arc::clone(seat.connection()));
        self.run(async move { Outcome::Resumed(cluster.resume(asked, ip, connection).await) });
        Ok(Taken::Asked)
    }

    /// The answer to that.
    pub(super) fn resumed(&mut self, resumed: Resumed) -> Result<Taken, NameError> {
        match resumed {
            Ok((hold, name, back)) => self.comes_back(hold, name, back),
            // A refusal would say that there is no such session.
            Err(NameError::NotNow) => return Ok(Taken::Later),
            Err(error) => return Err(error),
        }
        Ok(Taken::Named)
    }

    /// The line of this number has been heard. It is told so when that has come back from the log, behind the lines before it.
    pub(super) fn answers_later(&mut self, number: u64) -> bool {
        let (Some(cluster), Some((hold, _))) = (self.cluster(), &self.person) else { return false };
        if !self.is_proposed {
            cluster.pass_over(*hold, number);
        }
        true
    }

    /// Waits until the log can take more of the client. Cancel-safe.
    pub(crate) async fn log_has_space(&self) {
        if let Some(cluster) = self.cluster() {
            // Boxed, so that connections of a single server have no space for it.
            Box::pin(cluster.has_space()).await;
        }
    }
}
