//! Sessions: people whose connection was cut off come back to their room and their name (requirements 11.10 to 11.14).
//!
//! A person with a session is in one of three states:
//!
//! | state | it has the name | the room heard | it is listed | what others write to it |
//! |---|---|---|---|---|
//! | present | yes | that it joined | yes | is delivered |
//! | absent, for `--absence` | yes | nothing | yes | is refused |
//! | left, but it can come back, for `--resume` | no | that it left | no | is refused |

use std::collections::{BTreeSet, HashMap};
use std::mem;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chat_protocol::command::Command;
use chat_protocol::name::{Name, NameError, fold};
use chat_store::line::Position;
use chat_store::session::{Session, Token};
use tokio::sync::Notify;

use super::coming::Hold;
use super::resumption::Back;
use super::{Directory, FIRST, Location, People, PersonId};
use crate::net::clock::since_1970;
use crate::net::per_address::{Origin, SessionShare};
use crate::net::transport::Transport;
use crate::net::wire::encoding::{Encoding, Object};
use crate::room::memory::Memories;
use crate::room::order::Room;
use crate::room::seat::MemberId;

mod absence;
mod limits;
#[cfg(feature = "cluster")]
mod snapshot;

/// All sessions.
pub(crate) struct Sessions {
    resume: Duration,
    absence: Duration,
    all: HashMap<Token, Entry>,
    /// The times at which something happens to a session whose client is away, by the steady clock.
    dues: BTreeSet<(Duration, Token)>,
    /// Wakes [`run_timers`](Directory::run_timers): an earlier one was added.
    earlier: Arc<Notify>,
}

pub(super) struct Entry {
    pub(super) session: Session,
    /// The person, unless it has left.
    person: Option<PersonId>,
    /// Number of the connection that has it. Lines of an earlier one are ignored.
    turn: u32,
    due: Option<Duration>,
    /// Counts it where its client comes from.
    share: Option<SessionShare>,
}

impl Sessions {
    pub(crate) fn new(resume: Duration, absence: Duration) -> Self {
        let (all, dues, earlier) = (HashMap::new(), BTreeSet::new(), Arc::default());
        Self { resume, absence, all, dues, earlier }
    }

    /// None, with the same limits.
    #[cfg(feature = "cluster")]
    pub(super) fn emptied(&self) -> Self {
        Self::new(self.resume, self.absence)
    }

    /// Adds those that an earlier server has left.
    pub(crate) fn restore(&mut self, stored: Vec<(Token, Session)>) {
        let now = since_1970();
        for (token, session) in stored {
            let until = Duration::from_millis(session.until.unwrap_or_default().unsigned_abs());
            let due = until.clamp(now, now + self.resume);
            let entry = Entry { session, person: None, turn: 0, due: Some(due), share: None };
            self.all.insert(token, entry);
            self.dues.insert((due, token));
        }
    }

    fn set_due(&mut self, token: Token, due: Option<Duration>) {
        let Some(entry) = self.all.get_mut(&token) else { return };
        if let Some(before) = mem::replace(&mut entry.due, due) {
            self.dues.remove(&(before, token));
        }
        if let Some(due) = due {
            self.dues.insert((due, token));
            self.earlier.notify_one();
        }
    }
}

impl<T: Transport> Directory<T> {
    /// Gives a client that comes back its person and its room. The seat is to follow by
    /// [`arrive_at`](Self::arrive_at).
    pub(crate) fn resume(
        &self,
        arguments: &str,
        connection: &Arc<T>,
        from: (IpAddr, Option<&Origin>),
    ) -> Result<(Hold, Name, Back), NameError> {
        let (token, behind) = asked(arguments).ok_or(NameError::NoSession)?;
        self.lock().resume(token, behind, Some(connection), from)
    }

    /// Returns whether a numbered line is to be acted on, because it is new. `None`: another connection has the person by
    /// now.
    pub(crate) fn accept(&self, hold: Hold, number: u64) -> Option<bool> {
        self.lock().accept(hold, number)
    }

    /// Returns whether a numbered line has not been acted on. `None`: another connection has the person by now.
    pub(crate) fn is_new(&self, hold: Hold, number: u64) -> Option<bool> {
        let people = self.lock();
        Some(number > people.entry_of(hold)?.session.accepted)
    }

    /// The object for a client that comes back, and a digest of the people in it, unless another connection has its
    /// person by now.
    pub(crate) fn resumed(&self, hold: Hold, stored: Option<Position>) -> Option<(String, u64)> {
        let people = self.lock();
        Some((people.resumed(hold, stored)?, people.digest(hold.id)))
    }

    /// The room to which the person of a connection is on its way, unless another connection has the person by now.
    pub(crate) fn destination(&self, hold: Hold) -> Option<Arc<Room<T>>> {
        let people = self.lock();
        let room = people.is_held(hold).then(|| people.person(hold.id).room)?;
        Some(Arc::clone(&people.rooms[&room].room))
    }
}

