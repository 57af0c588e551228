//! Closes accounts: decides what became of the deliveries that have not come.

use std::ops::Range;
use std::sync::atomic::Ordering;

use super::{DISORDER, Judge, sighting};
use crate::traffic::client::{Client, Presence};
use crate::traffic::ledger::anomalies::Anomaly;
use crate::traffic::shared::Shared;

/// Reasons for which a client's account is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The run is over: missing messages are lost.
    Over,
    /// The client has left, or stops reading: what was still in flight might have come.
    Leaving,
    /// The client's connection ended: what was still in flight is cut off.
    CutOff,
}

/// Numbers of a sender's messages.
type Numbers = (u32, Range<u32>);

/// Deliveries that have not come, in the order in which damaged texts are taken for them.
#[derive(Debug, Default)]
struct Missing {
    /// Time at which the account is closed.
    at: u64,
    lost: Vec<Numbers>,
    cut_off: Vec<Numbers>,
    died_with_node: Vec<Numbers>,
    undecided: Vec<Numbers>,
    /// Of other generators, cut off and undecided: no damaged text is taken for these, because they
    /// may never have been sent.
    elsewhere: [Vec<Numbers>; 2],
}

impl Judge {
    /// Closes a client's account. Every delivery that was due to it gets its place.
    pub(crate) fn close_account(
        &mut self,
        shared: &Shared,
        client: &mut Client,
        ending: Ending,
        now: u64,
    ) {
        // One that came back, and has heard nothing: all that was sent meanwhile is undecided.
        let unheard = client.presence == Presence::Coming && client.account.is_late();
        if !unheard && client.presence != Presence::Here {
            return;
        }
        if !unheard {
            client.presence = Presence::Away;
        }
        if !shared.verify {
            return;
        }
        let until = client.until.take();
        let has_said_goodbye = until.is_some();
        let ending = if has_said_goodbye { Ending::Leaving } else { ending };
        let until = until.unwrap_or_else(|| client.sent(shared));
        if unheard {
            client.account.open_late(|seat| until[seat]);
        }
        let mut missing = self.missing(shared, client, &until, ending, now);
        self.take_damaged(shared, client, &mut missing, has_said_goodbye, now);
        let [cut_off, undecided] = missing.elsewhere;
        for (anomaly, numbers) in [
            (Anomaly::Lost, missing.lost),
            (Anomaly::CutOff, missing.cut_off),
            (Anomaly::CutOff, cut_off),
            (Anomaly::DiedWithNode, missing.died_with_node),
            (Anomaly::Undecided, missing.undecided),
            (Anomaly::Undecided, undecided),
        ] {
            self.count_all(shared, anomaly, &numbers);
        }
        self.anomalies.forgotten += client.account.forgotten();
        if let Some(mut total_order) = client.total_order.take() {
            for key in total_order.finish(&shared.in_flight) {
                self.seen(shared, Anomaly::Disorder, client, key, now, DISORDER);
            }
        }
        // To a client that was lost before the first message, nothing was ever due.
        if ending == Ending::CutOff && client.began {
            client.until = Some(until);
        }
    }

    /// For each sender, the number behind the last message that others of the worker's receivers had got
    /// by that time: the server has passed on what comes before it, so it is due to this client, too.
    pub(crate) fn heard_by_others(
        &self,
        shared: &Shared,
        client: &Client,
        time: u64,
    ) -> Box<[u32]> {
        let sent = client.sent(shared);
        let senders = shared.audience.senders(client.room()).iter().enumerate();
        let heard = senders.zip(&sent).map(|((seat, &sender), &sent)| {
            let awaited = client.account.awaited(seat, sent);
            if shared.in_flight.is_local(sender) {
                self.latency.heard_until(sender, awaited, time)
            } else {
                awaited.start
            }
        });
        heard.collect()
    }

    /// Counts what a client whose connection ended could not get after that: up to now, when it
    /// would have left, or the run is over.
    pub(crate) fn close_cut_account(&mut self, shared: &Shared, client: &mut Client, now: u64) {
        let Some(until) = client.until.take_if(|_| client.presence == Presence::Lost) else {
            return;
        };
        let senders = shared.audience.senders(client.room());
        for ((&sender, &from), to) in senders.iter().zip(&until).zip(client.sent(shared)) {
            if !client.is_itself(sender, shared) {
                let numbers = (sender, from..to.max(from));
                self.anomalies.add_due(&shared.seconds, sender, &numbers.1);
                self.anomalies.count_numbers(Anomaly::CutOff, &shared.seconds, &numbers);
                self.keep(shared, Anomaly::CutOff, client, numbers, now, DISCONNECTED);
            }
        }
    }

