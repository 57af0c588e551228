//! A faulty proxy before a real server (`--upstream`): passes on what clients say unchanged, and cuts
//! what the server says into the frames of its dialect, in which it makes the faults.

mod frames;
mod link;
mod rooms;

pub(super) use frames::Links;
