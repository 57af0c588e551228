//! A participant that reads nothing.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use chat_drive::peer::{Connect, Peer};
use chat_drive::role::Role;

use crate::scene::participant::Place;

/// A participant that reads nothing: a sender to it soon blocks. Dropping one resets its
/// connection.
pub(crate) struct NonReader {
    peer: Peer,
    _place: Place,
}

impl NonReader {
    /// Connects with the smallest receive buffer that the system allows. When the program must ask
    /// for a name, reads until it asks, and answers.
    pub(crate) fn connect(
        role: Role,
        address: SocketAddr,
        patience: Duration,
        asked: Option<(&str, &[u8])>,
        place: Place,
    ) -> io::Result<Self> {
        let how = Connect { takes_little: true, ..Connect::patiently(patience) };
        let peer = Peer::connect(role, address, how)?;
        peer.role().event(format!("is connected, and reads nothing: {}", peer.local()));
        if let Some((keyword, answer)) = asked {
            let (mut heard, mut byte) = (Vec::new(), [0]);
            while memchr::memmem::find(&heard, keyword.as_bytes()).is_none() {
                if peer.receive(&mut byte, patience)? == 0 {
                    let kind = io::ErrorKind::UnexpectedEof;
                    return Err(io::Error::new(kind, "failed to fill whole buffer"));
                }
                heard.extend(byte);
            }
            peer.send(answer)?;
        }
        Ok(Self { peer, _place: place })
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.peer.local()
    }
}

impl Drop for NonReader {
    fn drop(&mut self) {
        self.peer.role().event("resets the connection");
        self.peer.end_with_reset();
    }
}
