//! Both directions of a conversation at once, until one side ends it.

use std::io;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use chat_protocol::decoder::Line;
use chat_protocol::framing::Framing;
use chat_protocol::limits::CHUNK_PAUSE;
use chat_protocol::text::{self, LEAVE_WORD};
use chat_protocol::wording;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::lines::Lines;
use crate::person::{Input, MAX_INPUT, Person};

/// How long the server may take to end a conversation after everything was sent, the leaving word
/// last.
const LEAVE: Duration = Duration::from_secs(1);

/// How many bytes may wait for a server that does not take them before no more are read from the
/// person.
const MAX_OUTGOING: usize = 64 * 1024;

/// How much one read from the server takes, in bytes.
const READ: usize = 16 * 1024;

/// The longest line that is shown, in bytes. Servers limit what one message may be; this is only
/// what the client is willing to hold.
const MAX_SHOWN: usize = 64 * 1024;

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The person left, and everything the person said was sent.
    Left,
    /// The server ended it, or is gone.
    ServerClosed,
    /// Nothing was sent or received for the client's own idle time.
    Idle,
}

impl Outcome {
    /// What the person is told about an end that the person did not ask for.
    pub fn explanation(self) -> Option<&'static str> {
        match self {
            Self::Left => None,
            Self::ServerClosed => Some(wording::SERVER_CLOSED),
            Self::Idle => Some(wording::CLIENT_IDLE),
        }
    }
}

/// A person and a server, talking.
pub(crate) struct Conversation<'a, P> {
    stream: TcpStream,
    person: &'a mut P,
    incoming: Lines,
    outgoing: BytesMut,
    idle: Option<Duration>,
    last_byte: Instant,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Talking,
    /// The person leaves; the rest of what was said, the leaving word last, is being sent.
    Leaving,
    /// All is sent; the server has until then to end its side.
    Left(Instant),
    /// The server takes no more. What it said before that is still to be read.
    Refused,
}

impl<'a, P: Person> Conversation<'a, P> {
    pub(crate) fn new(stream: TcpStream, person: &'a mut P, idle: Option<Duration>) -> Self {
        Self {
            stream,
            person,
            // Servers that never send a newline are understood as well.
            incoming: Lines::new(Framing::Auto, MAX_SHOWN, READ),
            outgoing: BytesMut::new(),
            idle,
            last_byte: Instant::now(),
            stage: Stage::Talking,
        }
    }

    /// Talks until it is over. Cancelled, it can be continued; a line may then be missing.
    pub(crate) async fn talk(&mut self) -> Outcome {
        loop {
            let talking = self.stage == Stage::Talking;
            let sending = !self.outgoing.is_empty() && self.stage != Stage::Refused;
            let over = tokio::select! {
                input = self.person.next(), if talking && self.outgoing.len() < MAX_OUTGOING => {
                    self.take(input).await;
                    None
                }
                _ = self.stream.readable() => self.receive().await,
                _ = self.stream.writable(), if sending => {
                    self.send().await;
                    None
                }
                () = sleep(CHUNK_PAUSE), if self.incoming.decoder.awaits_pause() => {
                    if let Some(line) = self.incoming.decoder.pause() {
                        self.show(&readable(line)).await;
                    }
                    None
                }
                () = until(self.idle.map(|limit| self.last_byte + limit)) => Some(Outcome::Idle),
                () = until(self.stage.deadline()) => Some(Outcome::Left),
            };
            if let Some(outcome) = over {
                return outcome;
            }
        }
    }

    /// Leaves, and waits no longer for anything or anybody than [`LEAVE`].
    pub(crate) async fn leave_now(&mut self) -> Outcome {
        let _ = timeout(LEAVE, async {
            self.say_goodbye().await;
            self.talk().await
        })
        .await;
        Outcome::Left
    }

    async fn take(&mut self, input: Input) {
        match input {
            Input::Text(text) => {
                // What was pasted may be several lines.
                for line in text.lines().filter(|line| !line.is_empty()) {
                    self.say(line);
                }
            }
            Input::TooLong => self.show(&wording::line_too_long(MAX_INPUT).to_string()).await,
            Input::End => self.say_goodbye().await,
        }
    }

    /// Puts a line behind those that are being sent. Nothing goes behind the leaving word.
    fn say(&mut self, line: &str) {
        if self.stage == Stage::Talking {
            self.outgoing.extend_from_slice(line.as_bytes());
            self.outgoing.extend_from_slice(b"\n");
            if text::is_leave(line) {
                self.stage = Stage::Leaving;
            }
        }
    }

    /// The person leaves without having said so (requirement 4.3).
    async fn say_goodbye(&mut self) {
        if self.stage == Stage::Talking {
            self.say(LEAVE_WORD);
            // Whoever cannot see it any more leaves all the same.
            let _ = self.person.show(wording::LEAVING).await;
        }
    }

    /// Sends what the server takes now.
    async fn send(&mut self) {
        match self.stream.try_write(&self.outgoing) {
            Ok(n) => {
                self.outgoing.advance(n);
                self.last_byte = Instant::now();
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
            Err(_) => self.stage = Stage::Refused,
        }
        if self.stage == Stage::Leaving && self.outgoing.is_empty() {
            self.stage = Stage::Left(Instant::now() + LEAVE);
            // It fails when the server was quicker.
            let _ = self.stream.shutdown().await;
        }
    }

    /// Reads once and shows every line that is complete by it.
    async fn receive(&mut self) -> Option<Outcome> {
        let n = match self.stream.try_read(self.incoming.buffer()) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return None,
            // A reset is an end.
            Err(_) => 0,
        };
        if n == 0 {
            if let Some(line) = self.incoming.decoder.finish() {
                self.show(&readable(line)).await;
            }
            return Some(self.stage.outcome());
        }
        self.last_byte = Instant::now();
        self.incoming.filled(n);
        while let Some(line) = self.incoming.next() {
            let line = readable(line);
            self.show(&line).await;
        }
        None
    }

    /// Shows a line. A person who cannot see any more leaves.
    async fn show(&mut self, line: &str) {
        if self.person.show(line).await.is_err() {
            self.say_goodbye().await;
        }
    }
}

impl Stage {
    /// What it means that the server ends the conversation now.
    fn outcome(self) -> Outcome {
        match self {
            Self::Left(_) => Outcome::Left,
            Self::Talking | Self::Leaving | Self::Refused => Outcome::ServerClosed,
        }
    }

    fn deadline(self) -> Option<Instant> {
        match self {
            Self::Left(deadline) => Some(deadline),
            Self::Talking | Self::Leaving | Self::Refused => None,
        }
    }
}

/// A line from the network as it may be shown (requirement 4.6).
fn readable(line: Line<'_>) -> String {
    match line {
        Line::Text(text) => text::showable(text).into_owned(),
        Line::TooLong => wording::line_too_long(MAX_SHOWN).to_string(),
    }
}

/// Completes at that time, or never. Cancel-safe.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
