//! The sending half of a simulated client's connection: messages that are due, and the bytes queued
//! for the socket.
//!
//! Several threads may use it: the one that paces, and the one that receives, which answers pings
//! and goes on where the socket was full.

use std::collections::VecDeque;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat_protocol::websocket::frame::Opcode;
use mio::net::TcpStream;

use crate::door::wrapping::{Masks, Wrapping, control};
use crate::traffic::shared::Shared;
use crate::wire::dialects::Who;
use crate::wire::payload::{Kind, Message};

/// Batch size of one write, in bytes: messages are put together up to about this.
const WRITE: usize = 64 * 1024;

/// One client's sending half.
#[derive(Debug)]
pub(crate) struct SendHalf {
    stream: TcpStream,
    wrapping: Wrapping,
    who: Arc<Who>,
    blocked: AtomicBool,
    outgoing: Mutex<Outgoing>,
}

#[derive(Debug, Default)]
struct Outgoing {
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
    /// The sending half of a connection that has been registered for reading and writing.
    pub(crate) fn new(stream: TcpStream, wrapping: Wrapping, who: Arc<Who>) -> Self {
        let (blocked, outgoing) = (AtomicBool::new(false), Mutex::default());
        Self { stream, wrapping, who, blocked, outgoing }
    }

    /// What is around its bytes.
    pub(crate) fn wrapping(&self) -> &Wrapping {
        &self.wrapping
    }

    /// The connection, to read from.
    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
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
        outgoing.put(&self.wrapping, |out, _| out.extend_from_slice(bytes));
        self.write(&mut outgoing, shared);
    }

    /// Answers a ping of the WebSocket.
    pub(crate) fn pong(&self, payload: &[u8], shared: &Shared) {
        let mut outgoing = self.lock();
        let (out, masks) = outgoing.parts(&self.wrapping);
        control(out, Opcode::Pong, payload, masks);
        self.write(&mut outgoing, shared);
    }

    /// Sends a client's last words, and that nothing follows.
    pub(crate) fn say_last(&self, bytes: &[u8], shared: &Shared) {
        let mut outgoing = self.lock();
        outgoing.put(&self.wrapping, |out, _| out.extend_from_slice(bytes));
        let (out, masks) = outgoing.parts(&self.wrapping);
        self.wrapping.close(out, masks);
        self.write(&mut outgoing, shared);
    }

    /// Sends a probe: neither timed nor judged.
    pub(crate) fn probe(&self, sender: u32, shared: &Shared) {
        let mut outgoing = self.lock();
        let message = Message { kind: Kind::Probe, sender, number: 0 };
        outgoing.text.clear();
        shared.mark.write(message, 0, &mut outgoing.text);
        outgoing.put(&self.wrapping, |out, text| shared.dialect.say(&self.who, text, out));
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
        outgoing.disconnected || (outgoing.ends.is_empty() && outgoing.due.is_empty())
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
            outgoing.format_due(&self.who, &self.wrapping, shared);
            if outgoing.bytes.is_empty() {
                break;
            }
            // Stamped before the attempt: the receiver of a message must find the time of its
            // write.
            let now = shared.clock.now();
            for end in &outgoing.ends {
                shared.in_flight.stamp(end.sender, end.number, now);
            }
            match (&self.stream).write(&outgoing.bytes) {
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
                    outgoing.disconnected = true;
                }
            }
        }
        self.blocked.store(false, Ordering::Relaxed);
    }
}

impl Outgoing {
    /// The bytes to be sent next, as they are before they are encrypted.
    fn parts(&mut self, wrapping: &Wrapping) -> (&mut Vec<u8>, &mut Masks) {
        let out = if wrapping.is_encrypted() { &mut self.plain } else { &mut self.bytes };
        (out, &mut self.masks)
    }

    /// Appends words. `write` gets the text as well.
    #[inline]
    fn put(&mut self, wrapping: &Wrapping, write: impl FnOnce(&mut Vec<u8>, &[u8])) {
        let Self { bytes, plain, text, masks, .. } = self;
        let out = if wrapping.is_encrypted() { plain } else { bytes };
        let start = out.len();
        write(out, text);
        wrapping.enframe(out, start, masks);
    }

    /// Gives due messages their number and their text, as long as a write has room for them; and
    /// encrypts them.
    fn format_due(&mut self, who: &Who, wrapping: &Wrapping, shared: &Shared) {
        let mut first = self.ends.len();
        self.number_due(who, wrapping, shared);
        if wrapping.is_encrypted() {
            let Self { bytes, plain, ends, .. } = self;
            // What is taken by the system is known by the record.
            wrapping.seal(plain, bytes, |done, length| {
                while let Some(end) = ends.get_mut(first).filter(|end| end.at <= done) {
                    end.at = length;
                    first += 1;
                }
            });
        }
    }

    fn number_due(&mut self, who: &Who, wrapping: &Wrapping, shared: &Shared) {
        while self.bytes.len() + self.plain.len() < WRITE {
            let Some(due) = self.due.pop_front() else { return };
            let waiting = shared.audience.workers(due.sender);
            shared.enter_second(due.sender, due.intended);
            let Some(number) = shared.in_flight.begin(due.sender, due.intended, waiting) else {
                return;
            };
            if due.late > 0 {
                shared.in_flight.note_late(due.sender, number, due.late);
            }
            let counted = shared.count_numbered(due.intended, waiting);
            let message = Message { kind: Kind::Measured, sender: due.sender, number };
            self.text.clear();
            shared.mark.write(message, due.size, &mut self.text);
            self.put(wrapping, |out, text| shared.dialect.say(who, text, out));
            let at = self.parts(wrapping).0.len();
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
        (SendHalf::new(TcpStream::from_std(stream), Wrapping::default(), who), reader)
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
