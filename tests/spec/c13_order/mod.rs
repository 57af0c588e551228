//! Chapter 13: order in the house. Bans: `bans`; the settings of a room: `rooms`; what is known afterwards: `deeds`.

mod accounts;
mod bans;
mod deeds;
mod rooms;

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::chat::Chat;
use chat_tests::harness::door::{Door, Way};
use chat_tests::harness::peer::Peer;
use serde_json::Value;

/// The profile with commands, without notices of joining and leaving, and Root at the console.
const QUIET: [&str; 8] =
    ["--profile", "grupal", "--presence", "off", "--max-rate", "off", "--operator", "Root"];

fn start(options: &[&str]) -> Result<Chat> {
    Chat::start_with(&[&QUIET, options].concat())
}

/// Moves a peer to a room, which it opens if there is none.
#[track_caller]
fn goes(peer: &mut Peer, room: &str) -> Result {
    peer.send(format!("/sala {room}\n"))?;
    peer.expect(&ES.you_are_in(&room.parse().expect("a name")).to_string())
}

/// Members of one room, which the first has opened.
fn together<const N: usize>(chat: &Chat, names: [&str; N]) -> Result<[Peer; N]> {
    let mut members = chat.members(names)?;
    for member in &mut members {
        goes(member, "cocina")?;
    }
    Ok(members)
}

/// Sends a line, and checks the answer to it.
#[track_caller]
fn answers(peer: &mut Peer, line: &str, answer: &str) -> Result {
    peer.send(format!("{line}\n"))?;
    peer.expect(answer)
}

#[test]
fn r13_1_the_owner_makes_operators_and_loses_its_role_by_leaving() -> Result {
    let chat = start(&[])?;
    let [mut ana, mut bea, mut caro] = together(&chat, ["Ana", "Bea", "Caro"])?;
    answers(&mut bea, "/op Caro", "! no puedes hacer eso aquí")?;
    ana.send("/op bea\n")?;
    for peer in [&mut ana, &mut bea, &mut caro] {
        peer.expect("* Ana ha hecho operador a Bea")?;
    }
    answers(&mut bea, "/op Caro", "! no puedes hacer eso aquí")?;
    answers(&mut bea, "/vetados", "* no hay nadie vetado ni callado")?;
    answers(&mut bea, "/echar Ana", "! Ana tiene más autoridad que tú")?;
    ana.send("/deop Bea\n")?;
    for peer in [&mut ana, &mut bea, &mut caro] {
        peer.expect("* Bea ya no es operador, por Ana")?;
    }
    answers(&mut bea, "/vetados", "! no puedes hacer eso aquí")?;
    goes(&mut ana, "otra")?;
    goes(&mut ana, "cocina")?;
    answers(&mut ana, "/vetados", "! no puedes hacer eso aquí")
}

#[test]
fn r13_2_the_help_has_what_one_may_do() -> Result {
    let chat = start(&[])?;
    let [mut ana, mut bea] = together(&chat, ["Ana", "Bea"])?;
    let help = |peer: &mut Peer| -> Result<Vec<String>> {
        peer.send("/ayuda\n")?;
        let mut words = Vec::new();
        loop {
            let line = peer.hear()?.unwrap_or_default();
            let Some((word, _)) = line.strip_prefix("* /").and_then(|rest| rest.split_once(':'))
            else {
                return Err(peer.failure(line));
            };
            if word.starts_with('/') {
                return Ok(words);
            }
            words.push(word.split(' ').next().unwrap_or_default().to_owned());
        }
    };
    let moderators =
        ["echar", "vetar", "perdonar", "vetados", "callar", "lento", "cerrar", "invitar"];
    let has = |words: &[String], word: &str| words.iter().any(|known| known == word);
    let (owner, member) = (help(&mut ana)?, help(&mut bea)?);
    ana.send("/op Bea\n")?;
    ana.expect("* Ana ha hecho operador a Bea")?;
    bea.expect("* Ana ha hecho operador a Bea")?;
    let operator = help(&mut bea)?;
    for word in moderators {
        assert!(has(&owner, word) && has(&operator, word) && !has(&member, word), "{word}");
    }
    for word in ["op", "noop"] {
        assert!(has(&owner, word) && !has(&operator, word) && !has(&member, word), "{word}");
    }
    assert!(has(&member, "tema") && has(&member, "privado"));
    Ok(())
}

