//! Who is here, under which name, and in which room (chapters 5 and 6).
//!
//! One lock guards all of it, and is never held across a wait. It comes before the lock of any
//! room: what is decided here stands in the rooms' order as it was decided.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat_protocol::name::{Name, NameError, fold};
use chat_protocol::text::is_leave;
use chat_protocol::wording;
use tokio::sync::oneshot;

use crate::console::Console;
use crate::net::transport::{MemberId, Transport};
use crate::people::names::UniqueNames;
use crate::room::fanout::Deliveries;
use crate::room::order::Room;
use crate::room::seat::Seat;

/// Everybody who has a name, and every room.
pub(crate) struct Directory<T> {
    /// Where those are who have not given their name yet: nothing is said to all there.
    pub(crate) entrance: Arc<Room<T>>,
    /// Where everybody begins.
    pub(crate) first: Arc<Room<T>>,
    state: Mutex<State<T>>,
    deliveries: Deliveries,
    rules: Rules,
}

/// What holds in all rooms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Whether a room hears who joins and leaves.
    pub(crate) presence: bool,
    /// How many rooms there may be.
    pub(crate) max_rooms: usize,
}

/// Identifies somebody who has a name, in the order of coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PersonId(u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct HallId(u64);

/// The one that is there before anybody comes, and stays.
const FIRST: HallId = HallId(0);

struct State<T> {
    names: UniqueNames<PersonId>,
    people: HashMap<PersonId, Person<T>>,
    hall_names: UniqueNames<HallId>,
    halls: BTreeMap<HallId, Hall<T>>,
    next_person: u64,
    next_hall: u64,
}

struct Person<T> {
    name: Name,
    hall: HallId,
    place: Place<T>,
    /// Who wrote privately last, and under which name.
    correspondent: Option<Box<(PersonId, Name)>>,
}

/// Where somebody hears what is said.
enum Place<T> {
    Seated(Arc<Room<T>>, MemberId),
    /// On the way to a room; until then this waits.
    OnTheWay(Vec<String>),
    /// At the server's console.
    Console(Console),
}

/// A room and those who are in it or on their way there.
struct Hall<T> {
    name: Name,
    room: Arc<Room<T>>,
    members: BTreeSet<PersonId>,
}

/// A seat that is being taken along.
pub(crate) type Transfer<T> = oneshot::Receiver<Seat<T>>;

/// How many bytes may wait for somebody who changes the room. That takes one pass.
const MAIL: usize = 64 * 1024;

impl<T: Transport> Directory<T> {
    /// The first room, with nobody in it.
    pub(crate) fn new(deliveries: Deliveries, rules: Rules) -> Self {
        let first = deliveries.open();
        let state = Mutex::new(State::new(Arc::clone(&first)));
        Self { entrance: deliveries.open(), first, state, deliveries, rules }
    }

    /// Gives the operator a name, before anybody else has one.
    pub(crate) fn admit_operator(&self, name: Name, console: Console) -> PersonId {
        self.lock().admit(name, Place::Console(console)).expect("nobody is here yet")
    }

    /// Gives somebody a name, and a place on the way to the first room.
    pub(crate) fn admit(&self, name: Name) -> Result<PersonId, NameError> {
        if name.is_reserved() {
            return Err(NameError::Reserved);
        }
        self.lock().admit(name, Place::OnTheWay(Vec::new()))
    }

    /// The same for somebody who is not asked for a name.
    pub(crate) fn admit_guest(&self, port: u16) -> (PersonId, Name) {
        let mut copy = 1;
        loop {
            let name = Name::guest(port, copy);
            let place = Place::OnTheWay(Vec::new());
            if let Ok(id) = self.lock().admit(name.clone(), place) {
                return (id, name);
            }
            copy += 1;
        }
    }

    /// Somebody takes the seat that was brought along, and is welcomed; the room hears of it.
    /// Returns also how many bytes that was.
    pub(crate) fn arrive(
        &self,
        id: PersonId,
        seat: Seat<T>,
        welcome: Option<String>,
    ) -> (Arc<Room<T>>, MemberId, usize) {
        let mut state = self.lock();
        let State { people, halls, .. } = &mut *state;
        let person = people.get_mut(&id).expect(STILL_HERE);
        let room = Arc::clone(&halls[&person.hall].room);
        let mail = match mem::replace(&mut person.place, Place::OnTheWay(Vec::new())) {
            Place::OnTheWay(mail) => mail,
            Place::Seated(..) | Place::Console(_) => Vec::new(),
        };
        let member = room.join(seat, welcome.into_iter().chain(mail));
        let notice = || room.say(member, wording::joined(&person.name));
        let said = if self.rules.presence { notice() } else { 0 };
        person.place = Place::Seated(Arc::clone(&room), member);
        (room, member, said)
    }

