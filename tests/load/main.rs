//! The load generator, end to end: its binary against its own relay, this project's server, and
//! other people's.

mod dialects;
mod honesty;
mod ledger;
mod reports;
mod running;
mod statuses;
mod workloads;
