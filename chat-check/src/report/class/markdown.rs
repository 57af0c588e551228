//! The class in Markdown.

use super::{Class, brief, cells, failures};
use crate::checks::check::Side;
use crate::grade::result::Report;
use crate::grade::rubric::points;
use crate::report::markdown::{plain, prose};
use crate::report::wording::{self, heading};

/// A row for each submission, and the most frequent faults.
pub(crate) fn markdown(reports: &[Report]) -> String {
    let class = Class::new(reports);
    let lang = class.lang;
    let mut text = vec![format!("# {}\n", wording::CLASS_TITLE.to(lang))];
    if let Some(mean) = class.mean() {
        text.push(format!("\n{}: {}\n", heading(wording::MEAN, lang), points(mean, lang)));
    }
    let head = [
        wording::SUBMISSION,
        Side::Server.name(),
        Side::Client.name(),
        wording::TOTAL,
        wording::FAILURES,
        wording::STATE,
    ];
    text.push(format!(
        "\n| {} |\n|---|--:|--:|--:|--:|---|\n",
        head.map(|t| t.to(lang)).join(" | ")
    ));
    for (_, report) in &class.reports {
        let [server, client, total] = cells(report, lang);
        let name = plain(report.submission.as_deref().unwrap_or_default());
        let failures = failures(report);
        let cells = [name, server, client, total, failures, plain(&brief(report))];
        text.push(format!("| {} |\n", cells.join(" | ")));
    }
    let common = class.common();
    if !common.is_empty() {
        text.push(format!("\n## {}\n\n", heading(wording::COMMON, lang)));
    }
    for (count, outcome) in common {
        text.push(format!("- {count}× {} {}\n", plain(&outcome.id), prose(&outcome.title)));
    }
    text.concat()
}
