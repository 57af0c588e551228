//! `HdrHistogram`'s interval logs: one histogram after another, and the sum of several files.
//!
//! Percentiles cannot be averaged, histograms can be summed. So one figure for several runs, or for
//! several generators, comes from merging their logs.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::interval_log::{
    IntervalLogHistogram, IntervalLogIterator, IntervalLogWriterBuilder, LogEntry,
};
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_128;

use crate::input::{self, MAX_RECORD, Unreadable};
use crate::record::Summary;
use crate::record::figures::{count, float, time, time_of};

/// Writes a log, an interval at a time.
pub(crate) struct HlogWriter<W: Write> {
    out: W,
    serializer: V2DeflateSerializer,
}

/// One interval of a log.
#[derive(Debug)]
pub(crate) struct LoggedInterval {
    /// The line of the file on which it stands, from 1.
    pub(crate) line: usize,
    pub(crate) histogram: Histogram<u64>,
}

/// The reasons for which logs could not be read or summed.
#[derive(Debug, Error)]
pub(crate) enum MergeError {
    /// A file could not be read.
    #[error("{}: cannot be read", path.display())]
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// The reason.
        source: Unreadable,
    },
    /// A line is damaged.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// Path of the file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// Description of the problem.
        problem: String,
    },
    /// Another file has the same content, and would count twice.
    #[error("{}: has the same content as another file", .0.display())]
    Copy(PathBuf),
    /// There is nothing to sum.
    #[error("no file has any interval")]
    Empty,
}

impl<W: Write> HlogWriter<W> {
    /// Begins a log: `started` is when its first second began. Its lines have no tag, because
    /// Java's `HistogramLogProcessor` skips those that have one, unless it is told the tag.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub(crate) fn new(mut out: W, started: SystemTime) -> io::Result<Self> {
        let mut serializer = V2DeflateSerializer::new();
        IntervalLogWriterBuilder::new()
            .add_comment("[Histogram log format version 1.3]")
            .add_comment("Values are response times in nanoseconds.")
            .with_start_time(started)
            .with_base_time(started)
            .begin_log_with(&mut out, &mut serializer)?;
        let columns = ["StartTimestamp", "Interval_Length", "Interval_Max"];
        writeln!(out, "\"{}\",\"Interval_Compressed_Histogram\"", columns.join("\",\""))?;
        Ok(Self { out, serializer })
    }

    /// Writes an interval; `start` is counted from the log's own.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub(crate) fn write(
        &mut self,
        start: Duration,
        length: Duration,
        histogram: &Histogram<u64>,
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.serializer.serialize(histogram, &mut bytes).map_err(io::Error::other)?;
        let [start, length] = [start, length].map(|time| time.as_secs_f64());
        // Other tools take the maximum for milliseconds.
        let max = float(histogram.max()) / 1e6;
        writeln!(self.out, "{start:.3},{length:.3},{max:.3},{}", STANDARD.encode(bytes))
    }

    /// Writes out what is still buffered and gives the writer back.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

fn content(path: &Path) -> Result<Vec<u8>, MergeError> {
    input::read(path, MAX_RECORD)
        .map_err(|source| MergeError::Unreadable { path: path.to_owned(), source })
}

/// Reads all intervals of a log. A last line without its end is damaged.
fn parse(path: &Path, content: &[u8]) -> Result<Vec<LoggedInterval>, MergeError> {
    let mut intervals = Vec::new();
    // Line by line, because the library tells where something is wrong only by the byte.
    for (line, text) in (1..).zip(content.split_inclusive(|byte| *byte == b'\n')) {
        let damaged = |problem| MergeError::Line { path: path.to_owned(), line, problem };
        for entry in IntervalLogIterator::new(text) {
            match entry {
                Ok(LogEntry::Interval(entry)) => {
                    intervals.push(decoded(line, &entry).map_err(damaged)?);
                }
                Ok(LogEntry::StartTime(_) | LogEntry::BaseTime(_)) => {}
                Err(_) => return Err(damaged("this is no line of an interval log".to_owned())),
            }
        }
    }
    Ok(intervals)
}

