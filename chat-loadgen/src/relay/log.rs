//! The relay's fault log: a line for each fault, and their totals.

use std::fmt;
use std::io::{self, BufWriter, Write};

/// Number of injected faults of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Deliveries that were left out.
    pub(crate) dropped: u64,
    /// Deliveries that were made twice.
    pub(crate) duplicated: u64,
    /// Deliveries that came after the sender's next one.
    pub(crate) swapped: u64,
    /// Messages that went to their sender, too.
    pub(crate) echoed: u64,
    /// Deliveries with a damaged byte.
    pub(crate) corrupted: u64,
    /// Deliveries whose text was twice on its line.
    pub(crate) doubled: u64,
    /// Deliveries that were on the line of another, behind it.
    pub(crate) merged: u64,
    /// Deliveries that were held back for a time.
    pub(crate) late: u64,
    /// Lines of a stranger.
    pub(crate) strangers: u64,
    /// Messages that were given to a receiver of another room.
    pub(crate) leaked: u64,
    /// Deliveries to the receiver that is far away.
    pub(crate) delayed: u64,
    /// Deliveries that were not made, because the connection had been cut.
    pub(crate) cut_off: u64,
    /// Times that the relay did nothing.
    pub(crate) stalled: u64,
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dropped, duplicated, swapped, echoed, corrupted, stalled, .. } = self;
        let Self { doubled, merged, late, strangers, leaked, delayed, cut_off, .. } = self;
        write!(f, "dropped {dropped}, duplicated {duplicated}, swapped {swapped}, ")?;
        write!(f, "echoed {echoed}, corrupted {corrupted}, doubled {doubled}, merged {merged}, ")?;
        write!(f, "late {late}, strangers {strangers}, leaked {leaked}, delayed {delayed}, ")?;
        write!(f, "cut off {cut_off}, stalled {stalled}")
    }
}

/// A client's identity in the log and in the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Its number among all clients that ever came, from 0.
    pub(crate) number: u64,
    pub(crate) port: u16,
    /// The room that it asked for, where that can be told.
    pub(crate) room: Option<u32>,
}

/// Fault that the relay injects into a delivery and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Drop,
    /// Dropped, and its receiver was sent nothing of its sender before or after that, by which it
    /// could tell. Counted as dropped.
    Unseen,
    Dup,
    Double,
    Merge,
    Late,
    /// Held back for a time, and not overtaken meanwhile. Counted as late.
    LateInOrder,
    Stranger,
    Leak,
    Cut,
    Corrupt,
    Swap,
    /// Held back for a swap, but its sender said nothing more: delivered late, in its place among
    /// its sender's messages, though behind what others said meanwhile. Not counted.
    Held,
    Echo,
}

impl Fault {
    fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Unseen => "unseen",
            Self::Double => "double",
            Self::Merge => "merge",
            Self::Late => "late",
            Self::LateInOrder => "late-in-order",
            Self::Leak => "leak",
            Self::Stranger => "stranger",
            Self::Cut => "cut",
            Self::Dup => "dup",
            Self::Corrupt => "corrupt",
            Self::Swap => "swap",
            Self::Held => "held",
            Self::Echo => "echo",
        }
    }
}

/// The log file and the totals. Entries for one receiver are in the order of its deliveries.
pub(crate) struct Log {
    out: BufWriter<Box<dyn Write + Send>>,
    totals: Totals,
}

impl Log {
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out: BufWriter::new(out), totals: Totals::default() }
    }

    /// Logs a fault of a text on its way between two ports.
    pub(crate) fn note(
        &mut self,
        fault: Fault,
        receiver: u16,
        sender: u16,
        text: &[u8],
    ) -> io::Result<()> {
        match fault {
            Fault::Drop | Fault::Unseen => self.totals.dropped += 1,
            Fault::Double => self.totals.doubled += 1,
            Fault::Merge => self.totals.merged += 1,
            Fault::Late | Fault::LateInOrder => self.totals.late += 1,
            Fault::Leak => self.totals.leaked += 1,
            Fault::Stranger => self.totals.strangers += 1,
            Fault::Cut => self.totals.cut_off += 1,
            Fault::Dup => self.totals.duplicated += 1,
            Fault::Corrupt => self.totals.corrupted += 1,
            Fault::Swap => self.totals.swapped += 1,
            Fault::Echo => self.totals.echoed += 1,
            Fault::Held => {}
        }
        write!(self.out, "{}\t{receiver}\t{sender}\t", fault.name())?;
        self.out.write_all(text)?;
        self.out.write_all(b"\n")
    }

    /// Counts a delivery to the receiver that is far away.
    pub(crate) fn note_delayed(&mut self) {
        self.totals.delayed += 1;
    }

    /// Counts a stall.
    pub(crate) fn note_stall(&mut self) {
        self.totals.stalled += 1;
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends the log with the totals.
    pub(crate) fn finish(mut self) -> io::Result<Totals> {
        writeln!(self.out, "totals\t{}", self.totals)?;
        self.out.flush()?;
        Ok(self.totals)
    }
}
