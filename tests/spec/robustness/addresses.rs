//! Limits of one address, beyond the number of its connections.

use std::net::Ipv4Addr;

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::chat::{Chat, said_by};
#[cfg(target_os = "linux")]
use chat_tests::harness::peer::Peer;

/// Connects from an address of 127.0.0.0/8.
#[cfg(target_os = "linux")]
fn peer_from(chat: &Chat, host: u8) -> Result<Peer> {
    let source = ([127, 0, 0, host], 0).into();
    let mut peer = chat.stage.connect_from(&format!("from .{host}"), source, chat.address)?;
    peer.expect(ES.greeting())?;
    Ok(peer)
}

#[test]
fn r1_9_a_class_behind_one_address_feels_no_limit_and_one_more_hears_of_it() -> Result {
    const CLASS: usize = 250;
    const LINES: usize = 3;
    let mut chat = Chat::start_with(&["--bind", "0.0.0.0:0"])?;
    chat.address.set_ip(Ipv4Addr::LOCALHOST.into());
    let mut class = Vec::new();
    for i in 0..CLASS {
        class.push(chat.stage.connect(&format!("student {i}"), chat.address)?);
    }
    class.iter_mut().try_for_each(|student| student.expect(ES.greeting()))?;
    let mut teacher = class.pop().expect("one of them");
    for i in 0..LINES {
        class.iter_mut().try_for_each(|student| student.send(format!("{i}\n")))?;
    }
    let mut said: Vec<String> = class
        .iter()
        .flat_map(|student| (0..LINES).map(|i| said_by(student, &i.to_string())))
        .collect();
    let mut heard = Vec::new();
    while heard.len() < said.len() {
        heard.extend(teacher.hear()?);
    }
    said.sort();
    heard.sort();
    assert_eq!(heard, said);

    let mut late = chat.stage.connect("late", chat.address)?;
    late.expect("! demasiadas conexiones desde tu dirección (--max-per-ip 250)")?;
    late.expect_end()?;
    let refused = format!("cliente {} rechazado: --max-per-ip 250", late.address());
    chat.server.out.wait_for(&refused)
}

#[test]
fn r1_9_an_address_connects_only_so_fast() -> Result {
    const TOO_FAST: &str =
        "! demasiadas conexiones nuevas desde tu dirección (--max-connects-per-ip 1/s)";
    let chat = Chat::start_with(&["--max-connects-per-ip", "1/s"])?;
    let mut come = 0;
    let refused = loop {
        let mut peer = chat.stage.connect("one more", chat.address)?;
        let heard = peer.hear()?.expect("a line");
        if heard != ES.greeting() {
            assert_eq!(heard, TOO_FAST);
            peer.expect_end()?;
            break peer.address();
        }
        come += 1;
    };
    assert!(come >= 5, "those of five seconds may come at once: {come}");
    chat.server.out.wait_for(&format!("cliente {refused} rechazado: --max-connects-per-ip 1/s"))
}

/// Linux only: other systems have only one address of 127.0.0.0/8.
#[cfg(target_os = "linux")]
#[test]
fn r1_9_the_clients_of_an_address_share_its_lines_and_lose_none() -> Result {
    const SIGTERM: i32 = 15;
    let options = ["--max-rate-per-ip", "1/s", "--limit-exempt", "127.0.0.2,192.0.2.0/24"];
    let mut chat = Chat::start_with(&options)?;
    let (mut ana, mut luis) = (chat.peer("ana")?, chat.peer("luis")?);
    let (mut bea, mut caro) = (peer_from(&chat, 2)?, peer_from(&chat, 2)?);
    ana.send("0\n1\n2\n3\n4\n")?;
    caro.expect(&said_by(&ana, "0"))?;
    luis.send("0\n1\n2\n3\n4\n")?;
    let text = (0..100).fold(String::new(), |text, i| text + &format!("{i}\n"));
    bea.send(text)?;
    let mut heard = Vec::new();
    while heard.last() != Some(&said_by(&bea, "99")) {
        heard.extend(caro.hear()?);
    }
    let held_back = [&ana, &luis].map(|peer| said_by(peer, "4"));
    assert!(held_back.iter().all(|line| !heard.contains(line)), "bea is exempt, the two are not");

    chat.server.signal(SIGTERM)?;
    while let Some(line) = caro.hear()? {
        heard.push(line);
    }
    // Caro had read ana's first line before.
    for (peer, expected) in [(&ana, 1..5), (&luis, 0..5), (&bea, 0..100)] {
        let prefix = said_by(peer, "");
        let lines = heard.iter().filter_map(|line| line.strip_prefix(&prefix));
        assert!(lines.eq(expected.map(|i| i.to_string())), "{prefix}: {heard:?}");
    }
    chat.server.expect_exit(0)
}

#[test]
fn r1_9_an_address_opens_only_so_many_rooms() -> Result {
    const TOO_MANY: &str = "! no caben más salas desde tu dirección (--max-rooms-per-ip 1)";
    let chat = Chat::start_with(&["--profile", "grupal", "--max-rooms-per-ip", "1"])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.send("/sala uno\n")?;
    let moved = format!("* Ana ({}) pasa a la sala uno", ana.address());
    chat.server.out.wait_for(&moved)?;
    bea.send("/sala dos\n/sala uno\n")?;
    while bea.hear()?.expect("a line") != TOO_MANY {}
    chat.server
        .out
        .wait_for(&format!("cliente {} rechazado: --max-rooms-per-ip 1", bea.address()))?;
    chat.server.out.wait_for(&format!("* Bea ({}) pasa a la sala uno", bea.address()))?;
    // A room that is left empty makes place for the next.
    bea.send("salir\n")?;
    chat.server.out.wait_for(&format!("* Bea ({}) ha salido", bea.address()))?;
    ana.send("/sala tres\n")?;
    chat.server.out.wait_for(&format!("* Ana ({}) pasa a la sala tres", ana.address()))
}
