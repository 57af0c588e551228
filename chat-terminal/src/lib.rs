//! The user of a program: the client's user, or the server's operator.
//!
//! | module | what it holds |
//! |---|---|
//! | [`person`] | the interface to the user, at a terminal or behind a pipe |
//! | [`terminal`] | line editing and history; arriving lines above the prompt |
//! | [`pipe`] | a user behind a pipe: the program as a filter |
//! | [`completion`] | Tab completion |
//! | [`lines`] | a read buffer and its line decoder |
//! | [`secret`] | a line that the terminal does not show |
//! | [`signals`] | signals that end the program |
//! | [`descriptors`] | the limit of file descriptors |

pub mod completion;
pub mod descriptors;
pub mod lines;
pub mod person;
pub mod pipe;
pub mod secret;
pub mod signals;
pub mod terminal;
