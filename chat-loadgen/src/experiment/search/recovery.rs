//! Waiting until a server has recovered from a run: its queues are empty, and it takes connections
//! as promptly as before the search.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::system::target::{self, Servers};

/// Maximum time that a server may need to recover.
pub(crate) const RECOVERY: Duration = Duration::from_secs(30);
/// Time over which the server's CPU use is measured.
const LOOK: Duration = Duration::from_millis(100);
/// CPU time within [`LOOK`], beyond twice the usual, that a server may use with nothing to do: two
/// ticks of the system's clock.
const IDLE: Duration = Duration::from_millis(20);
/// Time, beyond twice the usual, that a server may need to take a connection and close it.
const PROMPT: Duration = Duration::from_millis(50);

/// The state of a server without load. A new run begins in it.
pub(super) struct Rest<'a> {
    address: SocketAddr,
    target: Option<&'a Servers>,
    usual: Option<Activity>,
}

/// Signs of work that is left.
#[derive(Clone, Copy)]
struct Activity {
    /// Time from connecting to the server's closing.
    answer: Duration,
    /// CPU time within [`LOOK`], where the process is known.
    cpu: Option<Duration>,
}

impl<'a> Rest<'a> {
    /// Looks at a server to which no client of this program is connected.
    pub(super) fn of(address: SocketAddr, target: Option<&'a Servers>) -> Self {
        Self { address, target, usual: Activity::of(address, target) }
    }

    /// Waits until the server is at rest again, or `stop` becomes true. Returns false if it is not
    /// within [`RECOVERY`].
    pub(super) fn wait(&self, stop: &AtomicBool) -> bool {
        let deadline = Instant::now() + RECOVERY;
        while !stop.load(Ordering::Relaxed) {
            if self.is_back() {
                return true;
            }
            if Instant::now() > deadline {
                return false;
            }
            thread::sleep(LOOK);
        }
        true
    }

    fn is_back(&self) -> bool {
        let Some(now) = Activity::of(self.address, self.target) else { return false };
        self.usual.is_none_or(|usual| now.is_like(usual))
    }
}

impl Activity {
    /// Nothing if the server takes no connection.
    fn of(address: SocketAddr, target: Option<&Servers>) -> Option<Self> {
        let start = Instant::now();
        let answer = target::accepts(address).then(|| start.elapsed())?;
        let used = || target.and_then(Servers::usage).map(|usage| usage.cpu);
        let cpu = used().and_then(|before| {
            thread::sleep(LOOK);
            Some(used()?.saturating_sub(before))
        });
        Some(Self { answer, cpu })
    }

    fn is_like(self, usual: Self) -> bool {
        let allowed = usual.cpu.unwrap_or_default() * 2 + IDLE;
        self.answer <= usual.answer * 2 + PROMPT && self.cpu.is_none_or(|cpu| cpu <= allowed)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_server_that_leaves_a_connection_waiting_has_not_recovered() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (busy, work) = channel::<()>();
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                // Busy with what the run left, when the second connection comes.
                if number == 1 {
                    let _ = work.recv();
                }
                drop(stream);
            }
        });
        let rest = Rest::of(address, None);
        assert!(!rest.is_back());
        drop(busy);
        assert!(rest.wait(&AtomicBool::new(false)));
    }

    #[test]
    fn a_server_that_is_gone_has_not_recovered() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let usual = Activity { answer: Duration::ZERO, cpu: None };
        drop(listener);
        let rest = Rest { address, target: None, usual: Some(usual) };
        assert!(!rest.is_back());
        // A user who gives up does not wait.
        assert!(rest.wait(&AtomicBool::new(true)));
    }

    #[test]
    fn a_server_that_still_works_has_not_recovered() {
        let used = |ms| Activity { answer: PROMPT, cpu: Some(Duration::from_millis(ms)) };
        assert!(used(25).is_like(used(10)));
        assert!(!used(90).is_like(used(10)));
    }
}
