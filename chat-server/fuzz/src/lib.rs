//! What must hold whatever bytes arrive. The fuzzer looks for an input that breaks it; the tests
//! of `chat-server` run it on the inputs that the fuzzer has kept (`tests/corpus.rs`).

pub mod frames;
pub mod lines;
pub mod passes;
pub mod requests;
pub mod script;
pub mod session;
