//! The handshake: an HTTP request that becomes a WebSocket (RFC 6455, 4.2).

use std::borrow::Cow;

use base64::prelude::{BASE64_STANDARD, Engine};
use sha1_smol::Sha1;
use thiserror::Error;

use super::origin::{Origin, is_admitted};

/// The subprotocol of lines of text: the same lines as over TCP. It is answered only to a client that offers it,
/// because browsers end the connection otherwise.
pub const SUBPROTOCOL: &str = "chat.v1";

/// The subprotocol in which the server sends a JSON object on each line instead of text; the client sends the same
/// lines. It is preferred if a client offers both.
pub const JSON_SUBPROTOCOL: &str = "chat.v2";

/// The number of header lines that a request may have.
pub(super) const MAX_HEADERS: usize = 64;

/// The constant of RFC 6455 that proves that the server means WebSocket.
const PROOF: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The head of a request.
#[derive(Debug)]
pub struct Request<'a> {
    method: &'a str,
    target: &'a str,
    is_http_1_1: bool,
    headers: Vec<(&'a str, &'a [u8])>,
}

/// The bytes are no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no HTTP request")]
pub struct Malformed;

/// A request that becomes a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    accept: String,
    subprotocol: Option<&'static str>,
}

/// The reason why a request does not become a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// It asks for none, or for another version.
    #[error("this is for WebSockets of version 13")]
    UpgradeRequired,
    /// A header is missing, double or wrong.
    #[error("the header {0} is missing, double or wrong")]
    Header(&'static str),
    /// It comes from another host's page.
    #[error("origin {origin} is not {host}, and not listed with --web-origin")]
    Origin {
        /// The page's origin.
        origin: String,
        /// The host to which the request was sent.
        host: String,
    },
}

