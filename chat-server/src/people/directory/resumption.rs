//! The way of a client back into its room: what it has missed comes first, in portions that it can take.

use std::sync::Arc;
use std::time::Duration;

use chat_store::line::Position;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::coming::Hold;
use super::{Directory, Transfer};
use crate::net::transport::Transport;
use crate::net::wire::encoding::Encoding;
use crate::room::event::Notice;
use crate::room::fanout::Deliveries;
use crate::room::memory;
use crate::room::order::Room;
use crate::room::seat::Seat;

/// Bytes that a client is sent before it has to take them. They fit into each outbox of the default size.
const PORTION: usize = 64 * 1024;

/// The time between two looks whether a client has taken them.
const PATIENCE: Duration = Duration::from_millis(5);

/// The way of a person back into its room.
pub(crate) struct Back {
    /// What was said behind this position has not been heard.
    behind: Position,
    session: Position,
    /// The client has heard something in the room.
    pub(super) has_heard: bool,
    /// The person had left: the room hears of its return.
    had_left: bool,
    /// The client knows that it is back, and who is there: the [digest](super::Directory::resumed) of that.
    listed: Option<u64>,
    /// The room remembers the rest until then.
    arriving: Option<Arc<()>>,
}

impl Back {
    pub(super) fn new(behind: Position, session: Position, had_left: bool) -> Self {
        Self { behind, session, has_heard: false, had_left, listed: None, arriving: None }
    }

    pub(crate) fn session(&self) -> Position {
        self.session
    }

    /// The digest of the people that the client knows.
    pub(super) fn listed(&self) -> Option<u64> {
        self.listed
    }

    pub(super) fn behind(&self) -> Position {
        self.behind
    }

    /// Returns whether the room hears of it.
    pub(crate) fn is_announced(&self) -> bool {
        self.had_left
    }

    /// Sends what the room does not remember any more, until it remembers the rest. Cancel-safe.
    pub(crate) async fn catch_up<T: Transport>(
        &mut self,
        (directory, hold): (&Directory<T>, Hold),
        deliveries: &Deliveries,
        room: &Room<T>,
        transfer: &mut Transfer<T>,
    ) {
        let Some((memories, name)) = room.place() else { return };
        let mut past = memories.archive().past(Arc::clone(&name), self.behind);
        if self.listed.is_none() {
            let stored =
                if self.has_heard { memories.stored_up_to(&name, self.behind).await } else { None };
            let Some((resumed, listed)) = directory.resumed(hold, stored) else { return };
            // It says what was accepted.
            memories.may_deliver().await;
            self.listed = Some(listed);
            send(deliveries, transfer, &(resumed + "\n"));
        }
        loop {
            self.arriving = room.remember_more();
            if room.reaches(self.behind) {
                return;
            }
            self.arriving = None;
            let (read, up_to) = past.next(self.behind, memories.last()).await;
            let mut portion = String::new();
            for line in read {
                if portion.len() > PORTION {
                    break;
                }
                self.behind = line.position;
                portion.extend(memory::said(line, self.session).map(|line| line + "\n"));
            }
            if let Some(up_to) = up_to.filter(|up_to| read.is_empty() && *up_to > self.behind) {
                // Nothing was said there.
                self.behind = up_to;
            } else if read.is_empty() {
                // Neither the room nor the archive has it.
                self.behind = room.complete_from();
                let missed = Notice::new("missed", deliveries.language().missed_some(), []);
                portion = Encoding::Json.encode(&missed) + "\n";
            }
            send(deliveries, transfer, &portion);
            while is_behind(transfer) {
                sleep(PATIENCE).await;
            }
        }
    }
}

/// Writes to the seat.
fn send<T: Transport>(deliveries: &Deliveries, transfer: &mut Transfer<T>, text: &str) {
    if let Ok(mut seat) = transfer.try_recv() {
        deliveries.write(&mut seat, text);
        *transfer = at_once(seat);
    }
}

fn is_behind<T: Transport>(transfer: &mut Transfer<T>) -> bool {
    let Ok(seat) = transfer.try_recv() else { return false };
    let is_behind = seat.is_behind();
    *transfer = at_once(seat);
    is_behind
}

/// The transfer of a seat that is there already.
pub(crate) fn at_once<T>(seat: Seat<T>) -> Transfer<T> {
    let (onward, transfer) = oneshot::channel();
    // The receiver is here.
    let _ = onward.send(seat);
    transfer
}
