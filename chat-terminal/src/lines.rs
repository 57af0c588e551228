//! Reads, and the lines in them.

use std::ops::Range;

use chat_protocol::decoder::{Decoder, Line};
use chat_protocol::framing::Framing;

/// A buffer to read into, and the decoder for what was read.
pub struct Lines {
    /// To be told of pauses and of the end.
    pub decoder: Decoder,
    chunk: Box<[u8]>,
    /// The part of the chunk that was read and not yet decoded.
    unread: Range<usize>,
}

impl Lines {
    /// Lines of up to `limit` bytes, from reads of up to `chunk` bytes.
    pub fn new(framing: Framing, limit: usize, chunk: usize) -> Self {
        let chunk = vec![0; chunk].into_boxed_slice();
        Self { decoder: Decoder::new(framing, limit), chunk, unread: 0..0 }
    }

    /// Where the next read goes. What was read before and not taken is lost.
    pub fn buffer(&mut self) -> &mut [u8] {
        &mut self.chunk
    }

    /// So many bytes were read.
    pub fn filled(&mut self, bytes: usize) {
        self.unread = 0..bytes;
    }

    /// The next line that is complete and not empty, or `None` when it is time to read again.
    #[expect(clippy::should_implement_trait, reason = "lines borrow from here")]
    pub fn next(&mut self) -> Option<Line<'_>> {
        let mut rest = &self.chunk[self.unread.clone()];
        let mut line = self.decoder.decode(&mut rest);
        while line == Some(Line::Empty) {
            line = self.decoder.decode(&mut rest);
        }
        self.unread.start = self.unread.end - rest.len();
        line
    }
}
