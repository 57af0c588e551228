//! Abuse tests: rude, broken and hostile clients against the real server, one kind of abuse per
//! file. Meanwhile the load generator simulates healthy clients, and its ledger must be clean every
//! time.
//!
//! Linux only: the signals' numbers, `/dev/full` and `/proc` are Linux's.

#![cfg(target_os = "linux")]

mod all_at_once;
mod broadcast;
mod connections;
mod floods;
mod half_lines;
mod healthy;
mod no_output;
mod private_storms;
mod slow_readers;
mod standing_still;
mod stopping;
mod threads;
