//! The receiving half of a worker's clients: reads their sockets, splits what arrives into frames,
//! has each frame judged, and sends the answers that the server asks for.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Worker;
use super::receiving::{READ, Receipt};
use crate::door::unwrapping::Ended;
use crate::traffic::client::{Client, Presence};
use crate::traffic::judge::Judge;
use crate::traffic::shared::Shared;
use crate::wire::dialects::{Event, Stage};
use crate::wire::payload;

/// Maximum number of bytes kept of an incomplete frame: a server that sends without end must not
/// fill memory.
pub(super) const MAX_REST: usize = 2 * payload::LONGEST;
/// Maximum number of reads from one client before the others get a turn.
const TURNS: usize = 8;
/// True if a read that does not fill the buffer has emptied the socket for the event queue, too. On
/// Windows only a read that would block has.
const SHORT_READ_IS_LAST: bool = cfg!(unix);

/// Result of one read.
enum ReadResult {
    /// All that had arrived has been read.
    Empty,
    /// The same; but the end of the connection may have arrived right behind it.
    Short,
    /// More may have arrived.
    More,
    /// The connection has ended.
    Ended,
}

impl Worker {
    /// Reads what has arrived for a client. A read that is not filled has emptied the socket, and
    /// the next byte makes an event again; only an end that has made its event already is not found
    /// so, but by reading `on`.
    pub(super) fn read(&mut self, at: usize, on: bool) {
        for _ in 0..TURNS {
            match self.read_once(at) {
                ReadResult::Empty => return,
                ReadResult::Short if !on && SHORT_READ_IS_LAST => return,
                ReadResult::Short | ReadResult::More => {}
                ReadResult::Ended => return self.connection_lost(at),
            }
        }
        if let Some(Some(client)) = self.clients.get_mut(at)
            && !std::mem::replace(&mut client.again, true)
        {
            self.again.push(at);
        }
    }

    fn read_once(&mut self, at: usize) -> ReadResult {
        let Some(Some(client)) = self.clients.get_mut(at) else { return ReadResult::Empty };
        if matches!(client.presence, Presence::Away | Presence::Lost) || client.is_deaf() {
            return ReadResult::Empty;
        }
        let kept = client.rest.len();
        let receipt = match self.buffers.receive(client, kept, &self.shared) {
            Ok(Receipt { read: 0, .. }) => return ReadResult::Ended,
            Ok(receipt) => receipt,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return ReadResult::Empty,
            Err(error) if error.kind() == ErrorKind::Interrupted => return ReadResult::More,
            Err(_) => return ReadResult::Ended,
        };
        // One time for all that this read has brought, before any of it is looked at.
        let Receipt { at: now, read, length, again, ended } = receipt;
        self.judge.late = now > self.shared.deadline.load(Ordering::Relaxed);
        let input = &mut self.buffers.bytes[..kept + length];
        input[..kept].copy_from_slice(&client.rest);
        let input = &*input;
        self.shared.progress.bytes.fetch_add(read as u64, Ordering::Relaxed);
        let used =
            handle_frames(client, &self.shared, &mut self.judge, input, &mut self.answer, now);
        client.rest.clear();
        client.rest.extend_from_slice(&input[used..]);
        if client.rest.len() > MAX_REST {
            self.judge.garbage(&self.shared, client, &client.rest, now);
            return ReadResult::Ended;
        }
        if !client.rest.is_empty() && client.presence == Presence::Coming {
            self.judge.hear_words(client, &client.rest);
        }
        match ended {
            Some(ended) => {
                end(client, &self.shared, &mut self.judge, &ended, now);
                ReadResult::Ended
            }
            None if client.session.as_ref().is_some_and(|session| session.refused) => {
                ReadResult::Ended
            }
            None if again || read == READ => ReadResult::More,
            None => ReadResult::Short,
        }
    }
}

/// Records the reason for which a door has closed. An ordinary end has none.
#[cold]
fn end(client: &Client, shared: &Shared, judge: &mut Judge, ended: &Ended, now: u64) {
    match ended {
        Ended::Closed(None) => {}
        Ended::Closed(Some(code)) => {
            let words = format!("(WebSocket closed with {code})");
            judge.refused(shared, client, words.as_bytes(), now);
        }
        Ended::Broken(broken) => {
            judge.refused_with_garbage(shared, client, broken.to_string().as_bytes(), now);
        }
    }
}

/// Judges every whole frame of `input`, and answers the server. Returns how many bytes the frames
/// took.
fn handle_frames(
    client: &mut Client,
    shared: &Shared,
    judge: &mut Judge,
    input: &[u8],
    answer: &mut Vec<u8>,
    now: u64,
) -> usize {
    answer.clear();
    let mut used = 0;
    let send_half = Arc::clone(&client.send_half);
    let before = client.stage;
    let mut last = None;
    while let Some(frame) =
        shared.dialect.read(send_half.who(), &mut client.stage, &input[used..], answer)
    {
        if client.session.is_some() {
            match frame.event {
                Event::Session(news) => client.follow(shared, news, now),
                Event::Refused(_) => client.was_refused(),
                Event::Said(_) | Event::Escaped(_) => last = Some(used..used + frame.length),
                _ => {}
            }
        }
        used += frame.length;
        judge.judge_frame(shared, client, frame.event, now);
    }
    if let Some(last) = last {
        client.note_position(&input[last]);
    }
    if before != Stage::Ready && client.stage == Stage::Ready {
        shared.progress.settled.fetch_add(1, Ordering::Relaxed);
    }
    if !answer.is_empty() {
        send_half.say(answer, shared);
    }
    used
}
