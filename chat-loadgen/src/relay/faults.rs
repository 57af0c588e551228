//! Fault injection: the relay drops, repeats, delays, damages or echoes some deliveries.
//!
//! The fault of a delivery depends on the seed, the message's numbers and the receiver alone, not
//! on the rounds in which lines happen to arrive: a seed gives the same faults again.

use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::time::{Duration, Instant};

use memchr::{memchr, memchr_iter, memrchr};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::log::{Fault, Log};
use super::member::Identity;
use super::options::{OneIn, RelayOptions};
use crate::wire::payload::is_digit;

/// Time without a measured message after which a held-back line is released without its successor.
const QUIET: Duration = Duration::from_millis(200);

/// Length of a payload's run, between the brace and its kind.
const RUN: usize = 4;
/// Byte range of a payload's kind, sender and number.
const NUMBERS: std::ops::Range<usize> = 1 + RUN..1 + RUN + 1 + 3 + 5;

/// Fault injection: odds, seed, and the lines that are held back.
pub(super) struct Faults {
    odds: Odds,
    seed: u64,
    held: BTreeMap<Pair, Held>,
    /// Time of the last measured message.
    heard: Instant,
}

/// Receiver and sender, by their numbers.
type Pair = (u64, u64);

/// A line held back.
struct Held {
    sender_port: u16,
    line: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Odds {
    drop: Option<OneIn>,
    dup: Option<OneIn>,
    corrupt: Option<OneIn>,
    swap: Option<OneIn>,
    echo: Option<OneIn>,
}

impl Held {
    fn text(&self) -> &[u8] {
        measured(&self.line).unwrap_or(&self.line)
    }
}

/// The whole lines of `said`, with their newlines.
pub(super) fn lines(said: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr_iter(b'\n', said).map(move |end| &said[mem::replace(&mut start, end + 1)..=end])
}

/// The payload of kind Measured in a line, from its first brace to its last.
pub(super) fn measured(line: &[u8]) -> Option<&[u8]> {
    let text = &line[memchr(b'{', line)?..];
    let run = text.get(1..=RUN)?;
    let is_measured = run.iter().all(|&byte| is_digit(byte)) && text.get(RUN + 1) == Some(&b'm');
    let end = memrchr(b'}', text)?;
    is_measured.then_some(&text[..=end])
}

impl Faults {
    /// Fault injection as the options ask for it, or `None`.
    pub(super) fn from_options(options: &RelayOptions) -> Option<Self> {
        let &RelayOptions { drop, dup, corrupt, swap, echo, seed, .. } = options;
        [drop, dup, corrupt, swap, echo].iter().any(Option::is_some).then(|| Self {
            odds: Odds { drop, dup, corrupt, swap, echo },
            seed,
            held: BTreeMap::new(),
            heard: Instant::now(),
        })
    }

