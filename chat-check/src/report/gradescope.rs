//! A report as Gradescope's `results.json`:
//! <https://gradescope-autograders.readthedocs.io/en/latest/specs/>.
//!
//! A rubric marks a whole program, and Gradescope adds up tests. So the points that a deduction
//! cost are the maximum of the checks that caused it, and the rest is shared by the checks that
//! hold.

use serde::Serialize;

use crate::grade::result::PartMarks;
use crate::grade::result::{Outcome, Part, Report};
use crate::grade::rubric::Rubric;
use crate::report::wording::{self, sign};
use crate::text::Lang;
use crate::verdict::Verdict;

/// Thousandths of a point: a rubric gives hundredths, and shares of them must add up exactly.
type Thousandths = u32;

#[derive(Serialize)]
struct Results {
    score: f64,
    execution_time: f64,
    output: String,
    output_format: &'static str,
    test_output_format: &'static str,
    test_name_format: &'static str,
    visibility: &'static str,
    stdout_visibility: &'static str,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    output: String,
    output_format: &'static str,
    tags: Vec<String>,
    visibility: &'static str,
}

/// Everything is plain text: program output is never interpreted.
const FORMAT: &str = "text";
/// Visibility of the tests: students see them at once.
const VISIBILITY: &str = "visible";
/// Visibility of the checker's own output: it is for the teacher.
const STDOUT: &str = "hidden";

/// Renders the report for Gradescope. Without marks it gets the course's.
///
/// # Panics
///
/// Never: everything in it can be written as JSON.
pub(crate) fn render(report: &Report) -> String {
    let mut report = report.for_people();
    let marks = report.marks.take().unwrap_or_else(|| Rubric::course().marks(&report));
    let lang = report.lang;
    let mut output: Vec<String> = vec![marks.rubric.clone()];
    output.extend(report.interrupted.then(|| wording::INTERRUPTED.to(lang).to_owned()));
    let mut tests = Vec::new();
    for part in &report.parts {
        let marked = marks.parts.iter().find(|marked| marked.side == part.side);
        output.extend(marked.into_iter().flat_map(|marked| explained(marked, lang)));
        tests.extend(part_tests(part, marked, lang));
    }
    let results = Results {
        score: marks.points,
        execution_time: report.parts.iter().map(|part| part.seconds).sum(),
        output: output.join("\n"),
        output_format: FORMAT,
        test_output_format: FORMAT,
        test_name_format: FORMAT,
        visibility: VISIBILITY,
        stdout_visibility: STDOUT,
        tests,
    };
    serde_json::to_string_pretty(&results).expect("it has string keys only") + "\n"
}

fn explained(marked: &PartMarks, lang: Lang) -> Vec<String> {
    let side = marked.side.name().to(lang);
    let head = format!("{side}: {}", wording::points_of(marked.points, marked.of, lang));
    let lines = marked.arithmetic.iter().map(|line| format!("  {line}"));
    std::iter::once(head).chain(lines).collect()
}

fn part_tests(part: &Part, marked: Option<&PartMarks>, lang: Lang) -> Vec<Test> {
    let mut tests: Vec<Test> = part.results.iter().map(|outcome| test(outcome, lang)).collect();
    let Some(marked) = marked else { return tests };
    // What remains of the points once each check has its share.
    let mut rest = (thousandths(marked.points), 0);
    let holds = |verdict| matches!(verdict, Verdict::Pass | Verdict::NotStrict | Verdict::Flaky);
    let holding: Vec<usize> =
        (0..tests.len()).filter(|i| holds(part.results[*i].verdict)).collect();
    for (index, share) in shares(rest.0, &holding) {
        tests[index].give(share, share);
        rest.0 -= share;
    }
    for loss in &marked.lost {
        let mut left = thousandths(loss.points);
        let blamed = |i: &usize| loss.checks.contains(&part.results[*i].id);
        let blamed: Vec<usize> = (0..tests.len()).filter(blamed).collect();
        for (index, share) in shares(left, &blamed) {
            tests[index].give(0, share);
            left -= share;
        }
        rest.1 += left;
    }
    if rest != (0, 0) {
        tests.insert(0, whole(part, marked, rest, lang));
    }
    tests
}

/// Divides an amount into parts as equal as possible, one for each taker.
fn shares(amount: Thousandths, takers: &[usize]) -> Vec<(usize, Thousandths)> {
    let Ok(count @ 1..) = Thousandths::try_from(takers.len()) else { return Vec::new() };
    let (each, over) = (amount / count, amount % count);
    takers.iter().zip(0..).map(|(taker, i)| (*taker, each + Thousandths::from(i < over))).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "points are few, and none is negative; what is not would be cut to the nearest"
)]
fn thousandths(points: f64) -> Thousandths {
    (points * 1000.0).round() as Thousandths
}

fn score(amount: Thousandths) -> f64 {
    f64::from(amount) / 1000.0
}

impl Test {
    /// Adds points to a test, and to its maximum.
    fn give(&mut self, reached: Thousandths, of: Thousandths) {
        let add = |to: &mut Option<f64>, amount| {
            // Converted to thousandths, so that sums stay exact.
            let sum = thousandths(to.unwrap_or_default()) + amount;
            *to = Some(score(sum));
        };
        add(&mut self.score, reached);
        add(&mut self.max_score, of);
    }
}

