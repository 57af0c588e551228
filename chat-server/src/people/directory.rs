//! The directory of people and rooms: nicknames, and the room of each person (chapters 5 and 6).
//!
//! One lock guards all of it, and is never held across a wait. It comes before the lock of any
//! room: what is decided here stands in the rooms' order as it was decided.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat_protocol::language::Language;
use chat_protocol::name::{Name, NameError};
use chat_store::session::Token;
use tokio::sync::oneshot;

use crate::console::Console;
use crate::net::per_address::OpenedRoom;
use crate::net::transport::Transport;
use crate::net::wire::encoding::Encoding;
use crate::people::accounts::Accounts;
use crate::people::crowd::{Change, Crowd, CrowdLimits};
use crate::people::house::House;
use crate::people::house::settings::Settings;
use crate::people::names::UniqueNames;
use crate::people::time::Time;
use crate::room::event::Event;
use crate::room::fanout::Deliveries;
use crate::room::letter::{Letter, Mailbox};
use crate::room::order::Room;
use crate::room::seat::{MemberId, Seat};
use elsewhere::Nodes;
use sessions::Sessions;

mod accounts;
mod arriving;
pub(crate) mod coming;
mod elsewhere;
mod order;
mod presence;
pub(crate) mod resumption;
mod rooms;
pub(crate) mod sessions;
#[cfg(feature = "cluster")]
mod shared;
#[cfg(feature = "cluster")]
mod snapshot;

pub(crate) use arriving::Arrived;
pub(crate) use presence::Arrival;

/// All people that have a name, and all rooms.
pub(crate) struct Directory<T> {
    /// The room in which every client begins.
    pub(crate) first: Arc<Room<T>>,
    people: Mutex<People<T>>,
}

/// The options that hold in all rooms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// A room hears when a member joins or leaves.
    pub(crate) presence: bool,
    /// Lines that begin with `/` are commands.
    pub(crate) commands: bool,
    /// Clients are told apart by their ports: the names of guests are reserved.
    pub(crate) guests: bool,
    /// The number of rooms that there may be.
    pub(crate) max_rooms: usize,
    /// What a crowd exceeds, if presence is summed up in crowds.
    pub(crate) crowd: Option<CrowdLimits>,
    pub(crate) language: Language,
}

impl Rules {
    /// Returns whether no client can have this name.
    pub(super) fn reserves(&self, name: &Name) -> bool {
        name.is_reserved() || self.guests && name.is_guest_like()
    }
}

/// Identifies a person, in the order of coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PersonId(u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RoomId(u64);

/// The room that is there from the start, and stays.
const FIRST: RoomId = RoomId(0);

/// The data of the directory, while it is locked.
pub(crate) struct People<T> {
    pub(super) rules: Rules,
    pub(super) accounts: Option<Arc<Accounts>>,
    /// Bytes that were said and told since this was last set to 0.
    pub(super) caused: usize,
    /// The time of what is done now.
    pub(super) time: Time,
    by_id: HashMap<PersonId, Person<T>>,
    pub(super) names: UniqueNames<PersonId>,
    rooms: BTreeMap<RoomId, OpenRoom<T>>,
    room_names: UniqueNames<RoomId>,
    sessions: Sessions,
    next_person: u64,
    next_room: u64,
    deliveries: Deliveries,
    /// The other servers, if there are some.
    nodes: Option<Box<Nodes>>,
    /// The order in the house.
    pub(super) house: House<PersonId>,
}

pub(super) struct Person<T> {
    pub(super) name: Name,
    /// The [key](chat_protocol::name::key) of the name of the account that the person has proved to be its own.
    pub(super) account: Option<Box<str>>,
    /// `None` before it has joined a room, while it is absent or elsewhere, and at the console.
    pub(super) connection: Option<Arc<T>>,
    /// The sender of the last private message, and the name it had then.
    pub(super) correspondent: Option<Box<(PersonId, Name)>>,
    pub(super) mailbox: Mailbox,
    /// Its session, if it can come back.
    session: Option<Box<Token>>,
    /// The encoding of what it is sent.
    encoding: Encoding,
    pub(super) room: RoomId,
    pub(super) location: Location<T>,
}

