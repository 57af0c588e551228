//! A conversation: forwards lines in both directions at once, until one side ends it.

mod speaking;

use std::io;
use std::sync::PoisonError;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use chat_protocol::decoder::Line;
use chat_protocol::framing::Framing;
use chat_protocol::language::Language;
use chat_protocol::limits::CHUNK_PAUSE;
use chat_protocol::text::{self, LEAVE_WORD};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

use crate::exit::Exit;
use crate::naming::Naming;
use crate::paint::{self, Painter};
use chat_terminal::completion::SharedVocabulary;
use chat_terminal::lines::Lines;
use chat_terminal::person::{Input, Keyboard, Screen};

/// Time for the server to close the connection after the client has sent everything, the leaving
/// word last.
const LEAVE: Duration = Duration::from_millis(1500);

/// Backpressure limit, in bytes. With this much to send, the client reads nothing more from the
/// user; with this much to show, it reads nothing more from the server.
const MAX_WAITING: usize = 64 * 1024;

/// Size of one read from the server, in bytes.
const READ: usize = 16 * 1024;

/// Maximum length of a line that is shown, in bytes. It bounds the client's memory; servers have
/// their own limit for messages.
const MAX_SHOWN: usize = 64 * 1024;

/// The settings of a conversation.
pub(crate) struct Settings {
    /// The language of the texts for the user.
    pub(crate) language: Language,
    /// Idle timeout: the time without any traffic after which the client leaves.
    pub(crate) idle: Option<Duration>,
    /// True if the name is put before each line that is sent.
    pub(crate) sign: bool,
    /// The state of the name exchange with the server.
    pub(crate) naming: Naming,
    /// The appearance of lines: colour, time, bell.
    pub(crate) painter: Painter,
    /// The words that Tab completes, if the user is at a terminal.
    pub(crate) vocabulary: Option<SharedVocabulary>,
}

/// A conversation between a user and a server.
pub(crate) struct Conversation<K, S> {
    stream: TcpStream,
    keyboard: K,
    screen: S,
    incoming: Lines,
    /// Lines to be shown.
    shown: BytesMut,
    /// Lines to be sent.
    outgoing: BytesMut,
    /// Input that waits until the server has the name.
    held: Vec<Input>,
    settings: Settings,
    last_sent: Instant,
    last_received: Instant,
    stage: Stage,
    /// The exit if the client itself decides to leave.
    reason: Option<Exit>,
    /// The exit. The conversation is over once everything is shown.
    exit: Option<Exit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Talking,
    /// The user leaves; the rest of the lines, the leaving word last, is being sent.
    Leaving,
    /// Everything is sent; the server has until this time to close its side.
    Left(Instant),
    /// The server accepts no more data. What it sent before is still read.
    Refused,
}

impl<K: Keyboard, S: Screen> Conversation<K, S> {
    pub(crate) fn new(stream: TcpStream, keyboard: K, screen: S, settings: Settings) -> Self {
        let now = Instant::now();
        let mut conversation = Self {
            stream,
            keyboard,
            screen,
            // Servers that never send a newline are supported too.
            incoming: Lines::new(Framing::Auto, MAX_SHOWN, READ),
            shown: BytesMut::new(),
            outgoing: BytesMut::new(),
            held: Vec::new(),
            settings,
            last_sent: now,
            last_received: now,
            stage: Stage::Talking,
            reason: None,
            exit: None,
        };
        let language = conversation.settings.language;
        conversation.show(language.connected());
        conversation.show(language.type_messages());
        conversation
    }

    /// Runs until the conversation is over. Cancel-safe: another call continues.
    pub(crate) async fn talk(&mut self) -> Exit {
        loop {
            let on = self.exit.is_none();
            if let (Some(exit), true) = (self.exit, self.shown.is_empty()) {
                return self.reason.unwrap_or(exit);
            }
            let listening = on && self.shown.len() < MAX_WAITING;
            let typing = on && self.is_typing();
            let sending = on && self.stage != Stage::Refused && !self.outgoing.is_empty();
            let (pause, idle, deadline) =
                (self.pause_ends(), self.idle_ends(), self.stage.deadline());
            let naming = self.settings.naming.deadline().filter(|_| self.stage == Stage::Talking);
            tokio::select! {
                input = self.keyboard.next(), if typing => self.take(input),
                _ = self.stream.readable(), if listening => self.receive(),
                _ = self.stream.writable(), if sending => self.send().await,
                shown = self.screen.show(&mut self.shown), if !self.shown.is_empty() => {
                    if let Err(error) = shown {
                        self.output_failed(&error);
                    }
                }
                () = until(pause), if listening => {
                    if let Some(line) = self.incoming.decoder.pause() {
                        self.hear(&readable(line, self.settings.language));
                    }
                }
                () = until(naming), if on => {
                    let then = self.settings.naming.expire();
                    self.follow(then);
                }
                () = until(idle), if on => self.idle_time_over(),
                () = until(deadline), if on => self.exit = Some(Exit::Left),
            }
        }
    }

    /// Leaves, and waits at most [`LEAVE`] for the server and the user's screen.
    pub(crate) async fn leave_now(&mut self) -> Exit {
        self.say_goodbye();
        let ended = timeout(LEAVE, self.talk()).await.ok();
        let exit = ended.or(self.exit).unwrap_or(match self.stage {
            Stage::Left(_) => Exit::Left,
            Stage::Talking | Stage::Leaving | Stage::Refused => Exit::Unsent,
        });
        // Input that waited for the name has not been sent either.
        if exit == Exit::Left && !self.held.is_empty() { Exit::Unsent } else { exit }
    }

