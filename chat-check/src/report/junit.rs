//! A report as `JUnit` XML, which every service for continuous integration reads.

use std::time::Duration;

use quick_junit::{
    NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestRerun, TestSuite,
};

use crate::grade::result::{Evidence, Outcome, Part, Report};
use crate::report::wording::{self, code};
use crate::text::Lang;
use crate::verdict::{Level, Verdict};

/// Renders the report: a suite for each program, a test for each check.
///
/// Skipped and untestable checks are skipped; a failure of the checker is an error. A SHOULD that
/// fails is skipped too, because it must not break a build.
///
/// # Panics
///
/// Never: writing to memory does not fail.
pub(crate) fn render(report: &Report) -> String {
    let report = report.for_people();
    let name = report.submission.as_deref().unwrap_or("chat-check");
    let mut suites = Suites::new(name);
    suites.add_test_suites(report.parts.iter().map(|part| suite(part, report.lang)));
    suites.to_string().expect("memory takes what is written")
}

fn suite(part: &Part, lang: Lang) -> TestSuite {
    let side = part.side.name().to(lang);
    let mut suite = TestSuite::new(side);
    suite.set_time(time(part.seconds));
    suite.add_property(("command", part.command.as_str()));
    suite.add_property(("profile", part.profile.name()));
    if let Some(not_started) = &part.not_started {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("not-started").set_message(not_started.why.as_str());
        status.set_description(not_started.printed.join("\n"));
        let mut case = TestCase::new(wording::NOT_STARTED.to(lang), status);
        case.set_classname(side);
        suite.add_test_case(case);
    }
    if !part.results.is_empty() {
        suite.add_property(("dialect", wording::dialect(&part.dialect, lang).as_str()));
    }
    suite.add_test_cases(part.results.iter().map(|outcome| case(outcome, side, lang)));
    suite
}

fn case(outcome: &Outcome, side: &str, lang: Lang) -> TestCase {
    let name = format!("{} {}", outcome.id, outcome.title);
    let mut case = TestCase::new(name, status(outcome, lang));
    case.set_classname(format!("{side}.{}", wording::level(outcome.level)))
        .set_time(time(outcome.seconds));
    if let (Verdict::NotStrict, Some(reason)) = (outcome.verdict, &outcome.reason) {
        case.set_system_out(reason.as_str());
    }
    case
}

fn status(outcome: &Outcome, lang: Lang) -> TestCaseStatus {
    let reason = outcome.reason.as_deref().unwrap_or_default();
    let described = outcome.evidence.as_ref().map(|evidence| describe(evidence, outcome, lang));
    let mut status = match (outcome.verdict, outcome.level) {
        (Verdict::Pass | Verdict::NotStrict, _) => return TestCaseStatus::success(),
        (Verdict::Flaky, _) => {
            let mut once = TestRerun::new(NonSuccessKind::Failure);
            once.set_message(reason).set_description(described.unwrap_or_default());
            return TestCaseStatus::Success { flaky_runs: vec![once] };
        }
        (Verdict::CheckerError, _) => TestCaseStatus::non_success(NonSuccessKind::Error),
        (Verdict::Fail, Level::Must) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        _ => TestCaseStatus::skipped(),
    };
    status.set_type(code(outcome.verdict)).set_message(reason);
    if let Some(described) = described {
        status.set_description(described);
    }
    status
}

fn describe(evidence: &Evidence, outcome: &Outcome, lang: Lang) -> String {
    let said = [
        (wording::EXPECTED, &evidence.expected),
        (wording::CAME, &evidence.came),
        (wording::EXPLANATION, &evidence.explanation),
        (wording::REPEAT, &outcome.repeat),
    ];
    let mut lines: Vec<String> =
        said.map(|(name, text)| format!("{}: {text}", name.to(lang))).into();
    for (name, listed) in [(wording::SENT, &evidence.sent), (wording::STDERR, &evidence.stderr)] {
        if !listed.is_empty() {
            lines.push(format!("{}:", name.to(lang)));
            lines.extend(listed.iter().map(|line| format!("  {line}")));
        }
    }
    lines.join("\n")
}

/// Converts seconds; an invalid number becomes zero.
fn time(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use quick_junit::Report as Suites;

    use super::*;
    use crate::checks::check::Side;
    use crate::report::sample;

    /// Renders a report, and returns it as a reader of XML parses it.
    fn read(report: &Report) -> (String, Suites) {
        let xml = render(report);
        let suites = Suites::deserialize_from_str(&xml).unwrap_or_else(|e| panic!("{e}\n{xml}"));
        (xml, suites)
    }

    #[test]
    fn every_verdict_has_its_place() {
        let (xml, suites) = read(&sample::full());
        assert_eq!(suites.test_suites.len(), 2);
        let server = &suites.test_suites[0];
        // 3 that hold, one not strict, one flaky; an error; one MUST fails.
        assert_eq!((server.tests, server.failures, server.errors), (11, 1, 1));
        // Skipped, untestable, an expected failure, and a SHOULD.
        assert_eq!(server.skipped, 4, "{xml}");
        assert_eq!(xml.matches("<flakyFailure").count(), 1);
        for text in ["le volvió su propio mensaje", "BrokenPipeError", "--only 2.2-echo"] {
            assert!(xml.contains(text), "{text}");
        }
    }

    #[test]
    fn what_did_not_start_is_a_failure() {
        let (xml, suites) = read(&sample::report(vec![sample::not_started(Side::Server)]));
        assert_eq!(suites.failures, 1);
        assert!(xml.contains("SyntaxError"));
    }

    #[test]
    fn whatever_was_printed_it_stays_xml() {
        let (xml, suites) = read(&sample::hostile());
        assert_eq!(suites.test_suites[0].tests, 12);
        let forbidden = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{fffe}".contains(c);
        assert!(!xml.contains(forbidden));
        assert!(!xml.contains("<script") && xml.contains("&lt;script"));
        assert!(xml.contains("\\u{1b}[2J"), "seen, not dropped");
    }
}
