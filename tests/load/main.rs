//! End-to-end tests of the load generator: its binary against its own relay, this project's server,
//! and third-party servers.

mod delaying;
mod dialects;
mod honesty;
mod ledger;
mod metrics;
mod reports;
mod running;
mod statuses;
mod workloads;
