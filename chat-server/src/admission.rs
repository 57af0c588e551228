//! How many clients are served at a time, and what becomes of one more (requirements 7.1, 7.5).

use std::sync::Arc;

use chat_protocol::profile::{MaxClients, WhenFull};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The door.
pub(crate) struct Admission {
    /// `None`: everybody is served.
    places: Option<Arc<Semaphore>>,
    when_full: WhenFull,
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
    Waits(Arc<Semaphore>),
}

impl Admission {
    pub(crate) fn new(max_clients: MaxClients, when_full: WhenFull) -> Self {
        let places = max_clients.0.map(|number| {
            let number = usize::try_from(number.get()).unwrap_or(Semaphore::MAX_PERMITS);
            Arc::new(Semaphore::new(number.min(Semaphore::MAX_PERMITS)))
        });
        Self { places, when_full }
    }

    pub(crate) fn enter(&self) -> Entry {
        let Some(places) = &self.places else { return Entry::Served(Place(None)) };
        match (Arc::clone(places).try_acquire_owned(), self.when_full) {
            (Ok(place), _) => Entry::Served(Place(Some(place))),
            (Err(_), WhenFull::Refuse) => Entry::Refused,
            (Err(_), WhenFull::Wait) => Entry::Waits(Arc::clone(places)),
        }
    }
}

/// Waits for a place. Cancelled, the client loses its turn.
pub(crate) async fn wait(places: Arc<Semaphore>) -> Place {
    // It is never closed.
    Place(places.acquire_owned().await.ok())
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
        let Entry::Waits(places) = door.enter() else { panic!("does not wait") };
        let bea = tokio::spawn(wait(places));
        tokio::task::yield_now().await;
        drop(ana);
        assert!(matches!(door.enter(), Entry::Waits(_)), "bea was here before");
        drop(bea.await.unwrap());
        served(door.enter());
    }

    #[test]
    fn r1_4_without_a_limit_everybody_is_served() {
        let door = Admission::new(MaxClients(None), WhenFull::Refuse);
        let _all: Vec<Place> = (0..100).map(|_| served(door.enter())).collect();
    }
}
