//! Payload of a message: a text that names its run, its sender and its number, can be found
//! anywhere in a line, and carries checksums.
//!
//! ```text
//! {RRRRkSSSNNNNNii filler… CCCCCRR}
//! ```
//!
//! All of it is printable ASCII, so that any chat passes it on. `R` is the run, at both ends, so
//! that one damaged byte cannot hide all of it; `k` the [`Kind`]; `S` the sender, `N` the message's
//! number; `ii` is a check of these alone, so that a damaged text can mostly still be attributed,
//! and one damaged byte never makes it another's; `C` a checksum of everything before it. Digits
//! are of base 64, in the order of ASCII from `0` to `o`, so that eight of them are read in one go.

use memchr::memmem::{self, Finder};
use memchr::{memchr, memchr_iter};

use crate::wire::random::{mix, state};

/// Shortest text, in bytes.
pub(crate) const SHORTEST: usize = HEAD + TAIL;
/// Longest text, in bytes: it fits into the longest line of most chats with room for a label.
pub(crate) const LONGEST: usize = 1 << 20;
/// Maximum number of messages of one sender that a text can tell apart: five digits.
pub(crate) const MAX_MESSAGES: u32 = 1 << 30;

const OPEN: usize = 5;
const HEAD: usize = OPEN + 1 + 3 + 5 + 2;
const CHECKSUM: usize = 5;
const TAIL: usize = CHECKSUM + 3;

/// The digit of value 0.
const ZERO: u8 = b'0';
/// Eight times [`ZERO`], as one word.
const ZEROS: u64 = u64::from_le_bytes([ZERO; 8]);
/// Filler between the numbers and the checksum.
const FILLER: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

/// Purpose of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Shows that its receiver hears its sender. Not judged and not timed.
    Probe,
    /// Judged, and timed if it was intended within the measuring window.
    Measured,
}

/// Header of one text: kind, sender and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Purpose of the message.
    pub kind: Kind,
    /// Index of its sender, below 2^18: three digits.
    pub sender: u32,
    /// Its number among its sender's messages of this kind, below 2^30: five digits.
    pub number: u32,
}

/// Result of looking for a text in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A text of this run, as it was sent.
    Intact(Message),
    /// A damaged text of this run, with its message where that can still be told.
    Corrupt(Option<Message>),
    /// The beginning of a text of this run, without its end.
    Torn(Option<Message>),
    /// The end of a text of this run, without its beginning.
    Rest,
    /// A text of another run.
    Strange(Kind),
    /// No text of this kind.
    Nothing,
}

/// Writes and finds the texts of one run.
#[derive(Debug)]
pub struct Mark {
    open: [u8; OPEN],
    close: [u8; 3],
    finder: Finder<'static>,
    verify: bool,
}

impl Mark {
    /// The mark of a run, made from the lower 24 bits of `run`.
    ///
    /// Without `verify` no checksum is looked at: only for finding out what that costs.
    pub fn new(run: u32, verify: bool) -> Self {
        let mut open = *b"{0000";
        write_digits(&mut open[1..], run & 0xff_ffff);
        let close = [open[3], open[4], b'}'];
        Self { open, close, finder: Finder::new(&open).into_owned(), verify }
    }

    /// Appends a text of `size` bytes, or of [`SHORTEST`] if that is more.
    pub fn write(&self, message: Message, size: usize, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.open);
        out.push(match message.kind {
            Kind::Probe => b'p',
            Kind::Measured => b'm',
        });
        out.resize(start + HEAD, ZERO);
        let head = &mut out[start + OPEN + 1..];
        write_digits(&mut head[..3], message.sender);
        write_digits(&mut head[3..8], message.number);
        write_digits(&mut head[8..], check(message));
        let filler = size.saturating_sub(SHORTEST);
        out.extend(FILLER.iter().cycle().take(filler));
        let sum = checksum(&out[start..]);
        out.resize(out.len() + CHECKSUM, ZERO);
        let end = out.len();
        write_digits(&mut out[end - CHECKSUM..], sum);
        out.extend_from_slice(&self.close);
    }

    /// Looks for a text of this run in a line.
    #[inline]
    pub fn find(&self, line: &[u8]) -> Found {
        let Some(start) = self.finder.find(line) else { return self.find_piece(line) };
        let text = &line[start..];
        let Some(end) = memchr(b'}', text) else { return Found::Torn(attribute(text)) };
        let text = &text[..=end];
        let message = if text.len() >= SHORTEST { read_message(text) } else { None };
        let intact = message.is_some()
            && (!self.verify || {
                let body = &text[..text.len() - TAIL];
                text.last_chunk() == Some(&self.tail(checksum(body)))
            });
        match message {
            Some(message) if intact => Found::Intact(message),
            _ => Found::Corrupt(attribute(text)),
        }
    }

    /// End of a text: its checksum `sum` and the closing mark.
    #[inline]
    fn tail(&self, sum: u32) -> [u8; TAIL] {
        let [r, s, end] = self.close;
        let sum = u64::from(sum);
        // Six bits to a byte, those worth most first.
        let digits = sum >> 24
            | (sum >> 18 & 63) << 8
            | (sum >> 12 & 63) << 16
            | (sum >> 6 & 63) << 24
            | (sum & 63) << 32;
        let close = u64::from_le_bytes([0, 0, 0, 0, 0, r, s, end]);
        ((digits + (ZEROS & 0xff_ffff_ffff)) | close).to_le_bytes()
    }

    /// A text whose beginning is damaged or missing, or one of another run.
    #[cold]
    fn find_piece(&self, line: &[u8]) -> Found {
        let message = memchr_iter(b'{', line).find_map(|start| attribute(&line[start..]));
        match memmem::find(line, &self.close) {
            // Those two digits and a brace may stand anywhere; behind a checksum they are ours.
            Some(end) if ends_in_a_checksum(&line[..end]) => {
                if memchr(b'{', line).is_some() {
                    Found::Corrupt(message)
                } else {
                    Found::Rest
                }
            }
            _ => message.map_or(Found::Nothing, |message| Found::Strange(message.kind)),
        }
    }
}

