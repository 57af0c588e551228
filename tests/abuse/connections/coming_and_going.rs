//! Thousands of clients that connect and leave.

use std::collections::HashMap;
use std::net::SocketAddr;

use chat_drive::failure::Result;
use chat_drive::process::{descriptors, resident, threads};
use chat_tests::ES;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;

use crate::healthy::Healthy;

const SIGTERM: i32 = 15;

/// Number of clients connected at a time.
const AT_ONCE: usize = 50;

/// Memory that the server may gain after two thousand more clients, in bytes: a quarter of the leak
/// if each client left its 2 KiB behind.
const SLACK: u64 = 1 << 20;

/// Leaves in one of three ways: close, leaving word, reset.
fn leave(way: usize, mut peer: Peer) -> Result {
    match way % 3 {
        0 => drop(peer),
        1 => {
            peer.send("salir\n")?;
            while peer.hear()?.is_some() {}
        }
        _ => peer.reset(),
    }
    Ok(())
}

/// Connects this many clients, [`AT_ONCE`] at a time, and makes them leave. Returns their
/// addresses.
fn come_and_go(
    chat: &Chat,
    number: usize,
    leave: impl Fn(usize, Peer) -> Result,
) -> Result<Vec<SocketAddr>> {
    let mut addresses = Vec::new();
    while addresses.len() < number {
        let mut peers = Vec::new();
        for _ in 0..AT_ONCE {
            peers.push(chat.peer("guest")?);
        }
        addresses.extend(peers.iter().map(Peer::address));
        peers.into_iter().enumerate().try_for_each(|(way, peer)| leave(way, peer))?;
    }
    Ok(addresses)
}

/// Checks that the server has printed each client's coming and leaving exactly once.
#[track_caller]
fn each_was_announced(mut chat: Chat, addresses: &[SocketAddr]) -> Result {
    chat.server.signal(SIGTERM)?;
    let mut printed: HashMap<String, i32> = HashMap::new();
    for line in chat.server.out.rest()? {
        *printed.entry(line).or_default() += 1;
    }
    for address in addresses {
        for line in [
            ES.client_connected(*address).to_string(),
            ES.client_disconnected(*address).to_string(),
        ] {
            *printed.entry(line).or_default() -= 1;
        }
    }
    let of_them = |line: &str| addresses.iter().any(|address| line.contains(&address.to_string()));
    printed.retain(|line, number| *number != 0 && of_them(line));
    assert!(printed.is_empty(), "printed too often (or too seldom): {printed:?}");
    chat.server.expect_exit(0)?;
    chat.server.err.expect_end()
}

#[test]
fn r3_3_a_thousand_resets_during_a_broadcast_cost_nobody_a_message() -> Result {
    let chat = Chat::start()?;
    let healthy = Healthy::start(&chat)?;
    let reset = |_, peer: Peer| {
        peer.reset();
        Ok(())
    };
    let addresses = come_and_go(&chat, 1000, reset)?;
    healthy.finish(&chat.stage)?;
    each_was_announced(chat, &addresses)
}

#[test]
fn r3_4_two_thousand_that_come_and_leave_leave_nothing_behind() -> Result {
    let chat = Chat::start()?;
    let id = chat.server.id();
    let healthy = Healthy::start(&chat)?;
    let before = descriptors(id).expect("descriptors");
    let all_have_left = || {
        chat.stage.eventually("all descriptors are closed", || {
            descriptors(id).is_ok_and(|now| now == before)
        })
    };
    // These clients cause the allocations that happen only once.
    let mut addresses = come_and_go(&chat, 500, leave)?;
    all_have_left()?;
    let used = (threads(id).expect("threads"), resident(id).expect("memory"));
    addresses.extend(come_and_go(&chat, 2000, leave)?);
    all_have_left()?;
    let now = (threads(id).expect("threads"), resident(id).expect("memory"));
    assert_eq!(now.0, used.0, "threads");
    assert!(now.1 <= used.1 + SLACK, "{} bytes, then {}", used.1, now.1);
    healthy.finish(&chat.stage)?;
    each_was_announced(chat, &addresses)
}