fn test(outcome: &Outcome, lang: Lang) -> Test {
    let Outcome { id, title, verdict, level, reason, evidence, repeat, .. } = outcome;
    let status = match verdict {
        Verdict::Pass | Verdict::NotStrict | Verdict::Flaky => Some("passed"),
        Verdict::Fail | Verdict::Skipped => Some("failed"),
        Verdict::ExpectedFail | Verdict::Untestable | Verdict::CheckerError => None,
    };
    let mut output = vec![format!("{} {}", sign(*verdict), verdict.name().to(lang))];
    output.extend(reason.clone());
    if let Some(evidence) = evidence {
        let said = [
            (wording::EXPECTED, &evidence.expected),
            (wording::CAME, &evidence.came),
            (wording::EXPLANATION, &evidence.explanation),
            (wording::REPEAT, repeat),
        ];
        output.extend(said.map(|(name, text)| format!("{}: {text}", name.to(lang))));
        if !evidence.stderr.is_empty() {
            output.push(format!("{}:", wording::STDERR.to(lang)));
            output.extend(evidence.stderr.iter().map(|line| format!("  {line}")));
        }
    }
    Test {
        score: None,
        max_score: None,
        status,
        name: format!("{id} {title}"),
        number: Some(outcome.requirement.clone()),
        output: output.join("\n"),
        output_format: FORMAT,
        tags: vec![wording::level(*level).to_owned(), wording::code(*verdict).to_owned()],
        visibility: VISIBILITY,
    }
}

/// The test for a program as a whole, such as one that does not start.
fn whole(
    part: &Part,
    marked: &PartMarks,
    (reached, lost): (Thousandths, Thousandths),
    lang: Lang,
) -> Test {
    let mut output: Vec<String> = vec![marked.level.clone()];
    if let Some(not_started) = &part.not_started {
        output.push(not_started.why.clone());
        output.extend(not_started.printed.iter().cloned());
    }
    Test {
        score: Some(score(reached)),
        max_score: Some(score(reached + lost)),
        status: Some(if lost == 0 { "passed" } else { "failed" }),
        name: part.side.name().to(lang).to_owned(),
        number: None,
        output: output.join("\n"),
        output_format: FORMAT,
        tags: Vec::new(),
        visibility: VISIBILITY,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::checks::check::Side;
    use crate::report::sample;

    #[track_caller]
    fn rendered(report: &Report) -> Value {
        serde_json::from_str(&render(report)).unwrap()
    }

    /// The sums of the tests' points, and of their maximums.
    fn sums(results: &Value) -> [Thousandths; 2] {
        let tests = results["tests"].as_array().unwrap();
        ["score", "max_score"]
            .map(|name| tests.iter().filter_map(|test| test[name].as_f64()).map(thousandths).sum())
    }

    #[test]
    fn the_tests_add_up_to_the_marks() {
        let passes = |n: usize| (0..n).map(|i| sample::outcome(&format!("1.{i}-x"), Verdict::Pass));
        let fails = |ids: &[&str]| -> Vec<Outcome> {
            ids.iter().map(|id| sample::outcome(id, Verdict::Fail)).collect()
        };
        let failed: [&[&str]; 5] = [
            &[],
            &["2.2-echo"],
            &["2.2-echo", "3.1-a", "3.2-a"],
            &["2.1-relay"],
            &["2.2-a", "2.2-b"],
        ];
        for ids in failed {
            for holding in [1, 3, 7] {
                let results = passes(holding).chain(fails(ids)).collect();
                let server = sample::part(Side::Server, results);
                let client = sample::not_started(Side::Client);
                let report = sample::with_marks(sample::report(vec![server, client]));
                let points = thousandths(report.marks.as_ref().unwrap().points);
                let results = rendered(&report);
                assert_eq!(sums(&results), [points, 10_000], "{ids:?}, {holding}");
                assert_eq!(thousandths(results["score"].as_f64().unwrap()), points);
            }
        }
    }

    #[test]
    fn without_a_check_that_holds_the_points_stand_alone() {
        let results = vec![sample::outcome("2.1-relay", Verdict::Fail)];
        let report = sample::report(vec![sample::part(Side::Server, results)]);
        let results = rendered(&report);
        assert_eq!(sums(&results), [1250, 5000]);
        assert_eq!(results["tests"][0]["name"], "servidor");
        assert_eq!(results["tests"][0]["status"], "passed");
    }

    #[test]
    fn what_costs_nothing_has_no_score() {
        let results = rendered(&sample::full());
        let test = |id: &str| {
            let tests = results["tests"].as_array().unwrap();
            tests.iter().find(|t| t["name"].as_str().unwrap().starts_with(id)).unwrap().clone()
        };
        for id in ["2.9-long", "3.2-word", "3.3-reset"] {
            let test = test(id);
            assert!(test.get("score").is_none() && test.get("status").is_none(), "{test}");
        }
        let echo = test("2.2-echo");
        assert_eq!((&echo["score"], &echo["max_score"]), (&0.0.into(), &1.25.into()));
        assert_eq!((&echo["status"], &echo["output_format"]), (&"failed".into(), &"text".into()));
        assert!(echo["output"].as_str().unwrap().contains("BrokenPipeError"));
    }

    #[test]
    fn nothing_in_it_can_drive_a_page() {
        let text = render(&sample::hostile());
        assert!(!text.contains("\\u001b") && !text.contains('\u{202e}'));
        let results: Value = serde_json::from_str(&text).unwrap();
        for test in results["tests"].as_array().unwrap() {
            assert_eq!(test["output_format"], "text");
        }
    }
}
