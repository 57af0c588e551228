//! The connection to the server. Everything else in this client reads and writes lines, through whichever door.
//!
//! | module | what it holds |
//! |---|---|
//! | `connecting` | connecting over TCP, with keepalive |
//! | [`error`] | the reasons why there is no connection, and their texts |
//! | [`options`] | the options that say which server is believed |
//! | `doors` | the handshakes of TLS and WebSocket, one after the other |
//! | `link` | TCP, or TLS on top of it |
//! | `frames` | a WebSocket on top of a link |
//! | `trust` | the decision whether a certificate is believed |
//! | `known_hosts` | the file with the keys of the servers that the user has accepted |
//! | `question` | the question whether a server's key is accepted |
//! | `servers` | the servers of one chat, in the order in which they are tried |

mod connecting;
#[cfg(feature = "doors")]
mod doors;
pub mod error;
#[cfg(feature = "doors")]
mod frames;
#[cfg(feature = "doors")]
mod known_hosts;
#[cfg(feature = "doors")]
mod link;
pub mod options;
#[cfg(feature = "doors")]
mod question;
pub(crate) mod servers;
#[cfg(feature = "doors")]
mod trust;

use std::io;
use std::time::Duration;

use chat_protocol::language::Language;
use chat_protocol::options::server_address::{Door, ServerAddress};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use error::ConnectError;
use options::Options;

#[cfg(feature = "doors")]
use frames::Frames;
#[cfg(feature = "doors")]
use link::Link;

/// A connection to a server: a stream of lines in both directions. It never blocks.
pub(crate) enum Wire {
    /// Nothing but TCP.
    Plain(TcpStream),
    /// TLS.
    #[cfg(feature = "doors")]
    Tls(Box<Link>),
    /// WebSocket frames, with TLS or without.
    #[cfg(feature = "doors")]
    WebSocket(Box<Frames>),
}

/// The server, and how it is connected to.
pub(crate) struct Destination {
    /// The server's address, with its door.
    pub(crate) address: ServerAddress,
    /// Which server is believed.
    pub(crate) options: Options,
    /// The language of the question for a key.
    pub(crate) language: Language,
    /// True if a person types what is sent.
    pub(crate) typed: bool,
}

impl Wire {
    /// Connects through the address's door, and through no other. `asks`: the user is asked about an unknown key.
    /// Returns the round-trip time as well. Cancel-safe.
    pub(crate) async fn open(
        destination: &Destination,
        asks: bool,
    ) -> Result<(Self, Duration), ConnectError> {
        let Destination { address, typed, .. } = destination;
        #[cfg(feature = "doors")]
        if destination.options.need_tls() && !address.door.is_encrypted() {
            return Err(error::DoorError::NotEncrypted.into());
        }
        if address.door == Door::Plain {
            let (tcp, round_trip) = connecting::connect(&address.endpoint, *typed).await?;
            return Ok((Self::Plain(tcp), round_trip));
        }
        #[cfg(feature = "doors")]
        return doors::open(destination, asks).await;
        #[cfg(not(feature = "doors"))]
        {
            let _ = (&destination.options, destination.language, asks);
            Err(ConnectError::NotBuilt)
        }
    }

    /// Waits until there may be something to read. Cancel-safe.
    ///
    /// What TLS or WebSocket has read ahead needs no look here: until [`try_read`](Self::try_read) says that it would
    /// block, the runtime regards the socket as readable.
    pub(crate) async fn readable(&self) {
        // An error is one of the next read, too.
        let _ = self.tcp().readable().await;
    }

    /// Waits until something can be sent. Cancel-safe.
    pub(crate) async fn writable(&self) {
        let _ = self.tcp().writable().await;
    }

    /// Reads what is there; 0 bytes are the end. It would block, too, after much that is no text; there may be more then.
    pub(crate) fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.try_read(buffer),
            #[cfg(feature = "doors")]
            Self::Tls(link) => {
                link.begin_turn();
                io::Read::read(link, buffer)
            }
            #[cfg(feature = "doors")]
            Self::WebSocket(frames) => frames.try_read(buffer),
        }
    }

    /// Sends as much as can be sent at once, behind what it holds.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.try_write(bytes),
            #[cfg(feature = "doors")]
            Self::Tls(link) => io::Write::write(link, bytes),
            #[cfg(feature = "doors")]
            Self::WebSocket(frames) => frames.try_write(bytes),
        }
    }

    /// Returns whether it holds bytes that it has taken and not sent yet. The next write sends them first.
    pub(crate) fn holds(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            #[cfg(feature = "doors")]
            Self::Tls(link) => link.holds(),
            #[cfg(feature = "doors")]
            Self::WebSocket(frames) => frames.holds(),
        }
    }

    /// Ends this side after everything is sent; the server's answers can still be read.
    ///
    /// A WebSocket has no such end: after a Close frame the server need not answer any more. It follows in
    /// [`close`](Self::close), unless the server closes first.
    pub(crate) async fn end(&mut self) {
        match self {
            // It fails if the server has already closed the connection.
            Self::Plain(tcp) => _ = tcp.shutdown().await,
            #[cfg(feature = "doors")]
            Self::Tls(link) => link.end(),
            #[cfg(feature = "doors")]
            Self::WebSocket(_) => {}
        }
    }

    /// Says goodbye by the rules of the door, as far as the socket takes it at once.
    pub(crate) fn close(&mut self) {
        match self {
            Self::Plain(_) => {}
            #[cfg(feature = "doors")]
            Self::Tls(link) => link.end(),
            #[cfg(feature = "doors")]
            Self::WebSocket(frames) => frames.close(),
        }
    }

    /// The code and the reason of the server's Close frame, if one has come.
    pub(crate) fn closed(&self) -> Option<(u16, String)> {
        match self {
            #[cfg(feature = "doors")]
            Self::WebSocket(frames) => frames.closed().cloned(),
            _ => None,
        }
    }

    /// The port by which the others know this client. Over WebSocket it is not told: behind a reverse proxy, the server
    /// counts its clients instead.
    pub(crate) fn known_port(&self) -> Option<u16> {
        #[cfg(feature = "doors")]
        if let Self::WebSocket(_) = self {
            return None;
        }
        self.tcp().local_addr().ok().map(|address| address.port())
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            #[cfg(feature = "doors")]
            Self::Tls(link) => link.tcp(),
            #[cfg(feature = "doors")]
            Self::WebSocket(frames) => frames.tcp(),
        }
    }
}
