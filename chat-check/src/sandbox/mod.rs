//! The sandbox of a tested program: resource limits, namespaces, and a working directory of its own.

pub(crate) mod containment;
pub(crate) mod copy;
pub(crate) mod end;
pub(crate) mod isolation;
pub(crate) mod limits;
mod paced;
pub(crate) mod program;
pub(crate) mod running;
pub(crate) mod supervisor;
pub(crate) mod trace;
pub(crate) mod workdir;
