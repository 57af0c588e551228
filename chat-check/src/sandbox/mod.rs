//! The sandbox of a tested program: resource limits, namespaces, and a working directory of its own.

pub(crate) mod containment;
pub(crate) mod copy;
pub mod isolation;
pub mod limits;
pub mod program;
pub mod running;
pub mod supervisor;
pub(crate) mod workdir;
