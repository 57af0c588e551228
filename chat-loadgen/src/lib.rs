//! A load generator for broadcast servers.
//!
//! [`run::run`] carries out one run. The folders, in the order of reading:
//!
//! | module | content |
//! |---|---|
//! | [`cli`], [`request`], [`plan`], [`roles`], [`share`] | options, their checks, the plan, the roles; the share of one generator |
//! | [`app`], [`exit_status`] | a command line carried out: runs, reports, the exit status |
//! | [`experiment`] | the runs of a command line: one, one for comparison, a search |
//! | [`run`] | one run: connecting, barrier, warm-up, measuring, draining; findings |
//! | [`traffic`] | the hot path: workers, clients, sending, the ledger of deliveries, latencies |
//! | [`door`] | TLS and WebSocket, between the protocol and the socket |
//! | [`wire`] | each server's protocol; self-checking texts |
//! | [`system`] | the machine, its limits, the server's process |
//! | [`record`] | the data of a run's record; its validity; thresholds and baselines |
//! | [`report`] | records for people and programs; the live line |
//! | [`metrics`] | the same while a run goes on, for Prometheus |
//! | [`relay`] | a bare relay, and one with faults |

#![expect(rustdoc::private_intra_doc_links, reason = "the map is for readers of the source")]

mod app;
mod cli;
mod door;
mod exit_status;
mod experiment;
mod input;
mod metrics;
mod plan;
mod record;
mod relay;
mod report;
mod request;
mod roles;
mod run;
mod share;
mod system;
mod traffic;
mod visits;
pub mod wire;

pub use app::main;