/// The session that a client asks for, and the position of the last that it has heard.
pub(crate) fn asked(arguments: &str) -> Option<(Token, Position)> {
    let (token, position) = arguments.split_once(char::is_whitespace)?;
    Some((token.parse().ok()?, position.trim().parse().ok()?))
}

const HAS_SESSION: &str = "an entry";

/// A secret for a session. `None`: the system has no random numbers.
pub(crate) fn new_token() -> Option<Token> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    Some(Token(u128::from_ne_bytes(random)))
}

impl<T: Transport> People<T> {
    /// Begins a session with this secret. The client takes objects from then on, and is told of it by the first. Returns its new id in the
    /// room, and the session's. `None`: it has one, or can have none.
    pub(in crate::people) fn begin_session(
        &mut self,
        id: PersonId,
        token: Token,
        origin: Option<&Origin>,
    ) -> Option<(MemberId, Position)> {
        if !self.may_begin_session(id, origin) {
            return None;
        }
        let person = self.person(id);
        let Location::InRoom(room, member) = &person.location else { return None };
        let (room, member) = (Arc::clone(room), *member);
        let session = self.deliveries.memories()?.next();
        let object = self.list_people(id, Object::new("session").text("you", &person.name));
        let object = object.text("token", token).text("id", session);
        let object = object.value("resume", self.sessions.resume.as_millis());
        let (member, joined) =
            room.switch(member, Encoding::Json, |now| object.text("position", now).end());
        self.person_mut(id).location = Location::InRoom(room, member);
        self.add_session(id, token, (session, joined), origin.map(Origin::take_session));
        Some((member, session))
    }

    /// Returns whether a person can begin a session. Another may end by that.
    pub(super) fn may_begin_session(&mut self, id: PersonId, origin: Option<&Origin>) -> bool {
        self.person(id).session.is_none() && self.make_room(origin)
    }

    /// Adds a session of this id, whose person has joined its room at this position.
    pub(super) fn add_session(
        &mut self,
        id: PersonId,
        token: Token,
        (session, joined): (Position, Position),
        share: Option<SessionShare>,
    ) {
        let person = self.person(id);
        let begun = Session {
            id: session,
            name: person.name.as_str().into(),
            account: person.account.clone(),
            room: self.rooms[&person.room].name.as_str().into(),
            joined,
            accepted: 0,
            until: None,
        };
        let entry = Entry { session: begun, person: Some(id), turn: 0, due: None, share };
        self.sessions.all.insert(token, entry);
        let person = self.person_mut(id);
        person.session = Some(Box::new(token));
        person.encoding = Encoding::Json;
        self.keep(token);
    }

    /// Gives a session to this connection; `None`: to one of another node.
    pub(in crate::people) fn resume(
        &mut self,
        token: Token,
        behind: Position,
        connection: Option<&Arc<T>>,
        (ip, origin): (IpAddr, Option<&Origin>),
    ) -> Result<(Hold, Name, Back), NameError> {
        let entry = self.sessions.all.get(&token).ok_or(NameError::NoSession)?;
        if self.keeps_away(&entry.session, entry.person, ip) {
            return Err(NameError::NoSession);
        }
        let onward = match connection {
            Some(_) => Location::Moving(Vec::new()),
            None => Location::Elsewhere { is_there: false },
        };
        let (joined, session) = (entry.session.joined, entry.session.id);
        let has_heard = behind > joined;
        let behind = behind.max(joined);
        let (id, mut back) = match entry.person {
            Some(id) => {
                if let Location::InRoom(room, member) = &self.person(id).location {
                    self.deliveries.end(room.hand_over(*member).0);
                }
                // On its way it has left one room, and the other is yet to hear of it.
                let is_coming = self.rooms[&self.person(id).room].coming.contains(&id);
                let location = &mut self.person_mut(id).location;
                // What was said to it on its way to a room waits for it still, where it is.
                if !matches!((&*location, &onward), (Location::Moving(_), Location::Moving(_))) {
                    *location = onward;
                }
                (id, Back::new(behind, session, is_coming))
            }
            None => self.readmit(token, behind, onward, (ip, origin))?,
        };
        let entry = self.sessions.all.get_mut(&token).expect(HAS_SESSION);
        // Not if it comes back into another room.
        back.has_heard = has_heard && back.behind() == behind;
        entry.turn += 1;
        entry.person = Some(id);
        entry.share = origin.map(Origin::take_session);
        entry.session.until = None;
        let hold = Hold { id, turn: entry.turn, link: 0 };
        self.sessions.set_due(token, None);
        self.keep(token);
        self.person_mut(id).connection = connection.cloned();
        self.set_address(id, Some(ip).filter(|_| connection.is_none()));
        Ok((hold, self.person(id).name.clone(), back))
    }

