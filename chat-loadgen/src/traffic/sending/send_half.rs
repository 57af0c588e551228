//! The sending half of a simulated client's connection: messages that are due, and the bytes queued
//! for the socket.
//!
//! Several threads may use it: the one that paces, and the one that receives, which answers pings
//! and goes on where the socket was full.

mod resuming;

use std::collections::VecDeque;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::connection::Connection;
use super::lines::Lines;
use crate::door::wrapping::{Masks, control};
use crate::traffic::shared::Shared;
use crate::wire::dialects::{Who, sessions};
use crate::wire::payload::{Kind, Message};
use chat_protocol::websocket::frame::Opcode;

/// Batch size of one write, in bytes: messages are put together up to about this.
const WRITE: usize = 64 * 1024;

/// One client's sending half.
#[derive(Debug)]
pub(crate) struct SendHalf {
    who: Arc<Who>,
    blocked: AtomicBool,
    outgoing: Mutex<Outgoing>,
}

#[derive(Debug, Default)]
struct Outgoing {
    /// None while a client with a session is cut off.
    connection: Option<Arc<Connection>>,
    /// Of a client with a session: its lines.
    lines: Option<Box<Lines>>,
    /// Bytes that the system has not taken yet.
    bytes: Vec<u8>,
    /// Bytes that are to be encrypted: none between two calls.
    plain: Vec<u8>,
    masks: Masks,
    /// End, sender and number of each measured message in `bytes`.
    ends: VecDeque<End>,
    /// Messages whose time has come, not in `bytes` yet.
    due: VecDeque<Due>,
    text: Vec<u8>,
    disconnected: bool,
}

#[derive(Debug, Clone, Copy)]
struct End {
    at: usize,
    sender: u32,
    number: u32,
    /// True if the intended time lies in the measuring window.
    counted: bool,
}

/// A message whose time has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    /// Index of its sender among the senders.
    pub(crate) sender: u32,
    /// Nanoseconds of the run's clock.
    pub(crate) intended: u64,
    /// Bytes of its text.
    pub(crate) size: usize,
    /// Microseconds by which the generator was late in handing it over; 0 where that is no matter.
    pub(crate) late: u32,
}

/// The client's connection has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Disconnected;

impl SendHalf {
    /// The sending half of a connection; `numbered` if the client has a session, and numbers its lines.
    pub(crate) fn new(connection: Arc<Connection>, who: Arc<Who>, numbered: bool) -> Self {
        let lines = numbered.then(Box::default);
        let outgoing = Outgoing { connection: Some(connection), lines, ..Outgoing::default() };
        Self { who, blocked: AtomicBool::new(false), outgoing: Mutex::new(outgoing) }
    }

    /// The client's name and room.
    pub(crate) fn who(&self) -> &Who {
        &self.who
    }

