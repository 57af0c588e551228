//! The fan-out: one pass over a room's members for each batch, one write each.
//!
//! What a pass costs is what the system asks for a socket write, so everything else is kept off
//! it: the members stand in one dense list in the order of their joining, the few that get a text
//! of their own are met in that same order, and no member is ever waited for.

use std::fmt::Display;
use std::iter::Peekable;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinError, consume_budget};
use tokio_util::task::TaskTracker;

use crate::net::transport::Transport;
use crate::room::batch::{Batch, Departure, Exception, OwnText};
use crate::room::order::Room;
use crate::room::outbox::{Lagging, OutboxLimits};
use crate::room::seat::{MemberId, Seat};

/// The fan-outs of all rooms.
#[derive(Clone)]
pub(crate) struct Deliveries {
    /// The rooms that are open.
    running: TaskTracker,
    /// The members that are being let go.
    partings: TaskTracker,
    /// The limits for slow consumers.
    limits: OutboxLimits,
    /// The time for which a pass waits for more to deliver at once.
    coalesce: Option<Duration>,
    /// Lagging clients that are in no room yet.
    lagging: Arc<Lagging>,
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
        (
            Self { running, partings, limits, coalesce, lagging: Arc::new(Lagging::new()), failed },
            failure,
        )
    }

    /// An empty room, whose members get what is said in it until it is closed.
    pub(crate) fn open<T: Transport>(&self) -> Arc<Room<T>> {
        let room = Arc::new(Room::new());
        let delivery = tokio::spawn(Fanout::new(Arc::clone(&room), self.clone()).run());
        let failed = self.failed.clone();
        self.running.spawn(async move {
            if let Err(error) = delivery.await {
                // One failure is as bad as several.
                let _ = failed.try_send(error);
            }
        });
        room
    }

    /// Writes to a client that is in no room yet, or to the outbox of its seat.
    pub(crate) fn tell<T: Transport>(&self, seat: &mut Seat<T>, line: impl Display) {
        self.write(seat, &format!("{line}\n"));
    }

    /// The same with a text that may be no line.
    pub(crate) fn write<T: Transport>(&self, seat: &mut Seat<T>, text: &str) {
        seat.deliver(text.as_bytes(), self.limits.clock.now(), &self.lagging, &self.limits);
    }

    /// Lets a client go that is in no room: what waits for it is still delivered.
    pub(crate) fn part<T: Transport>(&self, seat: Seat<T>) {
        let clock = self.limits.clock.clone();
        self.partings.spawn(async move { seat.part(&clock).await });
    }

    /// Waits until all rooms are closed, and until every member has everything that was said there.
    pub(crate) async fn finish(&self) {
        self.running.close();
        self.running.wait().await;
        self.partings.close();
        self.partings.wait().await;
    }
}

/// The broadcast of one room: delivers its messages to its members.
struct Fanout<T> {
    room: Arc<Room<T>>,
    /// Ascending by id, because ids are given in the order of joining.
    seats: Vec<(MemberId, Seat<T>)>,
    own: OwnText,
    deliveries: Deliveries,
}

impl<T: Transport> Fanout<T> {
    fn new(room: Arc<Room<T>>, deliveries: Deliveries) -> Self {
        Self { room, seats: Vec::new(), own: OwnText::default(), deliveries }
    }

    /// Delivers until the room is closed and everything said in it has been delivered.
    async fn run(mut self) {
        let mut batch = Batch::default();
        loop {
            if let Some(patience) = self.deliveries.coalesce {
                self.room.gather(patience).await;
            }
            if !self.room.next(&mut batch).await {
                return;
            }
            self.deliver(&mut batch);
            // With several threads a busy room may never be empty here; this thread's other tasks
            // have their turns all the same.
            consume_budget().await;
        }
    }

    /// The pass.
    fn deliver(&mut self, batch: &mut Batch<T>) {
        self.seats.append(&mut batch.joined);
        // Stable: a member's exceptions stay in the order of the text.
        batch.exceptions.sort_by_key(|exception| exception.member);
        if batch.text.is_empty() {
            self.deliver_own(batch);
        } else {
            self.deliver_to_all(batch);
        }
        self.let_go(&mut batch.left);
    }

    fn deliver_to_all(&mut self, batch: &mut Batch<T>) {
        let now = self.deliveries.limits.clock.now();
        let (lagging, limits) = (self.room.lagging(), &self.deliveries.limits);
        let mut exceptions = by_member(&mut batch.exceptions).peekable();
        for (id, seat) in &mut self.seats {
            if let Some(own) = next_of(&mut exceptions, *id) {
                self.own.compose(&batch.text, own);
                let OwnText { text, letters } = &mut self.own;
                seat.deliver_own(text, letters, now, lagging, limits);
            } else {
                seat.deliver(&batch.text, now, lagging, limits);
            }
        }
    }

    /// No message is for all: only the members with a line of their own are looked up.
    fn deliver_own(&mut self, batch: &mut Batch<T>) {
        let now = self.deliveries.limits.clock.now();
        for own in by_member(&mut batch.exceptions) {
            let Ok(place) = self.seats.binary_search_by_key(&own[0].member, |(id, _)| *id) else {
                continue;
            };
            let (_, seat) = &mut self.seats[place];
            self.own.compose(&batch.text, own);
            let OwnText { text, letters } = &mut self.own;
            seat.deliver_own(text, letters, now, self.room.lagging(), &self.deliveries.limits);
        }
    }

