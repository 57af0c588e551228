//! State that all threads of one run share: clock, window, progress, messages in flight.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::traffic::audience::Audience;
use crate::traffic::clock::Clock;
use crate::traffic::in_flight::InFlight;
use crate::traffic::ledger::anomalies::{Anomaly, News};
use crate::traffic::ledger::deaths::Deaths;
use crate::traffic::ledger::seconds::{Second, SentSeconds};
use crate::traffic::seam::Seam;
use crate::traffic::stops::Common;
use crate::wire::dialects::Dialect;
use crate::wire::payload::Mark;

/// One second in nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// The shared state of one run.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Clock of the run.
    pub(crate) clock: Clock,
    /// Mark that the run's texts carry.
    pub(crate) mark: Mark,
    /// Protocol of the server.
    pub(crate) dialect: Box<dyn Dialect>,
    /// Times of the sent messages.
    pub(crate) in_flight: InFlight,
    /// Seconds of the messages.
    pub(crate) seconds: SentSeconds,
    /// Receivers of the messages.
    pub(crate) audience: Audience,
    /// The measuring window: only its messages count.
    pub(crate) window: Window,
    /// True if deliveries are judged.
    pub(crate) verify: bool,
    /// True if the total order over all senders is checked.
    pub(crate) total_order: bool,
    /// True if clients have sessions, by which they come back when they are cut off.
    pub(crate) resumes: bool,
    /// Those that are away, and what is counted of it.
    pub(crate) seam: Seam,
    /// Servers that died, of several.
    pub(crate) deaths: Deaths,
    /// Number of witnesses that are kept of each anomaly.
    pub(crate) witnesses: usize,
    /// Number of addresses over which the clients are spread.
    pub(crate) servers: usize,
    /// Counters of the run's progress.
    pub(crate) progress: Progress,
    /// Time in flight after which a message is lost, in nanoseconds.
    pub(crate) patience: u64,
    /// Deliveries that each worker's clients still wait for and on which the completion of no
    /// message depends. Set once everything is sent.
    pub(crate) outstanding: Box<[AtomicU64]>,
    /// Time after which a delivery is late, in nanoseconds of the run's clock: far in the future until
    /// the run is drained.
    pub(crate) deadline: AtomicU64,
    /// The latest standstills.
    pub(crate) standstill: Common,
    /// Clients that have left because they were told to, and may come back.
    left: Mutex<Vec<u32>>,
    /// Intended time before which a closed loop does not wait for messages any more.
    pub(crate) given_up: AtomicU64,
    /// The server's words when it first refused a client.
    pub(crate) refusal: OnceLock<String>,
    /// The server's last words to a client that did not take part yet.
    last_words: Mutex<Option<String>>,
}

/// The measuring window, in nanoseconds of the run's clock. It is not known before the barrier.
#[derive(Debug)]
pub(crate) struct Window {
    start: AtomicU64,
    end: AtomicU64,
}

/// Counters that are updated after each sweep or message, not for each delivery.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Clients that have finished the server's handshake, or lost their connection before.
    pub(crate) settled: AtomicU64,
    /// Pairs of receiver and sender that have not been shown to hear each other.
    pub(crate) unproven: AtomicI64,
    /// Messages of the measuring window that have got their number.
    pub(crate) measured: AtomicU64,
    /// Those of them that are due to no receiver.
    pub(crate) unheard: AtomicU64,
    /// Messages that have not reached all their receivers.
    pub(crate) open: AtomicI64,
    /// Messages that have reached all their receivers.
    pub(crate) completed: AtomicU64,
    /// Deliveries that were judged.
    pub(crate) deliveries: AtomicU64,
    /// Bytes that were read.
    pub(crate) bytes: AtomicU64,
    /// Deliveries that were due and came as they should.
    pub(crate) ok: AtomicU64,
    /// Faults that were found.
    pub(crate) anomalies: AtomicU64,
    /// Numbers of all kinds of anomalies, in the order of [`Anomaly::ALL`].
    pub(crate) kinds: [AtomicU64; Anomaly::ALL.len()],
    /// Clients that are connected.
    pub(crate) connected: AtomicI64,
    /// Longest lateness of a message since it was last asked for, in nanoseconds: written by the
    /// pacer.
    pub(crate) lag: AtomicU64,
    /// Deliveries that were overtaken by a later one of their sender.
    pub(crate) overtaken: AtomicU64,
    /// Deliveries of these that have come after all.
    pub(crate) recovered: AtomicU64,
    /// Clients whose connection ended unexpectedly.
    pub(crate) disconnected: AtomicU64,
    /// True if nothing is to be sent any more.
    pub(crate) silent: AtomicBool,
    /// True if the run was ended before its time: generators that make it with this one go on.
    pub(crate) cut_short: AtomicBool,
    /// True if everything has been sent: see [`Shared::outstanding`].
    pub(crate) all_sent: AtomicBool,
}

impl Default for Window {
    fn default() -> Self {
        Self { start: AtomicU64::new(u64::MAX), end: AtomicU64::new(u64::MAX) }
    }
}

impl Progress {
    /// Counts anomalies.
    pub(crate) fn count(&self, news: &News) {
        for ((kind, anomaly), number) in self.kinds.iter().zip(Anomaly::ALL).zip(news) {
            if *number > 0 {
                kind.fetch_add(*number, Ordering::Relaxed);
                if anomaly.is_fault() {
                    self.anomalies.fetch_add(*number, Ordering::Relaxed);
                }
            }
        }
    }
}

