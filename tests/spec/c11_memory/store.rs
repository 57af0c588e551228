//! The file in which what is said is kept.

use std::fs;
use std::path::Path;

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::binaries;
use chat_tests::chat::Chat;
use chat_tests::harness::door::Way;
use chat_tests::harness::peer::Peer;
use serde_json::Value;
use tempfile::TempDir;

use super::{QUIET, expect_past, member, start};

/// A folder, and the options of a store in it.
pub(super) struct Place {
    folder: TempDir,
    pub(super) file: String,
}

impl Place {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("chat.db").display().to_string();
        Self { folder, file }
    }

    pub(super) fn start(&self, options: &[&str]) -> Result<Chat> {
        start(&[&["--store", &self.file], options].concat())
    }

    fn path(&self) -> &Path {
        Path::new(&self.file)
    }

    /// Overwrites all pages of the file but the first.
    fn damage(&self) {
        let mut damaged = fs::read(self.path()).expect("the file");
        damaged[4096..].fill(0xa5);
        fs::write(self.path(), &damaged).expect("the file");
    }

    /// Number of damaged files that were put aside.
    fn put_aside(&self) -> usize {
        let files = fs::read_dir(self.folder.path()).expect("a folder");
        let files = files.map(|entry| entry.expect("an entry").path());
        files.filter(|path| path.to_string_lossy().contains(".damaged-")).count()
    }

    /// Sends a message from a new member to another, who receives it.
    fn say(chat: &Chat, text: &str) -> Result {
        let [mut ana, mut bea] = [recorded(chat, "Ana")?, recorded(chat, "Bea")?];
        ana.send(format!("{text}\n"))?;
        bea.expect(&format!("Ana > {text}"))
    }
}

pub(super) const SIGTERM: i32 = 15;

pub(super) const RECORDED: &str = "* lo que se dice aquí se guarda durante 30 días";

/// A member that is told that the room is recorded.
pub(super) fn recorded(chat: &Chat, name: &str) -> Result<Peer> {
    let mut peer = member(chat, name)?;
    peer.expect(RECORDED)?;
    Ok(peer)
}

pub(super) fn stop(mut chat: Chat) -> Result {
    chat.server.signal(SIGTERM)?;
    chat.server.expect_exit(0)
}

#[test]
fn r11_4_the_next_server_remembers() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    Place::say(&chat, "hola")?;
    let mut eva = recorded(&chat, "Eva")?;
    eva.send("/sala Cocina\nen la cocina\n/historial\n")?;
    eva.expect("* estás en la sala Cocina")?;
    eva.expect(RECORDED)?;
    expect_past(&mut eva, "Eva > en la cocina")?;
    stop(chat)?;
    let chat = place.start(&["--replay", "9"])?;
    let mut eva = recorded(&chat, "Eva")?;
    expect_past(&mut eva, "Ana > hola")?;
    eva.send("/sala cocina\n")?;
    eva.expect("* estás en la sala cocina")?;
    eva.expect(RECORDED)?;
    expect_past(&mut eva, "Eva > en la cocina")?;
    eva.send("/sala otra\nx\n/sala cocina\n")?;
    eva.expect("* estás en la sala otra")?;
    eva.expect(RECORDED)?;
    eva.expect("* estás en la sala cocina")?;
    eva.expect(RECORDED)?;
    expect_past(&mut eva, "Eva > en la cocina")
}

#[test]
fn r11_3_without_the_option_there_is_no_file_and_nobody_is_told_of_one() -> Result {
    let place = Place::new();
    let mut command = binaries::server();
    command.args(["-b", "127.0.0.1:0"]).args(QUIET).args(["--store", "off"]);
    command.current_dir(place.folder.path());
    let chat = Chat::start_command(command)?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.send("hola\n")?;
    bea.expect("Ana > hola")?;
    stop(chat)?;
    assert_eq!(fs::read_dir(place.folder.path()).expect("a folder").count(), 0);
    Ok(())
}

/// The position of the next message.
fn position(peer: &mut Peer) -> Result<(u32, u64)> {
    loop {
        let line = peer.hear()?.unwrap_or_default();
        let object: Value = serde_json::from_str(&line).expect("an object");
        if let Some((epoch, number)) = object["position"].as_str().and_then(|p| p.split_once('.')) {
            return Ok((epoch.parse().expect("an epoch"), number.parse().expect("a number")));
        }
    }
}

