//! Chapter 5: presence in a crowd.

use std::net::SocketAddr;
use std::thread;

use chat_drive::failure::Result;
use chat_protocol::wording;
use chat_tests::ES;
use chat_tests::chat::Chat;
use chat_tests::harness::door::Way;
use chat_tests::harness::peer::Peer;
use chat_tests::harness::stage::Stage;
use serde_json::Value;

/// Those who come and go at the same time, and the rounds of each. In a round it joins and leaves; in each third it also
/// has another name and goes to another room.
const THREADS: usize = 4;
const ROUNDS: usize = 9;

/// What a member that is there all the time has been told.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ledger {
    joined: usize,
    left: usize,
    renamed: usize,
    summaries: usize,
    talk: Vec<String>,
}

impl Ledger {
    /// Adds a line. A number of people at its end has to be what all lines until then add up to, and one who was there before.
    fn add(&mut self, line: &str) {
        let count = |part: &str| part.split(' ').next()?.parse::<usize>().ok();
        let Some(notice) = line.strip_prefix("* ") else {
            return self.talk.push(line.to_owned());
        };
        let (parts, people) = notice.split_once("; ahora hay ").unwrap_or((notice, ""));
        for part in parts.split(", ") {
            let number = if people.is_empty() { 1 } else { count(part).expect("a number") };
            let is = |words: &[&str]| words.iter().any(|word| part.contains(word));
            match () {
                () if is(&["se ha unido", "se han unido", "viene de"]) => self.joined += number,
                () if is(&["ha salido", "han salido", "pasa a la"]) => self.left += number,
                () if is(&["nombre", "ahora es"]) => self.renamed += number,
                () => panic!("{line}"),
            }
        }
        if let Ok(people) = people.parse::<usize>() {
            self.summaries += 1;
            assert_eq!(people, self.people(), "{line} behind {self:?}");
        }
    }

    /// The people in the room: the two that were there before as well.
    fn people(&self) -> usize {
        (2 + self.joined).checked_sub(self.left).expect("who has joined has left")
    }

    fn changes(&self) -> [usize; 3] {
        [self.joined, self.left, self.renamed]
    }
}

/// Hears until as much has changed.
fn hear_all(peer: &mut Peer, ledger: &mut Ledger, due: [usize; 3], talk: usize) -> Result {
    while ledger.changes() != due || ledger.talk.len() < talk {
        let line = peer.hear()?.ok_or_else(|| peer.failure(format!("{ledger:?}")))?;
        ledger.add(&line);
        let is_more = ledger.changes().iter().zip(due).any(|(told, due)| *told > due);
        assert!(!is_more, "{ledger:?}, not {due:?}");
    }
    Ok(())
}

fn come_and_go(stage: &Stage, address: SocketAddr, name: &str) -> Result {
    for round in 0..ROUNDS {
        let mut peer = stage.connect(name, address)?;
        peer.expect(ES.greeting())?;
        peer.expect(wording::NAME_KEYWORD)?;
        peer.send(format!("{name}-{round}\n"))?;
        if round % 3 == 0 {
            peer.send(format!("/nombre {name}-{round}-otra\n/sala cocina\nsalir\n"))?;
        } else {
            peer.send("salir\n")?;
        }
        while peer.hear()?.is_some() {}
    }
    Ok(())
}

fn start() -> Result<Chat> {
    Chat::start_with(&["-p", "grupal", "--crowd", "2", "--crowd-rate", "3/s", "--max-rate", "off"])
}

#[test]
fn r5_7_in_a_crowd_beside_talk_all_numbers_add_up() -> Result {
    let chat = start()?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.expect("* Bea se ha unido")?;
    let (stage, address) = (&chat.stage, chat.address);
    thread::scope(|scope| -> Result {
        let crowd: Vec<_> = ["Eva", "Fe", "Gil", "Hugo"]
            .map(|name| scope.spawn(move || come_and_go(stage, address, name)))
            .into();
        for number in 0..50 {
            bea.send(format!("{number}\n"))?;
        }
        crowd.into_iter().try_for_each(|one| one.join().expect("no panic"))
    })?;
    bea.send("fin\n")?;
    let (rounds, renames) = (THREADS * ROUNDS, THREADS * ROUNDS / 3);
    let mut heard = Ledger::default();
    hear_all(&mut ana, &mut heard, [rounds, rounds, renames], 51)?;
    assert!(heard.summaries > 0, "{heard:?}");
    let said: Vec<_> = (0..50).map(|number| format!("Bea > {number}")).collect();
    assert_eq!(heard.talk[..50], said);
    assert_eq!(heard.talk[50], "Bea > fin");
    assert_eq!(heard.people(), 2);
    ana.send("/quien\n")?;
    ana.expect("* en general (2): Ana, Bea")
}

