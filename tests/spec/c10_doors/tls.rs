//! Listeners with TLS.

use std::io::{self, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::door::Door;
use chat_tests::harness::peer::Peer;
use chat_tls::{Trust, provider};
use rustls::{ClientConfig, ClientConnection, SupportedProtocolVersion};

/// The doors of a server that is started with all of them.
const DOORS: [Door; 3] = [Door::Plain, Door::Tls, Door::SecureWebSocket];

#[test]
fn r10_8_all_doors_lead_into_one_chat() -> Result {
    let chat = Chat::start_secured(&[])?;
    let mut peers = Vec::new();
    for door in DOORS {
        peers.push(chat.peer_through(door, door.scheme())?);
    }
    for (i, door) in DOORS.into_iter().enumerate() {
        let text = format!("hola por {}", door.scheme());
        peers[i].send(format!("{text}\n"))?;
        let said = said_by(&peers[i], &text);
        let mut others = peers.iter_mut().enumerate().filter(|(j, _)| *j != i);
        others.try_for_each(|(_, peer)| peer.expect(&said))?;
    }
    Ok(())
}

#[test]
fn r10_8_the_end_is_announced_behind_all_that_was_said() -> Result {
    let chat = Chat::start_secured(&["--idle-timeout", "300ms"])?;
    let mut ana = chat.peer_through(Door::Tls, "ana")?;
    ana.expect(ES.idle_notice())?;
    // Without a close_notify, that would be a fault.
    ana.expect_end()?;
    let mut bea = chat.peer_through(Door::SecureWebSocket, "bea")?;
    bea.expect(ES.idle_notice())?;
    bea.expect_close(4001).map(drop)
}

#[test]
fn r10_8_who_stops_reading_within_a_record_goes_on_where_it_was() -> Result {
    let chat = Chat::start_secured(&["--slow-timeout", "off", "--outbox", "8MiB"])?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer_through(Door::Tls, "bea")?);
    let mut slow = Vec::new();
    for door in [Door::Tls, Door::SecureWebSocket] {
        let address = chat.address_of(door)?;
        let mut peer = chat.stage.connect_taking_little_through(door, "slow", address)?;
        peer.expect(ES.greeting())?;
        slow.push(peer);
    }
    let lines: Vec<String> = (0..1500).map(|n| format!("{n} {}", "x".repeat(1000))).collect();
    for chunk in lines.chunks(100) {
        ana.send(chunk.join("\n") + "\n")?;
        chunk.iter().try_for_each(|line| bea.expect(&said_by(&ana, line)))?;
    }
    let all_of =
        |peer: &mut Peer| lines.iter().try_for_each(|line| peer.expect(&said_by(&ana, line)));
    slow.iter_mut().try_for_each(all_of)
}

/// A handshake that offers one version, and these protocols. The server's certificate must be for its address.
fn shaken(
    chat: &Chat,
    door: Door,
    version: &'static SupportedProtocolVersion,
    protocols: &[&str],
) -> io::Result<ClientConnection> {
    let certificate = chat.certificate.as_ref().expect("a certificate").certificate();
    let Ok(Trust::Roots(roots)) = Trust::file(&certificate) else { panic!("no certificate") };
    let builder = ClientConfig::builder_with_provider(provider());
    let builder = builder.with_protocol_versions(&[version]).expect("a version");
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let address = chat.address_of(door).expect("a listener");
    let mut client =
        ClientConnection::new(Arc::new(config), address.ip().into()).expect("a client");
    let mut socket = TcpStream::connect(address).expect("a connection");
    while client.is_handshaking() {
        client.complete_io(&mut socket)?;
    }
    Ok(client)
}

#[test]
fn r10_8_both_versions_are_spoken_and_the_web_says_http() -> Result {
    let chat = Chat::start_secured(&[])?;
    for version in rustls::ALL_VERSIONS {
        for (door, protocols, chosen) in [
            (Door::Tls, &[][..], None),
            (Door::Tls, &["http/1.1", "chat.v1"], Some("chat.v1")),
            (Door::SecureWebSocket, &["h2", "http/1.1"], Some("http/1.1")),
        ] {
            let client = shaken(&chat, door, version, protocols).expect("a handshake");
            assert_eq!(client.protocol_version(), Some(version.version));
            assert_eq!(client.alpn_protocol(), chosen.map(str::as_bytes));
        }
    }
    Ok(())
}

/// A page could make the browsers of its visitors say something otherwise.
#[test]
fn r10_8_browsers_are_refused_where_lines_are_spoken() -> Result {
    let chat = Chat::start_secured(&[])?;
    for version in rustls::ALL_VERSIONS {
        let refused = shaken(&chat, Door::Tls, version, &["h2", "http/1.1"]).map(drop);
        let reason = refused.expect_err("no handshake").to_string();
        assert!(reason.contains("NoApplicationProtocol"), "{reason}");
    }
    Ok(())
}

/// A client that believes each server, and its connection.
fn stranger(chat: &Chat) -> (ClientConnection, TcpStream) {
    let address = chat.address_of(Door::Tls).expect("a listener");
    let config = Arc::new(Trust::Anyone.client_config().expect("cipher suites"));
    let client = ClientConnection::new(config, address.ip().into()).expect("a client");
    (client, TcpStream::connect(address).expect("a connection"))
}

