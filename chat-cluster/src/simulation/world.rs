//! Three nodes, their people and the log, on a virtual clock.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::broker::{Broker, Faults};
use super::model::Model;
use super::oracle::{Diary, Oracle};
use super::people::{People, rules};
use super::rover::{Manner, Rover};
use crate::entry::Incarnation;
use crate::node::{Event, Node, Settings};

/// The plan of a run. Times are in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plan {
    pub(super) faults: Faults,
    /// The mean time between two disturbances; 0: there are none.
    pub(super) every: u64,
    /// A node may be killed or stopped, and not only be cut off.
    pub(super) kills: bool,
    /// Only the log itself is away, for all nodes at once.
    pub(super) only_outages: bool,
    /// There is a node of a later version.
    pub(super) rover: Option<Manner>,
}

pub(super) struct World {
    pub(super) broker: Broker,
    pub(super) oracle: Oracle,
    pub(super) now: u64,
    plan: Plan,
    random: Pcg64Mcg,
    slots: [Slot; 3],
    rover: Option<Rover>,
    rovers: Vec<Incarnation>,
    next_incarnation: u64,
    next_disturbance: u64,
    is_calm: bool,
    /// Nodes that were fenced.
    pub(super) fenced: u32,
}

struct Slot {
    run: Option<Run>,
    starts: u64,
}

/// A process of a node.
struct Run {
    node: Node,
    model: Model,
    me: Incarnation,
    link: usize,
    people: People,
    diary: Diary,
    next_act: u64,
    stopped_until: u64,
    is_fenced: bool,
}

/// Time for people to do things, and for all to become well again.
const CHAOS: u64 = 30_000;
const CALM: u64 = 30_000;
/// The last part of the calm, in which people are silent.
const SILENT: u64 = 6_000;

