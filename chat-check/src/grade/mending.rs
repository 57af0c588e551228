//! Faults to mend first: those that keep most of the skipped checks from being made.

use std::collections::HashSet;

use crate::checks::catalogue::checks;
use crate::grade::result::{Outcome, Part};
use crate::verdict::Verdict;

/// Limit on the faults that are named.
const MOST: usize = 2;

/// A fault, and the number of skipped checks that need what fails, directly or through others.
pub(crate) struct Blocker<'a> {
    pub(crate) outcome: &'a Outcome,
    pub(crate) skipped: usize,
}

impl Part {
    /// Returns the one or two faults that most of the skipped checks need. The second is the one
    /// that keeps most of those from being made that do not need the first.
    pub(crate) fn mend_first(&self) -> Vec<Blocker<'_>> {
        let faults = self.results.iter().filter(|outcome| outcome.verdict == Verdict::Fail);
        let mut blocked: Vec<_> =
            faults.map(|outcome| (outcome, self.skipped_by(&outcome.id))).collect();
        let (mut first, mut seen) = (Vec::new(), HashSet::new());
        while first.len() < MOST {
            let left = |skipped: &HashSet<&str>| skipped.difference(&seen).count();
            // Of several with as many, the first one: checks go from the basic to the difficult.
            let next = blocked.iter().rev().max_by_key(|(_, skipped)| left(skipped));
            let Some((outcome, skipped)) = next.filter(|(_, skipped)| left(skipped) > 0) else {
                break;
            };
            first.push(Blocker { outcome, skipped: skipped.len() });
            seen.extend(skipped.iter().copied());
            blocked.retain(|(_, skipped)| !skipped.is_subset(&seen));
        }
        first
    }

    /// Returns the skipped checks that need this one. A check comes after those that it needs.
    fn skipped_by(&self, id: &str) -> HashSet<&'static str> {
        let mut blocked = HashSet::new();
        for check in checks(self.side) {
            let is_skipped = |o: &Outcome| o.id == check.id && o.verdict == Verdict::Skipped;
            let needs = |need: &&str| *need == id || blocked.contains(need);
            if self.results.iter().any(is_skipped) && check.needs.iter().any(needs) {
                blocked.insert(check.id);
            }
        }
        blocked
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::check::Side;
    use crate::report::sample;
    use crate::verdict::Verdict::{self, Fail, Pass, Skipped};

    fn first(outcomes: &[(&str, Verdict)]) -> Vec<(String, usize)> {
        let results = outcomes.iter().map(|(id, verdict)| sample::outcome(id, *verdict)).collect();
        let part = sample::part(Side::Server, results);
        let first = part.mend_first();
        first.iter().map(|blocker| (blocker.outcome.id.clone(), blocker.skipped)).collect()
    }

    #[test]
    fn the_fault_that_most_skipped_checks_need_comes_first() {
        let relay = ("2.1-relay", Fail);
        let through = [("5.3-joins", Skipped), ("5.3-leaves", Skipped), ("5.3-order", Skipped)];
        let [joins, leaves, order] = through;
        assert_eq!(first(&[relay, joins, leaves, order]), [("2.1-relay".to_owned(), 3)]);
        // What needs both counts for both; a fault that adds nothing is not named.
        let asks = ("5.1-asks", Fail);
        let named = first(&[relay, asks, ("2.2-echo", Skipped), joins]);
        assert_eq!(named, [("2.1-relay".to_owned(), 2)]);
        let named =
            first(&[("1.8-port-taken", Fail), ("2.1-relay", Pass), ("5.3-joins", Fail), leaves]);
        assert_eq!(named, [("5.3-joins".to_owned(), 1)]);
    }

    #[test]
    fn where_nothing_is_skipped_nothing_is_first() {
        assert_eq!(first(&[("2.1-relay", Fail), ("2.2-echo", Pass)]), []);
    }
}
