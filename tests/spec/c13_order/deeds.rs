//! What is known afterwards of what moderators did.

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

#[test]
fn r13_10_what_moderators_do_is_in_the_store_and_in_the_diagnostics() -> Result {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("chat.db");
    let mut chat = start(&["--store", &file.display().to_string(), "--log", "info"])?;
    let mut ana = chat.named_peer("Ana")?;
    ana.send(
        "/sala cocina\n/vetar Bea 1h grita\n/callar Caro\n/perdonar caro\n/tema pan\n/lento 5s\n",
    )?;
    ana.send("/cerrar\n/echar Nadie\n")?;
    while ana.hear()?.is_some_and(|line| line != "! no hay nadie que se llame Nadie") {}
    chat.server.type_in("/echar Ana basta\n")?;
    chat.server.out.wait_for("* Root ha echado a Ana: basta")?;
    for (deed, whom) in [("vetar", "Bea"), ("echar", "Ana")] {
        let shown = |line: &str| {
            line.contains(&format!("deed=\"{deed}\"")) && line.contains(&format!("whom=\"{whom}\""))
        };
        chat.server.err.find(shown, deed)?;
    }
    chat.server.signal(15)?;
    chat.server.expect_exit(0)?;
    let store = Connection::open(&file).expect("the store");
    let deeds = "select by || ' ' || deed || ' ' || room || ' ' || whom || ' ' || why from deed order by id";
    let mut deeds = store.prepare(deeds).expect("the table");
    let deeds: Vec<String> =
        deeds.query_map([], |row| row.get(0)).and_then(Iterator::collect).expect("the deeds");
    let due = [
        "Ana vetar cocina Bea grita",
        "Ana callar cocina Caro ",
        "Ana perdonar cocina caro ",
        "Ana tema cocina  pan",
        "Ana lento cocina  5s",
        "Ana cerrar cocina  ",
        "Root echar general Ana basta",
    ];
    assert_eq!(deeds, due);
    let now = "select count(*) from deed where abs(at - 1000 * unixepoch()) < 3600000";
    let count: u32 = store.query_row(now, [], |row| row.get(0)).expect("a number");
    assert_eq!(count as usize, due.len());
    Ok(())
}