fn ends_in_a_checksum(text: &[u8]) -> bool {
    text.last_chunk::<CHECKSUM>().is_some_and(|digits| read_digits(digits).is_some())
}

/// The message that a damaged text was, if its numbers hold their own check.
#[cold]
fn attribute(text: &[u8]) -> Option<Message> {
    let head = text.get(..HEAD)?;
    let message = read_message(head)?;
    (read_digits(&head[HEAD - 2..])? == check(message)).then_some(message)
}

/// Decodes the kind, the sender and the number of a text that is at least [`SHORTEST`] long, or of
/// its head.
#[expect(clippy::cast_possible_truncation, reason = "48 bits, of which 18 and 30 are taken")]
#[inline]
fn read_message(text: &[u8]) -> Option<Message> {
    let kind = match text[OPEN] {
        b'p' => Kind::Probe,
        b'm' => Kind::Measured,
        _ => return None,
    };
    let digits = text[OPEN + 1..].first_chunk::<8>()?;
    let worth = u64::from_le_bytes(*digits).wrapping_sub(ZEROS);
    if worth & 0xc0c0_c0c0_c0c0_c0c0 != 0 {
        return None; // Some byte is no digit.
    }
    // Six bits of each byte, moved together by twos, fours and eights.
    let sixes = worth.swap_bytes();
    let twelves = sixes & 0x003f_003f_003f_003f | (sixes & 0x3f00_3f00_3f00_3f00) >> 2;
    let halves = twelves & 0x0000_0fff_0000_0fff | (twelves & 0x0fff_0000_0fff_0000) >> 4;
    let whole = halves & 0x00ff_ffff | (halves & 0x00ff_ffff_0000_0000) >> 8;
    Some(Message { kind, sender: (whole >> 30) as u32, number: whole as u32 & (MAX_MESSAGES - 1) })
}

/// Two digits: the sum of the digits of a message's kind and numbers, which no single other digit
/// leaves as it is; and a sum weighted by their places, which hardly any two do.
fn check(message: Message) -> u32 {
    let Message { kind, sender, number } = message;
    let digits_of = |number: u32, digits: u32| (0..digits).map(move |i| number >> (6 * i) & 63);
    let mut plain = u32::from(kind == Kind::Probe);
    let mut weighted = 0;
    for (place, digit) in (1..).zip(digits_of(sender, 3).chain(digits_of(number, 5))) {
        plain += digit;
        weighted += place * digit;
    }
    ((plain % 64) << 6) | (weighted % 61)
}

/// Thirty bits of a multilinear hash: each word times a key of its own, summed, and the upper bits
/// of that, in which every bit of every word shows (Lemire and Kaser, *Strongly universal string
/// hashing is fast*, The Computer Journal 57, 2014). It has to catch accidents, at the lowest cost.
#[inline]
fn checksum(text: &[u8]) -> u32 {
    let (words, rest) = text.as_chunks::<8>();
    let mut sum = text.len() as u64;
    for block in words.chunks(KEYS.len()) {
        sum = stir(sum);
        for (word, key) in block.iter().zip(&KEYS) {
            sum = sum.wrapping_add(u64::from_le_bytes(*word).wrapping_mul(*key));
        }
    }
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        sum = stir(sum).wrapping_add(u64::from_le_bytes(last).wrapping_mul(KEYS[0]));
    }
    (sum >> 34) as u32
}

/// Mixes the upper bits into all others, so that the order of the blocks counts, too.
#[inline]
fn stir(sum: u64) -> u64 {
    (sum ^ sum >> 32).wrapping_mul(KEYS[0])
}

/// Keys of the hash: odd numbers without pattern.
static KEYS: [u64; 8] = {
    let mut keys = [0; 8];
    let mut i = 0;
    while i < keys.len() {
        keys[i] = mix(state(0, i as u64)) | 1;
        i += 1;
    }
    keys
};

