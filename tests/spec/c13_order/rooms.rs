//! Slow mode, closed rooms, topics, and the message of the day.

use std::fs;
use std::path::Path;

use chat_tests::binaries;
use tempfile::TempDir;

use super::*;

#[test]
fn r13_7_in_a_slow_room_each_person_says_one_message_in_the_time() -> Result {
    let chat = start(&[])?;
    let [mut ana, mut bea, mut caro] = together(&chat, ["Ana", "Bea", "Caro"])?;
    let form = "! se escribe así: /lento TIEMPO|no (1h como mucho)";
    answers(&mut ana, "/lento 61m", form)?;
    ana.send("/lento 1h\n")?;
    for peer in [&mut ana, &mut bea, &mut caro] {
        peer.expect("* Ana pone el modo lento: un mensaje por persona cada 1 h")?;
    }
    bea.send("uno\ndos\n")?;
    let refused = bea.hear()?.unwrap_or_default();
    assert!(refused.starts_with("! no se envió: la sala está en modo lento, espera "), "{refused}");
    caro.send("tres\n")?;
    bea.expect("Caro > tres")?;
    ana.expect("Bea > uno")?;
    ana.expect("Caro > tres")?;
    ana.send("cuatro\ncinco\n")?;
    bea.expect("Ana > cuatro")?;
    bea.expect("Ana > cinco")?;
    answers(&mut bea, "/privado Ana en privado", "[privado a Ana] en privado")?;
    ana.expect("[privado] Bea > en privado")?;
    answers(&mut ana, "/lento no", "* Ana ha quitado el modo lento")?;
    bea.expect("* Ana ha quitado el modo lento")?;
    bea.send("seis\nsiete\n")?;
    ana.expect("Bea > seis")?;
    ana.expect("Bea > siete")
}

#[test]
fn r13_8_a_closed_room_lets_in_who_is_invited_once() -> Result {
    let chat = start(&[])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    goes(&mut ana, "cocina")?;
    let closed = "* Ana ha cerrado la sala: solo entra quien esté invitado";
    answers(&mut ana, "/cerrar", closed)?;
    let refused = "! la sala cocina está cerrada: solo entra quien esté invitado";
    answers(&mut bea, "/sala cocina", refused)?;
    answers(&mut ana, "/invitar bea", "* has invitado a Bea")?;
    bea.expect("* Ana te invita: /sala cocina")?;
    goes(&mut bea, "cocina")?;
    goes(&mut bea, "otra")?;
    answers(&mut bea, "/sala cocina", refused)?;
    answers(&mut ana, "/lock", "* Ana ha abierto la sala")?;
    goes(&mut bea, "cocina")?;
    answers(&mut ana, "/invitar Zoe", "! no hay nadie que se llame Zoe")
}

#[test]
fn r13_8_the_room_where_all_begin_cannot_be_closed() -> Result {
    let mut chat = start(&[])?;
    chat.server.type_in("/cerrar\n")?;
    chat.server.out.wait_for("! en esta sala empiezan todos: no se puede")?;
    chat.member("Ana").map(drop)
}

#[test]
fn r13_9_who_joins_is_told_the_topic() -> Result {
    let mut chat = start(&[])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    goes(&mut ana, "cocina")?;
    answers(&mut ana, "/tema", "* la sala no tiene tema")?;
    answers(&mut ana, "/tema el pan de ayer", "* Ana pone el tema: el pan de ayer")?;
    goes(&mut bea, "cocina")?;
    bea.expect("* tema: el pan de ayer")?;
    answers(&mut bea, "/topic", "* tema: el pan de ayer")?;
    answers(&mut bea, "/topic otro", "! no puedes hacer eso aquí")?;
    answers(&mut ana, "/tema -", "* Ana ha quitado el tema")?;
    bea.expect("* Ana ha quitado el tema")?;
    answers(&mut bea, "/tema", "* la sala no tiene tema")?;
    chat.server.type_in("/tema bienvenidos\n")?;
    chat.server.out.wait_for("* Root pone el tema: bienvenidos")?;
    let mut eva = chat.named_peer("Eva")?;
    let mut heard = [eva.hear()?, eva.hear()?];
    heard.sort();
    let due = [ES.help_hint(), "* tema: bienvenidos"].map(|line| Some(line.to_owned()));
    assert_eq!(heard, due);
    Ok(())
}

fn file(folder: &TempDir, text: impl AsRef<[u8]>) -> String {
    let path = folder.path().join("motd");
    fs::write(&path, text).expect("a file");
    path.display().to_string()
}

#[test]
fn r13_9_who_joins_is_told_the_message_of_the_day_behind_the_greeting() -> Result {
    let folder = TempDir::new().expect("a folder");
    let motd = file(&folder, "hoy: pan\r\n\x1b[2Jmañana: más pan\n");
    let chat = start(&["--motd", &motd])?;
    let mut ana = chat.named_peer("Ana")?;
    for line in ["* hoy: pan", "* \u{FFFD}[2Jmañana: más pan", ES.help_hint()] {
        ana.expect(line)?;
    }
    let chat = Chat::start_with(&["--motd", &motd])?;
    chat.peer("bea")?.expect("* hoy: pan")
}

#[cfg(unix)]
#[test]
fn r13_9_a_hangup_reads_the_message_of_the_day_anew_unless_it_is_bad() -> Result {
    const SIGHUP: i32 = 1;
    let folder = TempDir::new().expect("a folder");
    let motd = file(&folder, "hoy: pan\n");
    let mut chat = start(&["--motd", &motd, "--log", "info"])?;
    let told = |chat: &Chat, name, line: &str| chat.named_peer(name)?.expect(line);
    told(&chat, "Ana", "* hoy: pan")?;
    for (text, log) in [
        ("hoy: queso\n", "INFO the message of the day was read anew"),
        ("\u{7}".repeat(5000).as_str(), "WARN the old message of the day stays"),
    ] {
        file(&folder, text);
        chat.server.signal(SIGHUP)?;
        chat.server.err.find(|line| line.contains(log), log)?;
        told(&chat, "Bea", "* hoy: queso")?;
    }
    chat.server.signal(15)?;
    chat.server.expect_exit(0)
}

#[test]
fn r13_9_without_a_message_that_can_be_told_nothing_starts() {
    let folder = TempDir::new().expect("a folder");
    let refused = |path: &str| {
        let mut server = binaries::server();
        let output = server.args(["-b", "127.0.0.1:0", "--motd", path]).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.starts_with(&format!("chat-server: no se puede leer {path}: ")), "{said}");
        said
    };
    let reasons = [
        (Vec::from("\n".repeat(21)), "el archivo es demasiado grande\n"),
        (Vec::from("x".repeat(4097)), "el archivo es demasiado grande\n"),
        (b"\xff".to_vec(), "no es texto en UTF-8\n"),
    ];
    for (text, reason) in reasons {
        let said = refused(&file(&folder, text));
        assert!(said.ends_with(reason), "{said}");
    }
    let missing = Path::new(folder.path()).join("none").display().to_string();
    assert!(refused(&missing).ends_with("el archivo no existe\n"));
    assert!(
        refused(&folder.path().display().to_string()).ends_with("no es un archivo corriente\n")
    );
}
