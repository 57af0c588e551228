//! The printer's thread: lines above the prompt, and the screen drawn again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustyline::ExternalPrinter;
use tokio::sync::mpsc;

use super::gate::Gate;
use super::rows;
use super::shown::Shown;

/// Moves the cursor up and down again: an invisible text, to be printed when a text is needed.
const INVISIBLE: &str = "\x1b[A\n";

/// A text to be printed, or another task of the printer.
pub(super) enum Text {
    Lines(String),
    /// The width has changed under a wrapped line: the screen is to be drawn again.
    Redraw,
    End,
}

/// The state of the printer's thread.
pub(super) struct Printing<P> {
    pub(super) printer: P,
    pub(super) texts: mpsc::Receiver<Text>,
    pub(super) gate: Arc<Gate>,
    pub(super) shown: Arc<Shown>,
    /// True if the screen is to be drawn again.
    pub(super) disturbed: Arc<AtomicBool>,
}

impl<P: ExternalPrinter> Printing<P> {
    /// Prints text after text until the end. Printing fails if the terminal is gone, and then the
    /// editor ends too.
    pub(super) fn print(mut self) {
        loop {
            let text = self.texts.blocking_recv();
            self.gate.pass();
            match text {
                Some(Text::Lines(lines)) => {
                    self.shown.push(&lines);
                    let _ = self.printer.print(rows::wrap(&lines, rows::size().0));
                }
                Some(Text::Redraw) => {}
                Some(Text::End) | None => break,
            }
            if self.disturbed.swap(false, Ordering::Relaxed) {
                let (columns, height) = rows::size();
                let draft = rows::of_draft(&self.gate.typed(), columns);
                let drawn = self.shown.redraw(columns, height.saturating_sub(draft));
                let _ = self.printer.print(drawn);
            }
        }
        // The printer holds one text, so this call returns after the last one has been printed.
        let _ = self.printer.print(INVISIBLE.to_owned());
    }
}
