//! What a member has yet to take: exists only while its socket is full.

use std::io;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::time::{Instant, timeout_at};

use crate::lagging::Lag;
use crate::member::{Fault, Member};

/// How many bytes wait for one member behind what its socket already holds, if lines may have
/// `max_line` bytes.
///
/// When a member falls behind, this is enough for the rest of the batch by which it did, and for
/// what the room takes until it has caught up. Either is at most [`room::FULL`](crate::room::FULL)
/// and one read, of which one message may be a longest line. A read of nothing but `a\n` is 35 KiB
/// when it is labelled; a line of nothing but broken bytes grows to three bytes for each.
pub(crate) const fn capacity(max_line: usize) -> usize {
    256 * 1024 + 8 * max_line
}

/// How long the room waits for a member that has fallen behind. One that has not caught up by then
/// takes less than some 200 KB/s: it is slow, and never waited for again.
pub(crate) const GRACE: Duration = Duration::from_millis(500);

/// How long a member may take nothing at all.
const STUCK: Duration = Duration::from_secs(30);

/// The bytes that wait for one member, filled by the fan-out and drained by a task of their own.
pub(crate) struct Outbox {
    state: Mutex<State>,
    capacity: usize,
    slow: AtomicBool,
}

enum State {
    Waiting(BytesMut),
    /// The member has taken everything: it can be written to directly again.
    Drained,
    /// The member takes no more; what is meant for it goes nowhere until it has left.
    Abandoned,
}

/// What became of bytes that were put into an outbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Queued {
    /// They wait, or go nowhere: the outbox has seen to them.
    Yes,
    /// The outbox is drained and done; they are to be offered to the member.
    Drained,
}

impl Outbox {
    /// An outbox in which these bytes wait, and the task that drains it. The room waits for this
    /// member for as long as the lag is held; without one, the member is known to be slow.
    pub(crate) fn new<M: Member>(
        bytes: &[u8],
        member: Arc<M>,
        lagging: Option<Lag>,
        capacity: usize,
    ) -> (Arc<Self>, impl Future<Output = ()> + Send + use<M>) {
        let state = Mutex::new(State::Waiting(BytesMut::from(bytes)));
        let slow = AtomicBool::new(lagging.is_none());
        let outbox = Arc::new(Self { state, capacity, slow });
        let drained = Arc::clone(&outbox);
        (outbox, async move { drained.drain(&*member, lagging).await })
    }

    /// Whether the member has not caught up in time, now or before.
    pub(crate) fn is_slow(&self) -> bool {
        self.slow.load(Ordering::Relaxed)
    }

    /// Puts bytes behind those that wait. A member whose outbox would overflow cannot keep up and
    /// is hung up on: it gets every message or none from some point on, never a gap.
    pub(crate) fn push(&self, bytes: &[u8], member: &impl Member) -> Queued {
        let mut state = self.lock();
        match &mut *state {
            State::Waiting(waiting) if waiting.len() + bytes.len() <= self.capacity => {
                waiting.extend_from_slice(bytes);
                Queued::Yes
            }
            State::Waiting(_) => {
                *state = State::Abandoned;
                member.hang_up(Fault::OutboxFull);
                Queued::Yes
            }
            State::Abandoned => Queued::Yes,
            State::Drained => Queued::Drained,
        }
    }

    /// Gives the member what waits for it until nothing waits, or it is stuck for too long.
    async fn drain(&self, member: &impl Member, mut lagging: Option<Lag>) {
        let grace = Instant::now() + GRACE;
        let mut stuck = Instant::now() + STUCK;
        let fault = loop {
            let patience = if lagging.is_some() { grace } else { stuck };
            match timeout_at(patience, member.writable()).await {
                Ok(Ok(())) => match self.offer(member) {
                    Ok(true) => return,
                    Ok(false) => stuck = Instant::now() + STUCK,
                    Err(_) => break Fault::Broken,
                },
                Ok(Err(_)) => break Fault::Broken,
                Err(_) if lagging.is_none() => break Fault::Stuck,
                Err(_) => {}
            }
            if Instant::now() >= grace && lagging.take().is_some() {
                self.slow.store(true, Ordering::Relaxed);
            }
        };
        *self.lock() = State::Abandoned;
        member.hang_up(fault);
    }

