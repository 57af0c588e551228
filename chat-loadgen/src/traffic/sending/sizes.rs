//! Message sizes: the length in bytes of each message's text.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::wire::payload::{LONGEST, SHORTEST};
use crate::wire::random::{mix, state};

/// Maximum weight: finer than any run can show.
const MAX_WEIGHT: u32 = 1_000_000;
/// Maximum number of weighted sizes, so that the total of their weights cannot overflow.
const MAX_CHOICES: usize = 1000;

/// A distribution of sizes in bytes, written `64`, `32..512` (each as likely) or `64:9,1024:1`
/// (nine of 64 for each of 1024).
///
/// The size of a message depends on the seed and the message's index alone, so that a run can be
/// repeated and its messages written in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sizes {
    choice: Choice,
    seed: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    One(u32),
    /// From the first to the second, both included.
    Between(u32, u32),
    /// Sizes and their weights, of which none is 0.
    Weighted(Vec<(u32, u32)>),
}

impl Sizes {
    /// The same distribution, drawn from another seed than 0.
    #[must_use]
    pub(crate) fn seeded(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The size of the message with this index.
    pub(crate) fn size_of(&self, index: u64) -> usize {
        let size = match &self.choice {
            Choice::One(size) => *size,
            Choice::Between(low, high) => low + self.draw(index, high - low + 1),
            Choice::Weighted(sizes) => chosen(sizes, self.draw(index, total(sizes))),
        };
        size as usize
    }

    /// The largest size there can be.
    pub(crate) fn longest(&self) -> usize {
        let size = match &self.choice {
            Choice::One(size) | Choice::Between(_, size) => *size,
            Choice::Weighted(sizes) => sizes.iter().map(|&(size, _)| size).max().unwrap_or(0),
        };
        size as usize
    }

    /// An even number below `bound` for an index: splitmix64, started where the seed says, scaled.
    fn draw(&self, index: u64, bound: u32) -> u32 {
        let hash = mix(state(mix(self.seed), index));
        // A product of two 32-bit numbers, of which the upper half is kept: below `bound`.
        u32::try_from(((hash >> 32) * u64::from(bound)) >> 32).unwrap_or_default()
    }
}

fn total(sizes: &[(u32, u32)]) -> u32 {
    sizes.iter().map(|&(_, weight)| weight).sum()
}

/// The size on which a number below the total of the weights falls.
fn chosen(sizes: &[(u32, u32)], mut number: u32) -> u32 {
    for &(size, weight) in sizes {
        match number.checked_sub(weight) {
            Some(rest) => number = rest,
            None => return size,
        }
    }
    0
}

impl FromStr for Sizes {
    type Err = ParseSizesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let choice = if let Some((low, high)) = text.split_once("..") {
            match (size(low)?, size(high)?) {
                (low, high) if low < high => Choice::Between(low, high),
                (low, high) if low == high => Choice::One(low),
                _ => return Err(ParseSizesError::Order),
            }
        } else if text.contains(':') {
            let sizes: Vec<_> = text.split(',').map(weighted).collect::<Result<_, _>>()?;
            if sizes.len() > MAX_CHOICES {
                return Err(ParseSizesError::Form);
            }
            Choice::Weighted(sizes)
        } else {
            Choice::One(size(text)?)
        };
        Ok(Self { choice, seed: 0 })
    }
}

fn size(text: &str) -> Result<u32, ParseSizesError> {
    let size: u32 = text.parse().map_err(|_| ParseSizesError::Form)?;
    if (SHORTEST..=LONGEST).contains(&(size as usize)) {
        Ok(size)
    } else {
        Err(ParseSizesError::Range)
    }
}

fn weighted(text: &str) -> Result<(u32, u32), ParseSizesError> {
    let (bytes, weight) = text.split_once(':').ok_or(ParseSizesError::Form)?;
    let weight = weight
        .parse()
        .ok()
        .filter(|weight| (1..=MAX_WEIGHT).contains(weight))
        .ok_or(ParseSizesError::Weight)?;
    Ok((size(bytes)?, weight))
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.choice {
            Choice::One(size) => write!(f, "{size}"),
            Choice::Between(low, high) => write!(f, "{low}..{high}"),
            Choice::Weighted(sizes) => {
                for (i, (size, weight)) in sizes.iter().enumerate() {
                    let comma = if i > 0 { "," } else { "" };
                    write!(f, "{comma}{size}:{weight}")?;
                }
                Ok(())
            }
        }
    }
}

/// The reasons for which a text is no distribution of sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum ParseSizesError {
    /// It has another form.
    #[error("expected bytes such as 64, 32..512 or 64:9,1024:1")]
    Form,
    /// A size that a text cannot have.
    #[error("expected sizes from {SHORTEST} to {LONGEST} bytes")]
    Range,
    /// The second size is below the first.
    #[error("expected the smaller size first, such as 32..512")]
    Order,
    /// A weight is none, or too large.
    #[error("expected weights from 1 to {MAX_WEIGHT}, such as 64:9")]
    Weight,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(text: &str) -> Sizes {
        text.parse::<Sizes>().unwrap().seeded(7)
    }

    #[test]
    fn what_is_written_is_what_was_read() {
        for text in ["64", "32..512", "64:9,1024:1", "24", "1048576"] {
            assert_eq!(sizes(text).to_string(), text);
        }
        assert_eq!(sizes("64..64").to_string(), "64");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, error) in [
            ("", ParseSizesError::Form),
            ("64,65", ParseSizesError::Form),
            ("64:1,", ParseSizesError::Form),
            ("23", ParseSizesError::Range),
            ("32..1048577", ParseSizesError::Range),
            ("512..32", ParseSizesError::Order),
            ("64:0", ParseSizesError::Weight),
            ("64:x", ParseSizesError::Weight),
        ] {
            assert_eq!(text.parse::<Sizes>(), Err(error), "{text:?}");
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    #[test]
    fn sizes_are_those_asked_for_as_often_as_asked_for() {
        let means = [
            ("64", 64.0),
            ("32..512", 272.0),
            ("64:9,1024:1", 160.0),
            ("1000:1,64:2,100:3", 238.0),
        ];
        for (text, expected) in means {
            let sizes = sizes(text);
            let drawn: Vec<usize> = (0..100_000).map(|k| sizes.size_of(k)).collect();
            let mean = drawn.iter().sum::<usize>() as f64 / 100_000.0;
            assert!((mean / expected - 1.0).abs() < 0.02, "{text}: {mean} {expected}");
            assert_eq!(drawn.iter().max(), Some(&sizes.longest()), "{text}");
        }
        assert_eq!((0..100_000).map(|k| sizes("32..512").size_of(k)).min(), Some(32));
    }

    #[test]
    fn the_seed_and_the_index_decide() {
        let draw =
            |seed| (0..100).map(|k| sizes("32..512").seeded(seed).size_of(k)).collect::<Vec<_>>();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
