//! Chapter 2: broadcast.

use std::collections::HashMap;
use std::thread;

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::peer::Peer;
use rand::seq::SliceRandom;

mod console;
#[cfg(target_os = "linux")]
mod ports;

/// Connects three peers that have been greeted.
fn three(chat: &Chat) -> Result<(Peer, Peer, Peer)> {
    Ok((chat.peer("ana")?, chat.peer("bea")?, chat.peer("caro")?))
}

/// Starts a chat in which ana sends these bytes. Returns the lines that bea receives before the
/// barrier.
fn heard_of(options: &[&str], bytes: &[u8]) -> Result<Vec<String>> {
    let chat = Chat::start_with(options)?;
    let (mut ana, mut bea, mut caro) = three(&chat)?;
    ana.send(bytes)?;
    ana.send("\nbarrier\n")?;
    let barrier = said_by(&ana, "barrier");
    let prefix = said_by(&ana, "");
    let mut heard = Vec::new();
    loop {
        let line = bea.hear()?.expect("the barrier");
        caro.expect(&line)?;
        if line == barrier {
            return Ok(heard);
        }
        heard.push(line.strip_prefix(&prefix).expect("ana's label").to_owned());
    }
}

#[test]
fn r2_1_every_message_reaches_every_other_client_exactly_once() -> Result {
    let chat = Chat::start()?;
    let mut peers = Vec::new();
    for i in 0..10 {
        peers.push(chat.peer(&format!("peer {i}"))?);
    }
    let mut turns: Vec<usize> = (0..10).flat_map(|peer| [peer; 20]).collect();
    turns.shuffle(&mut rand::rng());
    let mut said = vec![Vec::new(); 10];
    for (turn, peer) in turns.into_iter().enumerate() {
        peers[peer].send(format!("message {turn}\n"))?;
        said[peer].push(said_by(&peers[peer], &format!("message {turn}")));
    }
    for (i, peer) in peers.iter_mut().enumerate() {
        let mut expected: Vec<&String> =
            said.iter().enumerate().filter(|(by, _)| *by != i).flat_map(|(_, said)| said).collect();
        let mut heard = Vec::new();
        for _ in &expected {
            heard.push(peer.hear()?.expect("a message"));
        }
        heard.sort();
        expected.sort();
        assert_eq!(heard.iter().collect::<Vec<_>>(), expected, "what peer {i} heard");
    }
    // Nothing came twice: this is the next line for every peer.
    peers[0].send("fin\n")?;
    let end = said_by(&peers[0], "fin");
    peers[1..].iter_mut().try_for_each(|peer| peer.expect(&end))
}

#[test]
fn r2_1_a_reset_in_the_middle_of_a_broadcast_costs_nobody_a_message() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea, mut caro) = three(&chat)?;
    for round in 0..20 {
        let rude = [chat.peer("rude")?, chat.peer("ruder")?, chat.peer("rudest")?];
        let text = format!("round {round}");
        ana.send(format!("{text}\n"))?;
        rude.into_iter().for_each(Peer::reset);
        bea.send(format!("{text}\n"))?;
        caro.expect(&said_by(&ana, &text))?;
        caro.expect(&said_by(&bea, &text))?;
    }
    Ok(())
}

#[test]
fn r2_2_never_reaches_its_sender() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea, _) = three(&chat)?;
    for round in 0..50 {
        ana.send(format!("ana {round}\n"))?;
        bea.expect(&said_by(&ana, &format!("ana {round}")))?;
        bea.send(format!("bea {round}\n"))?;
        // An echo to ana would have come first.
        ana.expect(&said_by(&bea, &format!("bea {round}")))?;
    }
    Ok(())
}

#[test]
fn r2_2_never_reaches_its_sender_when_many_speak_at_once() -> Result {
    let chat = Chat::start()?;
    let mut peers = Vec::new();
    for i in 0..20 {
        peers.push(chat.peer(&format!("peer {i}"))?);
    }
    for peer in &mut peers {
        peer.send("uno\ndos\ntres\n")?;
    }
    for peer in &mut peers {
        let own = said_by(peer, "");
        for _ in 0..19 * 3 {
            let line = peer.hear()?.expect("a message");
            assert!(!line.starts_with(&own), "{line:?} came back");
        }
    }
    Ok(())
}

#[test]
fn r2_3_everybody_sees_one_order_in_which_each_senders_is_kept() -> Result {
    const EACH: usize = 200;
    let chat = Chat::start()?;
    let (mut ana, mut bea, mut caro) = three(&chat)?;
    let mut senders = Vec::new();
    for i in 0..5 {
        let mut sender = chat.peer(&format!("sender {i}"))?;
        senders.push(thread::spawn(move || -> Result<Peer> {
            (0..EACH).try_for_each(|n| sender.send(format!("{n}\n")))?;
            Ok(sender)
        }));
    }
    let mut next: HashMap<String, usize> = HashMap::new();
    for _ in 0..5 * EACH {
        let line = ana.hear()?.expect("a message");
        bea.expect(&line)?;
        caro.expect(&line)?;
        let (sender, n) = line.rsplit_once(": ").expect("a label");
        let expected = next.entry(sender.to_owned()).or_default();
        assert_eq!(n, expected.to_string(), "{sender}");
        *expected += 1;
    }
    assert_eq!(next.len(), 5);
    senders.into_iter().try_for_each(|sender| sender.join().expect("no panic").map(drop))
}

