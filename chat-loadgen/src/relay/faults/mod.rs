//! Fault injection: the relay drops, repeats, delays, damages or echoes some deliveries.
//!
//! The fault of a delivery depends on the seed, the message's numbers and the receiver alone, not
//! on the rounds in which lines happen to arrive: a seed gives the same faults again.

mod alterations;
mod cut;
mod delay;
mod late;
pub(crate) mod lines;
mod losses;
mod odds;
pub(crate) mod stall;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::relay::log::{Fault, Identity, Log};
use crate::relay::options::RelayOptions;
use alterations::{alter, without_newline};
use cut::Cut;
use delay::Delay;
use late::Late;
use lines::numbers;
use losses::{Losses, Pair};
use odds::{Odds, hits};

/// Time without a measured message after which a held-back line is released without its successor.
const QUIET: Duration = Duration::from_millis(200);

/// A measured message on its way to one receiver.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery<'a> {
    pub(crate) receiver: Identity,
    pub(crate) sender: Identity,
    /// The line, or the frame of the protocol.
    pub(crate) frame: &'a [u8],
    /// Offset of the text in the frame.
    pub(crate) at: usize,
    pub(crate) text: &'a [u8],
}

/// A frame held back.
#[derive(Debug)]
struct Held {
    sender_port: u16,
    frame: Vec<u8>,
    text: Vec<u8>,
}

/// Fault injection: odds, seed, and the frames that are held back.
#[derive(Debug)]
pub(crate) struct Faults {
    odds: Odds,
    seed: u64,
    held: BTreeMap<Pair, Held>,
    late: Late,
    /// Receivers whose last line has no newline yet, by their numbers.
    unfinished: BTreeSet<u64>,
    losses: Losses,
    cut: Option<Cut>,
    delay: Option<Delay>,
    /// Time of the last measured message.
    heard: Instant,
}

impl Delivery<'_> {
    fn pair(&self) -> Pair {
        (self.receiver.number, self.sender.number)
    }

    /// Logs a fault of this delivery.
    pub(crate) fn note(&self, fault: Fault, log: &mut Log) -> io::Result<()> {
        log.note(fault, self.receiver.port, self.sender.port, self.text)
    }
}

impl Held {
    fn new(delivery: &Delivery<'_>) -> Self {
        Self {
            sender_port: delivery.sender.port,
            frame: delivery.frame.to_vec(),
            text: delivery.text.to_vec(),
        }
    }
}

impl Faults {
    /// Fault injection as the options ask for it.
    pub(crate) fn from_options(options: &RelayOptions) -> Self {
        Self {
            odds: Odds::from_options(options),
            seed: options.seed,
            held: BTreeMap::new(),
            late: Late::from_options(options),
            unfinished: BTreeSet::new(),
            losses: Losses::default(),
            cut: Cut::from_options(options),
            delay: Delay::from_options(options),
            heard: Instant::now(),
        }
    }

    /// Returns whether any fault was asked for, beside a stall.
    pub(crate) fn any(&self) -> bool {
        self.odds.any() || self.cut.is_some() || self.delay.is_some()
    }

    /// The number of the client whose connection is to be cut now.
    pub(crate) fn due_cut(&self) -> Option<u64> {
        self.cut.as_ref()?.due()
    }

    /// Notes that this client's connection was cut, and what it does not get.
    pub(crate) fn cut(&mut self, client: Identity, log: &mut Log) -> io::Result<()> {
        self.cut.as_mut().map_or(Ok(()), |cut| cut.cut(client, log))
    }

    /// Notes a message as soon as it is known to have been said.
    pub(crate) fn said(&mut self, sender: Identity, text: &[u8], log: &mut Log) -> io::Result<()> {
        self.cut.as_mut().map_or(Ok(()), |cut| cut.said(sender, text, log))
    }

    /// The slow path, if this receiver is the one behind it.
    pub(crate) fn delay(&mut self, receiver: Identity) -> Option<&mut Delay> {
        self.delay.as_mut().filter(|delay| delay.is_of(receiver))
    }

