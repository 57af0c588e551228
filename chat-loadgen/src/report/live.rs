//! The live line: progress of a run on the terminal.

use std::io;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::record::figures;
use crate::report::wrapping::columns;

/// Maximum redraws of the line per second: more cannot be read, and drawing takes time from the
/// run.
const REDRAWS: u8 = 10;

/// Separator of the line's parts.
const SEPARATOR: &str = " · ";

/// The line's parts, by what they weigh for the reader: faults, 99th percentile, phase, rate,
/// deliveries.
const BY_WEIGHT: [usize; 5] = [4, 3, 0, 1, 2];

/// Status line at the bottom of stderr; hidden where that is no terminal.
pub(crate) struct LiveLine {
    bar: ProgressBar,
}

/// Progress line of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LiveProgress {
    /// Name of the current phase: `connecting`, `measuring`.
    pub(crate) phase: &'static str,
    /// Time since the phase began.
    pub(crate) elapsed: Duration,
    /// Length of the phase, where it is known.
    pub(crate) total: Option<Duration>,
    /// Messages per second, lately.
    pub(crate) rate: f64,
    /// Deliveries so far.
    pub(crate) deliveries: u64,
    /// 99th percentile of the latest responses, in nanoseconds.
    pub(crate) p99: Option<u64>,
    /// Anomalies so far.
    pub(crate) anomalies: u64,
}

impl LiveLine {
    /// A line that shows nothing yet.
    pub(crate) fn new() -> Self {
        let target = ProgressDrawTarget::stderr_with_hz(REDRAWS);
        let bar = ProgressBar::with_draw_target(None, target);
        // A template that is a single field cannot be wrong.
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// Shows the progress; may be called as often as one likes.
    pub(crate) fn show(&self, progress: &LiveProgress) {
        if !self.bar.is_hidden() {
            self.bar.set_message(line(progress, columns(io::stderr())));
        }
    }

    /// Removes the line.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Default for LiveLine {
    fn default() -> Self {
        Self::new()
    }
}

/// The parts that fit into so many columns: faults and the 99th percentile always.
fn line(progress: &LiveProgress, columns: usize) -> String {
    let LiveProgress { phase, elapsed, total, rate, deliveries, p99, anomalies } = progress;
    let total = total.map(|total| format!(" of {}", clock(total))).unwrap_or_default();
    let p99 = p99.map_or_else(|| "–".to_owned(), figures::time);
    let faults = match anomalies {
        0 => String::new(),
        1 => "1 FAULT".to_owned(),
        more => format!("{} FAULTS", figures::count(*more)),
    };
    let mut parts = [
        format!("{phase} {}{total}", clock(*elapsed)),
        format!("{} messages/s", figures::rate(*rate)),
        format!("{} deliveries", figures::count(*deliveries)),
        format!("p99 {p99}"),
        faults,
    ];
    let length = |part: &String| part.chars().count() + SEPARATOR.chars().count();
    let mut left = columns + SEPARATOR.chars().count();
    for i in BY_WEIGHT {
        if let Some(rest) = left.checked_sub(length(&parts[i])) {
            left = rest;
        } else {
            parts[i].clear();
        }
    }
    let shown: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    shown.join(SEPARATOR)
}

/// Minutes and seconds.
fn clock(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRESS: LiveProgress = LiveProgress {
        phase: "measuring",
        elapsed: Duration::from_millis(12_900),
        total: Some(Duration::from_secs(90)),
        rate: 499.94,
        deliveries: 2_993_400,
        p99: Some(2_340_000),
        anomalies: 0,
    };

    #[test]
    fn the_line_says_how_far_and_how_well() {
        assert_eq!(
            line(&PROGRESS, 80),
            "measuring 0:12 of 1:30 · 500 messages/s · 2,993,400 deliveries · p99 2.34 ms"
        );
    }

    #[test]
    fn what_is_not_known_is_left_open() {
        let progress =
            LiveProgress { phase: "connecting", total: None, p99: None, deliveries: 0, ..PROGRESS };
        assert_eq!(line(&progress, 80), "connecting 0:12 · 500 messages/s · 0 deliveries · p99 –");
    }

    #[test]
    fn faults_are_shouted() {
        assert!(line(&LiveProgress { anomalies: 1, ..PROGRESS }, 99).ends_with(" · 1 FAULT"));
        assert!(
            line(&LiveProgress { anomalies: 1200, ..PROGRESS }, 99).ends_with(" · 1,200 FAULTS")
        );
    }

    #[test]
    fn what_counts_most_stays_where_columns_are_few() {
        let faulty = LiveProgress { anomalies: 1200, ..PROGRESS };
        let wide = "measuring 0:12 of 1:30 · 500 messages/s · p99 2.34 ms · 1,200 FAULTS";
        assert_eq!(line(&faulty, 80), wide);
        assert_eq!(line(&faulty, 40), "p99 2.34 ms · 1,200 FAULTS");
        assert_eq!(line(&PROGRESS, 40), "measuring 0:12 of 1:30 · p99 2.34 ms");
    }

    #[test]
    fn without_a_terminal_nothing_is_drawn() {
        let line = LiveLine { bar: ProgressBar::hidden() };
        line.show(&PROGRESS);
        assert_eq!(line.bar.message(), "");
        line.finish();
    }
}