#[test]
fn r5_7_when_the_crowd_is_calm_names_are_told_again() -> Result {
    let chat = start()?;
    let [mut ana, _bea] = chat.members(["Ana", "Bea"])?;
    ana.expect("* Bea se ha unido")?;
    let names: Vec<_> = (0..20).map(|number| format!("P{number}")).collect();
    let mut crowd = Vec::new();
    for name in &names {
        crowd.push(chat.named_peer(name)?);
    }
    let mut heard = Ledger::default();
    hear_all(&mut ana, &mut heard, [20, 0, 0], 0)?;
    assert!(heard.summaries > 0, "{heard:?}");
    ana.send("/quien\n")?;
    let listed = ana.hear()?.unwrap_or_default();
    let (heading, listed) = listed.split_once(": ").unwrap_or_default();
    assert_eq!(heading, "* en general (22)");
    let mut listed: Vec<_> = listed.split(", ").collect();
    listed.sort_unstable();
    let mut due: Vec<_> = names.iter().map(String::as_str).chain(["Ana", "Bea"]).collect();
    due.sort_unstable();
    assert_eq!(listed, due);
    // One change in a second is no crowd: at the latest the second is told by its name.
    loop {
        drop(crowd.pop());
        let line = ana.hear()?.unwrap_or_default();
        heard.add(&line);
        if line == format!("* P{} ha salido", crowd.len()) {
            return Ok(());
        }
    }
}

#[test]
fn r5_7_a_room_that_is_not_larger_hears_of_each() -> Result {
    let chat = Chat::start_with(&["-p", "sala", "--crowd", "3", "--crowd-rate", "1"])?;
    let [mut ana, _bea] = chat.members(["Ana", "Bea"])?;
    ana.expect("* Bea se ha unido")?;
    for _ in 0..10 {
        drop(chat.member("Eva")?);
        ana.expect("* Eva se ha unido")?;
        ana.expect("* Eva ha salido")?;
    }
    Ok(())
}

#[test]
fn r10_21_objects_have_the_numbers_of_a_crowd() -> Result {
    let options = ["-p", "sala", "--crowd", "2", "--crowd-rate", "3/s", "--web", "127.0.0.1:0"];
    let chat = Chat::start_with(&options)?;
    let _bea = chat.member("Bea")?;
    let mut ana = chat.stage.connect_through(Way::JSON, "Ana", chat.web.expect("the web"))?;
    ana.send("Ana\n")?;
    let mut object = || -> Result<Value> {
        Ok(serde_json::from_str(&ana.hear()?.unwrap_or_default()).expect("an object"))
    };
    while object()?["kind"] != "here" {}
    let mut crowd = Vec::new();
    for number in 0..12 {
        crowd.push(chat.named_peer(&format!("P{number}"))?);
    }
    let (mut people, mut summaries) = (2, 0);
    while people < 14 {
        let told = object()?;
        if told["kind"] == "joined" {
            people += 1;
            continue;
        }
        let joined = told["joined"].as_u64().expect("a number");
        people += joined;
        summaries += 1;
        let text = match joined {
            1 => format!("1 persona se ha unido; ahora hay {people}"),
            _ => format!("{joined} personas se han unido; ahora hay {people}"),
        };
        let due = serde_json::json!({ "kind": "crowd", "time": told["time"], "joined": joined, "left": 0, "renamed": 0,
            "number": people, "text": text });
        assert_eq!(told, due);
    }
    assert!(summaries > 0);
    Ok(())
}
