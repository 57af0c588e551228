//! A client's membership in the chat, from its greeting to its leaving.

use std::future::pending;
use std::mem;
use std::sync::Arc;

use chat_protocol::command::Command;
use chat_protocol::name::{Name, NameError};
use chat_protocol::refusal::Refusal;
use chat_store::line::Numbered;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::Server;
use crate::client::asking::Asking;
use crate::net::nameless::Registration;
use crate::net::tcp::TcpConnection;
use crate::net::transport::Transport;
use crate::net::wire::encoding::Encoding;
use crate::people::accounts::Proved;
use crate::people::commands::Effect;
use crate::people::directory::coming::{Hold, Leaving};
use crate::people::directory::{Arrival, Arrived, Transfer};
use crate::people::speech::Speaker;
use crate::room::event::Event;
use crate::room::order::{Past, Room};
use crate::room::seat::{MemberId, Seat};

mod clustered;
mod coming_back;
pub(crate) mod journal;
mod moderated;
mod naming;
mod proof;
use naming::question;
pub(crate) use proof::Taken;
use proof::{Proof, Wish};

/// Dropping it leaves the room and frees the name.
pub(crate) struct Membership<'a> {
    server: &'a Server,
    connection: &'a TcpConnection,
    /// The client's name and id, where clients have names.
    person: Option<(Hold, Name)>,
    /// The way in which it leaves.
    leaving: Leaving,
    /// The number of the line that is acted on, in a session.
    numbered: Option<Box<Numbered>>,
    state: State<'a>,
    /// Bytes said and told because of the client since they were last asked for.
    caused: usize,
    /// Exists only while a word is asked for, or looked at.
    proof: Option<Box<Proof<'a>>>,
    /// The line that is acted on has gone into the log of a cluster.
    is_proposed: bool,
}

/// A client that has no name yet.
struct Nameless<'a> {
    /// The seat, which goes to the room with the client.
    seat: Option<Box<Seat<TcpConnection>>>,
    /// The pieces of the question that are still to be sent.
    asking: Option<Box<Asking>>,
    registration: Registration<'a>,
}

enum State<'a> {
    /// It has no name yet, and is in no room: it is written to directly.
    Nameless(Nameless<'a>),
    /// The last is another room that a private message of the client has filled.
    InRoom(Arc<Room<TcpConnection>>, MemberId, Option<Arc<Room<TcpConnection>>>),
    /// It is on its way to a room.
    Moving(Transfer<TcpConnection>, Arrival),
    /// It has come to its room, of which the other servers are yet to know.
    Arriving(oneshot::Receiver<Arrived<TcpConnection>>),
    /// Another connection has its person.
    Replaced,
}

impl<'a> Membership<'a> {
    /// Greets the client, and asks for its name or takes it into the first room.
    pub(crate) fn begin(server: &'a Server, connection: &'a Arc<TcpConnection>) -> Self {
        let Server { config, directory, deliveries, .. } = server;
        let encoding = connection.encoding();
        let greeting = match encoding {
            Encoding::Text => config.greeting().map(str::to_owned),
            Encoding::Json => Some(config.welcome()),
        };
        let mut seat = Seat::new(Arc::clone(connection));
        let mut person = None;
        let state = if let Some(keyword) = config.name_keyword() {
            let asking = Asking::begin(config.send_framing, Instant::now());
            let asking = asking.filter(|_| encoding == Encoding::Text);
            if asking.is_none() {
                let greeting = greeting.map(|line| format!("{line}\n")).unwrap_or_default();
                let question = encoding.encode(&question(keyword));
                deliveries.tell(&mut seat, greeting + &question);
            } else {
                deliveries.write(&mut seat, keyword);
            }
            State::Nameless(Nameless {
                seat: Some(Box::new(seat)),
                asking: asking.map(Box::new),
                registration: server.nameless.register(Arc::clone(connection)),
            })
        } else if let (true, Some(cluster)) = (config.has_names(), &server.cluster) {
            let registration = server.nameless.register(Arc::clone(connection));
            let state = State::Nameless(Nameless { seat: None, asking: None, registration });
            let mut membership = Self::new(server, connection, None, state);
            membership.claim_guest(cluster, Box::new(seat), greeting);
            return membership;
        } else if config.has_names() {
            let guest =
                directory.admit_guest(connection.peer().port(), connection.number(), encoding);
            let (room, member, _) = directory.arrive(guest.0, seat, Arrival::New(greeting));
            if let Some(served) = &server.served {
                served.set_person(connection.peer(), guest.0);
            }
            person = Some((Hold::without_session(guest.0), guest.1));
            State::InRoom(room, member, None)
        } else {
            let welcome = greeting.into_iter().chain(directory.motd(encoding));
            let (member, _) = directory.first.join(seat, encoding, welcome, Past::Last);
            State::InRoom(Arc::clone(&directory.first), member, None)
        };
        let membership = Self::new(server, connection, person, state);
        if let State::InRoom(..) = membership.state {
            membership.note_arrival();
        }
        membership
    }

