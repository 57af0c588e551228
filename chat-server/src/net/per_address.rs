//! Limits of each address (requirement 1.9): its connections, how fast new ones come, the lines of all
//! of them together, the rooms that they open, and their sessions.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chat_protocol::limits::CONNECT_BURST;
use chat_protocol::options::rate::{Bucket, MaxRate};
use chat_protocol::refusal::AddressLimit;

use crate::net::network::Network;

/// The limits of one address; `None` is no limit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    /// Connections at a time.
    pub(crate) connections: Option<NonZeroU32>,
    /// New connections a second.
    pub(crate) connects: Option<NonZeroU32>,
    /// Lines a second.
    pub(crate) lines: Option<NonZeroU32>,
    /// Rooms that it has opened.
    pub(crate) rooms: Option<NonZeroU32>,
    /// The addresses to which nothing of this applies.
    pub(crate) exempt: Vec<Network>,
}

/// Counts what each address takes.
pub(crate) struct Addresses {
    limits: Limits,
    known: Mutex<Known>,
}

/// The addresses that take something, and some that did.
#[derive(Default)]
struct Known {
    addresses: HashMap<IpAddr, Arc<Address>>,
    /// With this many, those that take nothing are forgotten.
    too_many: usize,
}

/// One address.
struct Address {
    max_connections: Option<NonZeroU32>,
    max_rooms: Option<NonZeroU32>,
    usage: Mutex<Usage>,
}

/// What an address takes at the moment.
struct Usage {
    connections: u32,
    connects: Option<Bucket>,
    lines: Option<Bucket>,
    rooms: u32,
    sessions: u32,
    /// Those of them whose people are absent.
    absent: u32,
}

/// One connection, counted for as long as this lives.
pub(crate) struct Origin(Arc<Address>);

/// One room that an address has opened, counted for as long as this lives.
pub(crate) struct OpenedRoom(Arc<Address>);

/// One session of an address, counted for as long as this lives.
pub(crate) struct SessionShare {
    address: Arc<Address>,
    is_absent: bool,
}

/// Sessions of an address for each connection that it may have: those who come and go leave some behind.
const SESSIONS: u32 = 4;

/// Addresses that may be remembered although they take nothing: some 200 bytes each.
const REMEMBERED: usize = 1000;

impl Addresses {
    /// `None` when there are no limits.
    pub(crate) fn new(limits: Limits) -> Option<Self> {
        let Limits { connections, connects, lines, rooms, .. } = limits;
        let limited = [connections, connects, lines, rooms].into_iter().flatten().count() > 0;
        limited.then(|| Self { limits, known: Mutex::default() })
    }

    /// Counts one more connection of this address, unless a limit is reached. `None` for an exempt
    /// address.
    pub(crate) fn enter(&self, ip: IpAddr) -> Result<Option<Origin>, AddressLimit> {
        let Limits { connections, connects, exempt, .. } = &self.limits;
        if exempt.iter().any(|network| network.contains(ip)) {
            return Ok(None);
        }
        let now = Instant::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let address = known.address(subscriber(ip), &self.limits, now);
        let mut usage = address.lock();
        if let Some(limit) = connections.filter(|limit| usage.connections >= limit.get()) {
            return Err(AddressLimit::Connections(limit));
        }
        if let (Some(bucket), Some(limit)) = (&mut usage.connects, *connects) {
            if !bucket.wait(now).is_zero() {
                return Err(AddressLimit::Connects(limit));
            }
            bucket.spend(now);
        }
        usage.connections += 1;
        drop(usage);
        Ok(Some(Origin(address)))
    }
}

impl Known {
    fn address(&mut self, ip: IpAddr, limits: &Limits, now: Instant) -> Arc<Address> {
        if self.addresses.len() >= self.too_many {
            self.addresses.retain(|_, address| !address.lock().is_nothing(now));
            self.too_many = REMEMBERED.max(2 * self.addresses.len());
        }
        Arc::clone(self.addresses.entry(ip).or_insert_with(|| Arc::new(Address::new(limits, now))))
    }
}

