//! Deliveries that are held back for a time (`--late`).

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::time::{Duration, Instant};

use super::lines::numbers;
use super::losses::Pair;
use super::{Delivery, Held};
use crate::relay::log::{Fault, Identity, Log};
use crate::relay::options::RelayOptions;

/// The deliveries that are held back, in the order in which their time comes.
#[derive(Debug, Default)]
pub(super) struct Late {
    by: Duration,
    /// Time, receiver and sender.
    waiting: VecDeque<(Instant, Identity, Identity, Held)>,
    /// Numbers of the last message that each pair was sent; empty if nothing is ever late.
    last: BTreeMap<Pair, Vec<u8>>,
    is_used: bool,
}

impl Late {
    pub(super) fn from_options(options: &RelayOptions) -> Self {
        let by = options.late_by.duration().unwrap_or_default();
        Self { by, is_used: options.late.is_some(), ..Self::default() }
    }

    /// Holds a delivery back.
    pub(super) fn hold(&mut self, delivery: &Delivery<'_>) {
        let Delivery { receiver, sender, .. } = *delivery;
        let due = Instant::now() + self.by;
        self.waiting.push_back((due, receiver, sender, Held::new(delivery)));
    }

    /// Notes that a receiver was sent a message.
    pub(super) fn passed(&mut self, pair: Pair, text: &[u8]) {
        if self.is_used {
            let last = self.last.entry(pair).or_default();
            if &**last < numbers(text) {
                *last = numbers(text).to_vec();
            }
        }
    }

    /// The next delivery whose time has come, and its receiver.
    pub(super) fn next(&mut self, log: &mut Log) -> io::Result<Option<(Identity, Vec<u8>)>> {
        let next = self.waiting.pop_front_if(|(due, ..)| *due <= Instant::now());
        let Some((_, receiver, sender, held)) = next else { return Ok(None) };
        self.note(receiver, sender, &held, log)?;
        Ok(Some((receiver, held.frame)))
    }

    /// Appends all that is held back for a receiver, before its time: the receiver leaves.
    pub(super) fn release(
        &mut self,
        receiver: Identity,
        out: &mut Vec<u8>,
        log: &mut Log,
    ) -> io::Result<()> {
        let (its, others) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<VecDeque<_>, _>(|(_, to, ..)| to.number == receiver.number);
        self.waiting = others;
        for (_, receiver, sender, held) in its {
            self.note(receiver, sender, &held, log)?;
            out.extend_from_slice(&held.frame);
        }
        Ok(())
    }

    /// Time at which the next one is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.front().map(|(due, ..)| *due)
    }

    fn note(
        &mut self,
        receiver: Identity,
        sender: Identity,
        held: &Held,
        log: &mut Log,
    ) -> io::Result<()> {
        let pair = (receiver.number, sender.number);
        let is_overtaken = self.last.get(&pair).is_some_and(|last| &**last > numbers(&held.text));
        let fault = if is_overtaken { Fault::Late } else { Fault::LateInOrder };
        self.passed(pair, &held.text);
        log.note(fault, receiver.port, sender.port, &held.text)
    }
}
