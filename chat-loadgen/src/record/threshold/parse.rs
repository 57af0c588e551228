//! Parses conditions, and says where in the text a mistake is and what was probably meant.

use std::str::FromStr;

use thiserror::Error;

use super::metric::{Metric, UnknownMetric};
use super::{Condition, Operator, Relation};

/// A mistake in a condition, and its place.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("at character {at}, `{piece}`: {mistake}")]
pub(crate) struct ParseError {
    /// Number of the character, from 1.
    at: usize,
    piece: String,
    mistake: Mistake,
}

/// The reasons for which a text is no condition.
#[derive(Debug, Clone, PartialEq, Error)]
enum Mistake {
    /// There is no comparison operator.
    #[error("this is no comparison: a metric, one of < <= > >= == !=, and a number")]
    Comparison,
    /// The left side is no metric.
    #[error(transparent)]
    Metric(#[from] UnknownMetric),
    /// The right side is no number.
    #[error("this is no number of 0 or more")]
    Number,
    /// The right side's unit does not fit the left side.
    #[error("{metric} is measured in {possible}")]
    Unit {
        /// The left side.
        metric: Metric,
        /// The units that are possible.
        possible: String,
    },
    /// Something that people write, and that means nothing here or could mean two things.
    #[error("{0}")]
    Hint(&'static str),
}

/// Operators, the longer ones first: `<` is also the start of `<=`.
const OPERATORS: [(&str, Operator); 7] = [
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("==", Operator::Equal),
    ("!=", Operator::Different),
    ("<", Operator::Less),
    (">", Operator::More),
    ("=", Operator::Equal),
];

/// Pieces of a comparison that stand in no right one.
const HINTS: [(&str, &str); 10] = [
    (",", "a comma could mean both: write && or ||, and a point in a number"),
    ("&", "write && for and"),
    ("|", "write || for or"),
    ("(", "there are no parentheses: && binds more than ||"),
    (")", "there are no parentheses: && binds more than ||"),
    ("=<", "write <="),
    ("=>", "write >="),
    ("<>", "write !="),
    ("≤", "write <="),
    ("≥", "write >="),
];

/// The words and signs that join comparisons: true for the one that binds less.
const JOINTS: [(&str, bool); 4] = [("||", true), ("&&", false), ("or", true), ("and", false)];

/// A piece of a text, with the place where it begins, in bytes.
type Piece<'a> = (usize, &'a str);

impl FromStr for Condition {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut any = vec![Vec::new()];
        for (begins_alternative, piece) in comparisons(text) {
            if begins_alternative {
                any.push(Vec::new());
            }
            let relation = relation(piece).map_err(|((at, piece), mistake)| ParseError {
                at: text[..at].chars().count() + 1,
                piece: piece.to_owned(),
                mistake,
            })?;
            any.last_mut().expect("there is one").push(relation);
        }
        Ok(Self { text: text.trim().to_owned(), any })
    }
}

/// The comparisons of a text. True for those behind an `||`.
fn comparisons(text: &str) -> Vec<(bool, Piece<'_>)> {
    let mut comparisons = Vec::new();
    let (mut start, mut alternative) = (0, false);
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let Some((joint, or)) = JOINTS.iter().find(|(joint, _)| is_joint(text, at, joint)) else {
            at += next.len_utf8();
            continue;
        };
        comparisons.push((alternative, (start, &text[start..at])));
        at += joint.len();
        (start, alternative) = (at, *or);
    }
    comparisons.push((alternative, (start, &text[start..])));
    comparisons
}

/// Returns whether this joint stands here. A word stands between blanks.
fn is_joint(text: &str, at: usize, joint: &str) -> bool {
    let (before, behind) = text.split_at(at);
    let Some(word) = behind.get(..joint.len()) else { return false };
    let apart = |next: Option<char>| next.is_none_or(char::is_whitespace);
    let is_word = joint.starts_with(char::is_alphabetic);
    word.eq_ignore_ascii_case(joint)
        && (!is_word
            || apart(before.chars().next_back()) && apart(behind[joint.len()..].chars().next()))
}