    /// Somebody leaves for good. The room hears of it, unless it is `closing` for all.
    pub(crate) fn leave(&self, id: PersonId, closing: bool) {
        let mut state = self.lock();
        let Some(person) = state.people.remove(&id) else { return };
        state.names.release(&person.name);
        if let Place::Seated(room, member) = &person.place {
            if self.rules.presence && !closing {
                room.say(*member, wording::left(&person.name));
            }
            room.leave(*member);
        }
        state.quit(person.hall, id);
    }

    /// Sets out for another room, which is opened if there is none of this name. Returns its name.
    pub(crate) fn set_out(&self, id: PersonId, room: &str) -> Result<(Name, Transfer<T>), String> {
        let name: Name = room.parse().map_err(|e| wording::room_refused(e).to_string())?;
        let mut state = self.lock();
        let Person { hall: from, place: Place::Seated(room, member), .. } = &state.people[&id]
        else {
            return Err(wording::OPERATOR_STAYS.to_owned());
        };
        let (from, room, member) = (*from, Arc::clone(room), *member);
        let to = self.hall(&mut state, name, from)?;
        if to == from {
            return Err(wording::you_are_in(&state.halls[&to].name).to_string());
        }
        let State { people, halls, .. } = &mut *state;
        let person = people.get_mut(&id).expect(STILL_HERE);
        if self.rules.presence {
            room.say(member, wording::left(&person.name));
        }
        let seat = room.hand_over(member);
        person.place = Place::OnTheWay(Vec::new());
        person.hall = to;
        let hall = halls.get_mut(&to).expect(STILL_HERE);
        hall.members.insert(id);
        let name = hall.name.clone();
        state.quit(from, id);
        Ok((name, seat))
    }

    /// Gives somebody another name; the room hears of it if it is `announced`. The operator can have
    /// a reserved one.
    pub(crate) fn rename(
        &self,
        id: PersonId,
        new: &Name,
        announced: bool,
    ) -> Result<usize, NameError> {
        let mut state = self.lock();
        let Person { name: old, place, .. } = &state.people[&id];
        let reserved = match place {
            Place::Console(_) => is_leave(new.as_str()),
            Place::Seated(..) | Place::OnTheWay(_) => new.is_reserved(),
        };
        if reserved {
            return Err(NameError::Reserved);
        }
        let old = old.clone();
        let renamed = state.names.rename(&old, new, id);
        renamed.map_err(|other| state.objection(other))?;
        let State { people, halls, .. } = &mut *state;
        let person = people.get_mut(&id).expect(STILL_HERE);
        person.name = new.clone();
        let notice = wording::renamed(&old, new);
        Ok(match &person.place {
            _ if !announced || old == *new => 0,
            Place::Seated(room, member) => room.say(*member, notice),
            Place::OnTheWay(_) => 0,
            Place::Console(_) => halls[&FIRST].room.say(MemberId::OPERATOR, notice),
        })
    }

    /// Tells somebody something that nobody else hears. Returns its size in bytes.
    pub(crate) fn tell(&self, id: PersonId, line: impl Display) -> usize {
        self.lock().people.get_mut(&id).and_then(|person| person.tell(line)).unwrap_or(0)
    }

    /// Delivers a private message, and its receipt. Returns the size of both, or why not.
    pub(crate) fn tell_privately(
        &self,
        from: PersonId,
        to: &str,
        text: &str,
    ) -> Result<usize, String> {
        let mut state = self.lock();
        let to = state.find(to).ok_or_else(|| wording::no_such_person(to).to_string())?;
        state.tell_privately(from, to, text)
    }

    /// Answers the last private message.
    pub(crate) fn answer(&self, from: PersonId, text: &str) -> Result<usize, String> {
        let mut state = self.lock();
        let Some((to, name)) = state.people[&from].correspondent.as_deref().cloned() else {
            return Err(wording::NOTHING_TO_ANSWER.to_owned());
        };
        if !state.people.contains_key(&to) {
            return Err(wording::no_longer_here(&name).to_string());
        }
        state.tell_privately(from, to, text)
    }

    /// Lists those who are in somebody's room.
    pub(crate) fn members(&self, id: PersonId) -> String {
        let state = self.lock();
        let hall = &state.halls[&state.people[&id].hall];
        let names: Vec<&Name> = hall.members.iter().map(|id| &state.people[id].name).collect();
        wording::members(&hall.name, names.into_iter()).to_string()
    }

    /// Lists the rooms.
    pub(crate) fn rooms(&self) -> String {
        let state = self.lock();
        let sizes = state.halls.values().map(|hall| (&hall.name, hall.members.len()));
        wording::rooms(sizes).to_string()
    }

