//! The outbox: a bounded queue of bytes for a member whose socket is full. `Seat::deliver` creates it on demand;
//! `Backlog` holds its bytes, and the limit. It may be empty: then the member itself holds something.

use std::io;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chat_protocol::language::Language;
use chat_protocol::limits::LONGEST_TIME;
use chat_protocol::options::time_limit::TimeLimit;
use clap::ValueEnum;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::counts::{Counts, Waiting};
use crate::net::clock::Clock;
use crate::net::transport::{Fault, Transport};
use crate::net::wire::encoding::Encoding;
use crate::net::wire::text::Text;
use crate::room::backlog::Backlog;
use crate::room::letter::Letter;

/// The time for which a flooder waits for a member that has fallen behind. One that has not caught up by then
/// is slow, and never waited for again.
const GRACE: Duration = Duration::from_millis(500);

/// The same for a member that takes nothing at all: some twenty of the turns that Linux gives to
/// processes that compete for a processor (a few milliseconds each).
const STALL: Duration = Duration::from_millis(100);

/// The fate of a client that reads more slowly than others speak (`--slow-reader`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SlowReader {
    /// It misses messages, and is told how many
    #[default]
    Skip,
    /// Its connection is closed
    Close,
}

/// The limits for slow consumers.
#[derive(Clone)]
pub(crate) struct OutboxLimits {
    /// Bytes that wait for one member behind those that its socket already holds.
    pub(crate) capacity: usize,
    /// The fate of a member for which that is not enough.
    pub(crate) slow_reader: SlowReader,
    /// The time for which a member may take nothing at all.
    pub(crate) timeout: TimeLimit,
    /// The clock by which it may.
    pub(crate) clock: Clock,
    /// The language of the notice that messages were missed.
    pub(crate) language: Language,
    /// Counts what waits, and what is missed.
    pub(crate) counts: Option<Arc<Counts>>,
}

#[cfg(test)]
impl OutboxLimits {
    /// Limits without effect. Needs a runtime.
    pub(crate) fn lenient() -> Self {
        Self {
            capacity: 1 << 20,
            slow_reader: SlowReader::Skip,
            timeout: TimeLimit::OFF,
            clock: Clock::start(),
            language: Language::Es,
            counts: None,
        }
    }
}

/// The bytes that wait for one member, filled by the fan-out and drained by a task of their own.
pub(crate) struct Outbox {
    state: Mutex<State>,
    slow_reader: SlowReader,
    slow: AtomicBool,
}

enum State {
    Waiting(Backlog),
    /// The member has taken everything: it can be written to directly again.
    Drained,
    /// The member takes no more; what is meant for it goes nowhere until it has left.
    Abandoned,
}

/// The fate of bytes that were put into an outbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Queued {
    /// They wait, or go nowhere: the outbox has seen to them.
    Yes,
    /// The outbox is drained and done; they are to be offered to the member.
    Drained,
}

/// The part of the waiting bytes that a member took.
enum Taken {
    Nothing,
    Some,
    All,
}

impl Outbox {
    /// An outbox in which these bytes wait, and the task that drains it. Flooders wait for this member
    /// for as long as the lag is held; without one, the member is known to be slow.
    pub(crate) fn new<T: Transport>(
        bytes: &[u8],
        letters: &mut Vec<Letter>,
        (member, encoding): (Arc<T>, Encoding),
        lag: Option<Lag>,
        limits: &OutboxLimits,
    ) -> (Arc<Self>, impl Future<Output = ()> + Send + use<T>) {
        let OutboxLimits { capacity, language, .. } = *limits;
        let waiting = Waiting::new(limits.counts.clone());
        let backlog = Backlog::of(bytes, letters, capacity, (language, encoding), waiting);
        let mut state = State::Waiting(backlog);
        abandon_if_full(&mut state, limits.slow_reader, &*member);
        let (state, slow_reader) = (Mutex::new(state), limits.slow_reader);
        let slow = AtomicBool::new(lag.is_none());
        let outbox = Arc::new(Self { state, slow_reader, slow });
        let drained = Arc::clone(&outbox);
        let timeout = limits.timeout.duration().unwrap_or(LONGEST_TIME);
        let clock = limits.clock.clone();
        (outbox, async move { drained.drain(&*member, lag, &clock, timeout).await })
    }

    /// Returns whether the member has not caught up in time, now or before.
    pub(crate) fn is_slow(&self) -> bool {
        self.slow.load(Ordering::Relaxed)
    }

    /// Puts bytes behind those that wait. What does not fit is missed, or costs the member its
    /// connection, as it was ordered. Letters among them wait as well.
    pub(crate) fn push(
        &self,
        bytes: &[u8],
        letters: &mut Vec<Letter>,
        member: &impl Transport,
    ) -> Queued {
        let mut state = self.lock();
        match &mut *state {
            State::Waiting(backlog) => backlog.push(bytes, letters),
            State::Abandoned => {}
            State::Drained => return Queued::Drained,
        }
        abandon_if_full(&mut state, self.slow_reader, member);
        Queued::Yes
    }

