//! One client's connection: its bytes become lines, its lines actions, until it ends.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use chat_protocol::decoder::{Decoder, Line};
use chat_protocol::limits::CHUNK_PAUSE;
use chat_protocol::wording;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::config::Label;
use crate::link::Link;
use crate::member::MemberId;
use crate::pace::Pace;
use crate::session::{Action, Session};
use crate::{HEAR_OUT, Server};

/// Why a conversation is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The client left: by the word, by the end of its stream, or by a fault of its connection.
    Left,
    /// Nobody said anything for too long.
    Idle,
    /// The server stops.
    Stopped,
}

/// What one read brought.
enum Heard {
    Some,
    /// Nothing has arrived.
    Nothing,
    /// The client has left: by the word, by the end of its stream, or by a fault.
    End,
}

/// Serves one client from its greeting to its end. Cancelling it makes the client leave.
pub(crate) async fn serve(server: Arc<Server>, link: Arc<Link>, speaking: TaskTrackerToken) {
    let peer = link.peer();
    server.console.print(wording::client_connected(peer));
    let member = Membership::begin(&server, &link);
    let end = Conversation::new(&server, &link, member.id, speaking).run().await;
    tracing::debug!(%peer, ?end, "conversation over");
    if end == End::Idle {
        server.room.tell(member.id, wording::IDLE_NOTICE);
        server.console.print(wording::client_idle(peer));
    }
}

/// A client's presence in the room, which ends with this value and cannot be forgotten.
struct Membership<'a> {
    server: &'a Server,
    peer: SocketAddr,
    id: MemberId,
}

impl<'a> Membership<'a> {
    fn begin(server: &'a Server, link: &Arc<Link>) -> Self {
        let id = server.room.join(Arc::clone(link), wording::GREETING);
        Self { server, peer: link.peer(), id }
    }
}

impl Drop for Membership<'_> {
    fn drop(&mut self) {
        self.server.room.leave(self.id);
        self.server.console.print(wording::client_disconnected(self.peer));
    }
}

struct Conversation<'a> {
    server: &'a Server,
    link: &'a Link,
    id: MemberId,
    decoder: Decoder,
    session: Session,
    pace: Pace,
    speaking: Option<TaskTrackerToken>,
}

impl<'a> Conversation<'a> {
    fn new(server: &'a Server, link: &'a Link, id: MemberId, speaking: TaskTrackerToken) -> Self {
        let decoder = Decoder::new(server.config.framing, server.config.max_line);
        let pace = Pace::new(Instant::now());
        Self {
            server,
            link,
            id,
            decoder,
            session: Session::default(),
            pace,
            speaking: Some(speaking),
        }
    }

    async fn run(mut self) -> End {
        let Server { config, stopping, .. } = self.server;
        let activity = self.link.activity();
        loop {
            let end = tokio::select! {
                biased;
                () = stopping.cancelled() => End::Stopped,
                end = self.listen() => end,
                () = activity.idle(config.idle_timeout.duration()) => End::Idle,
            };
            match end {
                End::Left => {}
                End::Stopped => self.hear_the_last().await,
                // What has arrived and was only not read yet is no silence.
                End::Idle => match self.hear() {
                    Heard::Some => continue,
                    Heard::Nothing => self.hear_end(),
                    Heard::End => return End::Left,
                },
            }
            return end;
        }
    }

    /// Listens until the client has left. Cancel-safe: no byte that was read is lost.
    async fn listen(&mut self) -> End {
        loop {
            tokio::select! {
                // What has arrived comes before the silence behind it.
                biased;
                _ = self.link.readable() => {
                    self.wait_for_the_others().await;
                    if let Heard::End = self.hear() {
                        return End::Left;
                    }
                    // One read a turn: the others have theirs before the next.
                    yield_now().await;
                }
                () = sleep(CHUNK_PAUSE), if self.decoder.awaits_pause() => {
                    self.wait_for_the_others().await;
                    let line = self.decoder.pause();
                    if self.act_on(line).is_break() {
                        return End::Left;
                    }
                }
            }
        }
    }

    /// Waits until the room can take what this client says next. Cancel-safe.
    async fn wait_for_the_others(&mut self) {
        let room = &self.server.room;
        loop {
            room.has_space().await;
            if room.lagging().is_empty() || !self.pace.is_flood(Instant::now()) {
                return;
            }
            room.lagging().wait().await;
            self.pace.held_until(Instant::now());
        }
    }

    /// The server stops: what has arrived by now was accepted. Nobody leaves before everybody was
    /// heard.
    async fn hear_the_last(&mut self) {
        if timeout(HEAR_OUT, self.hear_out()).await.is_err() {
            tracing::warn!(peer = %self.link.peer(), "not all of what it sent could be heard");
        }
        drop(self.speaking.take());
        self.server.speaking.wait().await;
    }

    /// Hears everything that has arrived. However much it is, nobody is held for it now.
    async fn hear_out(&mut self) {
        loop {
            self.server.room.has_space().await;
            match self.hear() {
                Heard::Some => yield_now().await,
                Heard::Nothing => return self.hear_end(),
                Heard::End => return,
            }
        }
    }

    /// Reads once and acts on every line that is complete by it.
    fn hear(&mut self) -> Heard {
        let link = self.link;
        let heard = link.read(|mut bytes| {
            if bytes.is_empty() {
                self.hear_end();
                return Heard::End;
            }
            while let Some(line) = self.decoder.decode(&mut bytes) {
                if self.act_on(Some(line)).is_break() {
                    return Heard::End;
                }
            }
            Heard::Some
        });
        heard.unwrap_or_else(|error| {
            if error.kind() == io::ErrorKind::WouldBlock {
                return Heard::Nothing;
            }
            tracing::debug!(peer = %link.peer(), %error, "connection failed");
            self.hear_end();
            Heard::End
        })
    }

    /// The client is at its end: what it sent last still counts, ended or not (requirement 2.10).
    fn hear_end(&mut self) {
        let line = self.decoder.finish();
        let _ = self.act_on(line);
    }

    /// Breaks when the client leaves by it.
    fn act_on(&mut self, line: Option<Line<'_>>) -> ControlFlow<()> {
        match line.and_then(|line| self.session.line(line)) {
            Some(Action::Say(text)) => self.say(&text),
            Some(Action::RefuseTooLong) => {
                self.server.room.tell(self.id, wording::line_too_long(self.server.config.max_line));
            }
            Some(Action::Leave) => return ControlFlow::Break(()),
            None => {}
        }
        ControlFlow::Continue(())
    }

    fn say(&mut self, text: &str) {
        let peer = self.link.peer();
        match self.server.config.label {
            Label::Port => self.spread(
                wording::message_by_port(peer, text),
                wording::console_message_by_port(peer, text),
            ),
            Label::None => self.spread(text, text),
        }
    }

    fn spread(&mut self, message: impl fmt::Display, console_message: impl fmt::Display) {
        self.pace.count(self.server.room.say(self.id, message));
        self.server.console.print(console_message);
    }
}
