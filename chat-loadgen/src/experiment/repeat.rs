//! The same run several times (`--runs`).

use crate::experiment::{Error, Experiment};
use crate::record::figures::sampled;
use crate::record::threshold::Metric;
use crate::record::{Histograms, Record, Runs};
use crate::run::barrier::Failure;

impl Experiment<'_> {
    /// Makes a measurement `asked` times, one after the other, and joins the records; `one` gets the
    /// run's number, from 1. All have the same seed, so the same messages at the same times: the
    /// figures differ only by what server and machine do. `more` are figures to keep beside the usual
    /// ones.
    ///
    /// When the runs end early, by an interrupt or an error, the complete ones count. A run that
    /// `--abort-if` ends is the report: there is no use in repeating it.
    ///
    /// # Errors
    ///
    /// That of the first run: there is nothing to report.
    pub(crate) fn repeat(
        &self,
        asked: u32,
        more: &[Metric],
        mut one: impl FnMut(u32) -> Result<(Record, Histograms), Error>,
    ) -> Result<(Record, Histograms), Error> {
        let first = one(1)?;
        if asked == 1 || self.interrupted() || first.0.ended_early.is_some() {
            return Ok(first);
        }
        tell(1, asked, &first.0);
        let mut runs = vec![first];
        for number in 2..=asked {
            match one(number) {
                _ if self.interrupted() => break,
                Ok(run) if run.0.ended_early.is_some() => return Ok(run),
                Ok(run) => {
                    tell(number, asked, &run.0);
                    runs.push(run);
                }
                Err(Error::Run(Failure::Interrupted)) => break,
                Err(error) => {
                    self.complaints.borrow_mut().push(error);
                    break;
                }
            }
        }
        Runs::join(runs, asked, more).ok_or(Error::Run(Failure::Interrupted))
    }
}

fn tell(number: u32, asked: u32, record: &Record) {
    let response = &record.latency.response;
    let p99 = sampled(response, response.p99);
    let verdict = record.verdict.status.word();
    eprintln!("run {number} of {asked}: {verdict}, response p99 {p99}");
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::record::{EndedEarly, Status, sample};

    fn run() -> (Record, Histograms) {
        (sample::record(), sample::histograms())
    }

    #[test]
    fn as_many_runs_as_asked_for_are_one_record() {
        let stop = AtomicBool::new(false);
        let experiment = Experiment::new(sample::record().environment, &stop);
        let (record, _) = experiment.repeat(3, &["lost".parse().unwrap()], |_| Ok(run())).unwrap();
        let runs = record.runs.unwrap();
        assert_eq!(runs.each.len(), 3);
        assert!(runs.figures.iter().any(|figure| figure.metric == "lost"));
        assert_eq!(experiment.repeat(1, &[], |_| Ok(run())).unwrap().0.runs, None);
    }

    #[test]
    fn a_run_that_a_condition_ends_is_the_report() {
        let stop = AtomicBool::new(false);
        let experiment = Experiment::new(sample::record().environment, &stop);
        let mut made = 0;
        let ends_early = |number| {
            made = number;
            let mut run = run();
            if number == 2 {
                let [condition, figures] = ["lost>0", "lost = 1"].map(str::to_owned);
                run.0.ended_early = Some(EndedEarly { condition, figures, at: 0.5 });
            }
            Ok(run)
        };
        let (record, _) = experiment.repeat(5, &[], ends_early).unwrap();
        assert!(record.ended_early.is_some() && record.runs.is_none() && made == 2);
    }

    #[test]
    fn the_complete_runs_count_when_they_end_early() {
        let stop = AtomicBool::new(false);
        let experiment = Experiment::new(sample::record().environment, &stop);
        let fails =
            |number| if number < 3 { Ok(run()) } else { Err(Error::Relay(io::Error::other("x"))) };
        let (record, _) = experiment.repeat(5, &[], fails).unwrap();
        assert_eq!(record.runs.unwrap().each.len(), 2);
        assert_eq!(record.verdict.status, Status::Partial);
        let interrupted = |number| {
            stop.store(number == 2, Ordering::Relaxed);
            Ok(run())
        };
        let (record, _) = experiment.repeat(5, &[], interrupted).unwrap();
        assert_eq!(record.runs.unwrap().each.len(), 1, "the second was interrupted");
        assert_eq!(experiment.complaints().len(), 1);
    }
}