    /// What the member is sent from here on has this encoding.
    pub(crate) fn switch(&self, encoding: Encoding) {
        if let State::Waiting(backlog) = &mut *self.lock() {
            backlog.switch(encoding);
        }
    }

    /// Gives the member what waits for it until nothing waits, or it has taken nothing for too long.
    async fn drain(
        &self,
        member: &impl Transport,
        mut lag: Option<Lag>,
        clock: &Clock,
        timeout: Duration,
    ) {
        let mut taken = clock.now();
        let grace = taken + GRACE;
        let fault = loop {
            let patience = match &lag {
                Some(_) => grace.min(taken + STALL.min(timeout)),
                None => taken + timeout,
            };
            let writable = tokio::select! {
                biased;
                writable = member.writable() => Some(writable),
                () = clock.sleep_until(patience) => None,
            };
            let offered = match &writable {
                Some(Ok(())) => self.offer(member, |text| member.offer(text, clock.now())),
                Some(Err(_)) => break Fault::Broken,
                None => self.offer(member, |text| member.offer_to_system(text, clock.now())),
            };
            match offered {
                Ok(Taken::All) => return,
                Ok(Taken::Some) => taken = clock.now(),
                Ok(Taken::Nothing) if writable.is_some() => {}
                // The grace is over. From here on no flooder waits for this member, and `timeout` counts.
                Ok(Taken::Nothing) if lag.take().is_some() => {
                    self.slow.store(true, Ordering::Relaxed);
                }
                Ok(Taken::Nothing) => break Fault::Stuck,
                Err(_) => break Fault::Broken,
            }
        };
        *self.lock() = State::Abandoned;
        member.hang_up(fault);
    }

