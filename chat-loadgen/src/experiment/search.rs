//! The search for the highest rate that holds (`--find-max`).

use crate::experiment::{Error, Experiment};
use crate::plan::{Pacing, Plan};
use crate::record::figures;
use crate::record::threshold::Condition;
use crate::record::validity;
use crate::record::{Histograms, Record, Status, Step};
use crate::run::barrier::Failure;
use crate::system::target::Target;
use crate::traffic::sending::schedule::Shape;

/// Precision of `--find-max`: the search ends when the lowest rate that failed, divided by the
/// highest rate that held, is at most this.
const CLOSE: f64 = 1.05;
/// Maximum number of messages that the server may leave untaken at a rate that holds, as a share of
/// those it took.
const UNSENT: f64 = 0.01;
/// Maximum number of rates that are tried.
const MAX_STEPS: usize = 30;

impl Experiment<'_> {
    /// Searches for the highest rate at which `condition` holds: doubles or halves the rate until
    /// it is between one that holds and one that does not, then bisects geometrically.
    ///
    /// Gives the record of the highest that held, or of the last tried if none did; and whether one
    /// did.
    ///
    /// # Errors
    ///
    /// As [`Self::run_once`].
    pub(crate) fn find_highest_rate(
        &self,
        plan: &Plan,
        first: f64,
        condition: &Condition,
        target: Option<&Target>,
    ) -> Result<(Record, Histograms, bool), Error> {
        let mut search = Vec::new();
        let mut best = None;
        let mut last = None;
        let (mut holds_at, mut fails_at): (Option<f64>, Option<f64>) = (None, None);
        while search.len() < MAX_STEPS && !self.interrupted() {
            let Some(rate) = next_rate(first, holds_at, fails_at) else { break };
            let Pacing::Open(_, arrivals) = &plan.pacing else { break };
            let pacing = Pacing::Open(Shape::constant(rate), *arrivals);
            let plan = Plan { pacing, ..plan.clone() };
            let (mut record, histograms) = self.run_once(&plan, target, None)?;
            validity::judge_by(&mut record, condition);
            if self.interrupted() {
                last = Some((record, histograms));
                break;
            }
            let holds = is_sound(&record) && condition.holds(&record) == Ok(true);
            eprintln!(
                "{} {}: {}",
                figures::rate(rate),
                if holds { "holds" } else { "does not hold" },
                condition.actual(&record),
            );
            search.push(step(rate, holds, &record));
            if holds {
                holds_at = Some(rate);
                best = Some((record, histograms));
            } else {
                fails_at = Some(rate);
                last = Some((record, histograms));
            }
        }
        let found = best.is_some();
        let Some((mut record, histograms)) = best.or(last) else {
            return Err(Failure::Interrupted.into());
        };
        record.search = search;
        Ok((record, histograms, found))
    }
}

/// Returns whether a run's figures hold for all its messages and clients. A client that the server
/// disconnects for lag is missing from the figures, and so are messages that the server does not
/// take.
fn is_sound(record: &Record) -> bool {
    let Record { verdict, ledger, traffic, .. } = record;
    let taken = figures::float(traffic.unsent) <= UNSENT * figures::float(traffic.messages);
    verdict.status != Status::Invalid && ledger.disconnected == 0 && taken
}

/// The rate to try next; none when the highest that holds is known well enough.
fn next_rate(first: f64, holds: Option<f64>, fails: Option<f64>) -> Option<f64> {
    match (holds, fails) {
        (None, None) => Some(first),
        (Some(holds), None) => Some(holds * 2.0),
        (None, Some(fails)) => Some(fails / 2.0).filter(|&rate| rate >= 1.0),
        (Some(holds), Some(fails)) => (fails / holds > CLOSE).then(|| (holds * fails).sqrt()),
    }
}

fn step(rate: f64, holds: bool, record: &Record) -> Step {
    Step {
        rate,
        holds,
        verdict: record.verdict.clone(),
        latency: record.latency,
        achieved_rate: record.traffic.achieved_rate,
        lost: record.ledger.lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_ends_next_to_the_rate_that_is_looked_for() {
        for (first, limit) in [(500.0, 1234.0), (500.0, 7.0), (1.0, 40_000.0), (500.0, 0.2)] {
            let (mut holds, mut fails) = (None, None);
            let mut steps = 0;
            while let Some(rate) = next_rate(first, holds, fails) {
                *(if rate <= limit { &mut holds } else { &mut fails }) = Some(rate);
                steps += 1;
            }
            assert!(steps < MAX_STEPS, "{steps}");
            match holds {
                Some(holds) => assert!(holds <= limit && holds * CLOSE >= limit, "{holds}"),
                None => assert!(limit < 1.0),
            }
        }
    }
}
