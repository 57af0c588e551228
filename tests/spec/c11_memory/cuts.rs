//! Clients that are cut off at random, again and again: each hears each message of the others once, in one order.

use std::collections::VecDeque;
use std::mem;

use chat_drive::failure::Result;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::resuming::{Resumer, object};
use super::start;
use super::store::{Place, recorded};

/// Cuts of one test. More of them, with other seeds: `CHAT_CUTS=1000`.
const CUTS: u64 = 150;

const VARIABLE: &str = "CHAT_CUTS";

const NAMES: [&str; 3] = ["Ana", "Bea", "Eva"];

/// A client that keeps what it has said until it is accepted.
struct Client {
    resumer: Resumer,
    said: u64,
    accepted: u64,
    /// The numbers that were sent and not accepted.
    pending: VecDeque<u64>,
    /// Positions, authors and texts.
    heard: Vec<(Position, String, String)>,
}

type Position = (u64, u64);

fn position(text: &str) -> Position {
    let (epoch, number) = text.split_once('.').expect("a position");
    (epoch.parse().expect("a number"), number.parse().expect("a number"))
}

impl Client {
    fn new(resumer: Resumer) -> Self {
        Self { resumer, said: 0, accepted: 0, pending: VecDeque::new(), heard: Vec::new() }
    }

    /// The number is the text of the message as well.
    fn say(&mut self) -> Result {
        self.said += 1;
        self.pending.push_back(self.said);
        self.resumer.peer.send(format!("{0} {0}\n", self.said))
    }

    /// Hears something.
    fn hear(&mut self) -> Result {
        let object = object(&mut self.resumer.peer)?;
        match object["kind"].as_str() {
            Some("message") => {
                let text = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
                self.resumer.position = text("position");
                self.heard.push((position(&text("position")), text("who"), text("text")));
            }
            Some("accepted") => self.accept(object["number"].as_u64().expect("a number")),
            _ => {}
        }
        Ok(())
    }

    fn accept(&mut self, number: u64) {
        self.accepted = self.accepted.max(number);
        self.pending.retain(|pending| *pending > number);
    }

    /// Is cut off, with or without a reset, perhaps in the middle of a line.
    fn cut(&mut self, again: Peer, random: &mut SmallRng) -> Result {
        let mut before = mem::replace(&mut self.resumer.peer, again);
        if random.random_bool(0.5) {
            let line = format!("{0} {0}\n", self.said + 1);
            let part = random.random_range(0..line.len());
            // The server may have ended it.
            let _ = before.send_raw(&line.as_bytes()[..part]);
        }
        if random.random_bool(0.5) {
            before.reset();
        } else {
            drop(before);
        }
        self.come_back()
    }

    fn come_back(&mut self) -> Result {
        let Resumer { peer, token, position, .. } = &mut self.resumer;
        peer.send(format!("/reanudar {token} {position}\n"))?;
        let resumed = object(peer)?;
        if resumed["kind"] != "resumed" {
            return Err(peer.failure(format!("should be back: {resumed}")));
        }
        self.accept(resumed["accepted"].as_u64().expect("a number"));
        for number in self.pending.clone() {
            self.resumer.peer.send(format!("{number} {number}\n"))?;
        }
        Ok(())
    }
}

/// How many cuts, and a seed.
fn cuts() -> (u64, u64) {
    match std::env::var(VARIABLE).ok().and_then(|number| number.parse().ok()) {
        Some(number) => (number, rand::random()),
        None => (CUTS, 19),
    }
}

/// Cuts clients off, and at each so many cuts also all of them, by `restart`.
fn cut_and_compare(
    mut chat: Chat,
    clients: [Resumer; 3],
    restart: impl Fn(Chat) -> Result<Chat>,
    every: u64,
) -> Result {
    let (cuts, seed) = cuts();
    let mut random = SmallRng::seed_from_u64(seed);
    let mut clients = clients.map(Client::new);
    let mut done = 0;
    while done < cuts {
        let client = &mut clients[random.random_range(0..3_usize)];
        match random.random_range(0..4) {
            0 => {
                done += 1;
                if every > 0 && done.is_multiple_of(every) {
                    chat = restart(chat)?;
                    for client in &mut clients {
                        client.resumer.peer = chat.peer("again")?;
                        client.come_back()?;
                    }
                } else {
                    client.cut(chat.peer("again")?, &mut random)?;
                }
            }
            1 => {
                client.say()?;
                while client.accepted < client.said {
                    client.hear()?;
                }
            }
            _ => client.say()?,
        }
    }
    let said = clients.each_ref().map(|client| client.said);
    let all: u64 = said.iter().sum();
    for client in &mut clients {
        while client.accepted < client.said || (client.heard.len() as u64) < all - client.said {
            client.hear()?;
        }
    }
    let mut order: Vec<_> = clients.iter().flat_map(|client| client.heard.clone()).collect();
    order.sort();
    order.dedup();
    assert_eq!(order.len() as u64, all, "seed {seed}");
    for (client, name) in clients.iter().zip(NAMES) {
        let others: Vec<_> = order.iter().filter(|(_, who, _)| who != name).cloned().collect();
        assert_eq!(client.heard, others, "{name}, seed {seed}");
        let own = order.iter().filter(|(_, who, _)| who == name).map(|(_, _, text)| text.clone());
        let numbers = (1..=client.said).map(|number| number.to_string());
        assert_eq!(own.collect::<Vec<_>>(), numbers.collect::<Vec<_>>(), "{name}, seed {seed}");
    }
    Ok(())
}

#[test]
fn r11_12_random_cuts_cost_nobody_a_message() -> Result {
    let chat = start(&[])?;
    let [ana, bea, eva] = chat.members(NAMES)?;
    let clients = [Resumer::begin(ana)?, Resumer::begin(bea)?, Resumer::begin(eva)?];
    cut_and_compare(chat, clients, Ok, 0)
}

#[test]
fn r11_6_kills_of_the_server_cost_nobody_a_message() -> Result {
    let place = Place::new();
    let options = ["--durability", "commit"];
    let chat = place.start(&options)?;
    let [ana, bea, eva] =
        [recorded(&chat, "Ana")?, recorded(&chat, "Bea")?, recorded(&chat, "Eva")?];
    let clients = [Resumer::begin(ana)?, Resumer::begin(bea)?, Resumer::begin(eva)?];
    let restart = |mut chat: Chat| {
        chat.server.kill()?;
        place.start(&options)
    };
    cut_and_compare(chat, clients, restart, 10)
}
