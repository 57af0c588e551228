//! Building blocks of the page. Texts lose their control characters here; `maud` escapes them.

use maud::{Markup, html};

use crate::report::verdict::visible;

/// A row of a table: how it is marked, and its cells.
pub(super) struct TableRow {
    /// A class of the style sheet, or nothing.
    pub(super) class: &'static str,
    /// The first one names the row.
    pub(super) cells: Vec<String>,
}

impl From<Vec<String>> for TableRow {
    fn from(cells: Vec<String>) -> Self {
        Self { class: "", cells }
    }
}

/// A section with its heading.
pub(super) fn section(heading: &str, content: &Markup) -> Markup {
    html! {
        section {
            h2 { (visible(heading)) }
            (content)
        }
    }
}

/// A table of figures: the first column names the row.
pub(super) fn table(head: &[&str], rows: &[TableRow]) -> Markup {
    classed_table("", head, rows)
}

/// A table of figures that has few columns.
pub(super) fn narrow_table(head: &[&str], rows: &[TableRow]) -> Markup {
    classed_table("narrow", head, rows)
}

/// A table of words, all of them flush left.
pub(super) fn table_of_words(head: &[&str], rows: &[TableRow]) -> Markup {
    classed_table("words", head, rows)
}

fn classed_table(class: &str, head: &[&str], rows: &[TableRow]) -> Markup {
    html! {
        div.wide {
            table class=(class) {
                thead { tr { @for cell in head { th scope="col" { (visible(cell)) } } } }
                tbody { @for row in rows { (table_row(row)) } }
            }
        }
    }
}

fn table_row(TableRow { class, cells }: &TableRow) -> Markup {
    html! {
        tr class=(class) {
            @for (i, cell) in cells.iter().enumerate() {
                @if i == 0 { th scope="row" { (visible(cell)) } } @else { td { (visible(cell)) } }
            }
        }
    }
}

/// A list of terms and their values.
pub(super) fn definitions(items: &[(&str, String)]) -> Markup {
    html! {
        dl { @for (term, text) in items { dt { (visible(term)) } dd { (visible(text)) } } }
    }
}

/// Legend of a plot: names, variables of the style sheet, and whether each is a dot.
pub(super) fn legend(items: &[(&str, &str, bool)]) -> Markup {
    html! {
        ul.legend {
            @for (name, variable, dot) in items {
                li {
                    i class=(if *dot { "dot" } else { "" }) style={"background:var(--" (variable) ")"} {}
                    (visible(name))
                }
            }
        }
    }
}

/// Placeholder where there is nothing to plot.
pub(super) fn no_samples() -> Markup {
    html! { p.none { "no samples" } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_comes_in_as_text_becomes_markup() {
        let hostile = "<img src=x onerror='x()'>&\"\u{1b}[2J\u{202e}";
        let escaped = "&lt;img src=x onerror='x()'&gt;&amp;&quot;\u{FFFD}[2J\u{FFFD}";
        let owned = hostile.to_owned();
        let pieces = [
            section(hostile, &html! {}),
            table(&[hostile], &[vec![owned.clone(), owned.clone()].into()]),
            table_of_words(&[hostile], &[vec![owned.clone()].into()]),
            definitions(&[(hostile, owned)]),
            legend(&[(hostile, "response", false)]),
        ];
        for piece in pieces.map(Markup::into_string) {
            assert!(piece.contains(escaped) && !piece.contains("<img"), "{piece}");
        }
    }
}
