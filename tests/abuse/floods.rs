//! Rate limit: clients that send far more at once than they may. The server does not read from a
//! client over its limit. That client's messages arrive late; all others are on time.

use std::time::{Duration, Instant};

use chat_drive::failure::Result;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;

use crate::healthy::Healthy;

/// The rate limit of the profile: a burst of this many lines, then this many per second.
const BURST: u32 = 40;
const RATE: u32 = 20;

const LINES: u32 = 100;

/// Starts a chat with names and the default rate limit, and the healthy clients in another room.
/// Each of them talks at half the rate.
fn limited() -> Result<(Chat, Healthy)> {
    let chat = Chat::start_with(&["--profile", "grupal", "--presence", "off"])?;
    let healthy = Healthy::start_apart(&chat, &["--senders", "10", "--rate", "100/s"])?;
    Ok((chat, healthy))
}

fn flood(peer: &mut Peer) -> Result {
    let lines: Vec<_> = (0..LINES).map(|n| format!("linea {n}\n")).collect();
    peer.send(lines.concat())
}

/// Checks that the server took at least as long as the rate limit requires for these lines.
#[track_caller]
fn took_its_time(begun: Instant, lines: u32) {
    let least = Duration::from_secs(1) * (lines - BURST) / RATE;
    assert!(begun.elapsed() >= least, "{lines} lines in {:?}", begun.elapsed());
}

#[test]
fn r1_4_a_flood_arrives_at_its_rate_and_nobody_waits_behind_it() -> Result {
    let (chat, healthy) = limited()?;
    let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
    let begun = Instant::now();
    flood(&mut ana)?;
    bea.expect("Ana > linea 0")?;
    // This message is received before the end of the flood.
    caro.send("hola\n")?;
    let mut next = 1;
    let mut before = None;
    while next < LINES {
        let line = bea.hear()?.expect("a line");
        if line == "Caro > hola" {
            before = Some(next);
        } else {
            assert_eq!(line, format!("Ana > linea {next}"));
            next += 1;
        }
    }
    took_its_time(begun, LINES);
    assert!(before.is_some(), "Caro is heard behind all of it");
    healthy.finish(&chat.stage)
}

#[test]
fn r2_10_who_leaves_behind_its_flood_is_heard_to_the_end() -> Result {
    let (chat, healthy) = limited()?;
    let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
    let begun = Instant::now();
    flood(&mut ana)?;
    let gone = format!("cliente {} desconectado", ana.address());
    drop(ana);
    (0..LINES).try_for_each(|n| bea.expect(&format!("Ana > linea {n}")))?;
    took_its_time(begun, LINES);
    chat.server.out.wait_for(&gone)?;
    caro.send("hola\n")?;
    bea.expect("Caro > hola")?;
    healthy.finish(&chat.stage)
}

#[test]
fn r2_9_a_line_without_end_counts_as_often_as_it_is_read_from() -> Result {
    /// Maximum size of one read of the server, in bytes.
    const READ: usize = 16 * 1024;
    const READS: u32 = 64;
    let (chat, healthy) = limited()?;
    let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
    let begun = Instant::now();
    ana.send("x".repeat(READS as usize * READ))?;
    caro.send("hola\n")?;
    bea.expect("Caro > hola")?;
    ana.send("\nfin\n")?;
    bea.expect("Ana > fin")?;
    took_its_time(begun, READS);
    healthy.finish(&chat.stage)
}
