//! The settings of a room: its owner and operators, its topic, its bans and mutes, slow mode, and the people that may
//! come in.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

use super::roles::Role;
use super::sanctions::Sanctions;

#[cfg(feature = "cluster")]
mod snapshot;

/// Invitations that a room remembers: more than wait for an answer at a time.
const INVITATIONS: usize = 100;

/// The settings of a room.
pub(crate) struct Settings<P> {
    owner: Option<Holder<P>>,
    operators: Vec<Holder<P>>,
    pub(crate) topic: Option<Box<str>>,
    pub(crate) sanctions: Sanctions,
    /// Only people that are invited can come in.
    pub(crate) is_locked: bool,
    /// Each may come in once.
    invited: VecDeque<P>,
    slow: Option<Slow<P>>,
}

/// The holder of a role: an account, or a person without one, which has the role as long as it is in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder<P> {
    Person(P),
    Account(Box<str>),
}

/// Slow mode: each person may speak once in this time.
struct Slow<P> {
    every: Duration,
    /// The time at which each person spoke last, by the steady clock, for those that have to wait, and some others.
    spoke: HashMap<P, Duration>,
}

impl<P> Default for Settings<P> {
    fn default() -> Self {
        Self {
            owner: None,
            operators: Vec::new(),
            topic: None,
            sanctions: Sanctions::of_room(),
            is_locked: false,
            invited: VecDeque::new(),
            slow: None,
        }
    }
}

impl<P: Copy + Eq> Holder<P> {
    /// The holder of a role that is given to this person.
    pub(crate) fn new(person: P, account: Option<&str>) -> Self {
        account.map_or(Self::Person(person), |account| Self::Account(account.into()))
    }

    fn is(&self, person: Option<P>, account: Option<&str>) -> bool {
        match self {
            Self::Person(holder) => Some(*holder) == person,
            Self::Account(holder) => Some(&**holder) == account,
        }
    }
}

impl<P: Copy + Eq + Hash> Settings<P> {
    /// Those of a room that this person opens.
    pub(crate) fn of(owner: Holder<P>) -> Self {
        Self { owner: Some(owner), ..Self::default() }
    }

    /// The role in the room of a person, or of an account whose person is not here.
    pub(crate) fn role(&self, person: Option<P>, account: Option<&str>) -> Role {
        let is_one = |holder: &Holder<P>| holder.is(person, account);
        if self.owner.as_ref().is_some_and(is_one) {
            Role::Owner
        } else if self.operators.iter().any(is_one) {
            Role::Operator
        } else {
            Role::Member
        }
    }

    /// Makes an operator.
    pub(crate) fn promote(&mut self, operator: Holder<P>) {
        if !self.operators.contains(&operator) {
            self.operators.push(operator);
        }
    }

    /// Takes that back. Returns whether it was one.
    pub(crate) fn demote(&mut self, person: Option<P>, account: Option<&str>) -> bool {
        let before = self.operators.len();
        self.operators.retain(|holder| !holder.is(person, account));
        self.operators.len() < before
    }

    /// The person's roles are those of its new account.
    pub(crate) fn register(&mut self, person: P, account: &str) {
        for holder in self.owner.iter_mut().chain(&mut self.operators) {
            if *holder == Holder::Person(person) {
                *holder = Holder::Account(account.into());
            }
        }
    }

    /// The person has left the room.
    pub(crate) fn leave(&mut self, person: P) {
        self.operators.retain(|holder| *holder != Holder::Person(person));
        self.owner.take_if(|owner| *owner == Holder::Person(person));
    }

    /// The person has left the chat.
    pub(crate) fn forget(&mut self, person: P) {
        self.invited.retain(|invited| *invited != person);
        self.slow.iter_mut().for_each(|slow| _ = slow.spoke.remove(&person));
    }

    /// Lets a person in, once.
    pub(crate) fn invite(&mut self, person: P) {
        self.invited.retain(|known| *known != person);
        self.invited.push_back(person);
        if self.invited.len() > INVITATIONS {
            self.invited.pop_front();
        }
    }

    /// Returns whether the person may come in. An invitation is used up by it.
    pub(crate) fn admits(&mut self, person: P, account: Option<&str>) -> bool {
        let before = self.invited.len();
        self.invited.retain(|invited| *invited != person);
        let is_invited = self.invited.len() < before;
        !self.is_locked || is_invited || self.role(Some(person), account) > Role::Member
    }

    pub(crate) fn is_slow(&self) -> bool {
        self.slow.is_some()
    }

    /// Sets the slow mode, or ends it.
    pub(crate) fn slow_down(&mut self, every: Option<Duration>) {
        self.slow = every.map(|every| Slow { every, spoke: HashMap::new() });
    }

    /// Counts a message of a person, or returns the time that it has to wait.
    pub(crate) fn speak(&mut self, person: P, now: Duration) -> Result<(), Duration> {
        let Some(Slow { every, spoke }) = &mut self.slow else { return Ok(()) };
        let left = |spoke| every.saturating_sub(now.saturating_sub(spoke));
        if let Some(left) = spoke.get(&person).map(|at| left(*at)).filter(|left| !left.is_zero()) {
            return Err(left);
        }
        if spoke.len() == spoke.capacity() {
            spoke.retain(|_, at| !left(*at).is_zero());
        }
        spoke.insert(person, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_1_an_account_keeps_its_role_and_a_person_without_one_loses_it_by_leaving() {
        let mut room = Settings::of(Holder::new(1, Some("ana")));
        room.promote(Holder::new(2, None));
        assert_eq!(room.role(Some(1), Some("ana")), Role::Owner);
        assert_eq!(room.role(None, Some("ana")), Role::Owner);
        assert_eq!(
            (room.role(Some(2), None), room.role(Some(3), None)),
            (Role::Operator, Role::Member)
        );
        room.leave(1);
        room.leave(2);
        assert_eq!(room.role(Some(9), Some("ana")), Role::Owner);
        assert_eq!(room.role(Some(2), None), Role::Member);
        let mut room = Settings::of(Holder::new(1, None));
        room.register(1, "ana");
        room.leave(1);
        assert_eq!(room.role(Some(1), Some("ana")), Role::Owner);
        let mut room = Settings::of(Holder::new(1, None));
        room.leave(1);
        assert_eq!(room.role(Some(1), None), Role::Member);
    }

    #[test]
    fn r13_7_each_person_speaks_once_in_the_time() {
        let mut room = Settings::<u8>::default();
        let start = Duration::ZERO;
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(room.speak(1, start), Ok(()));
        room.slow_down(Some(Duration::from_secs(10)));
        assert_eq!(room.speak(1, at(0)), Ok(()));
        assert_eq!(room.speak(1, at(4)), Err(Duration::from_secs(6)), "a refused message is none");
        assert_eq!(room.speak(2, at(4)), Ok(()));
        assert_eq!(room.speak(1, at(10)), Ok(()));
        room.leave(1);
        assert_eq!(
            room.speak(1, at(10)),
            Err(Duration::from_secs(10)),
            "it comes from another room"
        );
        room.forget(1);
        room.forget(2);
        assert!(room.slow.as_ref().is_some_and(|slow| slow.spoke.is_empty()));
        room.slow_down(None);
        assert_eq!(room.speak(1, at(10)), Ok(()));
    }

    #[test]
    fn r13_8_an_invitation_lets_in_once() {
        let mut room = Settings::of(Holder::new(1, None));
        assert!(room.admits(2, None));
        room.is_locked = true;
        assert!(room.admits(1, None) && !room.admits(2, None));
        room.invite(2);
        assert!(room.admits(2, None) && !room.admits(2, None));
    }
}
