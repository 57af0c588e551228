//! The subprotocol `chat.v2`: a JSON object on each line.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chat_drive::failure::Result;
use chat_protocol::refusal::Refusal;
use chat_tests::ES;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::door::Way;
use chat_tests::harness::peer::Peer;
use serde_json::{Value, json};

use super::{start, web};

fn connect(chat: &Chat, name: &str) -> Result<Peer> {
    chat.stage.connect_through(Way::JSON, name, web(chat))
}

/// The next object, without its time and its position.
fn object(peer: &mut Peer) -> Result<Value> {
    let line = peer.hear()?.unwrap_or_default();
    let mut object: Value =
        serde_json::from_str(&line).map_err(|_| peer.failure(format!("hears {line:?}")))?;
    let time = object.as_object_mut().and_then(|object| object.remove("time"));
    if object["kind"] == "message" {
        object.as_object_mut().and_then(|object| object.remove("position"));
    }
    let time = Duration::from_millis(time.and_then(|time| time.as_u64()).unwrap_or_default());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    if now.abs_diff(time) > Duration::from_mins(1) {
        return Err(peer.failure(format!("hears of another time: {line}")));
    }
    Ok(object)
}

#[track_caller]
fn expect(peer: &mut Peer, expected: &Value) -> Result {
    let heard = object(peer)?;
    if heard == *expected { Ok(()) } else { Err(peer.failure(format!("should hear {expected}"))) }
}

/// A member that is asked for its name.
fn member(chat: &Chat, name: &str) -> Result<Peer> {
    let mut peer = connect(chat, name)?;
    for kind in ["welcome", "ask", "here"] {
        let object = object(&mut peer)?;
        assert_eq!(object["kind"], kind);
        if kind == "ask" {
            peer.send(format!("{name}\n"))?;
        }
    }
    Ok(peer)
}

#[test]
fn r10_20_a_client_that_offers_both_is_sent_objects() -> Result {
    let chat = start(&[])?;
    let mut ana = connect(&chat, "ana")?;
    let welcome = json!({ "kind": "welcome", "lang": "es", "label": "port", "names": false, "presence": false,
        "commands": false, "max_line": 4096, "text": ES.greeting() });
    expect(&mut ana, &welcome)?;
    let mut bea = chat.peer("bea")?;
    ana.send("hola\n")?;
    bea.expect(&said_by(&ana, "hola"))?;
    bea.send("\"¿qué\ttal?\" \\o/\n")?;
    let who = format!("usuario {}", bea.address().port());
    let said = json!({ "kind": "message", "who": who, "text": "\"¿qué\ttal?\" \\o/" });
    expect(&mut ana, &said)
}

#[test]
fn r10_21_each_kind_of_event_says_whom_it_is_about() -> Result {
    let chat = start(&["-p", "grupal"])?;
    let mut ana = connect(&chat, "ana")?;
    assert_eq!(object(&mut ana)?["commands"], true);
    expect(&mut ana, &json!({ "kind": "ask", "text": "nombre del cliente" }))?;
    ana.send("dos palabras\n")?;
    let refusal = object(&mut ana)?;
    assert_eq!(refusal["kind"], "refusal");
    assert!(refusal["text"].as_str().is_some_and(|text| text.starts_with("nombre no válido: ")));
    expect(&mut ana, &json!({ "kind": "ask", "text": "nombre del cliente" }))?;
    ana.send("Ana\n")?;
    let here = json!({ "kind": "here", "you": "Ana", "room": "general", "people": ["Ana"], "number": 1,
        "text": "eres Ana; en general (1): Ana" });
    expect(&mut ana, &here)?;
    let mut bea = chat.member("Bea")?;
    expect(&mut ana, &json!({ "kind": "joined", "who": "Bea", "text": "Bea se ha unido" }))?;
    bea.send("hola\n/msg Ana psst\n/nick Eva\n/join cocina\n")?;
    expect(&mut ana, &json!({ "kind": "message", "who": "Bea", "text": "hola" }))?;
    expect(&mut ana, &json!({ "kind": "private", "who": "Bea", "text": "psst" }))?;
    let renamed =
        json!({ "kind": "renamed", "who": "Bea", "name": "Eva", "text": "Bea ahora es Eva" });
    expect(&mut ana, &renamed)?;
    let goes = json!({ "kind": "goes", "who": "Eva", "room": "cocina", "text": "Eva pasa a la sala cocina" });
    expect(&mut ana, &goes)?;
    ana.send("/r ya\n/responder ya\n/nombre Ann\n/quien\n/salas\n/ayuda\n")?;
    assert_eq!(object(&mut ana)?["kind"], "refusal");
    expect(&mut ana, &json!({ "kind": "receipt", "who": "Eva", "text": "ya" }))?;
    expect(&mut ana, &json!({ "kind": "named", "name": "Ann", "text": "ahora te llamas Ann" }))?;
    let people = json!({ "kind": "people", "room": "general", "people": ["Ann"], "number": 1,
        "text": "en general (1): Ann" });
    expect(&mut ana, &people)?;
    let rooms = json!({ "kind": "rooms", "rooms": ["general", "cocina"], "sizes": [1, 1],
        "text": "salas: general (1), cocina (1)" });
    expect(&mut ana, &rooms)?;
    let help = object(&mut ana)?;
    assert_eq!(help["kind"], "help");
    assert!(
        help["text"].as_str().is_some_and(|text| text.starts_with('/') && !text.contains("* "))
    );
    bea.send("/join general\n")?;
    let comes = json!({ "kind": "comes", "who": "Eva", "room": "cocina", "text": "Eva viene de la sala cocina" });
    expect(&mut ana, &comes)?;
    drop(bea);
    expect(&mut ana, &json!({ "kind": "left", "who": "Eva", "text": "Eva ha salido" }))
}

