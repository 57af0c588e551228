//! The specification, chapter by chapter, on the real binaries over real sockets.
//!
//! Each test is named for the requirement in `chat-protocol/SPEC.md` that it shows. To show that a
//! line does *not* arrive, a test sends a later line and receives it.

mod c10_doors;
mod c11_memory;
mod c12_accounts;
mod c13_order;
mod c14_cluster;
mod c15_watching;
mod c16_service;
mod c1_connecting;
mod c2_broadcast;
mod c3_leaving;
mod c4_client;
mod c5;
mod c6;
mod c7_one_to_one;
mod c8_idle;
mod c9_language;
mod coverage;
mod documents;
mod robustness;
mod stories;
