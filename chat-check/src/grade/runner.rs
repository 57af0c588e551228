//! Runs checks: each in a fresh process, twice when it fails, side by side where that is possible.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use chat_drive::transcript::How;
use chat_protocol::options::profile::Profile;

use crate::checks::check::Check;
use crate::checks::select::Selection;
use crate::dialect::Dialect;
use crate::grade::attempt::{Attempt, OWNER};
use crate::grade::board::Board;
use crate::grade::result::{Evidence, Outcome};
use crate::sandbox::isolation::Isolation;
use crate::sandbox::program::TestedProgram;
use crate::sandbox::trace::Trace;
use crate::sandbox::workdir::without_copy;
use crate::scene::Scene;
use crate::scene::timeouts::Timeouts;
use crate::text::{Lang, Text, Words, shortened};
use crate::verdict::{Checked, Halt, Verdict};

/// Runs the checks of one program.
pub(crate) struct Runner<'a> {
    pub(crate) tested: &'a TestedProgram,
    /// The program's dialect.
    pub(crate) dialect: &'a Dialect,
    /// The profile that it is checked against.
    pub(crate) profile: Profile,
    pub(crate) timeouts: &'a Timeouts,
    /// The reason why no check that sends messages can be made, if the dialect is not known.
    pub(crate) unsure: Option<Words>,
    /// The checks that are expected to fail (`--xfail`), and their weights.
    pub(crate) selection: &'a Selection,
    /// The language of the report.
    pub(crate) lang: Lang,
    /// Number of checks made at the same time, where that is possible.
    pub(crate) side_by_side: NonZero<usize>,
    /// The command that repeats one check: its words, behind which `--only ID` is put.
    pub(crate) repeat: String,
}

/// The reason why a check cannot be made on some systems.
const UNSEEN: Text = Text {
    es: "este sistema no muestra los sockets, los descriptores ni el procesador de un programa, o \
         no tiene señales",
    en: "this system does not show a program's sockets, descriptors and processor time, or has no \
         signals",
};

/// The reason why a check cannot be made with some programs.
const DRAWS: Text = Text {
    es: "el programa dibuja toda la pantalla (curses): esto hay que mirarlo a mano",
    en: "the program draws the whole screen (curses): this has to be looked at by hand",
};

/// Limit on the lines of standard error in a report.
const LAST_LINES: usize = 10;

/// Limit on the characters of what was expected and of what came.
const LONGEST: usize = 600;

/// Limit on the writes to the program that a report repeats.
const LAST_SENT: usize = 5;

