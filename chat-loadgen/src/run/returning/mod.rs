//! Clients that are away for a while: those that leave and come back, and those that are cut off.

pub(super) mod churn;
pub(super) mod cuts;
pub(super) mod nodes;
