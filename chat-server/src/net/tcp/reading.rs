//! A connection as it is read: the way by which its client has come, who is asked for what there is, and what comes.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, Read};

use chat_protocol::options::server_address::Door;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::task::yield_now;

use super::TcpConnection;
use crate::net::wire::Arrived;

/// The size of one read, in bytes: many short lines, and yet no long turn for one client.
pub(crate) const READ: usize = 16 * 1024;

/// The emulation of readiness on Windows wants to be told by a read that fails.
const SHORT_READ_IS_LAST: bool = cfg!(unix);

/// The space before what is read. Frames need one byte of it; with eight, a read is aligned.
const SPARE: usize = 8;

thread_local! {
    /// The buffer for every read of this thread, so that a silent connection holds no buffer.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SPARE + READ].into_boxed_slice());
}

impl TcpConnection {
    /// The way by which its client has come.
    pub(crate) fn door(&self) -> Door {
        self.wire.door()
    }

    /// Reads once and shows what was read.
    /// [`io::ErrorKind::WouldBlock`] when there was nothing to read after all.
    pub(crate) fn read<T>(
        &self,
        asked: Asked,
        show: impl FnOnce(Received<'_>) -> T,
    ) -> io::Result<T> {
        if self.wire.has_ended() {
            return Ok(show(Received::End));
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let (buffer, mut n) = (&mut scratch[SPARE - 1..], 0);
            let read = |buffer: &mut [u8]| {
                n = self.read_scratch(asked, buffer)?;
                Ok(n)
            };
            let arrived = self.wire.receive(buffer, read, |bytes| self.stream.try_write(bytes))?;
            let Some(Arrived { lines, is_activity }) = arrived else {
                return Ok(show(Received::End));
            };
            if is_activity {
                self.activity.touch_now();
            }
            let more = n == READ || self.wire.has_pending();
            Ok(show(Received::Some { bytes: &buffer[lines], more }))
        })
    }

    fn read_scratch(&self, asked: Asked, buffer: &mut [u8]) -> io::Result<usize> {
        match asked {
            Asked::Runtime => self.read_into(buffer),
            Asked::System => (&*SockRef::from(&self.stream)).read(buffer),
        }
    }

    /// A read that did not fill the buffer has taken all there was: the runtime is told so, or
    /// every message would cost one more read that finds nothing.
    fn read_into(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut read = None;
        let more = self.stream.try_io(Interest::READABLE, || {
            let n = (&*SockRef::from(&self.stream)).read(buffer)?;
            read = Some(n);
            let last = SHORT_READ_IS_LAST && n > 0 && n < buffer.len();
            if last { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match read {
            Some(n) => Ok(n),
            None => more.map(|()| 0),
        }
    }

    /// Reads until the peer ends its side, and forgets it.
    pub(super) async fn read_to_end(&self) {
        let read = || SCRATCH.with_borrow_mut(|scratch| self.read_scratch(Asked::Runtime, scratch));
        while poll_fn(|context| self.stream.poll_read_ready(context)).await.is_ok() {
            match read() {
                // A peer that sends without end must not keep others from their turns.
                Ok(1..) => yield_now().await,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => return,
            }
        }
    }
}

/// The source of the knowledge that there is something to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The runtime, which knows what the system has told it. Costs no system call in vain.
    Runtime,
    /// The system itself. When the process is continued, timers fire before the runtime has heard of what has
    /// arrived meanwhile.
    System,
}

/// The result of one read.
pub(crate) enum Received<'a> {
    /// These bytes of lines: of frames, there may be none. There is `more` at once, if that is certain.
    Some { bytes: &'a [u8], more: bool },
    /// The peer sends nothing more.
    End,
}
