//! How many clients are served at a time, and what becomes of one more (requirements 7.1, 7.5).

use std::sync::Arc;

use chat_protocol::limits::MAX_QUEUE;
use chat_protocol::profile::{MaxClients, WhenFull};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The door.
pub(crate) struct Admission {
    /// `None`: everybody is served.
    places: Option<Arc<Semaphore>>,
    when_full: WhenFull,
    /// How many more may wait.
    queue: Arc<Semaphore>,
}

/// A place, for as long as this lives.
pub(crate) struct Place(#[expect(dead_code, reason = "held")] Option<OwnedSemaphorePermit>);

/// What happens to a client that has come.
pub(crate) enum Entry {
    /// It is served.
    Served(Place),
    /// It is told that there is no place, and goes.
    Refused,
    /// It waits for a place: first come, first served.
    Waits(Turn),
}

/// A turn to wait for.
pub(crate) struct Turn {
    places: Arc<Semaphore>,
    _queue: OwnedSemaphorePermit,
}

impl Admission {
    pub(crate) fn new(max_clients: MaxClients, when_full: WhenFull) -> Self {
        let places = max_clients.0.map(|number| {
            let number = usize::try_from(number.get()).unwrap_or(Semaphore::MAX_PERMITS);
            Arc::new(Semaphore::new(number.min(Semaphore::MAX_PERMITS)))
        });
        Self { places, when_full, queue: Arc::new(Semaphore::new(MAX_QUEUE)) }
    }

    pub(crate) fn enter(&self) -> Entry {
        let Some(places) = &self.places else { return Entry::Served(Place(None)) };
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            return Entry::Served(Place(Some(place)));
        }
        match (self.when_full, Arc::clone(&self.queue).try_acquire_owned()) {
            (WhenFull::Wait, Ok(queue)) => {
                Entry::Waits(Turn { places: Arc::clone(places), _queue: queue })
            }
            (WhenFull::Refuse, _) | (WhenFull::Wait, Err(_)) => Entry::Refused,
        }
    }
}

impl Turn {
    /// Waits for a place. Cancelled, the client loses its turn.
    pub(crate) async fn wait(self) -> Place {
        // It is never closed.
        Place(self.places.acquire_owned().await.ok())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn for_one(when_full: WhenFull) -> Admission {
        Admission::new(MaxClients(Some(NonZeroU32::MIN)), when_full)
    }

    fn served(entry: Entry) -> Place {
        let Entry::Served(place) = entry else { panic!("not served") };
        place
    }

    #[test]
    fn r7_5_one_more_is_refused_until_somebody_leaves() {
        let door = for_one(WhenFull::Refuse);
        let ana = served(door.enter());
        assert!(matches!(door.enter(), Entry::Refused));
        drop(ana);
        served(door.enter());
    }

    #[tokio::test]
    async fn r7_1_who_waits_is_served_in_the_order_of_coming() {
        let door = for_one(WhenFull::Wait);
        let ana = served(door.enter());
        let Entry::Waits(turn) = door.enter() else { panic!("does not wait") };
        let bea = tokio::spawn(turn.wait());
        tokio::task::yield_now().await;
        drop(ana);
        assert!(matches!(door.enter(), Entry::Waits(_)), "bea was here before");
        drop(bea.await.unwrap());
        served(door.enter());
    }

    #[test]
    fn r7_1_the_queue_has_an_end() {
        let door = for_one(WhenFull::Wait);
        let _ana = served(door.enter());
        let mut turns: Vec<Entry> = (0..MAX_QUEUE).map(|_| door.enter()).collect();
        assert!(turns.iter().all(|entry| matches!(entry, Entry::Waits(_))));
        assert!(matches!(door.enter(), Entry::Refused));
        turns.pop();
        assert!(matches!(door.enter(), Entry::Waits(_)), "who waited has gone");
    }

    #[test]
    fn r1_4_without_a_limit_everybody_is_served() {
        let door = Admission::new(MaxClients(None), WhenFull::Refuse);
        let _all: Vec<Place> = (0..100).map(|_| served(door.enter())).collect();
    }
}
