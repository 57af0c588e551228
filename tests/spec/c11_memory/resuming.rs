//! Sessions: a client that was cut off comes back.

use chat_drive::failure::Result;
use chat_protocol::name::NameError;
use chat_tests::ES;
use chat_tests::harness::peer::Peer;
use serde_json::Value;

use super::start;
use super::store::{Place, recorded};

/// A client that has a session.
pub(crate) struct Resumer {
    pub(crate) peer: Peer,
    pub(crate) token: String,
    pub(crate) id: String,
    /// The position of what it heard last.
    pub(crate) position: String,
    /// Number of its last line.
    number: u64,
}

/// The next object. Lines of text before it belong to a question for a name.
#[track_caller]
pub(crate) fn object(peer: &mut Peer) -> Result<Value> {
    loop {
        let line = peer.hear()?.ok_or_else(|| peer.failure("should be sent an object"))?;
        if line.starts_with('{') {
            return serde_json::from_str(&line).map_err(|error| peer.failure(error));
        }
    }
}

fn text(object: &Value, key: &str) -> String {
    object[key].as_str().unwrap_or_default().to_owned()
}

/// So many lines.
fn numbers(of: u32) -> String {
    (0..of).fold(String::new(), |lines, n| lines + &n.to_string() + "\n")
}

impl Resumer {
    /// Begins a session.
    #[track_caller]
    pub(crate) fn begin(mut peer: Peer) -> Result<Self> {
        peer.send("/reanudar\n")?;
        let session = object(&mut peer)?;
        if session["kind"] != "session" {
            return Err(peer.failure(format!("should be a session: {session}")));
        }
        let [token, id, position] = ["token", "id", "position"].map(|key| text(&session, key));
        Ok(Self { peer, token, id, position, number: 0 })
    }

    /// Sends a line with the next number.
    pub(crate) fn say(&mut self, line: &str) -> Result {
        self.number += 1;
        self.peer.send(format!("{} {line}\n", self.number))
    }

    /// The next object is a message of this person.
    #[track_caller]
    pub(crate) fn expect(&mut self, who: &str, said: &str) -> Result {
        let message = object(&mut self.peer)?;
        if message["kind"] != "message" || message["who"] != who || message["text"] != said {
            return Err(self.peer.failure(format!("should be {who} > {said}: {message}")));
        }
        self.position = text(&message, "position");
        Ok(())
    }

    #[track_caller]
    pub(crate) fn expect_kind(&mut self, kind: &str) -> Result<Value> {
        let object = object(&mut self.peer)?;
        if object["kind"] != kind {
            return Err(self.peer.failure(format!("should be of the kind {kind}: {object}")));
        }
        Ok(object)
    }

    #[track_caller]
    pub(crate) fn expect_accepted(&mut self, number: u64) -> Result {
        if self.expect_kind("accepted")?["number"] != number {
            return Err(self.peer.failure(format!("should accept line {number}")));
        }
        Ok(())
    }

    /// Comes back on this connection.
    #[track_caller]
    pub(crate) fn come_back(&mut self, peer: Peer) -> Result<Value> {
        self.peer = peer;
        self.peer.send(format!("/reanudar {} {}\n", self.token, self.position))?;
        self.expect_kind("resumed")
    }
}

#[test]
fn r11_9_the_room_tells_its_position() -> Result {
    let chat = start(&[])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.send("/posicion\nuno\n/position\n")?;
    ana.expect("* posición 0.0")?;
    let position = ana.hear()?.unwrap_or_default();
    assert!(position.starts_with("* posición ") && position.ends_with(".1"), "{position}");
    bea.expect("Ana > uno")?;
    bea.send("/posicion de la sala\n")?;
    bea.expect("! se escribe así: /posicion")
}

#[test]
fn r11_10_a_session_takes_objects_and_misses_nothing() -> Result {
    let chat = start(&[])?;
    let [mut ana, bea] = chat.members(["Ana", "Bea"])?;
    // Whatever is said while it begins.
    ana.send(numbers(500))?;
    let mut bea = { bea };
    bea.send("/reanudar\n")?;
    let mut heard = 0;
    while heard < 500 {
        let line = bea.hear()?.unwrap_or_default();
        let said = if line.starts_with('{') {
            let object: Value = serde_json::from_str(&line).map_err(|error| bea.failure(error))?;
            if object["kind"] == "session" {
                continue;
            }
            text(&object, "text")
        } else {
            line.trim_start_matches("Ana > ").to_owned()
        };
        assert_eq!(said, heard.to_string());
        heard += 1;
    }
    bea.send("1 yo también\n")?;
    ana.expect("Bea > yo también")?;
    ana.send("/ayuda\nfin\n")?;
    while let Some(line) = ana.hear()?.filter(|line| !line.contains("/salir")) {
        assert!(!line.contains("reanudar"), "it is in no help: {line}");
    }
    Ok(())
}