    /// Admits a person again that had left.
    fn readmit(
        &mut self,
        token: Token,
        behind: Position,
        onward: Location<T>,
        (ip, origin): (IpAddr, Option<&Origin>),
    ) -> Result<(PersonId, Back), NameError> {
        let Session { name, room, account, .. } = &self.sessions.all[&token].session;
        let (name, room, account) = (name.parse()?, room.parse::<Name>()?, account.clone());
        if account.as_deref().is_some_and(|account| self.is_gone(account)) {
            return Err(NameError::NoSession);
        }
        if let Some(error) = self.objection_of_accounts(&name, account.as_deref()) {
            return Err(error);
        }
        let id = self.admit(name, Encoding::Json, onward, account)?;
        self.make_way(origin);
        let mut behind = behind;
        // The first room, if there is no space for its own any more, or it may not go there.
        let to = self.room_for(id, room, FIRST, (Some(ip), origin)).unwrap_or(FIRST);
        if to != FIRST {
            self.quit(FIRST, id);
            self.rooms.entry(to).and_modify(|open| open.admit(id, true));
        }
        let person = self.person_mut(id);
        person.room = to;
        person.session = Some(Box::new(token));
        let memories_now = self.deliveries.memories().map_or(Position::START, Memories::last);
        let open = &self.rooms[&to];
        let entry = self.sessions.all.get_mut(&token).expect(HAS_SESSION);
        if fold(open.name.as_str()) != fold(&entry.session.room) {
            entry.session.room = open.name.as_str().into();
            entry.session.joined = memories_now;
            behind = memories_now;
        }
        Ok((id, Back::new(behind, entry.session.id, true)))
    }

    pub(in crate::people) fn accept(&mut self, hold: Hold, number: u64) -> Option<bool> {
        let entry = self.entry_mut_of(hold)?;
        let is_new = number > entry.session.accepted;
        entry.session.accepted = number.max(entry.session.accepted);
        Some(is_new)
    }

    /// The object for a client that comes back.
    fn resumed(&self, hold: Hold, stored: Option<Position>) -> Option<String> {
        let Entry { session, .. } = self.entry_of(hold)?;
        let object = Object::new("resumed").text("you", &self.person(hold.id).name);
        let object = self.list_people(hold.id, object).value("accepted", session.accepted);
        let object = match stored {
            Some(stored) => object.text("stored", stored),
            None => object,
        };
        Some(object.unmarked(self.rules.language.back()).end())
    }

    /// Returns whether the connection has its person still.
    pub(in crate::people) fn is_held(&self, hold: Hold) -> bool {
        match self.by_id.get(&hold.id) {
            Some(person) if person.session.is_some() => self.entry_of(hold).is_some(),
            person => person.is_some(),
        }
    }

    pub(super) fn entry_of(&self, hold: Hold) -> Option<&Entry> {
        let token = self.by_id.get(&hold.id)?.session.as_deref()?;
        self.sessions.all.get(token).filter(|entry| entry.turn == hold.turn)
    }

    /// The number of the connection that has a person with a session.
    #[cfg(feature = "cluster")]
    pub(super) fn turn(&self, id: PersonId) -> Option<u32> {
        let token = self.by_id.get(&id)?.session.as_deref()?;
        self.sessions.all.get(token).map(|entry| entry.turn)
    }

    fn entry_mut_of(&mut self, hold: Hold) -> Option<&mut Entry> {
        let token = self.by_id.get(&hold.id)?.session.as_deref()?;
        self.sessions.all.get_mut(token).filter(|entry| entry.turn == hold.turn)
    }

    /// The person has a new name, or is in a room at this position.
    pub(in crate::people) fn note_session(&mut self, id: PersonId, joined: Option<Position>) {
        let person = &self.by_id[&id];
        let Some(token) = person.session.as_deref().copied() else { return };
        let room = &self.rooms[&person.room].name;
        let Some(Entry { session, .. }) = self.sessions.all.get_mut(&token) else { return };
        session.name = person.name.as_str().into();
        session.account.clone_from(&person.account);
        session.room = room.as_str().into();
        session.joined = joined.unwrap_or(session.joined);
        self.keep(token);
    }

    /// Keeps that a private message was sent, if it is one. What other commands do shows that they were done, and messages
    /// are kept with their numbers.
    pub(in crate::people) fn keep_commanded(&self, hold: Hold, command: &Command) {
        if let Command::Private { .. } | Command::Reply(_) = command
            && let Some(token) = self.person(hold.id).session.as_deref()
        {
            self.keep(*token);
        }
    }

    fn keep(&self, token: Token) {
        if let Some(memories) = self.deliveries.memories() {
            let session = self.sessions.all.get(&token).map(|entry| entry.session.clone());
            memories.keep(token, session);
        }
    }
}
