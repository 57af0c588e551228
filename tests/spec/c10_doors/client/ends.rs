//! The end of a conversation through each door: by the user, by the end of a pipe, by the server.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread;

use tungstenite::handshake::server::{Request, Response};
use tungstenite::http::HeaderValue;
use tungstenite::{Message, WebSocket};

use super::*;

/// Plays a WebSocket server on a free port: one connection.
pub(super) fn play(script: impl FnOnce(&mut WebSocket<TcpStream>) + Send + 'static) -> SocketAddr {
    play_with("Server", "test", script)
}

/// Plays one whose answer has this header.
pub(super) fn play_with(
    name: &'static str,
    value: &'static str,
    script: impl FnOnce(&mut WebSocket<TcpStream>) + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let (tcp, _) = listener.accept().expect("a client");
        #[expect(clippy::result_large_err, reason = "the error is the library's")]
        let confirm = |request: &Request, mut response: Response| {
            let offered = &request.headers()["Sec-WebSocket-Protocol"];
            assert_eq!(offered, HeaderValue::from_static("chat.v1"));
            response.headers_mut().insert("Sec-WebSocket-Protocol", offered.clone());
            response.headers_mut().insert(name, HeaderValue::from_static(value));
            Ok(response)
        };
        let mut socket = tungstenite::accept_hdr(tcp, confirm).expect("a handshake");
        script(&mut socket);
        // Until the client has closed.
        while socket.read().is_ok() {}
    });
    address
}

#[test]
fn r10_16_all_that_a_pipe_sends_is_delivered_and_answered() -> Result {
    let house = House::open(&["--profile", "grupal", "--max-rate", "off"])?;
    let mut ana = house.chat.stage.connect("ana", house.chat.address)?;
    ana.send("Ana\n")?;
    while ana.hear()?.is_some_and(|line| line != ES.help_hint()) {}
    for (i, door) in house.doors.iter().enumerate() {
        let name = format!("Bea{i}");
        let args = [&door[..], &["-p", "grupal", "-n", &name].map(str::to_owned)].concat();
        let mut client = client(&house.chat.stage, &args)?;
        client.type_in("uno\ndos\n/salas\n")?;
        client.end_input();
        client.expect_exit(0)?;
        let told = client.out.rest()?;
        assert!(told.iter().any(|line| line == "* salas: general (2)"), "{told:?}");
        for text in ["uno", "dos"] {
            let said = format!("{name} > {text}");
            while ana.hear()?.is_some_and(|line| line != said) {}
        }
    }
    Ok(())
}

#[test]
fn r10_16_a_server_that_does_not_know_the_word_gets_a_close_frame_last() -> Result {
    let stage = Stage::new();
    let (told, messages) = std::sync::mpsc::channel();
    let address = play(move |socket| {
        while let Ok(message) = socket.read() {
            let ends = message.is_close();
            told.send(message).expect("the test");
            if ends {
                return;
            }
        }
    });
    let mut client = client(&stage, &[format!("ws://{address}")])?;
    client.type_in("uno\ndos\n")?;
    client.end_input();
    client.expect_exit(0)?;
    let heard: Vec<Message> = messages.iter().collect();
    let texts: Vec<&str> = heard.iter().filter_map(|message| message.to_text().ok()).collect();
    assert_eq!(texts[..3], ["uno", "dos", "salir"]);
    assert!(
        matches!(heard.last(), Some(Message::Close(Some(close))) if u16::from(close.code) == 1000)
    );
    Ok(())
}

#[test]
fn r10_16_an_answer_to_the_last_line_comes_before_the_close_frame() -> Result {
    let stage = Stage::new();
    let address = play(|socket| {
        while socket.read().expect("the leaving word") != Message::text("salir") {}
        socket.send(Message::Ping(b"?".to_vec().into())).expect("a client");
        // A client that had sent a Close frame would need no answer.
        assert_eq!(socket.read().expect("a client"), Message::Pong(b"?".to_vec().into()));
        socket.send(Message::text("lo último\n")).expect("a client");
        socket.close(None).expect("a client");
    });
    let mut client = client(&stage, &[format!("ws://{address}")])?;
    client.type_in("uno\n")?;
    client.end_input();
    client.out.wait_for("lo último")?;
    client.expect_exit(0)
}

