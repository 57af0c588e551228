use clap::Parser;
use proxy_header::ProxiedAddress;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    options: ProxyOptions,
    #[arg(long)]
    web: bool,
}

fn proxies(arguments: &str) -> Result<Proxies, clap::Error> {
    let arguments = ["x"].into_iter().chain(arguments.split_whitespace());
    Line::try_parse_from(arguments).map(|line| Proxies::new(line.options))
}

fn client(proxies: &Proxies, peer: &str, headers: &str) -> Option<String> {
    let head = format!("GET /ws HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
    let request = Request::parse(head.as_bytes()).unwrap().unwrap();
    proxies.forwarded(peer.parse().unwrap(), &request).map(|client| client.to_string())
}

#[test]
fn r10_18_the_client_is_the_last_that_is_no_proxy() {
    for (peer, headers, wanted) in [
        ("127.0.0.1:9", "X-Forwarded-For: 192.0.2.1\r\n", Some("192.0.2.1:1")),
        ("127.0.0.1:9", "x-forwarded-for:192.0.2.7, 192.0.2.1\r\n", Some("192.0.2.1:1")),
        ("127.0.0.1:9", "X-Forwarded-For: 192.0.2.1, 10.1.1.1,127.0.0.1\r\n", Some("192.0.2.1:1")),
        ("127.0.0.1:9", "X-Forwarded-For: forged, 192.0.2.1\r\n", Some("192.0.2.1:1")),
        (
            "127.0.0.1:9",
            "X-Forwarded-For: \u{e9}\r\nX-Forwarded-For: 192.0.2.1\r\n",
            Some("192.0.2.1:1"),
        ),
        (
            "127.0.0.1:9",
            "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 10.0.0.1\r\n",
            Some("192.0.2.1:1"),
        ),
        ("127.0.0.1:9", "X-Forwarded-For: 10.0.0.2, 10.0.0.1\r\n", Some("10.0.0.2:1")),
        ("127.0.0.1:9", "X-Forwarded-For: ::ffff:192.0.2.1\r\n", Some("192.0.2.1:1")),
        ("127.0.0.1:9", "X-Forwarded-For: 192.0.2.1:4711\r\n", Some("192.0.2.1:1")),
        ("127.0.0.1:9", "X-Forwarded-For: [2001:db8::1]:4711\r\n", Some("[2001:db8::1]:1")),
        ("127.0.0.1:9", "X-Forwarded-For: [2001:db8::1]\r\n", Some("[2001:db8::1]:1")),
        ("127.0.0.1:9", "", Some("127.0.0.1:9")),
        ("127.0.0.1:9", "X-Forwarded-For: unknown\r\n", None),
        ("127.0.0.1:9", "X-Forwarded-For: 192.0.2.1, \r\n", None),
        ("192.0.2.9:9", "X-Forwarded-For: 192.0.2.1\r\n", Some("192.0.2.9:9")),
    ] {
        let proxies = proxies("--web --proxy forwarded --proxy-from 127.0.0.1,10.0.0.0/8").unwrap();
        assert_eq!(client(&proxies, peer, headers).as_deref(), wanted, "{peer} {headers:?}");
    }
}

#[test]
fn r10_18_clients_without_a_port_are_numbered() {
    let proxies = proxies("--web --proxy forwarded --proxy-from ::1").unwrap();
    let number = || client(&proxies, "[::1]:9", "X-Forwarded-For: 192.0.2.1\r\n").unwrap();
    assert_eq!([number(), number()], ["192.0.2.1:1", "192.0.2.1:2"]);
    let others: Vec<_> = (3..=65535).map(|_| number()).collect();
    assert_eq!(others.last().unwrap(), "192.0.2.1:65535");
    assert_eq!(number(), "192.0.2.1:1", "0 is no port");
}

#[test]
fn r10_18_without_forwarded_the_header_says_nothing() {
    for arguments in ["", "--proxy v2 --proxy-from 127.0.0.1"] {
        let proxies = proxies(arguments).unwrap();
        let client = client(&proxies, "127.0.0.1:9", "X-Forwarded-For: 192.0.2.1\r\n");
        assert_eq!(client.as_deref(), Some("127.0.0.1:9"), "{arguments}");
    }
}

#[test]
fn r10_17_a_way_needs_proxies_that_are_believed() {
    for (arguments, right) in [
        ("", true),
        ("--proxy off", true),
        ("--proxy v2", false),
        ("--proxy v2 --proxy-from ::1", true),
        ("--web --proxy forwarded", false),
        ("--proxy forwarded --proxy-from ::1", false),
        ("--web --proxy forwarded --proxy-from ::1", true),
    ] {
        assert_eq!(proxies(arguments).is_ok(), right, "{arguments}");
    }
}

/// What is left of these bytes, and the client.
async fn announced(bytes: &[u8]) -> (Option<String>, usize) {
    let (mut rest, proxies) = (bytes, proxies("--proxy v2 --proxy-from 127.0.0.1").unwrap());
    let client = proxies.client(&mut rest, "127.0.0.1:9".parse().unwrap()).await;
    (client.map(|client| client.to_string()), rest.len())
}

#[tokio::test]
async fn r10_17_a_header_is_read_and_nothing_behind_it() {
    for source in ["192.0.2.1:4711", "[2001:db8::1]:4711"] {
        let mut bytes = Vec::new();
        let address = source.parse().unwrap();
        ProxyHeader::with_address(ProxiedAddress::stream(address, address))
            .encode_v2(&mut bytes)
            .unwrap();
        bytes.extend(b"hola\n");
        assert_eq!(announced(&bytes).await, (Some(source.to_owned()), 5));
        bytes[0] = b'P';
        assert_eq!(announced(&bytes).await.0, None);
    }
    let mut local = Vec::new();
    ProxyHeader::with_local().encode_v2(&mut local).unwrap();
    assert_eq!(announced(&local).await, (Some("127.0.0.1:9".to_owned()), 0));
    for wrong in [&b"hola\n"[..], b"", &local[..15], b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"] {
        assert_eq!(announced(wrong).await.0, None, "{wrong:?}");
    }
    local[14..].copy_from_slice(&u16::MAX.to_be_bytes());
    local.resize(local.len() + usize::from(u16::MAX), 0);
    assert_eq!(announced(&local).await.0, None, "no proxy says that much");
}

#[tokio::test(start_paused = true)]
async fn r10_17_a_header_that_does_not_come_ends_the_connection() {
    let (_client, mut server) = tokio::io::duplex(64);
    let proxies = proxies("--proxy v2 --proxy-from 127.0.0.1").unwrap();
    assert_eq!(proxies.client(&mut server, "127.0.0.1:9".parse().unwrap()).await, None);
}
