//! Fault injection: the relay drops, repeats, delays, damages or echoes some deliveries.
//!
//! The fault of a delivery depends on the seed, the message's numbers and the receiver alone, not
//! on the rounds in which lines happen to arrive: a seed gives the same faults again.

mod cut;
mod lines;
mod losses;
mod odds;
pub(crate) mod stall;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::time::{Duration, Instant};

use memchr::memchr;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::relay::log::{Fault, Identity, Log};
use crate::relay::options::RelayOptions;
use cut::Cut;
use lines::{RUN, lines, measured};
use losses::{Losses, Pair};
use odds::{Odds, hits};

/// Time without a measured message after which a held-back line is released without its successor.
const QUIET: Duration = Duration::from_millis(200);

/// Byte range of a payload's kind, sender and number.
const NUMBERS: std::ops::Range<usize> = 1 + RUN..1 + RUN + 1 + 3 + 5;

/// A stranger's line.
const STRANGER: &[u8] = b"usuario 0: Hola, soy de fuera\n";

/// Fault injection: odds, seed, and the lines that are held back.
pub(crate) struct Faults {
    odds: Odds,
    seed: u64,
    held: BTreeMap<Pair, Held>,
    late_by: Duration,
    late: VecDeque<Late>,
    /// Receivers whose last line has no newline yet, by their numbers.
    unfinished: BTreeSet<u64>,
    losses: Losses,
    cut: Option<Cut>,
    /// Time of the last measured message.
    heard: Instant,
}

/// A line held back.
struct Held {
    sender_port: u16,
    line: Vec<u8>,
}

/// A line held back for a time.
struct Late {
    due: Instant,
    receiver: Identity,
    held: Held,
}

impl Held {
    fn text(&self) -> &[u8] {
        measured(&self.line).unwrap_or(&self.line)
    }
}

impl Faults {
    /// Fault injection as the options ask for it, or `None`.
    pub(crate) fn from_options(options: &RelayOptions) -> Option<Self> {
        let odds = Odds::from_options(options);
        let cut = Cut::from_options(options);
        (odds.any() || cut.is_some()).then(|| Self {
            odds,
            seed: options.seed,
            held: BTreeMap::new(),
            late_by: options.late_by.duration().unwrap_or_default(),
            late: VecDeque::new(),
            unfinished: BTreeSet::new(),
            losses: Losses::default(),
            cut,
            heard: Instant::now(),
        })
    }

    /// The connection that is to be cut, if there is one.
    pub(crate) fn cut(&mut self) -> Option<&mut Cut> {
        self.cut.as_mut()
    }