    fn new(
        server: &'a Server,
        connection: &'a TcpConnection,
        person: Option<(Hold, Name)>,
        state: State<'a>,
    ) -> Self {
        Self {
            server,
            connection,
            person,
            leaving: Leaving::Cut,
            numbered: None,
            state,
            caused: 0,
            proof: None,
            is_proposed: false,
        }
    }

    /// The client's room, if it is in one.
    pub(crate) fn room(&self) -> Option<&Room<TcpConnection>> {
        match &self.state {
            State::InRoom(room, ..) => Some(room),
            State::Nameless(_) | State::Moving(..) | State::Arriving(_) | State::Replaced => None,
        }
    }

    /// Returns whether the client has to wait for space in another room.
    pub(crate) fn has_filled_another_room(&self) -> bool {
        matches!(self.state, State::InRoom(.., Some(_)))
    }

    /// Waits for space in the other room that the client has filled, if it has. Cancel-safe.
    pub(crate) async fn other_room_has_space(&mut self) {
        let State::InRoom(.., filled) = &mut self.state else { return };
        if let Some(room) = filled {
            // Boxed, because it hardly ever happens, and every connection would have the space for it.
            Box::pin(room.has_space()).await;
            *filled = None;
        }
    }

    /// Returns whether the client is between two rooms.
    pub(crate) fn is_moving(&self) -> bool {
        matches!(self.state, State::Moving(..) | State::Arriving(_))
    }

    /// The bytes that were said and told because of the client since the last
    /// [`take_caused`](Self::take_caused).
    pub(crate) fn caused(&self) -> usize {
        self.caused
    }

    /// The same, and it begins again at 0.
    pub(crate) fn take_caused(&mut self) -> usize {
        mem::take(&mut self.caused)
    }

    /// Waits until the client is in the room that it was going to, if it was. Cancel-safe.
    pub(crate) async fn settle(&mut self) {
        self.get_to_the_room().await;
        self.arrived().await;
    }

    async fn get_to_the_room(&mut self) {
        let (State::Moving(transfer, arrival), Some((hold, _))) = (&mut self.state, &self.person)
        else {
            return;
        };
        let directory = &self.server.directory;
        let Some(room) = directory.destination(*hold) else {
            return self.give_way();
        };
        // A room that has just been opened reads first what was said in it before.
        self.server.deliveries.filled(&room).await;
        if let Arrival::Back(back) = arrival {
            // Boxed, because it hardly ever happens, and every connection would have the space for it.
            let whose = (directory, *hold);
            Box::pin(back.catch_up(whose, &self.server.deliveries, &room, transfer)).await;
        }
        let Ok(seat) = transfer.await else {
            // The fan-out it comes from has panicked, which ends the server.
            return pending().await;
        };
        let State::Moving(_, arrival) = mem::replace(&mut self.state, State::Replaced) else {
            return;
        };
        let hold = *hold;
        self.arrives(hold, seat, arrival);
    }

    /// The client leaves for good.
    pub(crate) fn leaves(&mut self) {
        self.leaving = Leaving::ForGood;
    }

    /// The client has this name, whose account it has proved, if it has one: it joins the first room, if it can have the
    /// name.
    fn enter(&mut self, name: Name, proved: Option<Proved>) -> Result<Taken, NameError> {
        if let Some(cluster) = &self.server.cluster {
            if self.server.directory.reserves(&name) {
                return Err(NameError::Reserved);
            }
            return Ok(self.claim(cluster, name, proved));
        }
        let State::Nameless(nameless) = &mut self.state else { return Ok(Taken::Named) };
        let encoding = self.connection.encoding();
        let id = self.server.directory.admit(name.clone(), encoding, proved)?;
        if !nameless.registration.end() {
            // Too late: it makes way for another, and the end of its stream comes next.
            self.server.directory.leave(Hold::without_session(id), Leaving::Closing);
            return Ok(Taken::Named);
        }
        self.server.directory.make_way(self.connection.origin());
        self.is_now(Hold::without_session(id), name);
        let State::Nameless(nameless) = &mut self.state else { return Ok(Taken::Named) };
        if let Some(seat) = nameless.seat.take() {
            // The question was alone: the greeting comes now.
            let greeting = nameless.asking.as_ref().and_then(|_| self.server.config.greeting());
            let arrival = Arrival::New(greeting.map(str::to_owned));
            let arrived = self.server.directory.arrive(id, *seat, arrival);
            self.has_arrived(arrived);
        }
        Ok(Taken::Named)
    }