    /// Shows the last lines, and restores the terminal.
    pub(crate) async fn close(self) {
        // Nothing more can be entered: this releases a thread that waits to deliver input.
        drop(self.keyboard);
        self.screen.close().await;
    }

    /// Sends as much as the socket accepts now.
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
            // It fails if the server has already closed the connection.
            let _ = self.stream.shutdown().await;
        }
    }

    /// Reads once, and shows every line that is now complete.
    fn receive(&mut self) {
        match self.stream.try_read(self.incoming.buffer()) {
            Ok(n) if n > 0 => {
                self.last_received = Instant::now();
                self.incoming.filled(n);
                while let Some(line) = self.incoming.next() {
                    let line = readable(line, self.settings.language);
                    self.hear(&line);
                }
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            // A reset ends the conversation too.
            Ok(_) | Err(_) => {
                if let Some(line) = self.incoming.decoder.finish() {
                    self.hear(&readable(line, self.settings.language));
                }
                self.exit.get_or_insert(self.stage.exit());
            }
        }
    }

    /// Handles a line from the server. After the user has left, the client answers no question for
    /// a name.
    fn hear(&mut self, line: &str) {
        let (shown, then) = match self.stage {
            Stage::Talking => self.settings.naming.hear(line, Instant::now()),
            _ => (Some(line), None),
        };
        if let Some(line) = shown {
            if let Some(vocabulary) = &self.settings.vocabulary {
                vocabulary.lock().unwrap_or_else(PoisonError::into_inner).see(line);
            }
            let painted = self.settings.painter.arrived(line, paint::now);
            self.put(&painted);
        }
        self.follow(then);
    }

    /// Shows a line of the client itself.
    fn show(&mut self, line: &str) {
        let painted = self.settings.painter.own(line);
        self.put(&painted);
    }

    fn put(&mut self, line: &str) {
        self.shown.extend_from_slice(line.as_bytes());
        self.shown.extend_from_slice(b"\n");
    }

    /// Handles a failed output. The client leaves: with the leaving word if the reader closed the
    /// output, otherwise at once, with an error.
    fn output_failed(&mut self, error: &io::Error) {
        self.shown.clear();
        if error.kind() == io::ErrorKind::BrokenPipe {
            self.say(LEAVE_WORD);
        } else {
            self.exit = Some(Exit::Unseen);
        }
    }

    /// The time at which the server's silence completes a message, if it does.
    fn pause_ends(&self) -> Option<Instant> {
        let waiting = self.incoming.decoder.awaits_pause();
        waiting.then(|| self.last_received + CHUNK_PAUSE)
    }

    /// The time at which the idle timeout expires. There is none while the client waits for the
    /// server to close: that wait has its own deadline.
    fn idle_ends(&self) -> Option<Instant> {
        self.settings
            .idle
            .filter(|_| self.stage.deadline().is_none())
            .map(|limit| self.last_sent.max(self.last_received) + limit)
    }

    /// Handles the idle timeout. It does not apply if data has arrived that was not read yet.
    fn idle_time_over(&mut self) {
        let before = self.last_received;
        if self.shown.len() < MAX_WAITING {
            self.receive();
        }
        if self.last_received == before {
            self.exit.get_or_insert(Exit::Idle);
        }
    }
}

impl Stage {
    /// The exit if the server closes the connection now.
    fn exit(self) -> Exit {
        match self {
            Self::Left(_) => Exit::Left,
            Self::Talking | Self::Leaving | Self::Refused => Exit::ServerClosed,
        }
    }

    fn deadline(self) -> Option<Instant> {
        match self {
            Self::Left(deadline) => Some(deadline),
            Self::Talking | Self::Leaving | Self::Refused => None,
        }
    }
}

/// Converts a line from the network to a text that may be shown (requirement 4.6).
fn readable(line: Line<'_>, language: Language) -> String {
    match line {
        Line::Text(text) => text::showable(text).into_owned(),
        Line::Empty => String::new(),
        Line::TooLong => language.line_omitted(MAX_SHOWN).to_string(),
    }
}

/// Completes at this time, or never. Cancel-safe.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use chat_protocol::wording::NAME_KEYWORD;
    use tokio::net::TcpListener;

    use super::*;

    /// A user that enters nothing and accepts all output.
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

    fn plain() -> Settings {
        Settings {
            language: Language::Es,
            idle: None,
            sign: false,
            naming: Naming::new(NAME_KEYWORD, None),
            painter: Painter::default(),
            vocabulary: None,
        }
    }

    #[tokio::test]
    async fn r4_3_leaving_before_everything_was_sent_is_not_called_leaving() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(server.local_addr().unwrap()).await.unwrap();
        let (_never_read, _) = server.accept().await.unwrap();
        let mut conversation = Conversation::new(stream, Nobody, Nobody, plain());
        // More than the sockets hold.
        conversation.say(&"x".repeat(1 << 25));
        assert_eq!(conversation.leave_now().await, Exit::Unsent);
    }

    #[tokio::test]
    async fn r4_3_nothing_is_sent_behind_the_leaving_word() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(server.local_addr().unwrap()).await.unwrap();
        let mut conversation = Conversation::new(stream, Nobody, Nobody, plain());
        conversation.take(Input::Text("uno\n\n salir\ndos".to_owned()));
        conversation.take(Input::End);
        assert_eq!(conversation.outgoing, "uno\n salir\n".as_bytes());
    }
}
