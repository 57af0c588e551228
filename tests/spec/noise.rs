//! Peers that send whatever bytes there are.

use std::collections::HashMap;
use std::thread;

use chat_check::failure::Result;
use chat_check::peer::Peer;
use chat_protocol::decoder::{Decoder, Line};
use chat_protocol::framing::Framing;
use chat_protocol::text::{is_leave, passable};
use chat_tests::chat::{Chat, said_by};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const NOISY: u64 = 4;
const NOISE: usize = 1 << 20;
const TALK: usize = 200;

/// Shorter than many a line between two newlines that came about by chance.
const MAX_LINE: usize = 300;

/// What others must hear of these bytes.
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

/// Begins to talk, and says a line for each that `other` says, until everybody was heard to the end: each sender's
/// lines whole, in order, none missing, none twice.
fn talk(mut peer: Peer, other: u16, mut due: HashMap<u16, std::vec::IntoIter<String>>) -> Result {
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
        left -= 1;
        if sender == other && said < TALK {
            peer.send(format!("linea {said}\n"))?;
            said += 1;
        }
    }
    Ok(())
}

#[test]
fn r2_7_megabytes_of_any_bytes_lose_nothing_and_tear_nothing() -> Result {
    let limit = MAX_LINE.to_string();
    let mut chat = Chat::start_with(&["--framing", "line", "--max-line", &limit])?;
    let (ana, bea) = (chat.peer("ana")?, chat.peer("bea")?);
    let [for_ana, for_bea] = [&bea, &ana].map(|peer| peer.address().port());
    let lines: Vec<String> = (0..TALK).map(|i| format!("linea {i}")).collect();
    let mut due = HashMap::new();
    let mut noisy = Vec::new();
    for seed in 0..NOISY {
        let peer = chat.peer(&format!("noisy {seed}"))?;
        peer.forget_what_arrives()?;
        let mut noise = vec![0; NOISE];
        SmallRng::seed_from_u64(seed).fill_bytes(&mut noise);
        due.insert(peer.address().port(), messages(&noise));
        noisy.push((peer, noise));
    }
    #[cfg(target_os = "linux")]
    let before = chat_check::process::resident(chat.server.id()).expect("memory");
    let of_all = |other: u16| -> HashMap<_, _> {
        let noise = due.iter().map(|(port, messages)| (*port, messages.clone().into_iter()));
        noise.chain([(other, lines.clone().into_iter())]).collect()
    };
    let (to_ana, to_bea) = (of_all(for_ana), of_all(for_bea));
    thread::scope(|scope| -> Result {
        let noise = noisy.into_iter().map(|(mut peer, noise)| {
            scope.spawn(move || peer.send(noise).and_then(|()| peer.end_sending()))
        });
        let noise: Vec<_> = noise.collect();
        let bea = scope.spawn(move || talk(bea, for_bea, to_bea));
        talk(ana, for_ana, to_ana)?;
        bea.join().expect("no panic")?;
        noise.into_iter().try_for_each(|peer| peer.join().expect("no panic"))
    })?;
    #[cfg(target_os = "linux")]
    {
        let grown =
            chat_check::process::resident(chat.server.id()).expect("memory").saturating_sub(before);
        assert!(grown < 8 << 20, "{grown} bytes more than before");
    }
    let (mut caro, mut dora) = (chat.peer("caro")?, chat.peer("dora")?);
    caro.send("sigo\n")?;
    dora.expect(&said_by(&caro, "sigo"))?;
    chat.server.kill()?;
    chat.server.err.expect_end()
}