    /// Whether there is nothing left to do.
    fn offer(&self, member: &impl Member) -> io::Result<bool> {
        let mut state = self.lock();
        let State::Waiting(waiting) = &mut *state else { return Ok(true) };
        match member.offer(waiting, Instant::now()) {
            Ok(n) => waiting.advance(n),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => return Err(e),
        }
        let done = waiting.is_empty();
        if done {
            drop(mem::replace(&mut *state, State::Drained));
        }
        Ok(done)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lagging::Lagging;
    use crate::member::fake::Recorder;

    const CAPACITY: usize = capacity(4096);

    fn lag() -> Lag {
        Lagging::new().lag()
    }

    #[tokio::test]
    async fn r1_4_a_stuck_member_gets_all_of_it_in_order_once_it_reads() {
        let member = Arc::new(Recorder::default());
        let (outbox, drain) =
            Outbox::new(b"uno\ndos\n", Arc::clone(&member), Some(lag()), CAPACITY);
        let drain = tokio::spawn(drain);
        assert_eq!(outbox.push(b"tres\n", &*member), Queued::Yes);
        member.allow(5);
        member.allowed.notify_one();
        while member.taken().len() < 5 {
            tokio::task::yield_now().await;
        }
        assert_eq!(outbox.push(b"cuatro\n", &*member), Queued::Yes);
        member.allow(usize::MAX);
        drain.await.unwrap();
        assert_eq!(member.taken(), "uno\ndos\ntres\ncuatro\n");
        assert_eq!(outbox.push(b"cinco\n", &*member), Queued::Drained);
    }

    #[tokio::test]
    async fn r1_4_an_outbox_is_bounded() {
        let member = Arc::new(Recorder::default());
        let (outbox, _drain) =
            Outbox::new(&vec![0; CAPACITY], Arc::clone(&member), Some(lag()), CAPACITY);
        assert_eq!(outbox.push(b"", &*member), Queued::Yes);
        assert!(!member.hung_up.load(Ordering::Relaxed));
        assert_eq!(outbox.push(b"x", &*member), Queued::Yes);
        assert!(member.hung_up.load(Ordering::Relaxed));
        assert_eq!(outbox.push(&vec![0; CAPACITY], &*member), Queued::Yes, "it holds nothing now");
    }

    #[tokio::test(start_paused = true)]
    async fn r1_4_a_stuck_member_is_soon_not_waited_for_and_then_hung_up_on() {
        let member = Arc::new(Recorder::default());
        let lagging = Lagging::new();
        let begun = Instant::now();
        let (outbox, drain) =
            Outbox::new(b"uno\n", Arc::clone(&member), Some(lagging.lag()), CAPACITY);
        let drain = tokio::spawn(drain);
        lagging.here.wait().await;
        assert_eq!(begun.elapsed(), GRACE);
        assert!(outbox.is_slow());
        assert!(!member.hung_up.load(Ordering::Relaxed));
        drain.await.unwrap();
        assert!(member.hung_up.load(Ordering::Relaxed));
        assert_eq!(begun.elapsed(), STUCK);
    }

    #[tokio::test(start_paused = true)]
    async fn r1_4_a_member_that_takes_a_little_all_the_time_is_slow_but_not_stuck() {
        let member = Arc::new(Recorder::default());
        let lagging = Lagging::new();
        let begun = Instant::now();
        let bytes = [b'x'; 100];
        let token = Some(lagging.lag());
        let (outbox, drain) = Outbox::new(&bytes, Arc::clone(&member), token, CAPACITY);
        let drain = tokio::spawn(drain);
        let sips = async {
            for _ in 0..bytes.len() {
                tokio::time::sleep(Duration::from_millis(300)).await;
                member.allow(1);
            }
        };
        tokio::join!(sips, async {
            lagging.here.wait().await;
            assert!(begun.elapsed() < 2 * GRACE);
        });
        drain.await.unwrap();
        assert!(outbox.is_slow());
        assert!(!member.hung_up.load(Ordering::Relaxed));
        assert_eq!(member.taken().len(), bytes.len());
    }
}
