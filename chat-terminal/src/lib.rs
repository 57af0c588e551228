//! A person at this end of a program: the client's user, or the server's operator.
//!
//! | module | what it holds |
//! |---|---|
//! | [`person`] | what a program asks of a person, wherever that person sits |
//! | [`terminal`] | line editing and history, arriving lines above the prompt |
//! | [`pipe`] | a person behind a pipe: the program as a filter |
//! | [`lines`] | reads, and the lines in them |
//! | [`signals`] | being told to end |
//! | [`usage`] | a command line that is wrong |

mod gate;
pub mod lines;
pub mod person;
pub mod pipe;
pub mod signals;
pub mod terminal;
pub mod usage;
