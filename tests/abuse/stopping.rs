//! Graceful shutdown during full traffic.

use std::thread;
use std::time::{Duration, Instant};

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;

use crate::healthy::Healthy;

const SIGTERM: i32 = 15;

/// Reads every line to the end of the connection.
fn hear_out(mut peer: Peer) -> Result<Vec<String>> {
    let mut heard = Vec::new();
    while let Some(line) = peer.hear()? {
        heard.push(line);
    }
    Ok(heard)
}

#[test]
fn r1_6_a_stop_within_a_flood_takes_its_time_and_no_more_and_loses_nothing() -> Result {
    /// Number of lines of the flood: few enough that the console loses none.
    const LINES: usize = 12_000;
    /// Lines printed before the stop: more than a socket holds.
    const BEFORE: usize = 6_000;
    const DRAIN: Duration = Duration::from_secs(3);
    /// Extra time for a busy machine.
    const SLACK: Duration = Duration::from_secs(10);

    // The outbox holds everything, so only clients that do not read are slow.
    let options = ["--label", "none", "--outbox", "8MiB", "--drain", "3s"];
    let mut chat = Chat::start_with(&options)?;
    let healthy = Healthy::start(&chat)?;
    let mut stuck = Vec::new();
    for i in 0..10 {
        stuck.push(chat.stuck_peer(&format!("stuck {i}"))?);
    }
    let listeners =
        [chat.peer("bea")?, chat.peer("caro")?].map(|peer| thread::spawn(|| hear_out(peer)));
    let mut ana = chat.peer("ana")?;
    let flood: Vec<_> = (0..LINES).map(|n| format!("linea {n:0>60}\n")).collect();
    // It fails once the server is gone. Ana stays: closing with unread messages would be a reset.
    let flooder = thread::spawn(move || (ana.send(flood.concat()), ana));

    let of_flood = |line: &String| line.starts_with("linea ");
    let first = chat.server.out.find(|line| line.starts_with("linea "), "a line of the flood")?;
    let mut printed = vec![first];
    while printed.len() < BEFORE {
        printed.extend(chat.server.out.hear()?.filter(of_flood));
    }
    let begun = Instant::now();
    chat.server.signal(SIGTERM)?;
    printed.extend(chat.server.out.rest()?.into_iter().filter(of_flood));
    chat.server.expect_exit(0)?;
    let took = begun.elapsed();
    assert!(took < DRAIN + SLACK, "{took:?}");
    for listener in listeners {
        let heard = listener.join().expect("no panic")?;
        let heard: Vec<_> = heard.into_iter().filter(of_flood).collect();
        assert_eq!(heard.len(), printed.len());
        assert!(heard == printed, "another order");
    }
    drop(flooder.join().expect("no panic"));
    healthy.are_cut_off()
}

#[test]
fn r1_6_a_stop_delivers_what_was_held_back() -> Result {
    const LINES: usize = 200;
    let mut chat = Chat::start_with(&["--label", "none", "--max-rate", "20/s", "--burst", "5"])?;
    let healthy = Healthy::start_with(&chat, &["--senders", "10", "--rate", "100/s"])?;
    let (mut ana, bea) = (chat.peer("ana")?, chat.peer("bea")?);
    let lines: Vec<String> = (0..LINES).map(|n| format!("linea {n}")).collect();
    ana.send(lines.join("\n") + "\n")?;
    chat.server.out.wait_for("linea 0")?;
    chat.server.signal(SIGTERM)?;
    let mut heard = hear_out(bea)?;
    assert_eq!(heard.pop().as_deref(), Some(ES.server_closing()));
    heard.retain(|line| !line.starts_with('{'));
    assert_eq!(heard, lines);
    chat.server.expect_exit(0)?;
    healthy.are_cut_off()
}
