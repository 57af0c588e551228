//! The listener, and whether the server is healthy.

use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use chat_tests::binaries;
use chat_tests::chat::metrics_in;
use chat_tests::harness::stage::Stage;
use chat_tests::metrics::{ask, get};

use super::*;

/// Longest wait for another state.
const PATIENCE: Duration = Duration::from_secs(30);

/// The status, and the text, of the answer for this path.
#[track_caller]
fn status(at: SocketAddr, path: &str) -> (String, String) {
    let (head, body) = get(at, path).expect("an answer");
    (head.lines().next().unwrap_or_default().to_owned(), body)
}

fn ok(text: &str) -> (String, String) {
    ("HTTP/1.1 200 OK".to_owned(), text.to_owned())
}

fn unavailable(text: &str) -> (String, String) {
    ("HTTP/1.1 503 Service Unavailable".to_owned(), text.to_owned())
}

#[test]
fn r15_1_it_is_ready_until_it_drains_and_lives_until_it_ends() -> Result {
    let options = ["--drain", "20s", "--slow-timeout", "1m", "--outbox", "16MiB"];
    let mut chat = Chat::start_with(&[&options[..], &METRICS].concat())?;
    let at = metrics(&chat);
    assert_eq!(status(at, "/live"), ok("live\n"));
    assert_eq!(status(at, "/ready"), ok("ready\n"));
    // It has yet to take much when the server stops.
    let stuck = chat.stuck_peer("stuck")?;
    let mut ana = chat.peer("ana")?;
    ana.send(("x".repeat(4000) + "\n").repeat(2000))?;
    let behind = |samples: &chat_tests::metrics::Samples| samples["chat_outbox_bytes"] > 1e6;
    chat_tests::metrics::wait_for(at, "behind", behind);
    chat.server.signal(15)?;
    let deadline = Instant::now() + PATIENCE;
    while status(at, "/ready") != unavailable("draining\n") {
        assert!(Instant::now() < deadline, "it is ready still");
    }
    assert_eq!(status(at, "/live"), ok("live\n"));
    drop(stuck);
    chat.server.expect_exit(0)
}

#[test]
fn r15_1_it_lives_and_is_not_ready_while_it_waits_for_the_log() -> Result {
    let stage = Stage::new();
    let mut command = binaries::server();
    command.args(["--bind", "127.0.0.1:0", "--profile", "grupal"]).args(METRICS);
    // Nothing listens there.
    command.args(["--cluster", "nats://127.0.0.1:9"]);
    let server = stage.start("server", command)?;
    let line = server.out.find(|_| true, "where the metrics are")?;
    let at = metrics_in(&line).ok_or_else(|| stage.failure(format!("no address in {line}")))?;
    assert_eq!(status(at, "/live"), ok("live\n"));
    assert_eq!(status(at, "/ready"), unavailable("starting\n"));
    assert!(status(at, "/metrics").1.contains("\nchat_ready 0.0\n"));
    Ok(())
}

#[test]
fn r15_1_other_requests_are_refused_and_their_connections_end() -> Result {
    let chat = Chat::start_with(&METRICS)?;
    let long = format!("GET /metrics HTTP/1.1\r\nCookie: {}\r\n\r\n", "x".repeat(8192));
    for (request, wanted) in [
        ("GET / HTTP/1.1\r\nHost: chat\r\n\r\n", "404 Not Found"),
        ("GET /metrics/ HTTP/1.1\r\nHost: chat\r\n\r\n", "404 Not Found"),
        ("POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\na=1", "405 Method Not Allowed"),
        ("hola\r\n", "400 Bad Request"),
        (&long, "431 Request Header Fields Too Large"),
        ("GET /live?x=1 HTTP/1.1\r\nHost: chat\r\n\r\n", "200 OK"),
    ] {
        let (head, _) = ask(metrics(&chat), request).expect("an answer");
        assert!(head.starts_with(&format!("HTTP/1.1 {wanted}\r\n")), "{request:?}: {head}");
    }
    Ok(())
}

#[test]
fn r15_1_one_connection_more_than_there_are_places_is_closed() -> Result {
    let chat = Chat::start_with(&METRICS)?;
    let connect = || TcpStream::connect(metrics(&chat)).expect("a connection");
    let _silent: Vec<TcpStream> = (0..16).map(|_| connect()).collect();
    let mut further = connect();
    further.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    assert_eq!(further.read(&mut [0]).expect("an end"), 0);
    Ok(())
}
