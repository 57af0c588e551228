//! Options of a run: its checks.

use std::path::PathBuf;

use chat_protocol::usage::{Switch, number};
use clap::Args;

use crate::cli::values::condition;
use crate::record::comparison::baseline;
use crate::record::threshold::{AbortCondition, Condition};

/// Headings of the options that are no checks of a single run.
const EXPERIMENTS: &str = "Experiments";
const BASELINE: &str = "Baseline";

/// Options for the checks: judging deliveries, thresholds, search, comparisons.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The checks")]
pub(crate) struct CheckOptions {
    /// Check also that all receivers saw the messages of all senders in one order
    #[arg(long)]
    pub(crate) total_order: bool,
    /// Judge deliveries; off only times them, which shows the cost of judging
    #[arg(
        long,
        value_name = "on|off",
        value_enum,
        default_value = "on",
        hide_possible_values = true
    )]
    pub(crate) verify: Switch,
    /// Ignore an INVALID verdict in the exit status: for busy machines, where only correctness
    /// counts
    #[arg(long)]
    pub(crate) allow_invalid: bool,
    /// Number of faults of each kind that are kept with their details
    #[arg(long, value_name = "N", default_value_t = 5,
        value_parser = number("faults", 0..=usize::MAX))]
    pub(crate) witnesses: usize,
    /// Exit with status 4 if this holds, or cannot be known: 'last.p99>20ms', 'lost>0'; may be
    /// given more than once; 'help' lists the metrics
    #[arg(long, value_name = "CONDITION", value_parser = condition::<Condition>())]
    pub(crate) fail_if: Vec<Condition>,
    /// Look for the highest rate at which this holds, beginning at --rate: 'p99<5ms && lost==0'
    #[arg(long, value_name = "CONDITION", value_parser = condition::<Condition>(), conflicts_with_all = ["window", "calibrate", "baseline", "save_baseline", "slow_readers", "hlog"], help_heading = EXPERIMENTS)]
    pub(crate) find_max: Option<Condition>,
    /// Run the same against the bare relay first, and show both (basico, one room; all clients read
    /// and stay)
    #[arg(long, help_heading = EXPERIMENTS)]
    pub(crate) calibrate: bool,
    /// Make the same run N times, with the same seed (and with --spawn, a new server each), and report
    /// the median of each figure with its confidence interval; --fail-if judges the medians
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = number("runs", 1..=100_u32), conflicts_with_all = ["find_max", "hlog", "start_at"], help_heading = EXPERIMENTS)]
    pub(crate) runs: u32,
    /// End the run early, with status 4, if this holds for a time, or at once: 'p99>1s for 3s',
    /// 'lost>0'; times and rates are those of the last second, counts those of the run so far; may be
    /// given more than once; 'help' lists the metrics; not with --find-max
    #[arg(long, value_name = "CONDITION", value_parser = condition::<AbortCondition>(), conflicts_with = "find_max", help_heading = EXPERIMENTS)]
    pub(crate) abort_if: Vec<AbortCondition>,
    /// Save the record here as a baseline for later runs
    #[arg(long, value_name = "FILE", help_heading = BASELINE)]
    pub(crate) save_baseline: Option<PathBuf>,
    /// Compare with the baseline that was saved here
    #[arg(long, value_name = "FILE", help_heading = BASELINE)]
    pub(crate) baseline: Option<PathBuf>,
    /// Exit with status 5 if a figure is worse than the --baseline's by more than this, and with --runs
    /// only if the intervals do not overlap
    #[arg(long, value_name = "SHARE", default_value = "20%", value_parser = baseline::allowance, help_heading = BASELINE)]
    pub(crate) fail_on_regression: f64,
}
