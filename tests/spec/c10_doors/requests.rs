//! Requests to the web listener.

use assert_cmd::Command;
use chat_drive::failure::Result;
use chat_tests::binaries;
use chat_tests::chat::Chat;
use chat_tests::harness::door::Door;
use predicates::prelude::*;

use super::{start, web};

/// A request that becomes a WebSocket.
const RIGHT: &str = "GET /ws HTTP/1.1\r\nHost: chat\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// The status line of the response to this request.
fn status(chat: &Chat, request: &str) -> Result<String> {
    let mut peer = chat.stage.connect_through(Door::Plain, "somebody", web(chat))?;
    peer.send(request)?;
    let status = peer.hear()?.unwrap_or_default().trim_end().to_owned();
    if !status.contains("101") {
        while peer.hear()?.is_some() {}
    }
    Ok(status)
}

#[test]
fn r10_1_what_is_no_websocket_gets_a_status_and_its_connection_ends() -> Result {
    let chat = start(&[])?;
    let long = format!("GET /ws HTTP/1.1\r\nCookie: {}\r\n\r\n", "x".repeat(8192));
    for (request, wanted) in [
        ("GET /page HTTP/1.1\r\nHost: chat\r\n\r\n", "HTTP/1.1 404 Not Found"),
        ("GET /wsx HTTP/1.1\r\nHost: chat\r\n\r\n", "HTTP/1.1 404 Not Found"),
        ("POST /ws HTTP/1.1\r\nHost: chat\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        ("POST /ws HTTP/1.1\r\nContent-Length: 3\r\n\r\na=1", "HTTP/1.1 405 Method Not Allowed"),
        ("GET /ws HTTP/1.1\r\nHost: chat\r\n\r\n", "HTTP/1.1 426 Upgrade Required"),
        ("hola\r\n", "HTTP/1.1 400 Bad Request"),
        (&long, "HTTP/1.1 431 Request Header Fields Too Large"),
        (&format!("{RIGHT}\r\n"), "HTTP/1.1 101 Switching Protocols"),
        (
            &format!("{RIGHT}\r\n").replace("/ws", "http://chat/ws"),
            "HTTP/1.1 101 Switching Protocols",
        ),
        (&format!("{RIGHT}\r\n").replace("dGhl", ""), "HTTP/1.1 400 Bad Request"),
    ] {
        assert_eq!(status(&chat, request)?, wanted, "{request:?}");
    }
    Ok(())
}

#[test]
fn r10_2_a_page_of_another_host_is_refused_unless_it_is_listed() -> Result {
    let chat = start(&["--web-origin", "https://a.example,https://b.example:8443"])?;
    for (origin, admitted) in [
        ("", true),
        ("Origin: http://chat\r\n", true),
        ("Origin: https://a.example\r\n", true),
        ("Origin: https://b.example:8443\r\n", true),
        ("Origin: https://b.example\r\n", false),
        ("Origin: http://chat.evil.example\r\n", false),
        ("Origin: null\r\n", false),
    ] {
        let status = status(&chat, &format!("{RIGHT}{origin}\r\n"))?;
        assert_eq!(status.contains("101"), admitted, "{origin:?}: {status}");
        assert_eq!(status.contains("403"), !admitted, "{origin:?}: {status}");
    }
    let warned = |line: &str| line.contains("WARN") && line.contains("origin null is not chat");
    chat.server.err.find(warned, "a warning").map(drop)
}

#[test]
fn r10_2_an_origin_with_a_path_is_bad_usage() {
    let mut server = Command::from_std(binaries::server());
    server.args(["--web", "0", "--web-origin", "https://a.example/chat"]);
    server.assert().code(2).stderr(predicate::str::contains("without a path"));
}

#[test]
fn r10_2_an_origin_without_a_web_is_bad_usage() {
    let mut server = Command::from_std(binaries::server());
    server.args(["--web-origin", "https://a.example"]);
    server.assert().code(2).stderr(predicate::str::contains("--web <"));
}

#[test]
fn r10_1_a_door_that_is_off_is_no_host_of_this_name() {
    let mut server = Command::from_std(binaries::server());
    server.args(["--web", "off"]);
    server.assert().code(2).stderr(predicate::str::contains("'off'"));
}

#[test]
fn r10_1_no_door_at_all_is_bad_usage() {
    let mut server = Command::from_std(binaries::server());
    server.args(["--bind", "off"]);
    server.assert().code(2).stderr(predicate::str::contains("--web"));
}

#[test]
fn r10_10_a_request_beyond_the_limit_of_its_address_is_told_so() -> Result {
    let chat = start(&["--max-per-ip", "1"])?;
    let _silent = chat.stage.connect_through(Door::Plain, "silent", web(&chat))?;
    let mut peer = chat.stage.connect_through(Door::Plain, "somebody", web(&chat))?;
    peer.send(format!("{RIGHT}\r\n"))?;
    assert_eq!(peer.hear()?.as_deref(), Some("HTTP/1.1 429 Too Many Requests\r"));
    assert_eq!(peer.hear()?.as_deref(), Some("Retry-After: 5\r"));
    let refused = format!("cliente {} rechazado: --max-per-ip 1", peer.address());
    chat.server.out.wait_for(&refused)
}

/// The whole response to a request for the page.
fn page(chat: &Chat) -> Result<String> {
    let mut peer = chat.stage.connect_through(Door::Plain, "somebody", web(chat))?;
    peer.send("GET /?from=here HTTP/1.1\r\nHost: chat\r\n\r\n")?;
    let mut response = Vec::new();
    loop {
        match peer.receive()? {
            chunk if chunk.is_empty() => break,
            chunk => response.extend(chunk),
        }
    }
    Ok(String::from_utf8(response).expect("text"))
}

#[test]
fn r10_25_the_page_is_told_of_the_peers_and_may_connect_to_them() -> Result {
    let response = page(&start(&["--web-peers", "wss://b.example,ws://192.0.2.7:8080/a\"b"])?)?;
    let (head, page) = response.split_once("\r\n\r\n").expect("a head");
    let rule = "; connect-src 'self' wss://b.example:443 ws://192.0.2.7:8080; ";
    assert!(head.contains(rule), "{head}");
    let told = "content=\"wss://b.example:443/ws ws://192.0.2.7:8080/a&quot;b\">";
    assert!(page.contains(told), "{}", &page[..500]);
    Ok(())
}

#[test]
fn r10_25_what_no_page_can_connect_to_is_bad_usage() {
    for peer in [
        "b.example",
        "https://b.example/ws",
        "tls://b.example",
        "ws://[::1]:8080/ws",
        "ws://b_c.example/ws",
        "ws://b..example/ws",
        "wss://b.example/;script-src *",
        "wss://b.example/#a",
        "wss://b.example,",
    ] {
        let mut server = Command::from_std(binaries::server());
        server.args(["--web", "0", "--web-peers", peer]);
        let expected = "expected ws://HOST:PORT/ws or wss://HOST:PORT/ws";
        server.assert().code(2).stderr(predicate::str::contains(expected));
    }
    let mut server = Command::from_std(binaries::server());
    server.args(["--web-peers", "wss://b.example/ws"]);
    server.assert().code(2).stderr(predicate::str::contains("--web <"));
}

#[test]
fn r10_23_the_page_comes_with_a_policy_that_lets_nothing_else_run() -> Result {
    let response = page(&start(&[])?)?;
    let (head, page) = response.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    let headers: Vec<&str> = head.lines().collect();
    for header in [
        "Content-Type: text/html; charset=utf-8",
        "X-Content-Type-Options: nosniff",
        "Referrer-Policy: no-referrer",
        "Cache-Control: no-cache",
        "Connection: close",
    ] {
        assert!(headers.contains(&header), "no {header} in {head}");
    }
    assert!(headers.contains(&&*format!("Content-Length: {}", page.len())), "{head}");
    let policy = headers.iter().find_map(|line| line.strip_prefix("Content-Security-Policy: "));
    let rules: Vec<&str> = policy.expect("a policy").split("; ").collect();
    for rule in [
        "default-src 'none'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(rules.contains(&rule), "no {rule} in {rules:?}");
    }
    for source in ["script-src 'sha256-", "style-src 'sha256-"] {
        assert!(rules.iter().any(|rule| rule.starts_with(source)), "no {source} in {rules:?}");
    }
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</script>\n"), "whole");
    Ok(())
}
