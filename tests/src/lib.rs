//! What the end-to-end tests and the demo share: the real binaries, a running chat, the harness.

use chat_protocol::language::Language;

pub mod binaries;
pub mod chat;
pub mod harness;

/// The language in which the programs talk unless told otherwise: texts as `ES.greeting()`.
pub const ES: Language = Language::Es;
