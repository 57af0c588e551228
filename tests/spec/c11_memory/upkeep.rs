//! The store's file beside its server: looked at, copied, read out; and files of other versions.

use std::fs;
use std::path::Path;

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::binaries;
use rusqlite::Connection;
use serde_json::Value;

use super::expect_past;
use super::store::{Place, RECORDED, recorded, stop};
use crate::c12_accounts::operator::account;

/// A file of the first version of the tables, and of the one of 0.1.0.
const VERSIONS: [(u32, &str); 2] = [
    (1, include_str!("../../../chat-store/src/store/tests/versions/1.sql")),
    (7, include_str!("../../../chat-store/src/store/tests/versions/7.sql")),
];

/// Runs `chat-server store`. Returns its status, its output and its error.
fn store(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = binaries::server().arg("store").args(arguments).output().expect("it runs");
    let [out, error] =
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("text"));
    (output.status.code(), out, error)
}

/// It fails with one line, which ends so.
#[track_caller]
fn fails(arguments: &[&str], reason: &str) {
    let (status, out, error) = store(arguments);
    assert_eq!((status, &*out, error.lines().count()), (Some(1), "", 1), "{arguments:?}: {error}");
    assert!(error.contains(reason), "{arguments:?}: {error}");
}

fn whole(file: &str, has: &str) -> (Option<i32>, String, String) {
    let line = format!("archivo entero: {file}, con tablas de la versión 7; {has}\n");
    (Some(0), line, String::new())
}

fn make(file: &str, tables: &str) {
    let connection = Connection::open(file).expect("a file");
    connection.execute_batch(tables).expect("the tables");
}

impl Place {
    fn beside(&self, name: &str) -> String {
        Path::new(&self.file).with_file_name(name).display().to_string()
    }
}

#[test]
fn r11_18_a_file_is_looked_at_while_its_server_runs() -> Result {
    let place = Place::new();
    let chat = place.start(&["--durability", "commit"])?;
    let [mut ana, mut bea] = [recorded(&chat, "Ana")?, recorded(&chat, "Bea")?];
    ana.send("hola\npan\n")?;
    bea.expect("Ana > hola")?;
    bea.expect("Ana > pan")?;
    let none = "mensajes: 2, salas: 1, cuentas: 0, sesiones: 0, vetos y silencios: 0";
    assert_eq!(store(&["check", &place.file]), whole(&place.file, none));
    stop(chat)?;
    assert!(account(&place.file, &["passwd", "Ana"], "una clave más\n").status.success());
    let one = none.replace("cuentas: 0", "cuentas: 1");
    assert_eq!(store(&["check", &place.file]), whole(&place.file, &one));
    let mut damaged = fs::read(&place.file).expect("the file");
    damaged[4096..].fill(0xa5);
    fs::write(&place.file, damaged).expect("the file");
    fails(&["check", &place.file], ES.store_is_damaged());
    fails(&["backup", &place.file, &place.beside("copy.db")], ES.store_is_damaged());
    assert!(!Path::new(&place.beside("copy.db")).exists());
    fs::write(&place.file, "dear diary\n".repeat(1000)).expect("the file");
    fails(&["check", &place.file], ES.store_is_foreign());
    fails(&["check", &place.beside("none.db")], "el archivo no existe");
    Ok(())
}

