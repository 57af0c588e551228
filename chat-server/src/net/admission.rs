//! How many clients are served at a time, and what becomes of one more (requirements 7.1, 7.5).

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use chat_protocol::limits::MAX_QUEUE;
use chat_protocol::options::profile::{MaxClients, WhenFull};
use chat_protocol::refusal::Refusal;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::net::per_address::{Addresses, Limits, Origin};

/// The number of refused clients that are heard out for a moment, so that the refusal reaches them even
/// while they send (`TcpConnection::part`). Each has a descriptor meanwhile: without a bound, refused
/// clients could take more of them than served ones.
const FAREWELLS: usize = 100;

/// Limits how many clients are served at a time, and queues or refuses the rest.
pub(crate) struct Admission {
    /// `None`: there are no limits of one address.
    addresses: Option<Addresses>,
    /// `None`: every client is served.
    places: Option<Arc<Semaphore>>,
    when_full: WhenFull,
    /// Places for clients that wait.
    queue: Arc<Semaphore>,
    farewells: Semaphore,
}

/// One client's place, for as long as this lives.
pub(crate) struct Permit(#[expect(dead_code, reason = "held")] OwnedSemaphorePermit);

/// The shares of the limits that a connection has until it is closed.
pub(crate) struct Shares {
    /// Counts it where it comes from, where addresses have limits.
    origin: Option<Origin>,
    /// Its place, once it has one.
    place: OnceLock<Permit>,
}

/// The fate of a client that has come.
pub(crate) enum Entry {
    /// It is served. `None`: places are not counted.
    Served(Option<Permit>),
    /// It is told this, and goes.
    Refused(Refusal),
    /// It waits for a place: first come, first served.
    Waits(Turn),
}

/// A turn to wait for.
pub(crate) struct Turn {
    places: Arc<Semaphore>,
    _queue: OwnedSemaphorePermit,
}

impl Admission {
    pub(crate) fn new(max_clients: MaxClients, when_full: WhenFull, of_address: Limits) -> Self {
        let places = max_clients.0.map(|number| {
            let number = usize::try_from(number.get()).unwrap_or(Semaphore::MAX_PERMITS);
            Arc::new(Semaphore::new(number.min(Semaphore::MAX_PERMITS)))
        });
        Self {
            addresses: Addresses::new(of_address),
            places,
            when_full,
            queue: Arc::new(Semaphore::new(MAX_QUEUE)),
            farewells: Semaphore::new(FAREWELLS),
        }
    }

    /// A client comes from this address. The origin counts its connection, unless it is refused.
    /// `make_way` makes another client leave if it can, where a client would be refused for lack of a place.
    pub(crate) fn enter(
        &self,
        address: IpAddr,
        make_way: impl FnOnce() -> bool,
    ) -> (Entry, Option<Origin>) {
        let entered = self.addresses.as_ref().map_or(Ok(None), |all| all.enter(address));
        match entered.map(|origin| (self.find_place(make_way), origin)) {
            Err(limit) => (Entry::Refused(Refusal::Address(limit)), None),
            Ok((refused @ Entry::Refused(_), _)) => (refused, None),
            Ok(served_or_waiting) => served_or_waiting,
        }
    }

    /// The shares of a connection, where there are limits. A single pointer, because every idle client has it.
    pub(crate) fn shares(&self, origin: Option<Origin>) -> Option<Box<Shares>> {
        let limited = origin.is_some() || self.places.is_some();
        limited.then(|| Box::new(Shares { origin, place: OnceLock::new() }))
    }

    /// A permit to part politely from a client that is not served; for as long as what
    /// is returned lives.
    pub(crate) fn farewell(&self) -> Option<SemaphorePermit<'_>> {
        self.farewells.try_acquire().ok()
    }

    fn find_place(&self, make_way: impl FnOnce() -> bool) -> Entry {
        let Some(places) = &self.places else { return Entry::Served(None) };
        if let Ok(permit) = Arc::clone(places).try_acquire_owned() {
            return Entry::Served(Some(Permit(permit)));
        }
        match Arc::clone(&self.queue).try_acquire_owned() {
            Ok(queue) if self.when_full == WhenFull::Wait || make_way() => {
                Entry::Waits(Turn { places: Arc::clone(places), _queue: queue })
            }
            Ok(_) | Err(_) => Entry::Refused(Refusal::ServerFull),
        }
    }
}

