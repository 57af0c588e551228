//! The chat protocol: the bytes on the wire and the texts for people.
//!
//! This crate opens no socket, reads no clock and uses no async runtime, so every rule can be
//! tested with plain values. The items refer to requirements by number; they are in `SPEC.md`
//! beside this crate.
//!
//! | to find | look in |
//! |---|---|
//! | decoding of bytes into lines | [`decoder`], [`framing`] |
//! | characters that may be forwarded or shown | [`text`] |
//! | the word that ends a conversation | [`text::is_leave`] |
//! | rules for names | [`name`] |
//! | accounts: words that prove a name | [`account`] |
//! | commands: lines that begin with `/` | [`command`] |
//! | every text of the chat, in each language | [`wording`], [`language`] |
//! | reasons for refusing a request | [`refusal`], [`moderation`] |
//! | the option values of each profile | [`options::profile`] |
//! | sizes, times and counts | [`limits`] |
//! | syntax of addresses, times and rates | [`options`] |
//! | WebSocket: frames, the handshake | [`websocket`] |
//! | command lines: profiles' defaults, bad usage, the form of `--help` | [`usage`] |

pub mod account;
pub mod command;
pub mod decoder;
pub mod framing;
pub mod language;
pub mod limits;
pub mod moderation;
pub mod name;
pub mod options;
pub mod refusal;
pub mod text;
pub mod usage;
pub mod websocket;
pub mod wording;

/// The whole specification, as Markdown. Each requirement is a line that begins `- **2.10 MUST**`,
/// in Spanish `- **2.10 DEBE**`.
pub const SPECIFICATION: language::Text =
    language::Text { es: include_str!("../SPEC.es.md"), en: include_str!("../SPEC.md") };
