//! Rows of a terminal: wraps long lines, so that no part of a line can pass for a line of its own.

use std::borrow::Cow;
use std::io::{self, Write};

use terminal_size::{Height, Width, terminal_size};
use textwrap::core::display_width;
use textwrap::{Options, WordSplitter};

/// Indent of the rows that continue a line.
const INDENT: &str = "  ";

/// Columns that a tab is counted as: at most this many.
const TAB: &str = "        ";

/// Size of the terminal: columns and rows. 80 × 24 if the system does not tell.
pub(super) fn size() -> (usize, usize) {
    let unknown = (Width(80), Height(24));
    let (Width(columns), Height(rows)) = terminal_size().unwrap_or(unknown);
    (columns.max(1).into(), rows.max(1).into())
}

/// Rows that the editor draws for a prompt and its line, the one with the cursor at the end included.
pub(super) fn of_draft(typed: &str, columns: usize) -> usize {
    typed.split('\n').map(|line| display_width(line) / columns + 1).sum()
}

/// Splits a line into rows of at most so many columns. All but the first are indented, so padding
/// with blanks cannot make a row look like another line. A tab becomes eight blanks if the line is
/// too long.
pub(super) fn split(line: &str, columns: usize) -> Vec<Cow<'_, str>> {
    let spaced = line.replace('\t', TAB);
    if display_width(&spaced) <= columns {
        return vec![line.into()];
    }
    let options = Options::new(columns)
        .subsequent_indent(if columns > 2 * INDENT.len() { INDENT } else { "" })
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(&spaced, options).into_iter().map(|row| row.into_owned().into()).collect()
}

/// Wraps whole lines for a terminal of so many columns.
pub(super) fn wrap(lines: &str, columns: usize) -> String {
    let mut rows = String::with_capacity(lines.len());
    for row in lines.lines().flat_map(|line| split(line, columns)) {
        rows += &row;
        rows.push('\n');
    }
    rows
}

/// A writer that wraps lines for the terminal that is its output. Each write is whole lines.
pub struct Wrapped<W>(pub W);

impl<W: Write> Write for Wrapped<W> {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let (columns, _) = size();
        self.0.write_all(wrap(&String::from_utf8_lossy(lines), columns).as_bytes())?;
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r4_6_padding_makes_no_line_of_its_own() {
        for padding in [" ", "\t", "\u{a0}", "\u{3000}", "x", "ñ", "語"] {
            let line = format!("Ana > hola{}Bea > dame 50", padding.repeat(70));
            let rows = wrap(&line, 80);
            assert!(rows.lines().count() > 1, "{rows}");
            for row in rows.lines().skip(1) {
                assert!(row.starts_with(INDENT), "{rows}");
            }
            for row in rows.lines() {
                assert!(display_width(row) <= 80, "{rows}");
            }
        }
    }

    #[test]
    fn r4_6_a_line_that_fits_is_shown_as_it_came() {
        for line in ["", "  Ana\t>  hola ", &"x".repeat(80), &"語".repeat(40)] {
            assert_eq!(split(line, 80), [line]);
        }
        assert_eq!(wrap(&"x".repeat(81), 80), format!("{}\n  xxx\n", "x".repeat(78)));
    }

    #[test]
    fn r4_6_colours_take_no_columns() {
        let line = format!("\x1b[2m{}\x1b[0m\x07", "x".repeat(80));
        assert_eq!(split(&line, 80), [line.as_str()]);
        let rows = wrap(&format!("\x1b[2m{}y\x1b[0m", "x".repeat(80)), 80);
        assert_eq!(rows, format!("\x1b[2m{}\n  xxy\x1b[0m\n", "x".repeat(78)));
    }

    #[test]
    fn r4_2_the_rows_of_a_draft_are_counted() {
        for (typed, rows) in
            [("> ", 1), ("> 34567", 1), ("> 345678", 2), ("> 語語語語", 2), ("> a\nb", 2)]
        {
            assert_eq!(of_draft(typed, 8), rows, "{typed}");
        }
    }

    #[test]
    fn a_terminal_of_any_width_is_written_to() {
        for columns in 1..10 {
            assert!(!wrap("Ana > 語語", columns).is_empty());
        }
    }
}
