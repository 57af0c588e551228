//! A log in memory that loses, doubles, delays, reorders acknowledgements and cuts, as its seed says.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::entry::{Incarnation, Subject};
use crate::log::{Arrival, Log, Record};
use crate::pass::Pass;

/// The odds of faults on the way to the log, in a thousand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    /// A pass is lost on its way to the log.
    pub(super) lost: u32,
    /// It arrives twice, the second time up to 4 s later.
    pub(super) doubled: u32,
    /// Whatever is sent takes up to half a second.
    pub(super) delayed: u32,
    /// A pass is acknowledged and not kept.
    pub(super) forgotten: u32,
    /// A record is lost on its way to one node.
    pub(super) missed: u32,
    /// A record is delivered twice.
    pub(super) repeated: u32,
    /// A snapshot is lost.
    pub(super) unanswered: u32,
    /// The log keeps records for so many milliseconds; 0: for ever.
    pub(super) kept: u64,
}

pub(super) struct Broker {
    pub(super) now: u64,
    pub(super) faults: Faults,
    pub(super) stored: Vec<(u64, Vec<u8>)>,
    random: Pcg64Mcg,
    serial: u64,
    inbox: BTreeMap<(u64, u64), Inbound>,
    links: Vec<Link>,
    /// The log's clock is behind by this, in milliseconds.
    behind: u64,
}

enum Inbound {
    Pass(usize, Vec<u8>),
    Subscribe(usize, u64, u64),
    Snapshot(Incarnation, Vec<u8>),
}

struct Link {
    node: Incarnation,
    arrivals: BTreeMap<(u64, u64), Arrival>,
    subscription: Option<Subscription>,
    cut_until: u64,
    /// Messages that are sent while it is cut arrive later.
    keeps: bool,
    /// Arrivals that the node takes in this turn.
    budget: u32,
}

struct Subscription {
    number: u64,
    delivered: u64,
    last_due: u64,
}