#[test]
fn r11_10_without_a_question_for_a_name_there_is_no_session() -> Result {
    let chat = start(&["--ask-name", "off"])?;
    let mut guest = chat.peer("again")?;
    guest.send("/reanudar\n")?;
    while let Some(line) = guest.hear()? {
        if line.starts_with("! no existe el comando /reanudar") {
            return Ok(());
        }
    }
    Err(guest.failure("should be refused"))
}

#[test]
fn r11_11_a_numbered_line_is_acted_on_once_and_answered_each_time() -> Result {
    let chat = start(&[])?;
    let [ana, bea] = chat.members(["Ana", "Bea"])?;
    let (mut ana, mut bea) = (Resumer::begin(ana)?, bea);
    ana.peer.send("1 uno\n1 uno\n3 tres\n2 dos\n4 /privado Bea cuatro\n4 /privado Bea cuatro\n")?;
    for number in [1, 1, 3, 2] {
        ana.expect_accepted(number)?;
    }
    ana.expect_kind("receipt")?;
    ana.expect_accepted(4)?;
    ana.expect_accepted(4)?;
    bea.expect("Ana > uno")?;
    bea.expect("Ana > tres")?;
    bea.expect("[privado] Ana > cuatro")?;
    let mut bea = Resumer::begin(bea)?;
    ana.peer.send("5 cinco\n")?;
    let message = bea.expect_kind("message")?;
    assert_eq!(text(&message, "line"), format!("{}.5", ana.id));
    Ok(())
}

#[test]
fn r11_12_who_was_cut_off_misses_nothing_and_hears_nothing_twice() -> Result {
    let chat = start(&[])?;
    let [ana, mut bea] = chat.members(["Ana", "Bea"])?;
    let mut ana = Resumer::begin(ana)?;
    bea.send("uno\n")?;
    ana.expect("Bea", "uno")?;
    ana.say("dos")?;
    bea.expect("Ana > dos")?;
    bea.send("tres\n")?;
    // It was sent this one; who knows whether it has heard it.
    let heard = ana.position.clone();
    ana.expect_accepted(1)?;
    ana.expect("Bea", "tres")?;
    ana.position = heard;
    let resumed = ana.come_back(chat.peer("again")?)?;
    assert_eq!((&resumed["accepted"], &resumed["you"]), (&1.into(), &"Ana".into()));
    ana.expect("Bea", "tres")?;
    bea.send("cuatro\n")?;
    ana.expect("Bea", "cuatro")?;
    // What an earlier connection still says is not heard.
    ana.say("cinco")?;
    bea.expect("Ana > cinco")
}

#[test]
fn r11_12_an_earlier_connection_is_ended() -> Result {
    let chat = start(&[])?;
    let [ana, mut bea] = chat.members(["Ana", "Bea"])?;
    let mut ana = Resumer::begin(ana)?;
    let mut earlier = std::mem::replace(&mut ana.peer, chat.peer("again")?);
    ana.peer.send(format!("/reanudar {} {}\n", ana.token, ana.position))?;
    ana.expect_kind("resumed")?;
    earlier.expect_end()?;
    ana.say("hola")?;
    bea.expect("Ana > hola")
}

#[test]
fn r11_12_a_session_that_is_none_is_refused_and_the_name_is_asked_for_again() -> Result {
    let chat = start(&[])?;
    let refused = ES.name_refused(NameError::NoSession).to_string();
    for wrong in ["x", "x y z", "0 1.1", "00000000000000000000000000000000 1.1"] {
        let mut peer = chat.asked_peer("again")?;
        peer.send(format!("/resume {wrong}\n"))?;
        peer.expect(&refused)?;
        peer.expect("nombre del cliente")?;
    }
    let [ana] = chat.members(["Ana"])?;
    let mut ana = Resumer::begin(ana)?;
    // Nobody comes back who has left by the word.
    ana.say("salir")?;
    ana.expect_accepted(1)?;
    ana.peer.expect_end()?;
    let mut peer = chat.asked_peer("again")?;
    peer.send(format!("/reanudar {} 0.0\n", ana.token))?;
    peer.expect(&refused)
}

