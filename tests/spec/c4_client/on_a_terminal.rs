//! Chapter 4 on a terminal: the screen, and the restored terminal mode.

use super::*;
use chat_drive::terminal::Terminal;
use chat_tests::ES;

const CTRL_A: &str = "\x01";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_Z: &str = "\x1a";
const UP: &str = "\x1b[A";

/// A client with a profile that knows names: it is not told its number.
fn client_of(address: &impl ToString) -> Command {
    let mut command = super::client_of(address);
    command.args(["--profile", "sala", "--expect-keyword=off"]);
    command
}

/// Starts the client on a terminal and waits for its prompt.
fn client(chat: &Chat) -> Result<Terminal> {
    let client = chat.stage.start_on_terminal("client", &client_of(&chat.address))?;
    client.wait_for(&[ES.connected(), ES.type_messages(), ES.greeting(), ">"])?;
    Ok(client)
}

/// Starts a shell on a terminal that runs this script; `"$@"` in it is the client.
fn in_shell(stage: &Stage, script: &str, client: &Command) -> Result<Terminal> {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(client.get_program()).args(client.get_args());
    stage.start_on_terminal("client", &shell)
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
    let keys = ["\x1b", "\x16", "\x11", "\x18", CTRL_Z, "\x1d", "\t"];
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
fn r4_2_a_draft_of_several_rows_survives_another_width_and_so_do_the_lines() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.peer("ana")?;
    let client = client(&chat)?;
    let mut lines = client.seen();
    lines.pop();
    let draft = "0123456789".repeat(25);
    client.press(&draft)?;
    // The editor ends a row that is full; when a line arrives, all rows are drawn anew.
    client.wait_for(&["890123456789"])?;
    let typed = format!("> {draft}");
    for columns in [40, 100, 30, 80] {
        for text in ["a line before", "a line behind"] {
            let text = format!("{text} {columns}");
            ana.send(format!("{text}\n"))?;
            lines.push(said_by(&ana, &text));
            client.wait_for(&[&typed])?;
            client.resize(columns)?;
        }
        let rows: Vec<String> = lines.iter().flat_map(|line| wrapped(line, columns)).collect();
        let last: Vec<&str> = rows.iter().map(String::as_str).chain([typed.as_str()]).collect();
        client.wait_for(&last[last.len().saturating_sub(12)..])?;
        if last.len() < 16 {
            assert_eq!(client.seen(), last, "in {columns} columns");
        }
    }
    client.press("\r")?;
    assert!(ana.hear()?.is_some_and(|line| line.ends_with(&draft)));
    Ok(())
}

/// The rows of a line of short words: those behind the first are indented.
fn wrapped(line: &str, columns: u16) -> Vec<String> {
    let mut rows = vec![];
    let mut row = String::new();
    for word in line.split(' ') {
        if row.len() + 1 + word.len() > columns.into() {
            rows.push(row);
            row = String::from("  ");
        } else if !row.is_empty() {
            row.push(' ');
        }
        row += word;
    }
    rows.push(row);
    rows
}

#[test]
fn r4_2_ctrl_z_suspends_and_the_draft_comes_back() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.peer("ana")?;
    let script = "set -m; \"$@\"; echo status $?; stty -a | grep -ow -e '-*icanon'; fg >/dev/null";
    let mut terminal = in_shell(&chat.stage, script, &client_of(&chat.address))?;
    terminal.wait_for(&[ES.greeting(), ">"])?;
    let draft = "0123456789".repeat(10);
    terminal.press(&format!("{draft}{CTRL_A}"))?;
    terminal.press(CTRL_Z)?;
    let typed = format!("> {draft}");
    // 128 and the number of SIGTSTP, on Linux.
    terminal.wait_for(&["status 148", "icanon", &typed])?;
    ana.send("hola\n")?;
    terminal.wait_for(&[&said_by(&ana, "hola"), &typed])?;
    terminal.press("then \r")?;
    assert!(ana.hear()?.is_some_and(|line| line.ends_with(&format!(": then {draft}"))));
    terminal.wait_for(&[&format!("> then {draft}"), ">"])?;
    terminal.press(CTRL_C)?;
    terminal.expect_exit(0)
}

