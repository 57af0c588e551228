//! A client's end: the request for a WebSocket, the check of the answer, and masked frames.

use base64::prelude::{BASE64_STANDARD, Engine};
use thiserror::Error;

use super::frame::{Opcode, put_header};
use super::handshake::{MAX_HEADERS, accept};

/// A request that has been made, and the answer that it has to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The request's head.
    pub head: String,
    accept: String,
    subprotocol: Option<String>,
}

/// A server's answer is none that makes a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotOpened {
    /// The bytes are no response of HTTP.
    #[error("its answer is no HTTP")]
    Malformed,
    /// It has another status than 101.
    #[error("it answers {code} {reason}")]
    Status {
        /// The status code.
        code: u16,
        /// The words behind it.
        reason: String,
    },
    /// A header is missing or wrong.
    #[error("its answer has no right {0}")]
    Header(&'static str),
}

impl Request {
    /// The request for a resource of a host, as it stands in the URL. The key is 16 random bytes.
    pub fn new(host: &str, path: &str, key: [u8; 16], subprotocol: Option<&str>) -> Self {
        let key = BASE64_STANDARD.encode(key);
        let offer = subprotocol.map_or_else(String::new, |subprotocol| {
            format!("Sec-WebSocket-Protocol: {subprotocol}\r\n")
        });
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{offer}\r\n"
        );
        Self { head, accept: accept(&key), subprotocol: subprotocol.map(str::to_owned) }
    }

    /// Checks the server's answer. Returns the length of its head, behind which frames follow; `None`: it is not
    /// whole yet. A server may take no subprotocol, but no other one than was offered.
    pub fn check(&self, bytes: &[u8]) -> Result<Option<usize>, NotOpened> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(bytes).map_err(|_| NotOpened::Malformed)?;
        let httparse::Status::Complete(length) = parsed else { return Ok(None) };
        let code = response.code.ok_or(NotOpened::Malformed)?;
        if code != 101 {
            let reason = response.reason.unwrap_or_default().to_owned();
            return Err(NotOpened::Status { code, reason });
        }
        let value = |name: &str| {
            let found =
                response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            found.and_then(|header| str::from_utf8(header.value).ok()).map(str::trim)
        };
        let has = |name: &'static str, token: &str| {
            let mut tokens = value(name).unwrap_or_default().split(',').map(str::trim);
            let has = tokens.any(|found| found.eq_ignore_ascii_case(token));
            has.then_some(()).ok_or(NotOpened::Header(name))
        };
        has("Upgrade", "websocket")?;
        has("Connection", "upgrade")?;
        if value("Sec-WebSocket-Accept") != Some(&*self.accept) {
            return Err(NotOpened::Header("Sec-WebSocket-Accept"));
        }
        let subprotocol = value("Sec-WebSocket-Protocol");
        if subprotocol.is_some() && subprotocol != self.subprotocol.as_deref() {
            return Err(NotOpened::Header("Sec-WebSocket-Protocol"));
        }
        if value("Sec-WebSocket-Extensions").is_some() {
            return Err(NotOpened::Header("Sec-WebSocket-Extensions"));
        }
        Ok(Some(length))
    }
}

