//! Files of earlier versions, and what is done with a file beside its server.

use super::*;
use crate::database::upkeep::{Contents, CopyError, back_up, check, export};

/// A file of each version, with what a server of that version could have: `versions/N.sql`.
const VERSIONS: [&str; 7] = [
    include_str!("versions/1.sql"),
    include_str!("versions/2.sql"),
    include_str!("versions/3.sql"),
    include_str!("versions/4.sql"),
    include_str!("versions/5.sql"),
    include_str!("versions/6.sql"),
    include_str!("versions/7.sql"),
];

impl Place {
    fn make(&self, version: u32) {
        let file = Connection::open(self.path()).unwrap();
        file.execute_batch(VERSIONS[version as usize - 1]).unwrap();
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    fn copy(&self) -> PathBuf {
        self.folder.path().join("copy.db")
    }
}

fn contents(version: u32) -> Contents {
    Contents {
        version,
        messages: if version < 5 { 3 } else { 5 },
        rooms: 2,
        accounts: u32::from(version >= 3),
        sessions: u32::from(version >= 2),
        sanctions: if version < 4 { 0 } else { 2 },
    }
}

/// All lines, each as its position, its room, its author and its text.
fn exported(path: &Path, room: Option<&str>, since: i64) -> Result<Vec<String>, OpenError> {
    let mut lines = Vec::new();
    export(path, room, since, |line| {
        lines.push(format!("{} {} {}: {}", line.position, line.room, line.author, line.text));
        Ok::<_, OpenError>(())
    })?;
    Ok(lines)
}

/// The tables and indexes of a file, by the names of their columns.
fn tables(path: &Path) -> Vec<String> {
    let file = Connection::open(path).unwrap();
    let columns = "select m.name || '.' || c.name || c.type || c.\"notnull\" || c.pk
        from sqlite_schema m join pragma_table_xinfo(m.name) c order by m.name, c.cid";
    let mut read = file.prepare(columns).unwrap();
    let rows = read.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

#[tokio::test]
async fn r11_21_a_file_of_each_earlier_version_is_opened_and_nothing_is_lost() {
    let new = Place::new();
    drop(new.open());
    for version in 1..=7 {
        let place = Place::new();
        place.make(version);
        let mut store = place.open();
        let accounts: Vec<_> = store.take_accounts();
        assert_eq!(accounts.iter().any(|account| &*account.hash == "$argon2id$ana"), version >= 3);
        let sessions = store.take_sessions();
        assert_eq!(sessions.len(), usize::from(version >= 2));
        let is_anas = |session: &Session| {
            let account = session.account.as_deref();
            (&*session.name, &*session.room) == ("Ana", "sala")
                && (account == Some("ana")) == (version >= 3)
        };
        assert!(sessions.iter().all(|(token, session)| token.0 == 0xaa && is_anas(session)));
        let whom = |sanction: &Sanction| (sanction.is_ban, sanction.name.clone().unwrap());
        let sanctions: Vec<_> = store.take_sanctions().iter().map(whom).collect();
        let due = [(true, "Caro".into()), (false, "Dora".into())];
        assert_eq!(sanctions, due[..contents(version).sanctions as usize]);
        let lines = store.read("sala", Position::START, 9).await;
        assert_eq!(texts(&lines), ["hola", "ñandú\ty más"]);
        let (position, at) = (Position { epoch: 7, number: 3 }, 1_700_000_002_000);
        assert_eq!((lines[1].position, lines[1].at, &*lines[1].author), (position, at, "Bea"));
        drop(store);
        assert_eq!(check(&place.path()).unwrap(), Contents { version: 7, ..contents(version) });
        assert_eq!(tables(&place.path()), tables(&new.path()), "of version {version}");
    }
}

#[test]
fn r11_21_a_copy_that_was_made_before_can_be_used_by_the_earlier_server() {
    for version in 1..=7 {
        let place = Place::new();
        place.make(version);
        let (before, old_tables) = (place.bytes(), tables(&place.path()));
        assert_eq!(check(&place.path()).unwrap(), contents(version));
        assert_eq!(back_up(&place.path(), &place.copy()).unwrap(), contents(version));
        assert_eq!(exported(&place.path(), Some("cocina"), 0).unwrap()[0], "7.2 cocina Bea: pan");
        assert!(place.bytes() == before, "the file of version {version} is as it was");
        drop(place.open());
        assert_eq!(check(&place.copy()).unwrap(), contents(version));
        assert_eq!(tables(&place.copy()), old_tables);
    }
}

#[tokio::test]
async fn r11_19_a_copy_is_made_while_the_file_is_written_to_and_replaces_nothing() {
    let place = Place::new();
    let store = place.open();
    write(&store, (1..=99).map(|n| line(&store, "sala", n, "Ana", "x"))).await;
    assert_eq!(back_up(&place.path(), &place.copy()).unwrap().messages, 99);
    write(&store, [line(&store, "sala", 100, "Ana", "later")]).await;
    assert_eq!(check(&place.path()).unwrap().messages, 100);
    assert_eq!(check(&place.copy()).unwrap().messages, 99);
    let exists = back_up(&place.path(), &place.copy()).unwrap_err();
    assert!(matches!(exists, CopyError::To(error) if error.kind() == ErrorKind::AlreadyExists));
    assert_eq!(check(&place.copy()).unwrap().messages, 99, "it is as it was");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(place.copy()).unwrap().permissions().mode() & 0o777, 0o600);
    }
    drop(store);
    let files = fs::read_dir(place.folder.path()).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["chat.db", "chat.db.lock", "copy.db"]);
}

