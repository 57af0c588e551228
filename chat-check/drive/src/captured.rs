//! Captured output: a thread collects what a program or a peer sends, and tests wait for it.

use std::io::{ErrorKind, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::role::Role;
use crate::transcript::How;

/// How a stream of bytes has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Properly.
    Closed,
    /// With a reset, or another error.
    Broken,
}

/// Output captured so far. Bounded: a long one loses what lies between its first part and its last.
pub struct Captured {
    most: usize,
    heard: Mutex<Heard>,
    changed: Condvar,
}

/// What was heard, at one moment.
#[derive(Default)]
pub struct Heard {
    /// The bytes, without what was left out.
    pub bytes: Vec<u8>,
    /// Where in them each read ended: at most [`READS`] of them.
    pub reads: Vec<usize>,
    /// How it has ended, if it has.
    pub end: Option<End>,
    /// How many bytes have come in all.
    pub total: u64,
}

/// How many reads are told apart: as many as any check looks at, and a bound.
pub const READS: usize = 100_000;

/// How many times as long as patience lasts [`Captured::wait_on`] waits at most.
const ON: u32 = 4;

/// The bytes of one read.
const CHUNK: usize = 64 * 1024;

impl Captured {
    /// Reads from `source` in a thread until it ends, and keeps at most about `most` bytes.
    pub fn of(role: &Role, how: How, source: impl Read + Send + 'static, most: usize) -> Arc<Self> {
        let captured = Arc::new(Self { most, heard: Mutex::default(), changed: Condvar::new() });
        let (filled, role) = (Arc::clone(&captured), role.clone());
        thread::spawn(move || filled.follow(source, &role, how));
        captured
    }

    /// Waits until this finds something in what was heard, or for as long as patience lasts. At
    /// the end of the stream it looks a last time.
    pub fn wait<T>(&self, patience: Duration, find: impl FnMut(&Heard) -> Option<T>) -> Option<T> {
        self.wait_at_most(patience, patience, find)
    }

    /// The same with patience that begins anew with whatever comes, for some time at most: what was
    /// said before it may take a slow program longer.
    pub fn wait_on<T>(
        &self,
        patience: Duration,
        find: impl FnMut(&Heard) -> Option<T>,
    ) -> Option<T> {
        self.wait_at_most(patience, patience * ON, find)
    }

    fn wait_at_most<T>(
        &self,
        patience: Duration,
        most: Duration,
        mut find: impl FnMut(&Heard) -> Option<T>,
    ) -> Option<T> {
        let begun = Instant::now();
        let mut heard = self.lock();
        let (mut last, mut total) = (begun, heard.total);
        loop {
            if let Some(found) = find(&heard) {
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

    /// Looks at what was heard until now.
    pub fn look<T>(&self, look: impl FnOnce(&Heard) -> T) -> T {
        look(&self.lock())
    }

    /// What was heard until now, as text.
    pub fn text(&self) -> String {
        self.look(|heard| String::from_utf8_lossy(&heard.bytes).into_owned())
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn follow(&self, mut source: impl Read, role: &Role, how: How) {
        let mut chunk = vec![0; CHUNK];
        let end = loop {
            match source.read(&mut chunk) {
                Ok(0) => break End::Closed,
                Ok(n) => {
                    role.said(how, &chunk[..n]);
                    self.lock().take(&chunk[..n], self.most);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                // A terminal whose program is gone ends so.
                Err(_) => break End::Broken,
            }
            self.changed.notify_all();
        };
        // Whoever sees the end may count on that nobody holds the source any more.
        drop(source);
        self.lock().end = Some(end);
        self.changed.notify_all();
    }
}

impl Heard {
    fn take(&mut self, chunk: &[u8], most: usize) {
        self.total += chunk.len() as u64;
        self.bytes.extend(chunk);
        if self.bytes.len() > most {
            // Half a bound at once, so that endless output does not move memory with each read.
            let first = most / 4;
            self.bytes.drain(first..first + most / 2);
            self.reads.clear();
        } else if self.reads.len() < READS {
            self.reads.push(self.bytes.len());
        }
    }

    /// Where this stands in what was heard, at or behind `from`.
    pub fn find(&self, token: &str, from: usize) -> Option<usize> {
        let bytes = self.bytes.get(from..)?;
        memchr::memmem::find(bytes, token.as_bytes()).map(|at| from + at)
    }

    /// How often this stands in it.
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
}
