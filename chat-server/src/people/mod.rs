//! People: their nicknames, their rooms, what they say, and what their commands do.

pub(crate) mod accounts;
pub(crate) mod commands;
pub(crate) mod directory;
mod names;
mod private_messages;
mod renaming;
pub(crate) mod served;
pub(crate) mod speech;
