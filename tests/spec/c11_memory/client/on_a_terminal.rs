//! The line that is being typed while the client is away, and Ctrl-C.

use chat_drive::terminal::Terminal;

use super::*;

const CTRL_C: &str = "\x03";

/// A client on a terminal that has a session, and its connection.
fn session(played: &Played) -> Result<(Terminal, Peer)> {
    let command = played.client(&["-p", "grupal", "-n", "Ana"]);
    let client = played.stage.start_on_terminal("client", &command)?;
    let mut link = played.listener.accept()?;
    begin(&mut link)?;
    client.wait_for(&[ES.help_hint(), ">"])?;
    Ok((client, link))
}

#[test]
fn r11_15_the_line_that_is_being_typed_stays() -> Result {
    let played = Played::open()?;
    let (client, link) = session(&played)?;
    client.press("medio men")?;
    client.wait_for(&["> medio men"])?;
    drop(link);
    client.wait_for(&[CUT, "> medio men"])?;
    let mut link = played.returned("7.2")?;
    say(&mut link, r#""resumed","accepted":0,"text":"has vuelto""#)?;
    client.wait_for(&[CUT, "* has vuelto", "> medio men"])?;
    client.press("saje\r")?;
    link.expect("1 medio mensaje")
}

#[test]
fn r11_15_who_leaves_while_away_leaves_at_once() -> Result {
    for (keys, status) in [(CTRL_C, 0), ("salir\r", 0), ("/salir\r", 0), ("hola\rsalir\r", 5)] {
        let played = Played::open()?;
        let (mut client, link) = session(&played)?;
        drop((link, played.listener));
        client.wait_for(&[CUT, ">"])?;
        client.press(keys)?;
        client.expect_exit(status)?;
    }
    Ok(())
}