    /// Appends to `out` what `receiver` gets of what `sender` said.
    pub(crate) fn deliver(
        &mut self,
        receiver: Identity,
        sender: Identity,
        said: &[u8],
        out: &mut Vec<u8>,
        log: &mut Log,
    ) -> io::Result<()> {
        for line in lines(said) {
            match measured(line) {
                Some(text) => {
                    self.heard = Instant::now();
                    self.deliver_line(receiver, sender, line, text, out, log)?;
                }
                None if receiver != sender => {
                    self.end_line(receiver, out);
                    self.losses.heard(receiver, sender, log)?;
                    out.extend_from_slice(line);
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Returns whether lines are held back whose successors do not seem to come.
    pub(crate) fn overdue(&self) -> bool {
        let holds = !self.held.is_empty() || !self.unfinished.is_empty();
        holds && self.heard.elapsed() >= QUIET
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
        if sender.is_none() {
            self.end_line(receiver, out);
        }
        let due = |&(to, from): &Pair| {
            to == receiver.number && sender.is_none_or(|sender| sender.number == from)
        };
        for (_, held) in self.held.extract_if(.., |pair, _| due(pair)) {
            out.extend_from_slice(&held.line);
            log.note(Fault::Held, receiver.port, held.sender_port, held.text())?;
        }
        Ok(())
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
    pub(crate) fn next_late(&mut self, log: &mut Log) -> io::Result<Option<(u64, Vec<u8>)>> {
        let is_due = self.late.front().is_some_and(|late| late.due <= Instant::now());
        let Some(Late { receiver, held, .. }) = self.late.pop_front_if(|_| is_due) else {
            return Ok(None);
        };
        log.note(Fault::Late, receiver.port, held.sender_port, held.text())?;
        Ok(Some((receiver.number, held.line)))
    }

    fn deliver_line(
        &mut self,
        receiver: Identity,
        sender: Identity,
        line: &[u8],
        text: &[u8],
        out: &mut Vec<u8>,
        log: &mut Log,
    ) -> io::Result<()> {
        let mut chance = self.chance(receiver, text);
        if receiver == sender {
            if hits(self.odds.echo, &mut chance) {
                out.extend_from_slice(line);
                log.note(Fault::Echo, receiver.port, sender.port, text)?;
            }
            return Ok(());
        }
        if hits(self.odds.drop_all, &mut self.chance_of_message(text)) {
            return self.losses.lose(receiver, sender, text, log);
        }
        self.losses.heard(receiver, sender, log)?;
        let pair = (receiver.number, sender.number);
        if let Some(late) = self.held.remove(&pair) {
            out.extend_from_slice(line);
            out.extend_from_slice(&late.line);
            return log.note(Fault::Swap, receiver.port, sender.port, late.text());
        }
        let fault = self.odds.choose(&mut chance);
        if matches!(fault, None | Some(Fault::Merge)) {
            if self.unfinished.remove(&receiver.number) {
                log.note(Fault::Merge, receiver.port, sender.port, text)?;
            }
        } else {
            self.end_line(receiver, out);
        }
        let held = || Held { sender_port: sender.port, line: line.to_vec() };
        match fault {
            None => out.extend_from_slice(line),
            // Noted when it is known whether there was a next line.
            Some(Fault::Swap) => drop(self.held.insert(pair, held())),
            Some(Fault::Merge) => {
                out.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
                self.unfinished.insert(receiver.number);
            }
            Some(Fault::Late) => {
                let due = Instant::now() + self.late_by;
                self.late.push_back(Late { due, receiver, held: held() });
            }
            Some(fault) => {
                apply(fault, line, text, out, &mut chance);
                log.note(fault, receiver.port, sender.port, text)?;
            }
        }
        Ok(())
    }

    /// Ends a line of a receiver that has no newline yet.
    fn end_line(&mut self, receiver: Identity, out: &mut Vec<u8>) {
        if self.unfinished.remove(&receiver.number) {
            out.push(b'\n');
        }
    }

    /// Random generator for the faults of one message, whoever receives it.
    fn chance_of_message(&self, text: &[u8]) -> Pcg64Mcg {
        let numbers = text.get(NUMBERS).unwrap_or(text);
        Pcg64Mcg::seed_from_u64(xxh3_64_with_seed(numbers, self.seed))
    }

    /// Random generator for the faults of one delivery, seeded by its receiver and text.
    fn chance(&self, receiver: Identity, text: &[u8]) -> Pcg64Mcg {
        let numbers = text.get(NUMBERS).unwrap_or(text);
        let message = xxh3_64_with_seed(numbers, self.seed);
        Pcg64Mcg::seed_from_u64(xxh3_64_with_seed(&receiver.number.to_le_bytes(), message))
    }
}

/// Appends the line with the fault applied.
fn apply(fault: Fault, line: &[u8], text: &[u8], out: &mut Vec<u8>, chance: &mut Pcg64Mcg) {
    match fault {
        Fault::Drop => {}
        Fault::Dup => {
            out.extend_from_slice(line);
            out.extend_from_slice(line);
        }
        Fault::Double => {
            out.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
            out.extend_from_slice(text);
            out.push(b'\n');
        }
        Fault::Stranger => {
            out.extend_from_slice(STRANGER);
            out.extend_from_slice(line);
        }
        Fault::Corrupt => {
            let start = out.len() + memchr(b'{', line).unwrap_or_default();
            out.extend_from_slice(line);
            let at = start + chance.random_range(0..text.len());
            out[at] = another(out[at], chance);
        }
        // The others leave the line itself as it is, or are no fault of one line.
        _ => out.extend_from_slice(line),
    }
}

/// A printable character that is not `byte`.
fn another(byte: u8, chance: &mut Pcg64Mcg) -> u8 {
    let other = chance.random_range(b'!'..b'~');
    if other < byte { other } else { other + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_character_is_printable_and_never_the_same() {
        let mut chance = Pcg64Mcg::seed_from_u64(1);
        for byte in (b' '..=b'~').cycle().take(50_000) {
            let other = another(byte, &mut chance);
            assert!(other != byte && other.is_ascii_graphic(), "{byte} {other}");
        }
    }
}
