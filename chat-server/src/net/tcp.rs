//! A TCP connection: the transport of a member, and what its client sends. Its wire may have frames.

mod reading;

use std::future::poll_fn;
use std::io::{self, Write};
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

#[cfg(target_os = "linux")]
use chat_protocol::limits;
use chat_protocol::websocket::frame::Code;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::net::admission::{Permit, Shares};
use crate::net::clock::Clock;
use crate::net::idle::Activity;
use crate::net::per_address::Origin;
use crate::net::transport::{Dismissal, Fault, Transport};
use crate::net::wire::Wire;
use crate::net::wire::encoding::Encoding;
use crate::net::wire::text::Text;
pub(crate) use reading::{Asked, READ, Received};

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

/// The bits of a connection's state that are its [`Dismissal`].
const DISMISSAL: u8 = 0b111;

/// It takes objects, whatever its wire is made for.
const OBJECTS: u8 = 0b1000;

/// Its client has to ask before it speaks.
const RESTRAINED: u8 = 0b1_0000;

/// One client's connection, shared by the task that listens to it and the fan-out.
pub(crate) struct TcpConnection {
    stream: TcpStream,
    wire: Wire,
    activity: Activity,
    /// The [`Dismissal`] for which it is to be ended from this side, once there is one, and two bits: [`OBJECTS`] and
    /// [`RESTRAINED`]. With two bytes more, an idle client would cost 128 bytes more.
    state: AtomicU8,
    /// With the port thirteen bytes less than a [`SocketAddr`], of which every idle client has one.
    ip: IpAddr,
    port: u16,
    /// The number of the client among those with its source port.
    number: AtomicU32,
    /// Its shares of the limits, where there are any.
    shares: Option<Box<Shares>>,
}

impl TcpConnection {
    pub(crate) fn new(
        stream: TcpStream,
        wire: Wire,
        peer: SocketAddr,
        shares: Option<Box<Shares>>,
        clock: Clock,
    ) -> Self {
        Self {
            stream,
            wire,
            activity: Activity::new(clock),
            state: AtomicU8::new(0),
            ip: peer.ip(),
            port: peer.port(),
            number: AtomicU32::new(1),
            shares,
        }
    }

    pub(crate) fn peer(&self) -> SocketAddr {
        (self.ip, self.port).into()
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

    /// It takes objects from here on.
    pub(crate) fn take_objects(&self) {
        self.state.fetch_or(OBJECTS, Ordering::Release);
    }

    pub(crate) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Completes when there is something to read, be it the end. Cancel-safe. For one task at a time.
    /// `TcpStream::readable`, for any number of tasks, would take 168 bytes of the one that waits; this takes none.
    pub(crate) async fn readable(&self) -> io::Result<()> {
        if self.wire.has_pending() {
            return Ok(());
        }
        poll_fn(|context| self.stream.poll_read_ready(context)).await
    }

    /// Returns whether its client has to ask before it speaks.
    pub(crate) fn is_restrained(&self) -> bool {
        self.state.load(Ordering::Relaxed) & RESTRAINED != 0
    }

    /// Asks the task that reads from it to end it, whatever is still unread.
    pub(crate) fn dismiss(&self, reason: Dismissal) {
        self.dismiss_for(reason);
        // Wakes the task. It fails when the connection is over.
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Read);
    }

    /// The reason for which the task that reads from it is to end it, if there is one.
    pub(crate) fn dismissal(&self) -> Option<Dismissal> {
        let all = [Dismissal::Removed, Dismissal::Displaced, Dismissal::Fault, Dismissal::Isolated];
        let reason = self.state.load(Ordering::Acquire) & DISMISSAL;
        all.into_iter().find(|dismissal| *dismissal as u8 == reason)
    }

    /// Sets the reason, unless there is one: the first counts.
    fn dismiss_for(&self, reason: Dismissal) {
        let (set, failed) = (Ordering::AcqRel, Ordering::Acquire);
        let _ = self.state.try_update(set, failed, |state| {
            (state & DISMISSAL == 0).then_some(state | reason as u8)
        });
    }

    /// Completes when the peer is gone, even if something that it sent is unread: its stream has ended, or
    /// there is a fault. Cancel-safe.
    pub(crate) async fn gone(&self) {
        // It fails with the runtime only.
        while self.stream.ready(END).await.is_ok_and(|ready| !ready.is_read_closed()) {
            sleep(END_POLL).await;
        }
    }

    /// Returns whether nobody on the way can read what the client sends: it is encrypted, or comes from this machine.
    pub(crate) fn is_private(&self) -> bool {
        self.ip.to_canonical().is_loopback() || self.wire.is_encrypted()
    }

    /// Returns whether lines are all that its socket sees.
    pub(crate) fn is_plain(&self) -> bool {
        self.wire.is_plain()
    }

    /// Returns whether the messages of the peer have ends of their own: what is not ended is none.
    pub(crate) fn has_frames(&self) -> bool {
        self.wire.has_frames()
    }

