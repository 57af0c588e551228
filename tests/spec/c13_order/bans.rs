//! Bans and mutes.

use std::net::{Ipv4Addr, Ipv6Addr};

use tempfile::TempDir;

use super::*;

/// Types this at the console, and waits until it is shown there.
#[track_caller]
fn types(chat: &mut Chat, typed: &str, shown: &str) -> Result {
    chat.server.type_in(&format!("{typed}\n"))?;
    chat.server.out.wait_for(shown)
}

#[test]
fn r13_4_a_banned_person_is_sent_away_and_does_not_come_back_under_a_similar_name() -> Result {
    let mut chat = start(&[])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    types(&mut chat, "/vetar ana por gritar", "* Root ha vetado a Ana para siempre: por gritar")?;
    let banned = "! estás vetado para siempre (por Root): por gritar";
    ana.expect("* Root ha vetado a Ana para siempre: por gritar")?;
    ana.expect(banned)?;
    ana.expect_end()?;
    bea.expect("* Root ha vetado a Ana para siempre: por gritar")?;
    for name in ["ANA", "A-na", "Аnа"] {
        let mut again = chat.asked_peer("again")?;
        again.send(format!("{name}\n"))?;
        match again.hear()?.unwrap_or_default() {
            line if line == banned => again.expect_end()?,
            line => assert!(name == "Аnа" && line.starts_with("! nombre"), "{name}: {line}"),
        }
    }
    answers(&mut bea, "/nombre aNA", banned)?;
    // Its neighbours are not meant: this is loopback.
    let _caro = chat.member("Caro")?;
    types(&mut chat, "/perdonar ANA", "* Root ha perdonado a ANA")?;
    chat.member("Ana").map(drop)
}

#[test]
fn r13_3_the_operator_sends_away_who_is_absent() -> Result {
    let mut chat = start(&[])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.send("/reanudar\n")?;
    let session = ana.hear()?.unwrap_or_default();
    let session: Value = serde_json::from_str(&session).expect("an object");
    ana.end_sending()?;
    while ana.hear()?.is_some() {}
    types(&mut chat, "/echar Ana", "* Root ha echado a Ana")?;
    bea.expect("* Root ha echado a Ana")?;
    answers(&mut bea, "/quien", "* en general (2): Root, Bea")?;
    let mut again = chat.asked_peer("again")?;
    let (token, position) = (&session["token"], &session["position"]);
    let [token, position] = [token, position].map(|value| value.as_str().expect("a text"));
    answers(
        &mut again,
        &format!("/reanudar {token} {position}"),
        &ES.name_refused(chat_protocol::name::NameError::NoSession).to_string(),
    )
}

#[test]
fn r13_4_a_ban_has_an_end() -> Result {
    let mut chat = start(&[])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    types(&mut chat, "/ban Bea 1h30m", "* Root ha vetado a Bea durante 1 h")?;
    bea.expect("* Root ha vetado a Bea durante 1 h")?;
    bea.expect("! estás vetado durante 1 h (por Root)")?;
    bea.expect_end()?;
    ana.expect("* Root ha vetado a Bea durante 1 h")?;
    chat.server.type_in("/ban Ana 1ms\n")?;
    while ana.hear()?.is_some() {}
    let has_left = |line: &str| line.starts_with("* Ana (") && line.ends_with("ha salido");
    chat.server.out.find(has_left, "it left")?;
    let mut ana = chat.member("Ana")?;
    chat.server.type_in("/vetados\n")?;
    chat.server.out.find(|line| line.starts_with("* vetado: Bea durante "), "the list")?;
    answers(&mut ana, "/quien", "* en general (2): Root, Ana")
}

