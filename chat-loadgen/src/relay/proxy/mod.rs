//! A faulty proxy before a real server (`--upstream`): passes on what clients say unchanged, and cuts
//! what the server says into the frames of its dialect, in which it makes the faults.

mod hub;
mod link;
mod rooms;

pub(crate) use hub::Proxy;
