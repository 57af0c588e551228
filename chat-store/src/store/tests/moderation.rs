//! Bans, mutes and deeds.

use super::*;
use crate::moderation::{Deed, Sanction};

pub(super) fn ban(id: u64, until: Option<i64>) -> Sanction {
    Sanction {
        id,
        is_ban: true,
        name: Some("Ana".into()),
        account: None,
        network: Some("192.0.2.0/24".into()),
        until,
        by: "Bea".into(),
        reason: "por gritar".into(),
    }
}

pub(super) fn deed(why: &str) -> Deed {
    Deed {
        at: 0,
        by: "Bea".into(),
        deed: "vetar",
        room: "cocina".into(),
        whom: "Ana".into(),
        why: why.into(),
    }
}

#[tokio::test]
async fn r13_5_a_ban_outlives_the_store_until_it_ends_or_is_lifted() {
    let place = Place::new();
    let store = place.open();
    store.moderate(deed("1"), Some(ban(1, None)), Vec::new());
    store.moderate(deed("2"), Some(ban(2, Some(1))), Vec::new());
    store.moderate(deed("3"), Some(ban(3, Some(i64::MAX))), Vec::new());
    store.moderate(deed("4"), None, vec![1]);
    drop(store);
    let mut store = place.open();
    assert_eq!(store.take_sanctions(), [ban(3, Some(i64::MAX))], "the second ended long ago");
    drop(store);
    let file = Connection::open(place.path()).unwrap();
    let mut deeds = file.prepare("select by || deed || room || whom || why from deed").unwrap();
    let deeds: Vec<String> = deeds.query_map([], |row| row.get(0)).unwrap().flatten().collect();
    assert_eq!(deeds.len(), 4);
    assert_eq!(deeds[0], "BeavetarcocinaAna1");
}

#[tokio::test]
async fn r13_10_deeds_are_deleted_with_the_lines_of_their_time() {
    let place = Place::new();
    let store = place.open();
    store.moderate(deed("old"), None, Vec::new());
    store.moderate(Deed { at: i64::MAX, ..deed("new") }, None, Vec::new());
    drop(store);
    let options = Options { keep: Some(Duration::from_secs(1)), ..place.options() };
    let _store = place.open_with(&options).unwrap();
    let file = Connection::open(place.path()).unwrap();
    let left = || file.query_row("select group_concat(why) from deed", [], |row| row.get(0));
    // Its thread begins with it.
    let start = Instant::now();
    while left() != Ok("new".to_owned()) {
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", left());
        thread::yield_now();
    }
}
