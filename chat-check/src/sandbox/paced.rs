//! Reading of endless output.

use std::io::{self, Read};
use std::thread;
use std::time::Duration;

/// Pause of reading for each [`CHUNK`] beyond what is kept: endless output then costs this program,
/// and all others, next to nothing.
const PAUSE: Duration = Duration::from_millis(5);

/// Bytes that are read at a time from endless output.
const CHUNK: usize = 16 * 1024;

/// A reader that slows down once more output has come than is kept.
pub(super) struct Paced {
    source: Box<dyn Read + Send>,
    left: usize,
}

impl Paced {
    pub(super) fn of(source: Option<impl Read + Send + 'static>, fast: usize) -> Self {
        let source: Box<dyn Read + Send> = match source {
            Some(source) => Box::new(source),
            None => Box::new(io::empty()),
        };
        Self { source, left: fast }
    }
}

impl Read for Paced {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left > 0 {
            let read = self.source.read(buffer)?;
            self.left = self.left.saturating_sub(read);
            return Ok(read);
        }
        thread::sleep(PAUSE);
        let most = buffer.len().min(CHUNK);
        self.source.read(&mut buffer[..most])
    }
}
