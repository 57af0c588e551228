//! A report as Markdown, for issues and pull requests.

use crate::grade::mending::Blocker;
use crate::grade::result::{Evidence, NotStarted, Outcome, Part, Report};
use crate::grade::result::{Marks, PartMarks};
use crate::grade::rubric::points;
use crate::report::wording::{self, blocks, heading, points_of, sign};
use crate::text::Lang;

pub(crate) fn render(report: &Report) -> String {
    let report = report.for_people();
    let lang = report.lang;
    let mut text = vec![format!("# {}", wording::TITLE.to(lang))];
    text.extend(report.submission.iter().map(|submission| format!(": {}", plain(submission))));
    let (date, version) = (plain(&report.date), plain(&report.version));
    text.push(format!("\n\n{date} · chat-check {version}\n"));
    if report.interrupted {
        text.push(format!("\n**{}**\n", wording::INTERRUPTED.to(lang)));
    }
    text.extend(report.marks.iter().map(|marked| marks(marked, lang)));
    text.extend(report.parts.iter().map(|each| part(each, lang)));
    text.concat()
}

/// Escapes text for the inside of a line of Markdown or of a table's cell.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '$' | '@' => {
                plain.extend(['\\', c]);
            }
            // Without these two, an address becomes a link by itself.
            ':' if rest.as_str().starts_with("//") => plain.push_str("\\:"),
            '.' if plain.to_ascii_lowercase().ends_with("www") => plain.push_str("\\."),
            _ => plain.push(c),
        }
    }
    plain
}

/// The same, but text between two backticks is code, if they come in pairs.
pub(super) fn prose(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    let inner = pieces.get(1..pieces.len() - 1).unwrap_or_default();
    if pieces.len().is_multiple_of(2) || inner.iter().any(|piece| piece.is_empty()) {
        return plain(text);
    }
    let piece = |(i, piece): (usize, &&str)| match i % 2 {
        0 => plain(piece),
        _ => format!("`{piece}`"),
    };
    pieces.iter().enumerate().map(piece).collect()
}

/// Renders lines as a code block that none of them can end.
fn block(lines: &[String]) -> String {
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    format!("\n{fence}text\n{}\n{fence}\n", lines.join("\n"))
}

fn marks(marks: &Marks, lang: Lang) -> String {
    let total = wording::total(marks, lang);
    let head =
        format!("\n## {}: {total}\n\n{}\n", heading(wording::MARKS, lang), plain(&marks.rubric));
    let mut text = vec![head];
    for PartMarks { side, points: reached, of, arithmetic, lost, .. } in &marks.parts {
        let reached = points_of(*reached, *of, lang);
        text.push(format!(
            "\n**{}: {reached}**\n{}",
            heading(side.name(), lang),
            block(arithmetic)
        ));
        let lost = lost.iter().map(|loss| (points(loss.points, lang), plain(&loss.reason)));
        text.extend(lost.map(|(points, reason)| format!("\n- −{points}: {reason}")));
        text.push("\n".to_owned());
    }
    text.concat()
}

fn part(part: &Part, lang: Lang) -> String {
    let side = heading(part.side.name(), lang);
    let mut text = vec![format!("\n## {side}\n")];
    if !part.command.is_empty() {
        text.push(block(std::slice::from_ref(&part.command)));
    }
    text.push("\n".to_owned());
    text.push(format!("- {}: {}\n", heading(wording::PROFILE, lang), part.profile.name()));
    if !part.results.is_empty() {
        let dialect = plain(&wording::dialect(&part.dialect, lang));
        text.push(format!("- {}: {dialect}\n", heading(wording::DIALECT, lang)));
    }
    for Blocker { outcome: Outcome { id, title, .. }, skipped } in part.mend_first() {
        let (name, why) = (heading(wording::MEND_FIRST, lang), blocks(skipped, lang));
        text.push(format!("- **{name}: {}: {}**: {why}\n", plain(id), prose(title)));
    }
    text.extend(part.remarks.iter().map(|remark| format!("- {}\n", plain(remark))));
    if let Some(NotStarted { why, printed }) = &part.not_started {
        text.push(format!("\n**{}: {}**\n", heading(wording::NOT_STARTED, lang), plain(why)));
        text.extend((!printed.is_empty()).then(|| block(printed)));
    }
    if !part.results.is_empty() {
        text.push(table(&part.results, lang));
    }
    let faults = part.results.iter().filter_map(|o| Some(fault(o, o.evidence.as_ref()?, lang)));
    text.extend(faults);
    text.concat()
}

