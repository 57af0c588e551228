//! A client with a session: it comes back, and numbers its lines (requirements 11.10 to 11.12).

use chat_protocol::name::{Name, NameError};
use chat_store::line::Numbered;

use super::{Membership, State, Taken};
use crate::net::transport::{Fault, Transport};
use crate::net::wire::encoding::{Encoding, Object};
use crate::people::directory::Arrival;
use crate::people::directory::coming::{Hold, Leaving};
use crate::people::directory::resumption::{Back, at_once};

impl Membership<'_> {
    /// Another connection has the person: this one ends.
    pub(super) fn give_way(&mut self) {
        self.state = State::Replaced;
        self.connection.hang_up(Fault::Broken);
    }

    /// The client comes back to its session, if it can.
    pub(crate) fn resume(&mut self, arguments: &str) -> Result<Taken, NameError> {
        if let Some(cluster) = &self.server.cluster {
            return self.asks_for_session(cluster, arguments);
        }
        let State::Nameless(nameless) = &mut self.state else { return Ok(Taken::Named) };
        let (directory, connection) = (&self.server.directory, self.connection);
        let from = (connection.peer().ip(), connection.origin());
        let Some(seat) = &nameless.seat else { return Ok(Taken::Named) };
        let (hold, name, back) = directory.resume(arguments, seat.connection(), from)?;
        if !nameless.registration.end() {
            // Too late: it makes way for another. The session goes on with the next connection.
            let leaving = if back.is_announced() { Leaving::Closing } else { Leaving::Cut };
            directory.leave(hold, leaving);
            return Ok(Taken::Named);
        }
        self.comes_back(hold, name, back);
        Ok(Taken::Named)
    }

    /// The client has its person again, and is on the way to its room.
    pub(super) fn comes_back(&mut self, hold: Hold, name: Name, back: Back) {
        self.connection.take_objects();
        self.is_now(hold, name);
        let State::Nameless(nameless) = &mut self.state else { return };
        self.numbered = Some(Box::new(Numbered { session: back.session(), number: 0 }));
        if let Some(mut seat) = nameless.seat.take() {
            // The question may be a line that has not ended.
            if nameless.asking.is_some() {
                self.server.deliveries.write(&mut seat, "\n");
            }
            seat.switch(Encoding::Json);
            self.state = State::Moving(at_once(*seat), Arrival::Back(Box::new(back)));
        }
    }

    /// Returns whether the client numbers its lines.
    pub(crate) fn has_session(&self) -> bool {
        self.numbered.is_some()
    }

    /// Returns whether the line of this number is to be acted on: the client may send a line again. `None`: another
    /// connection has the person.
    pub(crate) fn accepts(&mut self, number: u64) -> Option<bool> {
        let (Some(numbered), Some((hold, _))) = (&mut self.numbered, &self.person) else {
            return None;
        };
        numbered.number = number;
        self.is_proposed = false;
        match &self.server.cluster {
            // It counts when it comes back from the log.
            Some(_) => self.server.directory.is_new(*hold, number),
            None => self.server.directory.accept(*hold, number),
        }
    }

    /// Tells the client that the line of this number was acted on.
    pub(crate) fn answer(&mut self, number: u64) {
        if !self.answers_later(number) {
            self.tell_accepted(number);
        }
    }

    /// The same at once, of a line that had been acted on before.
    pub(crate) fn tell_accepted(&mut self, number: u64) {
        self.tell_line(Object::new("accepted").value("number", number).end());
    }
}