#[test]
fn r10_21_the_reason_of_an_end_is_an_object() -> Result {
    let chat = start(&["--max-clients", "1", "--idle-timeout", "300ms"])?;
    let mut ana = connect(&chat, "ana")?;
    assert_eq!(object(&mut ana)?["kind"], "welcome");
    let mut bea = connect(&chat, "bea")?;
    expect(&mut bea, &json!({ "kind": "end", "text": "servidor lleno" }))?;
    assert_eq!(bea.expect_close(1013)?, ES.refusal(&Refusal::ServerFull).to_string());
    expect(&mut ana, &json!({ "kind": "end", "text": "conexión cerrada por inactividad" }))?;
    ana.expect_close(4001).map(drop)
}

#[test]
fn r10_21_missed_messages_are_told_by_an_object() -> Result {
    let chat = start(&["--outbox", "16KiB"])?;
    let mut slow = chat.stage.connect_taking_little_through(Way::JSON, "slow", web(&chat))?;
    assert_eq!(object(&mut slow)?["kind"], "welcome");
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    let lines = format!("{}\n", "x".repeat(1000)).repeat(100);
    for _ in 0..50 {
        ana.send(&lines)?;
        (0..100).try_for_each(|_| bea.hear().map(drop))?;
    }
    ana.send("fin\n")?;
    bea.expect(&said_by(&ana, "fin"))?;
    let mut missed = None;
    while missed.is_none() {
        missed = Some(object(&mut slow)?).filter(|object| object["kind"] == "missed");
    }
    let text = missed.map(|missed| missed["text"].to_string()).unwrap_or_default();
    assert!(text.starts_with("\"te has perdido "), "{text}");
    Ok(())
}

#[test]
fn r10_22_those_with_text_and_those_with_objects_hear_the_same_in_the_same_order() -> Result {
    let chat = start(&["-p", "sala"])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.expect("* Bea se ha unido")?;
    let (mut caro, mut dani) = (member(&chat, "Caro")?, member(&chat, "Dani")?);
    for peer in [&mut ana, &mut bea] {
        peer.expect("* Caro se ha unido")?;
        peer.expect("* Dani se ha unido")?;
    }
    assert_eq!(object(&mut caro)?["kind"], "joined");
    for i in 0..50 {
        for peer in [&mut ana, &mut caro, &mut bea, &mut dani] {
            peer.send(format!("{i}\n"))?;
        }
    }
    let said =
        |line: &str| line.split_once(" > ").map(|(who, text)| (who.to_owned(), text.to_owned()));
    let mut orders = Vec::new();
    for (own, peer) in [("Ana", &mut ana), ("Bea", &mut bea)] {
        let mut order = Vec::new();
        for _ in 0..150 {
            order.extend(said(&peer.hear()?.unwrap_or_default()));
        }
        orders.push((own, order));
    }
    for (own, peer) in [("Caro", &mut caro), ("Dani", &mut dani)] {
        let mut order = Vec::new();
        for _ in 0..150 {
            let object = object(peer)?;
            let [who, text] =
                ["who", "text"].map(|key| object[key].as_str().unwrap_or_default().to_owned());
            order.push((who, text));
        }
        orders.push((own, order));
    }
    for (own, order) in &orders {
        assert_eq!(order.len(), 150);
        for (other, their) in &orders {
            let common = |order: &[(String, String)]| {
                order
                    .iter()
                    .filter(|(who, _)| who != own && who != other)
                    .cloned()
                    .collect::<Vec<_>>()
            };
            assert_eq!(common(order), common(their), "{own} and {other}");
            assert!(order.iter().all(|(who, _)| who != own), "{own} hears itself");
        }
    }
    Ok(())
}

#[test]
fn r10_22_a_client_keeps_its_form_in_each_room() -> Result {
    let chat = start(&["-p", "grupal"])?;
    let (mut ana, mut bea) = (member(&chat, "Ana")?, chat.member("Bea")?);
    assert_eq!(object(&mut ana)?["kind"], "joined");
    bea.send("/sala cocina\n")?;
    assert_eq!(object(&mut ana)?["kind"], "goes");
    ana.send("/sala cocina\n")?;
    let here = json!({ "kind": "here", "you": "Ana", "room": "cocina", "people": ["Ana", "Bea"], "number": 2,
        "text": "eres Ana; en cocina (2): Ana, Bea" });
    expect(&mut ana, &here)?;
    bea.expect("* estás en la sala cocina")?;
    bea.expect("* eres Bea; en cocina (1): Bea")?;
    bea.expect("* Ana viene de la sala general")?;
    bea.send("hola\n")?;
    expect(&mut ana, &json!({ "kind": "message", "who": "Bea", "text": "hola" }))?;
    ana.send("/sala general\n")?;
    assert_eq!(object(&mut ana)?["room"], "general");
    bea.expect("* Ana pasa a la sala general")?;
    bea.send("sola\n/sala general\n")?;
    assert_eq!(object(&mut ana)?["kind"], "comes");
    Ok(())
}
