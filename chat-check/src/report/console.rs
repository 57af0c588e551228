//! A report on the console: short, and in colours that the caller's stream may take out.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSplitter};

use crate::grade::mending::Blocker;
use crate::grade::result::{Evidence, Outcome, Part, Report};
use crate::grade::result::{Marks, PartMarks};
use crate::report::wording::{self, blocks, heading, points_of, sign};
use crate::text::{Lang, Text, seconds};
use crate::verdict::{Level, Verdict};

const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// Limit on the lines of standard error that are shown.
const LAST_LINES: usize = 10;

/// The indent of the further lines of a wrapped text.
const INDENT: &str = "      ";

/// Prints the report. With `verbose`, also what holds, and the conversations. Texts are wrapped at
/// `width` columns; without it, each is a line.
///
/// # Errors
///
/// Errors of `out`.
pub(crate) fn print(
    report: &Report,
    verbose: bool,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let report = report.for_people();
    let width = width.unwrap_or(usize::MAX);
    let mut page = Page { out, lang: report.lang, verbose, width };
    report.parts.iter().try_for_each(|part| page.part(part))?;
    if let Some(marks) = &report.marks {
        page.marks(marks)?;
    }
    if report.interrupted {
        page.line(Style::new().bold(), wording::INTERRUPTED.to(report.lang))?;
    }
    Ok(())
}

/// Returns the style of a verdict.
fn style(verdict: Verdict) -> Style {
    let colour = match verdict {
        Verdict::Pass => AnsiColor::Green,
        Verdict::Fail => AnsiColor::Red,
        Verdict::CheckerError => AnsiColor::Magenta,
        Verdict::NotStrict | Verdict::Flaky | Verdict::ExpectedFail => AnsiColor::Yellow,
        Verdict::Skipped | Verdict::Untestable => AnsiColor::Cyan,
    };
    colour.on_default().bold()
}

/// Returns whether a check gives no information about the program.
fn is_unmade(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Skipped | Verdict::Untestable)
}

/// The output, and its settings. All that is written is harmless.
struct Page<'a> {
    out: &'a mut dyn Write,
    lang: Lang,
    verbose: bool,
    width: usize,
}