/// Returns whether a byte is a digit.
pub(crate) fn is_digit(byte: u8) -> bool {
    byte.wrapping_sub(ZERO) < 64
}

fn write_digits(out: &mut [u8], mut number: u32) {
    for digit in out.iter_mut().rev() {
        *digit = ZERO + (number & 63) as u8;
        number >>= 6;
    }
}

fn read_digits(text: &[u8]) -> Option<u32> {
    let worth = |byte: &u8| is_digit(*byte).then(|| u32::from(byte - ZERO));
    text.iter().try_fold(0, |number, byte| Some(number << 6 | worth(byte)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(mark: &Mark, message: Message, size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        mark.write(message, size, &mut out);
        out
    }

    const MESSAGE: Message = Message { kind: Kind::Measured, sender: 199, number: 123_456_789 };

    #[test]
    fn a_text_has_the_size_that_was_asked_for() {
        let mark = Mark::new(7, true);
        for size in [SHORTEST, SHORTEST + 1, 64, 1000] {
            assert_eq!(text(&mark, MESSAGE, size).len(), size);
        }
        assert_eq!(text(&mark, MESSAGE, 0).len(), SHORTEST);
    }

    #[test]
    fn it_is_found_anywhere_in_a_line() {
        let mark = Mark::new(7, true);
        let text = String::from_utf8(text(&mark, MESSAGE, 64)).expect("ASCII");
        for line in
            [text.clone(), format!("usuario 5: {text}"), format!("{{ana}} > {text} ({{1}})")]
        {
            assert_eq!(mark.find(line.as_bytes()), Found::Intact(MESSAGE), "{line}");
        }
        assert_eq!(Mark::new(8, true).find(text.as_bytes()), Found::Strange(Kind::Measured));
        assert_eq!(mark.find(b"usuario 5: Hola que tal?"), Found::Nothing);
    }

    #[test]
    fn every_change_of_one_byte_is_seen_wherever_it_is() {
        let mark = Mark::new(0xab_cdef, true);
        for size in [SHORTEST, 64, 67, 150] {
            let whole = text(&mark, MESSAGE, size);
            let mut damaged = whole.clone();
            for at in 0..size {
                for byte in (0..=u8::MAX).filter(|&byte| byte != whole[at] && byte != b'\n') {
                    damaged[at] = byte;
                    let found = mark.find(&damaged);
                    let attributed = match found {
                        Found::Corrupt(attributed) | Found::Torn(attributed) => attributed,
                        Found::Rest => None,
                        other => panic!("{at} {byte} {other:?}"),
                    };
                    assert!(attributed.is_none_or(|message| message == MESSAGE), "{at} {byte}");
                }
                damaged[at] = whole[at];
            }
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            sender in 0..1_u32 << 18,
            number in 0..MAX_MESSAGES,
            size in 0..300_usize,
            probe: bool,
        ) {
            let kind = if probe { Kind::Probe } else { Kind::Measured };
            let message = Message { kind, sender, number };
            let mark = Mark::new(0xab_cdef, true);
            prop_assert_eq!(mark.find(&text(&mark, message, size)), Found::Intact(message));
        }

        #[test]
        fn one_changed_byte_is_seen_and_never_taken_for_another_message(
            at in 0..64_usize,
            byte in 0x20..0x7f_u8,
            sender in 0..1_u32 << 18,
            number in 0..MAX_MESSAGES,
        ) {
            let mark = Mark::new(0xab_cdef, true);
            let message = Message { kind: Kind::Measured, sender, number };
            let mut damaged = text(&mark, message, 64);
            prop_assume!(damaged[at] != byte);
            damaged[at] = byte;
            match mark.find(&damaged) {
                Found::Rest => prop_assert_eq!(at, 0),
                Found::Corrupt(attributed) | Found::Torn(attributed) => {
                    prop_assert!(attributed.is_none_or(|found| found == message));
                }
                found => prop_assert!(false, "{:?}", found),
            }
        }

        #[test]
        fn both_halves_of_a_cut_text_are_seen(at in 5..61_usize) {
            let mark = Mark::new(0xab_cdef, true);
            let whole = text(&mark, MESSAGE, 64);
            prop_assert!(matches!(mark.find(&whole[..at]), Found::Torn(_)));
            prop_assert_eq!(mark.find(&whole[at..]), if at <= 56 { Found::Rest } else { Found::Nothing });
        }

        #[test]
        fn nothing_makes_it_panic(line: Vec<u8>, at in 0..64_usize) {
            let mark = Mark::new(0xab_cdef, true);
            let whole = text(&mark, MESSAGE, 64);
            let _ = mark.find(&line);
            let _ = mark.find(&[&whole[..at], &line].concat());
            let _ = mark.find(&[&line, &whole[at..]].concat());
        }
    }
}
