//! File format of a rubric.

use std::num::NonZero;

use serde::Deserialize;
use thiserror::Error;

use crate::checks::catalogue;
use crate::checks::check::Side;
use crate::checks::select::PatternError;
use crate::grade::rubric::{Patterns, Rubric};
use crate::text::Words;

/// Error: a rubric that cannot be used.
#[derive(Debug, Error)]
pub(crate) enum RubricError {
    /// It is not in the form of a rubric.
    #[error("{0}")]
    Form(#[from] toml::de::Error),
    /// It marks neither servers nor clients.
    #[error("the rubric has neither [server] nor [client]")]
    Empty,
    /// A pattern that is malformed, or that matches no check.
    #[error("[{side}]: {source}")]
    Check {
        /// The program's section.
        side: &'static str,
        /// The error of the pattern.
        source: PatternError,
    },
    /// Levels or points that make no sense.
    #[error("[{side}]: {what}")]
    Levels {
        /// The program's section.
        side: &'static str,
        /// A description of the error.
        what: &'static str,
    },
}

/// The marking scale of one kind of program.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    pub(super) side: Side,
    pub(super) points: f64,
    pub(super) count_should: bool,
    /// The best first. The first has no condition.
    pub(super) levels: Vec<Level>,
    pub(super) deductions: Vec<Deduction>,
}

/// A level, and its condition.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) percent: f64,
    pub(super) means: Words,
    pub(super) not_started: bool,
    pub(super) fails_any: Patterns,
    pub(super) fails_all: Patterns,
    pub(super) requirements: Option<NonZero<usize>>,
}

/// A deduction for each of some checks that fails.
#[derive(Clone, Debug)]
pub(super) struct Deduction {
    pub(super) checks: Patterns,
    pub(super) points: f64,
}

/// The settings of a course: what its assignment asks for, besides the marks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Course {
    /// Profile to check against: its name.
    pub(crate) profile: Option<String>,
    /// Names or patterns of checks that count, those among them that are in no profile.
    pub(crate) must: Vec<String>,
    /// The same of checks that are only recommended.
    pub(crate) should: Vec<String>,
    /// The same of checks that are not made.
    pub(crate) skip: Vec<String>,
    /// The given part of the dialect.
    pub(crate) dialect: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Said,
    #[serde(default)]
    course: Course,
    server: Option<Section>,
    client: Option<Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    points: f64,
    #[serde(default)]
    count_should: bool,
    level: Vec<LevelForm>,
    #[serde(default)]
    deduction: Vec<DeductionForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelForm {
    percent: f64,
    means: Said,
    #[serde(default)]
    not_started: bool,
    #[serde(default)]
    fails_any: Vec<String>,
    #[serde(default)]
    fails_all: Vec<String>,
    requirements_failed_at_least: Option<NonZero<usize>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeductionForm {
    checks: Vec<String>,
    points: f64,
}

/// A text, for all languages or for each.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text, or { es = \"…\", en = \"…\" }")]
enum Said {
    Same(String),
    Each(Each),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Each {
    es: String,
    en: String,
}

impl From<Said> for Words {
    fn from(said: Said) -> Self {
        match said {
            Said::Same(text) => Self::new(&text, &text),
            Said::Each(Each { es, en }) => Self::new(es, en),
        }
    }
}

pub(super) fn parse(toml: &str) -> Result<Rubric, RubricError> {
    let File { name, course, server, client } = toml::from_str(toml)?;
    let sections = [(Side::Server, server), (Side::Client, client)];
    let scales = sections.into_iter().filter_map(|(side, section)| Some(scale(side, section?)));
    let scales: Vec<Scale> = scales.collect::<Result<_, _>>()?;
    if scales.is_empty() {
        Err(RubricError::Empty)
    } else {
        Ok(Rubric { name: name.into(), scales, course })
    }
}

fn scale(side: Side, section: Section) -> Result<Scale, RubricError> {
    let Section { points, count_should, level: levels, deduction: deductions } = section;
    let name = match side {
        Side::Server => "server",
        Side::Client => "client",
    };
    let checks = catalogue::checks(side);
    let patterns = |texts: &[String]| {
        Patterns::parse(texts, &checks).map_err(|source| RubricError::Check { side: name, source })
    };
    let level = |form: LevelForm| -> Result<Level, RubricError> {
        Ok(Level {
            percent: form.percent,
            means: form.means.into(),
            not_started: form.not_started,
            fails_any: patterns(&form.fails_any)?,
            fails_all: patterns(&form.fails_all)?,
            requirements: form.requirements_failed_at_least,
        })
    };
    let deduction = |form: DeductionForm| -> Result<Deduction, RubricError> {
        Ok(Deduction { checks: patterns(&form.checks)?, points: form.points })
    };
    let mut scale = Scale {
        side,
        points,
        count_should,
        levels: levels.into_iter().map(level).collect::<Result<_, _>>()?,
        deductions: deductions.into_iter().map(deduction).collect::<Result<_, _>>()?,
    };
    scale.levels.sort_by(|a, b| b.percent.total_cmp(&a.percent));
    match fault_of(&scale) {
        None => Ok(scale),
        Some(what) => Err(RubricError::Levels { side: name, what }),
    }
}

/// Returns the first error of a scale, if there is one. Its levels are in order.
fn fault_of(scale: &Scale) -> Option<&'static str> {
    let amount = |points: f64| points.is_finite() && points > 0.0;
    let levels = &scale.levels;
    if !amount(scale.points) || !scale.deductions.iter().all(|each| amount(each.points)) {
        return Some("points are more than 0");
    }
    if !levels.iter().all(|level| (0.0..=100.0).contains(&level.percent)) {
        return Some("percent is 0 to 100");
    }
    #[expect(clippy::float_cmp, reason = "as they stand in the file")]
    if levels.windows(2).any(|pair| pair[0].percent == pair[1].percent) {
        return Some("two levels have the same percent");
    }
    let Some((best, others)) = levels.split_first() else {
        return Some("there are no levels");
    };
    if best.has_condition() {
        return Some("the level with the highest percent must have no condition");
    }
    if !others.iter().all(Level::has_condition) {
        return Some("every level but the highest needs a condition");
    }
    // Otherwise a program that cannot be checked would have no fault.
    let says = others.iter().any(|level| level.not_started);
    (!says).then_some("one level needs `not_started = true`")
}

impl Level {
    /// Returns whether the level has a condition, so that it may not apply.
    pub(super) fn has_condition(&self) -> bool {
        let patterns = [&self.fails_any, &self.fails_all];
        self.not_started
            || self.requirements.is_some()
            || patterns.iter().any(|patterns| !patterns.is_empty())
    }
}