impl Broker {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            now: 0,
            faults: Faults::default(),
            stored: Vec::new(),
            random: Pcg64Mcg::seed_from_u64(seed),
            serial: 0,
            inbox: BTreeMap::new(),
            links: Vec::new(),
            behind: 0,
        }
    }

    /// A further connection, of this node. Returns its number.
    pub(super) fn connect(&mut self, node: Incarnation) -> usize {
        self.links.push(Link {
            node,
            arrivals: BTreeMap::new(),
            subscription: None,
            cut_until: 0,
            keeps: true,
            budget: 0,
        });
        self.links.len() - 1
    }

    /// The process of a node ends: what it has published may still arrive.
    pub(super) fn disconnect(&mut self, link: usize) {
        self.links[link].subscription = None;
        self.links[link].arrivals.clear();
    }

    /// Nothing passes between the log and a node until then.
    pub(super) fn cut(&mut self, link: usize, until: u64) {
        self.links[link].cut_until = until;
        self.links[link].keeps = self.random.random();
        if self.links[link].keeps {
            return;
        }
        let is_noticed = self.random.random();
        let serial = self.serial();
        let link = &mut self.links[link];
        link.arrivals.clear();
        if link.subscription.take().is_some() && is_noticed {
            link.arrivals.insert((until, serial), Arrival::Cut);
        }
    }

    /// The log is away until then, and its clock may have gone back a little.
    pub(super) fn outage(&mut self, until: u64) {
        (0..self.links.len()).for_each(|link| self.cut(link, until));
        self.behind = self.random.random_range(0..30);
    }

    pub(super) fn mend(&mut self) {
        self.faults = Faults::default();
        self.links.iter_mut().for_each(|link| link.cut_until = 0);
    }

    /// The time of the next thing that arrives, here or at a node.
    pub(super) fn next_due(&self) -> Option<u64> {
        let arrivals = self.links.iter().filter_map(|link| link.arrivals.keys().next());
        arrivals.chain(self.inbox.keys().next()).map(|(due, _)| *due).min()
    }

    pub(super) fn has_arrivals(&self, link: usize) -> bool {
        self.links[link].arrivals.keys().next().is_some_and(|(due, _)| *due <= self.now)
    }

    /// Takes what has arrived here by now.
    pub(super) fn advance(&mut self, now: u64) {
        self.now = now;
        while let Some(first) = self.inbox.first_entry().filter(|first| first.key().0 <= now) {
            match first.remove() {
                Inbound::Pass(link, message) => self.keep(link, message),
                Inbound::Subscribe(link, number, behind) => self.serve(link, number, behind),
                Inbound::Snapshot(to, snapshot) => {
                    let to = self.links.iter().position(|link| link.node == to);
                    if let Some(to) = to {
                        self.answer(to, Arrival::Snapshot(snapshot));
                    }
                }
            }
        }
    }

    fn keep(&mut self, link: usize, message: Vec<u8>) {
        self.answer(link, Arrival::Acknowledged);
        if self.happens(self.faults.forgotten) {
            return;
        }
        self.stored.push((self.log_time(), message));
        let last = self.stored.len();
        (0..self.links.len()).for_each(|link| self.deliver(link, last));
    }

    fn serve(&mut self, link: usize, number: u64, behind: u64) {
        let last = self.stored.len();
        let last_due = self.now + self.delay();
        self.links[link].subscription = Some(Subscription { number, delivered: 0, last_due });
        let began = Arrival::Subscribed { subscription: number, created: 1, last: last as u64 };
        self.arrive(link, last_due, began);
        let oldest = self.log_time().saturating_sub(self.faults.kept);
        let is_gone = |(time, _): &(u64, Vec<u8>)| self.faults.kept > 0 && *time < oldest;
        let gone = self.stored.iter().take_while(|record| is_gone(record)).count();
        let first = usize::try_from(behind).unwrap().max(gone);
        (first..last).for_each(|before| self.deliver(link, before + 1));
    }

    /// The time between a record and the last pass of this node before it that is no duplicate, in milliseconds.
    pub(super) fn silence(&self, sequence: u64, node: Incarnation) -> u64 {
        let records = &self.stored[..usize::try_from(sequence).unwrap()];
        let (mut last, mut heard) = (0, 0);
        for (time, message) in records {
            let pass = Pass::decode(message).expect("a pass");
            if pass.node == node && pass.n > last {
                (last, heard) = (pass.n, *time);
            }
        }
        records.last().map_or(0, |(time, _)| time - heard)
    }

    fn log_time(&self) -> u64 {
        self.now + 1_000_000 - self.behind
    }

    /// Sends a record to a node that has subscribed, behind those before it.
    fn deliver(&mut self, to: usize, sequence: usize) {
        let delay = self.delay();
        let (is_missed, is_repeated) =
            (self.happens(self.faults.missed), self.happens(self.faults.repeated));
        let link = &mut self.links[to];
        let Some(subscription) = &mut link.subscription else { return };
        subscription.delivered += 1;
        let due = subscription.last_due.max(self.now + delay).max(link.cut_until);
        subscription.last_due = due;
        let (time, message) = &self.stored[sequence - 1];
        let record = Arrival::Record(Record {
            subscription: subscription.number,
            delivered: subscription.delivered,
            sequence: sequence as u64,
            time: *time,
            message: message.clone(),
        });
        for _ in 0..u32::from(!is_missed) + u32::from(is_repeated) {
            self.arrive(to, due, record.clone());
        }
    }

    /// Sends something to a node, in no order.
    fn answer(&mut self, to: usize, answer: Arrival) {
        let due = self.now + self.delay();
        if self.links[to].cut_until <= self.now {
            self.arrive(to, due, answer);
        }
    }

    fn arrive(&mut self, to: usize, due: u64, arrival: Arrival) {
        let serial = self.serial();
        self.links[to].arrivals.insert((due, serial), arrival);
    }

    /// Something of a node is on its way here. While the link is cut it is lost, or kept until the link is whole.
    fn send(&mut self, from: usize, inbound: Inbound, delay: u64) {
        let link = &self.links[from];
        if link.cut_until > self.now && !link.keeps {
            return;
        }
        let due = link.cut_until.max(self.now) + delay;
        let serial = self.serial();
        self.inbox.insert((due, serial), inbound);
    }

    fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn delay(&mut self) -> u64 {
        let most = if self.happens(self.faults.delayed) { 500 } else { 4 };
        self.random.random_range(1..=most)
    }

    fn happens(&mut self, odds: u32) -> bool {
        odds > 0 && self.random.random_ratio(odds, 1000)
    }

    /// The log as one node sees it, for one turn.
    pub(super) fn link(&mut self, link: usize) -> Connection<'_> {
        self.links[link].budget = self.random.random_range(1..=3);
        Connection { broker: self, link }
    }
}

/// The log as one node sees it.
pub(super) struct Connection<'a> {
    broker: &'a mut Broker,
    link: usize,
}

impl Log for Connection<'_> {
    fn publish(&mut self, _subject: Subject, pass: &[u8]) {
        let Self { broker, link } = self;
        let times = u32::from(!broker.happens(broker.faults.lost));
        for _ in 0..times {
            let delay = broker.delay();
            broker.send(*link, Inbound::Pass(*link, pass.to_vec()), delay);
        }
        if broker.happens(broker.faults.doubled) {
            let delay = broker.random.random_range(1..4_000);
            broker.send(*link, Inbound::Pass(*link, pass.to_vec()), delay);
        }
    }

    fn subscribe(&mut self, subscription: u64, behind: u64) {
        // What the subscription before has sent may still arrive.
        let delay = self.broker.delay();
        self.broker.send(self.link, Inbound::Subscribe(self.link, subscription, behind), delay);
    }

    fn send_snapshot(&mut self, to: Incarnation, snapshot: Vec<u8>) {
        if !self.broker.happens(self.broker.faults.unanswered) {
            let delay = self.broker.delay();
            self.broker.send(self.link, Inbound::Snapshot(to, snapshot), delay);
        }
    }

    fn next(&mut self) -> Option<Arrival> {
        let now = self.broker.now;
        let link = &mut self.broker.links[self.link];
        link.budget = link.budget.checked_sub(1)?;
        let first = link.arrivals.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }
}
