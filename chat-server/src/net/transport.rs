//! A transport: what a room asks of a member's connection. It takes bytes and may answer "not now".

use std::future::Future;
use std::io;

use tokio::time::Instant;

/// The sending half of a connection. For the chat it is a [TCP connection](super::tcp).
pub(crate) trait Transport: Send + Sync + 'static {
    /// Takes as many of the bytes as it can at once and says how many; `now` is about when, by the
    /// server's clock.
    ///
    /// [`io::ErrorKind::WouldBlock`] is "not now"; any other error means that it takes no more.
    fn offer(&self, bytes: &[u8], now: Instant) -> io::Result<usize>;

    /// The same, whatever the runtime has heard of it: the system is asked.
    fn offer_to_system(&self, bytes: &[u8], now: Instant) -> io::Result<usize>;

    /// Completes when it may take more. Cancel-safe.
    fn writable(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// Ends it at once, because of its fault; the task that reads from it sees it end.
    fn hang_up(&self, fault: Fault);

    /// Ends it politely, after it has taken everything: waits a moment for its own end.
    fn part(&self) -> impl Future<Output = ()> + Send;
}

/// The reason why a connection is ended from this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Its connection has ended already: nobody's fault.
    Broken,
    /// It reads more slowly than others speak.
    OutboxFull,
    /// It has stopped reading.
    Stuck,
}

#[cfg(test)]
pub(crate) mod fake {
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
    }

    #[derive(Default)]
    struct State {
        taken: String,
        offers: usize,
        room: usize,
    }

    impl Recorder {
        pub(crate) fn eager() -> Self {
            Self::with_room(usize::MAX)
        }

        pub(crate) fn with_room(room: usize) -> Self {
            Self { state: State { room, ..State::default() }.into(), ..Self::default() }
        }

        pub(crate) fn allow(&self, bytes: usize) {
            self.state.lock().unwrap().room = bytes;
            self.allowed.notify_one();
        }

        pub(crate) fn taken(&self) -> String {
            self.state.lock().unwrap().taken.clone()
        }

        pub(crate) fn offers(&self) -> usize {
            self.state.lock().unwrap().offers
        }
    }

    impl Transport for Recorder {
        fn offer(&self, bytes: &[u8], _now: Instant) -> io::Result<usize> {
            if self.hung_up.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let mut state = self.state.lock().unwrap();
            state.offers += 1;
            let n = bytes.len().min(state.room);
            if n == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            state.room -= n;
            state.taken.push_str(std::str::from_utf8(&bytes[..n]).unwrap());
            Ok(n)
        }

        fn offer_to_system(&self, bytes: &[u8], now: Instant) -> io::Result<usize> {
            self.offer(bytes, now)
        }

        async fn writable(&self) -> io::Result<()> {
            while self.state.lock().unwrap().room == 0 {
                self.allowed.notified().await;
            }
            Ok(())
        }

        fn hang_up(&self, _fault: Fault) {
            self.hung_up.store(true, Ordering::Relaxed);
        }

        async fn part(&self) {
            self.parted.store(true, Ordering::Relaxed);
        }
    }
}