    /// Members that left lose their seats; one that goes to another room takes it along, and the others
    /// are parted from in tasks of their own.
    fn let_go(&mut self, left: &mut Vec<Departure<T>>) {
        if left.is_empty() {
            return;
        }
        left.sort_unstable_by_key(|departure| departure.member);
        let gone = |(id, _): &mut (MemberId, Seat<T>)| {
            left.binary_search_by_key(id, |departure| departure.member).is_ok()
        };
        let seats: Vec<_> = self.seats.extract_if(.., gone).collect();
        let mut departures = left.drain(..);
        for (id, seat) in seats {
            let onward = departures.find(|d| d.member == id).and_then(|d| d.onward);
            // The receiver of the seat may have gone as well.
            let stays = match onward {
                Some(onward) => onward.send(seat).err(),
                None => Some(seat),
            };
            if let Some(seat) = stays {
                self.deliveries.part(seat);
            }
        }
    }
}

/// The exceptions of each member.
fn by_member(exceptions: &mut [Exception]) -> impl Iterator<Item = &mut [Exception]> {
    exceptions.chunk_by_mut(|one, next| one.member == next.member)
}

/// The exceptions of one member; those of members that are gone are passed over.
fn next_of<'a>(
    exceptions: &mut Peekable<impl Iterator<Item = &'a mut [Exception]>>,
    member: MemberId,
) -> Option<&'a mut [Exception]> {
    // Almost always the next exception is another member's.
    while let Some(own) = exceptions.next_if(|own| own[0].member <= member) {
        if own[0].member == member {
            return Some(own);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::net::transport::fake::Recorder;

    /// A room whose passes are made by hand.
    struct Stage {
        room: Arc<Room<Recorder>>,
        fanout: Fanout<Recorder>,
    }

    impl Stage {
        fn new() -> Self {
            let room = Arc::new(Room::new());
            Self {
                fanout: Fanout::new(
                    Arc::clone(&room),
                    Deliveries::new(OutboxLimits::lenient(), None).0,
                ),
                room,
            }
        }

        fn join(&self, member: Recorder) -> (MemberId, Arc<Recorder>) {
            let member = Arc::new(member);
            (self.room.join(Seat::new(Arc::clone(&member)), ["welcome"]), member)
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
    async fn r6_2_who_changes_the_room_loses_nothing_and_nothing_is_torn() {
        let (mut from, mut to) = (Stage::new(), Stage::new());
        let (ana, ana_hears) = from.join(Recorder::with_room("welcome\nan".len()));
        let (bea, _) = from.join(Recorder::eager());
        let (caro, _) = to.join(Recorder::eager());
        from.room.say(bea, "antes");
        let seat = from.room.hand_over(ana);
        from.room.say(bea, "sin ana");
        from.pass().await;
        to.room.say(caro, "antes de ana");
        to.room.join(seat.await.unwrap(), ["en la otra"]);
        to.room.say(caro, "con ana");
        to.pass().await;
        assert_eq!(ana_hears.taken(), "welcome\nan");
        ana_hears.allow(usize::MAX);
        let expected = "welcome\nantes\nen la otra\ncon ana\n";
        while ana_hears.taken().len() < expected.len() {
            tokio::task::yield_now().await;
        }
        assert_eq!(ana_hears.taken(), expected);
        assert!(!ana_hears.parted.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn r6_2_who_changes_the_room_takes_the_rest_of_a_begun_frame_along() {
        let (mut from, mut to) = (Stage::new(), Stage::new());
        let (ana, ana_hears) = from.join(Recorder::framing(200));
        ana_hears.allow("_wel".len());
        let seat = from.room.hand_over(ana);
        from.pass().await;
        assert!(ana_hears.holds());
        to.room.join(seat.await.unwrap(), ["en la otra"]);
        to.pass().await;
        ana_hears.allow(usize::MAX);
        while ana_hears.unframed().is_none_or(|heard| heard != "welcome\nen la otra\n") {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn r6_2_a_seat_that_nobody_takes_is_parted_from() {
        let mut stage = Stage::new();
        let (ana, ana_hears) = stage.join(Recorder::eager());
        drop(stage.room.hand_over(ana));
        stage.pass().await;
        stage.fanout.deliveries.partings.close();
        stage.fanout.deliveries.partings.wait().await;
        assert!(ana_hears.parted.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn r6_1_what_one_member_is_told_is_no_pass_over_the_others() {
        let mut stage = Stage::new();
        let (_, ana_hears) = stage.join(Recorder::eager());
        let (bea, bea_hears) = stage.join(Recorder::eager());
        stage.pass().await;
        stage.room.tell(bea, "uno");
        stage.room.tell(bea, "dos");
        stage.pass().await;
        assert_eq!((ana_hears.offers(), bea_hears.offers()), (1, 2));
        assert_eq!(bea_hears.taken(), "welcome\nuno\ndos\n");
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
        stage.fanout.deliveries.partings.close();
        stage.fanout.deliveries.partings.wait().await;
        assert_eq!(slow_hears.taken(), "welcome\n");
        assert!(slow_hears.parted.load(Ordering::Relaxed));
    }
}
