//! WebSocket (RFC 6455): frames and the handshake, without sockets (chapter 10).
//!
//! A frame is not a message of the chat. The lines that a connection sends are a stream, whose frames are cut
//! behind newlines; in the other direction, the end of a WebSocket message ends a line.
//!
//! | to find | look in |
//! |---|---|
//! | headers of frames, control frames, codes of Close frames | [`frame`] |
//! | decoding of frames into lines | [`reader`] |
//! | the request that becomes a WebSocket | [`handshake`] |
//! | origins, which say whose page connects | [`origin`] |

pub mod client;
pub mod frame;
pub mod handshake;
pub mod origin;
pub mod reader;
mod utf8;
