//! People: their nicknames, their rooms, and what their commands do.

pub(crate) mod commands;
pub(crate) mod directory;
pub(crate) mod names;
