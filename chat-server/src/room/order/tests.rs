use super::*;
use crate::net::transport::fake::Recorder;

fn room() -> Room<Recorder> {
    Room::new(None)
}

fn join(room: &Room<Recorder>) -> MemberId {
    room.join(Seat::new(Arc::new(Recorder::default())), Encoding::Text, ["welcome"], Past::Last).0
}

#[tokio::test]
async fn the_pending_batch_is_taken_whole_and_then_the_room_is_empty() {
    let room = room();
    let ana = join(&room);
    room.say(ana, "uno");
    room.say(ana, "dos");
    room.close();
    let mut batch = Batch::default();
    assert!(room.next(&mut batch).await);
    assert_eq!(batch.text.bytes(), b"uno\ndos\n");
    assert!(!room.next(&mut batch).await);
    assert!(batch.is_empty());
}

#[tokio::test]
async fn who_finds_the_room_full_waits_until_the_batch_is_taken() {
    let room = room();
    let ana = join(&room);
    room.has_space().await;
    room.say(ana, &*"x".repeat(FULL));
    let mut waiting = Asked::new(room.has_space());
    assert!(!waiting.is_ready());
    room.next(&mut Batch::default()).await;
    assert!(waiting.is_ready());
}

#[tokio::test]
async fn r7_2_it_is_known_whether_anybody_is_there() {
    let room = room();
    let mut occupied = Asked::new(room.occupied());
    assert!(!occupied.is_ready());
    let ana = join(&room);
    assert!(occupied.is_ready() && !room.is_empty());
    room.leave(ana);
    assert!(room.is_empty() && !Asked::new(room.occupied()).is_ready());
}

/// A future that can be asked whether it has completed.
struct Asked<F>(std::pin::Pin<Box<F>>);

impl<F: Future> Asked<F> {
    fn new(future: F) -> Self {
        Self(Box::pin(future))
    }

    fn is_ready(&mut self) -> bool {
        let waker = std::task::Waker::noop();
        self.0.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_ready()
    }
}
