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
use tokio::time::{Instant, sleep_until, timeout};

use chat_terminal::lines::Lines;
use chat_terminal::person::{Input, Keyboard, MAX_INPUT, Screen};

/// How long the server may take to end a conversation after everything was sent, the leaving word
/// last.
const LEAVE: Duration = Duration::from_millis(1500);

/// How many bytes may wait for a server that does not take them before no more are read from the
/// person; and for a person who does not take them before no more are read from the server.
const MAX_WAITING: usize = 64 * 1024;

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
    /// The person left at once, and the server had not taken everything.
    Unsent,
    /// What arrives can no longer be written, for another reason than that nobody reads it.
    Unseen,
}

impl Outcome {
    /// What the person is told about an end that the person did not ask for.
    pub fn explanation(self) -> Option<&'static str> {
        match self {
            Self::Left => None,
            Self::ServerClosed => Some(wording::SERVER_CLOSED),
            Self::Idle => Some(wording::CLIENT_IDLE),
            Self::Unsent => Some(wording::UNSENT),
            Self::Unseen => Some(wording::UNSEEN),
        }
    }
}

/// A person and a server, talking.
pub(crate) struct Conversation<K, S> {
    stream: TcpStream,
    keyboard: K,
    screen: S,
    incoming: Lines,
    /// Lines that are to be shown.
    shown: BytesMut,
    /// Lines that are to be sent.
    outgoing: BytesMut,
    idle: Option<Duration>,
    last_sent: Instant,
    last_received: Instant,
    stage: Stage,
    /// It is over, once everything is shown.
    outcome: Option<Outcome>,
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

impl<K: Keyboard, S: Screen> Conversation<K, S> {
    pub(crate) fn new(stream: TcpStream, keyboard: K, screen: S, idle: Option<Duration>) -> Self {
        let now = Instant::now();
        let mut conversation = Self {
            stream,
            keyboard,
            screen,
            // Servers that never send a newline are understood as well.
            incoming: Lines::new(Framing::Auto, MAX_SHOWN, READ),
            shown: BytesMut::new(),
            outgoing: BytesMut::new(),
            idle,
            last_sent: now,
            last_received: now,
            stage: Stage::Talking,
            outcome: None,
        };
        conversation.show(wording::CONNECTED);
        conversation.show(wording::TYPE_MESSAGES);
        conversation
    }

    /// Talks until it is over. Cancelled, it can be continued.
    pub(crate) async fn talk(&mut self) -> Outcome {
        loop {
            let on = self.outcome.is_none();
            if let (Some(outcome), true) = (self.outcome, self.shown.is_empty()) {
                return outcome;
            }
            let listening = on && self.shown.len() < MAX_WAITING;
            let typing = on && self.stage == Stage::Talking && self.outgoing.len() < MAX_WAITING;
            let sending = on && self.stage != Stage::Refused && !self.outgoing.is_empty();
            let (pause, idle, deadline) =
                (self.pause_ends(), self.idle_ends(), self.stage.deadline());
            tokio::select! {
                input = self.keyboard.next(), if typing => self.take(input),
                _ = self.stream.readable(), if listening => self.receive(),
                _ = self.stream.writable(), if sending => self.send().await,
                shown = self.screen.show(&mut self.shown), if !self.shown.is_empty() => {
                    if let Err(error) = shown {
                        self.go_blind(&error);
                    }
                }
                () = until(pause), if listening => {
                    if let Some(line) = self.incoming.decoder.pause() {
                        self.show(&readable(line));
                    }
                }
                () = until(idle), if on => self.be_idle(),
                () = until(deadline), if on => self.outcome = Some(Outcome::Left),
            }
        }
    }

    /// Leaves, and waits no longer for anything or anybody than [`LEAVE`].
    pub(crate) async fn leave_now(&mut self) -> Outcome {
        self.say_goodbye();
        let ended = timeout(LEAVE, self.talk()).await.ok();
        ended.or(self.outcome).unwrap_or(match self.stage {
            Stage::Left(_) => Outcome::Left,
            Stage::Talking | Stage::Leaving | Stage::Refused => Outcome::Unsent,
        })
    }

