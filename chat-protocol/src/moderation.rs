//! Order in the house: the reasons for which a moderator, or a person that is moderated, is refused (chapter 13).

use std::time::Duration;

use crate::name::Name;

/// The largest number of bans and mutes that hold everywhere: each costs about a kilobyte.
pub const MAX_SANCTIONS: usize = 1000;

/// The largest number of those in one room: about what it remembers of messages.
pub const MAX_SANCTIONS_OF_ROOM: usize = 100;

/// Longest reason and topic, in bytes. Both are kept, and a topic is told to each person that joins.
pub const MAX_REASON: usize = 300;

/// Longest time between two messages of a person in slow mode: who has spoken is remembered for so long.
pub const MAX_SLOW: Duration = Duration::from_hours(1);

/// Largest size of a message of the day (`--motd`), in bytes: each person that joins is sent it.
pub const MAX_MOTD: usize = 4 * 1024;

/// Most lines of it: more would push what is said off a screen.
pub const MAX_MOTD_LINES: usize = 20;

/// A ban or a mute, as the person is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The time that is left; `None` is for ever.
    pub left: Option<Duration>,
    /// The name of the person that has imposed it.
    pub by: Box<str>,
    /// The reason; may be empty.
    pub reason: Box<str>,
}

/// The reason for a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// The person's role does not allow it (requirement 13.2).
    Role,
    /// This person's role is higher (requirement 13.2).
    HigherRole(Name),
    /// This person is not in the room (requirement 13.2).
    NotInRoom(Name),
    /// In the first room it has no sense: everybody begins there.
    FirstRoom,
    /// The person may not come in (requirement 13.4).
    Banned(Sentence),
    /// The person may not go to this room (requirement 13.4).
    BannedFrom(Name, Sentence),
    /// Nothing keeps this person or network out (requirement 13.5).
    NoSanction(String),
    /// There are as many bans and mutes as there may be, which is this.
    TooManySanctions(usize),
    /// The person may say nothing (requirement 13.6).
    Muted(Sentence),
    /// The person may speak again after this time (requirement 13.7).
    Slow(Duration),
    /// This room is closed (requirement 13.8).
    Locked(Name),
}
