//! What is deleted of the file, and a disk that is full.

use std::fs;
use std::mem;
use std::path::Path;

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::chat::Chat;
use rusqlite::Connection;

use super::store::{Place, SIGTERM, recorded, stop};
use super::{expect_past, member};

/// Number of messages in the file.
fn stored(file: &str) -> usize {
    let file = Connection::open(file).expect("the file");
    let mut blocks = file.prepare("select lines from block").expect("the table");
    let blocks = blocks.query_map([], |row| row.get::<_, String>(0)).expect("rows");
    blocks.map(|lines| lines.expect("a text").lines().count()).sum()
}

/// Says so many lines of so many characters, which end with their numbers, and waits until they have been said.
fn say(chat: &Chat, lines: usize, length: usize) -> Result {
    let mut ana = recorded(chat, "Ana")?;
    let line = |n| format!("{n:0>length$}\n");
    ana.send((0..lines).map(line).collect::<String>() + "/historial 1\n")?;
    expect_past(&mut ana, format!("Ana > {}", line(lines - 1)).trim_end())
}

#[test]
fn r11_3_what_is_older_than_it_is_kept_is_deleted() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    say(&chat, 300, 10)?;
    stop(chat)?;
    assert_eq!(stored(&place.file), 300);
    let chat = place.start(&["--keep", "1ms"])?;
    chat.stage.eventually("everything is deleted", || stored(&place.file) == 0)?;
    stop(chat)?;
    let chat = place.start(&[])?;
    let mut ana = recorded(&chat, "Ana")?;
    ana.send("/historial\n")?;
    ana.expect(ES.no_history())
}

#[test]
fn r11_3_the_oldest_is_deleted_of_what_is_too_much() -> Result {
    const SIZE: u64 = 2 << 20;
    let place = Place::new();
    let chat = place.start(&[])?;
    say(&chat, 6000, 500)?;
    stop(chat)?;
    let size = || fs::metadata(&place.file).expect("the file").len();
    assert!(size() > SIZE, "{}", size());
    let chat = place.start(&["--keep-size", "2MiB"])?;
    chat.stage.eventually("enough is deleted", || stored(&place.file) <= 4000)?;
    stop(chat)?;
    assert!(size() <= SIZE, "{}", size());
    let chat = place.start(&[])?;
    let mut ana = recorded(&chat, "Ana")?;
    ana.send("/historial 1\n")?;
    expect_past(&mut ana, &format!("Ana > {:0>500}", 5999))
}

/// Linux only: the file system in memory is Linux's.
#[cfg(target_os = "linux")]
#[test]
fn r11_7_on_a_full_disk_the_chat_goes_on_and_what_is_lost_is_counted() -> Result {
    use crate::c1_connecting::full_disk::SmallDisk;

    const LINES: usize = 400;
    let Some(disk) = SmallDisk::mount("512k") else {
        chat_drive::skip("no file system can be mounted here");
        return Ok(());
    };
    let file = Path::new(disk.path()).join("chat.db").display().to_string();
    let mut chat = super::start(&["--quiet", "--store", &file])?;
    let [mut ana, mut bea] = [recorded(&chat, "Ana")?, recorded(&chat, "Bea")?];
    let mut said = 0;
    let mut say = |lines: usize| -> Result {
        let lines: Vec<_> = (said..said + lines).map(|n| format!("{n:0>2000}")).collect();
        said += lines.len();
        ana.send(lines.join("\n") + "\n")?;
        lines.iter().try_for_each(|line| bea.expect(&format!("Ana > {line}")))
    };
    say(LINES)?;
    let failed = format!("! no se puede guardar en {file}: ");
    chat.server.out.find(|line| line.starts_with(&failed), "that it cannot be stored")?;
    say(LINES)?;
    disk.resize("16m");
    say(1)?;
    let mut eva = member(&chat, "Eva")?;
    eva.hear()?;
    eva.send("/historial 1\n")?;
    expect_past(&mut eva, &format!("Ana > {:0>2000}", 2 * LINES))?;
    chat.server.signal(SIGTERM)?;
    chat.server.expect_exit(0)?;
    // A small transaction may have fitted when a large one did not: then it fails anew.
    let again = format!("* se vuelve a guardar en {file}; mensajes perdidos: ");
    let (mut lost, mut has_failed) = (0, true);
    for line in chat.server.out.rest()? {
        if let Some(number) = line.strip_prefix(&again) {
            assert!(mem::replace(&mut has_failed, false), "{line}");
            lost += number.parse::<usize>().expect("a number");
        } else if line.starts_with(&failed) {
            assert!(!mem::replace(&mut has_failed, true), "{line}");
        }
    }
    assert!(!has_failed && lost > LINES / 2, "{lost}");
    assert_eq!(stored(&file) + lost, 2 * LINES + 1);
    Ok(())
}
