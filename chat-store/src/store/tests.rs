use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::line::{Line, Numbered};
use crate::options::{Damage, Durability};

mod blocks;
mod damage;
mod moderation;
mod upkeep;

/// A store in a folder of its own, and what it told.
struct Place {
    folder: TempDir,
    told: Arc<Mutex<Vec<Event>>>,
}

impl Place {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), told: Arc::default() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("chat.db")
    }

    fn options(&self) -> Options {
        let path = self.path();
        let (durability, damage) = (Durability::Gather, Damage::Replace);
        let resume = Duration::from_mins(10);
        Options { path, keep: None, keep_size: None, durability, resume, damage }
    }

    fn open_with(&self, options: &Options) -> Result<Store, OpenError> {
        let told = Arc::clone(&self.told);
        Store::open(options, move |event| told.lock().unwrap().push(event))
    }

    fn open(&self) -> Store {
        self.open_with(&self.options()).unwrap()
    }

    fn told(&self) -> Vec<Event> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

fn line(store: &Store, room: &str, number: u64, author: &str, text: &str) -> Arc<Line> {
    Arc::new(Line {
        room: room.into(),
        position: Position { epoch: store.epoch(), number },
        at: 1_700_000_000_000 + number.cast_signed(),
        author: author.into(),
        text: text.into(),
        numbered: None,
    })
}

/// Gives lines, and waits until they are written.
async fn write(store: &Store, lines: impl IntoIterator<Item = Arc<Line>>) {
    lines.into_iter().for_each(|line| store.give(line));
    store.written().await;
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| &*line.text).collect()
}

#[tokio::test]
async fn what_was_given_is_read_in_order_also_by_the_next_that_opens_the_file() {
    let place = Place::new();
    let store = place.open();
    let lines: Vec<_> = (1..=5).map(|n| line(&store, "sala", n, "Ana", &n.to_string())).collect();
    lines.iter().cloned().for_each(|line| store.give(line));
    store.give(line(&store, "otra", 1, "Bea", "x"));
    assert!(store.read("sala", Position::START, 9).await.iter().eq(lines.iter().map(|l| &**l)));
    assert_eq!(texts(&store.read("sala", lines[2].position, 9).await), ["4", "5"]);
    assert_eq!(texts(&store.read("sala", Position::START, 2).await), ["4", "5"]);
    assert!(store.read("none", Position::START, 9).await.is_empty());
    let first = store.epoch();
    store.give(line(&store, "sala", 6, "Ana", "the last"));
    drop(store);
    let store = place.open();
    assert!(store.epoch() > first);
    store.give(line(&store, "sala", 1, "Ana", "again"));
    let read = store.read("sala", lines[4].position, 9).await;
    assert_eq!(texts(&read), ["the last", "again"]);
    assert_eq!(place.told(), []);
}

#[tokio::test]
async fn a_line_that_is_committed_can_be_read_from_the_file_at_once() {
    let place = Place::new();
    let store =
        place.open_with(&Options { durability: Durability::Commit, ..place.options() }).unwrap();
    write(&store, [line(&store, "sala", 1, "Ana", "hola")]).await;
    let reader = Connection::open(place.path()).unwrap();
    let count = reader.query_row("select count(*) from block", [], |row| row.get(0));
    assert_eq!(count, Ok(1), "another program can read it while it is open");
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    let store = place.open();
    write(&store, [line(&store, "sala", 1, "Ana", "hola")]).await;
    for file in fs::read_dir(place.folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}: {mode:o}");
    }
}

#[test]
fn only_one_process_has_it() {
    let place = Place::new();
    let _store = place.open();
    assert!(matches!(place.open_with(&place.options()), Err(OpenError::Locked)));
}

#[test]
fn a_file_of_somebody_else_or_of_a_later_version_is_not_touched() {
    let place = Place::new();
    for (content, foreign) in [
        ("pragma user_version = 3; create table theirs(x)", true),
        ("pragma application_id = 1128808788; pragma user_version = 99; create table x(x)", false),
    ] {
        let _ = fs::remove_file(place.path());
        Connection::open(place.path()).unwrap().execute_batch(content).unwrap();
        let before = fs::read(place.path()).unwrap();
        match place.open_with(&place.options()) {
            Err(OpenError::Foreign) => assert!(foreign),
            Err(OpenError::Newer(99)) => assert!(!foreign),
            other => panic!("{:?}", other.err()),
        }
        assert_eq!(fs::read(place.path()).unwrap(), before);
    }
    fs::write(place.path(), "dear diary\n".repeat(1000)).unwrap();
    assert!(matches!(place.open_with(&place.options()), Err(OpenError::Foreign)));
    assert_eq!(fs::read(place.path()).unwrap().len(), 11_000);
}

