//! A load generator for broadcast servers whose figures can be believed.

pub mod dialect;
pub mod limits;
pub mod machine;
pub mod payload;
pub mod record;
pub mod target;