    /// Returns whether bytes wait for the socket to become writable.
    #[inline]
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::SeqCst)
    }

    /// Sends bytes that belong to no message: an answer, a farewell.
    pub(crate) fn say(&self, bytes: &[u8], shared: &Shared) {
        let mut outgoing = self.lock();
        outgoing.put(|out, _| out.extend_from_slice(bytes));
        self.write(&mut outgoing, shared);
    }

    /// Answers a ping of the WebSocket.
    pub(crate) fn pong(&self, payload: &[u8], shared: &Shared) {
        let mut outgoing = self.lock();
        if let Some((_, out, masks)) = outgoing.parts() {
            control(out, Opcode::Pong, payload, masks);
        }
        self.write(&mut outgoing, shared);
    }

    /// Sends a client's last words, and that nothing follows.
    pub(crate) fn say_last(&self, bytes: &[u8], shared: &Shared) {
        let mut outgoing = self.lock();
        outgoing.put(|out, _| out.extend_from_slice(bytes));
        if let Some((connection, out, masks)) = outgoing.parts() {
            connection.wrapping.close(out, masks);
        }
        self.write(&mut outgoing, shared);
    }

    /// Sends a probe: neither timed nor judged.
    pub(crate) fn probe(&self, sender: u32, shared: &Shared) {
        let mut outgoing = self.lock();
        let message = Message { kind: Kind::Probe, sender, number: 0 };
        outgoing.text.clear();
        shared.mark.write(message, 0, &mut outgoing.text);
        outgoing.say(&self.who, None, shared);
        self.write(&mut outgoing, shared);
    }

    /// Queues a message whose time has come. It is sent with the next [`Self::flush`].
    pub(crate) fn enqueue(&self, due: Due) -> Result<(), Disconnected> {
        let mut outgoing = self.lock();
        if outgoing.disconnected {
            return Err(Disconnected);
        }
        outgoing.due.push_back(due);
        Ok(())
    }

    /// Writes the queued bytes, as far as the system takes them.
    pub(crate) fn flush(&self, shared: &Shared) {
        self.write(&mut self.lock(), shared);
    }

    /// Marks the connection as ended: nothing is taken any more.
    pub(crate) fn end(&self) {
        let mut outgoing = self.lock();
        outgoing.disconnected = true;
        self.blocked.store(false, Ordering::Relaxed);
    }

    /// Returns whether the system has taken everything that was due. After the end of the
    /// connection nothing is due.
    pub(crate) fn has_sent_all(&self) -> bool {
        let outgoing = self.lock();
        let are_accepted = outgoing.lines.as_ref().is_none_or(|lines| lines.are_accepted());
        outgoing.disconnected
            || (are_accepted && outgoing.ends.is_empty() && outgoing.due.is_empty())
    }

    /// Stops sending. Messages that have a number and were not wholly taken by the system give it
    /// back. Gives the number of messages of the window that were due and not taken.
    pub(crate) fn stop(&self, sender: u32, shared: &Shared) -> u64 {
        let mut outgoing = self.lock();
        outgoing.disconnected = true;
        let ends = std::mem::take(&mut outgoing.ends);
        let due = std::mem::take(&mut outgoing.due);
        let counted = ends.iter().filter(|end| end.counted).count() as u64;
        shared.take_back(sender, u32::try_from(ends.len()).unwrap_or(u32::MAX), counted);
        let waiting = due.iter().filter(|due| shared.window.holds(due.intended));
        counted + waiting.count() as u64
    }

    fn lock(&self) -> MutexGuard<'_, Outgoing> {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, outgoing: &mut Outgoing, shared: &Shared) {
        let mut full = false;
        while !outgoing.disconnected {
            outgoing.format_due(&self.who, shared);
            let Some(connection) = &outgoing.connection else { break };
            if outgoing.bytes.is_empty() {
                break;
            }
            // Stamped before the attempt: the receiver of a message must find the time of its
            // write.
            let now = shared.clock.now();
            for end in &outgoing.ends {
                shared.in_flight.stamp(end.sender, end.number, now);
            }
            match (&connection.stream).write(&outgoing.bytes) {
                Ok(written) => outgoing.mark_written(written),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Tried once more after `blocked` is set: the event for a writable socket may have
                // come in between, and would have found nothing to go on with.
                Err(error) if error.kind() == ErrorKind::WouldBlock && !full => {
                    self.blocked.store(true, Ordering::SeqCst);
                    full = true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => {
                    // The reading half finds out the reason.
                    match outgoing.lines {
                        Some(_) => outgoing.disconnect(shared),
                        None => outgoing.disconnected = true,
                    }
                }
            }
        }
        self.blocked.store(false, Ordering::Relaxed);
    }
}

impl Outgoing {
    /// The connection, and the bytes to be sent next, as they are before they are encrypted.
    fn parts(&mut self) -> Option<(&Connection, &mut Vec<u8>, &mut Masks)> {
        let connection = self.connection.as_deref()?;
        let is_encrypted = connection.wrapping.is_encrypted();
        let out = if is_encrypted { &mut self.plain } else { &mut self.bytes };
        Some((connection, out, &mut self.masks))
    }

    /// Appends words. `write` gets the text as well.
    #[inline]
    fn put(&mut self, write: impl FnOnce(&mut Vec<u8>, &[u8])) {
        let Self { connection: Some(connection), bytes, plain, text, masks, .. } = self else {
            return;
        };
        let out = if connection.wrapping.is_encrypted() { plain } else { bytes };
        let start = out.len();
        write(out, text);
        connection.wrapping.enframe(out, start, masks);
    }

    /// Appends the text as a line: that of this message, if it is judged.
    fn say(&mut self, who: &Who, message: Option<(u32, u32)>, shared: &Shared) {
        let number = self.lines.as_mut().map(|lines| lines.keep(&self.text, message));
        self.put(|out, text| {
            if let Some(number) = number {
                sessions::number(number, out);
            }
            shared.dialect.say(who, text, out);
        });
    }

    /// Gives due messages their number and their text, as long as a write has room for them; and
    /// encrypts them.
    fn format_due(&mut self, who: &Who, shared: &Shared) {
        let first = self.ends.len();
        self.number_due(who, shared);
        self.seal(first);
    }

    /// Encrypts what is to be sent, if the connection is encrypted; `first` is the first of its ends.
    fn seal(&mut self, mut first: usize) {
        let Self { connection: Some(connection), bytes, plain, ends, .. } = self else { return };
        if connection.wrapping.is_encrypted() {
            // What is taken by the system is known by the record.
            connection.wrapping.seal(plain, bytes, |done, length| {
                while let Some(end) = ends.get_mut(first).filter(|end| end.at <= done) {
                    end.at = length;
                    first += 1;
                }
            });
        }
    }

