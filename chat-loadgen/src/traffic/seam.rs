//! Clients that are cut off and come back by their sessions: who is away, and what is counted.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::wire::random::mix;

/// Pause before the second attempt to come back. It doubles with each attempt, up to [`LONGEST`].
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);

/// A client's session.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// The word by which it comes back.
    pub(crate) token: Vec<u8>,
    /// The position of the last message that it has heard.
    pub(crate) position: Vec<u8>,
    /// Time at which its last connection was begun, in nanoseconds of the run's clock.
    pub(crate) connected: u64,
    /// Server at which it was last taken up, and the time at which that connection was begun.
    pub(crate) served: (u32, u64),
    /// True while it does not read, so that a cut finds unread bytes.
    pub(crate) deaf: bool,
    /// True if a server has refused to let it come back: the connection ends.
    pub(crate) refused: bool,
    /// Number of servers that have refused it since it was last connected.
    pub(crate) refusals: u32,
}

/// The manner of a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// By a reset, instead of an orderly end.
    pub(crate) reset: bool,
    /// Within a line of the client, if it sends.
    pub(crate) within_a_line: bool,
    /// With bytes that the client has not read.
    pub(crate) unread: bool,
}

impl Cut {
    /// The manner of the cut with this number.
    pub(crate) fn chosen(number: u64) -> Self {
        let dice = mix(number);
        Self { reset: dice & 1 == 0, within_a_line: dice & 2 == 0, unread: dice & 4 == 0 }
    }
}

/// The seam of one run.
#[derive(Debug, Default)]
pub(crate) struct Seam {
    /// Connections that were cut.
    pub(crate) cuts: AtomicU64,
    /// Those of them that were cut within a line.
    pub(crate) within_a_line: AtomicU64,
    /// Times the server was killed and started again.
    pub(crate) kills: AtomicU64,
    /// Times a node was cut off from the broker.
    pub(crate) node_cuts: AtomicU64,
    /// Times the broker was killed and started again.
    pub(crate) broker_kills: AtomicU64,
    /// Times a client was back.
    pub(crate) resumed: AtomicU64,
    /// Deliveries of the measuring window's messages that crossed a cut.
    pub(crate) crossed: AtomicU64,
    /// Messages of the window with such deliveries.
    pub(crate) messages: AtomicU64,
    /// Lines that were accepted, and that the server did not know any more when their client came back.
    pub(crate) forgotten: AtomicU64,
    /// For each server, the time before which a connection was made that a kill has ended, in nanoseconds of the run's
    /// clock.
    killed: Box<[AtomicU64]>,
    away: Mutex<Vec<Away>>,
    is_over: AtomicBool,
    changed: Condvar,
}

/// A client that is away.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Away {
    /// Its index among all clients of the run.
    pub(crate) client: u32,
    /// Index of the server at which it tries.
    pub(crate) server: u32,
    /// Number of attempts that have failed.
    attempts: u32,
    /// Time of the next attempt, in nanoseconds of the run's clock.
    at: u64,
}

impl Seam {
    /// The seam of a run with so many servers.
    pub(crate) fn new(servers: usize) -> Self {
        Self { killed: (0..servers).map(|_| AtomicU64::new(0)).collect(), ..Self::default() }
    }

    /// A kill of a server begins: its connections end by it from now on.
    pub(crate) fn begin_kill(&self, server: usize) {
        self.killed[server].store(u64::MAX, Ordering::SeqCst);
    }

