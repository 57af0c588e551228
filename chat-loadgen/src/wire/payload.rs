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

/// Longest label in front of a text, in bytes, by which the halves of a cut text may be separated.
const LABEL: usize = 48;

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

/// A text in a line, or a piece of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Meaning of the piece.
    pub found: Found,
    /// Its bytes.
    pub text: &'a [u8],
    /// The line's bytes behind it, in which there may be more.
    pub behind: &'a [u8],
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

    /// Looks for a text of this run in a line: the first one there is.
    pub fn find(&self, line: &[u8]) -> Found {
        self.next(line).found
    }

    /// The message of a line that ends with its text, and has no other in it: that of nearly every
    /// line. Any other is left to [`Self::next`].
    #[inline]
    pub fn only(&self, line: &[u8]) -> Option<Message> {
        let (before, text) = line.split_at(self.finder.find(line)?);
        let message = if text.len() >= SHORTEST { read_message(text) } else { None };
        // A brace within the text would be in its checksum.
        let intact = if self.verify {
            text.last_chunk()
                == Some(&self.tail(checksum(&text[..text.len().saturating_sub(TAIL)])))
        } else {
            memchr(b'}', text) == Some(text.len() - 1)
        };
        message.filter(|_| intact && !holds_an_end(before))
    }

    /// The first text in a line, and what stands behind it: there may be more than one.
    pub fn next<'a>(&self, line: &'a [u8]) -> Piece<'a> {
        let Some(start) = self.finder.find(line) else { return self.piece(line, &[]) };
        let (before, text) = line.split_at(start);
        if holds_an_end(before) {
            let piece = self.piece(before, text);
            if piece.found != Found::Nothing {
                return piece;
            }
        }
        let Some(end) = memchr(b'}', text) else { return self.damaged(text) };
        let (whole, behind) = text.split_at(end + 1);
        let message = if whole.len() >= SHORTEST { read_message(whole) } else { None };
        let intact = message.is_some()
            && (!self.verify || {
                let body = &whole[..whole.len() - TAIL];
                whole.last_chunk() == Some(&self.tail(checksum(body)))
            });
        match message {
            Some(message) if intact => Piece { found: Found::Intact(message), text: whole, behind },
            _ => self.damaged(text),
        }
    }

    /// A text that is not as it was sent. It reaches to the next one, as far as can be told.
    #[cold]
    fn damaged<'a>(&self, text: &'a [u8]) -> Piece<'a> {
        let end = self.finder.find(&text[1..]).map_or(text.len(), |next| next + 1);
        let (text, behind) = text.split_at(end);
        let message = attribute(text);
        let ends = memchr(b'}', text).is_some() || self.only_its_end_is_damaged(text);
        let found = if ends { Found::Corrupt(message) } else { Found::Torn(message) };
        Piece { found, text, behind }
    }

    fn only_its_end_is_damaged(&self, text: &[u8]) -> bool {
        let mut mended = text.to_vec();
        mended.pop();
        mended.push(b'}');
        matches!(self.next(&mended).found, Found::Intact(_))
    }

    /// Returns whether a text that was cut, `beginning`, ends with `rest`; either may have a label of
    /// another message at the cut.
    #[cold]
    pub fn continues(&self, beginning: &[u8], rest: &[u8]) -> bool {
        let labels = |piece: &[u8]| 0..=piece.len().saturating_sub(1).min(LABEL);
        labels(beginning).any(|behind| {
            let beginning = &beginning[..beginning.len() - behind];
            labels(rest).any(|before| {
                let whole = [beginning, &rest[before..]].concat();
                matches!(self.next(&whole).found, Found::Intact(_))
            })
        })
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

    /// A piece without the mark of this run at its beginning.
    #[cold]
    fn piece<'a>(&self, text: &'a [u8], behind: &'a [u8]) -> Piece<'a> {
        Piece { found: self.without_beginning(text), text, behind }
    }

    /// A text whose beginning is damaged or missing, or one of another run.
    fn without_beginning(&self, line: &[u8]) -> Found {
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

/// Returns whether there is a closing brace. A label is short and there is one in front of each
/// text, so it is looked at by the word, without a call.
#[inline]
fn holds_an_end(before: &[u8]) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const ENDS: u64 = u64::from_le_bytes([b'}'; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let (words, rest) = before.as_chunks::<8>();
    let in_word = |word: &[u8; 8]| {
        let zero = u64::from_le_bytes(*word) ^ ENDS;
        zero.wrapping_sub(ONES) & !zero & HIGH != 0
    };
    match before.last_chunk::<8>() {
        Some(last) => words.iter().any(in_word) || in_word(last),
        None => rest.contains(&b'}'),
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
mod tests;
