//! A load generator for broadcast servers.
//!
//! [`run::run`] is the story of one run. The folders, in the order of reading:
//!
//! | module | what it holds |
//! |---|---|
//! | [`cli`], [`request`], [`plan`], [`roles`] | what was asked for, what of it is possible, what will be done, by which clients |
//! | [`app`], [`exit_status`] | a command line carried out: runs, reports, the exit status |
//! | [`run`] | one run: connecting, barrier, warm-up, measuring, draining; its findings; runs beside each other |
//! | [`traffic`] | the hot path: workers, clients, sending on time, the ledger of deliveries, latencies |
//! | [`wire`] | each server's language; texts that prove themselves |
//! | [`system`] | the machine, its limits, the server's process |
//! | [`record`] | what a run found out, as data; whether it is valid; thresholds and baselines |
//! | [`report`] | records for people and programs; the live line |
//! | [`relay`] | a bare relay, and one with faults |

#![expect(rustdoc::private_intra_doc_links, reason = "the map is for readers of the source")]

mod app;
mod cli;
mod exit_status;
mod plan;
mod record;
mod relay;
mod report;
mod request;
mod roles;
mod run;
mod system;
mod traffic;
pub mod wire;

pub use app::main;
