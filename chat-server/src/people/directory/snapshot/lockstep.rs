//! The same acts at the same times on two nodes: each person is connected to one of them, and elsewhere for the other.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use chat_cluster::entry::{Incarnation, PersonId as PersonOfNode};
use chat_protocol::command::{Parsed, parse};
use chat_protocol::language::Language;
use chat_store::line::Position;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::net::transport::fake::Recorder;
use crate::people::accounts::{Accounts, Proved, Standing};
use crate::people::commands::Effect;
use crate::people::directory::coming::{Hold, Leaving};
use crate::people::directory::resumption::Back;
use crate::people::directory::{Arrival, Directory, Rules};
use crate::people::house::House;
use crate::room::archive::Archive;
use crate::room::event::{MESSAGE, Notice};
use crate::room::fanout::Deliveries;
use crate::room::memory::Memories;
use crate::room::outbox::OutboxLimits;
use crate::room::seat::Seat;
use crate::store::StoredAccounts;

const RULES: Rules = Rules {
    presence: true,
    commands: false,
    guests: false,
    max_rooms: 3,
    crowd: None,
    language: Language::Es,
};

const NAMES: [&str; 6] = ["Ana", "Bea", "Caro", "Zoe", "Dora", "Eva"];

const LINES: [&str; 24] = [
    "/sala cocina",
    "/sala cocina",
    "/sala patio",
    "/sala general",
    "/nombre Ana",
    "/nombre Fay",
    "/privado Ana hola",
    "/privado Bea hola",
    "/responder sí",
    "/vetar Ana 5s no",
    "/vetar Bea",
    "/vetar 192.0.2.0/31 5s",
    "/callar Bea 3s",
    "/callar Ana",
    "/perdonar Ana",
    "/perdonar Bea",
    "/echar Caro ya",
    "/echar Ana",
    "/tema pan",
    "/lento 5s",
    "/cerrar",
    "/invitar Ana",
    "/op Bea",
    "/noop Bea",
];

/// The start of the log, since 1970.
const START: Duration = Duration::from_hours(500_000);

/// An act: its kind, who does it, what it is about, and the milliseconds after the one before.
pub(super) type Act = (u8, usize, usize, u16);

pub(super) const ACTS: (
    std::ops::Range<u8>,
    std::ops::Range<usize>,
    std::ops::Range<usize>,
    std::ops::Range<u16>,
) = (0..20, 0..8, 0..24, 0..6000);

/// A connection to one of the nodes.
struct Client {
    hold: Hold,
    node: usize,
    ip: IpAddr,
    /// Its way to a room.
    coming: Option<Coming>,
}

/// From another room of this name, or announced or not.
type Coming = (Option<Name>, bool);

pub(super) struct Pair {
    both: [Directory<Recorder>; 2],
    clients: Vec<Client>,
    tokens: Vec<Token>,
    now: Duration,
}

/// A chat of the same configuration on a node. Needs a runtime.
pub(super) fn node(memories: Memories) -> Directory<Recorder> {
    let sessions = Sessions::new(Duration::from_mins(1), Duration::from_secs(10));
    let deliveries = Deliveries::new(OutboxLimits::lenient(), None, Some(memories)).0;
    let accounts =
        StoredAccounts { is_required: false, admins: vec![], accounts: vec![], file: None };
    let accounts = Arc::new(Accounts::new(accounts));
    let directory = Directory::new(deliveries, RULES, sessions).with_accounts(Some(accounts));
    directory.keep_order(House::of_admin("zoe"));
    directory.lock().has_nodes();
    directory
}

pub(super) fn memories() -> Memories {
    Memories::new(0, Language::Es, Archive::None)
}

pub(super) fn written(directory: &Directory<Recorder>) -> Vec<u8> {
    let mut bytes = Vec::new();
    directory.lock().write(&mut bytes);
    bytes
}

impl Pair {
    pub(super) fn new() -> Self {
        loop {
            let [one, other] = [memories(), memories()];
            // Their epoch is the second.
            if one.last() == other.last() {
                let both = [one, other].map(node);
                return Self { both, clients: Vec::new(), tokens: Vec::new(), now: START };
            }
        }
    }

    /// The bytes of each node, which are the same.
    pub(super) fn snapshot(&self) -> Vec<u8> {
        let [one, other] = [0, 1].map(|node| written(&self.both[node]));
        assert_eq!(one, other);
        one
    }

    pub(super) fn act(&mut self, (kind, who, what, after): Act) {
        self.now += Duration::from_millis(after.into());
        match kind {
            0..4 => return self.admit(NAMES[what % NAMES.len()], who),
            4 => return self.resume(who, what),
            5 => {
                self.on_both(|people, _| people.expire(usize::MAX));
                return;
            }
            _ => {}
        }
        if self.clients.is_empty() {
            return;
        }
        let who = who % self.clients.len();
        let Client { hold, ref coming, .. } = self.clients[who];
        if !self.on_both(|people, _| people.is_held(hold)) {
            return;
        }
        match kind {
            _ if coming.is_some() && kind < 17 => self.arrive(who),
            6..13 => self.execute(who, LINES[what]),
            13 => self.on_both(|people, _| {
                people.say(hold.id, &Notice::new(MESSAGE, "a", []).saying("a"));
            }),
            14 => self.begin(who),
            15 if what < 2 => self.on_both(|people, _| {
                people.has_account_set(NAMES[who % NAMES.len()], Some("1").filter(|_| what == 0));
            }),
            15 => {
                _ = self.on_both(|people, _| {
                    let client = client(people, hold);
                    people.registers(client, "2")
                });
            }
            16 if what < 4 => {
                _ = self.on_both(|people, _| {
                    let client = client(people, hold);
                    people.changes_word(client, "3")
                });
            }
            16 => _ = self.on_both(|people, _| people.accept(hold, what as u64)),
            17 | 18 => self.on_both(|people, _| people.leave(hold, Leaving::Cut)),
            _ => self.on_both(|people, _| people.leave(hold, Leaving::ForGood)),
        }
    }

