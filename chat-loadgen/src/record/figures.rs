//! Figures as people read them: three significant digits and a unit, or thousands set apart.

use crate::record::Summary;

/// A count as a floating-point number; above 2^53 it is rounded.
#[expect(clippy::cast_precision_loss, reason = "what is shown has three digits")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// The whole part of a number that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, as it should"
)]
pub(crate) fn whole(number: f64) -> u64 {
    number as u64
}

/// Nanoseconds: `850 ns`, `1.40 ms`, `31.2 s`.
pub(crate) fn time(ns: u64) -> String {
    time_of(float(ns))
}

/// Nanoseconds that are a mean, a difference or before something: `-1.40 ms`.
pub(crate) fn time_of(ns: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")];
    // What would be rounded to 1000 is shown in the next unit.
    match UNITS.iter().find(|(unit, _)| ns.abs() >= unit * 0.9995) {
        Some((unit, name)) => format!("{} {name}", digits(ns / unit)),
        None => format!("{ns:.0} ns"),
    }
}

/// One of a summary's times; a dash if it has no samples.
pub(crate) fn sampled(summary: &Summary, ns: u64) -> String {
    if summary.count > 0 { time(ns) } else { "–".to_owned() }
}

/// Seconds: `12.0 s`, `250 ms`.
pub(crate) fn seconds(seconds: f64) -> String {
    time_of(seconds * 1e9)
}

/// A count with its thousands set apart: `1,234,567`.
pub(crate) fn count(count: u64) -> String {
    thousands(&count.to_string())
}

/// Something per second, without a unit: `1,234,567`, `48.2`.
pub(crate) fn rate(rate: f64) -> String {
    if rate.abs() < 999.5 { digits(rate) } else { thousands(&format!("{rate:.0}")) }
}

/// A part of one: `12.3 %`.
pub(crate) fn share(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Relative change of a figure: `+12.3 %`.
pub(crate) fn change(share: f64) -> String {
    format!("{:+.1} %", share * 100.0)
}

/// Bytes: `512 B`, `1.50 KiB`, `12.3 MiB`.
pub(crate) fn bytes(bytes: f64) -> String {
    const UNITS: [(f64, &str); 3] =
        [(1_073_741_824.0, "GiB"), (1_048_576.0, "MiB"), (1024.0, "KiB")];
    match UNITS.iter().find(|(unit, _)| bytes.abs() >= *unit) {
        Some((unit, name)) => format!("{} {name}", digits(bytes / unit)),
        None => format!("{bytes:.0} B"),
    }
}

/// Ratio of two figures: `3.20×`. A ratio to zero is not defined.
pub(crate) fn times(result: f64, floor: f64) -> String {
    if floor > 0.0 { format!("{}×", digits(result / floor)) } else { "–".to_owned() }
}

/// Three significant digits; more before the point are kept.
pub(crate) fn digits(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if size < 9.995 {
        format!("{number:.2}")
    } else if size < 99.95 {
        format!("{number:.1}")
    } else {
        format!("{number:.0}")
    }
}

/// A pacing with the thousands of its rates set apart: `open 100:2,000/s`. Where commas part the rates
/// already, it stays as it is.
pub(crate) fn pacing(text: &str) -> String {
    if text.contains(',') {
        return text.to_owned();
    }
    let mut out = String::new();
    for piece in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let number = piece.trim_end_matches(|c: char| !c.is_ascii_digit());
        let fraction = out.ends_with('.');
        out += &if fraction { number.to_owned() } else { thousands(number) };
        out += &piece[number.len()..];
    }
    out
}

fn thousands(number: &str) -> String {
    let (sign, number) = number.split_at(usize::from(number.starts_with('-')));
    let mut out = sign.to_owned();
    for (i, digit) in number.char_indices() {
        if i > 0 && (number.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_three_digits_and_the_unit_that_fits() {
        let shown = [
            (0, "0 ns"),
            (7, "7 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (1_404, "1.40 µs"),
            (31_249_999, "31.2 ms"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (9_996_000, "10.0 ms"),
            (12_345_000_000, "12.3 s"),
            (1_234_000_000_000, "1234 s"),
        ];
        for (ns, text) in shown {
            assert_eq!(time(ns), text);
        }
        assert_eq!(time_of(-1_404_000.0), "-1.40 ms");
        assert_eq!(seconds(0.25), "250 ms");
    }

    #[test]
    fn without_samples_there_is_no_time() {
        let mut summary = crate::record::sample::record().latency.response;
        assert_eq!(sampled(&summary, 7), "7 ns");
        summary.count = 0;
        assert_eq!(sampled(&summary, 7), "–");
    }

    #[test]
    fn thousands_are_set_apart() {
        let shown = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in shown {
            assert_eq!(count(number), text);
        }
        assert_eq!(rate(999.4), "999");
        assert_eq!(rate(999.6), "1,000");
        assert_eq!(rate(-123_456.7), "-123,457");
        assert_eq!(rate(48.21), "48.2");
        for (text, shown) in [
            ("open 10000000/s poisson", "open 10,000,000/s poisson"),
            ("open 999:1500.12345/s", "open 999:1,500.12345/s"),
            ("open 1000,2000/s", "open 1000,2000/s"),
            ("closed 2048", "closed 2,048"),
        ] {
            assert_eq!(pacing(text), shown);
        }
    }

    #[test]
    fn shares_sizes_and_multiples_have_their_signs() {
        assert_eq!(share(0.1234), "12.3 %");
        assert_eq!(change(0.2), "+20.0 %");
        assert_eq!(change(-0.051), "-5.1 %");
        assert_eq!(bytes(512.0), "512 B");
        assert_eq!(bytes(1536.0), "1.50 KiB");
        assert_eq!(bytes(12.3 * 1_048_576.0), "12.3 MiB");
        assert_eq!(times(32.0, 10.0), "3.20×");
        assert_eq!(times(32.0, 0.0), "–");
    }
}
