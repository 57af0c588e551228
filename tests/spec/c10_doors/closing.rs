//! Control frames: why a connection ends, pings and pongs.

use std::thread;
use std::time::{Duration, Instant};

use chat_drive::failure::Result;
use chat_protocol::refusal::Refusal;
use chat_tests::ES;
use chat_tests::chat::said_by;
use chat_tests::harness::door::Door;

use super::{frame, start, web, web_peer};

#[test]
fn r10_5_who_is_refused_is_told_by_a_line_and_a_code() -> Result {
    let chat = start(&["--max-clients", "1"])?;
    let _ana = chat.web_peer("ana")?;
    let mut bea = web_peer(&chat, "bea")?;
    let full = ES.refusal(&Refusal::ServerFull).to_string();
    bea.expect(&full)?;
    assert_eq!(bea.expect_close(1013)?, full);
    Ok(())
}

#[test]
fn r10_5_an_address_with_too_many_connections_is_told_by_a_code() -> Result {
    let chat = start(&["--max-per-ip", "1"])?;
    let _ana = chat.web_peer("ana")?;
    let mut bea = web_peer(&chat, "bea")?;
    let refused = bea.hear()?.unwrap_or_default();
    assert!(refused.contains("--max-per-ip 1"), "{refused}");
    assert_eq!(bea.expect_close(4004)?, refused);
    Ok(())
}

#[test]
fn r10_5_silence_has_a_code() -> Result {
    let chat = start(&["--idle-timeout", "200ms"])?;
    let mut ana = chat.web_peer("ana")?;
    ana.expect(ES.idle_notice())?;
    assert_eq!(ana.expect_close(4001)?, ES.idle_notice());
    Ok(())
}

#[test]
fn r10_5_no_name_has_a_code() -> Result {
    let chat = start(&["-p", "sala", "--name-timeout", "200ms"])?;
    let mut ana = chat.web_peer("ana")?;
    while ana.hear()?.is_some() {}
    assert_eq!(ana.expect_close(4005)?, ES.refusal(&Refusal::NameTooLate).to_string());
    Ok(())
}

#[test]
fn r10_5_who_is_sent_away_is_told_by_a_code() -> Result {
    let mut chat = start(&["--operator", "Profe"])?;
    let mut ana = chat.web_peer("ana")?;
    chat.server.type_in("/echar\n")?;
    ana.expect(ES.removed_by_operator())?;
    ana.expect_close(4003).map(drop)
}

#[cfg(unix)]
#[test]
fn r10_5_a_stop_has_a_code_behind_all_that_was_accepted() -> Result {
    const SIGTERM: i32 = 15;
    let mut chat = start(&[])?;
    let (mut ana, mut bea) = (chat.web_peer("ana")?, chat.peer("bea")?);
    bea.send("lo último\n")?;
    ana.expect(&said_by(&bea, "lo último"))?;
    // Half a request does not hold up the end.
    let mut half = chat.stage.connect_through(Door::Plain, "half", web(&chat))?;
    half.send("GET /ws HT")?;
    chat.server.signal(SIGTERM)?;
    ana.expect(ES.server_closing())?;
    ana.expect_close(1012)?;
    chat.server.expect_exit(0)
}

#[test]
fn r10_5_who_reads_too_slowly_is_told_by_a_code_once_it_reads() -> Result {
    let chat = start(&["--slow-reader", "close", "--outbox", "16KiB"])?;
    let mut slow = chat.stage.connect_taking_little_through(Door::WebSocket, "slow", web(&chat))?;
    slow.expect(ES.greeting())?;
    let address = slow.address();
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    let lines = format!("{}\n", "x".repeat(1000)).repeat(100);
    let gone = format!("cliente {address} desconectado");
    // The sockets take some of it.
    for _ in 0..20 {
        ana.send(&lines)?;
        (0..100).try_for_each(|_| bea.hear().map(drop))?;
    }
    chat.server.out.wait_for(&gone)?;
    while slow.hear()?.is_some() {}
    slow.expect_close(4002).map(drop)
}

