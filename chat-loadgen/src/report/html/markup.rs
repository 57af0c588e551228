//! The few pieces of HTML that the page is made of. Whatever comes in as text is escaped here.

use crate::report::verdict::visible;

/// A row of a table: how it is marked, and its cells.
pub(super) struct Row {
    /// A class of the style sheet, or nothing.
    pub(super) class: &'static str,
    /// The first one names the row.
    pub(super) cells: Vec<String>,
}

impl From<Vec<String>> for Row {
    fn from(cells: Vec<String>) -> Self {
        Self { class: "", cells }
    }
}

/// Text as it may stand in an element or in a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    visible(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// A section with its heading; `content` is HTML.
pub(super) fn section(heading: &str, content: &str) -> String {
    format!("<section>\n<h2>{}</h2>\n{content}</section>\n", escape(heading))
}

/// A heading within a section.
pub(super) fn subheading(heading: &str) -> String {
    format!("<h3>{}</h3>\n", escape(heading))
}

/// What a section needs to be understood.
pub(super) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escape(text))
}

/// Sections side by side, where there is space.
pub(super) fn columns(sections: &[String]) -> String {
    format!("<div class=\"columns\">\n{}</div>\n", sections.concat())
}

/// A table of figures: the first column names the row.
pub(super) fn table(head: &[&str], rows: &[Row]) -> String {
    classed_table("", head, rows)
}

/// A table of figures that has few columns.
pub(super) fn narrow_table(head: &[&str], rows: &[Row]) -> String {
    classed_table("narrow", head, rows)
}

/// A table of words, all of them flush left.
pub(super) fn table_of_words(head: &[&str], rows: &[Row]) -> String {
    classed_table("words", head, rows)
}

fn classed_table(class: &str, head: &[&str], rows: &[Row]) -> String {
    let head: Vec<_> =
        head.iter().map(|cell| format!("<th scope=\"col\">{}</th>", escape(cell))).collect();
    let rows: Vec<_> = rows.iter().map(row).collect();
    format!(
        "<div class=\"wide\"><table class=\"{class}\">\n<thead><tr>{}</tr></thead>\n\
         <tbody>\n{}</tbody>\n</table></div>\n",
        head.concat(),
        rows.concat()
    )
}

fn row(row: &Row) -> String {
    let cells = row.cells.iter().enumerate().map(|(i, cell)| match i {
        0 => format!("<th scope=\"row\">{}</th>", escape(cell)),
        _ => format!("<td>{}</td>", escape(cell)),
    });
    format!("<tr class=\"{}\">{}</tr>\n", row.class, cells.collect::<Vec<_>>().concat())
}

/// Terms and what they stand for.
pub(super) fn definitions(items: &[(&str, String)]) -> String {
    let items: Vec<_> = items
        .iter()
        .map(|(term, text)| format!("<dt>{}</dt><dd>{}</dd>\n", escape(term), escape(text)))
        .collect();
    format!("<dl>\n{}</dl>\n", items.concat())
}

/// Which colour is what, above a plot: names, variables of the style sheet, and whether it is a
/// dot.
pub(super) fn legend(items: &[(&str, &str, bool)]) -> String {
    let items: Vec<_> = items
        .iter()
        .map(|(name, variable, dot)| {
            let class = if *dot { "dot" } else { "" };
            let style = format!("background:var(--{variable})");
            format!("<li><i class=\"{class}\" style=\"{style}\"></i>{}</li>", escape(name))
        })
        .collect();
    format!("<ul class=\"legend\">{}</ul>\n", items.concat())
}

/// Stands where there is nothing to plot.
pub(super) fn no_samples() -> String {
    "<p class=\"none\">no samples</p>\n".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_comes_in_as_text_becomes_markup() {
        let hostile = "<img src=x onerror='x()'>&\"\u{1b}[2J\u{202e}";
        let escaped = "&lt;img src=x onerror=&#39;x()&#39;&gt;&amp;&quot;\u{FFFD}[2J\u{FFFD}";
        assert_eq!(escape(hostile), escaped);
        let owned = hostile.to_owned();
        let pieces = [
            section(hostile, ""),
            subheading(hostile),
            paragraph(hostile),
            table(&[hostile], &[vec![owned.clone(), owned.clone()].into()]),
            table_of_words(&[hostile], &[vec![owned.clone()].into()]),
            definitions(&[(hostile, owned)]),
            legend(&[(hostile, "response", false)]),
        ];
        for piece in pieces {
            assert!(piece.contains(escaped) && !piece.contains("<img"), "{piece}");
        }
    }
}