fn table(results: &[Outcome], lang: Lang) -> String {
    let head = [wording::CHECK, wording::LEVEL, wording::VERDICT, wording::REASON];
    let head = head.map(|text| text.to(lang)).join(" | ");
    let mut text = vec![format!("\n| {head} |\n|---|---|---|---|\n")];
    for Outcome { id, title, level, verdict, reason, .. } in results {
        let verdict = format!("{} {}", sign(*verdict), verdict.name().to(lang));
        let reason = plain(reason.as_deref().unwrap_or_default());
        let (id, title, level) = (plain(id), prose(title), level.name().to(lang));
        text.push(format!("| {id}: {title} | {level} | {verdict} | {reason} |\n"));
    }
    text.concat()
}

fn fault(outcome: &Outcome, evidence: &Evidence, lang: Lang) -> String {
    let Outcome { id, title, verdict, repeat, .. } = outcome;
    let title = format!("{} {}: {}", sign(*verdict), plain(id), prose(title));
    let mut text = vec![format!("\n### {title}\n\n{}\n\n", prose(&evidence.explanation))];
    for (name, said) in [(wording::EXPECTED, &evidence.expected), (wording::CAME, &evidence.came)] {
        text.push(format!("- {}: {}\n", heading(name, lang), plain(said)));
    }
    let (conversation, repeat) = (evidence.told(lang), vec![repeat.clone()]);
    let blocks = [
        (wording::SENT, &evidence.sent),
        (wording::CONVERSATION, &conversation),
        (wording::STDERR, &evidence.stderr),
        (wording::REPEAT, &repeat),
    ];
    let blocks = blocks.into_iter().filter(|(_, lines)| !lines.is_empty());
    text.extend(
        blocks.map(|(name, lines)| format!("\n{}:\n{}", heading(name, lang), block(lines))),
    );
    text.concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn everything_is_there() {
        let text = render(&sample::full());
        for expected in [
            "# Informe de chat-check: García, Ana\n",
            "## Nota: 7,5 / 10\n",
            "5 × 75 % = 3,75\n",
            "| 2.2-echo: lo de 2.2-echo | obligatorio | ✗ falla |",
            "### ✗ 2.2-echo:",
            "(`if otro is not cliente:`)",
            "BrokenPipeError: [Errno 32] Broken pipe\n",
            "--only 2.2-echo\n",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }

    #[test]
    fn what_was_printed_is_no_markup() {
        let text = render(&sample::hostile());
        let mut fence: Option<&str> = None;
        for line in text.lines() {
            let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
            match fence {
                Some(open) if line == open => fence = None,
                None if ticks.len() >= 3 => fence = Some(ticks),
                None => {
                    let bare = line.replace("\\]", "").replace("\\\\", "");
                    let markup = ["<script", "](", "http://"];
                    assert!(!markup.iter().any(|each| bare.contains(each)), "{line}");
                }
                Some(_) => {}
            }
            let columns = line.replace("\\|", "").matches('|').count();
            assert!(!line.starts_with('|') || columns == 5, "{line}");
        }
        assert_eq!(fence, None);
        assert!(!text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'));
    }

    #[test]
    fn no_line_ends_its_block() {
        let block = block(&["a````b".to_owned(), "```".to_owned()]);
        assert!(block.starts_with("\n`````text\n") && block.ends_with("\n`````\n"), "{block}");
    }
}
