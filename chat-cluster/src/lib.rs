//! One chat on several servers (nodes): the log that they share, and what each makes of it.
//!
//! | module | what it holds |
//! |---|---|
//! | `entry` | an entry of the log, and its form as bytes |
//! | `pass` | a message of the log: a header, and entries |
//! | `log` | the log, as a node sees it: a trait |
//! | `uplink` | the way into the log: numbered passes, one in flight, sent again until they come back |
//! | `follow` | the way out of it: every record once, in order; the watchdog |
//! | `members` | the nodes: which passes are taken, which node is dead, which answers newcomers |
//! | `state` | what the log says of the chat: a trait, for the server's people, names and rooms |
//! | `replica` | the members as of a position, and the snapshot with the state |
//! | `node` | one node: joining, taking part, fenced |
//! | `nats` | the log as a stream of NATS `JetStream` (feature `nats`) |
//!
//! But for `nats`, there are no sockets here and no clock: an adapter hands in what arrives, and the time.
//!
//! # The rules
//!
//! The log has one order. Nothing is delivered, and no name given, before it has come back from the log.
//!
//! 1. **The next pass is taken.** A node numbers its passes. Of each incarnation, pass n is taken if n is the last one
//!    plus 1. A lower number is a duplicate, and is dropped. A higher one shows a hole, and is not taken, because the
//!    node sends the missing one again. When a higher one comes more than 2 s of the log's time, without pauses, after
//!    the first higher one, the missing passes are given up: people are told how many, and it is taken.
//! 2. **A pass is freed by its return.** Until a pass has come back from the log it is kept, and sent again each 500 ms.
//!    One pass is in flight. Acknowledgements do not count.
//! 3. **Each node publishes every second.** If its own pass has not come back for 3 s, it subscribes again, behind the
//!    last record that it has taken. A record that is not the next one by the log's sequence numbers is not taken.
//! 4. **Silence is death, by the log's time.** When a node has not been heard for 5 s of the time of records, without a
//!    pause of more than 2 s between two of them, another publishes `dead` with the number of its last pass, which holds
//!    only if that is still its last. Its people leave, and their names are free. When the node itself comes to this
//!    record, it is fenced: it delivers nothing behind it. A log that stands still kills no node.
//! 5. **Newcomers get a snapshot.** A newcomer publishes `hello` each second. Of the nodes that have the chat, one answers
//!    with all of its state as of that record: the smallest incarnation the first time, then the next. If no node that
//!    has the chat was heard for 6 s of the log's time, the newcomer publishes `found`; the chat is empty from there on,
//!    and a node that still has another one is fenced by the record. What outlives a chat goes from the last copy of it
//!    through the log up to this record.
//! 6. **Decisions are made at the record.** Owners of names, limits of rooms, opening and closing: the same on all nodes,
//!    because they depend on nothing but the log.

pub mod entry;
pub mod follow;
pub mod log;
pub mod members;
#[cfg(feature = "nats")]
pub mod nats;
pub mod node;
pub mod pass;
pub mod replica;
pub mod state;
pub mod uplink;
pub mod wire;

mod clock;

#[cfg(test)]
mod simulation;
