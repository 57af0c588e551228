//! The address of a server, with the door through which a client comes: `tls://host:12346`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::endpoint::Endpoint;
use crate::limits::DEFAULT_TLS_PORT;

/// The way into a chat: what is between the lines and the TCP connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// Nothing.
    #[default]
    Plain,
    /// TLS.
    Tls,
    /// WebSocket frames.
    WebSocket,
    /// WebSocket frames inside of TLS.
    SecureWebSocket,
}

impl Door {
    /// Whether the connection is encrypted.
    pub fn is_encrypted(self) -> bool {
        matches!(self, Self::Tls | Self::SecureWebSocket)
    }

    /// Whether lines travel in WebSocket frames.
    pub fn has_frames(self) -> bool {
        matches!(self, Self::WebSocket | Self::SecureWebSocket)
    }

    /// The scheme of its URLs.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Plain => "tcp",
            Self::Tls => "tls",
            Self::WebSocket => "ws",
            Self::SecureWebSocket => "wss",
        }
    }

    fn from_scheme(scheme: &str) -> Option<Self> {
        let all = [Self::Plain, Self::Tls, Self::WebSocket, Self::SecureWebSocket];
        all.into_iter().find(|door| scheme.eq_ignore_ascii_case(door.scheme()))
    }

    /// The port of a URL that names none: of the web those of HTTP, as RFC 6455 has it.
    fn default_port(self) -> u16 {
        match self {
            Self::Plain => Endpoint::default().host_and_port().1,
            Self::Tls => DEFAULT_TLS_PORT,
            Self::WebSocket => 80,
            Self::SecureWebSocket => 443,
        }
    }
}

/// The server that a client connects to: an [`Endpoint`] with a port that is not 0, or a URL with one of the
/// schemes `tcp`, `tls`, `ws` and `wss`, of which the latter two may have a path; it is `/ws` if they have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// How the connection is made.
    pub door: Door,
    /// Where to.
    pub endpoint: Endpoint,
    /// The resource to ask for, with a `/` in front; empty where there are no frames.
    pub path: String,
}

impl Default for ServerAddress {
    fn default() -> Self {
        Self { door: Door::Plain, endpoint: Endpoint::default(), path: String::new() }
    }
}

impl FromStr for ServerAddress {
    type Err = ParseServerAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (door, rest) = match text.split_once("://") {
            None => (Door::Plain, text),
            Some((scheme, rest)) => (
                Door::from_scheme(scheme)
                    .ok_or_else(|| ParseServerAddressError::Scheme(scheme.to_owned()))?,
                rest,
            ),
        };
        let (host, path) = match rest.find('/') {
            Some(start) if text != rest => rest.split_at(start),
            _ => (rest, ""),
        };
        let path = match (door.has_frames(), path) {
            (true, "" | "/") => "/ws",
            (true, path) if path.bytes().all(|b| b.is_ascii_graphic() && b != b'#') => path,
            (false, "" | "/") => "",
            _ => return Err(ParseServerAddressError::Path),
        };
        let endpoint = Endpoint::with_default_port(host, door.default_port())
            .ok()
            .filter(|endpoint| endpoint.host_and_port().1 != 0)
            .ok_or(ParseServerAddressError::Endpoint)?;
        Ok(Self { door, endpoint, path: path.to_owned() })
    }
}

/// As it is read; a plain one without its scheme.
impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.door != Door::Plain {
            write!(f, "{}://", self.door.scheme())?;
        }
        write!(f, "{}{}", self.endpoint, self.path)
    }
}

/// The text was no address of a server.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseServerAddressError {
    /// Not of the form `HOST:PORT`.
    #[error(
        "expected ADDR:PORT, such as 127.0.0.1:12345 or [::1]:12345, a port, or a URL such as tls://HOST:PORT or wss://HOST/ws"
    )]
    Endpoint,
    /// Only WebSocket has paths.
    #[error("only ws:// and wss:// have a path, without spaces and #")]
    Path,
    /// An unknown scheme.
    #[error("'{0}://' is unknown here: tcp://, tls://, ws:// and wss:// are known")]
    Scheme(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r4_1_an_address_may_be_a_url_with_a_door() {
        for (text, whole, door) in [
            ("17706", "127.0.0.1:17706", Door::Plain),
            (":17706", "127.0.0.1:17706", Door::Plain),
            ("::1", "[::1]:12345", Door::Plain),
            ("tcp://localhost", "localhost:12345", Door::Plain),
            ("tls://chat.example", "tls://chat.example:12346", Door::Tls),
            ("TLS://[::1]/", "tls://[::1]:12346", Door::Tls),
            ("ws://localhost:8080", "ws://localhost:8080/ws", Door::WebSocket),
            ("ws://::1/", "ws://[::1]:80/ws", Door::WebSocket),
            ("wss://chat.example", "wss://chat.example:443/ws", Door::SecureWebSocket),
            ("wss://a:1/socket?v=4", "wss://a:1/socket?v=4", Door::SecureWebSocket),
        ] {
            let address: ServerAddress = text.parse().unwrap();
            assert_eq!((address.to_string().as_str(), address.door), (whole, door), "{text:?}");
            assert_eq!(address.to_string().parse(), Ok(address));
        }
    }

    #[test]
    fn r1_8_what_is_wrong_with_a_url_is_said() {
        use ParseServerAddressError::{Endpoint, Path, Scheme};
        for (text, error) in [
            ("http://localhost", Scheme("http".to_owned())),
            ("://localhost", Scheme(String::new())),
            ("tls://localhost/ws", Path),
            ("ws://localhost/a b", Path),
            ("ws://localhost/#a", Path),
            ("localhost/ws", Endpoint),
            ("ws://localhost:0", Endpoint),
            ("wss:///ws", Endpoint),
            ("", Endpoint),
        ] {
            assert_eq!(text.parse::<ServerAddress>(), Err(error), "{text:?}");
        }
    }
}