    /// Does the same on both nodes, with the number of each. The result is the same.
    fn on_both<R: PartialEq + std::fmt::Debug>(
        &self,
        act: impl Fn(&mut People<Recorder>, usize) -> R,
    ) -> R {
        let [one, other] = [0, 1].map(|node| act(&mut self.both[node].lock_at(self.now), node));
        assert_eq!(one, other);
        one
    }

    fn admit(&mut self, name: &str, from: usize) {
        let home = from % 2;
        let ip = Ipv4Addr::new(192, 0, 2, from.try_into().unwrap()).into();
        let admitted = self.on_both(|people, node| {
            let location = if node == home {
                Location::Moving(Vec::new())
            } else {
                Location::Elsewhere { is_there: false }
            };
            let name = name.parse().unwrap();
            let proved = match people.accounts.as_ref().map(|accounts| accounts.standing(&name)) {
                Some(Standing::Registered(account, hash)) if from < 6 => {
                    Some(Proved { account, hash })
                }
                _ => None,
            };
            people.admit_proved(name, Encoding::Text, location, proved)
        });
        if let Ok(id) = admitted {
            let hold = Hold::without_session(id);
            self.clients.push(Client { hold, node: home, ip, coming: Some((None, true)) });
        }
    }

    fn arrive(&mut self, who: usize) {
        let Client { hold, node: home, ip, ref mut coming } = self.clients[who];
        let (from, is_announced) = coming.take().unwrap();
        let arrived = self.on_both(|people, node| {
            if node != home {
                people.set_address(hold.id, Some(ip));
                return people.arrive_elsewhere(hold, from.as_ref(), is_announced);
            }
            let arrival = match &from {
                Some(room) => Arrival::From(room.clone()),
                None if is_announced => Arrival::New(None),
                None => Arrival::Back(Box::new(Back::new(Position::START, Position::START, false))),
            };
            let seat = Seat::new(connection(ip));
            people.arrive_at(hold, seat, arrival).is_some()
        });
        assert!(arrived);
    }

    fn execute(&mut self, who: usize, line: &str) {
        let Parsed::Command(command) = parse(line) else { panic!("{line}") };
        let id = self.clients[who].hold.id;
        let moved = self.on_both(|people, _| match people.execute(id, command.clone(), None) {
            Ok(Some(Effect::Moving { from, .. })) => Ok(Some(from)),
            Ok(_) => Ok(None),
            Err(refusal) => Err(refusal),
        });
        if let Ok(Some(from)) = moved {
            self.clients[who].coming = Some((Some(from), true));
        }
    }

    fn begin(&mut self, who: usize) {
        let Client { hold: Hold { id, .. }, node: home, .. } = self.clients[who];
        // In no order.
        let token =
            Token((self.tokens.len() as u128 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) % 1009);
        let begun = self.on_both(|people, node| {
            if node == home {
                people.begin_session(id, token, None).map(|(_, session)| session)
            } else {
                people.begin_session_elsewhere(id, token)
            }
        });
        self.tokens.extend(begun.map(|_| token));
    }

    fn resume(&mut self, from: usize, which: usize) {
        if self.tokens.is_empty() {
            return;
        }
        let token = self.tokens[which % self.tokens.len()];
        let home = from % 2;
        let ip = Ipv4Addr::new(192, 0, 2, from.try_into().unwrap()).into();
        let resumed = self.on_both(|people, node| {
            let own = connection(ip);
            let own = Some(&own).filter(|_| node == home);
            let resumed = people.resume(token, Position::START, own, (ip, None));
            resumed.map(|(hold, _, back)| (hold, back.is_announced()))
        });
        if let Ok((hold, is_announced)) = resumed {
            let coming = Some((None, is_announced));
            self.clients.push(Client { hold, node: home, ip, coming });
        }
    }
}

/// Its client, of a third node.
fn client(people: &mut People<Recorder>, hold: Hold) -> PersonOfNode {
    let client = PersonOfNode { node: Incarnation(1), number: 1 };
    people.holds_mut().insert(client, hold);
    client
}

fn connection(ip: IpAddr) -> Arc<Recorder> {
    Arc::new(Recorder::at(ip))
}

/// Rooms are delivered by tasks.
pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

proptest! {
    #[test]
    fn the_same_acts_in_the_same_order_give_the_same_state(acts in vec(ACTS, 1..80)) {
        let runtime = runtime();
        let _entered = runtime.enter();
        let mut nodes = Pair::new();
        for act in acts {
            nodes.act(act);
            nodes.snapshot();
        }
        let (newcomer, snapshot) = (node(memories()), nodes.snapshot());
        newcomer.lock().read(&snapshot).unwrap();
        prop_assert_eq!(written(&newcomer), snapshot);
    }
}
