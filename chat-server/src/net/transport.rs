//! A transport: what a room asks of a member's connection. It takes bytes and may answer "not now".

use std::future::Future;
use std::io;
use std::net::IpAddr;

use tokio::time::Instant;

use crate::net::wire::encoding::Encoding;
use crate::net::wire::text::Text;

/// The sending half of a connection. For the chat it is a [TCP connection](super::tcp).
///
/// A connection that puts texts into frames holds the rest of a frame that its socket took in part: the frame's
/// header has promised it, so nothing else may come between.
pub(crate) trait Transport: Send + Sync + 'static {
    /// Takes as much of the text as it can at once and says how many of its bytes; `now` is about when, by the
    /// server's clock. It sends what it holds first; an empty text asks for that alone.
    ///
    /// [`io::ErrorKind::WouldBlock`] is "not now": it has taken nothing, and of what it holds nothing was sent.
    /// Any other error means that it takes no more.
    fn offer(&self, text: Text<'_>, now: Instant) -> io::Result<usize>;

    /// The same, whatever the runtime has heard of it: the system is asked.
    fn offer_to_system(&self, text: Text<'_>, now: Instant) -> io::Result<usize>;

    /// Returns whether it holds bytes that it has taken and not sent. Only then has a member that took a text
    /// whole something yet to get.
    fn holds(&self) -> bool;

    /// The encoding of what it is offered.
    fn encoding(&self) -> Encoding {
        Encoding::Text
    }

    /// Completes when it may take more. Cancel-safe.
    fn writable(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// The address of its peer, where it has one.
    fn ip(&self) -> Option<IpAddr> {
        None
    }

    /// Asks the task that reads from it to end it: its client is sent away.
    fn send_away(&self) {}

    /// Sets whether its client has to ask before it speaks: it is muted, or was until a moment ago.
    fn restrain(&self, _is_restrained: bool) {}

    /// Ends it at once, because of its fault; the task that reads from it sees it end.
    fn hang_up(&self, fault: Fault);

    /// Ends it politely, after it has taken everything: sends what it holds, and waits a moment for its own end.
    fn part(&self) -> impl Future<Output = ()> + Send;
}

/// A reason for which the task that reads from a connection is to end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Dismissal {
    /// The operator or a moderator sends the client away.
    Removed = 1,
    /// The client has no name yet, and makes way for another.
    Displaced,
    /// The client does not take what is meant for it.
    Fault,
    /// The server is not part of its cluster any more.
    Isolated,
}

/// The reason why a connection is ended from this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Its connection has ended already: nobody's fault.
    Broken,
    /// It reads more slowly than others speak.
    OutboxFull,
    /// It has answered no ping.
    Silent,
    /// It has stopped reading.
    Stuck,
}

#[cfg(test)]
pub(crate) mod fake {
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::sync::Notify;

    use super::*;

    /// A member that remembers what it took and takes as much as it is allowed.
    #[derive(Default)]
    pub(crate) struct Recorder {
        state: Mutex<State>,
        pub(crate) allowed: Notify,
        pub(crate) hung_up: AtomicBool,
        pub(crate) parted: AtomicBool,
        pub(crate) sent_away: AtomicBool,
        pub(crate) restrained: AtomicBool,
        pub(crate) ip: Option<IpAddr>,
    }

    #[derive(Default)]
    struct State {
        taken: Vec<u8>,
        offers: usize,
        room: usize,
        /// The longest payload of a frame; 0: it uses no frames.
        frame: u8,
        /// The rest of a frame that has been begun.
        held: VecDeque<u8>,
    }

    impl Recorder {
        pub(crate) fn eager() -> Self {
            Self::with_room(usize::MAX)
        }

        pub(crate) fn with_room(room: usize) -> Self {
            Self { state: State { room, ..State::default() }.into(), ..Self::default() }
        }

        /// The same from this address.
        pub(crate) fn at(ip: IpAddr) -> Self {
            Self { ip: Some(ip), ..Self::eager() }
        }

        /// A member that takes nothing yet, and puts what it takes into frames: a byte with the length, and up to
        /// this many bytes.
        pub(crate) fn framing(frame: u8) -> Self {
            Self { state: State { frame, ..State::default() }.into(), ..Self::default() }
        }

        pub(crate) fn allow(&self, bytes: usize) {
            self.state.lock().unwrap().room = bytes;
            self.allowed.notify_one();
        }

        pub(crate) fn taken(&self) -> String {
            String::from_utf8(self.state.lock().unwrap().taken.clone()).unwrap()
        }

        /// The payloads of the frames that it sent. `None` when the last is not whole.
        pub(crate) fn unframed(&self) -> Option<String> {
            let state = self.state.lock().unwrap();
            let (mut rest, mut payloads) = (&*state.taken, Vec::new());
            while let Some((length, behind)) = rest.split_first() {
                let (payload, behind) = behind.split_at_checked((*length).into())?;
                payloads.extend_from_slice(payload);
                rest = behind;
            }
            Some(String::from_utf8(payloads).unwrap())
        }

        pub(crate) fn offers(&self) -> usize {
            self.state.lock().unwrap().offers
        }
    }

    impl State {
        /// Sends what is held as far as there is room. Returns how many bytes that were.
        fn flush(&mut self) -> usize {
            let n = self.held.len().min(self.room);
            self.room -= n;
            self.taken.extend(self.held.drain(..n));
            n
        }
    }

    impl Transport for Recorder {
        fn ip(&self) -> Option<IpAddr> {
            self.ip
        }

        fn offer(&self, text: Text<'_>, _now: Instant) -> io::Result<usize> {
            let text = text.bytes;
            if self.hung_up.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let mut state = self.state.lock().unwrap();
            state.offers += 1;
            let flushed = state.flush();
            let mut n = 0;
            while state.held.is_empty() && state.room > 0 && n < text.len() {
                let rest = &text[n..];
                let framed = rest.len().min(state.frame.into());
                if framed > 0 {
                    n += framed;
                    state.held.extend([u8::try_from(framed).unwrap()]);
                    state.held.extend(&rest[..framed]);
                } else {
                    let plain = rest.len().min(state.room);
                    n += plain;
                    state.held.extend(&rest[..plain]);
                }
                state.flush();
            }
            if n + flushed == 0 && (!text.is_empty() || !state.held.is_empty()) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(n)
        }

        fn offer_to_system(&self, text: Text<'_>, now: Instant) -> io::Result<usize> {
            self.offer(text, now)
        }

        fn holds(&self) -> bool {
            !self.state.lock().unwrap().held.is_empty()
        }

        async fn writable(&self) -> io::Result<()> {
            while self.state.lock().unwrap().room == 0 {
                self.allowed.notified().await;
            }
            Ok(())
        }

        fn restrain(&self, is_restrained: bool) {
            self.restrained.store(is_restrained, Ordering::Relaxed);
        }

        fn send_away(&self) {
            self.sent_away.store(true, Ordering::Relaxed);
        }

        fn hang_up(&self, _fault: Fault) {
            self.hung_up.store(true, Ordering::Relaxed);
        }

        async fn part(&self) {
            self.parted.store(true, Ordering::Relaxed);
        }
    }
}