#[test]
fn r13_4_the_ban_of_an_owner_holds_in_its_room() -> Result {
    let chat = start(&[])?;
    let [mut ana, mut bea, mut caro] = together(&chat, ["Ana", "Bea", "Caro"])?;
    answers(&mut ana, "/vetar Bea no", "* Ana ha vetado a Bea para siempre: no")?;
    bea.expect("* Ana ha vetado a Bea para siempre: no")?;
    bea.expect("* te ha echado Ana: no")?;
    bea.expect_end()?;
    caro.expect("* Ana ha vetado a Bea para siempre: no")?;
    let mut bea = chat.member("Bea")?;
    answers(
        &mut bea,
        "/sala cocina",
        "! estás fuera de la sala cocina: vetado para siempre (por Ana): no",
    )?;
    goes(&mut bea, "otra")?;
    answers(&mut ana, "/vetados", "* vetado: Bea para siempre (por Ana): no")?;
    answers(&mut ana, "/unban bea", "* Ana ha perdonado a bea")?;
    goes(&mut bea, "cocina")
}

/// A header of the PROXY protocol, version 2: a client from this address.
fn header(host: Ipv6Addr) -> Vec<u8> {
    let (family, addresses) = match host.to_ipv4_mapped() {
        Some(host) => (0x11, [host.octets(), Ipv4Addr::LOCALHOST.octets()].concat()),
        None => (0x21, [host.octets(), Ipv6Addr::LOCALHOST.octets()].concat()),
    };
    let length = u8::try_from(addresses.len() + 4).expect("a short one");
    let start = [b"\r\n\r\n\0\r\nQUIT\n\x21".as_slice(), &[family, 0, length]].concat();
    [start, addresses, vec![0x12, 0x34, 0x30, 0x39]].concat()
}

/// A client that comes from this address, and gives this name if it is asked.
fn from(chat: &Chat, host: &str, name: &str) -> Result<Peer> {
    let mut peer = chat.stage.connect_through(Door::Plain, name, chat.address)?;
    peer.send_raw(header(host.parse().expect("an address")))?;
    peer.send_raw(format!("{name}\n"))?;
    Ok(peer)
}

#[test]
fn r13_4_a_ban_holds_for_the_address_of_the_person_and_for_a_network() -> Result {
    let options = ["--bind", "127.0.0.1:0", "--proxy", "v2", "--proxy-from", "127.0.0.1"];
    let mut command = chat_tests::binaries::server();
    command.args(options).args(QUIET);
    let mut chat = Chat::start_command(command)?;
    let member = |chat: &Chat, host, name| -> Result<Peer> {
        let mut peer = from(chat, host, name)?;
        for line in [ES.greeting(), "nombre del cliente", ES.help_hint()] {
            peer.expect(line)?;
        }
        Ok(peer)
    };
    let refused = |chat: &Chat, host, name| -> Result {
        let mut peer = from(chat, host, name)?;
        peer.expect("! estás vetado para siempre (por Root)")?;
        peer.expect_end()
    };
    let mut ana = member(&chat, "2001:db8::1", "Ana")?;
    let mut bea = member(&chat, "2001:db8:0:1::1", "Bea")?;
    let mut caro = member(&chat, "::ffff:192.0.2.7", "Caro")?;
    types(&mut chat, "/vetar Ana", "* Root ha vetado a Ana para siempre")?;
    ana.expect("* Root ha vetado a Ana para siempre")?;
    ana.expect("! estás vetado para siempre (por Root)")?;
    refused(&chat, "2001:db8::2", "Eva")?;
    bea.expect("* Root ha vetado a Ana para siempre")?;
    types(&mut chat, "/vetar 192.0.2.0/24", "* Root ha vetado a 192.0.2.0/24 para siempre")?;
    caro.expect("* Root ha vetado a Ana para siempre")?;
    caro.expect("* Root ha vetado a 192.0.2.0/24 para siempre")?;
    caro.expect("! estás vetado para siempre (por Root)")?;
    caro.expect_end()?;
    refused(&chat, "::ffff:192.0.2.200", "Fay")?;
    let _fay = member(&chat, "::ffff:192.0.3.1", "Fay")?;
    types(&mut chat, "/perdonar 192.0.2.0/24", "* Root ha perdonado a 192.0.2.0/24")?;
    member(&chat, "::ffff:192.0.2.200", "Gil").map(drop)
}