/// Without the blanks around it.
fn trimmed((at, text): Piece<'_>) -> Piece<'_> {
    let behind = text.trim_start();
    (at + text.len() - behind.len(), behind.trim_end())
}

fn relation(piece: Piece<'_>) -> Result<Relation, (Piece<'_>, Mistake)> {
    let (start, text) = trimmed(piece);
    for (sign, hint) in HINTS {
        if let Some(at) = text.find(sign) {
            let there = (start + at, &text[at..at + sign.len()]);
            return Err((there, Mistake::Hint(hint)));
        }
    }
    let no_comparison = ((start, text), Mistake::Comparison);
    let Some(at) = text.find(['<', '>', '=', '!']) else { return Err(no_comparison) };
    let (left, rest) = text.split_at(at);
    let Some((operator, sign)) = OPERATORS
        .iter()
        .find_map(|(sign, operator)| rest.starts_with(sign).then_some((*operator, sign)))
    else {
        return Err(no_comparison);
    };
    let (left, right) = (trimmed((start, left)), (start + at + sign.len(), &rest[sign.len()..]));
    if left.1.starts_with(|c: char| c.is_ascii_digit()) {
        return Err((left, Mistake::Hint("the metric stands on the left: p99<5ms")));
    }
    let metric: Metric = left.1.parse().map_err(|unknown: UnknownMetric| (left, unknown.into()))?;
    Ok(Relation { metric, operator, number: number(metric, trimmed(right))? })
}

fn number(metric: Metric, (at, text): Piece<'_>) -> Result<f64, (Piece<'_>, Mistake)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let number: f64 = digits.parse().map_err(|_| ((at, text), Mistake::Number))?;
    let units = metric.quantity().units();
    match units.iter().find(|(name, _)| *name == unit.trim_start()) {
        Some((_, size)) => Ok(scaled(number, *size)),
        None => Err(((at, text), Mistake::Unit { metric, possible: possible(units) })),
    }
}

/// Multiplied; where the unit is a fraction, divided, because 0.01 is not exactly a hundredth.
fn scaled(number: f64, size: f64) -> f64 {
    if size < 1.0 { number / size.recip().round() } else { number * size }
}

/// The units in words.
pub(super) fn possible(units: &[(&str, f64)]) -> String {
    let names = units.iter().map(|(name, _)| if name.is_empty() { "(no unit)" } else { name });
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_understood() {
        for (written, meant) in [
            ("lost=0", "lost==0"),
            ("lost = 0 and p99 < 5 ms", "lost==0&&p99<5ms"),
            ("p99>5ms OR lost>0 or late>0 And late<9", "p99>5ms||lost>0||late>0&&late<9"),
        ] {
            let parsed = [written, meant].map(|text| text.parse::<Condition>().unwrap().any);
            assert_eq!(parsed[0], parsed[1], "{written}");
        }
    }

    #[test]
    fn a_mistake_is_shown_where_it_is() {
        let table = [
            ("", "at character 1, ``: this is no comparison"),
            ("p99", "at character 1, `p99`: this is no comparison"),
            ("p99!5ms", "at character 1, `p99!5ms`: this is no comparison"),
            ("p99<5ms &&", "at character 11, ``: this is no comparison"),
            ("p99<5ms && lots>0", "at character 12, `lots`: unknown metric; did you mean lost?"),
            ("p98<5ms", "`p98`: unknown metric"),
            ("p99<5", "at character 5, `5`: response.p99 is measured in ns, us, µs, ms, s"),
            ("p99 > 5µs || p99<5 min", "at character 18, `5 min`: response.p99 is measured in"),
            ("lost>5ms", "lost is measured in (no unit), k, M"),
            ("rate>5k/m", "k/s"),
            ("lost>-1", "at character 6, `-1`: this is no number of 0 or more"),
            ("lost>1.2.3", "no number"),
            ("lost>NaN", "no number"),
            ("lost>=", "at character 7, ``: this is no number"),
            ("lost>0, p99>5ms", "at character 7, `,`: a comma could mean both"),
            ("lost>0 & p99>5ms", "at character 8, `&`: write && for and"),
            ("lost>0 | p99>5ms", "at character 8, `|`: write || for or"),
            ("(p99<5ms)", "at character 1, `(`: there are no parentheses"),
            ("lost=>5", "at character 5, `=>`: write >="),
            ("lost<>5", "write !="),
            ("p99≤5ms", "at character 4, `≤`: write <="),
            ("5ms<p99", "at character 1, `5ms`: the metric stands on the left"),
        ];
        for (text, part) in table {
            let error = text.parse::<Condition>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