impl Page<'_> {
    /// Prints a text, wrapped between words: some are parts of commands.
    fn text(&mut self, text: &str) -> io::Result<()> {
        let options = Options::new(self.width)
            .subsequent_indent(INDENT)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation);
        writeln!(self.out, "{}", textwrap::fill(text, options))
    }

    fn line(&mut self, style: Style, text: &str) -> io::Result<()> {
        self.text(&format!("{style}{text}{style:#}"))
    }

    /// Prints a field: `    name: text`
    fn field(&mut self, name: Text, text: &str) -> io::Result<()> {
        self.text(&format!("    {FAINT}{}:{FAINT:#} {text}", name.to(self.lang)))
    }

    fn lines(&mut self, name: Text, lines: &[String]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        self.field(name, "")?;
        lines.iter().try_for_each(|line| writeln!(self.out, "{INDENT}{line}"))
    }

    fn part(&mut self, part: &Part) -> io::Result<()> {
        let side = part.side.name().to(self.lang);
        writeln!(self.out, "{BOLD}{side}{BOLD:#} {}", part.command)?;
        part.remarks.iter().try_for_each(|remark| self.line(FAINT, &format!("  {remark}")))?;
        if let Some(not_started) = &part.not_started {
            let what = format!("  {}: {}", wording::NOT_STARTED.to(self.lang), not_started.why);
            self.line(style(Verdict::Fail), &what)?;
            self.lines(wording::PRINTED, &not_started.printed)?;
            return writeln!(self.out);
        }
        if part.results.is_empty() {
            // The run was interrupted before the first outcome.
            return writeln!(self.out);
        }
        self.line(FAINT, &format!("  {}", wording::dialect(&part.dialect, self.lang)))?;
        for Blocker { outcome: Outcome { id, title, .. }, skipped } in part.mend_first() {
            let (name, why) = (heading(wording::MEND_FIRST, self.lang), blocks(skipped, self.lang));
            self.line(BOLD, &format!("  {name}: {id} ({title}): {why}"))?;
        }
        let (unmade, made): (Vec<&Outcome>, Vec<&Outcome>) =
            part.results.iter().partition(|outcome| !self.verbose && is_unmade(outcome.verdict));
        made.into_iter().try_for_each(|outcome| self.outcome(outcome))?;
        self.unmade(&unmade)?;
        self.counts(part)
    }

    /// Prints the checks without a result, together where they have one reason.
    fn unmade(&mut self, outcomes: &[&Outcome]) -> io::Result<()> {
        for group in outcomes.chunk_by(|a, b| (a.verdict, &a.reason) == (b.verdict, &b.reason)) {
            let verdict = group[0].verdict;
            let ids: Vec<&str> = group.iter().map(|outcome| outcome.id.as_str()).collect();
            let (name, style) = (verdict.names(ids.len()).to(self.lang), style(verdict));
            let reason = group[0].reason.as_deref().unwrap_or_default();
            let (sign, ids) = (sign(verdict), ids.join(", "));
            self.text(&format!("  {style}{sign} {ids} {name}{style:#}: {reason}"))?;
        }
        Ok(())
    }

    /// Prints the number of checks with each verdict.
    fn counts(&mut self, part: &Part) -> io::Result<()> {
        let count = |verdict| part.results.iter().filter(|o| o.verdict == verdict).count();
        let mut counts =
            vec![wording::holding(count(Verdict::Pass), part.results.len(), self.lang)];
        let others = Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Pass);
        counts.extend(
            others
                .filter(|verdict| count(*verdict) > 0)
                .map(|verdict| (count(verdict), verdict.names(count(verdict))))
                .map(|(count, name)| format!("{count} {}", name.to(self.lang))),
        );
        let misses = |o: &Outcome| o.level == Level::Must && o.verdict == Verdict::Fail;
        if !part.results.iter().any(misses) {
            counts.push(wording::NO_MUST_FAILS.to(self.lang).to_owned());
        }
        self.text(&format!("  {} ({})\n", counts.join(" · "), seconds(part.seconds).to(self.lang)))
    }

    fn outcome(&mut self, outcome: &Outcome) -> io::Result<()> {
        let Outcome { id, title, level, verdict, reason, evidence, repeat, .. } = outcome;
        if *verdict == Verdict::Pass && !self.verbose {
            return Ok(());
        }
        let (name, style) = (verdict.name().to(self.lang), style(*verdict));
        let sign = sign(*verdict);
        let level = match level {
            Level::Must => String::new(),
            level => format!(" ({})", level.name().to(self.lang)),
        };
        // The evidence says the same as the reason, and more.
        let reason = reason.as_ref().filter(|_| evidence.is_none());
        let reason = reason.map(|reason| format!(" — {reason}")).unwrap_or_default();
        self.text(&format!("  {style}{sign} {id} {name}{style:#}{level}: {title}{reason}"))?;
        evidence.iter().try_for_each(|evidence| self.evidence(evidence, repeat))
    }

    fn evidence(&mut self, evidence: &Evidence, repeat: &str) -> io::Result<()> {
        self.field(wording::EXPECTED, &evidence.expected)?;
        self.field(wording::CAME, &evidence.came)?;
        self.field(wording::EXPLANATION, &evidence.explanation)?;
        let last = evidence.stderr.len().saturating_sub(LAST_LINES);
        self.lines(wording::STDERR, &evidence.stderr[last..])?;
        if self.verbose {
            self.lines(wording::CONVERSATION, &evidence.told(self.lang))?;
        }
        // Not wrapped, so that it can be copied.
        let name = wording::REPEAT.to(self.lang);
        writeln!(self.out, "    {FAINT}{name}:{FAINT:#} {repeat}")
    }

    fn marks(&mut self, marks: &Marks) -> io::Result<()> {
        self.line(BOLD, &marks.rubric)?;
        for PartMarks { side, points, of, arithmetic, .. } in &marks.parts {
            let side = side.name().to(self.lang);
            self.line(BOLD, &format!("  {side}: {}", points_of(*points, *of, self.lang)))?;
            arithmetic.iter().try_for_each(|line| self.line(FAINT, &format!("    {line}")))?;
        }
        let total = wording::total(marks, self.lang);
        self.line(BOLD, &format!("  {}: {total}", wording::TOTAL.to(self.lang)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::check::Side;
    use crate::report::sample;

    fn printed(report: &Report, verbose: bool) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        print(report, verbose, None, &mut out).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[test]
    fn what_does_not_hold_is_shown_and_what_holds_is_counted() {
        let text = printed(&sample::full(), false);
        for expected in [
            "servidor python3 servidor.py\n",
            "  puerto 12345 · mensajes que terminan en LF · saluda · pide el nombre con",
            "  ✗ 2.2-echo falla: lo de 2.2-echo\n",
            "    se esperaba: nada para ana\n",
            "    en cambio: le volvió su propio mensaje",
            "      BrokenPipeError: [Errno 32] Broken pipe\n",
            "--only 2.2-echo\n",
            "  ✗ 1.6-deadline falla (recomendado): lo de 1.6-deadline\n",
            "  ↷ 3.1-salir omitida: no va: 3.1-salir\n",
            "  se cumplen 3 de 11 comprobaciones · 2 fallan · 1 no estricta · 1 inestable · ",
            " (12,5 s)\n",
            "    5 × 75 % = 3,75\n",
            "  total: 7,5 / 10\n",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        assert!(!text.contains("2.1-relay") && !text.contains("zzyxqwpfgh"), "{text}");
    }

    #[test]
    fn a_fault_that_keeps_others_from_being_checked_comes_first() {
        let outcomes = [("2.1-relay", Verdict::Fail), ("2.2-echo", Verdict::Skipped)];
        let results = outcomes.map(|(id, verdict)| sample::outcome(id, verdict)).into();
        let report = sample::report(vec![sample::part(Side::Server, results)]);
        let first = "Qué arreglar primero: 2.1-relay (lo de 2.1-relay): por esto se omite 1 compr";
        let text = printed(&report, false);
        assert!(text.find(first).unwrap() < text.find("✗ 2.1-relay").unwrap(), "{text}");
        assert!(crate::report::html::render(&report).contains("<b>Qué arreglar primero</b>"));
        let markdown = crate::report::markdown::render(&report);
        assert!(markdown.contains("- **Qué arreglar primero: 2.1-relay"), "{markdown}");
    }

    #[test]
    fn verbose_shows_all() {
        let text = printed(&sample::full(), true);
        for expected in ["✓ 2.1-relay se cumple", "    110 ms        ana <- kqjxvbzmwp"] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }

    #[test]
    fn texts_fit_into_a_terminal_and_commands_stay_whole() {
        let mut out = anstream::StripStream::new(Vec::new());
        print(&sample::full(), false, Some(60), &mut out).unwrap();
        let text = String::from_utf8(out.into_inner()).unwrap();
        let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 60).collect();
        assert!(!long.is_empty(), "{text}");
        assert!(long.iter().all(|line| line.contains("--only")), "{long:?}");
    }

    #[test]
    fn what_did_not_start_says_why() {
        let report = sample::with_marks(sample::report(vec![sample::not_started(Side::Server)]));
        let text = printed(&report, false);
        assert!(text.contains("no se pudo iniciar: terminó antes de escuchar"), "{text}");
        assert!(text.contains("SyntaxError") && text.contains("total: 0 / 5"), "{text}");
    }

    #[test]
    fn of_what_was_not_seen_nothing_is_told() {
        let mut report = sample::report(vec![sample::part(Side::Server, Vec::new())]);
        report.interrupted = true;
        let text = printed(&report, true);
        assert!(
            text.contains("servidor python3 servidor.py\n\nLa comprobación se inter"),
            "{text}"
        );
    }

    #[test]
    fn nothing_but_the_checker_s_own_colours_drives_the_terminal() {
        let mut out = Vec::new();
        print(&sample::hostile(), true, Some(40), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("\\u{1b}[2J") && !text.contains("\u{1b}[2J"));
        let left = anstream::adapter::strip_str(&text).to_string();
        assert!(!left.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'));
    }
}