impl<'a> Request<'a> {
    /// Parses the head of a request. `None`: it is not whole yet.
    pub fn parse(bytes: &'a [u8]) -> Result<Option<Self>, Malformed> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        if request.parse(bytes).map_err(|_| Malformed)?.is_partial() {
            return Ok(None);
        }
        Ok(Some(Self {
            method: request.method.ok_or(Malformed)?,
            target: request.path.ok_or(Malformed)?,
            is_http_1_1: request.version == Some(1),
            headers: request.headers.iter().map(|header| (header.name, header.value)).collect(),
        }))
    }

    /// Returns whether the method is GET.
    pub fn is_get(&self) -> bool {
        self.method == "GET"
    }

    /// The path, without a query. In front of it can be scheme and host (RFC 9112, 3.2.2).
    pub fn path(&self) -> &'a str {
        let path = self.target.split('?').next().unwrap_or_default();
        let is_web =
            |scheme: &str| ["http", "https"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
        match path.split_once("://") {
            Some((scheme, rest)) if is_web(scheme) => rest.find('/').map_or("/", |at| &rest[at..]),
            _ => path,
        }
    }

    /// The elements of `X-Forwarded-For`: each proxy adds the address from which the request came to it.
    pub fn forwarded_for(&self) -> Vec<Cow<'a, str>> {
        let values = self.values("X-Forwarded-For");
        values.flat_map(|value| value.split(|b| *b == b',')).map(String::from_utf8_lossy).collect()
    }

    /// Returns whether each proxy that says so says that the request was encrypted on its way there.
    pub fn is_forwarded_https(&self) -> bool {
        let mut values = self.values("X-Forwarded-Proto").peekable();
        values.peek().is_some() && values.all(|value| value.eq_ignore_ascii_case(b"https"))
    }

    /// Returns how the request becomes a WebSocket. `listed` are the origins that may connect beside the own one.
    pub fn upgrade(&self, listed: &[Origin]) -> Result<Upgrade, Rejection> {
        let wants =
            self.has_token("Upgrade", "websocket") && self.has_token("Connection", "upgrade");
        if !wants || !self.is_http_1_1 || self.one("Sec-WebSocket-Version")? != Some("13") {
            return Err(Rejection::UpgradeRequired);
        }
        let host = self.one("Host")?.ok_or(Rejection::Header("Host"))?;
        if let Some(origin) =
            self.one("Origin")?.filter(|origin| !is_admitted(origin, host, listed))
        {
            return Err(Rejection::Origin { origin: origin.to_owned(), host: host.to_owned() });
        }
        let key = self.one("Sec-WebSocket-Key")?.unwrap_or_default();
        if BASE64_STANDARD.decode(key).map_or(0, |key| key.len()) != 16 {
            return Err(Rejection::Header("Sec-WebSocket-Key"));
        }
        let accept = accept(key);
        let offers =
            |name: &&str| self.tokens("Sec-WebSocket-Protocol").any(|token| token == *name);
        let subprotocol = [JSON_SUBPROTOCOL, SUBPROTOCOL].into_iter().find(offers);
        Ok(Upgrade { accept, subprotocol })
    }

    fn values(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }

    /// The value of a header that may not occur twice.
    fn one(&self, name: &'static str) -> Result<Option<&'a str>, Rejection> {
        let mut values = self.values(name);
        match (values.next().map(str::from_utf8), values.next()) {
            (None, _) => Ok(None),
            (Some(Ok(value)), None) => Ok(Some(value)),
            _ => Err(Rejection::Header(name)),
        }
    }

    fn tokens(&self, name: &'static str) -> impl Iterator<Item = &'a str> {
        let values = self.values(name).filter_map(|value| str::from_utf8(value).ok());
        values.flat_map(|value| value.split(',')).map(str::trim)
    }

    fn has_token(&self, name: &'static str, wanted: &str) -> bool {
        self.tokens(name).any(|token| token.eq_ignore_ascii_case(wanted))
    }
}

/// The proof that a server has read this key and means WebSocket.
pub(super) fn accept(key: &str) -> String {
    let mut proof = Sha1::from(key);
    proof.update(PROOF);
    BASE64_STANDARD.encode(proof.digest().bytes())
}

impl Upgrade {
    /// Returns whether the client is sent JSON.
    pub fn is_json(&self) -> bool {
        self.subprotocol == Some(JSON_SUBPROTOCOL)
    }

    /// The response, behind which frames follow.
    pub fn response(&self) -> String {
        let subprotocol = self.subprotocol.map_or(String::new(), |subprotocol| {
            format!("Sec-WebSocket-Protocol: {subprotocol}\r\n")
        });
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n{subprotocol}\r\n",
            self.accept
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const REST: &str = "Host: a.example\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n";

    fn upgrade(headers: &str) -> Result<String, Rejection> {
        let head = format!("GET /ws HTTP/1.1\r\n{headers}\r\n");
        let request = Request::parse(head.as_bytes()).unwrap().unwrap();
        request.upgrade(&[]).map(|upgrade| upgrade.response())
    }

    #[test]
    fn r10_1_the_example_of_the_rfc_is_answered_as_it_says() {
        let response = upgrade(&format!("{REST}{KEY}")).unwrap();
        assert!(
            response.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            "{response}"
        );
        assert!(!response.contains("Sec-WebSocket-Protocol"), "{response}");
    }

    #[test]
    fn r10_1_the_subprotocol_is_answered_if_it_is_offered() {
        for (offer, answered) in [
            ("Sec-WebSocket-Protocol: chat.v1\r\n", true),
            ("Sec-WebSocket-Protocol: chat.v9, chat.v1\r\n", true),
            ("Sec-WebSocket-Protocol: a\r\nsec-websocket-protocol: chat.v1\r\n", true),
            ("Sec-WebSocket-Protocol: chat.v11\r\n", false),
        ] {
            let response = upgrade(&format!("{REST}{KEY}{offer}")).unwrap();
            assert_eq!(
                response.contains("Sec-WebSocket-Protocol: chat.v1\r\n"),
                answered,
                "{offer}"
            );
        }
    }

    #[test]
    fn r10_1_what_is_no_handshake_is_rejected() {
        for missing in REST.split_inclusive("\r\n").chain([KEY]) {
            let headers = format!("{REST}{KEY}").replace(missing, "");
            assert!(upgrade(&headers).is_err(), "without {missing}");
            let twice = upgrade(&format!("{REST}{KEY}{missing}"));
            let may_be_twice = missing.starts_with("Upgrade") || missing.starts_with("Connection");
            assert_eq!(twice.is_ok(), may_be_twice, "{missing} twice");
        }
        for (wrong, right) in [
            ("Version: 12", "Version: 13"),
            ("Upgrade: h2c", "Upgrade: websocket"),
            ("Key: dGhl", "Key: "),
        ] {
            assert!(upgrade(&format!("{REST}{KEY}").replace(right, wrong)).is_err(), "{wrong}");
        }
        let old = format!("GET /ws HTTP/1.0\r\n{REST}{KEY}\r\n");
        assert!(Request::parse(old.as_bytes()).unwrap().unwrap().upgrade(&[]).is_err());
    }

    #[test]
    fn r10_2_a_page_of_another_host_is_rejected_and_a_client_without_a_page_is_not() {
        for (origin, admitted) in [
            ("", true),
            ("Origin: http://a.example\r\n", true),
            ("Origin: http://b.example\r\n", false),
            ("Origin: null\r\n", false),
            ("Origin: http://a.example\r\nOrigin: http://a.example\r\n", false),
        ] {
            assert_eq!(upgrade(&format!("{REST}{KEY}{origin}")).is_ok(), admitted, "{origin}");
        }
    }

    #[test]
    fn r10_1_a_path_may_have_scheme_and_host_in_front() {
        for (target, path) in [
            ("/ws", "/ws"),
            ("http://a.example/ws?x=1", "/ws"),
            ("HTTPS://a.example:8443/ws", "/ws"),
            ("http://a.example", "/"),
            ("http://a.example?/ws", "/"),
            ("/x/http://a.example/ws", "/x/http://a.example/ws"),
            ("ftp://a.example/ws", "ftp://a.example/ws"),
        ] {
            let head = format!("GET {target} HTTP/1.1\r\n\r\n");
            assert_eq!(Request::parse(head.as_bytes()).unwrap().unwrap().path(), path, "{target}");
        }
    }

    #[test]
    fn r10_1_a_head_may_come_in_pieces() {
        let head = format!("GET /ws?x=1 HTTP/1.1\r\n{REST}{KEY}\r\n");
        for end in 0..head.len() {
            assert!(Request::parse(&head.as_bytes()[..end]).unwrap().is_none(), "{end}");
        }
        let request = Request::parse(head.as_bytes()).unwrap().unwrap();
        assert!(request.is_get() && request.path() == "/ws");
        assert!(Request::parse(b"\x16\x03\x01\x02\x00\x01\x00").is_err());
    }
}
