//! What becomes of an entry.

use super::RoomId;
use crate::entry::{Incarnation, PersonId};

/// A change by an entry. The same comes out on all nodes; a server tells its own people.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Effect {
    /// A person has its name, and is on the way to the first room.
    Named {
        /// The person.
        person: PersonId,
    },
    /// The name was taken. The person is told by its node, and may ask for another.
    NameRefused {
        /// The person, which has no name.
        person: PersonId,
        /// The owner of a name that can be taken for it.
        owner: PersonId,
    },
    /// A person has joined its room.
    Joined {
        /// The person.
        person: PersonId,
        /// The room.
        room: RoomId,
        /// The name of the room that it comes from. `None`: it is new in the chat.
        from: Option<Box<str>>,
    },
    /// A person has left a room, and is on the way to another.
    Went {
        /// The person.
        person: PersonId,
        /// The room that it leaves.
        from: RoomId,
        /// The room to which it goes.
        to: RoomId,
    },
    /// A person stays in its room. It is told by its node.
    MoveRefused {
        /// The person.
        person: PersonId,
        /// The reason.
        refusal: MoveRefusal,
    },
    /// A person has left the chat. Its name is free.
    Left {
        /// The person, of which the directory does not know any more.
        person: PersonId,
        /// The name that it had.
        name: Box<str>,
        /// Its room.
        room: RoomId,
        /// It was in the room, and not on the way there.
        was_there: bool,
    },
    /// A person has another name.
    Renamed {
        /// The person.
        person: PersonId,
        /// The name that it had.
        old: Box<str>,
    },
    /// A person keeps its name. It is told by its node.
    RenameRefused {
        /// The person.
        person: PersonId,
        /// The owner of a name that can be taken for the other.
        owner: PersonId,
    },
    /// A room is open.
    Opened {
        /// The room.
        room: RoomId,
    },
    /// The last member of a room is gone, and the room with it.
    Closed {
        /// The room, of which the directory does not know any more.
        room: RoomId,
    },
    /// A person has said something in its room.
    Said {
        /// The person.
        person: PersonId,
        /// The room.
        room: RoomId,
        /// As its node proposed it.
        text: Box<[u8]>,
    },
    /// A private message.
    Private {
        /// Its sender.
        from: PersonId,
        /// Its receiver.
        to: PersonId,
        /// As the node of the sender proposed it.
        text: Box<[u8]>,
    },
    /// The receiver of a private message is gone. The sender is told by its node.
    PrivateRefused {
        /// The sender.
        from: PersonId,
        /// The receiver that there is not.
        to: PersonId,
    },
    /// Passes of a node are missing for good: people are told how many.
    Missed {
        /// The node.
        node: Incarnation,
        /// Their number.
        passes: u64,
    },
    /// A node has been declared dead. Its people have left.
    Died {
        /// The node.
        node: Incarnation,
    },
}

/// The reason why a person stays in its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MoveRefusal {
    /// It is there already.
    SameRoom,
    /// There is a room with a name that can be taken for this one.
    NameTaken,
    /// There are so many rooms.
    TooManyRooms(u32),
}
