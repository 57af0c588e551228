//! Shared code of the end-to-end tests and the demo: the real binaries, a running chat, the
//! harness.

use chat_protocol::language::Language;

pub mod binaries;
pub mod chat;
pub mod cluster;
pub mod harness;
pub mod metrics;
#[cfg(target_os = "linux")]
pub mod service;

/// The default language of the programs: texts as `ES.greeting()`.
pub const ES: Language = Language::Es;