impl Runner<'_> {
    /// Makes these checks, in any order in which each follows those that it needs. Begins no new
    /// ones once `stop` is true. Returns an outcome for each that was made or skipped, in the order
    /// of the checks, and calls `told` with each one as soon as it is there.
    pub(crate) fn make(
        &self,
        checks: &[&'static Check],
        stop: &AtomicBool,
        told: &(dyn Fn(&Outcome) + Sync),
    ) -> Vec<Outcome> {
        let board = Board::default();
        let owner = checks.iter().find(|check| check.id == OWNER);
        let workers = match self.tested.isolation() {
            Isolation::Own => self.side_by_side.get(),
            Isolation::Shared => 1,
        };
        thread::scope(|scope| {
            for _ in 0..workers.min(checks.len()) {
                scope.spawn(|| {
                    while let Some(check) = board.next(checks, stop) {
                        let outcome = self.judge(check, &board, owner.is_some(), stop);
                        // Programs are ended when the run is to stop, and the result is no outcome.
                        let made = !stop.load(Ordering::Relaxed);
                        if made {
                            told(&outcome);
                        }
                        board.done(check.id, made.then_some(outcome));
                    }
                });
            }
        });
        let state = board.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut outcomes = state.done;
        if let Some((outcome, owner)) = outcomes.get_mut(OWNER).zip(owner) {
            state.deaths.blame(outcome, self.explanation(owner), self.selection.xfail.has(OWNER));
        }
        checks.iter().filter_map(|check| outcomes.remove(check.id)).collect()
    }

    /// Makes one check, when those that it needs are done. Deaths are told elsewhere if it `blames`.
    fn judge(&self, check: &Check, board: &Board, blames: bool, stop: &AtomicBool) -> Outcome {
        let begun = Instant::now();
        let missing = {
            let state = board.lock();
            let fails = |id: &&&str| state.done.get(**id).is_some_and(|o| !o.verdict.holds());
            check.needs.iter().find(fails).copied()
        };
        if let Some(missing) = missing {
            let reason = Words::new(
                format!("necesita {missing}, que no se cumple"),
                format!("needs {missing}, which does not hold"),
            );
            return self.outcome(check, Verdict::Skipped, Some(&reason), None, begun);
        }
        // Those of chapter 1, and a client's like them, are mostly about connections.
        let connects = ["1.", "4.1-", "4.5-"].iter().any(|chapter| check.id.starts_with(chapter));
        let unknown = self.unsure.as_ref().filter(|_| !connects);
        if let Some(reason) = unknown {
            return self.outcome(check, Verdict::Untestable, Some(reason), None, begun);
        }
        let answer = || {
            let attempt = self.answer(check, stop);
            if blames {
                board.lock().deaths.take(check, attempt)
            } else {
                Attempt { death: None, ..attempt }
            }
        };
        let first = answer();
        let sure = !(first.is_fault() || first.death.is_some()) || stop.load(Ordering::Relaxed);
        let again = (!sure).then(answer);
        let (attempt, flaky) = match again {
            Some(again) if first.death.is_some() => {
                let flaky = again.is_fault();
                (again, flaky)
            }
            Some(again) if again.is_fault() || again.is_checker_s() => (again, false),
            again => (first, again.is_some()),
        };
        let (verdict, reason) = match attempt.halt {
            None if self.selection.xfail.has(check.id) => {
                let surprise = ["se esperaba que fallara", "it was expected to fail"];
                (Verdict::Pass, Some(surprise.into()))
            }
            None => (Verdict::Pass, None),
            Some(Halt::NotStrict(reason)) => (Verdict::NotStrict, Some(reason)),
            Some(Halt::Untestable(reason)) => (Verdict::Untestable, Some(reason)),
            Some(Halt::Checker(reason)) => {
                (Verdict::CheckerError, Some(Words::new(&reason, &reason)))
            }
            Some(Halt::Fault { came, .. }) if flaky => (Verdict::Flaky, Some(came)),
            Some(Halt::Fault { came, .. }) if self.selection.xfail.has(check.id) => {
                (Verdict::ExpectedFail, Some(came))
            }
            Some(Halt::Fault { came, .. }) => (Verdict::Fail, Some(came)),
        };
        self.outcome(check, verdict, reason.as_ref(), attempt.evidence, begun)
    }

    fn outcome(
        &self,
        check: &Check,
        verdict: Verdict,
        reason: Option<&Words>,
        evidence: Option<Evidence>,
        begun: Instant,
    ) -> Outcome {
        Outcome {
            id: check.id.to_owned(),
            requirement: check.requirement().map(|n| n.to_string()).unwrap_or_default(),
            level: self.selection.level(check),
            title: check.title.to(self.lang).to_owned(),
            verdict,
            reason: evidence
                .as_ref()
                .map(|evidence| evidence.came.clone())
                .or_else(|| reason.map(|reason| reason.to(self.lang).to_owned())),
            evidence,
            seconds: begun.elapsed().as_secs_f64(),
            repeat: format!("{} --only {}", self.repeat, check.id),
        }
    }

    /// Returns the result of a check: one in which the checker failed is made once more.
    fn answer(&self, check: &Check, stop: &AtomicBool) -> Attempt {
        let attempt = self.attempt(check);
        let again = attempt.is_checker_s() && !stop.load(Ordering::Relaxed);
        if again { self.attempt(check) } else { attempt }
    }

    /// Runs a check once: in a network and a thread of its own, with a program of its own.
    fn attempt(&self, check: &Check) -> Attempt {
        let play = || {
            let mut scene = Scene::new(self.tested, self.dialect, self.profile, self.timeouts);
            let entered = self.tested.isolation().enter();
            let halt = match entered {
                Ok(()) => catch_unwind(AssertUnwindSafe(|| (check.body)(&mut scene))),
                Err(error) => Ok(Err(Halt::Checker(format!("no network of its own: {error}")))),
            };
            let halt: Checked =
                halt.unwrap_or_else(|panic| Err(Halt::Checker(words_of(panic.as_ref()))));
            let halt = excused(halt, &scene, self.unsure.as_ref());
            let evidence = halt.as_ref().and_then(|halt| self.evidence(check, halt, &scene));
            let died = scene.traces().iter().find(|trace| trace.died_of_a_connection());
            let death = died.filter(|_| evidence.is_some()).and_then(|trace| trace.death());
            Attempt { halt, evidence, death }
        };
        thread::scope(|scope| {
            let lost = || Attempt {
                halt: Some(Halt::Checker("lost".to_owned())),
                evidence: None,
                death: None,
            };
            scope.spawn(play).join().unwrap_or_else(|_| lost())
        })
    }

    fn evidence(&self, check: &Check, halt: &Halt, scene: &Scene) -> Option<Evidence> {
        let Halt::Fault { expected, came } = halt else { return None };
        let (mut conversation, omitted) = scene.transcript().entries();
        for entry in &mut conversation {
            entry.what = without_copy(&entry.what);
        }
        let sent = conversation.iter().filter(|entry| entry.how == How::In);
        let sent: Vec<String> = sent.map(|e| format!("{}: {}", e.who, e.what)).collect();
        let mut stderr = Vec::new();
        let mut came = came.to(self.lang).to_owned();
        for trace in scene.traces() {
            stderr.extend(trace.err.text().lines().map(without_copy));
            let remark = trace.exceeded().cloned().or_else(|| trace.death());
            // The check may have said so itself.
            let remark = remark.as_ref().map(|remark| remark.to(self.lang));
            if let Some(remark) = remark.filter(|remark| !came.contains(remark)) {
                came = format!("{came}; {remark}");
            }
        }
        Some(Evidence {
            expected: shortened(expected.to(self.lang), LONGEST),
            came: shortened(&came, LONGEST),
            explanation: self.explanation(check),
            sent: sent[sent.len().saturating_sub(LAST_SENT)..].to_vec(),
            conversation,
            omitted,
            stderr: stderr[stderr.len().saturating_sub(LAST_LINES)..].to_vec(),
        })
    }

    /// The usual cause of a fault, and its remedy, in the language of the program too.
    fn explanation(&self, check: &Check) -> String {
        let explanation = check.explanation.to(self.lang);
        let language = self.tested.source_language();
        match language.and_then(|language| language.advice(check.id, self.lang)) {
            Some(more) => format!("{explanation} {more}"),
            None => explanation.to_owned(),
        }
    }
}

