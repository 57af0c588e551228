//! A person at this end of a program: the client's user, or the server's operator.
//!
//! | module | what it holds |
//! |---|---|
//! | [`person`] | what a program asks of a person, wherever that person sits |
//! | [`terminal`] | line editing and history, arriving lines above the prompt |
//! | [`pipe`] | a person behind a pipe: the program as a filter |
//! | [`completion`] | what Tab makes of a word |
//! | [`lines`] | reads, and the lines in them |
//! | [`signals`] | being told to end |
//! | [`usage`] | what the command lines have in common: profiles, switches, bad usage |
//! | [`descriptors`] | how many connections the process may have |

pub mod completion;
pub mod descriptors;
mod gate;
mod keys;
pub mod lines;
pub mod person;
pub mod pipe;
pub mod signals;
pub mod terminal;
mod tty;
pub mod usage;
