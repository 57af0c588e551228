//! Chapter 3 of the specification: leaving.

pub(super) mod gone;
pub(super) mod leaving;
pub(super) mod remains;
