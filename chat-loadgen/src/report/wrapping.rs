//! Lines of a report for the terminal: 80 columns, with a label before them, or fewer where the terminal
//! has fewer.

use crate::report::verdict;

/// Columns of a line at most.
pub(crate) const WIDTH: usize = 80;

/// Columns before the text of a line, in which its label stands.
pub(super) const LABEL: usize = 11;

/// Columns of a terminal: those of `COLUMNS` in the environment, or its own; [`WIDTH`] where there is
/// none.
#[cfg(unix)]
pub(crate) fn columns(terminal: impl std::os::fd::AsFd) -> usize {
    let own = || rustix::termios::tcgetwinsize(terminal).ok().map(|size| size.ws_col.into());
    asked_for().or_else(own).filter(|columns| *columns > 0).unwrap_or(WIDTH)
}

/// Columns of a terminal: those of `COLUMNS` in the environment, or [`WIDTH`].
#[cfg(not(unix))]
pub(crate) fn columns<T>(_: T) -> usize {
    asked_for().filter(|columns| *columns > 0).unwrap_or(WIDTH)
}

fn asked_for() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}

/// The items in as many lines as they need, behind a label; nothing if there are none.
pub(super) fn paragraph(label: &str, items: &[impl AsRef<str>]) -> Vec<String> {
    wrapped(&format!("{label:<LABEL$}"), items)
}

/// The same behind a label of any length.
pub(super) fn wrapped(label: &str, items: &[impl AsRef<str>]) -> Vec<String> {
    let indent = length(label);
    let mut lines = Vec::new();
    let mut line = label.to_owned();
    let mut gap = "";
    for item in items {
        for piece in pieces(&verdict::visible(item.as_ref()), WIDTH - indent) {
            if length(&line) + length(gap) + length(piece) > WIDTH && !gap.is_empty() {
                lines.push(cut(&line));
                line = " ".repeat(indent);
                gap = "";
            }
            line = line + gap + piece;
            gap = " ";
        }
        gap = " · ";
    }
    if !items.is_empty() {
        lines.push(cut(&line));
    }
    lines
}

/// Pieces of an item that stay on one line: the whole item, or if it is longer than a line the terms
/// of a sum, or its words.
fn pieces(item: &str, width: usize) -> Vec<&str> {
    if length(item) <= width {
        return vec![item];
    }
    let separator = if item.contains(" + ") { " + " } else { " " };
    let breaks: Vec<usize> = item.match_indices(separator).map(|(at, _)| at).collect();
    let starts = [0].into_iter().chain(breaks.iter().map(|at| at + 1));
    let ends = breaks.iter().copied().chain([item.len()]);
    starts.zip(ends).map(|(start, end)| &item[start..end]).collect()
}

/// The same text for a terminal of so many columns: lines that are longer go on below their labels.
/// They are broken between words, not behind a number, which has its unit there. What stands in columns
/// stays in columns.
pub(crate) fn narrowed(text: &str, columns: usize) -> String {
    let mut narrow = String::new();
    for line in text.lines() {
        let mut used = 0;
        for piece in words(line) {
            if used > 0 && used + length(piece) > columns {
                narrow += "\n";
                narrow += &" ".repeat(LABEL);
                // One blank parts words, more are the padding of a column.
                let bare = piece.strip_prefix(' ').filter(|bare| !bare.starts_with(' '));
                let piece = bare.unwrap_or(piece);
                narrow += piece;
                used = LABEL + length(piece);
            } else {
                narrow += piece;
                used += length(piece);
            }
        }
        narrow += "\n";
    }
    narrow
}

/// The words of a line, each with the blanks before it; behind a number also the next word.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut before) = (0, ' ');
    for (at, c) in line.char_indices() {
        let is_column = line[at..].starts_with("  ");
        if c == ' ' && before != ' ' && (is_column || !before.is_ascii_digit()) {
            words.push(&line[start..at]);
            start = at;
        }
        before = c;
    }
    words.push(&line[start..]);
    words
}

fn length(text: &str) -> usize {
    text.chars().count()
}

pub(super) fn cut(line: &str) -> String {
    if length(line) <= WIDTH {
        return line.to_owned();
    }
    line.chars().take(WIDTH - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_goes_on_below_its_label_and_a_number_keeps_its_unit() {
        let line = "traffic    29,994 messages, 500/s of 500/s offered · 1.90 ms";
        let narrow = "traffic    29,994 messages, 500/s of\n           500/s offered · 1.90 ms\n";
        assert_eq!(narrowed(line, 40), narrow);
        assert_eq!(narrowed("a 1.90 ms", 8), "a\n           1.90 ms\n");
        assert_eq!(narrowed(line, 80), line.to_owned() + "\n");
    }

    #[test]
    fn columns_stay_columns() {
        let table = "latency             p50         p99         max\n\
                     \x20 last         14.0 ms    2.34 ms*           –\n";
        let narrow = "latency             p50         p99\n\
                      \x20                   max\n\
                      \x20 last         14.0 ms    2.34 ms*\n\
                      \x20                     –\n";
        assert_eq!(narrowed(table, 40), narrow);
    }
}