#[test]
fn r10_16_pings_are_answered_and_parts_of_lines_put_together() -> Result {
    let stage = Stage::new();
    let address = play(|socket| {
        socket.send(Message::Ping(b"?".to_vec().into())).expect("a client");
        let pong = socket.read().expect("an answer");
        assert_eq!(pong, Message::Pong(b"?".to_vec().into()));
        socket.send(Message::text("he oí")).expect("a client");
        socket.send(Message::binary(&b"do\nu"[..])).expect("a client");
        socket.send(Message::text("no\n")).expect("a client");
    });
    let mut client = client(&stage, &[format!("ws://{address}")])?;
    for line in [ES.connected(), ES.type_messages(), "he oído", "uno"] {
        client.out.expect(line)?;
    }
    client.type_in("salir\n")?;
    client.expect_exit(0)
}

#[test]
fn r10_16_a_close_frame_says_why_where_no_line_does() -> Result {
    for (code, reason, told, status) in [
        (1013, "", "el servidor cierra el WebSocket (1013): servidor lleno", 11),
        (1012, "", "(1012): el servidor se cierra", 9),
        (4001, "", "(4001): conexión cerrada por inactividad", 4),
        (4003, "no vuelvas", "(4003): no vuelvas", 10),
        (4005, "", "(4005): ", 14),
        (4002, "", "(4002): lees demasiado despacio", 3),
        (1002, "x", "(1002): x", 3),
        (999, "", "* lo que llega no se entiende: WebSocket protocol error: Invalid close", 3),
        (1005, "x", "Invalid close", 3),
        (5000, "", "Invalid close", 3),
        (4999, "\x1b[2Jfin", "(4999): \u{FFFD}[2Jfin", 3),
    ] {
        let stage = Stage::new();
        let address = play(move |socket| {
            let payload = [&u16::to_be_bytes(code)[..], reason.as_bytes()].concat();
            let head = [0x88, u8::try_from(payload.len()).expect("a short reason")];
            socket.get_mut().write_all(&[&head[..], &payload].concat()).expect("a client");
        });
        let mut client = client(&stage, &[format!("ws://{address}")])?;
        client.out.find(|line| line.contains(told), told)?;
        client.expect_exit(status)?;
    }
    Ok(())
}

#[test]
fn r10_16_a_close_frame_that_repeats_the_last_line_is_not_shown() -> Result {
    let mut chat = crate::c10_doors::start(&["--operator", "Profe", "--max-clients", "1"])?;
    let url = format!("ws://{}", crate::c10_doors::web(&chat));
    let mut sent_away = client(&chat.stage, &[&url])?;
    sent_away.out.wait_for(ES.greeting())?;
    let mut refused = client(&chat.stage, &[&url])?;
    refused.expect_exit(11)?;
    assert_eq!(refused.out.rest()?.last().map(String::as_str), Some("! servidor lleno"));
    chat.server.type_in("/echar\n")?;
    sent_away.expect_exit(10)?;
    assert_eq!(sent_away.out.rest()?, [ES.removed_by_operator()]);
    Ok(())
}

#[test]
fn r10_16_silence_has_its_status_through_each_door() -> Result {
    let house = House::open(&["--idle-timeout", "200ms"])?;
    for door in &house.doors {
        let mut client = client(&house.chat.stage, door)?;
        client.expect_exit(4)?;
        assert_eq!(client.out.rest()?.last().map(String::as_str), Some(ES.idle_notice()));
    }
    Ok(())
}

#[test]
fn r10_16_the_end_of_the_server_is_told_through_each_door() -> Result {
    let mut house = House::open(&[])?;
    let mut clients = Vec::new();
    for door in &house.doors {
        let client = client(&house.chat.stage, door)?;
        client.out.wait_for(ES.greeting())?;
        clients.push(client);
    }
    house.chat.server.kill()?;
    for mut client in clients {
        client.expect_exit(3)?;
        client.err.expect("chat-client: el servidor cerró la conexión")?;
    }
    Ok(())
}
