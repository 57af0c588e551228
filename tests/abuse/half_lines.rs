//! Clients that send half a line, or one byte at a time, or no name when asked.

use std::thread;
use std::time::{Duration, Instant};

use chat_drive::failure::Result;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::peer::Peer;

use crate::healthy::Healthy;

/// Number of clients that send half a line, or no name.
const MANY: usize = 200;

/// Number of clients that send one byte at a time.
const SOME: usize = 20;

const LINE: &str = "una linea byte a byte, sin prisa";

/// Time between two bytes.
const BEAT: Duration = Duration::from_millis(50);

#[test]
fn r1_4_two_hundred_half_lines_delay_nobody_and_are_heard_when_they_end() -> Result {
    let chat = Chat::start()?;
    let healthy = Healthy::start(&chat)?;
    let mut slow = Vec::new();
    for i in 0..MANY {
        let mut peer = chat.peer(&format!("slow {i}"))?;
        // The newline shows that this peer ends its lines, so a pause does not complete a message.
        peer.send("\nmedia li")?;
        slow.push(peer);
    }
    // No client has received a part of these lines.
    healthy.finish(&chat.stage)?;
    let mut bea = chat.peer("bea")?;
    for peer in &mut slow {
        peer.send("nea\n")?;
        bea.expect(&said_by(peer, "media linea"))?;
    }
    Ok(())
}

#[test]
fn r5_6_two_hundred_that_give_no_name_are_closed_and_delay_nobody() -> Result {
    let options = ["--profile", "sala", "--name-timeout", "2s", "--framing", "line"];
    let chat = Chat::start_with(&options)?;
    let witness = chat.member("testigo")?;
    let healthy = Healthy::listened_to_by(witness, &chat, &["--dialect", "sala"])?;
    let mut silent = Vec::new();
    for i in 0..MANY {
        silent.push(chat.asked_peer(&format!("silent {i}"))?);
    }
    // Parts of a name do not extend the timeout.
    for peer in silent.iter_mut().step_by(2) {
        peer.send("x")?;
    }
    for peer in &mut silent {
        peer.expect("! no diste ningún nombre a tiempo")?;
        peer.expect_end()?;
        chat.server.out.wait_for(&format!("cliente {} desconectado", peer.address()))?;
    }
    healthy.finish(&chat.stage)
}

/// Connects the clients that send one byte at a time. Each has sent a newline already.
fn slow_typists(chat: &Chat) -> Result<Vec<Peer>> {
    let names: Vec<String> = (0..SOME).map(|i| format!("lento-{i}")).collect();
    names.iter().map(|name| chat.member(name)).collect()
}

#[test]
fn r8_2_who_sends_a_byte_at_a_time_is_heard_and_never_idle() -> Result {
    // Half a line takes them longer than the idle timeout.
    let options = ["--profile", "grupal", "--presence", "off", "--idle-timeout", "1s"];
    let chat = Chat::start_with(&[&options[..], &["--max-rate", "off"]].concat())?;
    let healthy = Healthy::start_apart(&chat, &[])?;
    // They are alone in their room: only their own bytes keep them connected.
    let (mut bea, mut slow) = (chat.member("Bea")?, slow_typists(&chat)?);
    for byte in LINE.as_bytes() {
        thread::sleep(BEAT);
        bea.send("\n")?;
        slow.iter_mut().try_for_each(|peer| peer.send([*byte]))?;
    }
    for (i, peer) in slow.iter_mut().enumerate() {
        peer.send("\n")?;
        bea.expect(&format!("lento-{i} > {LINE}"))?;
    }
    healthy.finish(&chat.stage)
}

#[test]
fn r1_4_who_sends_a_byte_at_a_time_beyond_its_rate_waits_and_loses_nothing() -> Result {
    const LINES: u32 = 25;
    const RATE: u32 = 20;
    const BURST: u32 = 5;
    let options = ["--profile", "grupal", "--presence", "off"];
    let limits = ["--max-rate", "20/s", "--burst", "5"];
    let chat = Chat::start_with(&[&options[..], &limits].concat())?;
    // Each of them talks at half the rate.
    let healthy = Healthy::start_apart(&chat, &["--senders", "10", "--rate", "100/s"])?;
    let (mut bea, mut slow) = (chat.member("Bea")?, slow_typists(&chat)?);
    let begun = Instant::now();
    for n in 0..LINES {
        for byte in format!("linea {n}\n").bytes() {
            slow.iter_mut().try_for_each(|peer| peer.send([byte]))?;
        }
    }
    let mut next = [0; SOME];
    for _ in 0..SOME * LINES as usize {
        let line = bea.hear()?.expect("a line");
        let who =
            (0..SOME).rfind(|i| line.starts_with(&format!("lento-{i} > "))).expect("one of them");
        assert_eq!(line, format!("lento-{who} > linea {}", next[who]));
        next[who] += 1;
    }
    assert!(begun.elapsed() >= Duration::from_secs(1) * (LINES - BURST) / RATE);
    healthy.finish(&chat.stage)
}