    /// Returns whether what arrives now of a sender is late. The deadline of a run that was cut short
    /// binds only its own senders: those of other generators go on.
    pub(super) fn is_late(&self, shared: &Shared, sender: u32) -> bool {
        let cut_short = || shared.progress.cut_short.load(Ordering::Relaxed);
        self.late && (shared.in_flight.is_local(sender) || !cut_short())
    }

    /// Counts what is missing in a gap that the client's account has no space for.
    pub(super) fn forget(&mut self, shared: &Shared, client: &mut Client, now: u64) {
        if let Some((seat, gap)) = client.account.forget() {
            let numbers = (shared.audience.senders(client.room())[seat], gap);
            self.anomalies.count_numbers(Anomaly::Lost, &shared.seconds, &numbers);
            self.keep(shared, Anomaly::Lost, client, numbers, now, LOST);
        }
    }

    fn count_all(&mut self, shared: &Shared, anomaly: Anomaly, all: &[Numbers]) {
        for numbers in all {
            self.anomalies.count_numbers(anomaly, &shared.seconds, numbers);
        }
    }

    /// Everything that was due and has not come. A message that was overtaken is lost, however short
    /// the time.
    fn missing(
        &mut self,
        shared: &Shared,
        client: &Client,
        until: &[u32],
        ending: Ending,
        now: u64,
    ) -> Missing {
        let account = &client.account;
        let mut missing = Missing { at: now, ..Missing::default() };
        let senders = shared.audience.senders(client.room());
        // Who leaves is not waited for; in a closed loop, what was overtaken is not either.
        let counted = ending != Ending::Over && client.is_counted();
        for (seat, gap) in account.gaps() {
            if counted && !self.closed {
                self.missed(shared, senders[seat], gap.clone());
            }
            missing.lost.push((senders[seat], gap.clone()));
            self.keep(shared, Anomaly::Lost, client, (senders[seat], gap), now, LOST);
        }
        for ((seat, &sender), &sent) in senders.iter().enumerate().zip(until) {
            if client.is_itself(sender, shared) {
                continue;
            }
            self.anomalies.add_due(&shared.seconds, sender, &account.due(seat, sent));
            let awaited = account.awaited(seat, sent);
            if !shared.in_flight.is_local(sender) {
                self.keep_tail(shared, client, (sender, awaited), ending, &mut missing);
                continue;
            }
            if counted {
                self.missed(shared, sender, awaited.clone());
            }
            // What a sender had in flight when its connection ended may never have been heard.
            let gone = shared.audience.gone(sender).filter(|_| ending == Ending::Over);
            let died = (ending == Ending::Over).then(|| shared.deaths.heard_of(sender)).flatten();
            if let Some(heard) = died {
                let lost = heard.clamp(awaited.start, awaited.end);
                let numbers = (sender, awaited);
                self.keep_awaited(
                    shared,
                    client,
                    numbers,
                    lost,
                    Anomaly::DiedWithNode,
                    &mut missing,
                );
                continue;
            }
            let (ending, end) = gone.map_or((ending, now), |gone| (Ending::CutOff, gone));
            let lost = if ending == Ending::Over {
                awaited.end
            } else {
                let heard = client.heard.as_ref().map_or(0, |heard| heard[seat]);
                let overdue = awaited.start + overdue(shared, sender, &awaited, end);
                overdue.max(heard.min(awaited.end))
            };
            let cut_off = ending == Ending::CutOff;
            let rest = if cut_off { Anomaly::CutOff } else { Anomaly::Undecided };
            self.keep_awaited(shared, client, (sender, awaited), lost, rest, &mut missing);
        }
        for (seat, numbers) in account.undecided() {
            push(&mut missing.undecided, senders[seat], &numbers);
            let why = "sent while its receiver was joining";
            let numbers = (senders[seat], numbers);
            self.keep(shared, Anomaly::Undecided, client, numbers, now, why);
        }
        missing
    }

    /// Keeps what was awaited of a sender: what comes before `lost` is lost, and the rest is `anomaly`.
    fn keep_awaited(
        &mut self,
        shared: &Shared,
        client: &Client,
        (sender, awaited): Numbers,
        lost: u32,
        anomaly: Anomaly,
        missing: &mut Missing,
    ) {
        let (lost, rest) = (awaited.start..lost, lost..awaited.end);
        push(&mut missing.lost, sender, &lost);
        self.keep(shared, Anomaly::Lost, client, (sender, lost), missing.at, LOST);
        let (class, why) = match anomaly {
            Anomaly::CutOff => (&mut missing.cut_off, DISCONNECTED),
            Anomaly::DiedWithNode => (&mut missing.died_with_node, DIED),
            _ => (&mut missing.undecided, "in flight when its receiver left"),
        };
        push(class, sender, &rest);
        self.keep(shared, anomaly, client, (sender, rest), missing.at, why);
    }