#[test]
fn r10_5_a_close_frame_is_answered_with_its_code() -> Result {
    let chat = start(&[])?;
    for (sent, answered) in
        [(frame(0x88, b"\x0f\xa7adios"), &b"\x88\x02\x0f\xa7"[..]), (frame(0x88, b""), b"\x88\x00")]
    {
        let mut ana = chat.web_peer("ana")?;
        let mut bytes = Vec::new();
        ana.send_raw([&frame(0x89, b"?"), &*sent].concat())?;
        let mut ana = ana.forget_frames();
        loop {
            let chunk = ana.receive()?;
            if chunk.is_empty() {
                break;
            }
            bytes.extend(chunk);
        }
        assert_eq!(bytes, [b"\x8a\x01?", answered].concat());
    }
    Ok(())
}

#[test]
fn r10_5_the_leaving_word_ends_a_websocket_properly() -> Result {
    let chat = start(&[])?;
    let mut ana = chat.web_peer("ana")?;
    ana.send("salir\n")?;
    ana.expect_close(1000).map(drop)
}

#[test]
fn r10_6_who_answers_no_ping_has_left() -> Result {
    let chat = start(&["--ping", "250ms"])?;
    let ana = chat.web_peer("ana")?;
    // She reads nothing, so she answers nothing.
    chat.server.out.wait_for(&format!("cliente {} desconectado", ana.address()))
}

#[test]
fn r10_6_who_waits_for_its_turn_is_pinged_and_not_given_up() -> Result {
    let chat = start(&["--max-clients", "1", "--when-full", "wait", "--ping", "50ms"])?;
    let mut ana = chat.peer("ana")?;
    let bea = web_peer(&chat, "bea")?;
    chat.server.out.wait_for(&format!("cliente {} espera su turno", bea.address()))?;
    let mut bea = bea.forget_frames();
    let mut pings = Vec::new();
    while pings.len() < 6 {
        pings.extend(bea.receive()?);
    }
    assert_eq!(pings[..6], *b"\x89\0\x89\0\x89\0");
    ana.send("salir\n")?;
    chat.server.out.wait_for(&format!("cliente {} tiene el turno", bea.address()))
}

#[test]
fn r10_5_who_waits_for_its_turn_is_answered_and_heard_later() -> Result {
    let chat = start(&["--max-clients", "1", "--when-full", "wait", "--ping", "off"])?;
    let ana = chat.peer("ana")?;
    let waiting = |name| -> Result<_> {
        let peer = web_peer(&chat, name)?;
        let waits = format!("cliente {} espera su turno", peer.address());
        chat.server.out.wait_for(&waits)?;
        Ok(peer.forget_frames())
    };
    let (mut bea, mut caro) = (waiting("bea")?, waiting("caro")?);
    bea.send_raw([frame(0x81, b"uno"), frame(0x89, b"?"), frame(0x81, b"dos")].concat())?;
    assert_eq!(bea.receive()?, b"\x8a\x01?");
    caro.send_raw([frame(0x81, b"no"), frame(0x88, b"\x0f\xa7")].concat())?;
    assert_eq!(caro.receive()?, b"\x88\x02\x0f\xa7");
    chat.server.out.wait_for(&format!("cliente {} desconectado", caro.address()))?;
    drop(ana);
    for said in ["uno", "dos"] {
        chat.server.out.wait_for(&format!("cliente {}: {said}", bea.address()))?;
    }
    Ok(())
}

#[test]
fn r8_2_pings_and_pongs_are_no_activity() -> Result {
    let chat = start(&["--ping", "off", "--idle-timeout", "500ms"])?;
    let (mut ana, mut bea) = (chat.web_peer("ana")?, chat.peer("bea")?);
    let begun = Instant::now();
    // The server answers these pings. It is still reading when they end, so that no reset follows.
    while begun.elapsed() < Duration::from_secs(1) {
        ana.send_raw([frame(0x89, b""), frame(0x8A, b"")].concat())?;
        bea.send("\n")?;
        thread::sleep(Duration::from_millis(50));
    }
    bea.send("fin\n")?;
    ana.expect(ES.idle_notice())?;
    ana.expect_close(4001)?;
    // Not only when the pings had ended.
    chat.server.out.wait_for(&format!("cliente {} inactivo", ana.address()))?;
    chat.server.out.wait_for(&format!("cliente {}: fin", bea.address()))
}