#[test]
fn r13_2_what_is_not_allowed_is_refused_and_nobody_hears_of_it() -> Result {
    let chat = start(&[])?;
    let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
    for line in [
        "/echar Bea",
        "/ban Bea",
        "/perdonar Bea",
        "/bans",
        "/mute Bea",
        "/tema x",
        "/slow 1s",
        "/lock",
        "/invite Bea",
        "/op Ana",
        "/deop Bea",
    ] {
        answers(&mut ana, line, "! no puedes hacer eso aquí")?;
    }
    caro.send("/sala cocina\n")?;
    caro.expect("* estás en la sala cocina")?;
    answers(&mut caro, "/echar Bea", "! Bea no está en esta sala")?;
    answers(&mut caro, "/echar", "! se escribe así: /echar NOMBRE [MOTIVO]")?;
    answers(&mut caro, "/callar Bea 5", "! se escribe así: /callar NOMBRE [TIEMPO]")?;
    let long = format!("/vetar Bea {}", "x".repeat(400));
    answers(&mut caro, &long, "! mensaje demasiado largo (máximo 300 bytes)")?;
    ana.send("fin\n")?;
    bea.expect("Ana > fin")
}

#[test]
fn r13_3_a_person_is_sent_away_with_the_reason_and_the_room_hears_it() -> Result {
    let chat = start(&[])?;
    let [mut ana, mut bea, mut caro] = together(&chat, ["Ana", "Bea", "Caro"])?;
    answers(&mut ana, "/echar bea por gritar", "* Ana ha echado a Bea: por gritar")?;
    bea.expect("* te ha echado Ana: por gritar")?;
    bea.expect_end()?;
    caro.expect("* Ana ha echado a Bea: por gritar")?;
    answers(&mut ana, "/kick Caro", "* Ana ha echado a Caro")?;
    caro.expect("* te ha echado Ana")?;
    caro.expect_end()?;
    let mut bea = chat.member("Bea")?;
    answers(&mut bea, "/quien", "* en general (2): Root, Bea")
}

#[test]
fn r13_3_who_is_at_the_console_sends_anybody_away() -> Result {
    let mut chat = start(&[])?;
    let [mut ana, mut bea] = together(&chat, ["Ana", "Bea"])?;
    chat.server.type_in("/echar ana basta ya\n")?;
    chat.server.out.wait_for("* Root ha echado a Ana: basta ya")?;
    bea.expect("* Root ha echado a Ana: basta ya")?;
    ana.expect("* el operador ha cerrado la conexión: basta ya")?;
    ana.expect_end()
}

/// The next object of this kind.
fn object(peer: &mut Peer, kind: &str) -> Result<Value> {
    loop {
        let line = peer.hear()?.unwrap_or_default();
        let object: Value = serde_json::from_str(&line).map_err(|_| peer.failure(&line))?;
        if object["kind"] == kind {
            return Ok(object);
        }
    }
}

#[test]
fn r13_3_through_the_web_it_is_said_by_an_object_and_by_the_code() -> Result {
    let chat = start(&["--web", "127.0.0.1:0"])?;
    let mut ana = chat.member("Ana")?;
    goes(&mut ana, "cocina")?;
    let mut eva =
        chat.stage.connect_through(Way::JSON, "Eva", chat.address_of(Door::WebSocket)?)?;
    eva.send("Eva\n/sala cocina\n")?;
    object(&mut eva, "here")?;
    object(&mut eva, "here")?;
    answers(&mut ana, "/tema pan", "* Ana pone el tema: pan")?;
    let topic = object(&mut eva, "topic")?;
    assert_eq!((&topic["by"], &topic["text"]), (&"Ana".into(), &"Ana pone el tema: pan".into()));
    answers(&mut ana, "/callar Eva 1h", "* Ana ha callado a Eva durante 1 h")?;
    let muted = object(&mut eva, "muted")?;
    assert_eq!((&muted["who"], &muted["by"]), (&"Eva".into(), &"Ana".into()));
    answers(&mut ana, "/echar Eva adiós", "* Ana ha echado a Eva: adiós")?;
    assert_eq!(object(&mut eva, "end")?["text"], "te ha echado Ana: adiós");
    assert_eq!(eva.expect_close(4003)?, "* te ha echado Ana: adiós");
    Ok(())
}
