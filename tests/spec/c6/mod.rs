//! Chapter 6: private and group conversation.

mod conversation;
mod rooms;
