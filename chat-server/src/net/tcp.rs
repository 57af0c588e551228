//! A TCP connection: the transport of a member, and what its client sends.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[cfg(target_os = "linux")]
use chat_protocol::limits;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};

use crate::net::admission::{Permit, Shares};
use crate::net::clock::Clock;
use crate::net::idle::Activity;
use crate::net::per_address::Origin;
use crate::net::transport::{Fault, Transport};

/// The size of one read, in bytes: many short lines, and yet no long turn for one client.
pub(crate) const READ: usize = 16 * 1024;

/// The emulation of readiness on Windows wants to be told by a read that fails.
const SHORT_READ_IS_LAST: bool = cfg!(unix);

/// The interest in a stream's end. On Linux, the runtime reports it with that in urgent data, for which no socket is
/// registered here; elsewhere with that in any data, so it has to be asked for again.
#[cfg(target_os = "linux")]
const END: Interest = Interest::PRIORITY;
#[cfg(not(target_os = "linux"))]
const END: Interest = Interest::READABLE;

/// The time between two looks for the end of a stream of which something is unread.
const END_POLL: Duration = Duration::from_secs(1);

/// The time that the peer has to end its side of a connection that was ended here.
///
/// Closing a socket that has unread bytes resets it, and a reset destroys what has not been sent
/// yet. So the end is announced first, and what the peer was still sending is read. At most twice
/// `SEND_BUFFER` is still to be sent: a reader of 256 KB/s gets all of it in this time.
const LINGER: Duration = Duration::from_secs(1);

thread_local! {
    /// The buffer for every read of this thread, so that a silent connection holds no buffer.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ].into_boxed_slice());
}

/// One client's connection, shared by the task that listens to it and the fan-out.
pub(crate) struct TcpConnection {
    stream: TcpStream,
    activity: Activity,
    /// The reason for which it is to be ended from this side, once there is one.
    dismissal: OnceLock<Dismissal>,
    /// Twelve bytes less than a [`SocketAddr`], of which every idle client has one.
    peer: (IpAddr, u16),
    /// The number of the client among those with its source port.
    number: AtomicU32,
    /// Its shares of the limits, where there are any.
    shares: Option<Box<Shares>>,
}

/// A reason for which a connection is ended from this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dismissal {
    /// The operator sends the client away.
    Removed,
    /// The client has no name yet, and makes way for another.
    Displaced,
    /// The client does not take what is meant for it.
    Fault,
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

impl TcpConnection {
    pub(crate) fn new(
        stream: TcpStream,
        peer: SocketAddr,
        shares: Option<Box<Shares>>,
        clock: Clock,
    ) -> Self {
        Self {
            stream,
            activity: Activity::new(clock),
            dismissal: OnceLock::new(),
            peer: (peer.ip(), peer.port()),
            number: AtomicU32::new(1),
            shares,
        }
    }

    pub(crate) fn peer(&self) -> SocketAddr {
        self.peer.into()
    }

    /// The number of the client among those with its source port.
    pub(crate) fn number(&self) -> u32 {
        self.number.load(Ordering::Relaxed)
    }

    /// Sets the [number](Self::number).
    pub(crate) fn set_number(&self, number: u32) {
        self.number.store(number, Ordering::Relaxed);
    }

    /// Returns whether the connection is not over yet. One that the peer has ended on its side is not over.
    pub(crate) fn is_alive(&self) -> bool {
        self.stream.peer_addr().is_ok()
    }

    /// The address, where it has limits.
    pub(crate) fn origin(&self) -> Option<&Origin> {
        self.shares.as_ref()?.origin()
    }

    /// The connection has this place from now on, where places are counted.
    pub(crate) fn take_place(&self, permit: Option<Permit>) {
        if let (Some(shares), Some(permit)) = (&self.shares, permit) {
            shares.take_place(permit);
        }
    }

    pub(crate) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Completes when there is something to read, be it the end. Cancel-safe. For one task at a time.
    ///
    /// `TcpStream::readable`, which is for any number of tasks, would take 168 bytes of the one that
    /// waits; this way to ask takes next to nothing.
    pub(crate) async fn readable(&self) -> io::Result<()> {
        poll_fn(|context| self.stream.poll_read_ready(context)).await
    }

    /// Asks the task that reads from it to end it, whatever is still unread.
    pub(crate) fn dismiss(&self, reason: Dismissal) {
        // The first reason counts.
        let _ = self.dismissal.set(reason);
        // Wakes the task. It fails when the connection is over.
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Read);
    }

    /// The reason for which the task that reads from it is to end it, if there is one.
    pub(crate) fn dismissal(&self) -> Option<Dismissal> {
        self.dismissal.get().copied()
    }

    /// Completes when the peer is gone, even if something that it sent is unread: its stream has ended, or
    /// there is a fault. Cancel-safe.
    pub(crate) async fn gone(&self) {
        // It fails with the runtime only.
        while self.stream.ready(END).await.is_ok_and(|ready| !ready.is_read_closed()) {
            sleep(END_POLL).await;
        }
    }

    /// Reads once and shows what was read: nothing is the end of the stream.
    ///
    /// [`io::ErrorKind::WouldBlock`] when there was nothing to read after all.
    pub(crate) fn read<T>(&self, asked: Asked, show: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        SCRATCH.with_borrow_mut(|scratch| {
            let n = match asked {
                Asked::Runtime => self.read_into(scratch),
                Asked::System => (&*SockRef::from(&self.stream)).read(scratch),
            }?;
            self.activity.touch_now();
            Ok(show(&scratch[..n]))
        })
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
    async fn read_to_end(&self) {
        while self.readable().await.is_ok() {
            match self.read(Asked::Runtime, <[u8]>::is_empty) {
                // A peer that sends without end must not keep others from their turns.
                Ok(false) => yield_now().await,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Ok(true) | Err(_) => return,
            }
        }
    }
}

impl Transport for TcpConnection {
    fn offer(&self, bytes: &[u8], now: Instant) -> io::Result<usize> {
        let n = self.stream.try_write(bytes)?;
        self.activity.touch(now);
        Ok(n)
    }

    fn offer_to_system(&self, bytes: &[u8], now: Instant) -> io::Result<usize> {
        let n = (&*SockRef::from(&self.stream)).write(bytes)?;
        self.activity.touch(now);
        Ok(n)
    }

    fn holds(&self) -> bool {
        false
    }

    async fn writable(&self) -> io::Result<()> {
        self.stream.writable().await
    }

    fn hang_up(&self, fault: Fault) {
        let (peer, socket) = (self.peer(), SockRef::from(&self.stream));
        match fault {
            Fault::Broken => tracing::debug!(%peer, "the connection is gone"),
            Fault::OutboxFull => tracing::warn!(%peer, "hanging up: it reads too slowly"),
            Fault::Stuck => tracing::warn!(%peer, "hanging up: it has stopped reading"),
        }
        // Both fail when the connection has ended already, which is what was wanted.
        if fault != Fault::Broken {
            let _ = self.dismissal.set(Dismissal::Fault);
            // A reset. Else the system would keep what the peer does not take for minutes, and 250 KiB with it.
            let _ = socket.set_linger(Some(Duration::ZERO));
        }
        let _ = socket.shutdown(Shutdown::Both);
    }

    async fn part(&self) {
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Write);
        // The system sends the rest. It would go on for minutes with a peer that takes nothing, and keep 250 KiB.
        #[cfg(target_os = "linux")]
        let _ = SockRef::from(&self.stream).set_tcp_user_timeout(Some(limits::VANISHED));
        let _ = timeout(LINGER, self.read_to_end()).await;
    }
}
