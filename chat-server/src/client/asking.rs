//! The question for a name where the client may compare what one read returns (`--send-framing`).
//!
//! The keyword goes out alone in a write of its own, and no line ending is put behind it, unless a client
//! that waits for one is silent. What else the client is told comes behind its name, in lines.

use std::time::Duration;

use chat_protocol::limits::CHUNK_PAUSE;
use clap::ValueEnum;
use tokio::time::Instant;

/// The form in which a client is asked for its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SendFraming {
    /// A line behind the greeting
    #[default]
    Line,
    /// The keyword alone, without a line ending; the greeting comes behind the name
    Bare,
    /// The same; the line ending follows after half a second, unless the client has answered
    Auto,
}

/// A set of options for the clients of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NameStyle {
    /// `--name-keyword NICK --send-framing bare --greeting off`
    Nick,
}

/// The time that a client has to answer before the line ending is sent. A program answers within a round
/// trip; a reader of lines waits that much longer.
const ANSWER_TIME: Duration = Duration::from_millis(500);

/// The pieces of the question that are still to be sent.
#[derive(Debug)]
pub(crate) struct Asking {
    next: Option<(Instant, Piece)>,
    ends_line: bool,
}

/// A piece of the question, for a write of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Keyword,
    LineEnding,
}

impl Asking {
    /// The keyword has been sent. `None` if it was a line, to which nothing is to be added.
    pub(crate) fn begin(framing: SendFraming, now: Instant) -> Option<Self> {
        let mut asking = Self { next: None, ends_line: framing == SendFraming::Auto };
        asking.sent(Piece::Keyword, now);
        (framing != SendFraming::Line).then_some(asking)
    }

    /// The name was refused. The pause keeps the keyword out of the read that gets the refusal.
    pub(crate) fn again(&mut self, now: Instant) {
        self.next = Some((now + CHUNK_PAUSE, Piece::Keyword));
    }

    /// The time of the next piece.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.next.map(|(time, _)| time)
    }

    /// The piece that is to be sent now.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Piece> {
        let (_, piece) = self.next.take_if(|(time, _)| *time <= now)?;
        self.sent(piece, now);
        Some(piece)
    }

    fn sent(&mut self, piece: Piece, now: Instant) {
        let ends_line = self.ends_line && piece == Piece::Keyword;
        self.next = ends_line.then(|| (now + ANSWER_TIME, Piece::LineEnding));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn r5_1_the_line_ending_comes_once_if_at_all() {
        let now = Instant::now();
        assert!(Asking::begin(SendFraming::Line, now).is_none());
        assert_eq!(Asking::begin(SendFraming::Bare, now).unwrap().due(), None);
        let mut asking = Asking::begin(SendFraming::Auto, now).unwrap();
        assert_eq!(asking.next(now), None);
        let late = now + ANSWER_TIME;
        assert_eq!(asking.due(), Some(late));
        assert_eq!((asking.next(late), asking.due()), (Some(Piece::LineEnding), None));
    }

    #[tokio::test(start_paused = true)]
    async fn r5_4_the_keyword_is_sent_again_after_a_pause() {
        for (framing, then) in
            [(SendFraming::Bare, None), (SendFraming::Auto, Some(CHUNK_PAUSE + ANSWER_TIME))]
        {
            let now = Instant::now();
            let mut asking = Asking::begin(framing, now).unwrap();
            asking.again(now);
            assert_eq!(asking.next(now), None);
            assert_eq!(asking.next(now + CHUNK_PAUSE), Some(Piece::Keyword));
            assert_eq!(asking.due(), then.map(|time| now + time));
        }
    }
}
