//! The fixed words of marks, in both languages, and how points are written.

use crate::text::{Lang, Text, Words};

/// The condition of a level in which no check holds.
pub(super) const ALL_FAIL: Text =
    Text { es: "no se cumple ninguna de estas comprobaciones", en: "none of these checks holds" };

/// Rounds to two decimals.
pub(crate) fn rounded(points: f64) -> f64 {
    (points * 100.0).round() / 100.0
}

/// Formats points.
pub(crate) fn points(points: f64, lang: Lang) -> String {
    // Adding nothing turns a negative zero into a plain one.
    lang.number(rounded(points) + 0.0)
}

/// Number of requirements that fail.
pub(super) fn requirements_failed(count: usize) -> Words {
    match count {
        1 => Words::new("no se cumple 1 requisito", "1 requirement fails"),
        n => Words::new(format!("no se cumplen {n} requisitos"), format!("{n} requirements fail")),
    }
}
