//! HTTP as far as it is needed: the head of a request, and responses that end their connection.

use std::fmt;
use std::io;
use std::time::Duration;

use chat_protocol::websocket::handshake::Request;
use memchr::memmem;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

/// The longest head of a request, in bytes. Browsers with many cookies need some two thousand.
pub(super) const MAX_HEAD: usize = 8 * 1024;

/// The time for the head of a request: browsers send it at once.
const HEAD_TIME: Duration = Duration::from_secs(5);

const END: &[u8] = b"\r\n\r\n";

/// A response that ends its connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// The bytes are no request, or there is something behind it.
    Malformed,
    /// The page comes from another host. The text names both.
    Origin(String),
    NotFound,
    /// Not GET.
    Method,
    /// The head did not come in time.
    Late,
    /// A request for `/ws` that is for no WebSocket.
    Upgrade,
    /// A limit of the client's address is reached.
    TooMany,
    /// The head is too long.
    TooLong,
    /// Too many others are asking.
    Full,
}

impl Status {
    /// The whole response.
    pub(crate) fn response(&self) -> String {
        let header = match self {
            Self::Method => "Allow: GET\r\n",
            Self::Upgrade => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
            Self::TooMany | Self::Full => "Retry-After: 5\r\n",
            _ => "",
        };
        let status = self.to_string();
        let body = match self {
            Self::Origin(names) => names,
            _ => &status,
        };
        response(&status, header, "text/plain; charset=utf-8", &format!("{body}\n"))
    }
}

/// A response that ends its connection. The header is lines with their ends.
pub(crate) fn response(status: &str, header: &str, form: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{header}Content-Type: {form}\r\nContent-Length: {}\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The code and its name.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "400 Bad Request",
            Self::Origin(_) => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::Method => "405 Method Not Allowed",
            Self::Late => "408 Request Timeout",
            Self::Upgrade => "426 Upgrade Required",
            Self::TooMany => "429 Too Many Requests",
            Self::TooLong => "431 Request Header Fields Too Large",
            Self::Full => "503 Service Unavailable",
        })
    }
}

/// Reads the head of a request, and nothing behind it: a client waits for the response.
pub(crate) async fn head(
    stream: &mut (impl AsyncRead + Unpin),
) -> io::Result<Result<Vec<u8>, Status>> {
    timeout(HEAD_TIME, read_head(stream)).await.unwrap_or(Ok(Err(Status::Late)))
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Result<Vec<u8>, Status>> {
    let mut head = Vec::new();
    loop {
        let begun = head.len();
        if (&mut *stream).take((MAX_HEAD + 1 - begun) as u64).read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let looked_at = begun.saturating_sub(END.len() - 1);
        let end = memmem::find(&head[looked_at..], END).map(|end| looked_at + end + END.len());
        match end.filter(|end| *end <= MAX_HEAD) {
            // Another method has its own refusal, whatever stands behind it.
            Some(end) if end < head.len() && !is_other_method(&head[..end]) => {
                return Ok(Err(Status::Malformed));
            }
            Some(end) => {
                head.truncate(end);
                return Ok(Ok(head));
            }
            None if head.len() > MAX_HEAD => return Ok(Err(Status::TooLong)),
            // Something else than HTTP is told so at once.
            None if begun == 0 && Request::parse(&head).is_err() => {
                return Ok(Err(Status::Malformed));
            }
            None => {}
        }
    }
}

fn is_other_method(head: &[u8]) -> bool {
    Request::parse(head).is_ok_and(|request| request.is_some_and(|request| !request.is_get()))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::time::{Instant, sleep};

    use super::*;

    async fn read(bytes: &[u8]) -> Result<Vec<u8>, Status> {
        // In two pieces, of which the second may be empty.
        let (one, other) = bytes.split_at(bytes.len() / 2);
        head(&mut one.chain(other)).await.unwrap_or(Ok(b"ended".to_vec()))
    }

    #[tokio::test]
    async fn r10_1_a_head_is_whole_and_short_and_has_nothing_behind_it() {
        let whole = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(read(whole).await, Ok(whole.to_vec()));
        assert_eq!(read(&whole[..whole.len() - 1]).await, Ok(b"ended".to_vec()));
        for behind in [&b"x"[..], &[b'x'; MAX_HEAD]] {
            let more = [b"\r\n", &whole[..], behind].concat();
            assert_eq!(read(&more).await, Err(Status::Malformed));
        }
        let post = b"POST / HTTP/1.1\r\n\r\n";
        let with_body = [&post[..], &[b'x'; MAX_HEAD]].concat();
        assert_eq!(read(&with_body).await, Ok(post.to_vec()));
        assert_eq!(read(b"\x16\x03\x01\x02\x00\x01").await, Err(Status::Malformed));
        for (length, fits) in [(MAX_HEAD, true), (MAX_HEAD + 1, false)] {
            let cookie = "x".repeat(length - whole.len() - "Cookie: \r\n".len());
            let long = format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n");
            let read = read(long.as_bytes()).await;
            if fits {
                assert_eq!(read, Ok(long.into_bytes()));
            } else {
                assert_eq!(read, Err(Status::TooLong));
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn r10_1_a_head_that_drips_is_late() {
        let (mut client, mut server) = tokio::io::duplex(64);
        let begun = Instant::now();
        let drip = async {
            for byte in b"GET / HTTP/1.1\r\nHost: a" {
                client.write_all(&[*byte]).await.unwrap();
                sleep(Duration::from_millis(300)).await;
            }
        };
        let (read, ()) = tokio::join!(head(&mut server), drip);
        assert_eq!(read.unwrap(), Err(Status::Late));
        assert!(begun.elapsed() >= HEAD_TIME);
    }

    #[test]
    fn r10_1_a_response_ends_its_connection() {
        let response = Status::Method.response();
        assert!(
            response.starts_with("HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n"),
            "{response}"
        );
        assert!(response.contains("\r\nConnection: close\r\n"), "{response}");
        assert!(response.contains("\r\nContent-Length: 23\r\n"), "{response}");
        assert!(response.ends_with("\r\n\r\n405 Method Not Allowed\n"), "{response}");
    }
}
