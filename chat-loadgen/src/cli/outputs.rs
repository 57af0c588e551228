//! Options of a run: its reports.

use std::path::PathBuf;

use chat_protocol::options::endpoint::Endpoint;
use clap::Args;

/// Options for the reports.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The reports")]
pub(crate) struct OutputOptions {
    /// The whole record as JSON; for one of the reports, - is standard output, instead of the summary
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// A line for each second
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// The response's percentile distribution, as text that HDR histogram plotters read
    #[arg(long, value_name = "FILE")]
    pub(crate) hgrm: Option<PathBuf>,
    /// The response second by second, as an HDR interval log: for `merge`, and other tools
    #[arg(long, value_name = "FILE")]
    pub(crate) hlog: Option<PathBuf>,
    /// Give live figures to Prometheus while it runs, at http://ADDR:PORT/metrics; port 0 takes a free
    /// one
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) metrics: Option<Endpoint>,
    /// A page with everything in it, plots included
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}