/// Makes what stands behind `start` the payload of a frame, which is the last of its message.
pub fn frame(out: &mut Vec<u8>, start: usize, opcode: Opcode, mask: [u8; 4]) {
    let length = out.len() - start;
    for four in out[start..].chunks_mut(mask.len()) {
        for (byte, mask) in four.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
    put_header(out, true, opcode, length, Some(mask));
    // The header was written behind the payload.
    let header = out.len() - start - length;
    out[start..].rotate_right(header);
}

#[cfg(test)]
mod tests {
    use super::super::handshake;
    use super::super::reader::{End, Reader};
    use super::*;
    use crate::websocket::frame::Code;
    use proptest::prelude::*;

    fn request(subprotocol: Option<&str>) -> Request {
        // The key of the example in RFC 6455, 1.3.
        Request::new("a.example", "/ws?v=1", *b"the sample nonce", subprotocol)
    }

    #[test]
    fn r10_1_a_request_gets_the_answer_that_it_has_to_get() {
        for subprotocol in [None, Some("chat.v1")] {
            let request = request(subprotocol);
            let asked = handshake::Request::parse(request.head.as_bytes()).unwrap().unwrap();
            let answer = asked.upgrade(&[]).unwrap().response();
            assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{answer}");
            for end in 0..answer.len() {
                assert_eq!(request.check(&answer.as_bytes()[..end]), Ok(None), "{end}");
            }
            assert_eq!(
                request.check([answer.as_bytes(), b"\x81"].concat().as_slice()),
                Ok(Some(answer.len()))
            );
        }
    }

    #[test]
    fn r10_1_another_answer_is_refused_with_the_reason() {
        let right = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        assert!(request(None).check(right.as_bytes()).is_ok());
        for (from, to, why) in [
            ("101 Switching Protocols", "403 Forbidden", "it answers 403 Forbidden"),
            ("websocket", "h2c", "its answer has no right Upgrade"),
            ("n: Upgrade", "n: close", "its answer has no right Connection"),
            ("s3p", "S3p", "its answer has no right Sec-WebSocket-Accept"),
            ("HTTP/1.1", "bienvenido", "its answer is no HTTP"),
            (
                "\r\n\r\n",
                "\r\nSec-WebSocket-Protocol: b\r\n\r\n",
                "its answer has no right Sec-WebSocket-Protocol",
            ),
            (
                "\r\n\r\n",
                "\r\nSec-WebSocket-Extensions: x\r\n\r\n",
                "its answer has no right Sec-WebSocket-Extensions",
            ),
        ] {
            let wrong = right.replacen(from, to, 1);
            let error = request(Some("a")).check(wrong.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), why);
        }
    }

    /// Reads a server's bytes in pieces; gives the payload and the end.
    fn read(bytes: &[u8], is_stream: bool, size: usize) -> (Vec<u8>, Option<End>) {
        let mut reader = Reader::of_server(is_stream);
        let mut all = Vec::new();
        for piece in bytes.chunks(size) {
            let mut buffer = [b"\0", piece].concat();
            let length = reader.read(&mut buffer, |_| {});
            all.extend_from_slice(&buffer[..length]);
        }
        (all, reader.end())
    }

    #[test]
    fn a_servers_frames_are_read_and_its_faults_seen() {
        let long = [&[0x82, 126, 1, 0][..], &[b'x'; 256]].concat();
        for size in [1, 3, 1000] {
            let (lines, streams) = (
                read(b"\x81\x02ho\x01\x01l\x80\x01a\x81\x02b\n", false, size),
                read(&long, true, size),
            );
            assert_eq!(lines, (b"ho\nla\nb\n".to_vec(), None));
            assert_eq!(streams, (vec![b'x'; 256], None));
            for (wrong, code) in [
                // Its mask could be two frames.
                (&b"\x81\x80\x81\0\x81\0"[..], Code::Protocol),
                (b"\xC1\x01a", Code::Protocol),
                (b"\x83\x01a", Code::Protocol),
                (b"\x80\x01a", Code::Protocol),
                (b"\x09\x00", Code::Protocol),
                (b"\x81\x02\xFFa", Code::NotText),
                (b"\x81\x01\xC3", Code::NotText),
                (b"\x81\x7F\xFF\0\0\0\0\0\0\0", Code::TooLong),
            ] {
                assert_eq!(read(wrong, false, size).1, Some(End::Failed(code)), "{wrong:?}");
            }
            let closed = read(b"\x88\x06\x03\xF5full\x81\x01a", false, size);
            assert_eq!(closed, (Vec::new(), Some(End::Closed(Some(1013)))));
        }
    }

    proptest! {
        #[test]
        fn r10_3_a_frame_is_read_as_it_was_written(
            payload in "[añ€🎈]{0,90}",
            repeat in 1..800_usize,
            mask: [u8; 4],
            size in 1..90_000_usize,
        ) {
            let payload = payload.repeat(repeat).into_bytes();
            let mut out = [b"xx", &*payload].concat();
            frame(&mut out, 2, Opcode::Text, mask);
            let mut reader = Reader::default();
            let mut all = Vec::new();
            for piece in out[2..].chunks(size) {
                let mut buffer = [b"\0", piece].concat();
                let length = reader.read(&mut buffer, |_| {});
                all.extend_from_slice(&buffer[..length]);
            }
            prop_assert_eq!(reader.end(), None);
            prop_assert_eq!(all, [&*payload, b"\n"].concat());
        }
    }
}
