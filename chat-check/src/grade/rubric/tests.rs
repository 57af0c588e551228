use super::*;
use crate::checks::check::Side;
use crate::exit;
use crate::grade::result::{Outcome, Part, PartMarks};
use crate::report::sample;
use crate::text::Lang;
use crate::verdict::{Level, Verdict};

/// Makes a rubric for servers with these keys for the program and these levels.
fn server(keys: &str, levels: &str) -> String {
    format!("name = 'r'\n[server]\npoints = 4\n{keys}\n{BEST}\n{WORST}\n{levels}")
}

const BEST: &str = "[[server.level]]\npercent = 100\nmeans = 'todo'";
const WORST: &str = "[[server.level]]\npercent = 1\nmeans = 'nada'\nnot_started = true";

fn level(percent: u8, condition: &str) -> String {
    format!("[[server.level]]\npercent = {percent}\nmeans = 'nivel {percent}'\n{condition}\n")
}

fn fail(id: &str) -> Outcome {
    sample::outcome(id, Verdict::Fail)
}

fn with(results: &[(&str, Verdict)]) -> Report {
    let results = results.iter().map(|(id, verdict)| sample::outcome(id, *verdict)).collect();
    sample::report(vec![sample::part(Side::Server, results)])
}

#[track_caller]
fn marked(rubric: &str, report: &Report) -> PartMarks {
    let marks = Rubric::parse(rubric).unwrap().marks(report);
    let [part] = marks.parts.try_into().unwrap();
    // Each missing point has its reason.
    let lost: f64 = part.lost.iter().map(|loss| loss.points).sum();
    assert!((part.points + lost - part.of).abs() < 1e-9, "{part:?}");
    part
}

/// Returns the course's percentage for a program that failed these checks.
#[track_caller]
fn course(side: Side, failed: &[&str]) -> f64 {
    let mut results: Vec<Outcome> = failed.iter().copied().map(fail).collect();
    results.push(sample::outcome("1.1-port", Verdict::Pass));
    let marks = Rubric::course().marks(&sample::report(vec![sample::part(side, results)]));
    marks.parts[0].percent
}

#[test]
#[expect(clippy::float_cmp, reason = "they come from the file as they are")]
fn the_course_s_rubric_reaches_every_level() {
    assert_eq!(course(Side::Server, &[]), 100.0);
    assert_eq!(course(Side::Server, &["2.2-echo"]), 75.0);
    assert_eq!(course(Side::Server, &["2.7-cut", "2.7-bytes"]), 75.0, "one requirement");
    assert_eq!(course(Side::Server, &["2.2-echo", "2.7-cut", "3.1-salir"]), 50.0);
    assert_eq!(course(Side::Server, &["1.4-two-at-once"]), 25.0);
    assert_eq!(course(Side::Client, &[]), 100.0);
    assert_eq!(course(Side::Client, &["4.7-flush"]), 75.0);
    assert_eq!(course(Side::Client, &["4.7-flush", "4.3-salir"]), 50.0);
    assert_eq!(course(Side::Client, &["4.2-receive"]), 25.0);
    let parts = vec![sample::not_started(Side::Server), sample::not_started(Side::Client)];
    let marks = Rubric::course().marks(&sample::report(parts));
    assert_eq!((marks.points, marks.of), (0.0, 10.0));
}

#[test]
fn the_arithmetic_is_told_line_by_line() {
    let mut report = with(&[("2.1-relay", Verdict::Pass), ("2.2-echo", Verdict::Fail)]);
    let marks = Rubric::course().marks(&report);
    assert_eq!(
        marks.parts[0].arithmetic,
        [
            "75 %: funciona, pero ignora algún requisito",
            "  − no se cumple 1 requisito",
            "  − 2.2-echo (lo de 2.2-echo)",
            "5 × 75 % = 3,75",
        ]
    );
    let [loss] = &marks.parts[0].lost[..] else { panic!("{marks:?}") };
    assert_eq!((loss.points, &loss.checks[..]), (1.25, &["2.2-echo".to_owned()][..]));
    assert!(loss.reason.starts_with("funciona, pero ignora algún requisito: no se cumple"));
    report.lang = Lang::En;
    let arithmetic = &Rubric::course().marks(&report).parts[0].arithmetic;
    assert_eq!(arithmetic[1], "  − 1 requirement fails");
}

#[test]
fn what_is_no_fault_of_the_program_costs_nothing() {
    let neutral: Vec<_> = Verdict::ALL.into_iter().filter(|v| *v != Verdict::Fail).collect();
    let strict = server("", &level(0, "fails_any = ['*']\nrequirements_failed_at_least = 1"))
        + "[[server.deduction]]\nchecks = ['*']\npoints = 1\n";
    for verdict in neutral {
        let report = with(&[("2.1-relay", verdict), ("2.2-echo", Verdict::Pass)]);
        assert!((marked(&strict, &report).points - 4.0).abs() < 1e-9, "{verdict:?}");
    }
    let report = with(&[("2.1-relay", Verdict::Fail)]);
    assert!(marked(&strict, &report).points.abs() < 1e-9);
}

