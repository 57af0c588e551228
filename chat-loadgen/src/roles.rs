//! Assigns a role to each client: senders, rooms, the canary and the special groups, spread evenly
//! over the clients in the order in which they connect, and each of these over the servers.
//!
//! A server often serves its members in the order in which they came, so a group that came first
//! or last would see other latencies than the rest.

/// The kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Takes part from the barrier to the end. A message is complete when all steady receivers have
    /// it.
    Steady,
    /// Leaves and comes back.
    Churner,
    /// Stops reading after the barrier.
    Slow,
    /// Takes part and reads later than the others: its deliveries are judged, and not timed.
    Later,
    /// Connected, but in no room.
    Idle,
}

/// Number of clients of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// Clients that take part.
    pub(crate) clients: u32,
    /// Clients that send, among `clients`.
    pub(crate) senders: u32,
    /// Rooms.
    pub(crate) rooms: u32,
    /// Clients that take part and stop reading.
    pub(crate) slow: u32,
    /// Clients that take part, leave and come back.
    pub(crate) churners: u32,
    /// Clients beside these that are only connected.
    pub(crate) idle: u32,
    /// Clients that take part and whose deliveries are not timed.
    pub(crate) later: u32,
    /// Threads for the clients, without those of the canary and of the clients that read later.
    pub(crate) threads: u32,
    /// Addresses of the server, or of the servers that form one chat.
    pub(crate) servers: u32,
}

impl Numbers {
    /// Index of the thread of the clients that read later, if there are any.
    pub(crate) fn later_thread(self) -> Option<u32> {
        (self.later > 0).then_some(self.threads)
    }

    /// Index of the canary's thread: the last one.
    pub(crate) fn canary_thread(self) -> u32 {
        self.threads + u32::from(self.later > 0)
    }
}

/// One client's part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Role {
    /// The kind of client.
    pub(crate) part: Part,
    pub(crate) room: Option<u32>,
    /// Its index among the senders.
    pub(crate) sender: Option<u32>,
    /// The worker that looks after it: the last one is the canary's.
    pub(crate) worker: u32,
    /// Index of the server's address.
    pub(crate) server: u32,
    /// True if the order that this client sees is the room's reference order.
    pub(crate) witness: bool,
}

/// Assigns each client's role, in the order in which they connect: first the clients that take
/// part, then the idle ones.
///
/// `slow` and `churners` are taken from the clients that do not send. If these are too few, there
/// are fewer slow clients and churners than asked for.
pub(crate) fn assign(numbers: Numbers) -> Vec<Role> {
    let Numbers { clients, senders, slow, churners, idle, later, threads, servers, .. } = numbers;
    let mut roles: Vec<Role> = (0..clients)
        .map(|i| Role {
            part: Part::Steady,
            room: Some(room(i, numbers)),
            sender: None,
            worker: i % threads,
            server: 0,
            witness: false,
        })
        .collect();
    for sender in 0..senders {
        roles[self::sender(sender, numbers) as usize].sender = Some(sender);
    }
    let canary = canary(&roles);
    if let Some(canary) = canary {
        roles[canary].worker = numbers.canary_thread();
    }
    choose_witnesses(&mut roles, canary);
    spread(&mut roles, slow, Part::Slow, numbers.canary_thread());
    spread(&mut roles, churners, Part::Churner, numbers.canary_thread());
    spread(&mut roles, later, Part::Later, numbers.canary_thread());
    for role in roles.iter_mut().filter(|role| role.part == Part::Later) {
        role.worker = threads;
    }
    let idler = |i| Role {
        part: Part::Idle,
        room: None,
        sender: None,
        worker: i % threads,
        server: 0,
        witness: false,
    };
    roles.extend((0..idle).map(idler));
    choose_servers(&mut roles, servers);
    roles
}

/// Index of the client that is the sender of that index.
pub(crate) fn sender(sender: u32, numbers: Numbers) -> u32 {
    scale(sender, numbers.clients, numbers.senders)
}

/// Room of a client that takes part.
pub(crate) fn room(client: u32, numbers: Numbers) -> u32 {
    scale(client, numbers.rooms, numbers.clients)
}

