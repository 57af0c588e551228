//! Chapter 4 on a terminal: the screen, and the restored terminal mode.

use super::*;
use chat_drive::terminal::Terminal;
use chat_tests::ES;

const CTRL_A: &str = "\x01";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const UP: &str = "\x1b[A";

/// A client with a name of its own: it is not told its number.
fn client_of(address: &impl ToString) -> Command {
    let mut command = super::client_of(address);
    command.args(["--name", "Ana"]);
    command
}

/// Starts the client on a terminal and waits for its prompt.
fn client(chat: &Chat) -> Result<Terminal> {
    let client = chat.stage.start_on_terminal("client", &client_of(&chat.address))?;
    client.wait_for(&[ES.connected(), ES.type_messages(), ES.greeting(), ">"])?;
    Ok(client)
}

#[test]
fn r4_2_what_is_being_typed_is_never_torn() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.peer("ana")?;
    let client = client(&chat)?;
    client.press("what is bei")?;
    client.wait_for(&["> what is bei"])?;
    for text in ["uno", "dos", "tres"] {
        ana.send(format!("{text}\n"))?;
        let line = said_by(&ana, text);
        client.wait_for(&[&line, "> what is bei"])?;
    }
    client.press("ng typed")?;
    client.wait_for(&[&said_by(&ana, "tres"), "> what is being typed"])?;
    client.press("\r")?;
    client.wait_for(&["> what is being typed", ">"])?;
    assert!(ana.hear()?.is_some_and(|line| line.ends_with(": what is being typed")));
    Ok(())
}

#[test]
fn r4_2_arriving_lines_keep_their_order_while_lines_are_entered() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.peer("ana")?;
    let client = client(&chat)?;
    let prefix = said_by(&ana, "");
    for round in 0..30 {
        let lines: Vec<String> = (0..10).map(|i| format!("{}\n", round * 10 + i)).collect();
        ana.send(lines.concat())?;
        client.press("x\r")?;
        assert!(ana.hear()?.is_some_and(|line| line.ends_with(": x")));
    }
    ana.send("fin\n")?;
    client.wait_for(&[&said_by(&ana, "fin"), ">"])?;
    // All lines have scrolled through this screen; the visible rest is in order.
    let numbers: Vec<u32> =
        client.seen().iter().filter_map(|row| row.strip_prefix(&prefix)?.parse().ok()).collect();
    let first = *numbers.first().expect("a number");
    assert_eq!(numbers, (first..300).collect::<Vec<u32>>());
    Ok(())
}

#[test]
fn r4_2_what_is_typed_ahead_is_not_lost() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.peer("ana")?;
    let client = client(&chat)?;
    client.press("uno\rdos\rtres\rcua")?;
    for text in ["uno", "dos", "tres"] {
        let line = ana.hear()?.expect("a line");
        assert!(line.ends_with(&format!(": {text}")), "{line:?} is not {text:?}");
    }
    client.wait_for(&["> cua"])
}

#[test]
fn r4_2_no_key_keeps_arriving_lines_from_being_shown() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.peer("ana")?;
    let client = client(&chat)?;
    let keys = ["\x1b", "\x16", "\x11", "\x18", "\x1a", "\x1d", "\t"];
    for (i, key) in keys.into_iter().enumerate() {
        client.press(key)?;
        ana.send(format!("{i}\n"))?;
        client.wait_for(&[&said_by(&ana, &i.to_string()), ">"])?;
    }
    Ok(())
}

#[test]
fn r4_2_lines_can_be_edited_and_called_back() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.peer("ana")?;
    let client = client(&chat)?;
    client.press(&format!("mundo{CTRL_A}hola \r"))?;
    assert!(ana.hear()?.is_some_and(|line| line.ends_with(": hola mundo")));
    client.press(&format!("{UP}!\r"))?;
    assert!(ana.hear()?.is_some_and(|line| line.ends_with(": hola mundo!")));
    Ok(())
}

