//! The sending half of a client with a session: its connection ends, and another goes on.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Outgoing, SendHalf};
use crate::traffic::sending::connection::Connection;
use crate::traffic::shared::Shared;
use crate::wire::dialects::sessions;
use crate::wire::payload::{Kind, Message};

impl SendHalf {
    /// Goes on with another connection. Nothing but what [`Self::say`] says is sent before [`Self::resume`].
    pub(crate) fn connect(&self, connection: Arc<Connection>) {
        self.lock().connection = Some(connection);
    }

    /// Lets go of a connection that has ended, or that is to end with it. What the system has not taken is sent
    /// again later.
    pub(crate) fn disconnect(&self, shared: &Shared) {
        self.lock().disconnect(shared);
        self.blocked.store(false, Ordering::Relaxed);
    }

    /// Sends half of a line, the next one of its session, so that the connection can be cut within it. Returns
    /// whether there is such a half.
    pub(crate) fn send_half_a_line(&self, sender: u32, shared: &Shared) -> bool {
        let mut outgoing = self.lock();
        let Some(next) = outgoing.lines.as_ref().filter(|lines| !lines.held).map(|it| it.next())
        else {
            return false;
        };
        // A server that takes it for a line passes on a damaged message.
        let number = shared.in_flight.sent(sender);
        outgoing.text.clear();
        shared.mark.write(Message { kind: Kind::Measured, sender, number }, 0, &mut outgoing.text);
        let start = outgoing.bytes.len();
        outgoing.put(|out, text| {
            sessions::number(next, out);
            shared.dialect.say(&self.who, text, out);
        });
        outgoing.seal(0);
        let Some(connection) = &outgoing.connection else { return false };
        let half = start + (outgoing.bytes.len() - start) / 2;
        // Where the socket is full, it ends within another line.
        let _ = (&connection.stream).write(&outgoing.bytes[..half]);
        true
    }

    /// Says goodbye for a client with a session that is connected: otherwise the server would hold its name.
    pub(crate) fn end_session(&self, shared: &Shared) {
        let mut outgoing = self.lock();
        let Some(next) = outgoing.lines.as_ref().filter(|lines| !lines.held).map(|it| it.next())
        else {
            return;
        };
        outgoing.put(|out, _| {
            sessions::number(next, out);
            shared.dialect.bye(out);
        });
        outgoing.seal(0);
        if let Some(connection) = &outgoing.connection {
            // Nothing depends on it.
            let _ = (&connection.stream).write(&outgoing.bytes);
        }
    }

    /// The server has acted on the line of this number.
    pub(crate) fn accepted(&self, number: u64) {
        if let Some(lines) = &mut self.lock().lines {
            lines.accept(number);
        }
    }

    /// The number of the sender's first message that was not accepted, as far as that is known: without a session it is
    /// not.
    pub(crate) fn all_accepted(&self, sender: u32, shared: &Shared) -> u32 {
        let outgoing = self.lock();
        let Some(lines) = &outgoing.lines else { return 0 };
        lines.messages().next().map_or_else(|| shared.in_flight.sent(sender), |(_, number)| number)
    }

    /// Goes on after a cut: sends again what comes behind the line of this number. Gives the number of lines that
    /// the server had accepted and does not know any more.
    pub(crate) fn resume(&self, number: u64, shared: &Shared) -> u64 {
        let mut outgoing = self.lock();
        let Some(lines) = &mut outgoing.lines else { return 0 };
        let forgotten = lines.resume(number, shared.clock.now());
        let mut again = Vec::new();
        lines.write(&mut again, |text, out| shared.dialect.say(&self.who, text, out));
        outgoing.put(|out, _| out.append(&mut again));
        self.write(&mut outgoing, shared);
        forgotten
    }
}

impl Outgoing {
    /// Lets go of the connection, and of what the system has not taken.
    pub(super) fn disconnect(&mut self, shared: &Shared) {
        self.connection = None;
        self.bytes.clear();
        self.plain.clear();
        self.ends.clear();
        if let Some(lines) = &mut self.lines {
            lines.held = true;
            for (sender, number) in lines.messages() {
                shared.in_flight.interrupt(sender, number);
            }
        }
    }
}
