//! One client's connection: its bytes become lines, its lines actions, until it ends.

use std::io;
use std::mem;
use std::ops::{ControlFlow, RangeInclusive};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use chat_protocol::decoder::Decoder;
use chat_protocol::framing::Framing;
use chat_protocol::limits::CHUNK_PAUSE;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::Server;
use crate::client::end::End;
use crate::client::flood_control::{BURST, FloodControl};
use crate::client::membership::Membership;
use crate::client::rate_limit::RateLimit;
use crate::client::session::{Action, Session};
use crate::net::idle::Overdue;
use crate::net::tcp::{Asked, Received, TcpConnection};

/// The result of one read.
enum Heard {
    Some,
    /// Nothing has arrived.
    Nothing,
    /// The client has left: by the word, by the end of its stream, or by a fault.
    End,
}

mod acting;

/// The conversation with one client.
pub(super) struct Conversation<'a> {
    server: &'a Server,
    connection: &'a TcpConnection,
    pub(super) membership: Membership<'a>,
    decoder: Decoder,
    session: Session,
    flood_control: FloodControl,
    rate_limit: RateLimit<'a>,
    /// Bytes that were read, and wait for the next turn.
    unheard: BytesMut,
    /// There may be more to hear at once.
    may_go_on: bool,
    /// The deadline for giving a name, by the server's clock.
    name_deadline: Option<Instant>,
    speaking: Option<TaskTrackerToken>,
    /// The time since which the connection is known to be over, while lines of the client still wait.
    dead_since: Option<Box<Instant>>,
}

impl<'a> Conversation<'a> {
    /// `unheard` has been read already.
    pub(super) fn begin(
        server: &'a Server,
        connection: &'a TcpConnection,
        membership: Membership<'a>,
        speaking: TaskTrackerToken,
        unheard: BytesMut,
    ) -> Self {
        let now = server.clock.now();
        let config = &server.config;
        let framing = if connection.has_frames() { Framing::Line } else { config.framing };
        Self {
            server,
            connection,
            membership,
            decoder: Decoder::new(framing, config.max_line),
            session: Session::new(config.session_rules()),
            flood_control: FloodControl::new(now),
            rate_limit: RateLimit::new(
                config.max_rate.bucket(config.burst, Instant::now().into_std()),
                connection.origin(),
            ),
            unheard,
            may_go_on: false,
            name_deadline: config.name_timeout.duration().map(|limit| now + limit),
            speaking: Some(speaking),
            dead_since: None,
        }
    }

    /// Completes when it is over.
    pub(super) async fn run(&mut self) -> End {
        let Server { config, stopping, .. } = self.server;
        let activity = self.connection.activity();
        let idle_limit = config.idle_timeout.duration();
        loop {
            let deadline = self.deadline();
            let end = tokio::select! {
                biased;
                () = stopping.cancelled() => End::Stopped,
                end = self.listen() => end,
                overdue = activity.overdue(idle_limit, deadline) => match overdue {
                    Overdue::Silence => End::Idle,
                    Overdue::Deadline if self.is_beat_due() => End::Silent,
                    Overdue::Deadline => End::Nameless,
                },
            };
            match end {
                End::Left | End::Dismissed(_) => {}
                // Boxed, because it happens once, and every connection would have the space for it.
                End::Stopped => return Box::pin(self.hear_the_last()).await,
                End::Silent => match self.miss_beat().await {
                    Some(end) => return end,
                    None => continue,
                },
                End::Nameless if !self.session.is_naming() => continue,
                // It is the server that has yet to hear it.
                End::Idle if !self.unheard.is_empty() => {
                    activity.touch_now();
                    continue;
                }
                // What has arrived and was only not read yet is no silence.
                End::Idle | End::Nameless => {
                    if self.settle().await.is_break() {
                        return End::Left;
                    }
                    match self.hear(Asked::System) {
                        Heard::End => return End::Left,
                        Heard::Some if end == End::Idle || !self.session.is_naming() => continue,
                        Heard::Nothing if end == End::Idle => self.hear_end(),
                        // A name that came without its end is one.
                        Heard::Some | Heard::Nothing => {
                            if self.hear_pause().is_break() {
                                return End::Left;
                            }
                            if !self.session.is_naming() {
                                continue;
                            }
                        }
                    }
                    if self.settle().await.is_break() {
                        return End::Left;
                    }
                }
            }
            return end;
        }
    }

