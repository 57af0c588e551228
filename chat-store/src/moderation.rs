//! Bans, mutes, and the record of what moderators did.

/// A ban or a mute. Those that hold everywhere are kept; a room's end with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sanction {
    /// Its number, which no other has.
    pub id: u64,
    /// A ban: who is banned may not come in. Otherwise a mute.
    pub is_ban: bool,
    /// The name of the person, if it is meant for one.
    pub name: Option<Box<str>>,
    /// The account for which it holds.
    pub account: Option<Box<str>>,
    /// The network for which it holds, as people write it.
    pub network: Option<Box<str>>,
    /// Its end, in milliseconds since 1970 (UTC); `None` is for ever.
    pub until: Option<i64>,
    /// The name of the one that imposed it.
    pub by: Box<str>,
    /// The reason; may be empty.
    pub reason: Box<str>,
}

/// Something that a moderator did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Milliseconds since 1970, UTC.
    pub at: i64,
    /// The name of the moderator.
    pub by: Box<str>,
    /// The Spanish word of the command.
    pub deed: &'static str,
    /// The name of the room.
    pub room: Box<str>,
    /// The person or network to which it was done; may be empty.
    pub whom: Box<str>,
    /// The reason, or what else was said with it; may be empty.
    pub why: Box<str>,
}

impl Deed {
    /// About what it takes in memory and in the file, in bytes.
    pub fn size(&self) -> usize {
        256 + self.by.len() + self.room.len() + self.whom.len() + self.why.len()
    }
}
