//! The barrier before a run: every client is connected and served, and proves that it hears each
//! sender of its room.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::plan::Plan;
use crate::run::fleet::Fleet;
use crate::run::observer::{Observer, Phase};
use crate::system::target::TargetError;
use crate::traffic::clock::nanoseconds;
use crate::traffic::shared::Shared;
use crate::wire::dialects::LastWords;

/// Timeout of a step without progress: the server's answers, the barrier.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same, when the server's words are of another dialect.
const MISUNDERSTOOD: Duration = Duration::from_secs(2);
/// Time without progress after which the barrier repeats its probes: a server may not broadcast to
/// clients whose connection it has not accepted yet.
const REPEAT: Duration = Duration::from_millis(500);
/// Polling interval.
const TICK: Duration = Duration::from_millis(5);

/// The reasons for which a run did not take place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The system gives no thread, or no event queue.
    #[error("cannot start")]
    Start(#[source] io::Error),
    /// Too few clients have a connection.
    #[error(
        "cannot connect to {addresses} (is a server running there?): {failed} of {all} clients failed"
    )]
    Connect {
        /// Addresses that were tried.
        addresses: String,
        /// Number of clients without a connection.
        failed: usize,
        /// Number of clients in all.
        all: usize,
        /// Error of the first of them.
        #[source]
        source: io::Error,
    },
    /// The server does not want a client.
    #[error("the server refused a client: {0}")]
    Refused(LastWords),
    /// The server has ended connections before anything was measured.
    #[error("the server closed {0} connections before the start; its last words: {1}")]
    Closed(u64, LastWords),
    /// Clients were connected, but the server did not answer what they said.
    #[error("{0} clients got no answer that they understood; the server's last words: {1}")]
    NotServed(u64, LastWords),
    /// Clients do not hear each other.
    #[error(
        "{0} pairs of clients could not be shown to hear each other: does the server pass on \
         messages, and does it speak this dialect? Its last words: {1}"
    )]
    Barrier(i64, LastWords),
    /// Clients do not hear those of other generators.
    #[error(
        "{0} pairs of clients could not be shown to hear each other before --start-at: do all \
         generators run, with the same options (and each with its own K of --join K/N)?"
    )]
    Others(i64),
    /// The time at which the first message was due has passed.
    #[error("connecting took until after --start-at: give it more time")]
    TooLate,
    /// The server was killed (`--kill-every`), and does not begin again.
    #[error("the server could not be started again")]
    Restart(#[source] TargetError),
    /// Told to stop before anything was measured.
    #[error("interrupted before anything was measured")]
    Interrupted,
}

/// Connects all clients, and waits until each is shown to hear the senders of its room.
pub(crate) fn connect_and_prove(
    plan: &Plan,
    fleet: &Fleet,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
) -> Result<(), Failure> {
    let missing = connect(plan, fleet, observer, stop)?;
    let here = |index: u32| missing.binary_search(&index).is_err();
    let progress = &fleet.shared.progress;
    progress.unproven.fetch_add(pairs(fleet, here), Ordering::Relaxed);
    let begin = plan.begin(fleet.shared.clock).unwrap_or(u64::MAX);
    if plan.joined.is_some() {
        barrier_with_others(plan, fleet, observer, stop, begin)?;
    } else {
        barrier(plan, fleet, observer, stop)?;
    }
    if fleet.shared.clock.now() < begin { Ok(()) } else { Err(Failure::TooLate) }
}

/// Connects the clients. Gives the indices of those that could not be connected, in rising order.
fn connect(
    plan: &Plan,
    fleet: &Fleet,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
) -> Result<Vec<u32>, Failure> {
    let shared = &*fleet.shared;
    observer.progress(Phase::Connecting, shared, None);
    let mut failed = fleet.connect(stop);
    if stop.load(Ordering::Relaxed) {
        return Err(Failure::Interrupted);
    }
    let all = fleet.roles.len();
    if !failed.is_empty() && (failed.len() == all || !plan.allow_partial) {
        let number = failed.len();
        let mut at: Vec<_> = failed.iter().map(|&(index, _)| fleet.address(index)).collect();
        at.sort_unstable();
        at.dedup();
        let addresses: Vec<_> = at.iter().map(ToString::to_string).collect();
        let (_, source) = failed.swap_remove(0);
        return Err(Failure::Connect {
            addresses: addresses.join(", "),
            failed: number,
            all,
            source,
        });
    }
    let connected = (all - failed.len()) as u64;
    let unserved = || connected.saturating_sub(shared.progress.settled.load(Ordering::Relaxed));
    wait_for_progress(
        stop,
        || patience(plan, shared),
        || {
            observer.progress(Phase::Connecting, shared, None);
            i64::try_from(unserved()).unwrap_or(i64::MAX)
        },
    );
    check_can_continue(plan, shared, stop)?;
    match unserved() {
        left if left > 0 && !plan.allow_partial => {
            Err(Failure::NotServed(left, last_words(plan, shared)))
        }
        _ => Ok(failed.into_iter().map(|(index, _)| index).collect()),
    }
}