/// The sum of all intervals of all files: every value keeps its bin, however far apart they are.
///
/// # Errors
///
/// A file cannot be read, a line is damaged, two have the same content, a histogram has another
/// resolution than the first (its values would have to move), or there is no interval at all.
pub(crate) fn merge<P: AsRef<Path>>(paths: &[P]) -> Result<Histogram<u64>, MergeError> {
    let mut sum: Option<Histogram<u64>> = None;
    let mut contents = Vec::new();
    for path in paths {
        let path = path.as_ref();
        let content = content(path)?;
        let intervals = parse(path, &content)?;
        let digest = xxh3_128(&content);
        if contents.contains(&digest) && !intervals.is_empty() {
            return Err(MergeError::Copy(path.to_owned()));
        }
        contents.push(digest);
        for interval in intervals {
            let sum = sum.get_or_insert_with(|| empty_like(&interval.histogram));
            add(sum, &interval.histogram).map_err(|problem| MergeError::Line {
                path: path.to_owned(),
                line: interval.line,
                problem,
            })?;
        }
    }
    sum.ok_or(MergeError::Empty)
}

/// The sum's figures, for people: a line each.
pub(crate) fn merged_summary(sum: &Histogram<u64>) -> String {
    let all = Summary::of(sum);
    let mut rows = vec![("samples", count(all.count))];
    if all.count > 0 {
        rows.extend([
            ("min", time(all.min)),
            ("mean", time_of(all.mean)),
            ("p50", time(all.p50)),
            ("p90", time(all.p90)),
            ("p99", time(all.p99)),
            ("p99.9", time(all.p999)),
            ("p99.99", time(all.p9999)),
            ("max", time(all.max)),
        ]);
    }
    let lines: Vec<_> =
        rows.into_iter().map(|(name, value)| format!("{name:<7} {value:>14}\n")).collect();
    lines.concat()
}

fn decoded(line: usize, entry: &IntervalLogHistogram<'_>) -> Result<LoggedInterval, String> {
    let bytes = STANDARD.decode(entry.encoded_histogram()).map_err(|error| error.to_string())?;
    let histogram = Deserializer::new()
        .deserialize(&mut bytes.as_slice())
        .map_err(|error| error.to_string())?;
    Ok(LoggedInterval { line, histogram })
}

/// With the same bins, but as many as it will need.
fn empty_like(histogram: &Histogram<u64>) -> Histogram<u64> {
    let mut empty = Histogram::new_from(histogram);
    empty.auto(true);
    empty
}

