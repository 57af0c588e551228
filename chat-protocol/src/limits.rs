//! Every limit of the protocol, with its unit and where its number comes from.

use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The longest line a peer may send, in bytes, its line ending not counted (requirement 2.9).
///
/// A connection holds at most this much of an unfinished line, and nothing when it has none.
/// Eight times IRC's 512 bytes: a long paragraph fits, a file does not.
pub const MAX_LINE: usize = 4096;

/// What `--max-line` accepts, in bytes.
///
/// The upper end bounds what hostile connections can make a server hold: each at most twice this,
/// because memory grows by doubling.
pub const MAX_LINE_RANGE: RangeInclusive<usize> = 1..=1024 * 1024;

/// How long a peer that has never sent a newline must be silent before what it sent counts as a
/// message (requirement 2.6).
///
/// Longer than the 40 ms for which Linux may hold back an acknowledgement (`TCP_DELACK_MIN`),
/// because a peer that writes its text and its newline separately has them separated by just
/// that; shorter than the 100 ms that scripted clients like to sleep between two messages.
pub const CHUNK_PAUSE: Duration = Duration::from_millis(80);

/// How long a connection may be silent in both directions (requirement 8.1).
pub const IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// The longest time that anything can be told to wait: a year. Whoever wants more wants `off`; and
/// a moment that far ahead can still be written down, which for `u64::MAX` seconds is not so.
pub const LONGEST_TIME: Duration = Duration::from_hours(365 * 24);

/// The TCP port on which the chat is found when nobody says otherwise (requirement 1.1).
pub const DEFAULT_PORT: u16 = 12345;

/// The longest name of a person or a room, in characters (requirement 5.5).
pub const MAX_NAME: usize = 32;

/// How long a client may take to give its name (requirement 5.6).
pub const NAME_TIMEOUT: Duration = Duration::from_secs(20);

/// How many names a client may try before its connection is closed (requirement 5.4): enough for a
/// person who finds names taken, too few to try out who is there.
pub const NAME_ATTEMPTS: u8 = 5;

/// How many lines a second one client may send over a longer time, where that is limited: more than
/// anybody types, and more than anybody reads.
pub const MAX_RATE: NonZeroU32 = NonZeroU32::new(20).unwrap();

/// How many lines may come at once before [`MAX_RATE`] holds: a screen that somebody pastes.
pub const BURST: NonZeroU32 = NonZeroU32::new(40).unwrap();

/// How many rooms a server has at most, unless told otherwise. An empty one is gone, so this many
/// clients are needed to have them; each costs a task and some kilobytes.
pub const MAX_ROOMS: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

/// How many names one answer lists, so that the answer fits into an [outbox](OUTBOX): composed, a
/// name has at most 128 bytes, and all of them 130 KB.
pub const MAX_LISTED: usize = 1000;

/// How many bytes wait for one client behind what its socket holds (`--outbox`): some three thousand
/// messages of ordinary length.
pub const OUTBOX: &str = "256KiB";

/// How long a client may read nothing although something waits for it (`--slow-timeout`).
pub const SLOW_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a server takes at most to end (requirement 1.6, `--drain`).
pub const DRAIN: Duration = Duration::from_secs(5);

/// How many clients may wait for their turn (requirement 7.1), each with a descriptor. One more is
/// refused: a queue that nobody will see the end of is of no use to anybody.
pub const MAX_QUEUE: usize = 1000;

/// Where everybody begins (requirement 6.2).
pub const FIRST_ROOM: &str = "general";
