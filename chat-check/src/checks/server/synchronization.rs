//! Synchronization with a server: events that must happen at once, or in order.

use crate::sandbox::running::Signal;
use crate::scene::participant::Participant;
use crate::scene::{Scene, Server};
use crate::verdict::Checked;

/// Makes all this happen before the server sees any of it: meanwhile it is stopped.
pub(super) fn at_once<T>(
    scene: &Scene,
    server: &Server,
    happens: impl FnOnce() -> Checked<T>,
) -> Checked<T> {
    server.program.signal(Signal::Stop);
    // A thread that waits for a processor stops only when it gets one.
    scene.eventually(|| server.program.is_stopped().then_some(()));
    let happened = happens();
    server.program.signal(Signal::Continue);
    happened
}

/// Waits until the server has read all that this participant has sent, for as long as patience
/// lasts. A client that is not read from is the subject of other checks.
pub(super) fn read_by(scene: &Scene, server: &Server, participant: &Participant) {
    let unread = || server.socket(participant.local()).map_or(0, |socket| socket.unread);
    scene.eventually(|| (unread() == 0).then_some(()));
}

/// Waits until the server has released this connection. Returns whether it did.
pub(super) fn let_go(scene: &Scene, server: &Server, client: std::net::SocketAddr) -> bool {
    scene.eventually(|| (!server.has(client)).then_some(())).is_some()
}
