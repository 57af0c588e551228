//! Presence in a crowd (requirement 5.7): where many people come and go, a room is told how many, and not who.

use std::fmt::{self, Display};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chat_protocol::language::Language;
use chat_protocol::limits::{CROWD, CROWD_RATE};
use chat_protocol::options::rate::{Bucket, MaxRate};
use chat_protocol::usage;
use chat_store::line::Position;
use clap::Args;
use tokio::time::{Instant, sleep};

use crate::net::transport::Transport;
use crate::net::wire::encoding::Object;
use crate::room::event::{Event, Message};
use crate::room::order::Room;
use crate::room::seat::MemberId;

/// The options that say what a crowd is.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct CrowdOptions {
    /// A room of more people than this is told numbers, and no names, while there are more changes than `--crowd-rate`
    #[arg(help_heading = "The chat", long, value_name = "NUMBER", default_value_t = CROWD,
        value_parser = usage::number("people", 0..=usize::MAX))]
    crowd: usize,

    /// Changes a second, of people who join, leave or rename themselves, of which a large room is told one by one; or off:
    /// of all
    #[arg(help_heading = "The chat", long, value_name = "NUMBER/s",
        default_value_t = MaxRate::per_second(CROWD_RATE))]
    crowd_rate: MaxRate,
}

/// What a room exceeds that is a crowd.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CrowdLimits {
    pub(crate) people: usize,
    /// Changes a second.
    pub(crate) rate: NonZeroU32,
}

/// The presence of one room: counted while the room is a crowd.
pub(crate) struct Crowd {
    /// `None`: it is never one.
    limits: Option<CrowdLimits>,
    language: Language,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Limits the changes that are told one by one.
    singly: Option<Bucket>,
    /// What the room is yet to be told, while it is a crowd.
    untold: Option<Changes>,
}

/// A change in a room that everyone there is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Joined,
    Left,
    Renamed,
}

/// The numbers of changes, and of the people after them.
#[derive(Default)]
struct Changes {
    /// In the order of [`Change`].
    numbers: [usize; 3],
    people: usize,
}

/// Changes in the form in which a room is told them.
struct Summary(Changes, Language);

/// The time between two summaries, and that in which changes are counted.
const SECOND: Duration = Duration::from_secs(1);

impl CrowdOptions {
    pub(crate) fn limits(&self) -> Option<CrowdLimits> {
        let rate = self.crowd_rate.number()?;
        Some(CrowdLimits { people: self.crowd, rate })
    }
}

impl Crowd {
    /// That of a room that is no crowd yet.
    pub(crate) fn new(limits: Option<CrowdLimits>, language: Language) -> Arc<Self> {
        Arc::new(Self { limits, language, state: Mutex::default() })
    }

    /// Counts a change after which so many people are in the room, if that is a crowd. Returns `false` if the room is to
    /// be told of it by a line of its own.
    pub(crate) fn counts<T: Transport>(
        self: &Arc<Self>,
        change: Change,
        people: usize,
        room: &Arc<Room<T>>,
    ) -> bool {
        let Some(limits) = self.limits else { return false };
        let mut state = self.lock();
        if state.untold.is_none() {
            if people <= limits.people || state.may_tell_singly(limits.rate) {
                return false;
            }
            self.tell_every_second(room);
        }
        let untold = state.untold.get_or_insert_default();
        untold.numbers[change as usize] += 1;
        untold.people = people;
        true
    }

    /// Tells the room what it is yet to be told. Returns whether it is still a crowd.
    pub(crate) fn tell<T>(&self, room: &Room<T>) -> bool {
        let Some(limits) = self.limits else { return false };
        let mut state = self.lock();
        let Some(untold) = state.untold.take() else { return false };
        let (number, people) = (untold.numbers.iter().sum::<usize>(), untold.people);
        if number > 0 {
            room.say(MemberId::NOBODY, &Summary(untold, self.language));
        }
        let is_crowd = people > limits.people && number as u64 > limits.rate.get().into();
        state.untold = is_crowd.then(Changes::default);
        is_crowd
    }

    /// Until the room is no crowd any more, or is gone.
    fn tell_every_second<T: Transport>(self: &Arc<Self>, room: &Arc<Room<T>>) {
        let (crowd, room) = (Arc::downgrade(self), Arc::downgrade(room));
        tokio::spawn(async move {
            loop {
                sleep(SECOND).await;
                let (Some(crowd), Some(room)) = (crowd.upgrade(), room.upgrade()) else { return };
                if !crowd.tell(&room) {
                    return;
                }
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes one of the changes that are told one by one, if there is one left in this second.
    fn may_tell_singly(&mut self, rate: NonZeroU32) -> bool {
        let now = Instant::now().into_std();
        let singly = self.singly.get_or_insert_with(|| {
            Bucket::new(1_000_000_000 / u64::from(rate.get()), rate.get().into(), now)
        });
        let may = singly.wait(now).is_zero();
        if may {
            singly.spend(now);
        }
        may
    }
}

impl Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Changes { numbers, people }, language) = self;
        write!(f, "{}", language.crowd(*numbers, *people))
    }
}

impl Event for Summary {
    fn json(&self, _: Option<Position>) -> String {
        let Changes { numbers: [joined, left, renamed], people } = self.0;
        let object = Object::new("crowd").value("joined", joined).value("left", left);
        object.value("renamed", renamed).value("number", people).unmarked(self).end()
    }

    fn message(&self) -> Option<Message<'_>> {
        None
    }
}

#[cfg(test)]
mod tests;