/// The place where a person gets its lines.
pub(crate) enum Location<T> {
    InRoom(Arc<Room<T>>, MemberId),
    /// Between two rooms. These lines, letters among them, wait until the arrival.
    Moving(Vec<(String, Option<Letter>)>),
    /// Cut off. It hears nothing, but may come back.
    Absent,
    /// At the server's console.
    Console(Console),
    /// Connected to another node, which delivers what it hears: in its room, or on its way there.
    Elsewhere {
        is_there: bool,
    },
}

/// A room, and the people that are in it or on their way there.
struct OpenRoom<T> {
    name: Name,
    room: Arc<Room<T>>,
    members: BTreeSet<PersonId>,
    /// Those of them that are on their way, and have not been there yet.
    coming: BTreeSet<PersonId>,
    /// Its presence, where that is summed up.
    crowd: Arc<Crowd>,
    /// Counts it where it was opened from.
    opened: Option<OpenedRoom>,
    settings: Settings<PersonId>,
}

/// A seat that is being taken along to another room.
pub(crate) type Transfer<T> = oneshot::Receiver<Seat<T>>;

/// Bytes that may wait for a person that changes the room. That takes one pass.
const MAIL: usize = 64 * 1024;

impl<T: Transport> Directory<T> {
    /// The first room, empty.
    pub(crate) fn new(deliveries: Deliveries, rules: Rules, sessions: Sessions) -> Self {
        let first = deliveries.open(&Name::first_room());
        let people = Mutex::new(People::new(Arc::clone(&first), deliveries, rules, sessions));
        Self { first, people }
    }

    /// Gives the operator a name, before any client has one.
    pub(crate) fn admit_operator(&self, name: Name, console: Console) -> PersonId {
        let location = Location::Console(console);
        self.lock().admit(name, Encoding::Text, location, None).expect("nobody is here yet")
    }

    /// The operator has another name; no room hears of it.
    pub(crate) fn rename_operator(&self, id: PersonId, new: &Name) -> Result<(), NameError> {
        self.lock().rename(id, new, false)
    }

    /// The owner of this name.
    pub(crate) fn find(&self, name: &str) -> Option<PersonId> {
        self.lock().find(name)
    }

    /// Tells one person alone, in its encoding.
    pub(crate) fn tell_line(&self, id: PersonId, line: String) {
        self.lock().tell_line(id, line);
    }

    /// Crowds are told what they do not know yet.
    pub(crate) fn tell_crowds(&self) {
        for open in self.lock().rooms.values() {
            open.crowd.tell(&open.room);
        }
    }

    /// Closes all rooms to new members and messages; pending messages are still delivered.
    pub(crate) fn close(&self) {
        self.lock().rooms.values().for_each(|open| open.room.close());
    }

    /// What is done until it is unlocked is done at the time of the system's clocks.
    pub(crate) fn lock(&self) -> MutexGuard<'_, People<T>> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.time.set(None);
        people
    }
}

/// An id belongs to a membership, and ends with it; a room lasts as long as it has a member.
const STILL_HERE: &str = "somebody who has not left";

impl<T: Transport> People<T> {
    fn new(first: Arc<Room<T>>, deliveries: Deliveries, rules: Rules, sessions: Sessions) -> Self {
        let first = OpenRoom::new(Name::first_room(), first, rules);
        let mut room_names = UniqueNames::default();
        // There is no other.
        let _ = room_names.claim(&first.name, FIRST);
        Self {
            rules,
            accounts: None,
            caused: 0,
            time: Time::start(),
            by_id: HashMap::new(),
            names: UniqueNames::default(),
            rooms: BTreeMap::from([(FIRST, first)]),
            room_names,
            sessions,
            next_person: 0,
            next_room: FIRST.0 + 1,
            deliveries,
            nodes: None,
            house: House::default(),
        }
    }

    pub(in crate::people) fn admit(
        &mut self,
        name: Name,
        encoding: Encoding,
        location: Location<T>,
        account: Option<Box<str>>,
    ) -> Result<PersonId, NameError> {
        let id = PersonId(self.next_person);
        self.names.claim(&name, id).map_err(|other| self.objection(other))?;
        self.next_person += 1;
        let is_coming = !matches!(location, Location::Console(_));
        self.by_id.insert(
            id,
            Person {
                name,
                account,
                connection: None,
                correspondent: None,
                mailbox: Mailbox::default(),
                session: None,
                encoding,
                room: FIRST,
                location,
            },
        );
        self.rooms.entry(FIRST).and_modify(|open| open.admit(id, is_coming));
        Ok(id)
    }

