use chat_cluster::entry::Notice;
use chat_store::line::Numbered;

use super::*;

const A: Incarnation = Incarnation(1);
const B: Incarnation = Incarnation(2);

/// A stretch of the log, from its 5,000th record.
struct Stretch {
    finder: Finder,
    sequence: u64,
    found: Vec<(u64, String, String)>,
}

impl Stretch {
    fn new() -> Self {
        Self { finder: Finder::new(3, []), sequence: 5_000, found: Vec::new() }
    }

    fn has(&mut self, node: Incarnation, n: u64, entries: Vec<Entry>) {
        self.sequence += 1;
        let message = Pass { node, n, entries }.encode().expect("short");
        let (sequence, time) = (self.sequence, 1_000 * self.sequence);
        let record = Record { subscription: 0, delivered: 0, sequence, time, message };
        for line in self.finder.find(&record) {
            assert_eq!((line.position.epoch, &*line.author), (3, "Ana"));
            assert_eq!(line.at, i64::try_from(time).unwrap());
            self.found.push((line.position.number, line.room.to_string(), line.text.into()));
        }
    }

    fn texts(&self) -> Vec<&str> {
        self.found.iter().map(|(_, _, text)| &**text).collect()
    }
}

fn say(room: &str, text: &str) -> Entry {
    numbered(room, text, None)
}

fn numbered(room: &str, text: &str, number: Option<u64>) -> Entry {
    let session = Position { epoch: 3, number: 77 };
    let said = Said {
        room: room.into(),
        numbered: number.map(|number| Numbered { session, number }),
        author: Author::Name("Ana".into()),
        text: text.into(),
    };
    Entry::Person(4, Act::Say(said).encode())
}

#[test]
fn r14_17_what_was_said_is_found_with_its_place_and_its_room() {
    let mut log = Stretch::new();
    log.has(A, 7, vec![say("a", "uno"), Entry::Node(Notice::Alive), say("b", "dos")]);
    log.has(B, 3, vec![say("a", "tres")]);
    let at = |sequence: u64, entry: u64| (sequence << 20) + (entry << 4) + 1;
    let due = [(at(5_001, 0), "a", "uno"), (at(5_001, 2), "b", "dos"), (at(5_002, 0), "a", "tres")];
    assert_eq!(log.found, due.map(|(number, room, text)| (number, room.into(), text.into())));
}

#[test]
fn r14_17_a_pass_or_a_line_that_was_sent_again_is_found_once() {
    let mut log = Stretch::new();
    log.has(A, 7, vec![numbered("a", "uno", Some(1))]);
    log.has(A, 7, vec![numbered("a", "uno", Some(1))]);
    log.has(A, 9, vec![say("a", "behind a hole")]);
    log.has(A, 8, vec![numbered("a", "dos", Some(2))]);
    log.has(B, 3, vec![numbered("a", "dos", Some(2)), numbered("a", "tres", Some(3))]);
    assert_eq!(log.texts(), ["uno", "dos", "tres"]);
}

#[test]
fn r14_17_a_node_that_is_dead_has_said_nothing_more() {
    let mut log = Stretch::new();
    log.has(A, 7, vec![say("a", "uno")]);
    log.has(B, 3, vec![say("a", "dos")]);
    log.has(A, 8, vec![Entry::Node(Notice::Dead(B, 3)), say("a", "tres")]);
    log.has(B, 4, vec![say("a", "of a dead one")]);
    assert_eq!(log.texts(), ["uno", "dos", "tres"]);
}
