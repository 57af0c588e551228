//! Limits of the protocol, each with its unit and the source of its number.

use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::RangeInclusive;
use std::time::Duration;

/// Maximum line length, in bytes, without the line ending (requirement 2.9).
///
/// A connection holds at most this many bytes of an unfinished line, and no memory without one.
/// Eight times IRC's 512 bytes: enough for a long paragraph, too little for a file.
pub const MAX_LINE: usize = 4096;

/// The range that `--max-line` accepts, in bytes.
///
/// The upper end bounds the memory that hostile connections can take: each at most twice this,
/// because buffers grow by doubling.
pub const MAX_LINE_RANGE: RangeInclusive<usize> = 1..=1024 * 1024;

/// Pause that ends a message of a peer that has never sent a newline (requirement 2.6).
///
/// Longer than the 40 ms for which Linux may delay an acknowledgement (`TCP_DELACK_MIN`): a peer
/// that writes its text and its newline separately has just that time between them. Shorter than
/// the 100 ms that scripted clients often sleep between two messages.
pub const CHUNK_PAUSE: Duration = Duration::from_millis(80);

/// Idle timeout: the time that a connection may be silent in both directions (requirement 8.1).
pub const IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// The longest duration that an option accepts: a year. For a longer time, use `off`. An
/// [`Instant`](std::time::Instant) this far ahead does not overflow; `u64::MAX` seconds ahead it
/// would.
pub const LONGEST_TIME: Duration = Duration::from_hours(365 * 24);

/// Default TCP port (requirement 1.1).
pub const DEFAULT_PORT: u16 = 12345;

/// Port of TLS connections where none is named (requirement 10.8).
pub const DEFAULT_TLS_PORT: u16 = 12346;

/// Port for browsers where none is named (requirement 10.1).
pub const DEFAULT_WEB_PORT: u16 = 8080;

/// Port for metrics where none is named (requirement 15.1): that of exporters of OpenTelemetry.
pub const DEFAULT_METRICS_PORT: u16 = 9464;

/// Maximum length of a member's or a room's name, in characters (requirement 5.5).
pub const MAX_NAME: usize = 32;

/// Time that a client has to give its name (requirement 5.6).
pub const NAME_TIMEOUT: Duration = Duration::from_secs(20);

/// Number of names that a client may try before its connection is closed (requirement 5.4): enough
/// for a person that finds names taken, too few to find out the names in use by guessing.
pub const NAME_ATTEMPTS: u8 = 5;

/// Default rate limit where there is one: lines per second that a client may send over a longer
/// time. It is more than a person types or reads.
pub const MAX_RATE: NonZeroU32 = NonZeroU32::new(20).unwrap();

/// Burst size of the rate limit: lines that may come at once before [`MAX_RATE`] applies. It is the
/// size of a pasted screen.
pub const BURST: NonZeroU32 = NonZeroU32::new(40).unwrap();

/// Connections of one address at a time, where the server listens on more than loopback (requirement
/// 1.9). Behind one address there may be a school: this is eight classes of thirty. A connection costs
/// some kilobytes, and up to half a megabyte if it is stuck.
pub const MAX_PER_ADDRESS: NonZeroU32 = NonZeroU32::new(250).unwrap();

/// New connections of one address a second, over a longer time. With [`CONNECT_BURST`], all
/// [`MAX_PER_ADDRESS`] can come at once.
pub const MAX_CONNECTS_PER_ADDRESS: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// Seconds whose new connections may come at once.
pub const CONNECT_BURST: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// Lines a second of all clients of one address together, over a longer time, and lines that may come
/// at once: four of each of [`MAX_PER_ADDRESS`] people. A thousand lines a second cost a server a small
/// part of one processor.
pub const MAX_RATE_PER_ADDRESS: NonZeroU32 = NonZeroU32::new(1000).unwrap();