impl World {
    pub(super) fn new(seed: u64, plan: Plan) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let slots = [0, 1, 2].map(|_| Slot { run: None, starts: random.random_range(0..3_000) });
        let mut broker = Broker::new(random.random());
        broker.faults = plan.faults;
        Self {
            broker,
            oracle: Oracle::default(),
            now: 0,
            plan,
            random,
            slots,
            rover: None,
            rovers: Vec::new(),
            next_incarnation: 100,
            next_disturbance: 10_000,
            is_calm: false,
            fenced: 0,
        }
    }

    /// A run: disturbances, then calm, then the judgement.
    pub(super) fn run(&mut self) {
        self.run_until(CHAOS);
        self.is_calm = true;
        self.broker.mend();
        self.run_until(CHAOS + CALM);
        self.judge();
    }

    pub(super) fn run_until(&mut self, end: u64) {
        while self.now < end {
            self.broker.advance(self.now);
            self.disturb();
            for slot in 0..self.slots.len() {
                self.start(slot);
                self.turn(slot);
            }
            self.turn_rover();
            self.now = self.next_event().clamp(self.now + 1, end);
        }
    }

    fn next_event(&self) -> u64 {
        let runs = self.slots.iter().filter_map(|slot| slot.run.as_ref());
        let turns = runs.map(|run| {
            let deadline = run.node.deadline().map_or(u64::MAX, millis);
            deadline.min(run.next_act).max(run.stopped_until)
        });
        let starts = self.slots.iter().filter(|slot| slot.run.is_none()).map(|slot| slot.starts);
        let rover = self.rover.as_ref().map(|rover| rover.next);
        let others = self.broker.next_due().into_iter().chain(rover).chain([self.next_disturbance]);
        turns.chain(starts).chain(others).min().unwrap_or(u64::MAX)
    }

    fn start(&mut self, slot: usize) {
        if self.slots[slot].run.is_some() || self.slots[slot].starts > self.now {
            return;
        }
        let me = self.incarnation();
        let last = self.broker.stored.len() as u64;
        let node = Node::new(Settings { node: me, chat: rules(), last });
        self.slots[slot].run = Some(Run {
            node,
            model: Model::default(),
            me,
            link: self.broker.connect(me),
            people: People::new(me),
            diary: Diary::default(),
            next_act: self.now + self.random.random_range(1..100),
            stopped_until: 0,
            is_fenced: false,
        });
    }

    /// Not in the order of their starts: the smallest incarnation may be the youngest.
    fn incarnation(&mut self) -> Incarnation {
        self.next_incarnation += 1;
        Incarnation(self.random.random_range(1..1_000) * 100_000 + self.next_incarnation)
    }

    /// A node takes what has arrived, and its people do something.
    fn turn(&mut self, slot: usize) {
        let Some(run) = &mut self.slots[slot].run else { return };
        while run.stopped_until <= self.now {
            run.turn(self.now, &mut self.broker, &mut self.oracle);
            if run.is_fenced || !self.broker.has_arrivals(run.link) {
                break;
            }
        }
        if run.is_fenced {
            self.fenced += 1;
            // It may still have a turn by mistake, and must not do anything then.
            run.turn(self.now, &mut self.broker, &mut self.oracle);
            self.kill(slot);
        } else if run.next_act <= self.now && self.now < CHAOS + CALM - SILENT {
            run.people.act(&mut run.node, &run.model, &mut self.random);
            run.next_act = self.now + self.random.random_range(1..400);
        } else if run.next_act <= self.now {
            run.next_act = u64::MAX;
        }
    }

    pub(super) fn kill(&mut self, slot: usize) -> Option<Incarnation> {
        let run = self.slots[slot].run.take()?;
        self.broker.disconnect(run.link);
        self.slots[slot].starts = self.now + self.random.random_range(100..3_000);
        Some(run.me)
    }

    /// Something happens to one of the nodes, or to the log.
    fn disturb(&mut self) {
        if self.next_disturbance > self.now {
            return;
        }
        if self.is_calm || self.plan.every == 0 {
            self.next_disturbance = u64::MAX;
            return;
        }
        self.next_disturbance = self.now + self.random.random_range(1..self.plan.every * 2);
        let until = self.now + self.random.random_range(100..9_000);
        if self.plan.only_outages {
            // In between, all find the log again.
            self.next_disturbance = until + self.random.random_range(6_000..9_000);
            return self.broker.outage(until);
        }
        let slot = self.random.random_range(0..3);
        let link = self.slots[slot].run.as_ref().map(|run| run.link);
        match self.random.random_range(0..10) {
            0..5 => link.into_iter().for_each(|link| self.broker.cut(link, until)),
            5..7 if self.plan.kills => _ = self.kill(slot),
            7..9 if self.plan.kills => {
                self.slots[slot].run.iter_mut().for_each(|run| run.stopped_until = until);
            }
            _ => self.broker.outage(until),
        }
    }

    fn turn_rover(&mut self) {
        let Some(manner) = self.plan.rover else { return };
        if self.rover.as_ref().is_some_and(|rover| rover.next > self.now) {
            return;
        }
        let runs = self.slots.iter().filter_map(|slot| slot.run.as_ref());
        let replicas = runs.filter_map(|run| run.node.replica());
        let Some(replica) = replicas.max_by_key(|replica| replica.position()) else { return };
        let members = replica.members().clone();
        let is_there = self
            .rover
            .as_mut()
            .is_some_and(|rover| rover.turn(&mut self.broker, &members, &mut self.random));
        if !is_there {
            let node = self.incarnation();
            self.rovers.push(node);
            self.rover = Some(Rover::new(node, &mut self.broker, manner));
        }
    }

    /// All must be well again, and the promises kept.
    fn judge(&mut self) {
        let mut said = BTreeMap::new();
        for slot in &mut self.slots {
            let run = slot.run.as_mut().expect("a node that runs");
            let replica = run.node.replica().expect("a node that has the chat");
            let behind = self.broker.stored.len() as u64 - replica.position();
            assert!(behind < 10, "{behind} records behind");
            assert!(!run.node.is_away() && run.node.waiting() < 200, "the log is there");
            said.append(&mut run.people.said);
        }
        let may_miss = match self.plan.rover {
            Some(Manner::GivesUp) => &*self.rovers,
            Some(Manner::Patient) | None => &[],
        };
        self.oracle.judge(&said, may_miss);
        for (sequence, node) in self.oracle.deaths() {
            if !self.rovers.contains(&node) {
                let silence = self.broker.silence(sequence, node);
                // The log's clock may have gone back a little.
                assert!(silence > 4_900, "{node:?} is declared dead after {silence} ms");
            }
        }
    }

    /// People that are in the chat.
    pub(super) fn people(&self) -> usize {
        let runs = self.slots.iter().filter_map(|slot| slot.run.as_ref()?.model.directory.as_ref());
        runs.map(|directory| directory.people().count()).max().unwrap_or(0)
    }
}

impl Run {
    fn turn(&mut self, now: u64, broker: &mut Broker, oracle: &mut Oracle) {
        let Self { node, model, diary, people, .. } = self;
        let mut is_fenced = false;
        let time = Duration::from_millis(now);
        node.turn(time, &mut broker.link(self.link), model, &mut |event| match event {
            Event::Ready(replica) => {
                diary.begin(replica.position());
                if replica.members().nodes().len() == 1 {
                    oracle.founded.push(replica.position());
                }
            }
            Event::Away | Event::Back | Event::Refused(_) => {}
            Event::Fenced(_) => {
                is_fenced = true;
                diary.fence();
            }
        });
        let told = std::mem::take(&mut model.told);
        let effects: Vec<_> = told.iter().map(|(_, effect, _)| effect.clone()).collect();
        assert!(!self.is_fenced || effects.is_empty(), "a fenced node delivers {effects:?}");
        self.is_fenced |= is_fenced;
        if let Some(replica) = node.replica() {
            for told in told {
                diary.hear(told);
            }
            oracle.compare(diary, (replica, model.directory.as_ref()), now);
        }
        if !self.is_fenced {
            for effect in &effects {
                people.hear(effect, node);
            }
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("some hours")
}
