//! The page that compares records: curves, figures and ratios.

use maud::{Markup, html};

use super::chart::Ink;
use super::markup::{TableRow, section, table};
use super::{head, plots};
use crate::record::comparison::between::Row;
use crate::record::{Histograms, Record};
use crate::report::comparison::{HEAD, cells, footnote, heading};
use crate::report::verdict::visible;

/// Colours of the curves, one for each record.
const INKS: [Ink; 6] = [Ink::Response, Ink::Last, Ink::Service, Ink::First, Ink::Good, Ink::Bad];

/// The content of the page.
pub(super) fn page(records: &[(String, Record)], rows: &[Row]) -> Markup {
    let names: Vec<_> = records.iter().map(|(name, _)| name.as_str()).collect();
    let title = visible(&format!("Comparison: {}", names.join(", ")));
    html! {
        html lang="en" {
            (head(&title))
            body {
                main {
                    header {
                        h1 { (title) }
                        ul { @for (name, record) in records { li { (visible(&format!("{name}: {}", heading(record)))) } } }
                    }
                    (curves("Response", records, |all| &all.response))
                    (curves("Last receiver", records, |all| &all.last))
                    @for i in 1..records.len() { (figures(&names, rows, i)) }
                }
            }
        }
    }
}

/// One histogram of every record that has its histograms.
fn curves(
    heading: &str,
    records: &[(String, Record)],
    of: fn(&Histograms) -> &hdrhistogram::Histogram<u64>,
) -> Markup {
    let drawn = records.iter().zip(INKS).filter_map(|((name, record), ink)| {
        Some((name.as_str(), ink, of(record.histograms.as_ref()?)))
    });
    let several = records.iter().any(|(_, record)| record.runs.is_some());
    let content = html! {
        @if several { p { "Of several runs, the curve is that of the one in the middle by response p99." } }
        (plots::curves(&drawn.collect::<Vec<_>>()))
    };
    section(heading, &content)
}

fn figures(names: &[&str], rows: &[Row], other: usize) -> Markup {
    let table_rows: Vec<TableRow> =
        rows.iter().map(|row| cells(row, other).to_vec().into()).collect();
    let [ratio, range, word] = HEAD;
    let content = html! {
        (table(&["", names[0], names[other], ratio, range, word], &table_rows))
        p { (footnote(rows)) }
    };
    section(&format!("{} against {}", names[other], names[0]), &content)
}
