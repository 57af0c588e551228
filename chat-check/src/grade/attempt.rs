//! The result of one attempt at a check, and the deaths of a server by a connection that was gone:
//! one fault, whichever checks it breaks.
//!
//! When a client leaves in the wrong moment, such a server dies in a check that is about something
//! else, sometimes. That check cannot be made then, and the fault is told where it belongs.

use crate::checks::check::Check;
use crate::grade::result::{Evidence, Outcome};
use crate::text::{Lang, Words};
use crate::verdict::{Halt, Verdict};

/// The result of one attempt.
pub(super) struct Attempt {
    pub(super) halt: Option<Halt>,
    pub(super) evidence: Option<Evidence>,
    /// The end of a program that a connection killed, if that made the attempt fail.
    pub(super) death: Option<Words>,
}

impl Attempt {
    pub(super) fn is_fault(&self) -> bool {
        matches!(self.halt, Some(Halt::Fault { .. }))
    }

    pub(super) fn is_checker_s(&self) -> bool {
        matches!(self.halt, Some(Halt::Checker(_)))
    }
}

/// The check that is about such deaths.
pub(super) const OWNER: &str = "3.3-reset";

/// The deaths in a run.
#[derive(Default)]
pub(super) struct Deaths {
    all: Vec<Evidence>,
}

impl Deaths {
    /// Takes the fault of an attempt at another check in which the server died so: the check
    /// cannot be made.
    pub(super) fn take(&mut self, check: &Check, attempt: Attempt) -> Attempt {
        let Attempt { evidence: Some(evidence), death: Some(death), .. } = attempt else {
            return attempt;
        };
        if check.id == OWNER {
            return Attempt { evidence: Some(evidence), death: None, ..attempt };
        }
        self.all.push(evidence);
        let [es, en] = [Lang::Es, Lang::En].map(|lang| death.to(lang));
        let reason = Words::new(format!("{es} (véase {OWNER})"), format!("{en} (see {OWNER})"));
        Attempt { halt: Some(Halt::Untestable(reason)), evidence: None, death: Some(death) }
    }

    /// Lets the check that is about them fail if there were any, as if it had seen them itself.
    pub(super) fn blame(self, owner: &mut Outcome, explanation: String, is_expected: bool) {
        if matches!(owner.verdict, Verdict::Fail | Verdict::ExpectedFail) {
            return;
        }
        let twice = self.all.len() > 1;
        let Some(mut evidence) = self.all.into_iter().next() else { return };
        owner.verdict = match (twice, is_expected) {
            (false, _) => Verdict::Flaky,
            (true, true) => Verdict::ExpectedFail,
            (true, false) => Verdict::Fail,
        };
        owner.reason = Some(evidence.came.clone());
        evidence.explanation = explanation;
        owner.evidence = Some(evidence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::catalogue::checks;
    use crate::checks::check::Side;

    fn check(id: &str) -> &'static Check {
        checks(Side::Server).into_iter().find(|check| check.id == id).unwrap()
    }

    fn died() -> Attempt {
        let evidence = Evidence {
            expected: String::new(),
            came: "SIGPIPE".to_owned(),
            explanation: String::new(),
            sent: Vec::new(),
            conversation: Vec::new(),
            omitted: None,
            stderr: Vec::new(),
        };
        Attempt {
            halt: Some(Halt::fault(["", ""], ["", ""])),
            evidence: Some(evidence),
            death: Some(["SIGPIPE", "SIGPIPE"].into()),
        }
    }

    fn owner(verdict: Verdict) -> Outcome {
        let check = check(OWNER);
        Outcome {
            id: check.id.to_owned(),
            requirement: String::new(),
            level: check.level,
            title: String::new(),
            verdict,
            reason: None,
            evidence: None,
            seconds: 0.0,
            repeat: String::new(),
        }
    }

    #[test]
    fn a_death_in_another_check_is_told_by_the_one_about_deaths() {
        let mut deaths = Deaths::default();
        for _ in 0..2 {
            let taken = deaths.take(check("5.1-asks"), died());
            assert!(matches!(taken.halt, Some(Halt::Untestable(_))) && taken.death.is_some());
        }
        let mut outcome = owner(Verdict::Pass);
        deaths.blame(&mut outcome, "why".to_owned(), false);
        assert_eq!((outcome.verdict, outcome.reason.as_deref()), (Verdict::Fail, Some("SIGPIPE")));
        assert_eq!(outcome.evidence.unwrap().explanation, "why");
    }

    #[test]
    fn one_death_is_a_doubt_and_none_is_nothing() {
        let mut deaths = Deaths::default();
        assert!(deaths.take(check(OWNER), died()).is_fault());
        let mut outcome = owner(Verdict::Pass);
        deaths.blame(&mut outcome, String::new(), false);
        assert_eq!(outcome.verdict, Verdict::Pass);
        let mut deaths = Deaths::default();
        deaths.take(check("8.5-descriptors"), died());
        deaths.blame(&mut outcome, String::new(), false);
        assert_eq!(outcome.verdict, Verdict::Flaky);
    }
}
