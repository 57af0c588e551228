//! A client's membership in the chat, from its greeting to its leaving.

use std::fmt::Display;
use std::future::pending;
use std::mem;
use std::sync::Arc;

use chat_protocol::command::Command;
use chat_protocol::name::{Name, NameError};

use crate::Server;
use crate::net::nameless::Registration;
use crate::net::tcp::TcpConnection;
use crate::people::commands::Effect;
use crate::people::directory::{PersonId, Transfer};
use crate::people::speech::Speaker;
use crate::room::order::Room;
use crate::room::seat::{MemberId, Seat};

/// Dropping it leaves the room and frees the name.
pub(crate) struct Membership<'a> {
    server: &'a Server,
    connection: &'a TcpConnection,
    /// The client's name and id, where clients have names.
    person: Option<(PersonId, Name)>,
    state: State<'a>,
    /// Bytes said and told because of the client since they were last asked for.
    caused: usize,
}

enum State<'a> {
    /// It has no name yet, and is in no room: it is written to directly. The seat goes to the room.
    Nameless(Option<Box<Seat<TcpConnection>>>, Registration<'a>),
    /// The last is another room that a private message of the client has filled.
    InRoom(Arc<Room<TcpConnection>>, MemberId, Option<Arc<Room<TcpConnection>>>),
    /// It changes the room; this is how it is welcomed there.
    Moving(Transfer<TcpConnection>, String),
}

impl<'a> Membership<'a> {
    /// Greets the client, and asks for its name or takes it into the first room.
    pub(crate) fn begin(server: &'a Server, connection: &'a Arc<TcpConnection>) -> Self {
        let Server { config, directory, deliveries, .. } = server;
        let greeting = config.common.lang.greeting();
        let mut seat = Seat::new(Arc::clone(connection));
        let mut person = None;
        let state = if let Some(keyword) = config.name_keyword() {
            deliveries.tell(&mut seat, format_args!("{greeting}\n{keyword}"));
            let registration = server.nameless.register(Arc::clone(connection));
            State::Nameless(Some(Box::new(seat)), registration)
        } else if config.has_names() {
            let guest = directory.admit_guest(connection.peer().port());
            let (room, member, _) = directory.arrive(guest.0, seat, Some(greeting.to_owned()));
            person = Some(guest);
            State::InRoom(room, member, None)
        } else {
            let member = directory.first.join(seat, [greeting]);
            State::InRoom(Arc::clone(&directory.first), member, None)
        };
        Self { server, connection, person, state, caused: 0 }
    }

    /// The client's room, if it is in one.
    pub(crate) fn room(&self) -> Option<&Room<TcpConnection>> {
        match &self.state {
            State::InRoom(room, ..) => Some(room),
            State::Nameless(..) | State::Moving(..) => None,
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
        matches!(self.state, State::Moving(..))
    }

    /// Returns whether the client has no name and makes way for another.
    pub(crate) fn is_displaced(&self) -> bool {
        matches!(&self.state, State::Nameless(_, registration) if registration.is_displaced())
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
        let (State::Moving(transfer, welcome), Some((id, _))) = (&mut self.state, &self.person)
        else {
            return;
        };
        let Ok(seat) = transfer.await else {
            // The fan-out it comes from has panicked, which ends the server.
            return pending().await;
        };
        let welcome = Some(mem::take(welcome));
        let (room, member, caused) = self.server.directory.arrive(*id, seat, welcome);
        self.caused += caused;
        self.state = State::InRoom(room, member, None);
    }

    /// The client gives its name: it joins the first room, if it can have the name.
    pub(crate) fn take_name(&mut self, name: Name) -> Result<(), NameError> {
        let State::Nameless(nameless, registration) = &mut self.state else { return Ok(()) };
        let id = self.server.directory.admit(name.clone())?;
        if !registration.end() {
            // Too late: it makes way for another, and the end of its stream comes next.
            self.server.directory.leave(id, true);
            return Ok(());
        }
        tracing::info!(peer = %self.connection.peer(), %name, "named");
        self.person = Some((id, name));
        if let Some(seat) = nameless.take() {
            let (room, member, caused) = self.server.directory.arrive(id, *seat, None);
            self.caused += caused;
            self.state = State::InRoom(room, member, None);
        }
        Ok(())
    }

    /// Broadcasts a message of the client to its room.
    pub(crate) fn say(&mut self, text: &str) {
        if let State::InRoom(room, member, _) = &self.state {
            let name = self.person.as_ref().map(|(_, name)| name);
            let speaker = Speaker::Client(self.connection.peer(), name);
            self.caused += self.server.speech.say(room, *member, speaker, text);
        }
    }

    /// The client alone hears this.
    pub(crate) fn tell(&mut self, line: impl Display) {
        match (&mut self.state, &self.person) {
            (State::Nameless(Some(seat), _), _) => self.server.deliveries.tell(seat, line),
            (State::InRoom(room, member, _), _) => self.caused += room.tell(*member, line),
            (State::Moving(..), Some((id, _))) => self.server.directory.tell(*id, line),
            (State::Moving(..), None) | (State::Nameless(None, _), _) => {}
        }
    }

    /// Does what the client commands.
    pub(crate) fn execute(&mut self, command: Command) {
        let Some((id, name)) = &mut self.person else { return };
        let (effect, caused) = self.server.directory.execute(*id, command);
        self.caused += caused;
        match effect {
            None => {}
            Some(Effect::Renamed(new)) => {
                tracing::info!(peer = %self.connection.peer(), %name, %new, "renamed");
                *name = new;
            }
            Some(Effect::Filled(room)) => {
                if let State::InRoom(.., filled) = &mut self.state {
                    *filled = Some(room);
                }
            }
            Some(Effect::Moving(room, transfer)) => {
                let welcome = self.server.language().you_are_in(&room).to_string();
                self.state = State::Moving(transfer, welcome);
            }
        }
    }
}

/// A connection's future can be dropped at any await, and this runs then as well. It cannot await, so leaving is one
/// more entry in the room's batch.
impl Drop for Membership<'_> {
    fn drop(&mut self) {
        match (&self.person, &mut self.state) {
            (Some((id, _)), _) => {
                let closing = self.server.stopping.is_cancelled();
                self.server.directory.leave(*id, closing);
            }
            (None, State::Nameless(seat, _)) => {
                seat.take().into_iter().for_each(|seat| self.server.deliveries.part(*seat));
            }
            (None, State::InRoom(room, member, _)) => room.leave(*member),
            (None, State::Moving(..)) => {}
        }
    }
}
