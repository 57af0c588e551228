//! Options of the command line: their values as people write them, and the sets of them that profiles are.

pub mod endpoint;
pub mod profile;
pub mod rate;
pub mod time_limit;
