//! People: their nicknames, their rooms, what they say, what their commands do, and the order among them.

pub(crate) mod accounts;
#[cfg(feature = "cluster")]
pub(crate) mod acts;
pub(crate) mod commands;
pub(crate) mod crowd;
pub(crate) mod directory;
pub(crate) mod house;
mod moderation;
mod names;
mod private_messages;
mod renaming;
#[cfg(feature = "cluster")]
pub(crate) mod replicated;
pub(crate) mod served;
pub(crate) mod speech;
mod time;
