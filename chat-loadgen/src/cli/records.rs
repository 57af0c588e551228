//! Options of the subcommands that read what runs have written.

use std::path::PathBuf;

use clap::Args;

/// Options of `merge`.
#[derive(Debug, Args)]
pub(crate) struct MergeOptions {
    /// Records as JSON, or interval logs
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Write the merged record here as JSON; - is standard output, instead of the summary
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write a page with the merged record here
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write the sum's percentile distribution here
    #[arg(long, value_name = "FILE")]
    pub(crate) hgrm: Option<PathBuf>,
}

/// Options of `compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareOptions {
    /// The record with which the others are compared
    #[arg(value_name = "JSON")]
    pub(crate) first: PathBuf,
    /// The other records
    #[arg(required = true, num_args = 1..=5, value_name = "JSON")]
    pub(crate) others: Vec<PathBuf>,
    /// Write a page with the curves and figures of all here
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}
