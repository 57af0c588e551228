//! What is said to a service manager that listens, as systemd does: `sd_notify(3)`, `sd_listen_fds(3)`.

use std::io;
use std::net::TcpListener;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};

/// The server lets people in. From now on the manager is told that it lives, if it wants to know that.
pub(crate) fn started() {
    ready();
    tokio::spawn(stay_alive());
}

/// The server has read its files anew.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The server reads its files anew, until it is [`ready`].
pub(super) fn reloading() {
    // The manager tells by the time which request this answers.
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// The server lets nobody in any more, and ends.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Tells that the runtime is alive, twice in the time that the manager waits for that.
///
/// It is a task among those of the clients: a runtime that does not come to it does not come to them either.
async fn stay_alive() {
    let Some(patience) = sd_notify::watchdog_enabled().filter(|time| !time.is_zero()) else {
        return;
    };
    let mut ticks = interval(patience / 2);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        tell(&[NotifyState::Watchdog]);
    }
}

/// The listening sockets that the environment tells of.
pub(super) fn passed() -> io::Result<Vec<TcpListener>> {
    let mut sockets = ListenFd::from_env();
    (0..sockets.len()).filter_map(|index| sockets.take_tcp_listener(index).transpose()).collect()
}

/// Does nothing where no manager listens.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be told {states:?}");
    }
}