#[test]
fn a_should_counts_only_where_the_rubric_says_so() {
    for (counts, level_of, points) in [
        ("", Level::Should, 4.0),
        ("count_should = true", Level::Should, 2.0),
        ("count_should = true", Level::Info, 4.0),
    ] {
        let mut report = with(&[("2.2-echo", Verdict::Fail)]);
        report.parts[0].results[0].level = level_of;
        let rubric = server(counts, &level(50, "fails_any = ['2.2-*']"));
        let got = marked(&rubric, &report).points;
        assert!((got - points).abs() < 1e-9, "{counts} {level_of:?}: {got}");
    }
}

#[test]
fn the_worst_level_that_holds_counts() {
    let levels = level(75, "fails_any = ['2.*']") + &level(25, "fails_all = ['2.*']");
    let rubric = server("", &(level(50, "requirements_failed_at_least = 2") + &levels));
    let percent = |results: &[(&str, Verdict)]| marked(&rubric, &with(results)).level;
    let (pass, fail) = (Verdict::Pass, Verdict::Fail);
    assert_eq!(percent(&[("2.1-relay", pass), ("2.2-echo", fail)]), "nivel 75");
    assert_eq!(percent(&[("2.1-relay", fail), ("2.2-echo", Verdict::Skipped)]), "nivel 25");
    assert_eq!(percent(&[("2.1-relay", fail), ("2.2-echo", Verdict::Untestable)]), "nivel 75");
    let three = [("2.1-relay", pass), ("2.2-echo", fail), ("3.1-x", fail)];
    assert_eq!(percent(&three), "nivel 50");
}

#[test]
fn deductions_never_take_more_than_there_is() {
    let deduction = |checks: &str, points: f64| {
        format!("[[server.deduction]]\nchecks = ['{checks}']\npoints = {points}\n")
    };
    let half = level(50, "requirements_failed_at_least = 1");
    let rubric = server("", &(half + &deduction("2.1-relay", 1.5) + &deduction("2.*", 3.0)));
    let echo = marked(&rubric, &with(&[("2.1-relay", Verdict::Fail)]));
    assert_eq!(echo.arithmetic.last().unwrap(), "2 − 1,5 = 0,5  (2.1-relay (lo de 2.1-relay))");
    let both = marked(&rubric, &with(&[("2.1-relay", Verdict::Fail), ("2.2-echo", Verdict::Fail)]));
    assert_eq!(both.arithmetic.last().unwrap(), "0,5 − 0,5 = 0  (2.2-echo (lo de 2.2-echo))");
    assert_eq!(both.lost.len(), 3);
}

#[test]
fn nothing_judged_is_no_mark() {
    let nothing = [with(&[]), with(&[("2.1-relay", Verdict::CheckerError)])];
    for report in nothing {
        assert_eq!(Rubric::course().marks(&report).parts, []);
    }
    let parts: Vec<Part> = vec![sample::part(Side::Client, vec![fail("4.1-x")])];
    let only_servers = Rubric::parse(&server("", "")).unwrap();
    assert_eq!(only_servers.marks(&sample::report(parts)).parts, []);
}

#[test]
fn what_was_interrupted_gets_no_marks_and_could_still_get_them_all() {
    let mut report = with(&[("2.1-relay", Verdict::Pass)]);
    report.parts.push(sample::part(Side::Client, Vec::new()));
    let marks = Rubric::course().marks(&report);
    assert_eq!((marks.parts.len(), marks.of), (1, 5.0));
    report.interrupted = true;
    let marks = Rubric::course().marks(&report);
    assert_eq!((marks.parts, marks.points, marks.of), (Vec::new(), 0.0, 10.0));
}

#[test]
fn a_program_whose_dialect_is_not_known_gets_no_marks() {
    let mut report = with(&[("1.1-port", Verdict::Pass), ("2.1-relay", Verdict::Untestable)]);
    let judged = |report: &Report| (Rubric::course().marks(report).of, exit::status(report));
    assert_eq!(judged(&report), (5.0, 0));
    report.parts[0].unsure = true;
    assert_eq!(judged(&report), (0.0, exit::UNCHECKED));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let bad = [
        (server("", &level(50, "fails_any = ['2.2-ecko']")), "no check is called \"2.2-ecko\""),
        (server("", &level(50, "fails_any = ['[']")), "[server]: "),
        (server("", &level(50, "fails_nay = ['*']")), "unknown field `fails_nay`"),
        (server("colour = 1", ""), "unknown field `colour`"),
        (server("", &level(50, "")), "every level but the highest needs a condition"),
        (server("", &level(50, "requirements_failed_at_least = 0")), "nonzero"),
        (server("", &level(100, "not_started = true")), "the same percent"),
        (server("", &level(101, "not_started = true")), "percent is 0 to 100"),
        (server("", "[[server.deduction]]\nchecks = ['*']\npoints = -1"), "more than 0"),
        ("name = 'r'".to_owned(), "neither [server] nor [client]"),
        ("name = 1".to_owned(), "expected a text, or { es"),
        ("name = 'r'\n[server]\npoints = 4\nlevel = []".to_owned(), "there are no levels"),
        (server("", "").replace(WORST, ""), "one level needs `not_started = true`"),
    ];
    for (rubric, expected) in bad {
        let error = Rubric::parse(&rubric).expect_err(expected).to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
    let upside_down = BEST.to_owned() + "\nnot_started = true";
    let rubric = format!("name = 'r'\n[server]\npoints = 4\n{upside_down}");
    assert!(Rubric::parse(&rubric).unwrap_err().to_string().contains("must have no condition"));
}
