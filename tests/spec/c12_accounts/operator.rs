//! The operator and the accounts.

use std::io::Write;
use std::process::{Output, Stdio};

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::binaries;
use chat_tests::harness::stage::Stage;
use rusqlite::Connection;

use super::{Place, WORD, begin_session, come_in, is_gone, member, object, register};

const SIGTERM: i32 = 15;

/// Runs `chat-server account` on this file, with this input.
pub(crate) fn account(file: &str, arguments: &[&str], input: &str) -> Output {
    let mut command = binaries::server();
    command.arg("account").args(arguments).args(["--store", file]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().expect("it runs");
    // It may end without reading.
    let _ = running.stdin.take().expect("an input").write_all(input.as_bytes());
    running.wait_with_output().expect("it ends")
}

fn outcome(output: &Output) -> (Option<i32>, String) {
    let text = if output.status.success() { &output.stdout } else { &output.stderr };
    (output.status.code(), String::from_utf8_lossy(text).into_owned())
}

#[test]
fn r12_6_accounts_are_listed_made_changed_and_removed() -> Result {
    let place = Place::new();
    let run = |arguments: &[&str], input: &str| outcome(&account(&place.file, arguments, input));
    let (status, reason) = run(&["list"], "");
    assert_eq!((status, reason.lines().count()), (Some(1), 1), "there is no file: {reason}");
    let mut chat = place.start(&[])?;
    let (status, reason) = run(&["list"], "");
    assert_eq!(status, Some(1), "{reason}");
    assert!(reason.ends_with("otro proceso lo tiene abierto\n"), "{reason}");
    chat.server.signal(SIGTERM)?;
    chat.server.expect_exit(0)?;
    let done = |text: &str| (Some(0), text.to_owned());
    assert_eq!(run(&["list"], ""), done(""));
    assert_eq!(
        run(&["passwd", "Ana"], "primera clave\r\notra línea\n"),
        done("cuenta guardada: Ana\n")
    );
    assert_eq!(run(&["passwd", "Bea"], "clave de bea"), done("cuenta guardada: Bea\n"));
    assert_eq!(run(&["passwd", "ana"], "segunda clave\n"), done("cuenta guardada: Ana\n"));
    assert_eq!(run(&["list"], ""), done("Ana\nBea\n"));
    for (name, word, why) in [
        ("ΑΝΑ", "una clave más\n", "nombre ocupado"),
        ("admin", "una clave más\n", "nombre reservado"),
        ("dos palabras", "una clave más\n", "nombre no válido"),
        ("Eva", "corta\n", "la clave es demasiado corta"),
        ("Eva", "", "la clave es demasiado corta"),
    ] {
        let (status, reason) = run(&["passwd", name], word);
        assert_eq!(status, Some(1), "{name}: {reason}");
        assert!(reason.starts_with(&format!("chat-server: {why}")), "{name}: {reason}");
    }
    assert_eq!(run(&["remove", "BEA"], ""), done("cuenta borrada: Bea\n"));
    assert_eq!(run(&["remove", "Bea"], "").0, Some(1));
    assert_eq!(run(&["list"], ""), done("Ana\n"));
    let chat = place.start(&["--accounts", "required"])?;
    come_in(&chat, "Ana", "segunda clave").map(drop)
}

#[test]
fn r12_6_the_sessions_of_an_account_end_with_its_word() -> Result {
    for command in ["passwd", "remove"] {
        let place = Place::new();
        let mut chat = place.start(&[])?;
        let [mut ana, mut bea] = [member(&chat, "Ana")?, member(&chat, "Bea")?];
        register(&mut ana, "Ana")?;
        register(&mut bea, "Bea")?;
        let (stolen, own) = (begin_session(&mut ana)?, begin_session(&mut bea)?);
        chat.server.signal(SIGTERM)?;
        chat.server.expect_exit(0)?;
        assert!(account(&place.file, &[command, "Ana"], "otra clave\n").status.success());
        let chat = place.start(&[])?;
        if command == "remove" {
            // The name is another person's.
            register(&mut member(&chat, "Ana")?, "Ana")?;
        }
        is_gone(&chat, &stolen)?;
        let mut bea = chat.asked_peer("bea")?;
        bea.send(own)?;
        assert_eq!(object(&mut bea, "resumed")?["you"], "Bea");
    }
    Ok(())
}

#[test]
fn r12_6_there_are_ten_thousand_accounts_at_most() -> Result {
    let place = Place::new();
    drop(place.start(&[])?);
    let insert =
        "with recursive name(i) as (select 1 union all select i + 1 from name where i < 10000)
        insert into account select 'Ana' || i || 'z', '-' from name";
    let file = Connection::open(&place.file).expect("a store");
    assert_eq!(file.execute(insert, []).expect("an insertion"), 10_000);
    let (status, reason) = outcome(&account(&place.file, &["passwd", "Bea"], WORD));
    assert_eq!((status, reason.lines().count()), (Some(1), 1), "{reason}");
    assert!(reason.starts_with("chat-server: no caben más cuentas"), "{reason}");
    assert_eq!(outcome(&account(&place.file, &["passwd", "Ana1z"], WORD)).0, Some(0));
    file.execute("insert into account values('Bea', '-')", []).expect("an insertion");
    file.close().expect("it is closed");
    let mut command = binaries::server();
    command.args(place.options(&["--bind", "127.0.0.1:0"]));
    let stage = Stage::new();
    let mut server = stage.start("server", command)?;
    server.expect_exit(1)?;
    let reason = server.err.rest()?;
    assert!(
        matches!(&*reason, [line] if line.contains("tiene más de 10000 cuentas")),
        "{reason:?}"
    );
    Ok(())
}

#[cfg(unix)]
#[test]
fn r12_6_a_terminal_does_not_show_the_word() -> Result {
    let place = Place::new();
    drop(place.start(&[])?);
    let stage = Stage::new();
    let mut command = binaries::server();
    command.args(["account", "passwd", "Ana", "--store", &place.file]);
    let mut terminal = stage.start_on_terminal("operator", &command)?;
    terminal.wait_for(&["clave de Ana:"])?;
    terminal.press("una clave larga\r")?;
    terminal.wait_for(&["clave de Ana:", "cuenta guardada: Ana"])?;
    terminal.expect_exit(0)?;
    let chat = place.start(&[])?;
    come_in(&chat, "Ana", "una clave larga").map(drop)
}

#[test]
fn r12_6_the_person_in_the_account_of_an_administrator_is_one() -> Result {
    let place = Place::new();
    // The file has to be there.
    let mut chat = place.start(&[])?;
    chat.server.signal(SIGTERM)?;
    chat.server.expect_exit(0)?;
    assert!(account(&place.file, &["passwd", "Ana"], WORD).status.success());
    let chat = place.start(&["--admin", "a-na", "--admin", "Eva"])?;
    let mut eva = member(&chat, "Eva")?;
    eva.send(format!("/registrar {WORD}\n"))?;
    eva.expect("! ese nombre está registrado: entra con él")?;
    let mut ana = come_in(&chat, "Ana", WORD)?;
    ana.expect(ES.is_admin())?;
    let mut bea = member(&chat, "Bea")?;
    register(&mut bea, "Bea")?;
    bea.send("hola\n")?;
    ana.expect("Bea > hola")
}

#[test]
fn r12_1_accounts_need_a_store_names_and_commands() {
    for options in [
        &["--accounts", "optional", "-p", "grupal"][..],
        &["--accounts", "required", "-p", "grupal", "--store", "off"],
        &["--accounts", "required", "-p", "grupal", "--store", "none.db", "--ask-name", "off"],
        &["--accounts", "optional", "--store", "none.db", "--ask-name", "on"],
    ] {
        let output = binaries::server().args(options).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        let due = "error: --accounts needs a --store or --cluster, --ask-name and --commands (try --help)\n";
        assert_eq!(why, due);
    }
}
