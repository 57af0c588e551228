//! A node of a later version, which has several passes in flight: with it there are holes in the log. It knows by magic
//! which of its passes were taken. It has one person, each of whose lines is a pass.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::broker::Broker;
use super::model::Act;
use super::people::{line, name};
use crate::entry::{Entry, Incarnation, Notice, Subject};
use crate::log::Log;
use crate::members::Members;
use crate::pass::Pass;

/// Passes in flight.
const WINDOW: u64 = 4;

/// Its reaction to a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// It goes back to it.
    Patient,
    /// Now and then it does not, or has so many faults that it may be too late.
    GivesUp,
}

pub(super) struct Rover {
    pub(super) node: Incarnation,
    link: usize,
    /// The last pass that was published.
    sent: u64,
    /// All up to here were taken, or given up.
    done: u64,
    pub(super) next: u64,
    is_taken: bool,
    manner: Manner,
}

impl Rover {
    pub(super) fn new(node: Incarnation, broker: &mut Broker, manner: Manner) -> Self {
        let link = broker.connect(node);
        Self { node, link, sent: 0, done: 0, next: broker.now, is_taken: false, manner }
    }

    /// Its passes: a hello, a name and a place, and then a line each, with an entry that no other version knows.
    fn pass(&self, n: u64) -> Vec<u8> {
        let entries = match n {
            1 => vec![Entry::Node(Notice::Hello { attempt: 0 })],
            2 => vec![
                Entry::Unknown { kind: 20, body: Box::from([1, 2, 3]) },
                Entry::Person(7, Act::Claim(name(self.node.0, 0)).encode()),
                Entry::Person(7, Act::Arrive.encode()),
            ],
            n => vec![Entry::Person(7, Act::Say(line(n - 3)).encode())],
        };
        Pass { node: self.node, n, entries }.encode().expect("a short pass")
    }

    /// Publishes as many as the window holds; or goes back to the first that is missing. Returns whether it is a member, or may
    /// become one.
    pub(super) fn turn(
        &mut self,
        broker: &mut Broker,
        members: &Members,
        random: &mut Pcg64Mcg,
    ) -> bool {
        let taken = members.last(self.node);
        if taken.is_none() && self.is_taken {
            return false;
        }
        self.is_taken |= taken.is_some();
        let is_late = taken.is_none_or(|taken| taken <= self.done);
        self.done = self.done.max(taken.unwrap_or(0));
        // The beginning is not in a hurry.
        let window = if self.done < 2 { 1 } else { WINDOW };
        if is_late {
            // Once in a while it gives a line up.
            let gives_up = self.manner == Manner::GivesUp && self.done > 2;
            self.done += u64::from(gives_up && random.random_ratio(1, 8));
            self.sent = self.done;
        }
        while self.sent < self.done + window {
            self.sent += 1;
            let pass = self.pass(self.sent);
            broker.link(self.link).publish(Subject::Public, &pass);
        }
        self.next = broker.now + random.random_range(100..400);
        true
    }
}
