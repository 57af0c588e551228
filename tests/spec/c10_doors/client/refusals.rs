//! Servers that do not come through the door: the client says so, and comes through no other.

use super::*;

#[test]
fn r10_13_a_server_without_tls_is_told_apart() -> Result {
    let chat = crate::c10_doors::start(&[])?;
    for url in
        [format!("tls://{}", chat.address), format!("wss://{}", crate::c10_doors::web(&chat))]
    {
        says_why_not(client(&chat.stage, &[&url])?, &[&url, "no se habla TLS", "tcp://"])?;
    }
    Ok(())
}

#[test]
fn r10_13_a_server_without_websocket_is_told_apart() -> Result {
    let house = House::open(&[])?;
    let url = format!("ws://{}", house.chat.address);
    says_why_not(client(&house.chat.stage, &[&url])?, &[&url, "no se habla WebSocket"])?;
    // TLS is there, but lines inside.
    let mut args = house.doors[2].clone();
    args[0] = args[0].replace("tls://", "wss://");
    says_why_not(client(&house.chat.stage, &args)?, &["no se habla WebSocket"])
}

#[test]
fn r10_13_a_server_with_tls_is_told_apart_by_its_alert() -> Result {
    let house = House::open(&[])?;
    let mut client = client(&house.chat.stage, &[house.doors[2][0].replace("tls://", "")])?;
    client.type_in("hola\n")?;
    client.out.wait_for("* ahí se habla TLS: prueba con tls:// delante de la dirección")?;
    client.expect_exit(3)?;
    client.out.expect_end()
}

#[test]
fn r10_13_an_answer_of_http_is_told() -> Result {
    let chat = crate::c10_doors::start(&[])?;
    let nowhere = format!("ws://{}/otra", crate::c10_doors::web(&chat));
    says_why_not(client(&chat.stage, &[&nowhere])?, &["/otra (HTTP 404)", "/ws"])?;
    for (answer, words) in [
        ("403 Forbidden\r\n", &["HTTP 403", "orígenes"][..]),
        (
            "301 Moved\r\nLocation: wss://otro.example/\x1b\r\n",
            &["HTTP 301", "wss://otro.example/"],
        ),
        (
            "302 Found\r\nLocation: wss://otro.example/ws\r\n",
            &["(HTTP 302): wss://otro.example/ws"],
        ),
        ("503 Busy\r\n", &["HTTP 503", "más tarde"]),
        ("200 OK\r\nContent-Length: 0\r\n", &["HTTP 200", "ruta"]),
        (
            "101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
            &["no se acuerda WebSocket"],
        ),
    ] {
        let server = chat.stage.listen("server")?;
        let client = client(&chat.stage, &[format!("ws://{}", server.address())])?;
        let mut link = server.accept()?;
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.extend(link.receive()?);
        }
        link.send(format!("HTTP/1.1 {answer}\r\n"))?;
        if answer.contains('\x1b') {
            // A head like that is none.
            says_why_not(client, &["no se habla WebSocket"])?;
        } else {
            says_why_not(client, words)?;
        }
    }
    Ok(())
}

#[test]
fn r10_13_an_extension_that_was_not_asked_for_is_refused() -> Result {
    let stage = Stage::new();
    let address = ends::play_with("Sec-WebSocket-Extensions", "permessage-deflate", |_| {});
    let words = ["no se ha pedido: permessage-deflate"];
    says_why_not(client(&stage, &[format!("ws://{address}")])?, &words)
}

#[test]
fn r10_13_a_server_that_ends_a_handshake_is_told() -> Result {
    let stage = Stage::new();
    for (scheme, protocol) in [("tls", "TLS"), ("ws", "WebSocket"), ("wss", "TLS")] {
        let server = stage.listen("server")?;
        let client = client(&stage, &[format!("{scheme}://{}", server.address())])?;
        let mut link = server.accept()?;
        link.receive()?;
        link.end_sending()?;
        says_why_not(client, &["cortó la conexión", protocol])?;
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn r10_13_ctrl_c_ends_a_handshake_at_once() -> Result {
    const SIGINT: i32 = 2;
    let stage = Stage::new();
    for scheme in ["tls", "ws"] {
        let server = stage.listen("server")?;
        let mut client = client(&stage, &[format!("{scheme}://{}", server.address())])?;
        let mut link = server.accept()?;
        // The handshake has begun, so the client hears signals.
        link.receive()?;
        client.signal(SIGINT)?;
        client.expect_exit(0)?;
        client.out.expect_end()?;
    }
    Ok(())
}