    /// That a part of what the member holds was sent counts as taking something.
    fn offer(
        &self,
        member: &impl Transport,
        offer: impl FnOnce(Text<'_>) -> io::Result<usize>,
    ) -> io::Result<Taken> {
        let mut state = self.lock();
        let State::Waiting(backlog) = &mut *state else { return Ok(Taken::All) };
        match offer(Text::single(backlog.next())) {
            Ok(n) => backlog.took(n),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(Taken::Nothing),
            Err(e) => return Err(e),
        }
        if !backlog.next().is_empty() || member.holds() {
            return Ok(Taken::Some);
        }
        drop(mem::replace(&mut *state, State::Drained));
        Ok(Taken::All)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The members of a room that lag behind and may still catch up.
pub(crate) struct Lagging(TaskTracker);

/// Marks a member as lagging until it is dropped.
pub(crate) struct Lag(#[expect(dead_code, reason = "held")] TaskTrackerToken);

impl Lagging {
    /// An empty set.
    pub(crate) fn new() -> Self {
        let all = TaskTracker::new();
        // Closed, so that it can be waited for.
        all.close();
        Self(all)
    }

    /// Marks one more member as lagging until the guard is dropped.
    pub(crate) fn lag(&self) -> Lag {
        Lag(self.0.token())
    }

    /// Returns whether no member lags.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Waits until no member lags. Cancel-safe.
    pub(crate) async fn emptied(&self) {
        self.0.wait().await;
    }
}

/// Hangs up on a member that would miss something, with `--slow-reader close`.
fn abandon_if_full(state: &mut State, slow_reader: SlowReader, member: &impl Transport) {
    let missing = matches!(state, State::Waiting(backlog) if backlog.misses_some());
    if missing && slow_reader == SlowReader::Close {
        *state = State::Abandoned;
        member.hang_up(Fault::OutboxFull);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::net::clock::Clock;
    use crate::net::transport::fake::Recorder;

    const TIMEOUT: Duration = Duration::from_secs(30);

    fn limits(capacity: usize, slow_reader: SlowReader) -> OutboxLimits {
        OutboxLimits {
            capacity,
            slow_reader,
            timeout: TimeLimit::of(TIMEOUT),
            clock: Clock::start(),
            language: Language::Es,
            counts: None,
        }
    }

    fn of(member: &Arc<Recorder>) -> (Arc<Recorder>, Encoding) {
        (Arc::clone(member), Encoding::Text)
    }

    async fn heard(member: &Recorder, text: &str) {
        while member.taken().len() < text.len() {
            tokio::task::yield_now().await;
        }
        assert_eq!(member.taken(), text);
    }

    #[tokio::test]
    async fn r1_4_a_stuck_member_gets_all_of_it_in_order_once_it_reads() {
        let member = Arc::new(Recorder::default());
        let limits = limits(100, SlowReader::Skip);
        let (outbox, drain) = Outbox::new(b"uno\ndos\n", &mut vec![], of(&member), None, &limits);
        let drain = tokio::spawn(drain);
        assert_eq!(outbox.push(b"tres\n", &mut vec![], &*member), Queued::Yes);
        member.allow(5);
        heard(&member, "uno\nd").await;
        assert_eq!(outbox.push(b"cuatro\n", &mut vec![], &*member), Queued::Yes);
        member.allow(usize::MAX);
        drain.await.unwrap();
        assert_eq!(member.taken(), "uno\ndos\ntres\ncuatro\n");
        assert_eq!(outbox.push(b"cinco\n", &mut vec![], &*member), Queued::Drained);
    }

    #[tokio::test]
    async fn r1_4_a_full_outbox_misses_messages_and_says_how_many() {
        let member = Arc::new(Recorder::default());
        let limits = limits(10, SlowReader::Skip);
        let (outbox, drain) = Outbox::new(b"uno\ndos\n", &mut vec![], of(&member), None, &limits);
        let drain = tokio::spawn(drain);
        outbox.push(b"tres\ncuatro\n", &mut vec![], &*member);
        member.allow(usize::MAX);
        drain.await.unwrap();
        assert_eq!(member.taken(), "uno\ndos\n* te has perdido 2 mensajes\n");
        assert!(!member.hung_up.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn r1_4_a_full_outbox_ends_the_connection_if_that_is_wanted() {
        let member = Arc::new(Recorder::default());
        let limits = limits(10, SlowReader::Close);
        let (outbox, _drain) = Outbox::new(b"uno\ndos\n", &mut vec![], of(&member), None, &limits);
        assert_eq!(outbox.push(b"3\n", &mut vec![], &*member), Queued::Yes);
        assert!(!member.hung_up.load(Ordering::Relaxed));
        assert_eq!(outbox.push(b"4\n", &mut vec![], &*member), Queued::Yes);
        assert!(member.hung_up.load(Ordering::Relaxed));
        let hasty = Arc::new(Recorder::default());
        let (_outbox, _drain) =
            Outbox::new(b"a line\nand one more\n", &mut vec![], of(&hasty), None, &limits);
        assert!(hasty.hung_up.load(Ordering::Relaxed), "the first text can be too much as well");
    }

    #[tokio::test(start_paused = true)]
    async fn r1_4_a_stuck_member_is_soon_not_waited_for_and_then_hung_up_on() {
        let member = Arc::new(Recorder::default());
        let limits = limits(100, SlowReader::Skip);
        let begun = Instant::now();
        let lagging = Lagging::new();
        let lag = Some(lagging.lag());
        let (outbox, drain) = Outbox::new(b"uno\n", &mut vec![], of(&member), lag, &limits);
        let drain = tokio::spawn(drain);
        lagging.emptied().await;
        assert_eq!(begun.elapsed(), STALL);
        assert!(outbox.is_slow());
        assert!(!member.hung_up.load(Ordering::Relaxed));
        drain.await.unwrap();
        assert!(member.hung_up.load(Ordering::Relaxed));
        assert_eq!(begun.elapsed(), TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn r1_4_no_member_is_stuck_because_the_server_stood_still() {
        let member = Arc::new(Recorder::default());
        let limits = limits(100, SlowReader::Skip);
        let (_outbox, drain) = Outbox::new(b"uno\n", &mut vec![], of(&member), None, &limits);
        let drain = tokio::spawn(drain);
        tokio::time::sleep(TIMEOUT / 2).await;
        tokio::time::advance(10 * TIMEOUT).await;
        tokio::time::sleep(TIMEOUT / 3).await;
        assert!(!member.hung_up.load(Ordering::Relaxed));
        member.allow(usize::MAX);
        drain.await.unwrap();
        assert_eq!(member.taken(), "uno\n");
    }

    #[tokio::test(start_paused = true)]
    async fn r1_4_a_member_that_takes_a_little_all_the_time_is_slow_but_not_stuck() {
        let member = Arc::new(Recorder::default());
        let limits = limits(100, SlowReader::Skip);
        let begun = Instant::now();
        let bytes = [b'x'; 1000];
        let lagging = Lagging::new();
        let lag = Some(lagging.lag());
        let (outbox, drain) = Outbox::new(&bytes, &mut vec![], of(&member), lag, &limits);
        let drain = tokio::spawn(drain);
        let sips = async {
            for _ in 0..bytes.len() {
                tokio::time::sleep(Duration::from_millis(50)).await;
                member.allow(1);
            }
        };
        tokio::join!(sips, async {
            lagging.emptied().await;
            assert_eq!(begun.elapsed(), GRACE);
        });
        drain.await.unwrap();
        assert!(outbox.is_slow());
        assert!(begun.elapsed() > TIMEOUT && !member.hung_up.load(Ordering::Relaxed));
        assert_eq!(member.taken().len(), bytes.len());
    }
}
