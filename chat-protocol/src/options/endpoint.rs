//! Network addresses in the form `HOST:PORT`.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use thiserror::Error;

use crate::limits::DEFAULT_PORT;

/// A host and a port, written `127.0.0.1:12345`, `[::1]:12345` or `localhost:12345`.
///
/// The host is a name or a number. Whether it exists is not checked here, but by name resolution.
/// The port may be left out and is then [`DEFAULT_PORT`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: String,
    port: u16,
}

impl Endpoint {
    /// The host without brackets, and the port: the arguments of name resolution.
    pub fn host_and_port(&self) -> (&str, u16) {
        (&self.host, self.port)
    }
}

impl Default for Endpoint {
    fn default() -> Self {
        Self { host: "127.0.0.1".to_owned(), port: DEFAULT_PORT }
    }
}

impl FromStr for Endpoint {
    type Err = ParseEndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(bracketed) = text.strip_prefix('[') {
            let (host, port) = bracketed.split_once(']').ok_or(ParseEndpointError)?;
            host.parse::<Ipv6Addr>().map_err(|_| ParseEndpointError)?;
            let port = match port.strip_prefix(':') {
                Some(port) => port.parse().map_err(|_| ParseEndpointError)?,
                None if port.is_empty() => DEFAULT_PORT,
                None => return Err(ParseEndpointError),
            };
            return Ok(Self { host: host.to_owned(), port });
        }
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| ParseEndpointError)?),
            None => (text, DEFAULT_PORT),
        };
        if is_host(host) {
            Ok(Self { host: host.to_owned(), port })
        } else {
            Err(ParseEndpointError)
        }
    }
}

/// Returns whether the text consists of the characters of a host name or an IPv4 address: letters,
/// digits, `-`, `.` and `_`. A number alone is none: the port was meant.
fn is_host(host: &str) -> bool {
    host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        && !host.bytes().all(|b| b.is_ascii_digit())
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The text was not of the form `HOST:PORT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected ADDR:PORT, such as 127.0.0.1:12345 or [::1]:0")]
pub struct ParseEndpointError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r1_1_writes_what_it_read() {
        for text in ["127.0.0.1:12345", "[::1]:0", "localhost:80", "a-b.example:65535"] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn r1_1_is_12345_on_loopback_by_default() {
        assert_eq!(Endpoint::default().to_string(), "127.0.0.1:12345");
        for (text, whole) in [("localhost", "localhost:12345"), ("[::1]", "[::1]:12345")] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), whole);
        }
    }

    #[test]
    fn r1_8_refuses_the_malformed() {
        let malformed = [
            "",
            ":",
            ":80",
            "9000",
            "host:",
            "127.0.0.1:65536",
            "127.0.0.1:-1",
            "127.0.0.1:http",
            "::1:80",
            "[::1",
            "[::1]80",
            "[::1]:",
            "[localhost]:80",
            "ho st:80",
            "host:80:90",
            "http://host:80",
        ];
        for text in malformed {
            assert_eq!(text.parse::<Endpoint>(), Err(ParseEndpointError), "{text:?}");
        }
    }
}
