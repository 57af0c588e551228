//! Output lines of a program; a test waits for one after another.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;

use chat_drive::captured::Captured;
use chat_drive::failure::Result;
use chat_drive::role::{PATIENCE, Role};
use chat_drive::transcript::How;

/// Buffer limit, in bytes, for output that the test has not read yet. With this much, the stage
/// stops reading. It is enough for every test.
const UNREAD: usize = 64 << 20;

/// The lines of one output of a program.
pub struct Lines {
    role: Role,
    captured: Arc<Captured>,
    unread: RefCell<Unread>,
}

/// Output that was received and not read by the test yet.
#[derive(Default)]
struct Unread {
    lines: VecDeque<String>,
    /// The beginning of a line without its end.
    begun: Vec<u8>,
    ended: bool,
}

impl Lines {
    /// Reads lines from `source` in a thread of its own until it ends.
    pub(crate) fn new(role: &Role, how: How, source: impl Read + Send + 'static) -> Self {
        let (recorded, mut begun) = (role.clone(), Vec::new());
        let record = move |chunk: Option<&[u8]>| {
            if let Some(chunk) = chunk {
                split(&mut begun, chunk, |line| recorded.said(how, line));
            } else {
                if !begun.is_empty() {
                    recorded.said(how, &begun);
                }
                recorded.event("closed an output");
            }
        };
        let captured = Captured::to_be_taken(source, UNREAD, record);
        Self { role: role.clone(), captured, unread: RefCell::default() }
    }

    /// Waits for the next line. Returns it without its line ending; `None` at the end.
    #[track_caller]
    pub fn hear(&self) -> Result<Option<String>> {
        let mut unread = self.unread.borrow_mut();
        while unread.lines.is_empty() && !unread.ended {
            match self.captured.take(PATIENCE) {
                Some((chunk, end)) => unread.add(&chunk, end.is_some()),
                None => return Err(self.role.failure("says nothing")),
            }
        }
        Ok(unread.lines.pop_front())
    }

    /// Checks that this is the next line.
    #[track_caller]
    pub fn expect(&self, expected: &str) -> Result {
        match self.hear()? {
            Some(line) if line == expected => Ok(()),
            Some(line) => Err(self.role.failure(format!("should say {expected:?}, not {line:?}"))),
            None => Err(self.role.failure(format!("should say {expected:?}, but ends"))),
        }
    }

    /// Skips lines up to and including this one.
    #[track_caller]
    pub fn wait_for(&self, expected: &str) -> Result {
        self.find(|line| line == expected, &format!("{expected:?}")).map(drop)
    }

    /// Skips lines until `wanted` holds for one, and returns it.
    #[track_caller]
    pub fn find(&self, wanted: impl Fn(&str) -> bool, description: &str) -> Result<String> {
        while let Some(line) = self.hear()? {
            if wanted(&line) {
                return Ok(line);
            }
        }
        Err(self.role.failure(format!("ended without saying {description}")))
    }

    /// Returns all lines from here to the end.
    #[track_caller]
    pub fn rest(&self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        while let Some(line) = self.hear()? {
            lines.push(line);
        }
        Ok(lines)
    }

    /// Checks that there is no further line.
    #[track_caller]
    pub fn expect_end(&self) -> Result {
        match self.hear()? {
            None => Ok(()),
            Some(line) => Err(self.role.failure(format!("goes on with {line:?}"))),
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.captured.close();
    }
}

impl Unread {
    fn add(&mut self, chunk: &[u8], ended: bool) {
        let Self { lines, begun, .. } = self;
        let mut add = |line: &[u8]| lines.push_back(String::from_utf8_lossy(line).into_owned());
        split(begun, chunk, &mut add);
        if ended && !begun.is_empty() {
            add(&std::mem::take(begun));
        }
        self.ended = ended;
    }
}

/// Calls `whole` with each line that ends in this chunk. An unfinished line is kept in `begun`.
fn split(begun: &mut Vec<u8>, chunk: &[u8], mut whole: impl FnMut(&[u8])) {
    let mut pieces = chunk.split(|byte| *byte == b'\n').peekable();
    while let Some(piece) = pieces.next() {
        begun.extend(piece);
        if pieces.peek().is_some() {
            whole(begun);
            begun.clear();
        }
    }
}