    /// No answer to a ping has been read in time. Returns the end that this is, unless one has arrived, or it is time for the
    /// first ping.
    async fn miss_beat(&mut self) -> Option<End> {
        if self.settle().await.is_break() {
            return Some(End::Left);
        }
        // What has arrived and was not read yet is an answer.
        if self.unheard.is_empty()
            && let Heard::End = self.hear(Asked::System)
        {
            return Some(End::Left);
        }
        let is_answered = self.connection.beat(!self.unheard.is_empty(), self.server.clock.now());
        (!is_answered).then_some(End::Silent)
    }

    /// The time by which something must have come: a name, or an answer to a ping.
    fn deadline(&self) -> Option<Instant> {
        let name_deadline = self.name_deadline.filter(|_| self.session.is_naming());
        name_deadline.into_iter().chain(self.connection.beat_due()).min()
    }

    fn is_beat_due(&self) -> bool {
        self.connection.beat_due().is_some_and(|due| due <= self.server.clock.now())
    }

    /// Listens until the client has left. Cancel-safe: no byte that was read is lost.
    async fn listen(&mut self) -> End {
        loop {
            if self.settle().await.is_break() {
                return End::Left;
            }
            self.rate_limit.opened().await;
            if self.is_dead_for_long() {
                return End::Left;
            }
            let pause = self.pause();
            tokio::select! {
                // What has arrived comes before the silence behind it.
                biased;
                () = self.arrival() => {
                    self.wait_for_the_others().await;
                    if let Some(reason) = self.connection.dismissal() {
                        return End::Dismissed(reason);
                    }
                    if let Heard::End = self.hear(Asked::Runtime) {
                        return End::Left;
                    }
                    // One read a turn: the others have theirs before the next.
                    if self.may_go_on {
                        yield_now().await;
                    }
                }
                () = sleep(pause.unwrap_or_default()), if pause.is_some() => {
                    self.wait_for_the_others().await;
                    if !self.decoder.awaits_pause() {
                        self.membership.ask_further();
                        continue;
                    }
                    // What has arrived and was only not read yet is no pause.
                    match self.hear(Asked::System) {
                        Heard::Nothing => {
                            self.rate_limit.count_line();
                            if self.hear_pause().is_break() {
                                return End::Left;
                            }
                        }
                        Heard::Some => {}
                        Heard::End => return End::Left,
                    }
                }
            }
        }
    }

    /// Returns whether the connection has been over for long, and the client is here only because what it had
    /// sent is still being heard.
    fn is_dead_for_long(&mut self) -> bool {
        if self.unheard.is_empty() || self.connection.is_alive() {
            return false;
        }
        let now = self.server.clock.now();
        let dead_since = self.dead_since.get_or_insert_with(|| Box::new(now));
        now.duration_since(**dead_since) >= self.server.config.dead_timeout()
    }

    /// The time after which something happens if nothing arrives: a message ends, or the client is asked
    /// further for its name.
    fn pause(&self) -> Option<Duration> {
        if self.decoder.awaits_pause() {
            return Some(CHUNK_PAUSE);
        }
        let asked = self.membership.is_asked_further_at()?;
        Some(asked.saturating_duration_since(Instant::now()))
    }

    /// Completes when there is something to hear, be it the end. Cancel-safe.
    async fn arrival(&self) {
        if self.unheard.is_empty() {
            // A fault is met again by reading.
            let _ = self.connection.readable().await;
        }
    }

    /// Waits until the room can take what this client says next. Cancel-safe.
    async fn wait_for_the_others(&mut self) {
        self.count_caused();
        self.membership.other_room_has_space().await;
        self.membership.log_has_space().await;
        if let Some(room) = self.membership.room() {
            self.flood_control.wait_for(room, &self.server.clock).await;
        }
    }

    /// Counts what was said and told because of the client towards its flood control.
    fn count_caused(&mut self) {
        self.flood_control.count(self.membership.take_caused());
    }

    /// Graceful shutdown: all that has arrived by now was accepted. No client leaves before every client
    /// was heard. One that has left by itself is told nothing more.
    async fn hear_the_last(&mut self) -> End {
        self.rate_limit.lift();
        let heard = timeout(self.server.config.drain() / 5 * 2, self.hear_out()).await;
        if heard.is_err() {
            tracing::warn!(peer = %self.connection.peer(), "not all of what it sent could be heard");
        }
        drop(self.speaking.take());
        self.server.speaking.wait().await;
        heard.unwrap_or(End::Stopped)
    }