    /// The server has been killed.
    pub(crate) fn end_kill(&self, server: usize, now: u64) {
        self.killed[server].store(now, Ordering::SeqCst);
        self.kills.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns whether a kill of the server ended a connection that was made at that time.
    pub(crate) fn was_killed(&self, server: u32, since: u64) -> bool {
        self.killed.get(server as usize).is_some_and(|at| since < at.load(Ordering::SeqCst))
    }

    /// Lets a client come back: at once to that server; or, if so many servers in a row have sent it away, after a
    /// pause to the next one.
    pub(crate) fn leave(&self, client: u32, server: u32, refusals: u32, now: u64) {
        let away = Away { client, server, attempts: refusals, at: now };
        if refusals == 0 { self.add(away) } else { self.try_again(away, now) }
    }

    /// Lets a client try again after a pause, at another server if there are several. The clients of one server
    /// spread over the others.
    pub(crate) fn try_again(&self, away: Away, now: u64) {
        let longest = PAUSE.saturating_mul(1 << away.attempts.min(10)).min(LONGEST);
        let longest = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
        // Half of it is as good as random: those that were cut off together do not come back together.
        let dice = mix(u64::from(away.client) << 32 | u64::from(away.attempts));
        let pause = longest / 2 + dice % (longest / 2);
        let servers = u32::try_from(self.killed.len()).unwrap_or(u32::MAX).max(1);
        let jump = if away.attempts == 0 { dice % u64::from(servers.max(2) - 1) } else { 0 };
        let server = (away.server + 1 + u32::try_from(jump).unwrap_or(0)) % servers;
        self.add(Away { server, attempts: away.attempts + 1, at: now + pause, ..away });
    }

    fn add(&self, away: Away) {
        self.lock().push(away);
        self.changed.notify_one();
    }

    /// The next client whose time has come; waits for it. None when the run is over. `now` is the time of the
    /// run's clock.
    pub(crate) fn next(&self, now: impl Fn() -> u64) -> Option<Away> {
        let mut away = self.lock();
        while !self.is_over.load(Ordering::Relaxed) {
            let next = away.iter().enumerate().min_by_key(|(_, away)| away.at);
            let next = next.map(|(place, away)| (place, away.at));
            let wait = match next {
                Some((place, at)) if at <= now() => return Some(away.swap_remove(place)),
                Some((_, at)) => Duration::from_nanos(at.saturating_sub(now())),
                None => LONGEST,
            };
            let waited = self.changed.wait_timeout(away, wait);
            away = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        None
    }

    /// Nobody comes back any more.
    pub(crate) fn end(&self) {
        let _away = self.lock();
        self.is_over.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Away>> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_come_back_in_the_order_of_their_times_and_later_each_time() {
        let seam = Seam::new(2);
        seam.leave(7, 0, 0, 20);
        seam.leave(3, 1, 0, 10);
        let next = |now| seam.next(move || now).expect("a client");
        let first = next(10);
        assert_eq!((first.client, first.server), (3, 1));
        seam.try_again(first, 10);
        assert_eq!(next(20).client, 7);
        let again = next(10 + 50_000_000);
        assert!(again.client == 3 && again.at > 25_000_000, "{again:?}");
        assert_eq!(again.server, 0, "the next one");
        seam.try_again(again, 0);
        let third = next(100_000_000);
        assert!(third.at >= 50_000_000, "{third:?}");
        seam.end();
        assert!(seam.next(|| 0).is_none());
    }

    #[test]
    fn the_clients_of_one_server_spread_over_the_others_and_one_that_is_refused_asks_all() {
        let seam = Seam::new(3);
        let after = |client, server, attempts| {
            seam.try_again(Away { client, server, attempts, at: 0 }, 0);
            seam.next(|| u64::MAX).expect("a client").server
        };
        let others: Vec<u32> = (0..20).map(|client| after(client, 1, 0)).collect();
        assert!(others.contains(&0) && others.contains(&2) && !others.contains(&1), "{others:?}");
        assert_eq!([after(5, 0, 1), after(5, 1, 2), after(5, 2, 3)], [1, 2, 0]);
    }

    #[test]
    fn a_kill_explains_the_end_of_connections_that_were_made_before_it() {
        let seam = Seam::new(2);
        assert!(!seam.was_killed(1, 5));
        seam.begin_kill(1);
        assert!(seam.was_killed(1, 5) && !seam.was_killed(0, 5));
        seam.end_kill(1, 10);
        assert!(seam.was_killed(1, 5) && !seam.was_killed(1, 11));
    }
}
