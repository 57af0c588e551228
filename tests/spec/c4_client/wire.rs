//! Chapter 4 on the wire: the ends of messages, sent and received.

use super::*;

#[test]
fn r4_8_lines_end_as_the_server_wants_them() -> Result {
    for (options, sent) in [
        (&[][..], "hola\nque tal\nsalir\n"),
        (&["--send-framing", "crlf"], "hola\r\nque tal\r\nsalir\r\n"),
    ] {
        let (_stage, mut client, mut link) = with_played_server_and(options)?;
        client.type_in("hola\nque tal\nsalir\n")?;
        let mut received = Vec::new();
        while received.len() < sent.len() {
            received.extend(link.receive()?);
        }
        assert_eq!(received, sent.as_bytes());
        client.expect_exit(0)?;
    }
    Ok(())
}

#[test]
fn r4_8_a_bare_message_is_all_that_one_read_returns() -> Result {
    let (_stage, mut client, mut link) = with_played_server_and(&["--send-framing", "bare"])?;
    for message in ["hola", "que tal", "salir"] {
        client.type_in(&format!("{message}\n"))?;
        assert_eq!(link.receive()?, message.as_bytes());
    }
    assert_eq!(link.receive()?, b"");
    drop(link);
    client.expect_exit(0)
}

#[test]
fn r4_8_the_real_server_understands_bare_messages() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.peer("ana")?;
    let mut command = client_of(&chat.address);
    command.args(["--send-framing", "bare"]);
    let mut client = chat.stage.start("client", command)?;
    for text in ["uno", "dos", "tres"] {
        client.type_in(&format!("{text}\n"))?;
        let heard = ana.hear()?.unwrap_or_default();
        assert!(heard.ends_with(&format!(": {text}")), "{heard}");
    }
    client.type_in("salir\n")?;
    client.expect_exit(0)
}

#[test]
fn r4_9_a_prompt_behind_a_line_is_shown_without_its_end() -> Result {
    let (_stage, client, mut link) = with_played_server()?;
    link.send("Bienvenido!\nIngresa tu nombre: ")?;
    client.out.expect("Bienvenido!")?;
    client.out.expect("Ingresa tu nombre: ")?;
    link.send("y tu clave\nhola\n")?;
    client.out.expect("y tu clave")?;
    client.out.expect("hola")
}
