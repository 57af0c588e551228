use std::sync::Arc;

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
    let mut members = room.next().await.unwrap();
    assert_eq!(members.batch.text.bytes(), b"uno\ndos\n");
    members.batch.clear();
    drop(members);
    assert!(room.next().await.is_none());
}

#[tokio::test]
async fn who_finds_the_room_full_waits_until_the_batch_is_taken() {
    let room = room();
    let ana = join(&room);
    room.has_space().await;
    room.say(ana, &*"x".repeat(FULL));
    let mut waiting = Asked::new(room.has_space());
    assert!(!waiting.is_ready());
    drop(room.next().await);
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

#[tokio::test]
async fn who_speaks_delivers_by_itself_only_where_the_task_is_not_about_to() {
    let room = room();
    let ana = join(&room);
    assert!(room.take_at_once(2).is_none(), "the task has been told");
    room.next().await.unwrap().batch.clear();
    room.put(ana, "uno");
    assert!(room.take_at_once(0).is_none(), "the room is too large, so the task has been told");
    assert!(room.take_at_once(2).is_none());
    room.next().await.unwrap().batch.clear();
    room.put(ana, "dos");
    let mut members = room.take_at_once(2).unwrap();
    assert_eq!(members.batch.text.bytes(), b"dos\n");
    room.put(ana, "tres");
    assert!(room.take_at_once(2).is_none(), "another pass goes on");
    members.batch.clear();
    drop(members);
    assert_eq!(room.next().await.unwrap().batch.text.bytes(), b"tres\n");
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
