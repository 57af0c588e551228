//! Captured output: a thread collects what a program or a peer sends, and tests wait for it.

use std::io::{ErrorKind, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::role::Role;
use crate::transcript::How;

/// The end of a stream of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Closed by the other end in the normal way.
    Closed,
    /// Ended by a reset, or by another error.
    Broken,
}

/// Output captured so far. Bounded: a long one loses what lies between its first part and its last.
pub struct Captured {
    most: usize,
    when_full: WhenFull,
    heard: Mutex<Heard>,
    changed: Condvar,
    /// True once the reader has closed it: nothing more is read.
    closed: AtomicBool,
}

/// Policy for output beyond the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WhenFull {
    /// The middle of it is dropped.
    Forget,
    /// It is not read until what was captured before is [taken](Captured::take).
    Wait,
}

/// A snapshot of the captured bytes.
#[derive(Default)]
pub struct Heard {
    /// The bytes, without what was left out.
    pub bytes: Vec<u8>,
    /// Offsets in `bytes` at which each read ended: at most [`READS`] of them.
    pub reads: Vec<usize>,
    /// The end of the stream, once it has ended.
    pub end: Option<End>,
    /// Number of bytes received, including those no longer kept.
    pub total: u64,
}

/// Limit on the recorded reads: as many as any check looks at.
pub const READS: usize = 100_000;

/// Upper limit for [`Captured::wait_on`], as a multiple of the patience.
const ON: u32 = 4;

/// The bytes of one read.
const CHUNK: usize = 64 * 1024;

impl Captured {
    /// Reads from `source` in a thread until it ends, and keeps at most about `most` bytes. Each
    /// read is recorded.
    pub fn of(role: &Role, how: How, source: impl Read + Send + 'static, most: usize) -> Arc<Self> {
        let role = role.clone();
        let record = move |chunk: Option<&[u8]>| chunk.into_iter().for_each(|c| role.said(how, c));
        Self::start(source, most, WhenFull::Forget, record)
    }

    /// Reads from `source` in a thread until it ends. While about `most` bytes wait to be
    /// [taken](Self::take), it is not read. `record` is given each read, and nothing at the end.
    pub fn to_be_taken(
        source: impl Read + Send + 'static,
        most: usize,
        record: impl FnMut(Option<&[u8]>) + Send + 'static,
    ) -> Arc<Self> {
        Self::start(source, most, WhenFull::Wait, record)
    }

    fn start(
        source: impl Read + Send + 'static,
        most: usize,
        when_full: WhenFull,
        record: impl FnMut(Option<&[u8]>) + Send + 'static,
    ) -> Arc<Self> {
        let captured = Arc::new(Self {
            most,
            when_full,
            heard: Mutex::default(),
            changed: Condvar::new(),
            closed: AtomicBool::new(false),
        });
        let filled = Arc::clone(&captured);
        thread::spawn(move || filled.follow(source, record));
        captured
    }

    /// Waits for output or its end, and takes all that has come. `None` if neither comes while
    /// patience lasts.
    pub fn take(&self, patience: Duration) -> Option<(Vec<u8>, Option<End>)> {
        let taken = self.wait_at_most(patience, patience, |heard| {
            let some = !heard.bytes.is_empty() || heard.end.is_some();
            some.then(|| {
                heard.reads.clear();
                (std::mem::take(&mut heard.bytes), heard.end)
            })
        });
        self.changed.notify_all();
        taken
    }

