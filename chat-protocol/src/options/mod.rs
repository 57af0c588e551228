//! Command-line options: the syntax of their values, and the profiles that set them.

pub mod endpoint;
pub mod profile;
pub mod rate;
pub mod server_address;
pub mod time_limit;