/// Makes a result untestable where these programs, or this system, do not show what it depends on.
fn excused(result: Checked, scene: &Scene, unsure: Option<&Words>) -> Option<Halt> {
    let spoke = || scene.transcript().entries().0.iter().any(|entry| entry.how == How::In);
    let some = |is: fn(&Trace) -> bool| scene.traces().iter().any(|trace| is(trace));
    match result {
        _ if some(Trace::is_unseen) => Some(Halt::Untestable(UNSEEN.into())),
        Err(Halt::Fault { .. }) if some(Trace::draws) => Some(Halt::Untestable(DRAWS.into())),
        Err(fault @ Halt::Fault { .. }) => {
            let unsure = unsure.filter(|_| spoke());
            Some(unsure.map_or(fault, |unsure| Halt::Untestable(unsure.clone())))
        }
        result => result.err(),
    }
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panicked").to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::checks::check::{MANY, Side};
    use crate::checks::select::Patterns;
    use crate::verdict::Level;

    const fn check(
        id: &'static str,
        needs: &'static [&'static str],
        body: fn(&mut Scene) -> Checked,
    ) -> Check {
        const NOTHING: Text = Text { es: "", en: "" };
        let (title, explanation) = (NOTHING, NOTHING);
        let (side, level, profiles) = (Side::Server, Level::Must, MANY);
        Check { id, side, level, profiles, needs, title, explanation, body }
    }

    fn fault() -> Checked {
        Err(Halt::fault(["algo", "something"], ["nada", "nothing"]))
    }

    fn only_once(_: &mut Scene) -> Checked {
        static TIMES: AtomicUsize = AtomicUsize::new(0);
        if TIMES.fetch_add(1, Ordering::Relaxed) == 0 { fault() } else { Ok(()) }
    }

    const ALL: &[&Check] = &[
        &check("1-needs-a-failure", &["3-fails"], |_| Ok(())),
        &check("2-passes", &[], |_| Ok(())),
        &check("3-fails", &["2-passes"], |_| fault()),
        &check("4-needs-a-skipped-one", &["1-needs-a-failure"], |_| Ok(())),
        &check("5-flaky", &[], only_once),
        &check("6-known", &[], |_| fault()),
        &check("7-cannot-be-seen", &[], |_| Err(Halt::Untestable(["no", "no"].into()))),
        &check("8-needs-what-cannot-be-seen", &["7-cannot-be-seen"], |_| Ok(())),
        &check("9-breaks", &[], |_| panic!("on purpose")),
    ];

    #[test]
    fn each_check_has_its_verdict() {
        let tested =
            TestedProgram::new("true", Path::new("src/discovery"), Isolation::Shared).unwrap();
        let timeouts = Timeouts::new(None, std::time::Duration::ZERO, 1.0);
        let xfail = Patterns::parse(&["6-*".to_owned()], ALL).unwrap();
        let runner = Runner {
            tested: &tested,
            dialect: &Dialect::default(),
            profile: Profile::Basico,
            timeouts: &timeouts,
            unsure: None,
            selection: &Selection { xfail, ..Selection::default() },
            lang: Lang::En,
            side_by_side: NonZero::<usize>::MIN,
            repeat: "again".to_owned(),
        };
        let told = AtomicUsize::new(0);
        let outcomes = runner.make(ALL, &AtomicBool::new(false), &|_| {
            told.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(told.into_inner(), ALL.len());
        let verdicts: Vec<(&str, Verdict)> =
            outcomes.iter().map(|outcome| (&outcome.id[..1], outcome.verdict)).collect();
        let expected = [
            ("1", Verdict::Skipped),
            ("2", Verdict::Pass),
            ("3", Verdict::Fail),
            ("4", Verdict::Skipped),
            ("5", Verdict::Flaky),
            ("6", Verdict::ExpectedFail),
            ("7", Verdict::Untestable),
            ("8", Verdict::Pass),
            ("9", Verdict::CheckerError),
        ];
        assert_eq!(verdicts, expected);
        let failed = outcomes[2].evidence.as_ref().unwrap();
        assert_eq!((failed.expected.as_str(), failed.came.as_str()), ("something", "nothing"));
        assert_eq!(outcomes[2].repeat, "again --only 3-fails");
        assert_eq!(outcomes[8].reason.as_deref(), Some("on purpose"));
    }
}