impl Address {
    fn new(limits: &Limits, now: Instant) -> Self {
        let bucket = |rate: Option<NonZeroU32>, burst: NonZeroU32| {
            let rate = rate?;
            MaxRate::per_second(rate).bucket(rate.saturating_mul(burst), now)
        };
        let usage = Usage {
            connections: 0,
            connects: bucket(limits.connects, CONNECT_BURST),
            lines: bucket(limits.lines, NonZeroU32::MIN),
            rooms: 0,
            sessions: 0,
            absent: 0,
        };
        let Limits { connections: max_connections, rooms: max_rooms, .. } = *limits;
        Self { max_connections, max_rooms, usage: Mutex::new(usage) }
    }

    fn lock(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Usage {
    /// Returns whether nothing needs to be known of the address.
    fn is_nothing(&self, now: Instant) -> bool {
        let buckets = [self.connects, self.lines];
        self.connections + self.rooms + self.sessions == 0
            && buckets.into_iter().flatten().all(|bucket| bucket.is_full(now))
    }
}

impl Origin {
    /// The time until a client of this address may send a line; zero if it may now.
    pub(crate) fn wait(&self, now: Instant) -> Duration {
        self.0.lock().lines.map_or(Duration::ZERO, |bucket| bucket.wait(now))
    }

    /// Counts a line of a client of this address.
    pub(crate) fn count_line(&self, now: Instant) {
        if let Some(bucket) = &mut self.0.lock().lines {
            bucket.spend(now);
        }
    }

    /// Counts a room that a client of this address opens, unless it has opened as many as it may. The
    /// one that is `left` empty for it does not count.
    pub(crate) fn open_room(&self, left: Option<&OpenedRoom>) -> Result<OpenedRoom, AddressLimit> {
        let gone = u32::from(left.is_some_and(|room| Arc::ptr_eq(&room.0, &self.0)));
        let mut usage = self.0.lock();
        if let Some(limit) = self.0.max_rooms.filter(|limit| usage.rooms - gone >= limit.get()) {
            return Err(AddressLimit::Rooms(limit));
        }
        usage.rooms += 1;
        Ok(OpenedRoom(Arc::clone(&self.0)))
    }

    /// Counts a session of a client of this address.
    pub(crate) fn take_session(&self) -> SessionShare {
        self.0.lock().sessions += 1;
        SessionShare { address: Arc::clone(&self.0), is_absent: false }
    }

    /// Returns whether a further session is one too many.
    pub(crate) fn has_all_its_sessions(&self) -> bool {
        let limit = self.0.max_connections.map(|limit| limit.get().saturating_mul(SESSIONS));
        limit.is_some_and(|limit| self.0.lock().sessions >= limit)
    }

    /// Returns whether it would have too many connections if absent people had one.
    pub(crate) fn has_too_many_people(&self) -> bool {
        let usage = self.0.lock();
        let limit = self.0.max_connections;
        limit.is_some_and(|limit| usage.connections.saturating_add(usage.absent) > limit.get())
    }
}

impl SessionShare {
    /// Returns whether it is one of this address.
    pub(crate) fn is_of(&self, origin: &Origin) -> bool {
        Arc::ptr_eq(&self.address, &origin.0)
    }

    /// The person of the session is absent, or not any more.
    pub(crate) fn set_absent(&mut self, is_absent: bool) {
        let mut usage = self.address.lock();
        usage.absent = usage.absent + u32::from(is_absent) - u32::from(self.is_absent);
        self.is_absent = is_absent;
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.0.lock().connections -= 1;
    }
}

impl Drop for SessionShare {
    fn drop(&mut self) {
        self.set_absent(false);
        self.address.lock().sessions -= 1;
    }
}

impl Drop for OpenedRoom {
    fn drop(&mut self) {
        self.0.lock().rooms -= 1;
    }
}

/// The subscriber that has the address: an IPv4 address stands for itself, also where it is written as
/// IPv6; any other for its first 64 bits, because no network is given less, and has 2^64 addresses in them.
pub(crate) fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u32) -> Option<NonZeroU32> {
        NonZeroU32::new(number)
    }