#[test]
fn r11_20_lines_are_read_out_room_by_room_from_a_time_on() {
    let place = Place::new();
    place.make(7);
    let all = [
        "7.1 sala Ana: hola",
        "7.3 sala Bea: ñandú\ty más",
        "7.2 cocina Bea: pan",
        "7.4 cocina Ana: sal",
        "7.5 cocina Bea: agua",
    ];
    let exported = |room, since| exported(&place.path(), room, since).unwrap();
    assert_eq!(exported(None, 0), all);
    assert_eq!(exported(Some("cocina"), 1_700_000_003_000), all[3..]);
    assert_eq!(exported(None, 1_700_000_002_000), [all[1], all[3], all[4]]);
    assert!(exported(Some("patio"), 0).is_empty());
}

#[test]
fn r11_18_a_file_that_cannot_be_used_is_told_and_left_as_it_is() {
    let place = Place::new();
    assert!(matches!(check(&place.path()), Err(OpenError::Io(_))));
    assert!(!place.path().exists(), "it was made");
    let newer = "pragma user_version = 8";
    let orphan = "pragma foreign_keys = off; delete from room where name = 'cocina'";
    for (change, why) in [(newer, "later version (8)"), (orphan, "a row of block")] {
        let place = Place::new();
        place.make(7);
        Connection::open(place.path()).unwrap().execute_batch(change).unwrap();
        let before = place.bytes();
        let reason = back_up(&place.path(), &place.copy()).unwrap_err().to_string();
        assert!(reason.contains(why), "{reason}");
        assert!(!place.copy().exists(), "a copy is left of {change}");
        let reason = check(&place.path()).unwrap_err().to_string();
        assert!(reason.contains(why), "{reason}");
        assert!(place.bytes() == before);
    }
    for bytes in [b"diary".repeat(999), Vec::new()] {
        fs::write(place.path(), &bytes).unwrap();
        assert!(matches!(check(&place.path()), Err(OpenError::Foreign)));
        assert!(place.bytes() == bytes);
    }
    fs::remove_file(place.path()).unwrap();
    place.make(7);
    let mut damaged = place.bytes();
    damaged[4096..].fill(0xa5);
    fs::write(place.path(), damaged).unwrap();
    assert!(matches!(check(&place.path()), Err(OpenError::Faulty(_))));
    let copied = back_up(&place.path(), &place.copy());
    assert!(matches!(copied, Err(CopyError::From(OpenError::Faulty(_)))), "{copied:?}");
    assert!(!place.copy().exists());
}

#[test]
fn r11_18_a_file_that_another_program_holds_is_told() {
    let place = Place::new();
    place.make(7);
    let other = Connection::open(place.path()).unwrap();
    other.execute_batch("begin exclusive").unwrap();
    assert!(matches!(check(&place.path()), Err(OpenError::Locked)));
}
