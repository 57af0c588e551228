//! A client's place among the others, from its greeting to its leaving.

use std::fmt::Display;
use std::future::pending;
use std::sync::Arc;

use chat_protocol::command::Command;
use chat_protocol::name::{Name, NameError};
use chat_protocol::profile::Label;
use chat_protocol::wording;

use crate::Server;
use crate::net::per_address::Origin;
use crate::net::tcp::TcpConnection;
use crate::net::transport::MemberId;
use crate::people::commands::Outcome;
use crate::people::directory::{PersonId, Transfer};
use crate::room::order::Room;
use crate::room::seat::Seat;

/// Ends with this value, and cannot be forgotten.
pub(crate) struct Membership<'a> {
    server: &'a Server,
    connection: &'a TcpConnection,
    /// Who the others know the client as, where they have names.
    person: Option<(PersonId, Name)>,
    place: Place,
}

enum Place {
    Seated(Arc<Room<TcpConnection>>, MemberId),
    /// The client changes the room; this is how it is welcomed there.
    OnTheWay(Transfer<TcpConnection>, Option<String>),
}

impl<'a> Membership<'a> {
    /// Greets the client, and asks for its name or takes it into the first room.
    pub(crate) fn begin(
        server: &'a Server,
        connection: &'a Arc<TcpConnection>,
        origin: Option<Origin>,
    ) -> Self {
        let Server { config, directory, .. } = server;
        let seat = Seat::new(Arc::clone(connection), origin);
        if let Some(keyword) = &config.name_keyword {
            let member = directory.entrance.join(seat, [wording::GREETING, keyword]);
            let place = Place::Seated(Arc::clone(&directory.entrance), member);
            return Self { server, connection, person: None, place };
        }
        let person = config.has_names().then(|| directory.admit_guest(connection.peer().port()));
        let (room, member) = if let Some((id, _)) = &person {
            let greeting = Some(wording::GREETING.to_owned());
            let (room, member, _) = directory.arrive(*id, seat, greeting);
            (room, member)
        } else {
            let member = directory.first.join(seat, [wording::GREETING]);
            (Arc::clone(&directory.first), member)
        };
        Self { server, connection, person, place: Place::Seated(room, member) }
    }

    /// Where the client is. `None` while it changes the room.
    pub(crate) fn room(&self) -> Option<&Room<TcpConnection>> {
        match &self.place {
            Place::Seated(room, _) => Some(room),
            Place::OnTheWay(..) => None,
        }
    }

    /// Waits until the client is where it was going, if it was going anywhere. Returns how many
    /// bytes the others heard of it. Cancel-safe.
    pub(crate) async fn settle(&mut self) -> usize {
        let (Place::OnTheWay(transfer, welcome), Some((id, _))) = (&mut self.place, &self.person)
        else {
            return 0;
        };
        let Ok(seat) = transfer.await else {
            // The fan-out it comes from has panicked, which ends the server.
            return pending().await;
        };
        let (room, member, said) = self.server.directory.arrive(*id, seat, welcome.take());
        self.place = Place::Seated(room, member);
        said
    }

    /// The client gives its name: it is on the way to the first room, if it can have the name.
    pub(crate) fn take_name(&mut self, name: Name) -> Result<(), NameError> {
        let Place::Seated(entrance, member) = &self.place else { return Ok(()) };
        let id = self.server.directory.admit(name.clone())?;
        tracing::info!(peer = %self.connection.peer(), %name, "named");
        self.place = Place::OnTheWay(entrance.hand_over(*member), None);
        self.person = Some((id, name));
        Ok(())
    }

    /// Everyone else in the room hears this. Returns its size in bytes.
    pub(crate) fn say(&self, text: &str) -> usize {
        let peer = self.connection.peer();
        match (self.server.config.label, &self.person) {
            (Label::Name, Some((_, name))) => {
                let message = || wording::message_by_name(name.as_str(), text);
                self.spread(message(), message())
            }
            (Label::None, _) => self.spread(text, text),
            (Label::Port | Label::Name, _) => self.spread(
                wording::message_by_port(peer, text),
                wording::console_message_by_port(peer, text),
            ),
        }
    }

    fn spread(&self, message: impl Display, console_message: impl Display) -> usize {
        let Place::Seated(room, member) = &self.place else { return 0 };
        if !self.server.config.quiet {
            self.server.console.print(console_message);
        }
        room.say(*member, message)
    }

    /// The client alone hears this. Returns its size in bytes.
    pub(crate) fn tell(&self, line: impl Display) -> usize {
        match (&self.place, &self.person) {
            (Place::Seated(room, member), _) => room.tell(*member, line),
            (Place::OnTheWay(..), Some((id, _))) => self.server.directory.tell(*id, line),
            (Place::OnTheWay(..), None) => 0,
        }
    }

    /// Does what the client commands. Returns how many bytes were said because of it.
    pub(crate) fn execute(&mut self, command: Command) -> usize {
        let Some((id, name)) = &mut self.person else { return 0 };
        let directory = &self.server.directory;
        match directory.execute(*id, command) {
            Outcome::Said(bytes) => bytes,
            Outcome::Renamed(new, bytes) => {
                tracing::info!(peer = %self.connection.peer(), %name, %new, "renamed");
                *name = new;
                bytes
            }
            Outcome::OnTheWay(room, transfer) => {
                let welcome = wording::you_are_in(&room).to_string();
                self.place = Place::OnTheWay(transfer, Some(welcome));
                0
            }
        }
    }
}

impl Drop for Membership<'_> {
    fn drop(&mut self) {
        match (&self.person, &self.place) {
            (Some((id, _)), _) => {
                let closing = self.server.stopping.is_cancelled();
                self.server.directory.leave(*id, closing);
            }
            (None, Place::Seated(room, member)) => room.leave(*member),
            (None, Place::OnTheWay(..)) => {}
        }
    }
}
