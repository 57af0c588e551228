//! Silence of the server: the pause that ends a text, the idle timeout, an answer that is overdue.

use std::time::Duration;

use chat_protocol::limits::CHUNK_PAUSE;
use chat_terminal::person::{Keyboard, Screen};
use tokio::task::yield_now;
use tokio::time::Instant;

use super::{Conversation, MAX_WAITING, Stage};
use crate::exit::Exit;
use crate::hint::Hint;

/// Pause after which the beginning of a line is shown without its end, if the server ends its
/// lines (requirement 4.9). It is longer than the 200 ms after which TCP sends again what was lost
/// (Linux, `TCP_RTO_MIN`), so that a bad line does not cut texts.
const LINE_PAUSE: Duration = Duration::from_millis(300);

/// Time before the idle timeout at which the user is warned (requirement 8.4). A limit of at most
/// twice this is warned of at its half.
const WARNING: Duration = Duration::from_secs(10);

/// An answer of the server that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// Anything at all, after connecting.
    Anything,
    /// The notice or refusal that answers a command.
    Notice,
    /// The hint after which a session can begin, the answer with which it begins, or with which it goes on.
    Session,
}

impl Awaited {
    /// The time for an answer, which needs no person.
    pub(super) const TIME: Duration = Duration::from_secs(2);
}

impl<K: Keyboard, S: Screen> Conversation<K, S> {
    /// The time at which the server's silence completes a message, if it does.
    pub(super) fn pause_ends(&self) -> Option<Instant> {
        let pause = if self.ends_lines { LINE_PAUSE } else { CHUNK_PAUSE };
        // An object has its end.
        let awaits = self.incoming.decoder.awaits_pause() && !self.session.is_on();
        self.last_received.filter(|_| awaits).map(|last| last + pause)
    }

    /// Shows the text that the server has not ended.
    pub(super) async fn pause_over(&mut self) {
        if self.is_still_silent().await {
            self.hear_unended();
        }
    }

    /// The time at which the user must be warned of the idle timeout, or at which it expires. There
    /// is none before the server has sent anything, for the client may be in a queue (requirement 7.1),
    /// and none while the client waits for the server to close: that wait has its own deadline.
    pub(super) fn idle_step(&self) -> Option<Instant> {
        let limit = self.settings.idle.filter(|_| self.stage.deadline().is_none())?;
        let last = self.last_traffic()?;
        let ahead = if self.warned == Some(last) { Duration::ZERO } else { warning(limit) };
        Some(last + limit - ahead)
    }

    /// Handles the end of [`idle_step`](Self::idle_step).
    pub(super) async fn idle_step_over(&mut self) {
        if !self.is_still_silent().await {
            return;
        }
        let last = self.last_traffic();
        if self.warned == last {
            self.exit = Some(Exit::Idle);
        } else if let Some(limit) = self.settings.idle {
            self.warned = last;
            let left = warning(limit).as_secs_f64();
            self.show(&self.settings.language.client_idle_soon(left).to_string());
        }
    }

    fn last_traffic(&self) -> Option<Instant> {
        self.last_received.map(|received| received.max(self.last_sent))
    }

    /// Expects an answer from now on, unless another one is due already.
    pub(super) fn expect_answer(&mut self, awaited: Awaited) {
        self.awaited.get_or_insert_with(|| (Instant::now() + Awaited::TIME, awaited));
    }

    /// The time at which an answer is overdue.
    pub(super) fn answer_due(&self) -> Option<Instant> {
        self.awaited.filter(|_| self.stage == Stage::Talking).map(|(due, _)| due)
    }

    /// Handles an answer that is overdue.
    pub(super) async fn answer_overdue(&mut self) {
        let is_silent = self.is_still_silent().await;
        let on = self.exit.is_none();
        // A server that sends without end does not keep back what the user has typed.
        let is_over = |&mut (due, awaited): &mut (Instant, Awaited)| {
            is_silent || on && awaited == Awaited::Session && due <= Instant::now()
        };
        match self.awaited.take_if(is_over) {
            Some((_, Awaited::Anything)) => self.show(self.settings.language.no_answer_yet()),
            Some((_, Awaited::Notice)) => self.hint(Hint::NoCommands),
            Some((_, Awaited::Session)) => self.session_overdue(),
            None => {}
        }
    }

    /// Returns whether nothing has arrived in the meantime. The runtime looks at the socket first:
    /// after the process was stopped, a timer can expire before the socket is known to have
    /// data.
    async fn is_still_silent(&mut self) -> bool {
        let before = self.last_received;
        yield_now().await;
        if self.shown.len() < MAX_WAITING {
            self.receive();
        }
        self.exit.is_none() && self.last_received == before
    }
}

/// The time before the idle timeout at which the user is warned.
fn warning(limit: Duration) -> Duration {
    if limit > 2 * WARNING { WARNING } else { limit / 2 }
}