impl Shares {
    /// The connection has this place from now on.
    pub(crate) fn take_place(&self, permit: Permit) {
        // It has no other.
        let _ = self.place.set(permit);
    }

    /// The share of its address's limits.
    pub(crate) fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }
}

impl Turn {
    /// Waits for a place. Cancelled, the client loses its turn.
    pub(crate) async fn wait(self) -> Option<Permit> {
        // It is never closed.
        self.places.acquire_owned().await.map(Permit).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::num::NonZeroU32;

    use super::*;

    const ONE: MaxClients = MaxClients(Some(NonZeroU32::MIN));

    fn one_of_address() -> Limits {
        Limits { connections: ONE.0, ..Limits::default() }
    }

    fn for_one(when_full: WhenFull) -> Admission {
        Admission::new(ONE, when_full, Limits::default())
    }

    fn enter(door: &Admission) -> Entry {
        door.enter(Ipv4Addr::LOCALHOST.into(), || false).0
    }

    fn enter_from(door: &Admission, host: u8) -> (Entry, Option<Origin>) {
        door.enter([192, 0, 2, host].into(), || false)
    }

    fn served(entry: Entry) -> Option<Permit> {
        let Entry::Served(permit) = entry else { panic!("not served") };
        permit
    }

    #[test]
    fn r7_5_one_more_is_refused_until_somebody_leaves() {
        let door = for_one(WhenFull::Refuse);
        let ana = served(enter(&door));
        assert!(matches!(enter(&door), Entry::Refused(Refusal::ServerFull)));
        drop(ana);
        served(enter(&door));
    }

    #[tokio::test]
    async fn r7_1_who_waits_is_served_in_the_order_of_coming() {
        let door = for_one(WhenFull::Wait);
        let ana = served(enter(&door));
        let Entry::Waits(turn) = enter(&door) else { panic!("does not wait") };
        let bea = tokio::spawn(turn.wait());
        tokio::task::yield_now().await;
        drop(ana);
        assert!(matches!(enter(&door), Entry::Waits(_)), "bea was here before");
        drop(bea.await.unwrap());
        served(enter(&door));
    }

    #[tokio::test]
    async fn r7_5_who_makes_another_leave_waits_for_its_place() {
        let door = for_one(WhenFull::Refuse);
        let ana = served(enter(&door));
        let (entry, _) = door.enter(Ipv4Addr::LOCALHOST.into(), || true);
        let Entry::Waits(turn) = entry else { panic!("does not wait") };
        drop(ana);
        assert!(turn.wait().await.is_some());
    }

    #[test]
    fn r7_1_the_queue_has_an_end() {
        let door = for_one(WhenFull::Wait);
        let _ana = served(enter(&door));
        let mut turns: Vec<Entry> = (0..MAX_QUEUE).map(|_| enter(&door)).collect();
        assert!(turns.iter().all(|entry| matches!(entry, Entry::Waits(_))));
        assert!(matches!(enter(&door), Entry::Refused(Refusal::ServerFull)));
        turns.pop();
        assert!(matches!(enter(&door), Entry::Waits(_)), "who waited has gone");
    }

    #[test]
    fn r1_4_without_a_limit_everybody_is_served() {
        let door = Admission::new(MaxClients(None), WhenFull::Refuse, Limits::default());
        let _all: Vec<_> = (0..100).map(|_| served(enter(&door))).collect();
    }

    #[tokio::test]
    async fn r1_4_who_waits_counts_as_a_connection_of_its_address() {
        let door = Admission::new(ONE, WhenFull::Wait, one_of_address());
        let ana = enter_from(&door, 1);
        let (Entry::Waits(turn), bea) = enter_from(&door, 2) else { panic!("does not wait") };
        let full = |host| matches!(enter_from(&door, host).0, Entry::Refused(Refusal::Address(_)));
        assert!(full(1) && full(2));
        drop(ana);
        let served_now = turn.wait().await;
        assert!(!full(1) && full(2), "bea has the place, and waits no more");
        drop((served_now, bea));
        served(enter_from(&door, 2).0);
    }

    #[test]
    fn r7_5_who_is_refused_for_lack_of_places_has_no_connection() {
        let door = Admission::new(ONE, WhenFull::Refuse, one_of_address());
        let ana = enter_from(&door, 1);
        for _ in 0..2 {
            assert!(matches!(enter_from(&door, 2).0, Entry::Refused(Refusal::ServerFull)));
        }
        drop(ana);
        served(enter_from(&door, 2).0);
    }
}