#[test]
fn r2_4_a_message_is_labelled_with_its_senders_port() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea, _) = three(&chat)?;
    ana.send("Hola que tal?\n")?;
    bea.expect(&format!("usuario {}: Hola que tal?", ana.address().port()))
}

#[test]
fn r2_4_without_a_label_a_message_passes_as_it_came() -> Result {
    let chat = Chat::start_with(&["--label", "none"])?;
    let (mut ana, mut bea, _) = three(&chat)?;
    ana.send("Facundo > Hola, como estas?\n")?;
    bea.expect("Facundo > Hola, como estas?")
}

#[test]
fn r2_5_the_server_prints_each_message() -> Result {
    for (options, label) in [(&[][..], true), (&["--label", "none"], false)] {
        let chat = Chat::start_with(options)?;
        let mut ana = chat.peer("ana")?;
        ana.send("Hola que tal?\n")?;
        let label = if label { format!("cliente {}: ", ana.address()) } else { String::new() };
        chat.server.out.wait_for(&format!("{label}Hola que tal?"))?;
    }
    Ok(())
}

#[test]
fn r2_5_a_quiet_server_prints_who_comes_and_goes_but_no_messages() -> Result {
    let chat = Chat::start_with(&["--quiet"])?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    ana.send("hola\n")?;
    bea.expect(&said_by(&ana, "hola"))?;
    let gone = format!("cliente {} desconectado", ana.address());
    ana.send("salir\n")?;
    let printed = |line: &str| {
        assert!(!line.ends_with(": hola"), "{line:?}");
        line == gone
    };
    chat.server.out.find(printed, "who left").map(drop)
}

#[test]
fn r2_6_lf_and_crlf_end_a_line() -> Result {
    assert_eq!(heard_of(&[], b"uno\ndos\r\ntres\n")?, ["uno", "dos", "tres"]);
    Ok(())
}

/// The course's own client: text without a newline, and reads of 1024 bytes.
#[test]
fn r2_6_bare_text_is_a_message_once_its_peer_pauses() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    ana.send("Hola que tal?")?;
    assert_eq!(bea.receive()?, format!("{}\n", said_by(&ana, "Hola que tal?")).as_bytes());
    bea.send("Bien, haciendo un trabajo")?;
    let answer = said_by(&bea, "Bien, haciendo un trabajo");
    assert_eq!(ana.receive()?, format!("{answer}\n").as_bytes());
    bea.send("salir")?;
    assert_eq!(bea.receive()?, b"", "the end");
    Ok(())
}

#[test]
fn r2_6_no_pause_cuts_the_lines_of_a_line_peer() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea, mut caro) = three(&chat)?;
    ana.send("primera\nsegunda, con ")?;
    bea.expect(&said_by(&ana, "primera"))?;
    caro.expect(&said_by(&ana, "primera"))?;
    // This message without a newline is received, so a pause has passed since.
    caro.send("bare")?;
    bea.expect(&said_by(&caro, "bare"))?;
    ana.send("pausa\n")?;
    bea.expect(&said_by(&ana, "segunda, con pausa"))
}

#[test]
fn r2_6_framing_line_waits_for_the_newline_for_ever() -> Result {
    let chat = Chat::start_with(&["--framing", "line"])?;
    let (mut ana, mut bea, mut caro) = three(&chat)?;
    ana.send("Hola ")?;
    for _ in 0..3 {
        caro.send("otra\n")?;
        bea.expect(&said_by(&caro, "otra"))?;
    }
    ana.send("que tal?\n")?;
    bea.expect(&said_by(&ana, "Hola que tal?"))
}

#[test]
fn r2_6_framing_chunk_hears_bare_text_behind_a_line() -> Result {
    let chat = Chat::start_with(&["--framing", "chunk"])?;
    let (mut ana, mut bea, _) = three(&chat)?;
    ana.send("una linea\nbare")?;
    bea.expect(&said_by(&ana, "una linea"))?;
    bea.expect(&said_by(&ana, "bare"))
}

#[test]
fn r2_7_a_character_cut_in_two_arrives_whole() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea, mut caro) = three(&chat)?;
    ana.send("primera\n")?;
    bea.expect(&said_by(&ana, "primera"))?;
    ana.send(b"a\xC3")?;
    // The server has read the first half: it was sent before this line, which has been answered.
    caro.send("salir\n")?;
    caro.expect(&said_by(&ana, "primera"))?;
    caro.expect_end()?;
    ana.send(b"\xB1o \xF0\x9F")?;
    ana.send(b"\x98\x80\n")?;
    bea.expect(&said_by(&ana, "año 😀"))
}

