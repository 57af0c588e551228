//! A conversation: forwards lines in both directions at once, until one side ends it.

mod hearing;
mod outgoing;
mod returning;
mod speaking;
mod timing;

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use chat_protocol::framing::Framing;
use chat_protocol::language::Language;
use chat_protocol::text::LEAVE_WORD;
use chat_protocol::wording::Dismissal;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout};

use crate::exit::Exit;
use crate::hint::Hint;
use crate::naming::Naming;
use crate::paint::Painter;
use crate::session::backoff::Backoff;
use crate::session::{MAX_OBJECT, Session};
use crate::wire::Wire;
use crate::wire::servers::Servers;
use chat_terminal::completion::SharedVocabulary;
use chat_terminal::lines::Lines;
use chat_terminal::person::{Input, Keyboard, Screen};
use outgoing::Outgoing;
pub(crate) use outgoing::SendFraming;
use timing::Awaited;

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
    /// True if the server understands commands.
    pub(crate) commands: bool,
    /// The servers to come back to after the connection was cut. `None`: the client does not come back.
    pub(crate) reconnect: Option<Servers>,
    /// The end of each message on the wire.
    pub(crate) send_framing: SendFraming,
    /// True if the user is to be told the port by which the others know this client.
    pub(crate) tells_port: bool,
    /// The state of the name exchange with the server.
    pub(crate) naming: Naming,
    /// The appearance of lines: colour, time, bell.
    pub(crate) painter: Painter,
    /// The words that Tab completes, if the user is at a terminal.
    pub(crate) vocabulary: Option<SharedVocabulary>,
}

/// A conversation between a user and a server.
pub(crate) struct Conversation<K, S> {
    wire: Wire,
    keyboard: K,
    screen: S,
    incoming: Lines,
    /// Lines to be shown.
    shown: BytesMut,
    /// Messages to be sent.
    outgoing: Outgoing,
    /// Input that waits until the server has the name.
    held: Vec<Input>,
    /// What makes the conversation go on after the connection was cut.
    session: Session,
    backoff: Backoff,
    /// The end of the time for which the session can be resumed, since the connection was cut.
    resumable_until: Instant,
    connected: Instant,
    settings: Settings,
    last_sent: Instant,
    /// `None` until the server has sent something: the client may be in a queue.
    last_received: Option<Instant>,
    /// The last traffic of which the user was told that the connection is silent since.
    warned: Option<Instant>,
    /// The answer that is due, and the time for it.
    awaited: Option<(Instant, Awaited)>,
    /// True if the server has sent a newline.
    ends_lines: bool,
    /// True if the server has sent this project's greeting.
    greeted: bool,
    /// The reason to end the connection in the server's last line.
    dismissal: Option<Dismissal>,
    /// True if the last message is a command to leave, which this client need not know.
    said_goodbye: bool,
    /// The hints that were given.
    hints: Vec<Hint>,
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
    pub(crate) fn new(wire: Wire, keyboard: K, screen: S, settings: Settings) -> Self {
        let now = Instant::now();
        let mut conversation = Self {
            wire,
            keyboard,
            screen,
            incoming: lines(settings.reconnect.is_some()),
            shown: BytesMut::new(),
            outgoing: Outgoing::new(settings.send_framing),
            held: Vec::new(),
            session: Session::new(settings.reconnect.is_some(), settings.language),
            backoff: Backoff::default(),
            resumable_until: now,
            connected: now,
            settings,
            last_sent: now,
            last_received: None,
            warned: None,
            awaited: Some((now + Awaited::TIME, Awaited::Anything)),
            ends_lines: false,
            greeted: false,
            dismissal: None,
            said_goodbye: false,
            hints: Vec::new(),
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
            let sends = on && self.stage != Stage::Refused && self.has_to_send();
            let rests = self.outgoing.rests_until().filter(|_| sends);
            let (pause, idle) = (self.pause_ends(), self.idle_step());
            let (answer, deadline) = (self.answer_due(), self.stage.deadline());
            let naming = self.settings.naming.deadline().filter(|_| self.stage == Stage::Talking);
            tokio::select! {
                input = self.keyboard.next(), if typing => self.take(input),
                () = self.wire.readable(), if listening => {
                    self.receive();
                    // A server that sends without end must not hold up timers and signals.
                    yield_now().await;
                }
                () = self.wire.writable(), if sends && rests.is_none() => self.send().await,
                () = until(rests), if sends => self.outgoing.rested(),
                shown = self.screen.show(&mut self.shown), if !self.shown.is_empty() => {
                    if let Err(error) = shown {
                        self.output_failed(&error);
                    }
                }
                () = until(pause), if listening => self.pause_over().await,
                () = until(naming), if on => {
                    let then = self.settings.naming.expire();
                    self.follow(then);
                }
                () = until(idle), if on => self.idle_step_over().await,
                () = until(answer), if listening || on && self.session.holds() => {
                    self.answer_overdue().await;
                }
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
    pub(crate) async fn close(mut self) {
        // Nothing more can be entered: this releases a thread that waits to deliver input.
        drop(self.keyboard);
        self.wire.close();
        self.screen.close().await;
    }

    /// Sends as much as the socket accepts now.
    async fn send(&mut self) {
        match self.wire.try_write(self.outgoing.next_write()) {
            Ok(n) => {
                self.last_sent = Instant::now();
                self.outgoing.sent(n, self.last_sent);
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
            Err(_) => self.stage = Stage::Refused,
        }
        if self.stage == Stage::Leaving && !self.has_to_send() {
            self.stage = Stage::Left(Instant::now() + LEAVE);
            self.wire.end().await;
        }
    }

    fn has_to_send(&self) -> bool {
        !self.outgoing.is_empty() || self.wire.holds()
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
}

impl Stage {
    fn deadline(self) -> Option<Instant> {
        match self {
            Self::Left(deadline) => Some(deadline),
            Self::Talking | Self::Leaving | Self::Refused => None,
        }
    }
}

/// The server's lines. A text without its end is shown too, once the server pauses.
fn lines(objects: bool) -> Lines {
    Lines::new(Framing::Chunk, if objects { MAX_OBJECT } else { MAX_SHOWN }, READ)
}

/// Completes at this time, or never. Cancel-safe.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