#[test]
fn r7_1_a_close_notify_alone_ends_the_waiting() -> Result {
    let chat = Chat::start_secured(&["--max-clients", "1", "--when-full", "wait"])?;
    let _ana = chat.peer("ana")?;
    let (mut client, mut socket) = stranger(&chat);
    while client.is_handshaking() {
        client.complete_io(&mut socket).expect("a handshake");
    }
    let address = socket.local_addr().expect("an address");
    chat.server.out.wait_for(&format!("cliente {address} espera su turno"))?;
    client.send_close_notify();
    client.write_tls(&mut socket).expect("it is sent");
    chat.server.out.wait_for(&format!("cliente {address} desconectado"))
}

/// The server is told to stop while it stands still, so that the end of the handshake, the message and the signal are all
/// there when it goes on.
#[cfg(target_os = "linux")]
#[test]
fn r1_6_a_client_whose_handshake_has_just_ended_is_heard_out() -> Result {
    const SIGTERM: i32 = 15;
    const SIGCONT: i32 = 18;
    const SIGSTOP: i32 = 19;
    let mut chat = Chat::start_secured(&[])?;
    let mut ana = chat.peer("ana")?;
    let (mut client, mut socket) = stranger(&chat);
    client.write_tls(&mut socket).expect("a hello");
    while client.is_handshaking() {
        client.read_tls(&mut socket).expect("an answer");
        client.process_new_packets().expect("a handshake");
    }
    chat.server.signal(SIGSTOP)?;
    client.writer().write_all(b"hola\n").expect("space");
    while client.wants_write() {
        client.write_tls(&mut socket).expect("it is sent");
    }
    chat.server.signal(SIGTERM)?;
    chat.server.signal(SIGCONT)?;
    let port = socket.local_addr().expect("an address").port();
    ana.expect(&format!("usuario {port}: hola"))?;
    ana.expect(ES.server_closing())?;
    chat.server.expect_exit(0)
}

/// A client by other hands.
#[test]
fn r10_8_openssl_is_understood() -> Result {
    if Command::new("openssl").arg("version").output().is_err() {
        chat_drive::skip("there is no openssl here");
        return Ok(());
    }
    let chat = Chat::start_secured(&[])?;
    let mut ana = chat.peer("ana")?;
    let certificate = chat.certificate.as_ref().expect("a certificate").certificate();
    for version in ["-tls1_2", "-tls1_3"] {
        let mut client = Command::new("openssl");
        client.args(["s_client", "-quiet", "-verify_return_error", "-no_ign_eof", version]);
        client.args(["-connect", &chat.address_of(Door::Tls)?.to_string()]);
        client.arg("-CAfile").arg(&certificate);
        client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut client = client.spawn().expect("openssl");
        let mut input = client.stdin.take().expect("its input");
        let written = input.write_all(b"hola\nsalir\n");
        // It ends because the server ends the connection.
        let output = client.wait_with_output().expect("its output");
        written.expect("it reads");
        let heard = ana.hear()?.unwrap_or_default();
        assert!(heard.ends_with(": hola"), "{version}: {heard}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{}\n", ES.greeting()));
    }
    Ok(())
}

#[test]
fn r10_10_who_speaks_no_tls_gets_an_alert_and_the_end() -> Result {
    let chat = Chat::start_secured(&[])?;
    for said in ["hola\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
        for door in [Door::Tls, Door::SecureWebSocket] {
            let address = chat.address_of(door)?;
            let mut plain = chat.stage.connect_through(Door::Plain, "plain", address)?;
            plain.send(said.repeat(1000))?;
            let mut heard = Vec::new();
            loop {
                let chunk = plain.receive()?;
                if chunk.is_empty() {
                    break;
                }
                heard.extend(chunk);
            }
            // An alert (21) of version 3.x; it is fatal (2).
            assert!(matches!(*heard, [21, 3, _, 0, 2, 2, _]), "{heard:?}");
        }
    }
    Ok(())
}

/// Others come and talk while these are here: hundreds of handshakes that are begun, or only a connection; and some that
/// are reset in the middle.
#[test]
fn r10_10_half_handshakes_delay_nobody() -> Result {
    const HALF: usize = 100;
    let chat = Chat::start_secured(&[])?;
    let (mut ana, mut bea) =
        (chat.peer_through(Door::Tls, "ana")?, chat.peer_through(Door::SecureWebSocket, "bea")?);
    let mut hello = Vec::new();
    let config = Arc::new(Trust::Anyone.client_config().expect("cipher suites"));
    let name = "localhost".try_into().expect("a name");
    let mut client = ClientConnection::new(config, name).expect("a client");
    client.write_tls(&mut hello).expect("a hello");
    let mut halves = Vec::new();
    for (i, length) in
        [0, 1, 5, hello.len() - 1, hello.len()].into_iter().cycle().take(HALF).enumerate()
    {
        for door in [Door::Tls, Door::SecureWebSocket] {
            let address = chat.address_of(door)?;
            let mut half =
                chat.stage.connect_through(Door::Plain, &format!("half {i}"), address)?;
            half.send(&hello[..length])?;
            if i % 3 == 0 { half.reset() } else { halves.push(half) }
        }
        ana.send("sigo\n")?;
        bea.expect(&said_by(&ana, "sigo"))?;
    }
    let mut caro = chat.peer_through(Door::Tls, "caro")?;
    caro.send("aquí\n")?;
    bea.expect(&said_by(&caro, "aquí"))?;
    drop(halves);
    Ok(())
}

#[test]
fn r10_8_a_door_that_is_off_is_no_host_of_this_name() {
    let mut server = chat_tests::binaries::server();
    server.args(["--tls-bind", "off", "--tls-cert", "a", "--tls-key", "a"]);
    let output = server.output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("'off'"), "{output:?}");
}