    fn addresses(limits: Limits) -> Addresses {
        Addresses::new(limits).expect("a limit")
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn enter(addresses: &Addresses, text: &str) -> Option<Origin> {
        addresses.enter(ip(text)).ok().flatten()
    }

    #[test]
    fn r1_9_an_address_has_so_many_connections_and_others_theirs() {
        let addresses = addresses(Limits { connections: number(2), ..Limits::default() });
        let enter = |text| enter(&addresses, text);
        let [first, second] = [(); 2].map(|()| enter("192.0.2.1").expect("a place"));
        let refused = addresses.enter(ip("192.0.2.1")).err();
        assert_eq!(refused.map(|limit| limit.to_string()).unwrap(), "--max-per-ip 2");
        assert!(enter("192.0.2.2").is_some());
        drop(first);
        let third = enter("192.0.2.1").expect("the place of the first");
        assert!(enter("192.0.2.1").is_none());
        drop((second, third));
        assert!(enter("192.0.2.1").is_some());
    }

    #[test]
    fn r1_9_an_address_is_counted_however_it_is_written() {
        for (one, other, same) in [
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
            ("::1", "127.0.0.1", false),
        ] {
            let addresses = addresses(Limits { connections: number(1), ..Limits::default() });
            let _one = enter(&addresses, one);
            assert_eq!(enter(&addresses, other).is_none(), same, "{one} {other}");
        }
    }

    #[test]
    fn r1_9_new_connections_have_a_burst_also_when_the_old_ones_have_gone() {
        // So slow that the bucket gains nothing during the test.
        let addresses = addresses(Limits { connects: number(1), ..Limits::default() });
        let come = (0..100).take_while(|_| enter(&addresses, "192.0.2.1").is_some()).count();
        assert!((5..10).contains(&come), "{come}");
        assert!(enter(&addresses, "192.0.2.2").is_some());
    }

    #[test]
    fn r1_9_a_network_can_be_exempt() {
        let exempt = vec!["192.0.2.0/24".parse().unwrap()];
        let addresses = addresses(Limits { connections: number(1), exempt, ..Limits::default() });
        for _ in 0..3 {
            assert!(addresses.enter(ip("192.0.2.1")).is_ok_and(|origin| origin.is_none()));
        }
        let _one = enter(&addresses, "192.0.3.1");
        assert!(addresses.enter(ip("192.0.3.1")).is_err());
    }

    #[test]
    fn r1_9_an_address_opens_so_many_rooms() {
        let addresses = addresses(Limits { rooms: number(1), ..Limits::default() });
        let [ana, bea] = [(); 2].map(|()| enter(&addresses, "192.0.2.1").expect("no limit"));
        let Ok(room) = ana.open_room(None) else { panic!("there is no room yet") };
        assert!(bea.open_room(None).is_err());
        assert!(bea.open_room(Some(&room)).is_ok());
        drop((ana, room));
        assert!(bea.open_room(None).is_ok());
    }

    #[test]
    fn r3_4_addresses_that_take_nothing_are_forgotten() {
        let addresses = addresses(Limits { connections: number(1), ..Limits::default() });
        let stays = enter(&addresses, "2001:db8::");
        for i in 1..=2 * REMEMBERED as u128 {
            let other = Ipv6Addr::from_bits(i << 64).into();
            assert!(addresses.enter(other).is_ok());
        }
        let known = addresses.known.lock().unwrap();
        assert!(known.addresses.len() <= REMEMBERED, "{}", known.addresses.len());
        assert!(known.addresses.contains_key(&ip("2001:db8::")));
        drop((known, stays));
    }
}