#[test]
fn r2_6_a_pause_ends_a_message_whole() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea, mut caro) = three(&chat)?;
    for (sent, said) in [(&b"caf\xE9"[..], "caf\u{FFFD}"), (b"hola", "hola"), (b"\xC3", "\u{FFFD}")]
    {
        ana.send(sent)?;
        bea.expect(&said_by(&ana, said))?;
    }
    ana.end_sending()?;
    chat.server.out.wait_for(&format!("cliente {} desconectado", ana.address()))?;
    caro.send("sigo\n")?;
    bea.expect(&said_by(&caro, "sigo"))
}

#[test]
fn r2_6_what_is_no_text_is_part_of_no_line() -> Result {
    let telnet = b"\xFF\xFB\x18\xFF\xFA\x1F\0\x50\0\n\xFF\xF0hola\r\0\n";
    assert_eq!(heard_of(&[], telnet)?, ["hola"]);
    let buffers = [&b"\xEF\xBB\xBFuno\n"[..], &[0; 6000], b"dos\0\0\0\n\0\0\n"].concat();
    assert_eq!(heard_of(&[], &buffers)?, ["uno", "dos"]);
    Ok(())
}

#[test]
fn r2_7_what_is_not_utf_8_is_replaced_and_the_connection_lives() -> Result {
    assert_eq!(
        heard_of(&[], b"a\xFFb\n\xC3\n\xE2\x82\nsigo\n")?,
        ["a\u{FFFD}b", "\u{FFFD}", "\u{FFFD}", "sigo"]
    );
    Ok(())
}

#[test]
fn r2_8_two_messages_in_one_read_are_two_and_an_empty_line_is_none() -> Result {
    assert_eq!(heard_of(&[], b"uno\ndos\n\n\r\n\ntres\n")?, ["uno", "dos", "tres"]);
    Ok(())
}

#[test]
fn r2_9_a_line_over_the_limit_is_dropped_whole_and_its_sender_told() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea, _) = three(&chat)?;
    let longest = "x".repeat(4096);
    for bytes in [format!("{longest}\n"), format!("{longest}\r\n")] {
        ana.send(bytes)?;
        bea.expect(&said_by(&ana, &longest))?;
    }
    for line in [format!("{longest}x"), "y".repeat(8192), "ñ".repeat(2049), "z".repeat(1 << 20)] {
        ana.send(format!("{line}\n"))?;
        ana.expect("! mensaje demasiado largo (máximo 4096 bytes)")?;
    }
    ana.send("sigo\n")?;
    bea.expect(&said_by(&ana, "sigo"))
}

#[test]
fn r2_9_the_limit_can_be_chosen() -> Result {
    let chat = Chat::start_with(&["--max-line", "10"])?;
    let (mut ana, mut bea, _) = three(&chat)?;
    ana.send("12345678901\n1234567890\n")?;
    ana.expect("! mensaje demasiado largo (máximo 10 bytes)")?;
    bea.expect(&said_by(&ana, "1234567890"))
}

#[test]
fn r2_9_an_endless_line_is_refused_before_it_ends() -> Result {
    let chat = Chat::start()?;
    let mut ana = chat.peer("ana")?;
    ana.send("x".repeat(1 << 20))?;
    ana.expect("! mensaje demasiado largo (máximo 4096 bytes)")
}

#[test]
fn r2_10_what_was_sent_before_closing_is_delivered() -> Result {
    let chat = Chat::start()?;
    let mut bea = chat.peer("bea")?;
    for (round, text) in ["uno\ndos\n", "uno\ndos"].into_iter().enumerate() {
        let mut ana = chat.peer(&format!("ana {round}"))?;
        let lines = ["uno", "dos"].map(|text| said_by(&ana, text));
        ana.send(text)?;
        drop(ana);
        lines.iter().try_for_each(|line| bea.expect(line))?;
    }
    Ok(())
}

#[test]
fn r2_10_what_was_sent_before_half_closing_is_delivered() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    ana.send("uno\ndos")?;
    ana.end_sending()?;
    bea.expect(&said_by(&ana, "uno"))?;
    bea.expect(&said_by(&ana, "dos"))?;
    ana.expect_end()
}

#[test]
fn r2_10_what_was_sent_before_closing_with_unread_messages_is_delivered() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut bea, mut caro) = three(&chat)?;
    bea.send("unread\n")?;
    caro.expect(&said_by(&bea, "unread"))?;
    // Ana has not read that, so closing now causes a reset.
    ana.send("adios")?;
    let line = said_by(&ana, "adios");
    drop(ana);
    bea.expect(&line)
}

#[test]
fn r2_11_controls_do_not_pass_but_the_tab_does() -> Result {
    let heard = heard_of(&[], "a\tb\x1b[2J\x07\0\x7F\u{9b}31m\rc\u{2028}d\n".as_bytes())?;
    let expected = "a\tb\u{FFFD}[2J\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}31m\u{FFFD}c\u{FFFD}d";
    assert_eq!(heard, [expected]);
    Ok(())
}

#[test]
fn r2_11_what_only_looks_like_the_greeting_is_a_message() -> Result {
    assert_eq!(heard_of(&[], ES.greeting().as_bytes())?, [ES.greeting()]);
    Ok(())
}
