//! The search for the highest rate that holds (`--find-max`).

mod bracket;
mod evidence;
mod recovery;

use self::bracket::Bracket;
use self::evidence::Evidence;
pub(super) use self::recovery::RECOVERY;
use self::recovery::Rest;
use crate::experiment::{Error, Experiment};
use crate::plan::{Pacing, Plan};
use crate::record::figures;
use crate::record::threshold::Condition;
use crate::record::{Histograms, Record, SearchResult, SearchState, Step};
use crate::run::barrier::Failure;
use crate::system::target::Servers;
use crate::traffic::sending::schedule::{Arrivals, Shape};

/// Columns of a line of progress.
const COLUMNS: usize = 80;

/// A run, and what stands behind its record.
type Run = (Record, Histograms);

impl Experiment<'_> {
    /// Searches for the highest rate at which `condition` holds: doubles or halves the rate until
    /// it is between one that holds and one that does not, bisects geometrically, and repeats the
    /// ends until they are clear.
    ///
    /// Gives the record of a run at the highest rate that held, or of the last run if none did; and
    /// whether one did. When no further run can be made the search is unfinished: the error is
    /// among the complaints.
    ///
    /// # Errors
    ///
    /// As [`Self::run_once`], before there is any record.
    pub(crate) fn find_highest_rate(
        &self,
        plan: &Plan,
        first: f64,
        condition: &Condition,
        target: Option<&Servers>,
    ) -> Result<(Record, Histograms, bool), Error> {
        // In a window without a message nothing can be measured.
        let lowest = plan.duration.as_secs_f64().recip().max(1.0);
        let mut search = Search::new(Bracket::new(first, lowest));
        let rest = Rest::of(plan.address(), target);
        while let Some(rate) = search.bracket.next() {
            let plan = at(plan, rate);
            match self.run_at_rest(&plan, target, &rest, search.steps.is_empty()) {
                Ok(run) if self.interrupted() => {
                    search.broken_off("interrupted", Some(run));
                    break;
                }
                Ok(run) => search.add(rate, condition, run),
                Err(error) if search.steps.is_empty() => return Err(error),
                Err(Error::Run(Failure::Interrupted)) => {
                    search.broken_off("interrupted", None);
                    break;
                }
                Err(error) => {
                    search.broken_off(&error.to_string(), None);
                    self.complaints.borrow_mut().push(error);
                    break;
                }
            }
        }
        search.finish().ok_or_else(|| Failure::Interrupted.into())
    }

    /// A run that begins when the server has recovered from the one before.
    fn run_at_rest(
        &self,
        plan: &Plan,
        target: Option<&Servers>,
        rest: &Rest<'_>,
        is_first: bool,
    ) -> Result<Run, Error> {
        if !is_first && !rest.wait(self.stop) {
            return Err(Error::NotRecovered);
        }
        self.run_once(plan, target, None)
    }
}

/// The plan at that rate.
fn at(plan: &Plan, rate: f64) -> Plan {
    let arrivals = match plan.pacing {
        Pacing::Open(_, arrivals) => arrivals,
        Pacing::Closed(_) => Arrivals::Even,
    };
    Plan { pacing: Pacing::Open(Shape::constant(rate), arrivals), ..plan.clone() }
}

/// A search, as far as it has come.
struct Search {
    bracket: Bracket,
    steps: Vec<Step>,
    /// The latest run at each rate that held.
    held: Vec<(f64, Run)>,
    last: Option<Run>,
    /// Reason for which it ended early.
    broken_off: Option<String>,
}

impl Search {
    fn new(bracket: Bracket) -> Self {
        Self { bracket, steps: Vec::new(), held: Vec::new(), last: None, broken_off: None }
    }

    /// Takes a run into account, and prints a line about it.
    fn add(&mut self, rate: f64, condition: &Condition, run: Run) {
        let evidence = evidence::of(&run.0, condition);
        let (holds, words) = match &evidence {
            Evidence::Holds => (true, format!("holds: {}", condition.actual(&run.0))),
            Evidence::Fails => (false, format!("does not hold: {}", condition.actual(&run.0))),
            Evidence::Nothing(why) => (false, format!("no evidence on the server: {why}")),
        };
        eprintln!("{}", line(rate, &words));
        self.steps.push(step(rate, &evidence, &run.0));
        self.bracket.add(rate, evidence);
        if holds {
            self.held.retain(|(other, _)| other.total_cmp(&rate).is_ne());
            self.held.push((rate, run));
        } else {
            self.last = Some(run);
        }
    }

