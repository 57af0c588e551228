//! Runs against the servers of one chat, and their deaths.

mod dying;
mod faults;
