//! A load generator for broadcast servers whose figures can be believed.

pub mod dialect;
pub mod payload;
pub mod record;
pub mod relay;
pub mod schedule;
pub mod sizes;
