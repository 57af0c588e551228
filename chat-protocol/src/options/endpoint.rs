//! Network addresses in the form `HOST:PORT`.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

use crate::limits::DEFAULT_PORT;

/// A host and a port, written `127.0.0.1:12345`, `[::1]:12345` or `localhost:12345`.
///
/// The host is a name or a whole IPv4 or IPv6 address. Whether it exists is not checked here, but by
/// name resolution. The port may be left out and is then [`DEFAULT_PORT`], even behind
/// an IPv6 address without brackets: `::1` is `[::1]:12345`. A number alone, with or without a colon in front, is
/// a port of this machine: `9000` is `127.0.0.1:9000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: String,
    port: u16,
}

impl Endpoint {
    /// Parses the address of a further listener, whose port may be left out. `off` is no host: it is left out for that.
    pub fn of_listener(text: &str, default: u16) -> Result<Self, ParseEndpointError> {
        if text == "off" { Err(ParseEndpointError) } else { Self::with_default_port(text, default) }
    }

    /// Parses an address whose port may be left out, and is this one then.
    pub fn with_default_port(text: &str, default: u16) -> Result<Self, ParseEndpointError> {
        if let Some(bracketed) = text.strip_prefix('[') {
            let (host, port) = bracketed.split_once(']').ok_or(ParseEndpointError)?;
            host.parse::<Ipv6Addr>().map_err(|_| ParseEndpointError)?;
            let port = match port.strip_prefix(':') {
                Some(port) => parse_port(port)?,
                None if port.is_empty() => default,
                None => return Err(ParseEndpointError),
            };
            return Ok(Self { host: host.to_owned(), port });
        }
        if is_bare_ipv6(text) {
            return Ok(Self { host: text.to_owned(), port: default });
        }
        if let Ok(port) = parse_port(text.strip_prefix(':').unwrap_or(text)) {
            return Ok(Self { port, ..Self::default() });
        }
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, parse_port(port)?),
            None => (text, default),
        };
        if is_host(host) {
            Ok(Self { host: host.to_owned(), port })
        } else {
            Err(ParseEndpointError)
        }
    }

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
        Self::with_default_port(text, DEFAULT_PORT)
    }
}

/// A sign in front is none of a port, although numbers have one.
fn parse_port(text: &str) -> Result<u16, ParseEndpointError> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).ok_or(ParseEndpointError)
}

/// Returns whether the text is an IPv6 address without brackets, and not also one with a port behind
/// it: `::1:80` could be both.
fn is_bare_ipv6(text: &str) -> bool {
    let is_address = |text: &str| text.parse::<Ipv6Addr>().is_ok();
    let with_port = text
        .rsplit_once(':')
        .is_some_and(|(host, port)| is_address(host) && port.parse::<u16>().is_ok());
    is_address(text) && !with_port
}

/// Returns whether the text is an IPv4 address, or consists of the characters of a host name: letters,
/// digits, `-`, `.` and `_`.
///
/// A host whose last part is a number can only be an address. Name resolution would take `17706`,
/// `127.1` and `0x7f.1` for addresses, too, and hardly for the ones that were meant.
fn is_host(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x").or(last.strip_prefix("0X"));
    let is_number = match hexadecimal {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => last.bytes().all(|b| b.is_ascii_digit()),
    };
    let is_name = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    host.parse::<Ipv4Addr>().is_ok() || is_name && !is_number
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
#[error("expected ADDR:PORT, such as 127.0.0.1:12345 or [::1]:0, or a port")]
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
    fn r1_1_an_ipv6_address_needs_no_brackets_where_it_cannot_have_a_port() {
        for text in ["::1", "::", "fe80::1", "1:2:3:4:5:6:7:8", "2001:db8::1:abcd"] {
            let whole = format!("[{text}]:12345");
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), whole);
        }
        assert_eq!("2001:db8::1:80".parse::<Endpoint>(), Err(ParseEndpointError));
    }

    #[test]
    fn r1_1_a_number_alone_is_a_port_on_loopback() {
        for (text, whole) in
            [("17706", "127.0.0.1:17706"), ("0", "127.0.0.1:0"), (":65535", "127.0.0.1:65535")]
        {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), whole);
        }
    }

    #[test]
    fn r1_8_refuses_what_would_be_resolved_as_another_address() {
        for host in
            ["17706", "127.1", "1.2", "1.2.3", "0x7f000001", "0X7F.1", "0x", "1.0x2", "010.0.0.1"]
        {
            for text in [format!("{host}:80"), format!("{host}.")] {
                assert_eq!(text.parse::<Endpoint>(), Err(ParseEndpointError), "{text:?}");
            }
        }
        for text in ["1.2", "65536", "99999999999", "256.0.0.1", "1.2.3.4.5", "0x7f000001"] {
            assert_eq!(text.parse::<Endpoint>(), Err(ParseEndpointError), "{text:?}");
        }
        for text in ["3com.example:80", "1.example:80", "localhost.:80", "0x.example:80", "a1:80"] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn r1_8_refuses_the_malformed() {
        let malformed = [
            "",
            ":",
            ":+80",
            "+80",
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