/// `i` of `of`, as its place among `places`.
pub(crate) fn scale(i: u32, places: u32, of: u32) -> u32 {
    let place = u64::from(i) * u64::from(places) / u64::from(of.max(1));
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// Index of the canary: the listener nearest to the middle; if all clients send, the client in the
/// middle.
fn canary(roles: &[Role]) -> Option<usize> {
    let middle = roles.len() / 2;
    let listeners = (0..roles.len()).filter(|&i| roles[i].sender.is_none());
    listeners.min_by_key(|&i| i.abs_diff(middle)).or((middle < roles.len()).then_some(middle))
}

/// The first listener of each room is its witness, and the canary of its own.
fn choose_witnesses(roles: &mut [Role], canary: Option<usize>) {
    let mut last = None;
    if let Some(canary) = canary.filter(|&canary| roles[canary].sender.is_none()) {
        roles[canary].witness = true;
    }
    let own = canary.and_then(|canary| roles[canary].room.filter(|_| roles[canary].witness));
    for role in roles {
        if role.sender.is_none() && role.room != own && role.room != last {
            role.witness = true;
            last = role.room;
        }
    }
}

/// The servers take turns in getting a client: first the senders, then the listeners, then each other
/// group. So each group sits on all of them, in each room, and all of them have as many clients.
fn choose_servers(roles: &mut [Role], servers: u32) {
    let mut turns = (0..servers).cycle();
    for part in [Part::Steady, Part::Slow, Part::Churner, Part::Later, Part::Idle] {
        for sends in [true, false] {
            let group = |role: &&mut Role| role.part == part && role.sender.is_some() == sends;
            for (role, server) in roles.iter_mut().filter(group).zip(turns.by_ref()) {
                role.server = server;
            }
        }
    }
}

/// Assigns a role to so many of the listeners that have no special one.
fn spread(roles: &mut [Role], number: u32, part: Part, canary: u32) {
    let free: Vec<usize> = (0..roles.len())
        .filter(|&i| {
            let Role { part, sender, worker, witness, .. } = roles[i];
            part == Part::Steady && sender.is_none() && worker != canary && !witness
        })
        .collect();
    let available = u32::try_from(free.len()).unwrap_or(u32::MAX);
    for i in 0..number.min(available) {
        roles[free[scale(i, available, number.min(available)) as usize]].part = part;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NUMBERS: Numbers = Numbers {
        clients: 200,
        senders: 20,
        rooms: 1,
        slow: 20,
        churners: 5,
        later: 0,
        idle: 7,
        threads: 1,
        servers: 1,
    };

    fn count(roles: &[Role], which: impl Fn(&Role) -> bool) -> usize {
        roles.iter().filter(|role| which(role)).count()
    }

    #[test]
    fn there_are_as_many_of_each_as_asked_for() {
        let roles = assign(NUMBERS);
        assert_eq!(roles.len(), 207);
        assert_eq!(count(&roles, |role| role.sender.is_some()), 20);
        assert_eq!(count(&roles, |role| role.part == Part::Slow), 20);
        assert_eq!(count(&roles, |role| role.part == Part::Churner), 5);
        assert_eq!(count(&roles, |role| role.part == Part::Idle && role.room.is_none()), 7);
        assert_eq!(count(&roles, |role| role.worker == 1), 1);
        assert_eq!(count(&roles, |role| role.witness), 1);
        assert!(roles[99].witness && roles[99].worker == 1 && roles[99].sender.is_none());
    }

    #[test]
    fn those_that_are_timed_are_spread_evenly_over_those_that_read_later() {
        let numbers = Numbers { clients: 1001, senders: 1, slow: 0, churners: 0, ..NUMBERS };
        let numbers = Numbers { later: 900, ..numbers };
        let roles = assign(numbers);
        assert_eq!(count(&roles, |role| role.part == Part::Later && role.worker == 1), 900);
        assert_eq!(count(&roles, |role| role.worker == 2 && role.part == Part::Steady), 1);
        for tenth in roles[..1000].chunks(100) {
            assert!((8..=13).contains(&count(tenth, |role| role.part == Part::Steady)));
        }
    }

    #[test]
    fn there_is_a_canary_even_if_all_clients_send() {
        let roles = assign(Numbers { clients: 2, senders: 2, slow: 0, churners: 0, ..NUMBERS });
        assert_eq!(roles.iter().map(|role| role.worker).collect::<Vec<_>>()[..2], [0, 1]);
        assert_eq!(count(&roles, |role| role.witness), 0);
    }

    proptest! {
        #[test]
        fn rooms_and_senders_are_spread_evenly(
            clients in 1..400_u32, rooms in 1..20_u32, share in 0.0..1.0, threads in 1..4_u32,
        ) {
            let rooms = rooms.min(clients);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a test")]
            let senders = (f64::from(clients) * share) as u32;
            let none = Numbers {
                clients, senders, rooms, threads, slow: 0, churners: 0, later: 0, idle: 0, servers: 1,
            };
            let roles = assign(none);
            let members: Vec<usize> =
                (0..rooms).map(|room| count(&roles, |role| role.room == Some(room))).collect();
            prop_assert!(members.iter().max().unwrap() - members.iter().min().unwrap() <= 1);
            let mut seen: Vec<u32> = roles.iter().filter_map(|role| role.sender).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..senders).collect::<Vec<_>>());
            for room in 0..rooms {
                let listeners = count(&roles, |r| r.room == Some(room) && r.sender.is_none());
                let witnesses = count(&roles, |r| r.room == Some(room) && r.witness);
                prop_assert_eq!(witnesses, usize::from(listeners > 0));
            }
        }

        #[test]
        fn each_server_has_its_share_of_the_senders_and_of_the_listeners_of_each_room(
            clients in 1..400_u32, rooms in 1..20_u32, every in 1..20_u32, servers in 1..12_u32,
            slow in 0..9_u32, idle in 0..9_u32,
        ) {
            let (rooms, senders) = (rooms.min(clients), clients.div_ceil(every));
            let roles = assign(Numbers { clients, senders, rooms, slow, idle, servers, ..NUMBERS });
            let differ = |which: &dyn Fn(&Role) -> bool| {
                let at = |server| count(&roles, |role| role.server == server && which(role));
                let numbers: Vec<usize> = (0..servers).map(at).collect();
                numbers.iter().max().unwrap() - numbers.iter().min().unwrap()
            };
            prop_assert!(differ(&|_| true) <= 1);
            for part in [Part::Slow, Part::Churner, Part::Idle] {
                prop_assert!(differ(&|role| role.part == part) <= 1);
            }
            for room in 0..rooms {
                for sends in [true, false] {
                    let steady = |role: &Role| {
                        role.room == Some(room) && role.part == Part::Steady
                            && role.sender.is_some() == sends
                    };
                    prop_assert!(differ(&steady) <= 1);
                }
            }
        }
    }
}
