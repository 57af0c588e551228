//! Selection of checks, by their names or patterns of them.

use globset::{Glob, GlobMatcher};

use chat_protocol::options::profile::Profile;

use crate::checks::check::Check;
use crate::verdict::Level;

/// Patterns of names: `2.*`, `*-salir`, `{1,3}.*`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patterns(Vec<GlobMatcher>);

/// Error: a pattern that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PatternError {
    /// It is not a pattern.
    #[error("{0}")]
    Malformed(#[from] globset::Error),
    /// No check has such a name.
    #[error("no check is called {0:?}; chat-check list shows their names")]
    Unknown(String),
}

impl Patterns {
    /// Parses patterns, each of which must match at least one of these checks.
    ///
    /// # Errors
    ///
    /// The first that is malformed or matches no check.
    pub(crate) fn parse(patterns: &[String], checks: &[&Check]) -> Result<Self, PatternError> {
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

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether this name stands among them as it is.
    pub(crate) fn names(&self, id: &str) -> bool {
        self.0.iter().any(|pattern| pattern.glob().glob() == id)
    }

    /// Returns whether a pattern matches this name.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|pattern| pattern.is_match(id))
    }
}

/// The patterns that select checks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Checks to make, with those that they need.
    pub(crate) only: Patterns,
    /// Checks to leave out.
    pub(crate) skip: Patterns,
    /// Checks that are expected to fail.
    pub(crate) xfail: Patterns,
    /// Checks that a course asks for.
    pub(crate) must: Patterns,
    /// Checks that a course only recommends.
    pub(crate) should: Patterns,
}

impl Selection {
    /// Returns the weight of a check: the course's, or its own.
    pub(crate) fn level(&self, check: &Check) -> Level {
        if self.must.has(check.id) {
            Level::Must
        } else if self.should.has(check.id) {
            Level::Should
        } else {
            check.level
        }
    }

    /// Returns whether a check is made in this profile. One that is in no profile is made where a
    /// course names it.
    pub(crate) fn is_for(&self, check: &Check, profile: Profile) -> bool {
        let is_asked = || self.must.names(check.id) || self.should.names(check.id);
        check.profiles.contains(&profile) || check.profiles.is_empty() && is_asked()
    }

    /// Returns the selected ones of these checks: with `only`, also what those need.
    pub(crate) fn of(&self, checks: &[&'static Check]) -> Vec<&'static Check> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::check::{MANY, Side};
    use crate::text::Text;

    const fn check(id: &'static str, needs: &'static [&'static str]) -> Check {
        const NOTHING: Text = Text { es: "", en: "" };
        Check {
            id,
            side: Side::Server,
            level: Level::Must,
            profiles: MANY,
            needs,
            title: NOTHING,
            explanation: NOTHING,
            body: |_| Ok(()),
        }
    }

    const ALL: &[&Check] = &[
        &check("1.1-a", &[]),
        &check("1.2-b", &["1.1-a"]),
        &check("2.1-c", &["1.2-b", "1.1-a"]),
        &check("2.2-d", &[]),
    ];

    fn patterns(list: &[&str]) -> Patterns {
        let list: Vec<String> = list.iter().map(ToString::to_string).collect();
        Patterns::parse(&list, ALL).unwrap()
    }

    fn chosen(only: &[&str], skip: &[&str]) -> Vec<&'static str> {
        let (only, skip) = (patterns(only), patterns(skip));
        let selection = Selection { only, skip, ..Selection::default() };
        selection.of(ALL).iter().map(|check| check.id).collect()
    }

    #[test]
    fn patterns_choose_and_leave_out() {
        assert_eq!(chosen(&[], &[]).len(), ALL.len());
        assert_eq!(chosen(&["2.2-*"], &[]), ["2.2-d"]);
        assert_eq!(chosen(&[], &["1.*", "2.2-d"]), ["2.1-c"]);
    }

    #[test]
    fn a_course_turns_on_what_is_in_no_profile_by_its_name_and_weighs_the_rest() {
        let asked = Check { profiles: &[], level: Level::Should, ..check("2.9-asked", &[]) };
        let known = [&asked, ALL[2], ALL[3]];
        let patterns = |list: &[&str]| {
            let list: Vec<String> = list.iter().map(ToString::to_string).collect();
            Patterns::parse(&list, &known).unwrap()
        };
        let profile = Profile::Basico;
        let selection = Selection { must: patterns(&["2.*"]), ..Selection::default() };
        assert!(selection.is_for(ALL[2], profile) && !selection.is_for(&asked, profile));
        let (must, should) = (patterns(&["2.9-asked"]), patterns(&["2.1-*"]));
        let selection = Selection { must, should, ..Selection::default() };
        assert!(selection.is_for(&asked, profile));
        let levels = known.map(|check| selection.level(check));
        assert_eq!(levels, [Level::Must, Level::Should, Level::Must]);
    }

    #[test]
    fn what_one_needs_is_made_as_well() {
        assert_eq!(chosen(&["*-c"], &[]), ["1.1-a", "1.2-b", "2.1-c"]);
    }

    #[test]
    fn a_pattern_that_stands_for_nothing_is_an_error() {
        let unknown = Patterns::parse(&["3.*".to_owned()], ALL).unwrap_err();
        assert!(unknown.to_string().contains("\"3.*\""), "{unknown}");
        assert!(Patterns::parse(&["[".to_owned()], ALL).is_err());
    }
}
