//! The language of the chat: what travels on the wire and what is said to people.
//!
//! Nothing here opens a socket, reads a clock or knows an async runtime, so every rule can be
//! tried with plain values. The requirements that the items refer to by number are in
//! `SPEC.md` beside this crate.
//!
//! | to find | look in |
//! |---|---|
//! | how bytes become lines | [`decoder`], [`framing`] |
//! | what may be passed on, what may be shown | [`text`] |
//! | the word that ends a conversation | [`text::is_leave`] |
//! | who may be called what | [`name`] |
//! | lines that begin with `/` | [`command`] |
//! | every sentence the chat says, in each language | [`wording`], [`language`] |
//! | everything that a server refuses | [`refusal`] |
//! | what a profile sets | [`options::profile`] |
//! | how large, how long, how many | [`limits`] |
//! | how addresses, times and rates are written | [`options`] |

pub mod command;
pub mod decoder;
pub mod framing;
pub mod language;
pub mod limits;
pub mod name;
pub mod options;
pub mod refusal;
pub mod text;
pub mod wording;

/// The whole specification, as Markdown. Requirements stand in lines that begin `- **2.10 MUST**`.
pub const SPECIFICATION: &str = include_str!("../SPEC.md");
