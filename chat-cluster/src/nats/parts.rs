//! Snapshots in parts, each a message of NATS, which has a limit.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::wire::{Malformed, Reader, Write};

/// The longest part, in bytes without its header: half of what a server takes by default.
const PART: usize = 512 * 1024;

/// The longest snapshot, in bytes: some million people. As much memory is taken at most for all that are unfinished.
const MAX_SNAPSHOT: usize = 256 * 1024 * 1024;

/// An unfinished snapshot of which nothing more arrives is dropped after this time.
const PATIENCE: Duration = Duration::from_secs(5);

/// Cuts a snapshot. `None`: it is too long. Its parts have the sender's number, and the number of the snapshot among the
/// sender's.
pub(super) fn cut(
    sender: u64,
    number: u64,
    snapshot: &[u8],
) -> Option<impl Iterator<Item = Bytes>> {
    let parts = u32::try_from(snapshot.len().div_ceil(PART)).ok()?;
    (snapshot.len() <= MAX_SNAPSHOT).then(|| {
        snapshot.chunks(PART).zip(0..).map(move |(part, index): (_, u32)| {
            let mut message = Vec::with_capacity(part.len() + 24);
            message.put_u64(sender);
            message.put_u64(number);
            message.put_u32(index);
            message.put_u32(parts);
            message.put(part);
            message.into()
        })
    })
}

/// Snapshots of which parts have arrived.
#[derive(Debug, Default)]
pub(super) struct Parts(Vec<Unfinished>);

#[derive(Debug)]
struct Unfinished {
    id: (u64, u64),
    bytes: Vec<u8>,
    next: u32,
    heard: Instant,
}

impl Parts {
    /// Takes a part. Returns the snapshot if it was the last one. Parts of one sender arrive in order, or one is missing.
    pub(super) fn take(&mut self, now: Instant, message: &[u8]) -> Option<Vec<u8>> {
        self.0.retain(|unfinished| now < unfinished.heard + PATIENCE);
        let (id, index, parts, part) = read(message).ok()?;
        if index == 0 {
            self.0.retain(|unfinished| unfinished.id != id);
            self.0.push(Unfinished { id, bytes: Vec::new(), next: 0, heard: now });
        }
        let place = self.0.iter().position(|unfinished| unfinished.id == id)?;
        let length: usize = self.0.iter().map(|unfinished| unfinished.bytes.len()).sum();
        let unfinished = &mut self.0[place];
        if unfinished.next != index || index >= parts || length + part.len() > MAX_SNAPSHOT {
            self.0.swap_remove(place);
            return None;
        }
        unfinished.bytes.extend_from_slice(part);
        unfinished.next += 1;
        unfinished.heard = now;
        (unfinished.next == parts).then(|| self.0.swap_remove(place).bytes)
    }
}

type Part<'a> = ((u64, u64), u32, u32, &'a [u8]);

fn read(message: &[u8]) -> Result<Part<'_>, Malformed> {
    let mut input = Reader::new(message);
    Ok(((input.u64()?, input.u64()?), input.u32()?, input.u32()?, input.rest()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(length: usize) -> Vec<u8> {
        (0..length).map(|n| u8::try_from(n % 251).unwrap_or(0)).collect()
    }

    fn parts(sender: u64, snapshot: &[u8]) -> Vec<Bytes> {
        cut(sender, 1, snapshot).expect("not too long").collect()
    }

    #[test]
    fn is_put_together_beside_another() {
        let (now, one, other) = (Instant::now(), snapshot(PART * 3), snapshot(PART * 2 + 1));
        let mut taken = Parts::default();
        let [ones, others] = [parts(1, &one), parts(2, &other)];
        assert_eq!((ones.len(), others.len()), (3, 3));
        for index in 0..2 {
            assert_eq!(taken.take(now, &ones[index]), None);
            assert_eq!(taken.take(now, &others[index]), None);
        }
        assert_eq!(taken.take(now, &others[2]), Some(other));
        assert_eq!(taken.take(now, &ones[2]), Some(one));
        assert!(taken.0.is_empty());
    }

    #[test]
    fn one_with_a_hole_is_dropped_and_can_come_again() {
        let (now, one) = (Instant::now(), snapshot(PART * 3));
        let (mut taken, parts) = (Parts::default(), parts(1, &one));
        for index in [0, 2, 1] {
            assert_eq!(taken.take(now, &parts[index]), None);
        }
        assert!(taken.0.is_empty());
        assert_eq!(taken.take(now, &parts[0]), None);
        assert_eq!(taken.take(now, &parts[1]), None);
        assert_eq!(taken.take(now, &parts[2]), Some(one));
    }

    #[test]
    fn one_that_stands_still_is_dropped() {
        let (now, one) = (Instant::now(), snapshot(PART * 2));
        let (mut taken, parts) = (Parts::default(), parts(1, &one));
        assert_eq!(taken.take(now, &parts[0]), None);
        assert_eq!(taken.take(now + PATIENCE, &parts[1]), None);
        assert!(taken.0.is_empty());
    }

    #[test]
    fn too_much_is_neither_sent_nor_taken() {
        assert!(cut(1, 1, &vec![0; MAX_SNAPSHOT + 1]).is_none());
        let (now, mut taken) = (Instant::now(), Parts::default());
        for index in 0.. {
            let mut message = Vec::new();
            message.put_u64(1);
            message.put_u64(1);
            message.put_u32(index);
            message.put_u32(u32::MAX);
            message.resize(message.len() + PART, 0);
            assert_eq!(taken.take(now, &message), None);
            if taken.0.is_empty() {
                assert_eq!(usize::try_from(index), Ok(MAX_SNAPSHOT / PART));
                return;
            }
        }
    }

    #[test]
    fn bytes_of_others_are_no_part() {
        let mut taken = Parts::default();
        for length in 0..32 {
            assert_eq!(taken.take(Instant::now(), &vec![0; length]), None);
            assert_eq!(taken.take(Instant::now(), &vec![255; length]), None);
        }
        assert!(taken.0.is_empty());
    }
}
