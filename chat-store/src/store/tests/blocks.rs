//! Lines in blocks, and which of them are kept.

use super::*;

#[tokio::test]
async fn what_is_too_old_is_deleted_and_nothing_else() {
    let place = Place::new();
    let store = place.open();
    let old = (1..=3000).map(|n| line(&store, "sala", n, "Ana", &"x".repeat(500)));
    write(&store, old.chain([line(&store, "otra", 3001, "Ana", "old")])).await;
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let at = i64::try_from(at).unwrap();
    let new = |room: &str, number| {
        Arc::new(Line { at, ..(*line(&store, room, number, "Ana", "new")).clone() })
    };
    write(&store, [new("sala", 3002), new("otra", 3003)]).await;
    drop(store);
    let before = fs::metadata(place.path()).unwrap().len();
    let keep = Some(Duration::from_hours(1));
    let store = place.open_with(&Options { keep, ..place.options() }).unwrap();
    let small = || fs::metadata(place.path()).unwrap().len() < before / 4;
    while store.read("sala", Position::START, 9).await.len() > 1 || !small() {
        tokio::task::yield_now().await;
        store.give(line(&store, "more", 3004, "Ana", "x"));
        store.written().await;
        Connection::open(place.path())
            .unwrap()
            .query_row("pragma wal_checkpoint", [], |_| Ok(()))
            .unwrap();
    }
    for room in ["sala", "otra"] {
        assert_eq!(texts(&store.read(room, Position::START, 9).await), ["new"]);
    }
}

/// The clock was ahead for a while.
#[tokio::test]
async fn what_is_too_old_is_deleted_also_behind_what_is_of_a_later_time() {
    let place = Place::new();
    let store = place.open();
    let ahead = |room: String| {
        Arc::new(Line { at: i64::MAX, ..(*line(&store, &room, 1, "Ana", "ahead")).clone() })
    };
    write(&store, (0..100).map(|n| ahead(format!("room{n}")))).await;
    write(&store, [line(&store, "sala", 1, "Ana", "old")]).await;
    drop(store);
    let keep = Some(Duration::from_hours(1));
    let store = place.open_with(&Options { keep, ..place.options() }).unwrap();
    let start = Instant::now();
    while !store.read("sala", Position::START, 9).await.is_empty() {
        assert!(start.elapsed() < Duration::from_secs(20), "it is there still");
        tokio::task::yield_now().await;
    }
    assert_eq!(texts(&store.read("room7", Position::START, 9).await), ["ahead"]);
}

#[tokio::test]
async fn of_what_is_too_much_the_oldest_is_deleted_in_whatever_room() {
    let place = Place::new();
    let store = place.open();
    let room = |n: u64| if n.is_multiple_of(2) { "sala" } else { "otra" };
    write(&store, (1..=6000).map(|n| line(&store, room(n), n, "Ana", &"x".repeat(500)))).await;
    drop(store);
    // Half of what there is.
    let keep_size = Some(fs::metadata(place.path()).unwrap().len() / 2);
    let store = place.open_with(&Options { keep_size, ..place.options() }).unwrap();
    let mut left = [6000, 6000];
    // Something may be deleted between the two readings. A block has some 30 of these lines.
    while left.iter().sum::<usize>() > 4000 || left[0].abs_diff(left[1]) > 100 {
        for (left, room) in left.iter_mut().zip(["sala", "otra"]) {
            let lines = store.read(room, Position::START, 9999).await;
            *left = lines.len();
            let last = if room == "sala" { 6000 } else { 5999 };
            assert_eq!(lines.last().map(|line| line.position.number), Some(last));
        }
    }
    assert!(left[0] > 500, "{left:?}");
}

#[tokio::test]
async fn lines_that_share_a_block_are_found_and_read_one_by_one() {
    let place = Place::new();
    let store = place.open();
    let at = |number| Position { epoch: store.epoch(), number };
    let numbered = Some(Numbered { session: at(1), number: 7 });
    let texts = ["", "a\tb", "ends in \r", "\u{2028}ñ"].into_iter().cycle().zip(1..);
    let said = |(number, text): (u64, String)| {
        let numbered = numbered.filter(|_| number.is_multiple_of(3));
        Arc::new(Line { numbered, ..(*line(&store, "sala", 2 * number, "Ana", &text)).clone() })
    };
    let texts = texts.map(|(text, times)| text.repeat(times));
    let lines: Vec<_> = (1..=200).zip(texts).map(said).collect();
    write(&store, lines.iter().cloned()).await;
    let rows = "select count(*) from block";
    let rows: i64 =
        Connection::open(place.path()).unwrap().query_row(rows, [], |row| row.get(0)).unwrap();
    assert!((2..=100).contains(&rows), "{rows}");
    for n in [1, 2, 57, 199, 200] {
        let position = at(2 * n);
        let behind = lines.iter().map(|line| &**line).skip_while(|line| line.position <= position);
        assert!(store.read("sala", position, 999).await.iter().eq(behind.clone()), "{n}");
        let first = store.read_on("sala", position, 3).await;
        assert!(first.iter().eq(behind.take(3)), "{n}");
        for between in [2 * n, 2 * n + 1] {
            assert_eq!(store.last_up_to("sala", at(between)).await, Some(position), "{between}");
        }
    }
    assert_eq!(store.last_up_to("sala", at(1)).await, None);
}
