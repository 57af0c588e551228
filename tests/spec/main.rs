//! The specification, chapter by chapter, on the real binaries over real sockets.
//!
//! Each test is named for the requirement in `chat-protocol/SPEC.md` that it shows. That something
//! does *not* arrive is shown by something that was sent later and did.

mod c1_connecting;
mod c2_broadcast;
mod c3_leaving;
mod c4_client;
mod c5_client;
mod c5_names;
mod c5_presence;
mod c6_conversation;
mod c6_rooms;
mod c7_one_to_one;
mod c8_idle;
mod coverage;
mod crowd;
mod documents;
mod faults;
mod limits;
mod noise;
mod stories;