    /// Notes that there will be no further run, and the last one's part.
    fn broken_off(&mut self, why: &str, part: Option<Run>) {
        self.broken_off = Some(why.to_owned());
        self.last = part.or(self.last.take());
    }

    /// The record with the result, and whether a rate held; nothing if there was no run.
    fn finish(mut self) -> Option<(Record, Histograms, bool)> {
        let result = self.result();
        let best = result.holds.and_then(|holds| {
            let at = self.held.iter().position(|(rate, _)| rate.total_cmp(&holds.rate).is_eq())?;
            Some(self.held.swap_remove(at).1)
        });
        let found = best.is_some();
        let last = self.last.or_else(|| self.held.pop().map(|(_, run)| run));
        let (mut record, histograms) = best.or(last)?;
        record.search = self.steps;
        record.search_result = Some(result);
        Some((record, histograms, found))
    }

    fn result(&self) -> SearchResult {
        let mut result = self.bracket.result();
        if let Some(why) = &self.broken_off {
            result.state = SearchState::Unfinished;
            result.remarks.insert(0, format!("{why} after {} runs", self.steps.len()));
        }
        result
    }
}

/// A line about a run, as long as a terminal is wide at most; its words are in the record.
fn line(rate: f64, words: &str) -> String {
    let line = format!("{}/s {words}", figures::rate(rate));
    match line.char_indices().nth(COLUMNS) {
        Some(_) => line.chars().take(COLUMNS - 1).chain(['…']).collect(),
        None => line,
    }
}

fn step(rate: f64, evidence: &Evidence, record: &Record) -> Step {
    Step {
        rate,
        holds: *evidence == Evidence::Holds,
        no_evidence: matches!(evidence, Evidence::Nothing(_)),
        verdict: record.verdict.clone(),
        latency: record.latency,
        own_figures: record.own_figures.clone(),
        achieved_rate: record.traffic.achieved_rate,
        lost: record.ledger.lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    /// A search whose runs at these rates gave so many messages; 20 or fewer hold.
    fn search(runs: &[(f64, u64)]) -> Search {
        let mut search = Search::new(Bracket::new(runs[0].0, 1.0));
        for &(rate, messages) in runs {
            let mut record = sample::record();
            (record.traffic.messages, record.traffic.unsent) = (messages, 0);
            search.add(rate, &"messages<=20".parse().unwrap(), (record, sample::histograms()));
        }
        search
    }

    #[test]
    fn a_line_of_progress_has_the_unit_and_at_most_eighty_columns() {
        assert_eq!(line(500.0, "holds: lost = 0"), "500/s holds: lost = 0");
        let [all, cut] = [74, 75].map(|length| line(500.0, &"µ".repeat(length)));
        assert!(all.ends_with('µ') && cut.ends_with('…'), "{all} {cut}");
        assert_eq!([all, cut].map(|line| line.chars().count()), [80, 80]);
    }

    #[test]
    fn the_record_is_that_of_a_run_at_the_highest_rate_that_held() {
        let runs = [(100.0, 10), (200.0, 21), (141.0, 14), (168.0, 22), (141.0, 15), (168.0, 23)];
        let (record, _, found) = search(&runs).finish().unwrap();
        assert!(found);
        assert_eq!((record.traffic.messages, record.search.len()), (15, 6));
        let result = record.search_result.unwrap();
        assert_eq!((result.holds.unwrap().held, result.fails.unwrap().failed), (2, 2));
        let (record, _, found) = search(&[(100.0, 21), (50.0, 22)]).finish().unwrap();
        assert_eq!((found, record.traffic.messages), (false, 22));
    }

    #[test]
    fn a_search_that_is_broken_off_is_unfinished_whatever_it_has_found() {
        let mut all = vec![(100.0, 10), (104.0, 21)];
        all.extend([(100.0, 10), (100.0, 10), (104.0, 21), (104.0, 21)]);
        assert_eq!(search(&all).result().state, SearchState::Found);
        let mut search = search(&all[..4]);
        search.broken_off("interrupted", None);
        let (record, _, found) = search.finish().unwrap();
        let result = record.search_result.unwrap();
        assert_eq!((result.state, found), (SearchState::Unfinished, true));
        assert_eq!(result.remarks, ["interrupted after 4 runs"]);
        assert!(result.holds.unwrap().clear && !result.fails.unwrap().clear);
    }
}
