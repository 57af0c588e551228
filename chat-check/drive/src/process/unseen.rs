//! Process information where there is no `/proc`: none.

use std::io;
use std::time::Duration;

/// Returns the number of descriptors that a process has open.
pub fn descriptors(_id: u32) -> io::Result<usize> {
    unseen()
}

/// Returns the number of threads of a process.
pub fn threads(_id: u32) -> io::Result<usize> {
    unseen()
}

/// Returns the state of each thread of a process.
pub fn states(_id: u32) -> io::Result<Vec<char>> {
    unseen()
}

/// A process's descendants and itself: only the process itself is visible here.
pub fn tree(id: u32) -> Vec<u32> {
    vec![id]
}

/// Returns the processor time that a process has used, without its ended children's.
pub fn cpu(_id: u32) -> io::Result<Duration> {
    unseen()
}

fn unseen<T>() -> io::Result<T> {
    Err(io::ErrorKind::Unsupported.into())
}