    /// The next bytes that have come to the end of the slow path, and their receiver's number.
    pub(crate) fn next_delayed(&mut self) -> Option<(u64, Vec<u8>)> {
        self.delay.as_mut()?.pop(false)
    }

    /// Appends what is still on the slow path of a receiver, which leaves.
    pub(crate) fn end_delay(&mut self, receiver: Identity, out: &mut Vec<u8>) {
        while let Some((_, bytes)) = self.delay(receiver).and_then(|delay| delay.pop(true)) {
            out.extend(bytes);
        }
    }

    /// Returns whether a message is to be given to its sender, too.
    pub(crate) fn echoes(&self, sender: Identity, text: &[u8]) -> bool {
        hits(self.odds.echo, &mut self.chance(sender.number, text))
    }

    /// Chooses one of so many receivers of other rooms, if a message is to be given to one of them.
    pub(crate) fn leaks(&self, text: &[u8], receivers: usize) -> Option<usize> {
        let mut chance = self.chance(u64::MAX, text);
        let leaks = receivers > 0 && hits(self.odds.leak, &mut chance);
        leaks.then(|| chance.random_range(0..receivers))
    }

    /// Appends a message that its receiver should not get at all.
    pub(crate) fn add(
        &mut self,
        fault: Fault,
        delivery: &Delivery<'_>,
        out: &mut Vec<u8>,
        log: &mut Log,
    ) -> io::Result<()> {
        self.end_line(delivery.receiver, out);
        out.extend_from_slice(delivery.frame);
        delivery.note(fault, log)
    }

    /// Appends a line or a frame without a measured text, of this sender if it can be told.
    pub(crate) fn pass(
        &mut self,
        receiver: Identity,
        sender: Option<Identity>,
        frame: &[u8],
        out: &mut Vec<u8>,
        log: &mut Log,
    ) -> io::Result<()> {
        self.end_line(receiver, out);
        if let Some(sender) = sender {
            self.losses.heard(receiver, sender, log)?;
        }
        out.extend_from_slice(frame);
        Ok(())
    }

    /// Appends what the receiver gets of a message.
    ///
    /// The first message of a sender that a receiver gets is left alone: before that, a receiver that
    /// joins cannot tell which messages are due to it.
    pub(crate) fn deliver(
        &mut self,
        delivery: &Delivery<'_>,
        out: &mut Vec<u8>,
        log: &mut Log,
    ) -> io::Result<()> {
        let Delivery { receiver, sender, frame, text, .. } = *delivery;
        self.heard = Instant::now();
        if let Some(cut) = &mut self.cut {
            cut.arrived(receiver, text);
        }
        if self.delay(receiver).is_some() {
            log.note_delayed();
        }
        if hits(self.odds.drop_all, &mut self.chance_of_message(text)) {
            return self.losses.lose(receiver, sender, text, log);
        }
        let is_known = self.losses.heard(receiver, sender, log)?;
        let mut chance = self.chance(receiver.number, text);
        if let Some(held) = self.held.remove(&delivery.pair()) {
            self.end_line(receiver, out);
            out.extend_from_slice(frame);
            out.extend_from_slice(&held.frame);
            self.late.passed(delivery.pair(), text);
            return log.note(Fault::Swap, receiver.port, sender.port, &held.text);
        }
        let fault = if is_known { self.odds.choose(&mut chance) } else { None };
        if !matches!(fault, None | Some(Fault::Merge)) {
            self.end_line(receiver, out);
        } else if self.unfinished.remove(&receiver.number) {
            delivery.note(Fault::Merge, log)?;
        }
        match fault {
            // Noted when it is known what came after it.
            Some(Fault::Swap) => drop(self.held.insert(delivery.pair(), Held::new(delivery))),
            Some(Fault::Late) => self.late.hold(delivery),
            Some(Fault::Drop) => delivery.note(Fault::Drop, log)?,
            // If its numbers are damaged, it overtakes nothing as far as a receiver can tell.
            Some(Fault::Corrupt) => {}
            _ => self.late.passed(delivery.pair(), text),
        }
        match fault {
            None => out.extend_from_slice(frame),
            Some(Fault::Swap | Fault::Late | Fault::Drop) => {}
            Some(Fault::Merge) => {
                out.extend_from_slice(without_newline(frame));
                self.unfinished.insert(receiver.number);
            }
            Some(fault) => {
                alter(fault, delivery, out, &mut chance);
                delivery.note(fault, log)?;
            }
        }
        Ok(())
    }