impl Window {
    /// Sets both ends.
    pub(crate) fn set(&self, start: u64, end: u64) {
        self.end.store(end, Ordering::Relaxed);
        self.start.store(start, Ordering::Relaxed);
    }

    /// Opening of the window; far in the future while it is not known.
    #[inline]
    pub(crate) fn start(&self) -> u64 {
        self.start.load(Ordering::Relaxed)
    }

    /// Closing of the window; far in the future while it is not known.
    #[inline]
    pub(crate) fn end(&self) -> u64 {
        self.end.load(Ordering::Relaxed)
    }

    /// The second of the window in which a time lies; none before it.
    pub(crate) fn second(&self, time: u64) -> Second {
        let since = time.checked_sub(self.start())?;
        Some(u32::try_from(since / SECOND).unwrap_or(u32::MAX))
    }

    /// The second in which a time lies, and its end in nanoseconds of the run's clock.
    pub(crate) fn second_and_end(&self, time: u64) -> (Second, u64) {
        let second = self.second(time);
        let past = second.map_or(0, |second| (u64::from(second) + 1) * SECOND);
        (second, self.start().saturating_add(past))
    }

    /// Returns whether a message with this intended time counts.
    #[inline]
    pub(crate) fn holds(&self, intended: u64) -> bool {
        (self.start()..self.end()).contains(&intended)
    }
}

/// Parameters of [`Shared::new`].
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) mark: Mark,
    pub(crate) dialect: Box<dyn Dialect>,
    pub(crate) in_flight: InFlight,
    pub(crate) audience: Audience,
    pub(crate) verify: bool,
    pub(crate) total_order: bool,
    pub(crate) resumes: bool,
    pub(crate) witnesses: usize,
    pub(crate) servers: usize,
    pub(crate) patience: u64,
    /// Number of workers.
    pub(crate) workers: usize,
}

impl Shared {
    /// A run that begins now.
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            mark,
            dialect,
            in_flight,
            audience,
            verify,
            total_order,
            resumes,
            witnesses,
            servers,
            patience,
            workers,
        } = parts;
        let deaths = Deaths::new(servers, audience.all_senders());
        Self {
            seconds: SentSeconds::new(audience.all_senders()),
            clock: Clock::start(),
            mark,
            dialect,
            in_flight,
            audience,
            window: Window::default(),
            verify,
            total_order,
            resumes,
            seam: Seam::new(servers),
            deaths,
            witnesses,
            servers,
            progress: Progress::default(),
            patience,
            outstanding: (0..workers).map(|_| AtomicU64::new(u64::MAX)).collect(),
            deadline: AtomicU64::new(u64::MAX),
            standstill: Common::default(),
            left: Mutex::default(),
            given_up: AtomicU64::new(0),
            refusal: OnceLock::new(),
            last_words: Mutex::default(),
        }
    }

    /// Counts a message that has got its number, and for which so many workers have receivers.
    /// Returns whether it lies in the measuring window.
    pub(crate) fn count_numbered(&self, intended: u64, waiting: u32) -> bool {
        let counted = self.window.holds(intended);
        if counted {
            self.progress.measured.fetch_add(1, Ordering::Relaxed);
            if waiting == 0 {
                self.progress.unheard.fetch_add(1, Ordering::Relaxed);
            }
        }
        if waiting > 0 {
            self.progress.open.fetch_add(1, Ordering::Relaxed);
        }
        counted
    }

    /// Records that a client has left.
    pub(crate) fn note_left(&self, client: u32) {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).push(client);
    }

    /// Takes the clients that have left since the last call.
    pub(crate) fn take_left(&self) -> Vec<u32> {
        std::mem::take(&mut self.left.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Records the server's words to a client that does not take part yet.
    pub(crate) fn note_words(&self, words: String) {
        *self.last_words.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
    }

    /// The last of these words.
    pub(crate) fn last_words(&self) -> Option<String> {
        self.last_words.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes the second of a sender's next message.
    #[inline]
    pub(crate) fn enter_second(&self, sender: u32, intended: u64) {
        let number = self.in_flight.sent(sender);
        self.seconds.enter(sender, number, intended, || self.window.second_and_end(intended));
    }

    /// Takes back a sender's last messages, which were not sent; `counted` of them lie in the
    /// measuring window.
    pub(crate) fn take_back(&self, sender: u32, messages: u32, counted: u64) {
        self.in_flight.take_back(sender, messages);
        self.progress.measured.fetch_sub(counted, Ordering::Relaxed);
    }
}

#[cfg(test)]
pub(crate) mod sample {
    use super::*;
    use crate::traffic::audience::Sender;
    use crate::wire::dialects::Basico;

    /// A run of two senders in one room, both looked after by the only worker, with two listeners;
    /// its measuring window is open from 1,000 to 2,000 ns.
    pub(crate) fn shared() -> Shared {
        let senders = vec![Sender::new(0, 0), Sender::new(0, 0)];
        let shared = Shared::new(Parts {
            mark: Mark::new(7, true),
            dialect: Box::new(Basico),
            in_flight: InFlight::new(2, 64),
            audience: Audience::new(1, 1, false, senders),
            verify: true,
            total_order: false,
            resumes: false,
            witnesses: 5,
            servers: 1,
            patience: 1_000_000,
            workers: 1,
        });
        for _ in 0..4 {
            shared.audience.join(0, 0);
        }
        shared.window.set(1_000, 2_000);
        shared
    }
}