/// Lets every sender say a probe until all clients of its room have heard one.
fn barrier(
    plan: &Plan,
    fleet: &Fleet,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
) -> Result<(), Failure> {
    let shared = &*fleet.shared;
    let unproven = || shared.progress.unproven.load(Ordering::Relaxed);
    let mut idle = Duration::ZERO;
    while unproven() > 0 {
        let before = unproven();
        probe(fleet);
        let left = wait_for_progress(
            stop,
            || REPEAT,
            || {
                observer.progress(Phase::Barrier, shared, None);
                unproven()
            },
        );
        check_can_continue(plan, shared, stop)?;
        idle = if left < before { Duration::ZERO } else { idle + REPEAT };
        if idle >= patience(plan, shared) {
            let failure = Failure::Barrier(left, last_words(plan, shared));
            return if plan.allow_partial { Ok(()) } else { Err(failure) };
        }
    }
    Ok(())
}

/// The same with the senders of other generators, which may come later: the probes go on until shortly
/// before the first message is due.
fn barrier_with_others(
    plan: &Plan,
    fleet: &Fleet,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
    begin: u64,
) -> Result<(), Failure> {
    let shared = &*fleet.shared;
    let unproven = || shared.progress.unproven.load(Ordering::Relaxed);
    let planned = plan.planned();
    let shortly = begin.saturating_sub(nanoseconds(2.0 * REPEAT.as_secs_f64()));
    loop {
        let now = shared.clock.now();
        match unproven() {
            0 => shared.in_flight.expect_others(&planned),
            left if now >= begin => return Err(Failure::Others(left)),
            _ => {}
        }
        if unproven() == 0 && now >= shortly {
            return Ok(());
        }
        probe(fleet);
        wait_for_progress(
            stop,
            || REPEAT,
            || {
                observer.progress(Phase::Barrier, shared, None);
                // Others may still have to hear the next probe.
                unproven().max(1)
            },
        );
        check_can_continue(plan, shared, stop)?;
    }
}

/// Lets every sender say a probe.
fn probe(fleet: &Fleet) {
    for (sender, send_half) in fleet.senders.send_halves() {
        send_half.probe(sender, &fleet.shared);
    }
}

/// Checks that the run was not stopped and that the server neither refused nor closed a connection.
fn check_can_continue(plan: &Plan, shared: &Shared, stop: &AtomicBool) -> Result<(), Failure> {
    let closed = shared.progress.disconnected.load(Ordering::Relaxed);
    if stop.load(Ordering::Relaxed) {
        return Err(Failure::Interrupted);
    }
    match shared.refusal.get() {
        Some(words) if !plan.allow_partial => {
            let others = shared.last_words();
            let words = LastWords::new(Some(words.clone()), others.as_deref(), &plan.dialect);
            Err(Failure::Refused(words))
        }
        None if closed > 0 && !plan.allow_partial => {
            Err(Failure::Closed(closed, last_words(plan, shared)))
        }
        _ => Ok(()),
    }
}

/// The server's last words before the first message.
fn last_words(plan: &Plan, shared: &Shared) -> LastWords {
    LastWords::new(shared.last_words(), None, &plan.dialect)
}

/// Maximum time without progress. After a refusal that ends the run there is none to wait for.
fn patience(plan: &Plan, shared: &Shared) -> Duration {
    if shared.refusal.get().is_some() && !plan.allow_partial {
        Duration::ZERO
    } else if last_words(plan, shared).are_of_another_dialect() {
        MISUNDERSTOOD
    } else {
        PATIENCE
    }
}

/// Number of pairs of receiver and sender in all rooms.
fn pairs(fleet: &Fleet, here: impl Fn(u32) -> bool) -> i64 {
    let audience = &fleet.shared.audience;
    let pairs = (0..).zip(&fleet.roles).filter(|(index, _)| here(*index)).map(|(_, role)| {
        let heard = |&&sender: &&u32| {
            audience.has(sender) && (audience.echoes() || role.sender != Some(sender))
        };
        audience.senders(role.room).iter().filter(heard).count()
    });
    i64::try_from(pairs.sum::<usize>()).unwrap_or(i64::MAX)
}

/// Polls `left` until it is 0, has not fallen for the time `patience`, or the run is stopped. Gives
/// `left`.
fn wait_for_progress(
    stop: &AtomicBool,
    patience: impl Fn() -> Duration,
    mut left: impl FnMut() -> i64,
) -> i64 {
    let mut best = i64::MAX;
    let mut idle = Duration::ZERO;
    loop {
        let now = left();
        if now <= 0 || idle >= patience() || stop.load(Ordering::Relaxed) {
            return now;
        }
        if now < best {
            (best, idle) = (now, Duration::ZERO);
        }
        thread::sleep(TICK);
        idle += TICK;
    }
}
