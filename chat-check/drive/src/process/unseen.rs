//! Process information where there is no `/proc`: none.

use std::io;
use std::time::Duration;

/// How many descriptors a process has open.
pub fn descriptors(_id: u32) -> io::Result<usize> {
    unseen()
}

/// How many threads a process has.
pub fn threads(_id: u32) -> io::Result<usize> {
    unseen()
}

/// What each thread of a process is doing.
pub fn states(_id: u32) -> io::Result<Vec<char>> {
    unseen()
}

/// A process's descendants and itself: itself is all there is to be seen.
pub fn tree(id: u32) -> Vec<u32> {
    vec![id]
}

/// How much processor time a process has used, its ended children's not included.
pub fn cpu(_id: u32) -> io::Result<Duration> {
    unseen()
}

fn unseen<T>() -> io::Result<T> {
    Err(io::ErrorKind::Unsupported.into())
}