    /// Sets the reason for which the connection is to be closed, for a wire that can tell it by a code.
    pub(crate) fn close_with(&self, code: Code, reason: &str) {
        self.wire.close_with(code, reason);
    }

    /// Announces the end of what is sent, where the wire does that, and waits for nothing.
    pub(crate) fn close_wire(&self) {
        self.wire.close_frames(|bytes| self.stream.try_write(bytes));
        self.wire.close_records(|bytes| self.stream.try_write(bytes));
    }

    /// The time of the next [beat](Self::beat), if the wire has a heartbeat.
    pub(crate) fn beat_due(&self) -> Option<Instant> {
        self.wire.beat_due()
    }

    /// Sends a ping, if it is time for one. Returns `false` if the last one was not answered in time; `heard` says
    /// that something of the peer waits to be heard.
    pub(crate) fn beat(&self, heard: bool, now: Instant) -> bool {
        self.wire.beat(heard, now, |bytes| self.stream.try_write(bytes))
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        (&*SockRef::from(&self.stream)).write(bytes)
    }

    /// Sends what is held, and announces the end behind it, in the time for that. A reset follows if it is not taken.
    async fn take_leave(&self) {
        let sent = timeout(LINGER, async {
            self.wire.close_frames(|bytes| self.stream.try_write(bytes));
            self.send_held().await;
            self.wire.close_records(|bytes| self.stream.try_write(bytes));
            self.send_held().await;
        });
        if sent.await.is_err() {
            let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        }
    }

    async fn send_held(&self) {
        while self.wire.holds() && self.stream.writable().await.is_ok() {
            match self.wire.offer(Text::single(&[]), |bytes| self.stream.try_write(bytes)) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return,
                Ok(_) | Err(_) => {}
            }
        }
    }

    fn offer_by(
        &self,
        text: Text<'_>,
        now: Instant,
        write: impl Fn(&[u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let n = self.wire.offer(text, write)?;
        self.activity.touch(now);
        Ok(n)
    }
}

impl Transport for TcpConnection {
    /// The runtime hears only that a socket is full, which is rare: asking it first would touch more memory for each member.
    fn offer(&self, text: Text<'_>, now: Instant) -> io::Result<usize> {
        self.offer_by(text, now, |bytes| match self.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stream.try_write(bytes),
            written => written,
        })
    }

    fn offer_to_system(&self, text: Text<'_>, now: Instant) -> io::Result<usize> {
        self.offer_by(text, now, |bytes| self.write(bytes))
    }

    fn holds(&self) -> bool {
        self.wire.holds()
    }

    fn encoding(&self) -> Encoding {
        let takes_objects = self.state.load(Ordering::Acquire) & OBJECTS != 0;
        if takes_objects { Encoding::Json } else { self.wire.encoding() }
    }

    async fn writable(&self) -> io::Result<()> {
        self.stream.writable().await
    }

    fn ip(&self) -> Option<IpAddr> {
        Some(self.ip)
    }

    fn send_away(&self) {
        self.dismiss(Dismissal::Removed);
    }

    fn restrain(&self, is_restrained: bool) {
        let (state, order) = (&self.state, Ordering::Relaxed);
        let (bit, others) = (if is_restrained { RESTRAINED } else { 0 }, !RESTRAINED);
        let _ = state.try_update(order, order, |state| Some(state & others | bit));
    }

    fn hang_up(&self, fault: Fault) {
        let (peer, socket) = (self.peer(), SockRef::from(&self.stream));
        match fault {
            Fault::Broken => tracing::debug!(%peer, "the connection is gone"),
            Fault::OutboxFull => tracing::warn!(%peer, "hanging up: it reads too slowly"),
            Fault::Silent => tracing::debug!(%peer, "hanging up: it answers no ping"),
            Fault::Stuck => tracing::warn!(%peer, "hanging up: it has stopped reading"),
        }
        // Both fail when the connection has ended already, which is what was wanted.
        if fault != Fault::Broken {
            self.dismiss_for(Dismissal::Fault);
            if fault == Fault::OutboxFull && self.has_frames() {
                // It reads, if slowly: it is told when it is parted from, and the task that reads is woken.
                self.close_with(Code::TooSlow, "");
                let _ = socket.shutdown(Shutdown::Read);
                return;
            }
            // A reset. Else the system would keep what the peer does not take for minutes, and 250 KiB with it.
            let _ = socket.set_linger(Some(Duration::ZERO));
        }
        let _ = socket.shutdown(Shutdown::Both);
    }

    async fn part(&self) {
        if !self.wire.is_plain() {
            // Boxed: every connection would have the space for it.
            Box::pin(self.take_leave()).await;
        }
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Write);
        // The system sends the rest. It would go on for minutes with a peer that takes nothing, and keep 250 KiB.
        #[cfg(target_os = "linux")]
        let _ = SockRef::from(&self.stream).set_tcp_user_timeout(Some(limits::VANISHED));
        let _ = timeout(LINGER, self.read_to_end()).await;
    }
}
