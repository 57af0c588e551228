//! End-to-end tests of the load generator: its binary against its own relay, this project's server,
//! and third-party servers.

mod abort;
mod crowds;
mod delaying;
mod dialects;
mod doors;
mod honesty;
mod ledger;
mod nodes;
mod reports;
mod running;
mod seam;
mod searching;
mod several;
mod statuses;
mod workloads;