    fn number_due(&mut self, who: &Who, shared: &Shared) {
        let (held, back) = self.lines.as_ref().map_or((false, 0), |it| (it.held, it.back));
        while !held && self.bytes.len() + self.plain.len() < WRITE {
            let Some(due) = self.due.pop_front() else { return };
            let waiting = shared.audience.workers(due.sender);
            shared.enter_second(due.sender, due.intended);
            let Some(number) = shared.in_flight.begin(due.sender, due.intended, waiting) else {
                return;
            };
            if due.late > 0 {
                shared.in_flight.note_late(due.sender, number, due.late);
            }
            if due.intended < back {
                shared.in_flight.interrupt(due.sender, number);
            }
            let counted = shared.count_numbered(due.intended, waiting);
            let message = Message { kind: Kind::Measured, sender: due.sender, number };
            self.text.clear();
            shared.mark.write(message, due.size, &mut self.text);
            self.say(who, Some((due.sender, number)), shared);
            let at = self.parts().map_or(0, |(_, out, _)| out.len());
            self.ends.push_back(End { at, sender: due.sender, number, counted });
        }
    }

    fn mark_written(&mut self, written: usize) {
        self.bytes.drain(..written);
        while self.ends.front().is_some_and(|end| end.at <= written) {
            self.ends.pop_front();
        }
        for end in &mut self.ends {
            end.at -= written;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::wrapping::Wrapping;
    use crate::traffic::in_flight::Times;
    use crate::traffic::shared::sample;
    use std::io::Read;
    use std::net::TcpListener;
    use std::time::Duration;

    /// A sending half, and the peer that reads from it.
    fn pair() -> (SendHalf, std::net::TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let stream = std::net::TcpStream::connect(address).expect("a connection");
        stream.set_nonblocking(true).expect("not blocking");
        let (reader, _) = listener.accept().expect("a connection");
        reader.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
        let who = Arc::new(Who { name: "c-0".to_owned(), room: Some(0) });
        let stream = mio::net::TcpStream::from_std(stream);
        let connection = Arc::new(Connection { stream, wrapping: Wrapping::default() });
        (SendHalf::new(connection, who, false), reader)
    }

    fn due(size: usize) -> Due {
        Due { sender: 0, intended: 1_000, size, late: 0 }
    }

    #[test]
    fn a_message_is_stamped_when_it_is_written() {
        let shared = sample::shared();
        let (send_half, mut reader) = pair();
        send_half.enqueue(due(64)).expect("it is there");
        assert_eq!(shared.in_flight.sent(0), 0);
        let before = shared.clock.now();
        send_half.flush(&shared);
        let Times { intended, written } = shared.in_flight.times(0, 0).expect("it was sent");
        assert_eq!(intended, 1_000);
        assert!((before..=shared.clock.now()).contains(&written), "{written}");
        let mut line = [0; 65];
        reader.read_exact(&mut line).expect("it arrives");
        assert!(line.starts_with(b"{") && line.ends_with(b"}\n"));
        assert!(send_half.has_sent_all());
    }

    #[test]
    fn what_a_full_socket_does_not_take_goes_on_later_or_gives_its_number_back() {
        let shared = sample::shared();
        let (send_half, mut reader) = pair();
        let mut messages = 0;
        while send_half.has_sent_all() {
            send_half.enqueue(due(60_000)).expect("it is there");
            messages += 1;
            send_half.flush(&shared);
        }
        assert!(send_half.is_blocked());
        send_half.enqueue(due(60_000)).expect("it is there");
        let mut bytes = vec![0; 60_001 * messages];
        reader.set_nonblocking(true).expect("not blocking");
        let mut read = 0;
        while read < bytes.len() {
            if let Ok(some) = reader.read(&mut bytes[read..]) {
                read += some;
            }
            send_half.flush(&shared);
        }
        assert_eq!(memchr::memchr_iter(b'\n', &bytes).count(), messages);

        // The peer does not read any more.
        while send_half.has_sent_all() {
            send_half.enqueue(due(60_000)).expect("it is there");
            send_half.flush(&shared);
        }
        send_half.enqueue(due(64)).expect("it is there");
        let sent = shared.in_flight.sent(0);
        let unsent = send_half.stop(0, &shared);
        assert!(unsent >= 2, "{unsent}");
        let numbered = u64::from(sent - shared.in_flight.sent(0));
        assert!(numbered >= 1 && numbered < unsent, "{numbered} of {unsent}");
        let measured = shared.progress.measured.load(Ordering::Relaxed);
        assert_eq!(measured, u64::from(shared.in_flight.sent(0)));
        assert_eq!(send_half.enqueue(due(64)), Err(Disconnected));
    }
}