    /// Appends to `out` what `receiver` gets of what `sender` said.
    pub(super) fn deliver(
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
                None if receiver != sender => out.extend_from_slice(line),
                None => {}
            }
        }
        Ok(())
    }

    /// Returns whether lines are held back whose successors do not seem to come.
    pub(super) fn overdue(&self) -> bool {
        !self.held.is_empty() && self.heard.elapsed() >= QUIET
    }

    /// Appends the lines held back for `receiver` to `out`; only those from `sender` if one is
    /// given.
    pub(super) fn release(
        &mut self,
        receiver: Identity,
        sender: Option<Identity>,
        out: &mut Vec<u8>,
        log: &mut Log,
    ) -> io::Result<()> {
        let due = |&(to, from): &Pair| {
            to == receiver.number && sender.is_none_or(|sender| sender.number == from)
        };
        for (_, held) in self.held.extract_if(.., |pair, _| due(pair)) {
            out.extend_from_slice(&held.line);
            log.note(Fault::Held, receiver.port, held.sender_port, held.text())?;
        }
        Ok(())
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
        let mut note = |fault, text: &[u8]| log.note(fault, receiver.port, sender.port, text);
        let mut chance = self.chance(receiver, text);
        if receiver == sender {
            if hits(self.odds.echo, &mut chance) {
                out.extend_from_slice(line);
                note(Fault::Echo, text)?;
            }
            return Ok(());
        }
        let pair = (receiver.number, sender.number);
        if let Some(late) = self.held.remove(&pair) {
            out.extend_from_slice(line);
            out.extend_from_slice(&late.line);
            return note(Fault::Swap, late.text());
        }
        match self.odds.choose(&mut chance) {
            None => out.extend_from_slice(line),
            // Noted when it is known whether there was a next line.
            Some(Fault::Swap) => {
                let held = Held { sender_port: sender.port, line: line.to_vec() };
                self.held.insert(pair, held);
            }
            Some(fault) => {
                apply(fault, line, text, out, &mut chance);
                note(fault, text)?;
            }
        }
        Ok(())
    }

    /// Random generator for the faults of one delivery, seeded by its receiver and text.
    fn chance(&self, receiver: Identity, text: &[u8]) -> Pcg64Mcg {
        let numbers = text.get(NUMBERS).unwrap_or(text);
        let message = xxh3_64_with_seed(numbers, self.seed);
        Pcg64Mcg::seed_from_u64(xxh3_64_with_seed(&receiver.number.to_le_bytes(), message))
    }
}

impl Odds {
    /// Chooses a delivery's fault, if any: each kind has its own chance, the first that hits wins.
    fn choose(&self, chance: &mut Pcg64Mcg) -> Option<Fault> {
        let Self { drop, dup, corrupt, swap, .. } = *self;
        let faults = [
            (drop, Fault::Drop),
            (dup, Fault::Dup),
            (corrupt, Fault::Corrupt),
            (swap, Fault::Swap),
        ];
        faults.into_iter().find(|&(odds, _)| hits(odds, chance)).map(|(_, fault)| fault)
    }
}

fn hits(odds: Option<OneIn>, chance: &mut Pcg64Mcg) -> bool {
    odds.is_some_and(|OneIn(n)| chance.random_ratio(1, n.get()))
}

/// Appends the line with the fault applied.
fn apply(fault: Fault, line: &[u8], text: &[u8], out: &mut Vec<u8>, chance: &mut Pcg64Mcg) {
    match fault {
        Fault::Drop => {}
        Fault::Dup => {
            out.extend_from_slice(line);
            out.extend_from_slice(line);
        }
        // Those that hold a line back or send it elsewhere leave the line itself as it is.
        Fault::Swap | Fault::Held | Fault::Echo => out.extend_from_slice(line),
        Fault::Corrupt => {
            let start = out.len() + memchr(b'{', line).unwrap_or_default();
            out.extend_from_slice(line);
            let at = start + chance.random_range(0..text.len());
            out[at] = another(out[at], chance);
        }
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
    fn only_measured_texts_are_seen() {
        assert_eq!(measured(b"x {0aZ_m12}y} z\n"), Some(&b"{0aZ_m12}y}"[..]));
        for line in ["{0aZ_p12}\n", "{0 Z_m12}\n", "{0aZ\n", "{0aZ_m12\n", "hola\n", "\n"] {
            assert_eq!(measured(line.as_bytes()), None, "{line:?}");
        }
    }

    #[test]
    fn another_character_is_printable_and_never_the_same() {
        let mut chance = Pcg64Mcg::seed_from_u64(1);
        for byte in (b' '..=b'~').cycle().take(50_000) {
            let other = another(byte, &mut chance);
            assert!(other != byte && other.is_ascii_graphic(), "{byte} {other}");
        }
    }

    #[test]
    fn lines_keep_their_newlines() {
        let lines: Vec<_> = lines(b"a\n\nb\n").collect();
        assert_eq!(lines, [&b"a\n"[..], b"\n", b"b\n"]);
    }
}
