//! A room: the order of what is said in it, and its delivery to every member.

pub(crate) mod archive;
pub(crate) mod backlog;
pub(crate) mod batch;
pub(crate) mod event;
pub(crate) mod fanout;
pub(crate) mod letter;
pub(crate) mod members;
pub(crate) mod memory;
pub(crate) mod order;
pub(crate) mod outbox;
pub(crate) mod seat;