fn add(sum: &mut Histogram<u64>, other: &Histogram<u64>) -> Result<(), String> {
    let resolution = |h: &Histogram<u64>| (h.sigfig(), h.low());
    if resolution(sum) != resolution(other) {
        return Err(format!(
            "{} significant digits from {} on cannot be added to {} from {} on",
            other.sigfig(),
            other.low(),
            sum.sigfig(),
            sum.low(),
        ));
    }
    // The library adds up to the largest count and says nothing of what is more.
    if sum.len().checked_add(other.len()).is_none() {
        return Err("there are more samples than can be counted".to_owned());
    }
    sum.add(other).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::record::sample;

    type Bins = Vec<(u64, u64)>;

    fn bins(histogram: &Histogram<u64>) -> Bins {
        let recorded = histogram.iter_recorded();
        recorded.map(|step| (step.value_iterated_to(), step.count_at_value())).collect()
    }

    fn histogram(values: &[u64]) -> Histogram<u64> {
        let mut histogram = Histogram::new(3).unwrap();
        for value in values {
            histogram.record(*value).unwrap();
        }
        histogram
    }

    fn write_log(path: &Path, intervals: &[Histogram<u64>]) {
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let mut log = HlogWriter::new(Vec::new(), started).unwrap();
        for (second, interval) in (0..).zip(intervals) {
            log.write(Duration::from_secs(second), Duration::from_millis(990), interval).unwrap();
        }
        fs::write(path, log.finish().unwrap()).unwrap();
    }

    #[test]
    fn what_was_written_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.hlog");
        let written = [histogram(&[1, 1_000, 1_234_567]), histogram(&[]), histogram(&[7; 300])];
        write_log(&path, &written);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("#[Histogram log format version 1.3]\n"), "{text}");
        assert!(text.contains("#[StartTime: 1700000000.000 "), "{text}");
        assert!(text.contains("\n1.000,0.990,0.000,HISTFAAAA"), "{text}");
        assert!(text.contains("\n0.000,0.990,1.235,HISTFAAAA"), "milliseconds: {text}");
        let read = parse(&path, text.as_bytes()).unwrap();
        assert_eq!(read.len(), 3);
        for (second, (read, written)) in (0_u32..).zip(read.iter().zip(&written)) {
            assert_eq!(bins(&read.histogram), bins(written));
            assert!(text.contains(&format!("\n{second}.000,0.990,")), "{text}");
        }
    }

    #[test]
    fn lines_with_a_tag_such_as_older_versions_wrote_are_read_as_well() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("old.hlog");
        write_log(&path, &[histogram(&[1, 2, 3])]);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("\n0.000", "\nTag=response,0.000")).unwrap();
        assert_eq!(merge(&[&path]).unwrap().len(), 3);
    }

    #[test]
    fn pieces_in_several_files_sum_up_to_the_whole_bin_by_bin() {
        let directory = tempfile::tempdir().unwrap();
        let mut whole = Histogram::new(3).unwrap();
        let mut paths = Vec::new();
        for file in 0..3_u32 {
            let pieces: Vec<_> = (1..=5_u32)
                .map(|i| {
                    sample::histogram(100 * i, 10_f64.powi(i32::try_from(file * i).unwrap() - 3))
                })
                .collect();
            for piece in &pieces {
                for step in piece.iter_recorded() {
                    whole.record_n(step.value_iterated_to(), step.count_at_value()).unwrap();
                }
            }
            paths.push(directory.path().join(format!("{file}.hlog")));
            write_log(&paths[paths.len() - 1], &pieces);
        }
        let merged = merge(&paths).unwrap();
        assert_eq!(merged.len(), 4_500);
        assert_eq!(bins(&merged), bins(&whole));
        paths.reverse();
        assert_eq!(bins(&merge(&paths).unwrap()), bins(&whole), "the order does not matter");
    }

    #[test]
    fn a_copy_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let [path, copy] = ["a.hlog", "copy.hlog"].map(|name| directory.path().join(name));
        write_log(&path, &[histogram(&[1])]);
        fs::copy(&path, &copy).unwrap();
        let error = merge(&[&path, &copy]).unwrap_err().to_string();
        assert!(error.ends_with("copy.hlog: has the same content as another file"), "{error}");
    }

    #[test]
    fn small_and_huge_values_keep_their_bins() {
        let directory = tempfile::tempdir().unwrap();
        let values = [3, 2_047, 2_049, 999_999, 86_400_000_000_000, u64::MAX / 3];
        let paths: Vec<_> = values
            .iter()
            .map(|value| {
                let path = directory.path().join(value.to_string());
                write_log(&path, &[histogram(&[*value])]);
                path
            })
            .collect();
        assert_eq!(bins(&merge(&paths).unwrap()), bins(&histogram(&values)));
    }

    #[test]
    fn damage_is_reported_with_its_file_and_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bad.hlog");
        write_log(&path, &[histogram(&[1]), histogram(&[2])]);
        let good = fs::read_to_string(&path).unwrap();
        let first = 1 + good.lines().position(|line| line.starts_with("0.000")).unwrap();
        let complain = |text: &str, line: usize| {
            fs::write(&path, text).unwrap();
            let error = merge(&[&path]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{}:{line}: ", path.display())), "{error}");
        };
        complain(&good.replacen("HISTFA", "!!!!!!", 1), first);
        complain(&good.replacen("HISTFA", "AAAAAA", 1), first);
        complain(&good.replace("\n1.000", "\nrubbish"), first + 1);
        complain(good.trim_end(), first + 1);
    }

    #[test]
    fn what_cannot_be_summed_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let [coarse, fine, full, empty] =
            ["coarse", "fine", "full", "empty"].map(|name| directory.path().join(name));
        write_log(&coarse, &[Histogram::new_with_bounds(1, 1_000_000, 2).unwrap()]);
        write_log(&fine, &[histogram(&[1_234])]);
        let error = merge(&[&fine, &coarse]).unwrap_err().to_string();
        assert!(error.contains("coarse:") && error.contains("significant digits"), "{error}");
        let mut many = histogram(&[]);
        many.record_n(5, i64::MAX.unsigned_abs()).unwrap();
        write_log(&full, &[many.clone(), many.clone(), many]);
        let error = merge(&[&full]).unwrap_err().to_string();
        assert!(error.contains("more samples than can be counted"), "{error}");
        write_log(&empty, &[]);
        assert!(matches!(merge(&[&empty]), Err(MergeError::Empty)));
        let missing = directory.path().join("missing");
        assert!(merge(&[&missing]).unwrap_err().to_string().contains("missing: cannot be read"));
    }

    #[test]
    fn the_sum_is_shown_in_lines() {
        let text = merged_summary(&histogram(&[1_000_000; 1234]));
        assert!(text.contains("samples          1,234\n"), "{text}");
        assert!(text.contains("p99            1.00 ms\n"), "{text}");
        assert_eq!(merged_summary(&histogram(&[])), "samples              0\n");
    }
}