#[test]
fn r4_3_salir_ctrl_c_and_ctrl_d_leave() -> Result {
    for (keys, last_lines) in [
        ("salir\r", ["> salir", ">"]),
        (CTRL_C, ["saliendo...", ">"]),
        (CTRL_D, ["saliendo...", ">"]),
    ] {
        let chat = Chat::start()?;
        let mut client = client(&chat)?;
        client.press(keys)?;
        client.wait_for(&last_lines)?;
        client.expect_exit(0)?;
    }
    Ok(())
}

#[test]
fn r4_4_says_at_once_that_the_server_has_died_and_gives_the_terminal_back() -> Result {
    let mut chat = Chat::start()?;
    let mut shell = Command::new("sh");
    // The terminal is restored when it echoes what is typed.
    shell.args([
        "-c",
        "\"$0\" \"$1\" --name Ana; echo status $?; stty -a | grep -ow -e '-*echo' -e '-*icanon'",
    ]);
    shell.arg(client_of(&chat.address).get_program()).arg(chat.address.to_string());
    let mut terminal = chat.stage.start_on_terminal("client", &shell)?;
    terminal.wait_for(&[ES.greeting(), ">"])?;
    terminal.press("half a li")?;
    terminal.wait_for(&["> half a li"])?;
    chat.server.kill()?;
    terminal.wait_for(&[
        "> half a li",
        "chat-client: el servidor cerró la conexión",
        "status 3",
        "icanon",
        "echo",
    ])?;
    terminal.expect_exit(0)
}

#[test]
fn r4_4_the_last_lines_before_the_end_are_seen() -> Result {
    let stage = Stage::new();
    let server = stage.listen("server")?;
    let mut client = stage.start_on_terminal("client", &client_of(&server.address()))?;
    let mut link = server.accept()?;
    client.wait_for(&[ES.type_messages(), ">"])?;
    link.send("uno\ndos\n* conexión cerrada por inactividad\n")?;
    drop(link);
    client.wait_for(&[
        "uno",
        "dos",
        "* conexión cerrada por inactividad",
        ">",
        "chat-client: conexión cerrada por inactividad",
    ])?;
    client.expect_exit(4)
}

#[test]
fn r4_6_nothing_from_the_network_drives_the_terminal() -> Result {
    let stage = Stage::new();
    let server = stage.listen("server")?;
    let client = stage.start_on_terminal("client", &client_of(&server.address()))?;
    let mut link = server.accept()?;
    client.wait_for(&[ES.connected(), ES.type_messages(), ">"])?;
    link.send("\x1b[2J\x1b[H\x1b]0;title\x07\r\u{9b}31mred\n")?;
    client.wait_for(&[
        ES.connected(),
        ES.type_messages(),
        // The test's terminal shows no U+FFFD.
        "[2J[H]0;title31mred",
        ">",
    ])
}

#[test]
fn r4_7_a_terminal_that_cannot_be_edited_on_is_a_pipe() -> Result {
    let chat = Chat::start()?;
    let mut command = Command::new("env");
    command.arg("TERM=dumb").arg(client_of(&chat.address).get_program());
    command.arg(chat.address.to_string());
    let mut client = chat.stage.start_on_terminal("client", &command)?;
    client.wait_for(&[ES.greeting()])?;
    client.press("salir\r")?;
    client.expect_exit(0)
}

#[test]
fn r2_4_a_client_is_told_how_the_others_know_it() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.peer("ana")?;
    let client = chat.stage.start_on_terminal("client", &super::client_of(&chat.address))?;
    client.press("hola\r")?;
    let heard = ana.hear()?.unwrap_or_default();
    let user = heard.strip_suffix(": hola").unwrap_or_default();
    let told = format!("* para los demás eres '{user}'");
    chat.stage.eventually("the client tells its number", || client.seen().contains(&told))
}
