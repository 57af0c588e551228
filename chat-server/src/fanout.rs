//! The fan-out: one pass over a room's members for each batch, one write each.
//!
//! What a pass costs is what the system asks for a socket write, so everything else is kept off
//! it: the members stand in one dense list in the order of their joining, the few that get a text
//! of their own are met in that same order, and nobody is ever waited for.

use std::io;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::batch::{Batch, Exception};
use crate::member::{Fault, Member, MemberId};
use crate::outbox::{Outbox, Queued};
use crate::room::Room;

/// Delivers what is said in one room, to those who are in it.
pub(crate) struct Fanout<M> {
    room: Arc<Room<M>>,
    /// Ascending by id, because ids are given in the order of joining.
    seats: Vec<Seat<M>>,
    /// The text of a member that gets one of its own.
    own: Vec<u8>,
    /// The tasks that let members go.
    partings: TaskTracker,
    /// Of an outbox, in bytes.
    capacity: usize,
}

/// A member's place in the room.
struct Seat<M> {
    id: MemberId,
    member: Arc<M>,
    state: State,
    /// It has been waited for once and did not catch up.
    slow: bool,
}

enum State {
    /// It is written to directly.
    Direct,
    /// Its socket is full: what is meant for it goes into the outbox, which a task drains.
    Behind(Arc<Outbox>, JoinHandle<()>),
    /// Its connection is gone; it is about to leave.
    Gone,
}

impl<M: Member> Fanout<M> {
    pub(crate) fn new(room: Arc<Room<M>>, partings: TaskTracker, capacity: usize) -> Self {
        Self { room, seats: Vec::new(), own: Vec::new(), partings, capacity }
    }

    /// Delivers until the room is closed and everything said in it has been delivered.
    pub(crate) async fn run(mut self) {
        let mut batch = Batch::default();
        while self.room.next(&mut batch).await {
            self.deliver(&mut batch);
        }
    }

    /// The pass.
    fn deliver(&mut self, batch: &mut Batch<M>) {
        let now = Instant::now();
        let joined = batch.joined.drain(..);
        self.seats.extend(joined.map(|(id, member)| Seat::new(id, member)));
        // Stable: a member's exceptions stay in the order of the text.
        batch.exceptions.sort_by_key(|exception| exception.member);
        let mut exceptions = &batch.exceptions[..];
        let lagging = self.room.lagging();
        for seat in &mut self.seats {
            let own = next_of(&mut exceptions, seat.id);
            let text = if own.is_empty() {
                &batch.text
            } else {
                batch.compose(own, &mut self.own);
                &self.own
            };
            if let Some(rest) = seat.deliver(text, now) {
                seat.fall_behind(rest, lagging, self.capacity);
            }
        }
        self.let_go(&mut batch.left);
    }

    /// Those who left lose their seats, and are parted from in tasks of their own.
    fn let_go(&mut self, left: &mut [MemberId]) {
        if left.is_empty() {
            return;
        }
        left.sort_unstable();
        let gone = |seat: &mut Seat<M>| left.binary_search(&seat.id).is_ok();
        for seat in self.seats.extract_if(.., gone) {
            self.partings.spawn(seat.part());
        }
    }
}

/// Cuts the exceptions of one member off the front; those of members that are gone go with them.
fn next_of<'a>(exceptions: &mut &'a [Exception], member: MemberId) -> &'a [Exception] {
    // Almost always the next exception is somebody else's.
    if exceptions.first().is_none_or(|next| next.member > member) {
        return &[];
    }
    let start = exceptions.partition_point(|exception| exception.member < member);
    let end = exceptions.partition_point(|exception| exception.member <= member);
    let own = &exceptions[start..end];
    *exceptions = &exceptions[end..];
    own
}

impl<M: Member> Seat<M> {
    fn new(id: MemberId, member: Arc<M>) -> Self {
        Self { id, member, state: State::Direct, slow: false }
    }