    /// Returns whether lines are held back whose successors do not seem to come.
    pub(crate) fn overdue(&self) -> bool {
        let holds = !self.held.is_empty() || !self.unfinished.is_empty();
        holds && self.heard.elapsed() >= QUIET
    }

    /// Time until something that is held back for a time is due.
    pub(crate) fn remaining(&self) -> Option<Duration> {
        let delayed = self.delay.as_ref().and_then(Delay::due);
        let due = self.late.due().into_iter().chain(delayed).min()?;
        Some(due.saturating_duration_since(Instant::now()))
    }

    /// Appends the lines held back for `receiver` to `out`; only those from `sender` if one is
    /// given.
    pub(crate) fn release(
        &mut self,
        receiver: Identity,
        sender: Option<Identity>,
        out: &mut Vec<u8>,
        log: &mut Log,
    ) -> io::Result<()> {
        let due = |&(to, from): &Pair| {
            to == receiver.number && sender.is_none_or(|sender| sender.number == from)
        };
        let held: Vec<_> = self.held.extract_if(.., |pair, _| due(pair)).collect();
        if sender.is_none() || !held.is_empty() {
            self.end_line(receiver, out);
        }
        for (pair, held) in held {
            out.extend_from_slice(&held.frame);
            self.late.passed(pair, &held.text);
            log.note(Fault::Held, receiver.port, held.sender_port, &held.text)?;
        }
        Ok(())
    }

    /// Appends all that is held back for a receiver, which leaves.
    pub(crate) fn release_all(
        &mut self,
        receiver: Identity,
        out: &mut Vec<u8>,
        log: &mut Log,
    ) -> io::Result<()> {
        self.release(receiver, None, out, log)?;
        self.late.release(receiver, out, log)
    }

    /// Notes that a client has left: what it could not tell is known now.
    pub(crate) fn note_left(&mut self, client: Identity, log: &mut Log) -> io::Result<()> {
        self.unfinished.remove(&client.number);
        self.losses.left(client, log)
    }

    /// Notes at the end what receivers could not tell.
    pub(crate) fn finish(&mut self, log: &mut Log) -> io::Result<()> {
        self.losses.finish(log)
    }

    /// The next line that has been held back for its time, and its receiver.
    pub(crate) fn next_late(&mut self, log: &mut Log) -> io::Result<Option<(Identity, Vec<u8>)>> {
        let Some((receiver, frame)) = self.late.next(log)? else { return Ok(None) };
        let mut out = Vec::new();
        self.end_line(receiver, &mut out);
        out.extend_from_slice(&frame);
        Ok(Some((receiver, out)))
    }

    /// Ends a line of a receiver that has no newline yet.
    fn end_line(&mut self, receiver: Identity, out: &mut Vec<u8>) {
        if self.unfinished.remove(&receiver.number) {
            out.push(b'\n');
        }
    }

    /// Random generator for the faults of one message, whichever its receiver.
    fn chance_of_message(&self, text: &[u8]) -> Pcg64Mcg {
        Pcg64Mcg::seed_from_u64(xxh3_64_with_seed(numbers(text), self.seed))
    }

    /// Random generator for the faults of one delivery, seeded by its receiver's number and text.
    fn chance(&self, receiver: u64, text: &[u8]) -> Pcg64Mcg {
        let message = xxh3_64_with_seed(numbers(text), self.seed);
        Pcg64Mcg::seed_from_u64(xxh3_64_with_seed(&receiver.to_le_bytes(), message))
    }
}
