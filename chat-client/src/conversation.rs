//! Both directions of a conversation at once, until one side ends it.

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

/// The settings of a conversation.
pub(crate) struct Settings {
    /// The language in which the person is talked to.
    pub(crate) language: Language,
    /// How long nothing may happen.
    pub(crate) idle: Option<Duration>,
    /// Whether the name goes before each line that is sent.
    pub(crate) sign: bool,
    /// Whether the server gets a name.
    pub(crate) naming: Naming,
    /// How lines look.
    pub(crate) painter: Painter,
    /// Who can be completed, where somebody types.
    pub(crate) vocabulary: Option<SharedVocabulary>,
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
    /// What was entered and waits for the name to be given.
    held: Vec<Input>,
    settings: Settings,
    last_sent: Instant,
    last_received: Instant,
    stage: Stage,
    /// Why the client leaves by itself.
    reason: Option<Exit>,
    /// It is over, once everything is shown.
    exit: Option<Exit>,
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
    pub(crate) fn new(stream: TcpStream, keyboard: K, screen: S, settings: Settings) -> Self {
        let now = Instant::now();
        let mut conversation = Self {
            stream,
            keyboard,
            screen,
            // Servers that never send a newline are understood as well.
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

    /// Talks until it is over. Cancelled, it can be continued.
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

    /// Leaves, and waits no longer for anything or anybody than [`LEAVE`].
    pub(crate) async fn leave_now(&mut self) -> Exit {
        self.say_goodbye();
        let ended = timeout(LEAVE, self.talk()).await.ok();
        let exit = ended.or(self.exit).unwrap_or(match self.stage {
            Stage::Left(_) => Exit::Left,
            Stage::Talking | Stage::Leaving | Stage::Refused => Exit::Unsent,
        });
        // What waited for a name to be given has not been sent either.
        if exit == Exit::Left && !self.held.is_empty() { Exit::Unsent } else { exit }
    }

    /// The person sees the last lines, and gets the terminal back.
    pub(crate) async fn close(self) {
        // Nothing more can be entered, so whoever waits for it to be taken need not.
        drop(self.keyboard);
        self.screen.close().await;
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
                    let line = readable(line, self.settings.language);
                    self.hear(&line);
                }
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            // A reset is an end.
            Ok(_) | Err(_) => {
                if let Some(line) = self.incoming.decoder.finish() {
                    self.hear(&readable(line, self.settings.language));
                }
                self.exit.get_or_insert(self.stage.exit());
            }
        }
    }

    /// A line has arrived. Who leaves gives no names any more.
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

    /// Shows a line of the client's own.
    fn show(&mut self, line: &str) {
        let painted = self.settings.painter.own(line);
        self.put(&painted);
    }

    fn put(&mut self, line: &str) {
        self.shown.extend_from_slice(line.as_bytes());
        self.shown.extend_from_slice(b"\n");
    }

    /// Nobody sees any more what arrives: the person leaves, without a word when that was the
    /// person's own doing.
    fn output_failed(&mut self, error: &io::Error) {
        self.shown.clear();
        if error.kind() == io::ErrorKind::BrokenPipe {
            self.say(LEAVE_WORD);
        } else {
            self.exit = Some(Exit::Unseen);
        }
    }

    /// When the server's silence completes a message, if it does.
    fn pause_ends(&self) -> Option<Instant> {
        let waiting = self.incoming.decoder.awaits_pause();
        waiting.then(|| self.last_received + CHUNK_PAUSE)
    }

    /// When nothing has happened for too long. Who has left is waiting for just one thing.
    fn idle_ends(&self) -> Option<Instant> {
        self.settings
            .idle
            .filter(|_| self.stage.deadline().is_none())
            .map(|limit| self.last_sent.max(self.last_received) + limit)
    }

    /// The idle time is over, unless something has arrived and was only not read yet.
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
    /// What it means that the server ends the conversation now.
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

/// A line from the network as it may be shown (requirement 4.6).
fn readable(line: Line<'_>, language: Language) -> String {
    match line {
        Line::Text(text) => text::showable(text).into_owned(),
        Line::Empty => String::new(),
        Line::TooLong => language.line_omitted(MAX_SHOWN).to_string(),
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
    use chat_protocol::wording::NAME_KEYWORD;
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
        // More than the sockets take.
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
