//! Which checks are made, by their names or patterns of them.

use globset::{Glob, GlobMatcher};

use crate::catalogue::Check;

/// Patterns of names: `2.*`, `*-salir`, `{1,3}.*`.
#[derive(Clone, Debug, Default)]
pub struct Patterns(Vec<GlobMatcher>);

/// A pattern that cannot be meant.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// It is not a pattern.
    #[error("{0}")]
    Malformed(#[from] globset::Error),
    /// No check has such a name.
    #[error("no check is called {0:?}; chat-check list shows their names")]
    Unknown(String),
}

impl Patterns {
    /// Reads patterns, each of which must stand for at least one of these checks.
    ///
    /// # Errors
    ///
    /// The first that is none or stands for none.
    pub fn parse(patterns: &[String], checks: &[&Check]) -> Result<Self, PatternError> {
        let parse = |pattern: &String| {
            let matcher = Glob::new(pattern)?.compile_matcher();
            if checks.iter().any(|check| matcher.is_match(check.id)) {
                Ok(matcher)
            } else {
                Err(PatternError::Unknown(pattern.clone()))
            }
        };
        patterns.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them stands for this name.
    pub fn has(&self, id: &str) -> bool {
        self.0.iter().any(|pattern| pattern.is_match(id))
    }
}

/// What was asked of the checks.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these, and what they need.
    pub only: Patterns,
    /// Not these.
    pub skip: Patterns,
    /// These will fail.
    pub xfail: Patterns,
}

impl Selection {
    /// The ones of these checks that are to be made: with `only`, also what those need.
    pub fn of(&self, checks: &[&'static Check]) -> Vec<&'static Check> {
        let mut wanted: Vec<&str> = checks
            .iter()
            .map(|check| check.id)
            .filter(|id| self.only.is_empty() || self.only.has(id))
            .collect();
        let mut next = 0;
        while let Some(id) = wanted.get(next) {
            let needs = checks.iter().find(|check| check.id == *id).map_or(&[][..], |c| c.needs);
            next += 1;
            for need in needs {
                if !wanted.contains(need) {
                    wanted.push(need);
                }
            }
        }
        let made = |check: &&&Check| wanted.contains(&check.id) && !self.skip.has(check.id);
        checks.iter().filter(made).copied().collect()
    }
}