    /// Stops reading: the output is no longer needed.
    pub fn close(&self) {
        let _heard = self.lock();
        self.closed.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    /// Waits until this finds something in what was heard, or for as long as patience lasts. At
    /// the end of the stream it looks a last time.
    pub fn wait<T>(
        &self,
        patience: Duration,
        mut find: impl FnMut(&Heard) -> Option<T>,
    ) -> Option<T> {
        self.wait_at_most(patience, patience, |heard| find(heard))
    }

    /// The same, but each arrival restarts the time-out, up to a limit: a slow program may still be
    /// busy with what came before.
    pub fn wait_on<T>(
        &self,
        patience: Duration,
        mut find: impl FnMut(&Heard) -> Option<T>,
    ) -> Option<T> {
        self.wait_at_most(patience, patience * ON, |heard| find(heard))
    }

    fn wait_at_most<T>(
        &self,
        patience: Duration,
        most: Duration,
        mut find: impl FnMut(&mut Heard) -> Option<T>,
    ) -> Option<T> {
        let begun = Instant::now();
        let mut heard = self.lock();
        let (mut last, mut total) = (begun, heard.total);
        loop {
            if let Some(found) = find(&mut heard) {
                return Some(found);
            }
            if heard.total > total {
                (last, total) = (Instant::now(), heard.total);
            }
            let deadline = (last + patience).min(begun + most);
            let left = deadline.saturating_duration_since(Instant::now());
            if heard.end.is_some() || left.is_zero() {
                return None;
            }
            let waited = self.changed.wait_timeout(heard, left);
            heard = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Looks at the bytes captured until now.
    pub fn look<T>(&self, look: impl FnOnce(&Heard) -> T) -> T {
        look(&self.lock())
    }

    /// Returns the bytes captured until now, as text.
    pub fn text(&self) -> String {
        self.look(|heard| String::from_utf8_lossy(&heard.bytes).into_owned())
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores a chunk, once there is room. Returns whether to read more.
    fn keep(&self, chunk: &[u8]) -> bool {
        let mut heard = self.lock();
        let closed = || self.closed.load(Ordering::Relaxed);
        while self.when_full == WhenFull::Wait && heard.bytes.len() >= self.most && !closed() {
            heard = self.changed.wait(heard).unwrap_or_else(PoisonError::into_inner);
        }
        heard.add(chunk, self.most, self.when_full);
        !closed()
    }

    fn follow(&self, mut source: impl Read, mut record: impl FnMut(Option<&[u8]>)) {
        let mut chunk = vec![0; CHUNK];
        let end = loop {
            match source.read(&mut chunk) {
                Ok(0) => break End::Closed,
                Ok(n) => {
                    record(Some(&chunk[..n]));
                    if !self.keep(&chunk[..n]) {
                        break End::Closed;
                    }
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                // A read from a terminal fails when its program is gone.
                Err(_) => break End::Broken,
            }
            self.changed.notify_all();
        };
        // A caller that sees the end may rely on the source being closed.
        drop(source);
        record(None);
        self.lock().end = Some(end);
        self.changed.notify_all();
    }
}

impl Heard {
    fn add(&mut self, chunk: &[u8], most: usize, when_full: WhenFull) {
        self.total += chunk.len() as u64;
        self.bytes.extend(chunk);
        if self.bytes.len() > most && when_full == WhenFull::Forget {
            // Half the limit at once, so that endless output does not move memory with each read.
            let first = most / 4;
            self.bytes.drain(first..first + most / 2);
            self.reads.clear();
        } else if self.reads.len() < READS {
            self.reads.push(self.bytes.len());
        }
    }

    /// Returns the offset of this text in the captured bytes, at or behind `from`.
    pub fn find(&self, token: &str, from: usize) -> Option<usize> {
        let bytes = self.bytes.get(from..)?;
        memchr::memmem::find(bytes, token.as_bytes()).map(|at| from + at)
    }

    /// Returns the number of occurrences of this text.
    pub fn count(&self, token: &str) -> usize {
        memchr::memmem::find_iter(&self.bytes, token.as_bytes()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::Transcript;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn captured(source: impl Read + Send + 'static, most: usize) -> Arc<Captured> {
        Captured::of(&Role::new("ana", &Transcript::begin()), How::Out, source, most)
    }

    #[test]
    fn what_comes_is_waited_for() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let captured = captured(reader, 1000);
        std::io::Write::write_all(&mut writer, b"hola que tal").unwrap();
        assert_eq!(captured.wait(PATIENCE, |heard| heard.find("que", 0)), Some(5));
        assert_eq!(captured.look(|heard| (heard.find("que", 6), heard.end)), (None, None));
        drop(writer);
        assert_eq!(captured.wait(PATIENCE, |heard| heard.end), Some(End::Closed));
        assert_eq!(captured.wait(PATIENCE, |heard| heard.find("no", 0)), None);
    }

    #[test]
    fn endless_output_keeps_its_head_and_its_tail() {
        let text: Vec<u8> = (0..2_000_000_u32).flat_map(u32::to_be_bytes).collect();
        let end = text[text.len() - 100..].to_vec();
        let captured = captured(std::io::Cursor::new(text), 1 << 20);
        captured.wait(PATIENCE, |heard| heard.end).unwrap();
        captured.look(|heard| {
            assert_eq!(heard.total, 8_000_000);
            assert!(heard.bytes.len() <= 1 << 20);
            assert_eq!(heard.bytes[..8], [0, 0, 0, 0, 0, 0, 0, 1]);
            assert!(heard.bytes.ends_with(&end));
        });
    }

    #[test]
    fn what_is_to_be_taken_is_whole_and_waits() {
        let text: Vec<u8> = (0..100_000_u32).flat_map(u32::to_be_bytes).collect();
        let captured = Captured::to_be_taken(std::io::Cursor::new(text.clone()), 1000, |_| {});
        let mut taken = Vec::new();
        loop {
            let (chunk, end) = captured.take(PATIENCE).unwrap();
            assert!(chunk.len() <= 1000 + CHUNK);
            taken.extend(chunk);
            if end.is_some() {
                break;
            }
        }
        assert!(taken == text);
    }
}
