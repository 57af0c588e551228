//! A load generator for broadcast servers whose figures can be believed.

pub mod baseline;
pub mod dialect;
pub mod figures;
pub mod limits;
pub mod live;
pub mod machine;
pub mod payload;
pub mod record;
pub mod relay;
pub mod report;
pub mod schedule;
pub mod sizes;
pub mod target;
pub mod threshold;