    /// Gives the bytes to the member or its outbox. Returns what the member takes not now.
    fn deliver<'a>(&mut self, bytes: &'a [u8], now: Instant) -> Option<&'a [u8]> {
        if bytes.is_empty() {
            return None;
        }
        match &self.state {
            State::Gone => return None,
            State::Behind(outbox, _) => match outbox.push(bytes, &*self.member) {
                Queued::Yes => return None,
                Queued::Drained => {
                    self.slow = outbox.is_slow();
                    self.state = State::Direct;
                }
            },
            State::Direct => {}
        }
        match self.member.offer(bytes, now) {
            Ok(n) => Some(&bytes[n..]).filter(|rest| !rest.is_empty()),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Some(bytes),
            Err(_) => {
                self.state = State::Gone;
                self.member.hang_up(Fault::Broken);
                None
            }
        }
    }

    fn fall_behind(&mut self, rest: &[u8], lagging: &TaskTracker, capacity: usize) {
        let token = (!self.slow).then(|| lagging.token());
        let (outbox, drain) = Outbox::new(rest, Arc::clone(&self.member), token, capacity);
        self.state = State::Behind(outbox, tokio::spawn(drain));
    }

    /// The end: the member takes what still waits for it, and is parted from.
    async fn part(self) {
        if let State::Behind(_, drain) = self.state {
            // It fails only with the runtime itself.
            let _ = drain.await;
        }
        self.member.part().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::member::fake::Recorder;

    /// A room whose passes are made by hand.
    struct Stage {
        room: Arc<Room<Recorder>>,
        fanout: Fanout<Recorder>,
    }

    impl Stage {
        fn new() -> Self {
            let room = Arc::new(Room::new());
            Self { fanout: Fanout::new(Arc::clone(&room), TaskTracker::new(), 1 << 20), room }
        }

        fn join(&self, member: Recorder) -> (MemberId, Arc<Recorder>) {
            let member = Arc::new(member);
            (self.room.join(Arc::clone(&member), "welcome"), member)
        }

        async fn pass(&mut self) {
            let mut batch = Batch::default();
            assert!(self.room.next(&mut batch).await);
            self.fanout.deliver(&mut batch);
        }
    }

    #[tokio::test]
    async fn r2_2_a_batch_is_one_write_to_each_and_none_to_its_only_speaker() {
        let mut stage = Stage::new();
        let (ana, ana_hears) = stage.join(Recorder::eager());
        let (_, bea_hears) = stage.join(Recorder::eager());
        stage.pass().await;
        for text in ["uno", "dos", "tres"] {
            stage.room.say(ana, text);
        }
        stage.pass().await;
        assert_eq!(bea_hears.taken(), "welcome\nuno\ndos\ntres\n");
        assert_eq!(bea_hears.offers(), 2);
        assert_eq!(ana_hears.taken(), "welcome\n");
        assert_eq!(ana_hears.offers(), 1);
    }

    #[tokio::test]
    async fn r2_3_joining_speaking_and_leaving_in_one_batch() {
        let mut stage = Stage::new();
        let (ana, ana_hears) = stage.join(Recorder::eager());
        stage.pass().await;
        stage.room.say(ana, "antes");
        let (bea, bea_hears) = stage.join(Recorder::eager());
        let (caro, caro_hears) = stage.join(Recorder::eager());
        stage.room.say(bea, "de bea");
        stage.room.tell(caro, "! no");
        stage.room.leave(bea);
        stage.room.say(caro, "de caro");
        stage.pass().await;
        assert_eq!(ana_hears.taken(), "welcome\nde bea\nde caro\n");
        assert_eq!(bea_hears.taken(), "welcome\n");
        assert_eq!(caro_hears.taken(), "welcome\nde bea\n! no\n");
        stage.room.say(ana, "fin");
        stage.pass().await;
        assert_eq!(bea_hears.offers(), 1, "who has left is offered nothing");
        assert_eq!(stage.fanout.seats.len(), 2);
    }

    #[tokio::test]
    async fn r2_2_exceptions_of_those_who_are_gone_hide_nobody_elses() {
        let mut stage = Stage::new();
        let (ana, _) = stage.join(Recorder::eager());
        let (bea, bea_hears) = stage.join(Recorder::eager());
        stage.room.leave(ana);
        stage.pass().await;
        stage.room.tell(ana, "too late");
        stage.room.say(bea, "mine");
        stage.pass().await;
        assert_eq!(bea_hears.taken(), "welcome\n");
    }

    #[tokio::test]
    async fn r1_4_a_member_that_takes_half_gets_the_rest_later_and_delays_nobody() {
        let mut stage = Stage::new();
        let (ana, _) = stage.join(Recorder::eager());
        let (_, slow) = stage.join(Recorder::with_room("welcome\nu".len()));
        let (_, quick) = stage.join(Recorder::eager());
        for text in ["uno", "dos"] {
            stage.room.say(ana, text);
            stage.pass().await;
        }
        assert_eq!(quick.taken(), "welcome\nuno\ndos\n");
        assert_eq!(slow.taken(), "welcome\nu");
        slow.allow(usize::MAX);
        while slow.taken() != "welcome\nuno\ndos\n" {
            tokio::task::yield_now().await;
        }
        stage.room.say(ana, "tres");
        stage.pass().await;
        assert_eq!(slow.taken(), "welcome\nuno\ndos\ntres\n");
    }

    #[tokio::test]
    async fn r1_6_who_leaves_with_something_waiting_gets_it_before_the_end() {
        let mut stage = Stage::new();
        let (slow, slow_hears) = stage.join(Recorder::default());
        stage.room.leave(slow);
        stage.pass().await;
        tokio::task::yield_now().await;
        assert!(!slow_hears.parted.load(Ordering::Relaxed));
        slow_hears.allow(usize::MAX);
        stage.fanout.partings.close();
        stage.fanout.partings.wait().await;
        assert_eq!(slow_hears.taken(), "welcome\n");
        assert!(slow_hears.parted.load(Ordering::Relaxed));
    }
}
