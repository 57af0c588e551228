//! Scrollback of the lines shown last, from which the screen is drawn anew.
//!
//! When the width of a window changes, some terminals reflow the rows of a wrapped draft, and some
//! do not. The editor cannot know where its draft stands then: it erases lines above it, or leaves
//! a part of it. So the whole screen is drawn again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::rows;

/// Maximum size, in bytes. It fills a screen of 200 × 100.
const CAPACITY: usize = 64 * 1024;

/// The lines shown last.
#[derive(Debug, Default)]
pub(super) struct Shown(Mutex<String>);

impl Shown {
    /// Adds whole lines. The oldest are forgotten.
    pub(super) fn push(&self, lines: &str) {
        // A screen that is drawn again does not ring again.
        let mut text = self.lock();
        text.extend(lines.chars().filter(|c| *c != '\x07'));
        if text.len() > 2 * CAPACITY {
            let old = text.ceil_char_boundary(text.len() - CAPACITY);
            let line_end = text[old..].find('\n').map_or(old, |end| old + end + 1);
            text.drain(..line_end);
        }
    }

    /// A text that draws the last lines from the top of the screen, in so many rows, and clears the
    /// rest. The rows below are for the prompt.
    ///
    /// Lines that were on the screen when it had `widest` columns, and do not fit any more, are
    /// drawn first: they scroll away, but none is lost.
    pub(super) fn redraw(&self, columns: usize, widest: usize, height: usize) -> String {
        let shown = self.lock();
        let mut last = Vec::new();
        let mut before = 0;
        for line in shown.lines().rev() {
            if before >= height && last.len() >= height {
                break;
            }
            before += rows::split(line, widest).len();
            last.extend(rows::split(line, columns).into_iter().rev());
        }
        if columns >= widest {
            last.truncate(height.max(1));
        }
        let mut text = "\x1b[H".to_owned();
        for (below, row) in last.iter().enumerate().rev() {
            text += if below == 0 { "\x1b[J" } else { "\x1b[2K" };
            text += row;
            text.push('\n');
        }
        text
    }

    fn lock(&self) -> MutexGuard<'_, String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r4_2_the_last_lines_are_drawn_with_the_width_that_there_is_now() {
        let shown = Shown::default();
        shown.push("uno\ndos \x07\n0123456789ab\n");
        let drawn = "\x1b[H\x1b[2Kdos \n\x1b[2K01234567\n\x1b[J  89ab\n";
        assert_eq!(shown.redraw(10, 10, 3), drawn);
        assert_eq!(shown.redraw(20, 20, 1), "\x1b[H\x1b[J0123456789ab\n");
    }

    #[test]
    fn r4_2_lines_that_have_no_place_any_more_scroll_away_and_are_not_lost() {
        let shown = Shown::default();
        shown.push("uno\n0123456789ab\n0123456789ab\n");
        let drawn = shown.redraw(10, 12, 2);
        let row = "\x1b[2K01234567\n\x1b[2K  89ab\n";
        assert_eq!(drawn, format!("\x1b[H{row}\x1b[2K01234567\n\x1b[J  89ab\n"));
    }

    #[test]
    fn r4_2_a_long_conversation_takes_no_more_memory() {
        let shown = Shown::default();
        for i in 0..50_000 {
            shown.push(&format!("ñandú {i}\n"));
        }
        let text = shown.lock();
        assert!(text.len() <= 2 * CAPACITY);
        assert!(text.starts_with("ñandú ") && text.ends_with("\nñandú 49999\n"));
    }
}