#[test]
fn r4_3_salir_ctrl_c_and_ctrl_d_leave_no_prompt_behind() -> Result {
    for (keys, last_line) in
        [("salir\r", "> salir"), (CTRL_C, "saliendo..."), (CTRL_D, "saliendo...")]
    {
        let chat = Chat::start()?;
        let script = "\"$@\"; echo status $?";
        let mut terminal = in_shell(&chat.stage, script, &client_of(&chat.address))?;
        terminal.wait_for(&[ES.greeting(), ">"])?;
        terminal.press(keys)?;
        terminal.wait_for(&[last_line, "status 0"])?;
        terminal.expect_exit(0)?;
    }
    Ok(())
}

#[test]
fn r8_4_leaving_for_silence_leaves_no_prompt_behind() -> Result {
    let stage = Stage::new();
    let server = stage.listen("server")?;
    let mut client = client_of(&server.address());
    client.args(["--idle-timeout", "300ms"]);
    let mut terminal = in_shell(&stage, "\"$@\"; echo status $?", &client)?;
    let mut link = server.accept()?;
    link.send("hola\n")?;
    let told = format!("chat-client: {}", ES.client_idle_out());
    terminal.wait_for(&[&told, "status 4"])?;
    terminal.expect_exit(0)
}

#[test]
fn r4_4_says_at_once_that_the_server_has_died_and_gives_the_terminal_back() -> Result {
    let mut chat = Chat::start()?;
    // The terminal is restored when it echoes what is typed.
    let script = "\"$@\"; echo status $?; stty -a | grep -ow -e '-*echo' -e '-*icanon'";
    let mut terminal = in_shell(&chat.stage, script, &client_of(&chat.address))?;
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
    let script = "\"$@\"; echo status $?";
    let mut client = in_shell(&stage, script, &client_of(&server.address()))?;
    let mut link = server.accept()?;
    client.wait_for(&[ES.type_messages(), ">"])?;
    link.send("uno\ndos\n* conexión cerrada por inactividad\n")?;
    drop(link);
    // The reason is not repeated.
    client.wait_for(&["uno", "dos", "* conexión cerrada por inactividad", "status 4"])?;
    client.expect_exit(0)
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
fn r4_6_padding_makes_no_line_of_its_own() -> Result {
    let stage = Stage::new();
    let server = stage.listen("server")?;
    let client = stage.start_on_terminal("client", &client_of(&server.address()))?;
    let mut link = server.accept()?;
    for (padding, times) in [(" ", 70), ("\t", 10), ("語", 35), ("\u{3000}", 35)] {
        let (first, last) = (format!("before {padding:?}"), format!("behind {padding:?}"));
        let padded = format!("Ana > hola{}Bea > pásame 50", padding.repeat(times));
        link.send(format!("{first}\n{padded}\n{last}\n"))?;
        client.wait_for(&[&last, ">"])?;
        let seen = client.seen();
        let before = seen.iter().position(|row| *row == first).expect("the line before");
        let rows = &seen[before + 1..seen.len() - 2];
        assert!(rows.len() > 1 && rows[0].starts_with("Ana >"), "{seen:#?}");
        assert!(rows[1..].iter().all(|row| row.starts_with("  ")), "{seen:#?}");
    }
    Ok(())
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
    for options in [&[][..], &["--name", "Ana"]] {
        let chat = Chat::start()?;
        let mut ana = chat.peer("ana")?;
        let mut command = super::client_of(&chat.address);
        command.args(options);
        let client = chat.stage.start_on_terminal("client", &command)?;
        client.press("hola\r")?;
        let heard = ana.hear()?.unwrap_or_default();
        let user = heard.strip_suffix(": hola").unwrap_or_default();
        let told = format!("* para los demás eres '{user}'");
        chat.stage.eventually("the client tells its number", || client.seen().contains(&told))?;
    }
    Ok(())
}