#[test]
fn r11_12_a_session_outlives_the_server() -> Result {
    let place = Place::new();
    let options = ["--durability", "commit"];
    let mut chat = place.start(&options)?;
    let ana = recorded(&chat, "Ana")?;
    let bea = recorded(&chat, "Bea")?;
    let (mut ana, mut bea) = (Resumer::begin(ana)?, Resumer::begin(bea)?);
    for (number, word) in (1..).zip(["uno", "dos", "tres"]) {
        bea.say(word)?;
        bea.expect_accepted(number)?;
    }
    ana.expect("Bea", "uno")?;
    chat.server.kill()?;
    let chat = place.start(&options)?;
    bea.come_back(chat.peer("again")?)?;
    // It does not know that this was accepted.
    bea.number = 2;
    bea.say("tres")?;
    bea.expect_accepted(3)?;
    bea.say("cuatro")?;
    bea.expect_accepted(4)?;
    ana.come_back(chat.peer("again")?)?;
    for word in ["dos", "tres", "cuatro"] {
        ana.expect("Bea", word)?;
    }
    bea.say("cinco")?;
    ana.expect("Bea", "cinco")
}

#[test]
fn r11_12_more_than_a_room_remembers_comes_from_the_store() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    let ana = recorded(&chat, "Ana")?;
    let mut bea = recorded(&chat, "Bea")?;
    let mut ana = Resumer::begin(ana)?;
    ana.peer = chat.peer("again")?;
    bea.send(numbers(1000))?;
    ana.peer.send(format!("/reanudar {} {}\n", ana.token, ana.position))?;
    ana.expect_kind("resumed")?;
    for n in 0..1000 {
        ana.expect("Bea", &n.to_string())?;
    }
    Ok(())
}

#[test]
fn r11_10_a_line_of_a_session_without_a_number_is_refused() -> Result {
    let chat = start(&[])?;
    let [ana, mut bea] = chat.members(["Ana", "Bea"])?;
    let mut ana = Resumer::begin(ana)?;
    ana.peer.send("hola\n0 hola\n9007199254740992 hola\nuno hola\n1 \n2 hola\n")?;
    for _ in 0..4 {
        ana.expect_kind("refusal")?;
    }
    ana.expect_accepted(1)?;
    ana.expect_accepted(2)?;
    bea.expect("Ana > hola")?;
    ana.peer.send("salir\n")?;
    ana.peer.expect_end()
}

#[test]
fn r11_12_what_is_not_remembered_is_told() -> Result {
    let chat = start(&[])?;
    let [ana, mut bea] = chat.members(["Ana", "Bea"])?;
    let mut ana = Resumer::begin(ana)?;
    ana.peer = chat.peer("again")?;
    bea.send(numbers(1000) + "/privado Bea fin\n")?;
    while !bea.hear()?.unwrap_or_default().starts_with("! ") {}
    ana.peer.send(format!("/reanudar {} {}\n", ana.token, ana.position))?;
    ana.expect_kind("resumed")?;
    ana.expect_kind("missed")?;
    for n in 800..1000 {
        ana.expect("Bea", &n.to_string())?;
    }
    Ok(())
}

#[test]
fn r11_12_an_earlier_connection_does_nothing_any_more() -> Result {
    let chat = start(&["--coalesce", "200ms"])?;
    let [ana, eva, mut bea] = chat.members(["Ana", "Eva", "Bea"])?;
    let (mut ana, mut eva) = (Resumer::begin(ana)?, Resumer::begin(eva)?);
    let again = chat.peer("again")?;
    // In one pass of the room.
    ana.peer.send("1 uno\n")?;
    chat.server.out.wait_for("Ana > uno")?;
    let mut earlier = std::mem::replace(&mut ana.peer, again);
    ana.peer.send(format!("/reanudar {} {}\n", ana.token, ana.position))?;
    ana.expect_kind("resumed")?;
    // It may be closed already.
    let _ = earlier.send_raw("2 dos\n3 /nombre Zeta\nhola\n");
    ana.peer.send("2 dos\n")?;
    for said in ["uno", "dos"] {
        bea.expect(&format!("Ana > {said}"))?;
        eva.expect("Ana", said)?;
    }
    bea.send("/quien\n")?;
    bea.expect("* en general (3): Ana, Eva, Bea")
}
