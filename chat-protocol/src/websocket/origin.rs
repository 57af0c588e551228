//! Origins: whose page wants to connect. Without this check, any page on the web could make its visitors chat.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// An origin of pages, as browsers send it: `https://chat.example.org`, with a port if it is not the usual one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    /// Lower case, without the scheme's usual port.
    host: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn prefix(self) -> &'static str {
        match self {
            Self::Http => "http://",
            Self::Https => "https://",
        }
    }

    /// The host as browsers write it: in lower case, without the usual port.
    fn written(self, host: &str) -> String {
        let usual = match self {
            Self::Http => ":80",
            Self::Https => ":443",
        };
        host.strip_suffix(usual).unwrap_or(host).to_ascii_lowercase()
    }
}

/// Returns whether a page of this origin may connect to a server of this host: to its own, or as it is listed.
/// `null`, the origin of pages from files and sandboxes, may not.
pub fn is_admitted(origin: &str, host: &str, listed: &[Origin]) -> bool {
    origin
        .parse::<Origin>()
        .is_ok_and(|origin| origin.host == origin.scheme.written(host) || listed.contains(&origin))
}

impl FromStr for Origin {
    type Err = ParseOriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.to_ascii_lowercase();
        let (scheme, host) = [Scheme::Http, Scheme::Https]
            .into_iter()
            .find_map(|scheme| Some((scheme, text.strip_prefix(scheme.prefix())?)))
            .ok_or(ParseOriginError)?;
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        let host = scheme.written(host);
        if host.is_empty() || !host.chars().all(is_part) {
            Err(ParseOriginError)
        } else {
            Ok(Self { scheme, host })
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme.prefix())?;
        f.write_str(&self.host)
    }
}

/// The text was no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected an origin without a path, such as https://chat.example.org")]
pub struct ParseOriginError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r10_2_a_page_may_connect_to_its_own_host_and_where_it_is_listed() {
        let listed: Vec<Origin> = vec!["https://Chat.example.org:443".parse().unwrap()];
        for (origin, host, admitted) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080", true),
            ("http://LOCALHOST:8080", "localhost:8080", true),
            ("http://[::1]:8080", "[::1]:8080", true),
            ("https://example.com", "example.com", true),
            ("https://example.com", "example.com:443", true),
            ("http://example.com:80", "example.com", true),
            ("https://chat.example.org", "10.0.0.7:8080", true),
            ("http://chat.example.org", "10.0.0.7:8080", false),
            ("http://127.0.0.1:8081", "127.0.0.1:8080", false),
            ("http://127.0.0.1", "127.0.0.1:8080", false),
            ("https://example.com", "example.com:80", false),
            ("https://evil.example/chat.example.org", "10.0.0.7:8080", false),
            ("https://chat.example.org.evil.example", "10.0.0.7:8080", false),
            ("null", "127.0.0.1:8080", false),
            ("null", "null", false),
            ("", "", false),
            ("http://", "", false),
            ("file://", "", false),
        ] {
            assert_eq!(is_admitted(origin, host, &listed), admitted, "{origin:?} {host:?}");
        }
    }

    #[test]
    fn r10_2_an_origin_has_no_path() {
        assert_eq!(
            "HTTP://A.example:80".parse::<Origin>().unwrap().to_string(),
            "http://a.example"
        );
        for text in [
            "a.example",
            "https://a.example/",
            "https://a.example/chat",
            "https://u@a.example",
            "*",
            "null",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(ParseOriginError), "{text:?}");
        }
    }
}
