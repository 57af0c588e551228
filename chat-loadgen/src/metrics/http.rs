//! As much of HTTP/1.1 as a scrape needs: `GET` and `HEAD` of one page, an answer for each connection,
//! then its end.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Maximum number of connections that are served at a time, each by a thread of its own; more wait for
/// one that ends.
const AT_ONCE: usize = 16;
/// Path of the page.
const PATH: &str = "/metrics";
/// Maximum size of a request's head in bytes: that of most servers.
const MAX_HEAD: usize = 8 * 1024;
/// Maximum number of fields of a head.
const MAX_FIELDS: usize = 64;
/// Maximum time for one connection, from its beginning to its end.
const TIME: Duration = Duration::from_secs(5);
/// Maximum number of bytes that are read and forgotten behind a head, so that the answer is not
/// destroyed by a reset.
const MAX_REST: u64 = 64 * 1024;
/// Pause after a connection that could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// Media type of the page.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Begins to answer requests, without end.
///
/// # Errors
///
/// When the system gives no thread.
pub(super) fn serve<P>(listener: TcpListener, page: P) -> io::Result<()>
where
    P: Fn() -> String + Send + Sync + 'static,
{
    let shared = Arc::new((listener, page));
    for _ in 0..AT_ONCE {
        let shared = Arc::clone(&shared);
        let serve = move || serve_in_turn(&shared.0, &shared.1);
        thread::Builder::new().name("metrics".to_owned()).spawn(serve)?;
    }
    Ok(())
}

fn serve_in_turn(listener: &TcpListener, page: &impl Fn() -> String) {
    loop {
        match listener.accept() {
            // One that asks badly, or goes away, is its own loss.
            Ok((stream, _)) => drop(answer(&stream, page)),
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

/// A connection that has to end by some time.
struct Timed<'a> {
    stream: &'a TcpStream,
    deadline: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn answer(stream: &TcpStream, page: &impl Fn() -> String) -> io::Result<()> {
    let mut timed = Timed { stream, deadline: Instant::now() + TIME };
    let Some(request) = read_request(&mut timed)? else { return Ok(()) };
    timed.write_all(&response(&request, page))?;
    stream.shutdown(std::net::Shutdown::Write)?;
    io::copy(&mut timed.take(MAX_REST), &mut io::sink()).map(drop)
}

/// A request, as far as it matters.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    /// Of this method and path.
    Page { method: String, path: String },
    /// Its head is too long.
    TooLong,
    /// It is no request.
    Bad,
}

/// Reads a request's head. None if the peer goes away before its end.
fn read_request(from: &mut impl Read) -> io::Result<Option<Request>> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(None);
        }
        head.extend_from_slice(&buffer[..read]);
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut request = httparse::Request::new(&mut fields);
        match request.parse(&head) {
            Ok(httparse::Status::Complete(length)) if length <= MAX_HEAD => {
                let [method, path] =
                    [request.method, request.path].map(|part| part.unwrap_or("").to_owned());
                return Ok(Some(Request::Page { method, path }));
            }
            Ok(httparse::Status::Partial) if head.len() < MAX_HEAD => {}
            Ok(_) | Err(httparse::Error::TooManyHeaders) => return Ok(Some(Request::TooLong)),
            Err(_) => return Ok(Some(Request::Bad)),
        }
    }
}

fn response(request: &Request, page: &impl Fn() -> String) -> Vec<u8> {
    let (method, path) = match request {
        Request::Page { method, path } => (method.as_str(), path.as_str()),
        Request::TooLong => return message("431 Request Header Fields Too Large", "", true),
        Request::Bad => return message("400 Bad Request", "", true),
    };
    let has_body = method != "HEAD";
    if !["GET", "HEAD"].contains(&method) {
        return message("405 Method Not Allowed", "Allow: GET, HEAD\r\n", has_body);
    }
    if path.split('?').next() != Some(PATH) {
        return message("404 Not Found", "", has_body);
    }
    with_body("200 OK", "", TEXT, &page(), has_body)
}

/// An answer whose body is its status.
fn message(status: &str, fields: &str, has_body: bool) -> Vec<u8> {
    with_body(status, fields, "text/plain", &format!("{status}\n"), has_body)
}

fn with_body(status: &str, fields: &str, kind: &str, body: &str, has_body: bool) -> Vec<u8> {
    let length = body.len();
    let body = if has_body { body } else { "" };
    format!(
        "HTTP/1.1 {status}\r\n{fields}Content-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    /// Begins to serve a page. The threads end with the test's process.
    fn start() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        serve(listener, || "figures 1\n".to_owned()).expect("threads");
        address
    }

    fn connect(to: SocketAddr) -> TcpStream {
        let stream = TcpStream::connect(to).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
        stream
    }

    /// The answer to these bytes.
    fn ask(mut stream: TcpStream, bytes: &[u8]) -> String {
        stream.write_all(bytes).expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    #[test]
    fn a_scrape_gets_the_page_and_its_length() {
        let address = start();
        let answer = ask(connect(address), b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
        assert!(head.contains("\r\nContent-Length: 10\r\n") && body == "figures 1\n", "{answer}");
        let answer = ask(connect(address), b"GET /metrics?x=1 HTTP/1.0\r\n\r\n");
        assert!(answer.ends_with("figures 1\n"), "{answer}");
    }

    #[test]
    fn connections_that_do_not_ask_do_not_keep_others_waiting() {
        let address = start();
        let mut silent: Vec<_> = (1..AT_ONCE).map(|_| connect(address)).collect();
        for stream in &mut silent {
            stream.write_all(b"GET /metrics ").expect("it is sent");
        }
        assert!(ask(connect(address), b"GET /metrics HTTP/1.1\r\n\r\n").contains(" 200 OK"));
        // Their time is not over.
        for stream in silent {
            assert!(ask(stream, b"HTTP/1.1\r\n\r\n").contains(" 200 OK"));
        }
    }

    #[test]
    fn head_gets_the_same_without_the_page() {
        let answer = ask(connect(start()), b"HEAD /metrics HTTP/1.1\r\n\r\n");
        assert!(answer.contains("\r\nContent-Length: 10\r\n") && answer.ends_with("\r\n\r\n"));
    }

    #[test]
    fn any_other_request_is_refused() {
        let address = start();
        let long = format!("GET /metrics HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(MAX_HEAD));
        for (request, status) in [
            ("POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "405"),
            ("GET / HTTP/1.1\r\n\r\n", "404"),
            ("* té con leche\r\n", "400"),
            (&long, "431"),
        ] {
            let answer = ask(connect(address), request.as_bytes());
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer}");
        }
        let answer = ask(connect(address), b"DELETE /metrics HTTP/1.1\r\n\r\n");
        assert!(answer.contains("\r\nAllow: GET, HEAD\r\n"), "{answer}");
    }

    #[test]
    fn a_head_may_come_byte_by_byte_and_without_its_end_is_none() {
        let head = b"GET /metrics HTTP/1.1\r\n\r\n";
        let mut bytes = head.chunks(1).fold(Vec::new(), |mut all, byte| {
            all.push(io::Cursor::new(byte.to_vec()));
            all
        });
        let mut reader: Box<dyn Read> = Box::new(io::empty());
        for byte in bytes.drain(..) {
            reader = Box::new(reader.chain(byte));
        }
        let page = Request::Page { method: "GET".to_owned(), path: PATH.to_owned() };
        assert_eq!(read_request(&mut reader).expect("no error"), Some(page));
        assert_eq!(read_request(&mut &head[..9]).expect("no error"), None);
    }
}
