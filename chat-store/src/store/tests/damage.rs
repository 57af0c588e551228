//! Files that are damaged.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use super::*;

/// Overwrites all pages of the file but the first.
fn damage(path: &Path) {
    let mut file = File::options().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&vec![0xa5; usize::try_from(length).unwrap() - 4096]).unwrap();
}

#[tokio::test]
async fn a_damaged_file_is_put_aside_and_the_next_begun() {
    let place = Place::new();
    let store = place.open();
    (1..200).for_each(|n| store.give(line(&store, "sala", n, "Ana", "hola")));
    let first = store.epoch();
    drop(store);
    damage(&place.path());
    let damaged = fs::read(place.path()).unwrap();
    let store = place.open();
    store.give(line(&store, "sala", 1, "Ana", "goes on"));
    assert_eq!(texts(&store.read("sala", Position::START, 9).await), ["goes on"]);
    let aside = store.put_aside().expect("it was put aside");
    assert!(fs::read(aside).unwrap()[4096..] == damaged[4096..], "it is another file");
    assert!(store.epoch() >= first);
    assert_eq!(store.lost(), 0);
}

#[tokio::test]
async fn r11_7_a_file_that_is_damaged_while_it_is_open_gives_its_accounts_and_bans_to_the_next() {
    let place = Place::new();
    let options = Options { damage: Damage::ReplaceOnceOpen, ..place.options() };
    let store = place.open_with(&options).unwrap();
    assert_eq!(store.keep_account("Ana", Some("1".into()), None).await, Ok(()));
    store.moderate(moderation::deed("1"), Some(moderation::ban(1, None)), Vec::new());
    drop(store);
    let store = place.open_with(&options).unwrap();
    assert_eq!(store.keep_account("Bea", Some("2".into()), None).await, Ok(()));
    store.moderate(moderation::deed("2"), Some(moderation::ban(2, None)), vec![1]);
    store.written().await;
    // Another program writes, so that what the store remembers of the file does not count.
    let other = Connection::open(place.path()).unwrap();
    other.execute_batch("update epoch set last = last").unwrap();
    other.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())).unwrap();
    damage(&place.path());
    write(&store, [line(&store, "sala", 1, "Ana", "goes on")]).await;
    assert!(matches!(&place.told()[..], [Event::PutAside(_)]));
    assert_eq!(store.lost(), 0);
    drop((other, store));
    let mut store = place.open_with(&options).unwrap();
    let names: Vec<_> = store.take_accounts().into_iter().map(|account| account.name).collect();
    assert_eq!(names, ["Ana".into(), "Bea".into()]);
    assert_eq!(store.take_sanctions(), [moderation::ban(2, None)]);
}

#[test]
fn r11_7_a_damaged_file_that_must_not_be_replaced_is_not_opened() {
    let place = Place::new();
    drop(place.open());
    damage(&place.path());
    for how in [Damage::Fail, Damage::ReplaceOnceOpen] {
        let opened = place.open_with(&Options { damage: how, ..place.options() });
        assert!(matches!(opened, Err(OpenError::Damaged)), "{how:?}");
    }
    assert!(place.open().put_aside().is_some(), "it is where it was");
}