#[test]
fn r11_5_each_message_has_a_later_position_also_with_the_next_server() -> Result {
    let place = Place::new();
    let mut last = (0, 0);
    for _ in 0..2 {
        let chat = place.start(&["--web", "127.0.0.1:0"])?;
        let mut eva = chat.stage.connect_through(Way::JSON, "Eva", chat.web.expect("a web"))?;
        eva.send("Eva\n")?;
        let mut ana = recorded(&chat, "Ana")?;
        ana.send("uno\ndos\n")?;
        for _ in 0..2 {
            let next = position(&mut eva)?;
            assert!(next > last, "{next:?} after {last:?}");
            last = next;
        }
        stop(chat)?;
    }
    Ok(())
}

#[test]
fn r11_6_what_was_delivered_after_its_commit_survives_a_kill() -> Result {
    let place = Place::new();
    for n in 0..5 {
        let mut chat = place.start(&["--durability", "commit", "--replay", "9"])?;
        let [mut ana, mut bea] = [recorded(&chat, "Ana")?, recorded(&chat, "Bea")?];
        for peer in [&mut ana, &mut bea] {
            for before in 0..n {
                expect_past(peer, &format!("Ana > {before}"))?;
            }
        }
        ana.send(format!("{n}\n"))?;
        bea.expect(&format!("Ana > {n}"))?;
        chat.server.kill()?;
    }
    Ok(())
}

#[test]
fn r11_7_a_damaged_file_is_put_aside_and_the_chat_begins() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    Place::say(&chat, &"x".repeat(4000))?;
    stop(chat)?;
    place.damage();
    let chat = place.start(&[])?;
    let said = chat.server.out.hear()?.unwrap_or_default();
    assert!(said.starts_with(&format!("! {} está dañado", place.file)), "{said}");
    Place::say(&chat, "hola")?;
    assert_eq!(place.put_aside(), 1);
    Ok(())
}

#[test]
fn r11_7_a_damaged_file_with_accounts_stays_and_nothing_starts() -> Result {
    let place = Place::new();
    stop(place.start(&[])?)?;
    let run = |arguments: &[&str]| {
        let mut server = binaries::server();
        let output = server.args(arguments).args(["--store", &place.file]).output();
        let output = output.expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(run(&["account", "list"]).0, Some(0));
    place.damage();
    let server = ["-b", "127.0.0.1:0", "--profile", "grupal", "--accounts"];
    for arguments in [
        &[&server[..], &["optional"]].concat()[..],
        &[&server[..], &["required"]].concat(),
        &["account", "list"],
        &["account", "passwd", "Ana"],
        &["forget", "Ana"],
    ] {
        let (status, reason) = run(arguments);
        assert_eq!((status, reason.lines().count()), (Some(1), 1), "{arguments:?}: {reason}");
        assert!(reason.contains(ES.store_is_damaged()), "{arguments:?}: {reason}");
    }
    assert_eq!(place.put_aside(), 0);
    Ok(())
}

#[test]
fn r11_7_a_file_that_cannot_be_used_is_not_touched_and_nothing_starts() -> Result {
    let place = Place::new();
    let _chat = place.start(&[])?;
    let refused = |file: &str| {
        let mut server = binaries::server();
        let output = server.args(["-b", "127.0.0.1:0", "--store", file]).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let reason = refused(&place.file);
    assert!(reason.ends_with("otro proceso lo tiene abierto\n"), "{reason}");
    let diary = place.folder.path().join("diary").display().to_string();
    fs::write(&diary, "dear diary\n".repeat(1000)).expect("a file");
    let reason = refused(&diary);
    assert!(reason.ends_with("el archivo no es de un chat\n"), "{reason}");
    assert_eq!(fs::read(&diary).expect("the file").len(), 11_000);
    let reason = refused("/proc/none/chat.db");
    assert_eq!(reason.lines().count(), 1, "{reason}");
    Ok(())
}

#[test]
fn r11_8_what_a_person_said_can_be_deleted() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    Place::say(&chat, "secreto")?;
    let mut bea = recorded(&chat, "Bea2")?;
    bea.send("yo sigo\n/historial 1\n")?;
    expect_past(&mut bea, "Bea2 > yo sigo")?;
    stop(chat)?;
    let mut forget = binaries::server();
    let output = forget.args(["forget", "ana", "--store", &place.file]).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "mensajes de ana borrados: 1\n");
    assert!(!fs::read(place.path()).expect("the file").windows(7).any(|bytes| bytes == b"secreto"));
    let chat = place.start(&["--replay", "9"])?;
    let mut eva = recorded(&chat, "Eva")?;
    expect_past(&mut eva, "Bea2 > yo sigo")
}