    /// Keeps what did not come of another generator's sender: how much of it was sent is not known here.
    fn keep_tail(
        &mut self,
        shared: &Shared,
        client: &Client,
        (sender, numbers): (u32, Range<u32>),
        ending: Ending,
        missing: &mut Missing,
    ) {
        if numbers.is_empty() {
            return;
        }
        let cut_off = ending == Ending::CutOff;
        *self.anomalies.tails.entry((sender, numbers.start, cut_off)).or_default() += 1;
        let (place, anomaly, why) = if cut_off {
            (0, Anomaly::CutOff, DISCONNECTED)
        } else {
            (1, Anomaly::Undecided, "did not come; its generator knows whether it was sent")
        };
        push(&mut missing.elsewhere[place], sender, &numbers);
        self.keep(shared, anomaly, client, (sender, numbers), missing.at, why);
    }

    /// Takes a client's damaged texts that could not be attributed for deliveries that are missing.
    /// One for which nothing is missing was sent after the client's goodbye, and is due as all is that
    /// comes then; or it was not due at all.
    fn take_damaged(
        &mut self,
        shared: &Shared,
        client: &mut Client,
        missing: &mut Missing,
        has_said_goodbye: bool,
        now: u64,
    ) {
        let mut damaged = std::mem::take(&mut client.unattributed);
        let Missing { lost, cut_off, died_with_node, undecided, .. } = &mut *missing;
        for class in [lost, cut_off, died_with_node, undecided] {
            let taken = take(class, damaged);
            damaged -= taken.iter().map(|(_, numbers)| numbers.len() as u64).sum::<u64>();
            self.count_all(shared, Anomaly::Corrupt, &taken);
        }
        if has_said_goodbye {
            let second = shared.window.second(now);
            self.anomalies.add_due_of_unknown(second, damaged);
            return self.anomalies.count_more(Anomaly::Corrupt, second, damaged);
        }
        let client = &*client;
        for _ in 0..damaged {
            let detail = || "a damaged text, and nothing that is missing".to_owned();
            let seen = || sighting(shared, client, None, now, detail());
            self.anomalies.record(Anomaly::Foreign, shared.window.second(now), seen);
        }
    }

    /// Keeps witnesses of messages that are counted elsewhere.
    fn keep(
        &mut self,
        shared: &Shared,
        anomaly: Anomaly,
        client: &Client,
        (sender, numbers): (u32, Range<u32>),
        now: u64,
        what: &str,
    ) {
        for number in numbers.take(self.anomalies.wants(anomaly)) {
            let message = Some((sender, number));
            let seen = || sighting(shared, client, message, now, what.to_owned());
            self.anomalies.keep(anomaly, seen);
        }
    }
}

/// Adds numbers, if there are any.
fn push(to: &mut Vec<Numbers>, sender: u32, numbers: &Range<u32>) {
    if !numbers.is_empty() {
        to.push((sender, numbers.clone()));
    }
}

/// Takes the last numbers, at most so many.
fn take(from: &mut Vec<Numbers>, most: u64) -> Vec<Numbers> {
    let mut left = u32::try_from(most).unwrap_or(u32::MAX);
    let mut taken = Vec::new();
    while left > 0
        && let Some((sender, numbers)) = from.pop()
    {
        let middle = numbers.end - left.min(numbers.end - numbers.start);
        left -= numbers.end - middle;
        taken.push((sender, middle..numbers.end));
        push(from, sender, &(numbers.start..middle));
    }
    taken
}

/// What is wrong with a message that is lost.
const LOST: &str = "never arrived";
/// The reason for which a message was cut off.
const DISCONNECTED: &str = "its receiver or sender had been disconnected";

/// The reason for which a message died with its server.
const DIED: &str = "its sender's server died, and no client heard it";

/// Number of these messages that have been in flight for longer than the patience, and count as
/// lost.
fn overdue(shared: &Shared, sender: u32, numbers: &Range<u32>, now: u64) -> u32 {
    let is_overdue = |number: &u32| {
        let times = shared.in_flight.times(sender, *number);
        times.is_none_or(|times| times.written.saturating_add(shared.patience) < now)
    };
    u32::try_from(numbers.clone().take_while(is_overdue).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::in_flight::InFlight;
    use crate::traffic::shared::sample;

    #[test]
    fn what_other_generators_send_after_an_early_end_is_not_late() {
        let mut shared = sample::shared();
        shared.in_flight = InFlight::joined(0..1, 2, 64);
        let mut judge = Judge::new(0, 1, false, &shared);
        assert!(!judge.is_late(&shared, 0));
        judge.late = true;
        assert_eq!([0, 1].map(|sender| judge.is_late(&shared, sender)), [true, true]);
        shared.progress.cut_short.store(true, Ordering::Relaxed);
        assert_eq!([0, 1].map(|sender| judge.is_late(&shared, sender)), [true, false]);
    }
}