    /// Puts a message of the client into its room.
    ///
    /// [`deliver`](Self::deliver) follows, when the client has said all that it says at once.
    pub(crate) fn say(&mut self, text: &str) {
        if self.connection.is_restrained() && self.is_silenced() || self.says(text) {
            return;
        }
        if let State::InRoom(room, member, _) = &self.state {
            let name = self.person.as_ref().map(|(_, name)| name);
            let numbered = self.numbered.as_deref().copied();
            let speaker = Speaker::Client(self.connection.peer(), self.connection.number(), name);
            self.caused += self.server.speech.say(room, *member, speaker, text, numbered);
        }
    }

    /// Sees to it that what the client has said is delivered.
    pub(crate) fn deliver(&self) {
        if let Some(room) = self.room() {
            self.server.deliveries.deliver(room);
        }
    }

    /// The client alone hears this.
    pub(crate) fn tell(&mut self, event: &impl Event) {
        self.tell_line(self.connection.encoding().encode(event));
    }

    /// The same for the last that it hears. On its way to a room, it does not get there.
    pub(crate) fn tell_last(&mut self, event: &impl Event) {
        let line = self.connection.encoding().encode(event);
        match mem::replace(&mut self.state, State::Replaced) {
            State::Moving(transfer, _) => self.server.deliveries.part_on_the_way(transfer, line),
            state => {
                self.state = state;
                self.tell_line(line);
            }
        }
    }

    fn tell_line(&mut self, line: String) {
        match (&mut self.state, &self.person) {
            (State::Nameless(nameless), _) => {
                nameless.seat.iter_mut().for_each(|seat| self.server.deliveries.tell(seat, &line));
            }
            (State::InRoom(room, member, _), _) => self.caused += room.tell(*member, line),
            (State::Moving(..) | State::Arriving(_), Some((hold, _))) => {
                self.server.directory.tell_line(hold.id, line);
            }
            (State::Moving(..) | State::Arriving(_), None) | (State::Replaced, _) => {}
        }
    }

    /// Does what the client commands by this line.
    pub(crate) fn execute(&mut self, command: Command, line: &str) {
        let command = match command {
            Command::Register(word) => return self.want(Wish::Register, word),
            Command::Password(word) => return self.want(Wish::ChangeWord, word),
            command => command,
        };
        if let State::Replaced = self.state {
            return;
        }
        if self.commands(&command, line) {
            return;
        }
        let Some((hold, _)) = &self.person else { return };
        let origin = self.connection.origin();
        let (effect, caused) = self.server.directory.execute(*hold, command, origin);
        self.caused += caused;
        self.changes(effect);
    }

    /// A command has made this change for the client.
    fn changes(&mut self, effect: Option<Effect<TcpConnection>>) {
        let (language, peer) = (self.server.language(), self.connection.peer());
        let Some((_, name)) = &mut self.person else { return };
        match effect {
            None => {}
            Some(Effect::Refused(refusal)) => {
                if let Refusal::Address(limit) = *refusal {
                    self.server.console.print(language.client_limited(peer, limit));
                }
                self.note_refusal(&refusal);
            }
            Some(Effect::Renamed(new)) => {
                self.server.console.print(language.client_renamed(name, peer, &new));
                *name = new;
            }
            Some(Effect::Begun(id, session)) => {
                self.connection.take_objects();
                self.numbered = Some(Box::new(Numbered { session, number: 0 }));
                if let State::InRoom(_, member, _) = &mut self.state {
                    *member = id;
                }
            }
            Some(Effect::Filled(room)) => {
                if let State::InRoom(.., filled) = &mut self.state {
                    *filled = Some(room);
                }
            }
            Some(Effect::Moving { from, to, seat }) => {
                self.server.console.print(language.client_moves(name, peer, &to));
                self.state = State::Moving(seat, Arrival::From(from));
            }
        }
    }
}

/// A connection's future can be dropped at any await, and this runs then as well. It cannot await, so leaving is one
/// more entry in the room's batch.
impl Drop for Membership<'_> {
    fn drop(&mut self) {
        if self.person.is_some() || matches!(self.state, State::InRoom(..)) {
            self.note_leave();
        }
        match (&self.person, &mut self.state) {
            (Some((hold, name)), _) => {
                let closing = self.server.stopping.is_cancelled();
                let leaving = if closing { Leaving::Closing } else { self.leaving };
                match &self.server.cluster {
                    Some(cluster) => cluster.leave(&self.server.directory, *hold, leaving),
                    None => self.server.directory.leave(*hold, leaving),
                }
                let (language, peer) = (self.server.language(), self.connection.peer());
                if *name != Name::guest(peer.port(), self.connection.number()) {
                    self.server.console.print(language.client_left(name, peer));
                }
            }
            (None, State::Nameless(nameless)) => {
                nameless
                    .seat
                    .take()
                    .into_iter()
                    .for_each(|seat| self.server.deliveries.part(*seat));
            }
            (None, State::InRoom(room, member, _)) => room.leave(*member),
            (None, State::Moving(..) | State::Arriving(_) | State::Replaced) => {}
        }
    }
}
