//! Opens rooms: each has a fan-out of its own, for as long as it is open.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinError;
use tokio_util::task::TaskTracker;

use crate::net::transport::Transport;
use crate::room::fanout::Fanout;
use crate::room::order::Room;
use crate::room::outbox::OutboxLimits;

/// The fan-outs of all rooms.
#[derive(Clone)]
pub(crate) struct Deliveries {
    /// The rooms that are open.
    running: TaskTracker,
    /// The members that are being let go.
    partings: TaskTracker,
    /// What becomes of members who cannot keep up.
    limits: OutboxLimits,
    /// How long a pass waits for more to deliver at once.
    coalesce: Option<Duration>,
    failed: mpsc::Sender<JoinError>,
}

impl Deliveries {
    /// The receiver gets the end of a fan-out that has panicked.
    pub(crate) fn new(
        limits: OutboxLimits,
        coalesce: Option<Duration>,
    ) -> (Self, mpsc::Receiver<JoinError>) {
        let (failed, failure) = mpsc::channel(1);
        let [running, partings] = std::array::from_fn(|_| TaskTracker::new());
        (Self { running, partings, limits, coalesce, failed }, failure)
    }

    /// An empty room, whose members get what is said in it until it is closed.
    pub(crate) fn open<T: Transport>(&self) -> Arc<Room<T>> {
        let room = Arc::new(Room::new());
        let partings = self.partings.clone();
        let fanout = Fanout::new(Arc::clone(&room), partings, self.limits, self.coalesce);
        let delivery = tokio::spawn(fanout.run());
        let failed = self.failed.clone();
        self.running.spawn(async move {
            if let Err(error) = delivery.await {
                // One failure is as bad as several.
                let _ = failed.try_send(error);
            }
        });
        room
    }

    /// Waits until all rooms are closed, and until everybody has everything that was said there.
    pub(crate) async fn finish(&self) {
        self.running.close();
        self.running.wait().await;
        self.partings.close();
        self.partings.wait().await;
    }
}