    /// The person sees the last lines, and gets the terminal back.
    pub(crate) async fn close(self) {
        // Nothing more can be entered, so whoever waits for it to be taken need not.
        drop(self.keyboard);
        self.screen.close().await;
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Text(text) | Input::Answer(text) => {
                // What was pasted may be several lines.
                for line in text.lines().filter(|line| !line.is_empty()) {
                    self.say(line);
                }
            }
            Input::TooLong => self.show(&wording::line_too_long(MAX_INPUT).to_string()),
            Input::End => self.say_goodbye(),
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
    fn say_goodbye(&mut self) {
        if self.stage == Stage::Talking {
            self.show(wording::LEAVING);
            self.say(LEAVE_WORD);
        }
    }

    /// Sends what the server takes now.
    async fn send(&mut self) {
        match self.stream.try_write(&self.outgoing) {
            Ok(n) => {
                self.outgoing.advance(n);
                self.last_sent = Instant::now();
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

    /// Reads once, to show every line that is complete by it.
    fn receive(&mut self) {
        match self.stream.try_read(self.incoming.buffer()) {
            Ok(n) if n > 0 => {
                self.last_received = Instant::now();
                self.incoming.filled(n);
                while let Some(line) = self.incoming.next() {
                    let line = readable(line);
                    self.show(&line);
                }
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            // A reset is an end.
            Ok(_) | Err(_) => {
                if let Some(line) = self.incoming.decoder.finish() {
                    self.show(&readable(line));
                }
                self.outcome.get_or_insert(self.stage.outcome());
            }
        }
    }

    fn show(&mut self, line: &str) {
        self.shown.extend_from_slice(line.as_bytes());
        self.shown.extend_from_slice(b"\n");
    }

    /// Nobody sees any more what arrives: the person leaves, without a word when that was the
    /// person's own doing.
    fn go_blind(&mut self, error: &io::Error) {
        self.shown.clear();
        if error.kind() == io::ErrorKind::BrokenPipe {
            self.say(LEAVE_WORD);
        } else {
            self.outcome = Some(Outcome::Unseen);
        }
    }

    /// When the server's silence completes a message, if it does.
    fn pause_ends(&self) -> Option<Instant> {
        let waiting = self.incoming.decoder.awaits_pause();
        waiting.then(|| self.last_received + CHUNK_PAUSE)
    }

    /// When nothing has happened for too long. Who has left is waiting for just one thing.
    fn idle_ends(&self) -> Option<Instant> {
        self.idle
            .filter(|_| self.stage.deadline().is_none())
            .map(|limit| self.last_sent.max(self.last_received) + limit)
    }

    /// The idle time is over, unless something has arrived and was only not read yet.
    fn be_idle(&mut self) {
        let before = self.last_received;
        if self.shown.len() < MAX_WAITING {
            self.receive();
        }
        if self.last_received == before {
            self.outcome.get_or_insert(Outcome::Idle);
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
        Line::Empty => String::new(),
        Line::TooLong => wording::line_omitted(MAX_SHOWN).to_string(),
    }
}

/// Completes at that time, or never. Cancel-safe.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A person who does nothing and sees everything.
    struct Nobody;

    impl Keyboard for Nobody {
        async fn next(&mut self) -> Input {
            std::future::pending().await
        }
    }

    impl Screen for Nobody {
        async fn show(&mut self, lines: &mut BytesMut) -> io::Result<()> {
            lines.clear();
            Ok(())
        }

        async fn close(self) {}
    }

    #[tokio::test]
    async fn r4_3_leaving_before_everything_was_sent_is_not_called_leaving() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(server.local_addr().unwrap()).await.unwrap();
        let (_never_read, _) = server.accept().await.unwrap();
        let mut conversation = Conversation::new(stream, Nobody, Nobody, None);
        // More than the sockets take.
        conversation.say(&"x".repeat(1 << 25));
        assert_eq!(conversation.leave_now().await, Outcome::Unsent);
    }

    #[tokio::test]
    async fn r4_3_nothing_is_sent_behind_the_leaving_word() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(server.local_addr().unwrap()).await.unwrap();
        let mut conversation = Conversation::new(stream, Nobody, Nobody, None);
        conversation.take(Input::Text("uno\n\n salir\ndos".to_owned()));
        conversation.take(Input::End);
        assert_eq!(conversation.outgoing, "uno\n salir\n".as_bytes());
    }
}
