//! Frames, in both directions.

use chat_drive::failure::Result;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::peer::Peer;

use super::{frame, start};

#[test]
fn r10_3_what_is_said_arrives_in_order_through_both_doors() -> Result {
    let chat = start(&[])?;
    let (mut ana, mut bea, mut caro) =
        (chat.peer("ana")?, chat.web_peer("bea")?, chat.peer("caro")?);
    let lines: Vec<String> = (0..2000).map(|n| format!("{n} {}", "ñ".repeat(n % 200))).collect();
    ana.send(lines.join("\n") + "\n")?;
    for line in &lines {
        bea.expect(&said_by(&ana, line))?;
        caro.expect(&said_by(&ana, line))?;
    }
    Ok(())
}

#[test]
fn r10_3_a_line_longer_than_a_frame_arrives_whole() -> Result {
    let chat = start(&["--max-line", "100000"])?;
    let (mut ana, mut bea) = (chat.web_peer("ana")?, chat.web_peer("bea")?);
    let line = "€".repeat(33_333);
    ana.send(format!("{line}\n"))?;
    bea.expect(&said_by(&ana, &line))
}

#[test]
fn r10_3_who_stops_reading_within_a_frame_goes_on_where_it_was() -> Result {
    let chat = start(&["--slow-timeout", "off", "--outbox", "8MiB"])?;
    let door = chat_tests::harness::door::Door::WebSocket;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.web_peer("bea")?);
    let mut slow = chat.stage.connect_taking_little_through(door, "slow", super::web(&chat))?;
    slow.expect(chat_tests::ES.greeting())?;
    let lines: Vec<String> = (0..1500).map(|n| format!("{n} {}", "x".repeat(1000))).collect();
    for chunk in lines.chunks(100) {
        ana.send(chunk.join("\n") + "\n")?;
        chunk.iter().try_for_each(|line| bea.expect(&said_by(&ana, line)))?;
    }
    lines.iter().try_for_each(|line| slow.expect(&said_by(&ana, line)))
}

#[test]
fn r10_4_the_end_of_a_message_ends_a_line() -> Result {
    let chat = start(&[])?;
    let (mut ana, mut bea) = (chat.web_peer("ana")?, chat.web_peer("bea")?);
    for (bytes, heard) in [
        (frame(0x81, b"uno"), &["uno"][..]),
        (frame(0x81, b"dos\n"), &["dos"]),
        (frame(0x82, b"tres\r\ncuatro"), &["tres", "cuatro"]),
        ([frame(1, b"cin"), frame(0x89, b"?"), frame(0x80, b"co")].concat(), &["cinco"]),
        (frame(0x82, b"\xff"), &["\u{FFFD}"]),
        (frame(0x81, b""), &[]),
        (frame(0x81, b"fin"), &["fin"]),
    ] {
        ana.send_raw(&bytes)?;
        heard.iter().try_for_each(|text| bea.expect(&said_by(&ana, text)))?;
    }
    Ok(())
}

#[test]
fn r10_4_frames_byte_by_byte_are_frames() -> Result {
    let chat = start(&[])?;
    let (mut ana, mut bea) = (chat.web_peer("ana")?, chat.web_peer("bea")?);
    let frames = [frame(1, "ñ".as_bytes()), frame(0x89, b""), frame(0x80, "andú 🎈".as_bytes())];
    for byte in frames.concat() {
        ana.send_raw([byte])?;
    }
    bea.expect(&said_by(&ana, "ñandú 🎈"))
}

/// What ana sends ends its connection with this code, and bea hears nothing of it.
fn breaks(chat: &Chat, bea: &mut Peer, bytes: &[u8], code: u16) -> Result {
    let mut ana = chat.web_peer("ana")?;
    ana.send_raw(frame(0x81, b"antes"))?;
    bea.expect(&said_by(&ana, "antes"))?;
    ana.send_raw(bytes)?;
    ana.expect_close(code).map(drop)
}

#[test]
fn r10_4_what_breaks_the_rules_ends_the_connection_with_a_code() -> Result {
    let chat = start(&[])?;
    let mut bea = chat.web_peer("bea")?;
    for (bytes, code) in [
        (frame(0x81, b"no es texto: \xff"), 1007),
        ([frame(1, b"\xc3"), frame(0x80, b"")].concat(), 1007),
        (vec![0x81, 1, b'x'], 1002),
        (frame(0x83, b""), 1002),
        (frame(0xC1, b"comprimido"), 1002),
        (frame(0x80, b"sigue"), 1002),
        (frame(9, b""), 1002),
        (vec![0x81, 0xFF, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0], 1009),
    ] {
        breaks(&chat, &mut bea, &bytes, code)?;
    }
    Ok(())
}

#[test]
fn r10_4_a_line_that_is_not_ended_is_none() -> Result {
    let chat = start(&[])?;
    let (mut ana, mut bea, mut caro) =
        (chat.web_peer("ana")?, chat.peer("bea")?, chat.web_peer("caro")?);
    ana.send_raw([frame(1, b"una l\xc3\xadnea\nmedio mensaje"), frame(0x88, b"")].concat())?;
    ana.expect_end()?;
    bea.expect(&said_by(&ana, "una línea"))?;
    caro.send("fin\n")?;
    bea.expect(&said_by(&caro, "fin"))
}