#[tokio::test]
async fn a_disk_that_is_full_is_told_once_and_what_is_lost_is_counted() {
    let place = Place::new();
    let store = place.open();
    let store = &store;
    let lines = |first| (first..first + 10).map(move |n| line(store, "sala", n, "Ana", "hola"));
    write(store, lines(1)).await;
    // Another program keeps it from being written to, as a disk that is full does.
    let other = Connection::open(place.path()).unwrap();
    other
        .execute_batch(
            "create trigger full before insert on block begin select raise(abort, 'full'); end",
        )
        .unwrap();
    write(store, lines(11)).await;
    write(store, lines(21)).await;
    assert_eq!(store.read("sala", Position::START, 99).await.len(), 10, "the rest can be read");
    assert_eq!(store.lost(), 20);
    other.execute_batch("drop trigger full").unwrap();
    write(store, lines(31)).await;
    let told = place.told();
    assert!(
        matches!(&told[..], [Event::Failed(why), Event::Recovered { lost: 20 }] if why.contains("full")),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_does_not_fit_the_queue_is_lost_and_counted_and_nobody_waits() {
    let place = Place::new();
    let store = place.open();
    // The database is kept busy by another program.
    let other = Connection::open(place.path()).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let text = "x".repeat(4000);
    for n in 1..=4000 {
        store.give(line(&store, "sala", n, "Ana", &text));
    }
    let lost = store.lost();
    assert!((1500..3000).contains(&lost), "{lost}");
    other.execute_batch("rollback").unwrap();
    let kept = store.read("sala", Position::START, usize::MAX).await.len() as u64;
    assert_eq!(kept + lost, 4000);
}

#[tokio::test]
async fn lines_of_one_author_can_be_deleted_and_are_not_left_in_the_file() {
    let place = Place::new();
    let store = place.open();
    for n in 1..=20 {
        let author = if n % 2 == 0 { "Ana" } else { "Bea" };
        store.give(line(&store, "sala", n, author, &format!("secret of {author}")));
    }
    assert_eq!(store.forget(|author| author == "Ana").await, Ok(10));
    assert_eq!(store.read("sala", Position::START, 99).await.len(), 10);
    drop(store);
    let file = fs::read(place.path()).unwrap();
    let has = |text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("secret of Bea") && !has("secret of Ana"));
}

fn session(store: &Store, number: u64, until: Option<i64>) -> Session {
    let id = Position { epoch: store.epoch(), number };
    let (name, room) = ("Ana".into(), "sala".into());
    Session { id, name, account: None, room, joined: Position::START, accepted: 0, until }
}

/// Kept sessions, after the store was closed and opened again.
fn reopened(place: &Place, store: Store) -> (Store, Vec<(Token, Session)>) {
    drop(store);
    let mut store = place.open();
    let sessions = store.take_sessions();
    (store, sessions)
}

#[tokio::test]
async fn r11_12_a_session_outlives_the_store_until_it_ends() {
    let place = Place::new();
    let store = place.open();
    let (ana, bea, eva) = (Token(1), Token(2), Token(3));
    store.keep(ana, Some(session(&store, 1, None)));
    store.keep(bea, Some(session(&store, 2, None)));
    store.keep(bea, None);
    // It ended long ago.
    store.keep(eva, Some(session(&store, 3, Some(1))));
    store.written().await;
    let (store, sessions) = reopened(&place, store);
    let [(token, left)] = sessions.as_slice() else { panic!("{sessions:?}") };
    assert_eq!((token, &*left.name, left.accepted), (&ana, "Ana", 0));
    assert!(left.until.is_some(), "it ends some time after the store was opened");
    store.forget(|name| name == "Ana").await.unwrap();
    assert_eq!(reopened(&place, store).1, []);
}

#[tokio::test]
async fn r11_11_a_numbered_line_and_its_acceptance_are_written_together() {
    let place = Place::new();
    let store = place.open();
    store.keep(Token(1), Some(session(&store, 1, None)));
    let id = Position { epoch: store.epoch(), number: 1 };
    let numbered = |number| Some(Numbered { session: id, number });
    for number in [7, 8] {
        let line = line(&store, "sala", number + 1, "Ana", "hola");
        store.give(Arc::new(Line { numbered: numbered(number), ..(*line).clone() }));
    }
    // What is known of the session is older than the lines.
    store.keep(Token(1), Some(Session { accepted: 3, ..session(&store, 1, None) }));
    store.written().await;
    let (store, sessions) = reopened(&place, store);
    assert_eq!(sessions[0].1.accepted, 8);
    let lines = store.read("sala", Position::START, 9).await;
    assert_eq!(
        lines.iter().map(|line| line.numbered).collect::<Vec<_>>(),
        [numbered(7), numbered(8)]
    );
    let last = |number| store.last_up_to("sala", Position { number, ..id });
    assert_eq!(last(8).await, Some(lines[0].position));
    assert_eq!(last(99).await, Some(lines[1].position));
    assert_eq!(last(7).await, None);
}

/// A file of the first version has no sessions and no accounts.
#[tokio::test]
async fn r11_7_an_older_file_goes_on() {
    let place = Place::new();
    let store = place.open();
    write(&store, [line(&store, "sala", 1, "Ana", "hola")]).await;
    drop(store);
    let file = Connection::open(place.path()).unwrap();
    let first = "
        drop table ban; drop table deed; drop table account; drop table session; drop table block;
        create table said(
            id integer primary key, room integer not null references room, epoch integer not null,
            number integer not null, at integer not null, author text not null, text text not null,
            unique(room, epoch, number)) strict;
        pragma user_version = 1";
    file.execute_batch(first).unwrap();
    let old: Vec<u64> = (1..=250).collect();
    for n in &old {
        let (text, at) = (format!("{n}\tñ"), if n.is_multiple_of(2) { i64::MAX } else { 12 });
        file.execute(
            "insert into said values(null, 1, 7, ?, ?, 'Ana', ?)",
            (n.cast_signed(), at, text),
        )
        .unwrap();
    }
    drop(file);
    let store = place.open();
    write(&store, [line(&store, "sala", 1, "Ana", "otra vez")]).await;
    let read = store.read("sala", Position::START, 999).await;
    assert!(read[..250].iter().map(|line| line.position.number).eq(old));
    assert_eq!((&*read[40].text, &*read[40].author, read[40].at), ("41\tñ", "Ana", 12));
    assert_eq!(texts(&read[250..]), ["otra vez"]);
    assert!(place.told().is_empty());
    drop(store);
    let keep = Some(Duration::from_hours(1));
    let store = place.open_with(&Options { keep, ..place.options() }).unwrap();
    let start = Instant::now();
    while store.read("sala", Position::START, 999).await.iter().any(|line| line.at < i64::MAX) {
        assert!(start.elapsed() < Duration::from_secs(20), "an old line is kept with a new one");
        tokio::task::yield_now().await;
    }
    assert_eq!(store.read("sala", Position::START, 999).await.len(), 125);
}

#[tokio::test]
async fn r12_1_an_account_is_kept_with_its_last_hash_until_it_is_removed() {
    let place = Place::new();
    let account = |name: &str, hash: &str| Account { name: name.into(), hash: hash.into() };
    let mut store = place.open();
    assert!(store.take_accounts().is_empty());
    for (name, hash) in [("Bea", "1"), ("Ana", "2"), ("Bea", "3")] {
        assert_eq!(store.keep_account(name, Some(hash.into()), None).await, Ok(()));
    }
    drop(store);
    let mut store = place.open();
    assert_eq!(store.take_accounts(), [account("Ana", "2"), account("Bea", "3")]);
    // It goes on when it is not waited for.
    drop(store.keep_account("Ana", None, None));
    drop(store);
    assert_eq!(place.open().take_accounts(), [account("Bea", "3")]);
    assert!(!format!("{:?}", account("Ana", "secret")).contains("secret"));
}