#[test]
fn r11_19_a_copy_is_as_the_file_was_and_a_server_can_begin_from_it() -> Result {
    let place = Place::new();
    let copy = place.beside("copy.db");
    let chat = place.start(&["--durability", "commit"])?;
    let [mut ana, mut bea] = [recorded(&chat, "Ana")?, recorded(&chat, "Bea")?];
    ana.send("antes\n")?;
    bea.expect("Ana > antes")?;
    let (status, out, error) = store(&["backup", &place.file, &copy]);
    assert_eq!((status, &*error), (Some(0), ""));
    assert!(out.starts_with(&format!("archivo entero: {copy}")), "{out}");
    ana.send("después\n")?;
    bea.expect("Ana > después")?;
    fails(&["backup", &place.file, &copy], &format!("no se puede guardar en {copy}: ya existe\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&copy).expect("the copy").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    stop(chat)?;
    fs::rename(&copy, &place.file).expect("put in its place");
    let chat = place.start(&["--replay", "9"])?;
    let mut eva = recorded(&chat, "Eva")?;
    expect_past(&mut eva, "Ana > antes")?;
    eva.send("/historial 1\n")?;
    expect_past(&mut eva, "Ana > antes")
}

#[test]
fn r11_20_messages_are_read_out_and_nothing_else() -> Result {
    let place = Place::new();
    let chat = place.start(&["--accounts", "optional", "--durability", "commit"])?;
    let [mut ana, mut bea] = [recorded(&chat, "Ana")?, recorded(&chat, "Bea")?];
    ana.send("/registrar una clave más\n")?;
    ana.expect("* tu nombre está registrado: Ana")?;
    ana.send("\"hola\"\n")?;
    bea.expect("Ana > \"hola\"")?;
    for peer in [&mut ana, &mut bea] {
        peer.send("/sala Cocina\n")?;
        peer.expect(&ES.you_are_in(&"Cocina".parse().unwrap()).to_string())?;
        peer.expect(RECORDED)?;
    }
    bea.send("pan\n")?;
    ana.expect("Bea > pan")?;
    let read = |arguments: &[&str]| {
        let (status, out, error) = store(&[&["export", &place.file], arguments].concat());
        assert_eq!((status, &*error), (Some(0), ""));
        assert!(!out.contains("argon2id"));
        let read = out.lines().map(|line| serde_json::from_str::<Value>(line).expect("an object"));
        read.collect::<Vec<_>>()
    };
    let all = read(&[]);
    let fields = |object: &Value| {
        ["kind", "room", "who", "text"].map(|key| object[key].as_str().unwrap().to_owned())
    };
    let said: Vec<_> = all.iter().map(fields).collect();
    assert_eq!(said[0], ["message", "general", "Ana", "\"hola\""]);
    assert_eq!(said[1..], [["message", "cocina", "Bea", "pan"]]);
    assert!(all[0]["time"].as_u64() > Some(1_700_000_000_000));
    bea.send("/posicion\n")?;
    let position = all[1]["position"].as_str().unwrap();
    bea.expect(&format!("* posición {position}"))?;
    assert_eq!(read(&["--room", "COCINA"]), all[1..]);
    assert_eq!(read(&["--since", "1h"]), all);
    make(&place.beside("old.db"), VERSIONS[1].1);
    let old = place.beside("old.db");
    assert_eq!(store(&["export", &old, "--since", "1h"]), (Some(0), String::new(), String::new()));
    assert_eq!(store(&["export", &old]).1.lines().count(), 5);
    Ok(())
}

#[test]
fn r11_21_a_file_of_an_earlier_version_goes_on_and_its_copy_stays_of_that_version() -> Result {
    for (version, tables) in VERSIONS {
        let place = Place::new();
        let copy = place.beside("copy.db");
        make(&place.file, tables);
        let (status, out, _) = store(&["backup", &place.file, &copy]);
        assert_eq!(status, Some(0), "{out}");
        assert_eq!(out.contains(ES.store_is_earlier()), version < 7, "{out}");
        let before = fs::read(&copy).expect("the copy");
        let chat = place.start(&["--keep", "off"])?;
        let mut eva = chat.named_peer("Eva")?;
        eva.send("/sala cocina\n/historial 1\n")?;
        let last = if version < 5 { "Bea > pan" } else { "Bea > agua" };
        while !eva.hear()?.is_some_and(|line| line.starts_with("* hace ") && line.ends_with(last)) {
        }
        stop(chat)?;
        let of = |file: &str| {
            let file = Connection::open(file).expect("a file");
            file.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0)).unwrap()
        };
        assert!(fs::read(&copy).expect("the copy") == before);
        assert_eq!((of(&copy), of(&place.file)), (version, 7));
    }
    Ok(())
}

#[test]
fn r11_21_a_file_of_a_later_version_is_refused_and_left_as_it_is() {
    let place = Place::new();
    make(&place.file, &format!("{}; pragma user_version = 8", VERSIONS[1].1));
    let before = fs::read(&place.file).expect("the file");
    for action in [&["check", &place.file][..], &["export", &place.file]] {
        fails(action, ES.store_is_newer());
    }
    fails(&["backup", &place.file, &place.beside("copy.db")], ES.store_is_newer());
    let mut server = binaries::server();
    let output = server.args(["-b", "127.0.0.1:0", "--store", &place.file]).output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains(ES.store_is_newer()), "{output:?}");
    assert!(fs::read(&place.file).expect("the file") == before);
}
