//! The printer's thread: lines above the prompt, and the screen drawn again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    /// The largest width of the screen since it was disturbed; 0 if it is in order.
    pub(super) disturbed: Arc<AtomicUsize>,
}

impl<P: ExternalPrinter> Printing<P> {
    /// Prints text after text until the end. Printing fails if the terminal is gone, and then the
    /// editor ends too.
    pub(super) fn print(mut self) {
        loop {
            let text = self.texts.blocking_recv();
            self.gate.pass();
            self.redraw();
            match text {
                Some(Text::Lines(lines)) => {
                    self.shown.push(&lines);
                    let _ = self.printer.print(rows::wrap(&lines, rows::size().0));
                    self.redraw();
                }
                Some(Text::Redraw) => {}
                Some(Text::End) | None => break,
            }
        }
        // The printer holds one text, so this call returns after the last one has been printed.
        let _ = self.printer.print(INVISIBLE.to_owned());
    }

    /// Draws the screen again if it is disturbed. All this is one text, so nothing comes between.
    fn redraw(&mut self) {
        let widest = self.disturbed.swap(0, Ordering::Relaxed);
        if widest > 0 {
            let (columns, height) = rows::size();
            let draft = rows::of_draft(&self.gate.typed(), columns);
            let drawn = self.shown.redraw(columns, widest, height.saturating_sub(draft));
            let _ = self.printer.print(drawn);
        }
    }
}