    /// The encoding of what a person is sent.
    pub(super) fn encoding(&self, id: PersonId) -> Encoding {
        self.person(id).encoding
    }

    /// Counts a change in a room, if that is a crowd: then the room is not told of it by a line of its own. Who leaves is
    /// still one of its people.
    pub(super) fn is_summed_up(&self, room: RoomId, change: Change) -> bool {
        let OpenRoom { members, coming, room, crowd, .. } = &self.rooms[&room];
        let people = members.len() - coming.len();
        let people = people.saturating_sub(usize::from(change == Change::Left));
        crowd.counts(change, people, room)
    }

    /// The others in a person's room hear this.
    pub(super) fn say(&mut self, id: PersonId, event: &impl Event) {
        let person = self.person(id);
        self.caused += match &person.location {
            Location::InRoom(room, member) => room.say(*member, event),
            Location::Moving(_) | Location::Absent | Location::Elsewhere { .. } => {
                self.open_room(id).room.say(MemberId::NOBODY, event)
            }
            Location::Console(_) => self.rooms[&FIRST].room.say(MemberId::OPERATOR, event),
        };
    }

    /// Tells one person alone. Returns `false` when too much is waiting for a person that changes the room.
    pub(super) fn tell(&mut self, id: PersonId, event: &(impl Event + ?Sized)) -> bool {
        self.tell_line(id, self.encoding(id).encode(event))
    }

    /// The same with a line in the person's encoding.
    pub(super) fn tell_line(&mut self, id: PersonId, line: String) -> bool {
        let told = self.by_id.get_mut(&id).map_or(Some(0), |person| person.tell(line));
        self.caused += told.unwrap_or(0);
        told.is_some()
    }

    /// The owner of this name. It is not enough that it looks so.
    pub(super) fn find(&self, name: &str) -> Option<PersonId> {
        let id = self.names.find(name)?;
        self.person(id).name.is_meant_by(name).then_some(id)
    }

    /// The error for a name that has an owner.
    pub(super) fn objection(&self, owner: PersonId) -> NameError {
        match self.person(owner).location {
            Location::Console(_) => NameError::Reserved,
            _ => NameError::Taken,
        }
    }

    pub(super) fn is_here(&self, id: PersonId) -> bool {
        self.by_id.contains_key(&id)
    }

    pub(super) fn person(&self, id: PersonId) -> &Person<T> {
        &self.by_id[&id]
    }

    pub(super) fn person_mut(&mut self, id: PersonId) -> &mut Person<T> {
        self.by_id.get_mut(&id).expect(STILL_HERE)
    }
}

impl<T> OpenRoom<T> {
    /// An empty one.
    fn new(name: Name, room: Arc<Room<T>>, rules: Rules) -> Self {
        let crowd = Crowd::new(rules.crowd, rules.language);
        let [members, coming] = [BTreeSet::new(), BTreeSet::new()];
        Self { name, room, members, coming, crowd, opened: None, settings: Settings::default() }
    }

    /// A person is in the room, or on its way there.
    fn admit(&mut self, id: PersonId, is_coming: bool) {
        self.members.insert(id);
        if is_coming {
            self.coming.insert(id);
        }
    }
}

impl<T> Person<T> {
    /// Returns the size in bytes, or `None` when too much is waiting already.
    fn tell(&mut self, line: String) -> Option<usize> {
        match &mut self.location {
            Location::InRoom(room, member) => Some(room.tell(*member, line)),
            Location::Moving(mail) => {
                let waiting: usize = mail.iter().map(|(line, _)| line.len()).sum();
                let size = line.len();
                (waiting + size <= MAIL).then(|| mail.push((line, None))).map(|()| size)
            }
            // It is sent the messages when it comes back, and no other lines. Or its node tells it.
            Location::Absent | Location::Elsewhere { .. } => Some(0),
            Location::Console(console) => {
                console.print(line);
                Some(0)
            }
        }
    }
}

#[cfg(test)]
mod tests;