    /// Hears everything that has arrived. Returns the end that this is.
    async fn hear_out(&mut self) -> End {
        loop {
            if self.settle().await.is_break() {
                return End::Left;
            }
            self.wait_for_the_others().await;
            match self.hear(Asked::System) {
                Heard::Some => yield_now().await,
                Heard::Nothing => {
                    self.hear_end();
                    return match self.settle().await {
                        ControlFlow::Continue(()) => End::Stopped,
                        ControlFlow::Break(()) => End::Left,
                    };
                }
                Heard::End => return End::Left,
            }
        }
    }

    /// Reads once, unless something is left from before, and acts on the lines that are complete. What was said by them is
    /// delivered at once, or soon.
    fn hear(&mut self, asked: Asked) -> Heard {
        let heard = self.hear_lines(asked);
        self.membership.deliver();
        heard
    }

    fn hear_lines(&mut self, asked: Asked) -> Heard {
        if !self.unheard.is_empty() {
            let mut unheard = mem::take(&mut self.unheard);
            let (heard, left) = self.hear_bytes(&unheard);
            unheard.advance(unheard.len() - left);
            self.unheard = unheard;
            return heard;
        }
        let connection = self.connection;
        let heard = connection.read(asked, |received| {
            let Received::Some { bytes, more } = received else {
                self.hear_end();
                return Heard::End;
            };
            let (heard, left) = self.hear_bytes(bytes);
            self.unheard.extend_from_slice(&bytes[bytes.len() - left..]);
            self.may_go_on = left > 0 || more;
            heard
        });
        heard.unwrap_or_else(|error| {
            if error.kind() == io::ErrorKind::WouldBlock {
                return Heard::Nothing;
            }
            tracing::debug!(peer = %connection.peer(), %error, "connection failed");
            self.hear_end();
            Heard::End
        })
    }

    /// Acts on every line that is complete, until there is enough for one turn: the client has said
    /// much, or as much as it may, or it changes the room. Returns also how many bytes are left.
    fn hear_bytes(&mut self, mut bytes: &[u8]) -> (Heard, usize) {
        self.count_caused();
        let mut ended_some = false;
        while let Some(line) = self.decoder.decode(&mut bytes) {
            ended_some = true;
            self.rate_limit.count_line();
            if self.act_on(Some(line)).is_break() {
                return (Heard::End, 0);
            }
            let enough = self.membership.caused() >= BURST || !self.rate_limit.is_open();
            let waits = self.membership.is_moving()
                || self.membership.has_filled_another_room()
                || self.membership.is_proving();
            if enough || waits {
                return (Heard::Some, bytes.len());
            }
        }
        if !ended_some {
            self.rate_limit.count_piece();
        }
        (Heard::Some, 0)
    }

    /// The client is at its end: what it sent last still counts, ended or not (requirement 2.10). A message in frames
    /// that is not ended is none.
    fn hear_end(&mut self) {
        if self.connection.has_frames() {
            return;
        }
        // A client with a session sends again what it has not ended.
        if self.membership.has_session() {
            return;
        }
        let action = self.decoder.finish().and_then(|line| self.session.line(line));
        match action {
            // Half a name, perhaps, of a client that is gone: no room hears of it.
            None | Some(Action::TakeName(_) | Action::Prove(_) | Action::Resume(_)) => {}
            Some(action) => {
                let _ = self.perform(action);
                self.membership.deliver();
            }
        }
    }

    /// The line that has no end ends by the pause behind it. Breaks when the client leaves by it.
    fn hear_pause(&mut self) -> ControlFlow<()> {
        let line = self.decoder.pause();
        let goes_on = self.act_on(line);
        self.membership.deliver();
        goes_on
    }
}

/// The numbers that lines may have: those that are exact in JavaScript as well.
const LINE_NUMBERS: RangeInclusive<u64> = 1..=(1 << 53) - 1;

/// The number of a line of a session, and the line.
fn numbered(line: &str) -> Option<(u64, &str)> {
    let (number, line) = line.split_once(' ')?;
    let number = number.parse().ok().filter(|number| LINE_NUMBERS.contains(number))?;
    Some((number, line))
}
