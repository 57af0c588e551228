//! Peers that send random bytes.

use std::collections::HashMap;
use std::thread;
use std::vec::IntoIter;

use chat_drive::failure::Result;
use chat_drive::process;
use chat_protocol::decoder::{Decoder, Line};
use chat_protocol::framing::Framing;
use chat_protocol::text::{is_leave, passable};
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::peer::Peer;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const NOISY: u64 = 4;
const NOISE: usize = 1 << 20;
const TALK: usize = 200;

/// Memory that the server may gain, in bytes: the content of six outboxes and of the console's two
/// buffers. The peers send as much, and it goes to five receivers.
const GROWTH: u64 = 4 << 20;

/// Shorter than many of the lines in the random bytes.
const MAX_LINE: usize = 300;

/// The messages that others must receive from these bytes.
fn messages(mut bytes: &[u8]) -> Vec<String> {
    let mut decoder = Decoder::new(Framing::Line, MAX_LINE);
    let mut messages = Vec::new();
    let mut hear = |line| match line {
        Line::Text(text) => {
            assert!(!is_leave(&text), "another seed, please");
            messages.push(passable(text).into_owned());
        }
        Line::Empty | Line::TooLong => {}
    };
    while let Some(line) = decoder.decode(&mut bytes) {
        hear(line);
    }
    decoder.finish().into_iter().for_each(hear);
    messages
}

/// The messages that a peer must receive from each sender, by the sender's port.
type Due = HashMap<u16, IntoIter<String>>;

/// Sends a line for each line of `other`, beginning with one, until all due messages are received:
/// each sender's lines intact, in order, none missing, none twice.
fn talk(mut peer: Peer, other: u16, mut due: Due) -> Result {
    let mut left: usize = due.values().map(ExactSizeIterator::len).sum();
    peer.send("linea 0\n")?;
    let mut said = 1;
    while left > 0 {
        let line = peer.hear()?.expect("the server goes on");
        let (sender, text) = line
            .strip_prefix("usuario ")
            .and_then(|line| line.split_once(": "))
            .and_then(|(port, text)| Some((port.parse().ok()?, text)))
            .unwrap_or_else(|| panic!("torn: {line:?}"));
        let expected = due.get_mut(&sender).and_then(Iterator::next);
        assert_eq!(Some(text), expected.as_deref(), "from {sender}");
        assert!(text.chars().all(|c| c == '\t' || !c.is_control()), "{text:?}");
        left -= 1;
        if sender == other && said < TALK {
            peer.send(format!("linea {said}\n"))?;
            said += 1;
        }
    }
    Ok(())
}

/// A peer that discards what it receives, and the random bytes that it will send.
fn noisy_peer(chat: &Chat, seed: u64) -> Result<(Peer, Vec<u8>)> {
    let peer = chat.peer(&format!("noisy {seed}"))?;
    peer.forget_what_arrives()?;
    let mut bytes = vec![0; NOISE];
    SmallRng::seed_from_u64(seed).fill_bytes(&mut bytes);
    Ok((peer, bytes))
}

/// The server's resident memory, in bytes; 0 where it is unknown.
fn memory(chat: &Chat) -> u64 {
    process::resident(chat.server.id()).unwrap_or_default()
}

#[test]
fn r2_7_megabytes_of_any_bytes_lose_nothing_and_tear_nothing() -> Result {
    let limit = MAX_LINE.to_string();
    let mut chat = Chat::start_with(&["--framing", "line", "--max-line", &limit])?;
    let (ana, bea) = (chat.peer("ana")?, chat.peer("bea")?);
    let [to_ana, to_bea] = [&ana, &bea].map(|peer| peer.address().port());
    let mut noisy = Vec::new();
    for seed in 0..NOISY {
        noisy.push(noisy_peer(&chat, seed)?);
    }
    let said: Vec<String> = (0..TALK).map(|i| format!("linea {i}")).collect();
    let mut due_to_both = Due::new();
    for (peer, bytes) in &noisy {
        due_to_both.insert(peer.address().port(), messages(bytes).into_iter());
    }
    let [due_to_ana, due_to_bea] = [to_bea, to_ana].map(|other| {
        let mut due = due_to_both.clone();
        due.insert(other, said.clone().into_iter());
        due
    });
    let before = memory(&chat);
    thread::scope(|scope| -> Result {
        let send = |(mut peer, bytes): (Peer, Vec<u8>)| {
            scope.spawn(move || peer.send(bytes).and_then(|()| peer.end_sending()))
        };
        let senders: Vec<_> = noisy.into_iter().map(send).collect();
        let bea = scope.spawn(move || talk(bea, to_ana, due_to_bea));
        talk(ana, to_bea, due_to_ana)?;
        bea.join().expect("no panic")?;
        senders.into_iter().try_for_each(|sender| sender.join().expect("no panic"))
    })?;
    let grown = memory(&chat).saturating_sub(before);
    assert!(grown < GROWTH, "{grown} bytes more than before");
    let (mut caro, mut dora) = (chat.peer("caro")?, chat.peer("dora")?);
    caro.send("sigo\n")?;
    dora.expect(&said_by(&caro, "sigo"))?;
    chat.server.kill()?;
    chat.server.err.expect_end()
}
