//! A read buffer with a line decoder.

use std::ops::Range;

use chat_protocol::decoder::{Decoder, Line};
use chat_protocol::framing::Framing;

/// A buffer to read into, and the decoder for the bytes read.
pub struct Lines {
    /// The decoder. The caller reports pauses and the end of the stream to it.
    pub decoder: Decoder,
    chunk: Box<[u8]>,
    /// The part of the last chunk that is not decoded yet.
    unread: Range<usize>,
}

impl Lines {
    /// Creates a reader for lines of up to `limit` bytes, with reads of up to `chunk` bytes.
    pub fn new(framing: Framing, limit: usize, chunk: usize) -> Self {
        let chunk = vec![0; chunk].into_boxed_slice();
        Self { decoder: Decoder::new(framing, limit), chunk, unread: 0..0 }
    }

    /// The buffer for the next read. Bytes that are not decoded yet are lost.
    pub fn buffer(&mut self) -> &mut [u8] {
        &mut self.chunk
    }

    /// Reports the number of bytes read into the buffer.
    pub fn filled(&mut self, bytes: usize) {
        self.unread = 0..bytes;
    }

    /// Returns the next line that is complete and not empty, or `None` if another read is needed.
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
