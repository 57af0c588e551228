//! A histogram as `HdrHistogram`'s percentile text, as its `plotFiles.html` reads it.

use std::io::{self, Write};

use hdrhistogram::Histogram;

use crate::record::figures::float;

/// Lines for every halving of the distance to 100 %.
const TICKS_PER_HALF_DISTANCE: u32 = 5;

/// Nanoseconds of a millisecond, in which the values are written.
const MS: f64 = 1e6;

/// Writes a histogram of nanoseconds; the values are milliseconds.
///
/// # Errors
///
/// Those of the writer.
pub(crate) fn write(histogram: &Histogram<u64>, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let (value, percentile, count, rest) =
        ("Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    writeln!(out, "{value:>12} {percentile:>14} {count:>10} {rest:>14}\n")?;
    let mut total = 0;
    for step in histogram.iter_quantiles(TICKS_PER_HALF_DISTANCE) {
        total += step.count_since_last_iteration();
        let value = float(step.value_iterated_to()) / MS;
        let quantile = step.quantile_iterated_to();
        write!(out, "{value:12.6} {quantile:14.12} {total:10}")?;
        if quantile < 1.0 {
            writeln!(out, " {:14.2}", 1.0 / (1.0 - quantile))?;
        } else {
            // The last line has no fourth column: it would be infinite.
            writeln!(out)?;
        }
    }
    footer(histogram, out)
}

fn footer(histogram: &Histogram<u64>, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let (mean, deviation) = (histogram.mean() / MS, histogram.stdev() / MS);
    writeln!(out, "#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]")?;
    let (max, count) = (float(histogram.max()) / MS, histogram.len());
    writeln!(out, "#[Max     = {max:12.3}, Total count    = {count:12}]")?;
    let (buckets, half) = (histogram.buckets(), sub_buckets(histogram.sigfig()));
    writeln!(out, "#[Buckets = {buckets:12}, SubBuckets     = {half:12}]")
}

/// As many as two units of the last significant digit need: the next power of two.
fn sub_buckets(significant_digits: u8) -> u64 {
    (2 * 10_u64.pow(u32::from(significant_digits))).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn text(histogram: &Histogram<u64>) -> String {
        let mut out = Vec::new();
        write(histogram, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Parses a distribution as the plotter does: lines of four numbers (the last one of three),
    /// the rest aside.
    fn plotted(text: &str) -> Vec<Vec<f64>> {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        lines
            .skip(1)
            .map(|line| line.split_whitespace().map(|cell| cell.parse().unwrap()).collect())
            .collect()
    }

    #[test]
    fn the_plotter_finds_the_percentiles_in_milliseconds() {
        let histogram = sample::histograms().response;
        let lines = plotted(&text(&histogram));
        let (last, others) = lines.split_last().unwrap();
        assert!(others.iter().all(|line| line.len() == 4));
        assert!(lines.is_sorted_by(|a, b| a[0] <= b[0] && a[1] < b[1] && a[2] <= b[2]));
        assert_eq!(last.len(), 3);
        assert!((last[0] - float(histogram.max()) / MS).abs() < 1e-6);
        assert!((last[2] - float(histogram.len())).abs() < 0.5);
        let median = lines.iter().find(|line| line[1] >= 0.5).unwrap();
        let expected = float(histogram.value_at_quantile(0.5)) / MS;
        assert!((median[0] - expected).abs() < 1e-6, "{median:?} {expected}");
        assert!((median[3] - 2.0).abs() < 0.01);
    }

    #[test]
    fn a_known_histogram_gives_known_text() {
        let mut histogram = Histogram::new(3).unwrap();
        histogram.record_n(1_000_000, 3).unwrap();
        histogram.record(2_000_000).unwrap();
        let text = text(&histogram);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "       Value     Percentile TotalCount 1/(1-Percentile)");
        assert_eq!(lines[2], "    1.000447 0.000000000000          3           1.00");
        assert_eq!(lines[lines.len() - 4], "    2.000895 1.000000000000          4");
        assert_eq!(
            lines[lines.len() - 3],
            "#[Mean    =        1.250, StdDeviation   =        0.433]"
        );
        assert_eq!(
            lines[lines.len() - 2],
            "#[Max     =        2.001, Total count    =            4]"
        );
        assert!(lines[lines.len() - 1].ends_with("SubBuckets     =         2048]"));
    }

    #[test]
    fn no_samples_leave_a_header_and_a_footer() {
        let text = text(&Histogram::new(3).unwrap());
        assert!(plotted(&text).is_empty());
        assert!(text.contains("Total count    =            0]"), "{text}");
    }
}