#[test]
fn r13_5_bans_and_mutes_survive_the_server_and_its_sudden_end() -> Result {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("chat.db").display().to_string();
    let store = ["--store", &file];
    let mut chat = start(&store)?;
    let recorded = |chat: &Chat, name: &str| -> Result<Peer> {
        let mut peer = chat.named_peer(name)?;
        peer.expect(ES.help_hint())?;
        peer.expect("* lo que se dice aquí se guarda durante 30 días")?;
        Ok(peer)
    };
    let go = |peer: &mut Peer| -> Result {
        goes(peer, "cocina")?;
        peer.expect("* lo que se dice aquí se guarda durante 30 días")
    };
    let mut bea = recorded(&chat, "Bea")?;
    go(&mut bea)?;
    answers(&mut bea, "/vetar Ana uno", "* Bea ha vetado a Ana para siempre: uno")?;
    types(&mut chat, "/vetar Caro dos", "* Root ha vetado a Caro para siempre: dos")?;
    types(&mut chat, "/callar Fay", "* Root ha callado a Fay para siempre")?;
    types(&mut chat, "/vetar Eva", "* Root ha vetado a Eva para siempre")?;
    types(&mut chat, "/perdonar Eva", "* Root ha perdonado a Eva")?;
    // It is read from the store after all of that was written.
    bea.send("/sala otra\n")?;
    bea.expect("* estás en la sala otra")?;
    bea.expect("* lo que se dice aquí se guarda durante 30 días")?;
    chat.server.kill()?;
    for _ in 0..2 {
        let chat = start(&store)?;
        let mut caro = chat.asked_peer("Caro")?;
        caro.send("Caro\n")?;
        caro.expect("! estás vetado para siempre (por Root): dos")?;
        let mut fay = recorded(&chat, "Fay")?;
        answers(&mut fay, "hola", "! no se envió: te han callado para siempre (por Root)")?;
        let mut ana = recorded(&chat, "Ana")?;
        recorded(&chat, "Eva")?;
        // The bans of a room ended with it.
        go(&mut ana)?;
        chat.server.signal(15)?;
        let mut chat = chat;
        chat.server.expect_exit(0)?;
    }
    Ok(())
}

#[test]
fn r13_6_what_a_muted_person_says_is_refused_to_it_alone() -> Result {
    let chat = start(&[])?;
    let [mut ana, mut bea, mut caro] = together(&chat, ["Ana", "Bea", "Caro"])?;
    caro.send("/privado Bea antes\n")?;
    caro.expect("[privado a Bea] antes")?;
    bea.expect("[privado] Caro > antes")?;
    ana.send("/callar Bea 1h\n")?;
    for peer in [&mut ana, &mut bea, &mut caro] {
        peer.expect("* Ana ha callado a Bea durante 1 h")?;
    }
    for line in ["hola", "/privado Caro hola", "/responder hola", "/nombre Bea2"] {
        bea.send(format!("{line}\n"))?;
        let refused = bea.hear()?.unwrap_or_default();
        let begins = "! no se envió: te han callado durante ";
        assert!(refused.starts_with(begins) && refused.ends_with("min (por Ana)"), "{refused}");
    }
    goes(&mut bea, "otra")?;
    bea.send("/privado Caro desde otra sala\n")?;
    bea.expect("[privado a Caro] desde otra sala")?;
    caro.expect("[privado] Bea > desde otra sala")?;
    goes(&mut bea, "cocina")?;
    bea.send("hola\n")?;
    assert!(bea.hear()?.is_some_and(|line| line.starts_with("! no se envió")));
    ana.send("/perdonar Bea\n")?;
    for peer in [&mut ana, &mut bea, &mut caro] {
        peer.expect("* Ana ha perdonado a Bea")?;
    }
    bea.send("ya\n")?;
    ana.expect("Bea > ya")?;
    caro.expect("Bea > ya")
}
