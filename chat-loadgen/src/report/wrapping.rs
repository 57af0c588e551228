//! Lines of a report for the terminal: 80 columns, with a label before them.

use crate::report::verdict;

/// Columns of a line at most.
pub(super) const WIDTH: usize = 80;

/// Columns before the text of a line, in which its label stands.
pub(super) const LABEL: usize = 11;

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

fn length(text: &str) -> usize {
    text.chars().count()
}

pub(super) fn cut(line: &str) -> String {
    if length(line) <= WIDTH {
        return line.to_owned();
    }
    line.chars().take(WIDTH - 1).chain(['…']).collect()
}