/// Rooms at a time that clients of one address have opened: a room for each five of
/// [`MAX_PER_ADDRESS`] people, and a twentieth of [`MAX_ROOMS`].
pub const MAX_ROOMS_PER_ADDRESS: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// Number of wrong words after which a connection is closed (requirement 12.4).
pub const WORD_ATTEMPTS: u8 = 3;

/// The most accounts that a chat may have (requirement 12.6): some 3 MB of a server's memory.
pub const MOST_ACCOUNTS: usize = 10_000;

/// Characters of a word (requirement 12.3). The least is that of NIST SP 800-63B; the most bounds what is hashed.
pub const WORD_LENGTH: RangeInclusive<usize> = 8..=128;

/// Number of people in a room that is told of all who come and go, however many these are: no class is larger. A crowd
/// has more (requirement 5.7).
pub const CROWD: usize = 500;

/// Changes a second of which a room of more than [`CROWD`] people is told one by one: 20 lines a second are more than
/// anyone reads, and cost the server ten thousand writes.
pub const CROWD_RATE: NonZeroU32 = NonZeroU32::new(20).unwrap();

/// Default maximum number of rooms on a server. An empty room is removed, so this many rooms need
/// this many clients. Each room costs a task and some kilobytes.
pub const MAX_ROOMS: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

/// Maximum number of names that one answer lists. The answer then fits into an [outbox](OUTBOX): a
/// composed name has at most 128 bytes, and all of them 130 KB.
pub const MAX_LISTED: usize = 1000;

/// Outbox size: bytes that can wait for one client in addition to its socket's buffer (`--outbox`).
/// It holds some three thousand messages of ordinary length.
pub const OUTBOX: &str = "256KiB";

/// Timeout for a slow consumer: the time that a client may read nothing although data waits for it
/// (`--slow-timeout`).
pub const SLOW_TIMEOUT: Duration = Duration::from_secs(30);

/// Keepalive: the time without a byte after which the system begins to probe whether the peer is still
/// there. Short enough for a router that forgets silent connections after some minutes.
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// Time between two probes.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// Number of probes without an answer after which the connection has failed.
pub const KEEPALIVE_PROBES: u32 = 3;

/// The time after which a peer that answers nothing is gone: its connection fails, its name is free.
///
/// It is also the limit for bytes that were sent and never acknowledged (`TCP_USER_TIMEOUT`), for which
/// Linux would wait 15 minutes.
pub const VANISHED: Duration = Duration::from_secs(
    KEEPALIVE_IDLE.as_secs() + KEEPALIVE_PROBES as u64 * KEEPALIVE_INTERVAL.as_secs(),
);

/// Time between two pings of a WebSocket (`--ping`). Proxies end connections that are silent for a minute; browsers cannot send
/// pings of their own.
pub const PING: Duration = Duration::from_secs(25);

/// Deadline of the graceful shutdown (requirement 1.6, `--drain`).
pub const DRAIN: Duration = Duration::from_secs(5);

/// Maximum number of clients in the waiting queue (requirement 7.1). Each needs a descriptor. The
/// next client is refused, because the wait would be too long.
pub const MAX_QUEUE: usize = 1000;

/// Maximum number of past messages that a room remembers, that an answer to `/historial` has, and that `--replay` sends
/// (requirement 11.1): some screens full.
pub const MAX_HISTORY: usize = 200;

/// Number of messages that `/historial` shows if it does not say how many: a screen.
pub const HISTORY: usize = 20;

/// Age at which a stored message is deleted (`--keep`).
pub const KEEP: Duration = Duration::from_hours(30 * 24);

/// Size above which the oldest stored messages are deleted (`--keep-size`).
pub const KEEP_SIZE: &str = "1GiB";

/// The room in which every member begins (requirement 6.2).
pub const FIRST_ROOM: &str = "general";

/// Time for which a client that was cut off can come back (`--resume`, requirement 11.12).
pub const RESUME: Duration = Duration::from_mins(10);

/// Time for which the others do not hear that a client was cut off (`--absence`, requirement 11.13).
pub const ABSENCE: Duration = Duration::from_secs(15);