    /// Nobody joins or speaks any more; what is pending is still delivered.
    pub(crate) fn close(&self) {
        self.entrance.close();
        self.lock().halls.values().for_each(|hall| hall.room.close());
    }

    /// The room of this name for somebody from another; a new one if there is none.
    fn hall(&self, state: &mut State<T>, name: Name, from: HallId) -> Result<HallId, String> {
        let new = HallId(state.next_hall);
        let gone = usize::from(from != FIRST && state.halls[&from].members.len() == 1);
        match state.hall_names.claim(&name, new) {
            Err(id) if fold(state.halls[&id].name.as_str()) == fold(name.as_str()) => Ok(id),
            Err(_) => Err(wording::room_refused(NameError::Taken).to_string()),
            Ok(()) if state.halls.len() - gone >= self.rules.max_rooms => {
                state.hall_names.release(&name);
                Err(wording::too_many_rooms(self.rules.max_rooms).to_string())
            }
            Ok(()) => {
                state.next_hall += 1;
                let room = self.deliveries.open();
                state.halls.insert(new, Hall { name, room, members: BTreeSet::new() });
                Ok(new)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever is asked about holds an id, and gives it back by leaving; a room lasts as long as somebody
/// is in it.
const STILL_HERE: &str = "somebody who has not left";

impl<T: Transport> State<T> {
    fn new(first: Arc<Room<T>>) -> Self {
        let hall = Hall { name: Name::first_room(), room: first, members: BTreeSet::new() };
        let mut hall_names = UniqueNames::default();
        // There is no other.
        let _ = hall_names.claim(&hall.name, FIRST);
        Self {
            names: UniqueNames::default(),
            people: HashMap::new(),
            hall_names,
            halls: BTreeMap::from([(FIRST, hall)]),
            next_person: 0,
            next_hall: FIRST.0 + 1,
        }
    }

    fn admit(&mut self, name: Name, place: Place<T>) -> Result<PersonId, NameError> {
        let id = PersonId(self.next_person);
        self.names.claim(&name, id).map_err(|other| self.objection(other))?;
        self.next_person += 1;
        self.people.insert(id, Person { name, hall: FIRST, place, correspondent: None });
        self.halls.entry(FIRST).and_modify(|hall| _ = hall.members.insert(id));
        Ok(id)
    }

    /// Somebody is no longer in this room, which is gone with its last member.
    fn quit(&mut self, hall: HallId, id: PersonId) {
        let Some(quitted) = self.halls.get_mut(&hall) else { return };
        quitted.members.remove(&id);
        if hall != FIRST && quitted.members.is_empty() {
            quitted.room.close();
            self.hall_names.release(&quitted.name);
            self.halls.remove(&hall);
        }
    }

    /// Why a name cannot be had that somebody has.
    fn objection(&self, owner: PersonId) -> NameError {
        match self.people[&owner].place {
            Place::Console(_) => NameError::Reserved,
            Place::Seated(..) | Place::OnTheWay(_) => NameError::Taken,
        }
    }

    /// Who has this name. It is not enough that it looks so.
    fn find(&self, name: &str) -> Option<PersonId> {
        let id = self.names.find(name)?;
        (fold(self.people[&id].name.as_str()) == fold(name)).then_some(id)
    }

    fn tell_privately(
        &mut self,
        from: PersonId,
        to: PersonId,
        text: &str,
    ) -> Result<usize, String> {
        if from == to {
            return Err(wording::PRIVATE_TO_SELF.to_owned());
        }
        let sender = self.people[&from].name.clone();
        let receiver = self.people.get_mut(&to).expect(STILL_HERE);
        let name = receiver.name.clone();
        let told = receiver.tell(wording::private(&sender, text));
        let told = told.ok_or_else(|| wording::cannot_hear_now(&name).to_string())?;
        receiver.correspondent = Some(Box::new((from, sender)));
        let receipt = wording::private_receipt(&name, text);
        let sender = self.people.get_mut(&from).expect(STILL_HERE);
        Ok(told + sender.tell(receipt).unwrap_or(0))
    }
}

impl<T> Person<T> {
    /// Returns the size in bytes, or `None` when too much is waiting already.
    fn tell(&mut self, line: impl Display) -> Option<usize> {
        match &mut self.place {
            Place::Seated(room, member) => Some(room.tell(*member, line)),
            Place::OnTheWay(mail) => {
                let line = line.to_string();
                let waiting: usize = mail.iter().map(String::len).sum();
                let size = line.len();
                (waiting + size <= MAIL).then(|| mail.push(line)).map(|()| size)
            }
            Place::Console(console) => {
                console.print(line);
                Some(0)
            }
        }
    }
}

#[cfg(test)]
mod tests;
