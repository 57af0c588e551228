//! One client's connection: its bytes become lines, its lines actions, until it ends.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;

use chat_protocol::decoder::{Decoder, Line};
use chat_protocol::limits::CHUNK_PAUSE;
use chat_protocol::wording;
use tokio::time::{Instant, sleep, timeout};

use crate::Server;
use crate::config::Label;
use crate::link::Link;
use crate::member::MemberId;
use crate::pace::{PATIENCE, Pace};
use crate::session::{Action, Session};

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

/// Serves one client from its greeting to its end. Cancelling it makes the client leave.
pub(crate) async fn serve(server: Arc<Server>, link: Arc<Link>) {
    let peer = link.peer();
    server.console.print(wording::client_connected(peer));
    let member = Membership::begin(&server, &link);
    let end = Conversation::new(&server, &link, member.id).run().await;
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
}

impl<'a> Conversation<'a> {
    fn new(server: &'a Server, link: &'a Link, id: MemberId) -> Self {
        let decoder = Decoder::new(server.config.framing, server.config.max_line);
        let pace = Pace::new(Instant::now());
        Self { server, link, id, decoder, session: Session::default(), pace }
    }

    async fn run(mut self) -> End {
        let mut idle = pin!(self.link.activity().idle(self.server.config.idle_timeout.duration()));
        let mut stopping = pin!(self.server.stopping.cancelled());
        loop {
            let heard = tokio::select! {
                biased;
                () = &mut stopping => {
                    // What has arrived by now was accepted.
                    if self.hear().is_continue() {
                        let _ = self.hear_end();
                    }
                    return End::Stopped;
                }
                _ = self.link.readable() => {
                    self.wait_for_the_others().await;
                    self.hear()
                }
                () = &mut idle => {
                    let _ = self.hear_end();
                    return End::Idle;
                }
                () = sleep(CHUNK_PAUSE), if self.decoder.awaits_pause() => {
                    let line = self.decoder.pause();
                    self.act_on(line)
                }
            };
            if let ControlFlow::Break(end) = heard {
                return end;
            }
        }
    }

    /// Waits until the room can take what this client says next.
    async fn wait_for_the_others(&mut self) {
        let room = &self.server.room;
        room.has_space().await;
        if self.pace.is_flood(Instant::now()) {
            let _ = timeout(PATIENCE, room.caught_up()).await;
        }
    }

    /// Reads once and acts on every line that is complete by it.
    fn hear(&mut self) -> ControlFlow<End> {
        let link = self.link;
        let heard = link.read(|mut bytes| {
            if bytes.is_empty() {
                return self.hear_end();
            }
            while let Some(line) = self.decoder.decode(&mut bytes) {
                self.act_on(Some(line))?;
            }
            ControlFlow::Continue(())
        });
        match heard {
            Ok(flow) => flow,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => ControlFlow::Continue(()),
            Err(e) => {
                tracing::debug!(peer = %link.peer(), error = %e, "connection failed");
                self.hear_end()
            }
        }
    }

    /// The stream is over: what came last still counts, ended or not (requirement 2.10).
    fn hear_end(&mut self) -> ControlFlow<End> {
        let line = self.decoder.finish();
        self.act_on(line)?;
        ControlFlow::Break(End::Left)
    }

    fn act_on(&mut self, line: Option<Line<'_>>) -> ControlFlow<End> {
        match line.and_then(|line| self.session.line(line)) {
            Some(Action::Say(text)) => self.say(&text),
            Some(Action::RefuseTooLong) => {
                self.server.room.tell(self.id, wording::line_too_long(self.server.config.max_line));
            }
            Some(Action::Leave) => return ControlFlow::Break(End::Left),
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
