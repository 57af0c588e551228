use std::collections::{BTreeSet, VecDeque};

use super::*;
use crate::entry::Subject;
use crate::simulation::model::{Effect, Model, Name, Rules};

const ME: Incarnation = Incarnation(7);
const OTHER: Incarnation = Incarnation(8);

/// What a node did with the log, and what it is given next.
#[derive(Default)]
struct Recorder {
    published: Vec<Pass>,
    subscribed: Vec<(u64, u64)>,
    snapshots: Vec<(Incarnation, Vec<u8>)>,
    arrivals: VecDeque<Arrival>,
}

impl Log for Recorder {
    fn publish(&mut self, _subject: Subject, pass: &[u8]) {
        self.published.push(Pass::decode(pass).expect("a pass"));
    }

    fn subscribe(&mut self, subscription: u64, behind: u64) {
        self.subscribed.push((subscription, behind));
    }

    fn send_snapshot(&mut self, to: Incarnation, snapshot: Vec<u8>) {
        self.snapshots.push((to, snapshot));
    }

    fn next(&mut self) -> Option<Arrival> {
        self.arrivals.pop_front()
    }
}

/// A node, its log, and a log's record for each pass that the test gives.
struct Bench {
    node: Node,
    model: Model,
    log: Recorder,
    now: Duration,
    last: u64,
    told: Vec<String>,
    died: Vec<Incarnation>,
}

impl Bench {
    fn new(me: Incarnation) -> Self {
        Self::of(Node::new(settings(me)))
    }

    fn of(node: Node) -> Self {
        let now = Duration::from_secs(50);
        Self {
            node,
            model: Model::default(),
            log: Recorder::default(),
            now,
            last: 0,
            told: Vec::new(),
            died: Vec::new(),
        }
    }

    fn turn(&mut self) {
        let Self { node, model, log, told, .. } = self;
        node.turn(self.now, log, model, &mut |event| {
            told.push(match event {
                Event::Ready(_) => "ready".to_owned(),
                Event::Refused(error) => error.to_string(),
                other => format!("{other:?}"),
            });
        });
        let effects: Vec<_> = model.told.drain(..).map(|(_, effect, _)| effect).collect();
        self.died.extend(effects.iter().filter_map(|effect| match effect {
            Effect::Died { node } => Some(*node),
            _ => None,
        }));
    }

    fn arrives(&mut self, node: Incarnation, n: u64, notice: Notice) {
        let entries = vec![Entry::Node(notice)];
        let message = Pass { node, n, entries }.encode().expect("a short pass");
        self.record(message);
    }

    fn record(&mut self, message: Vec<u8>) {
        self.last += 1;
        let (subscription, behind) = *self.log.subscribed.last().expect("a subscription");
        let record = Record {
            subscription,
            delivered: self.last - behind,
            sequence: self.last,
            time: u64::try_from(self.now.as_millis()).unwrap(),
            message,
        };
        self.log.arrivals.push_back(Arrival::Record(record));
    }

    /// Whatever it has published last comes back.
    fn echo(&mut self) {
        let message = self.log.published.last().expect("a pass").encode().expect("a short pass");
        self.record(message);
        self.turn();
    }

    /// Seconds pass in which all that it publishes comes back.
    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now += Duration::from_secs(1);
            self.turn();
            self.echo();
        }
    }

    /// It opens an empty chat.
    fn founded(me: Incarnation) -> Self {
        let mut bench = Self::new(me);
        bench.turn();
        bench.echo();
        bench.pass(8);
        assert_eq!(bench.told, ["ready"]);
        bench
    }

    fn notices(&self) -> Vec<&Entry> {
        self.log.published.iter().flat_map(|pass| &pass.entries).collect()
    }
}

fn settings(node: Incarnation) -> Settings {
    let name = Name { text: "general".into(), key: 1, looks: Box::from([1]) };
    let mut rules = Vec::new();
    Rules { max_rooms: 3, first_room: name }.write(&mut rules);
    Settings { node, chat: rules.into(), last: 0 }
}

#[test]
fn a_newcomer_asks_each_second_and_opens_the_chat_after_6_s() {
    let bench = Bench::founded(ME);
    let hellos = (0..8).map(|attempt| Entry::Node(Notice::Hello { attempt }));
    let found = bench.notices()[8];
    assert!(bench.notices().into_iter().take(8).eq(hellos.collect::<Vec<_>>().iter()));
    assert!(matches!(found, Entry::Node(Notice::Found(_))), "{found:?}");
    assert_eq!(bench.log.subscribed, [(1, 0)]);
}

#[test]
fn a_newcomer_opens_no_chat_before_it_knows_what_outlived_the_last() {
    let mut old = Bench::founded(OTHER);
    old.arrives(OTHER, 20, Notice::Alive);
    old.turn();
    let replica = old.node.replica().expect("it has the chat");
    let snapshot = replica.snapshot(&old.model);
    let mut bench = Bench::of(Node::with_past(settings(ME)));
    bench.turn();
    bench.echo();
    bench.pass(6);
    assert_eq!(bench.node.asks_for_past(), None, "there may be others");
    bench.pass(3);
    assert_eq!((bench.node.asks_for_past(), bench.told.len()), (Some(bench.last), 0));
    let past = Replica::restore(&snapshot, None, &mut bench.model).expect("a snapshot");
    bench.node.knows_past(past);
    bench.arrives(OTHER, 21, Notice::Alive);
    bench.turn();
    assert_eq!(bench.node.asks_for_past(), None);
    assert!(bench.model.told.is_empty());
    bench.pass(6);
    assert_eq!(bench.told, [""; 0], "the other one was heard");
    bench.pass(3);
    assert_eq!(bench.told, ["ready"]);
    assert!(bench.node.is_keeper() && !Bench::new(ME).node.is_keeper());
}

#[test]
fn a_newcomer_goes_on_from_a_snapshot() {
    let mut host = Bench::founded(OTHER);
    let mut guest = Bench::new(ME);
    guest.turn();
    host.arrives(ME, 1, Notice::Hello { attempt: 0 });
    host.turn();
    let (to, snapshot) = host.log.snapshots.pop().expect("a snapshot");
    assert_eq!(to, ME);
    guest.log.arrivals.push_back(Arrival::Snapshot(b"nonsense".to_vec()));
    guest.turn();
    let later = [&[2], &snapshot[1..]].concat();
    guest.log.arrivals.push_back(Arrival::Snapshot(later));
    guest.turn();
    assert_eq!(guest.told, ["written by a later version (110)", "written by a later version (2)"]);
    assert!(guest.node.replica().is_none(), "it waits");
    guest.log.arrivals.push_back(Arrival::Snapshot(snapshot));
    guest.turn();
    assert_eq!(guest.told[2..], ["ready"]);
    assert_eq!(guest.log.subscribed, [(1, 0), (2, host.last)], "behind the snapshot");
    assert_eq!(guest.node.replica(), host.node.replica());
    // The hello was freed by the snapshot: it will not be seen any more.
    let alive = guest.log.published.last().expect("a pass");
    assert_eq!((alive.n, &*alive.entries), (2, &[Entry::Node(Notice::Alive)][..]));
}

#[test]
fn an_acknowledgement_frees_nothing() {
    let mut bench = Bench::founded(ME);
    bench.now += ALIVE;
    bench.turn();
    let published = bench.log.published.len();
    bench.log.arrivals.push_back(Arrival::Acknowledged);
    bench.now += Duration::from_millis(500);
    bench.turn();
    assert_eq!(
        bench.log.published[published],
        bench.log.published[published - 1],
        "the same again"
    );
    let Figures { members, holes, lag, resent, waiting } = bench.node.figures(bench.now);
    assert_eq!((members, holes, lag.as_millis(), resent), (1, 0, 500, 1));
    assert!(waiting > 0);
}

#[test]
fn people_are_told_after_2_s_and_the_subscription_is_made_again_after_3_s() {
    let mut bench = Bench::founded(ME);
    bench.now += ALIVE;
    bench.turn();
    let begun = bench.now;
    for (milliseconds, told, subscriptions) in
        [(1_999, 1, 1), (2_000, 2, 1), (2_999, 2, 1), (3_000, 2, 2), (5_999, 2, 2), (6_000, 2, 3)]
    {
        bench.now = begun + Duration::from_millis(milliseconds);
        bench.turn();
        assert_eq!((bench.told.len(), bench.log.subscribed.len()), (told, subscriptions));
    }
    assert_eq!(bench.log.subscribed[2], (3, bench.last));
    bench.echo();
    assert_eq!(bench.told, ["ready", "Away", "Back"]);
}

#[test]
fn a_subscription_that_ended_or_lost_a_record_is_made_again() {
    let mut bench = Bench::founded(ME);
    bench.log.arrivals.push_back(Arrival::Cut);
    bench.turn();
    assert_eq!(bench.log.subscribed, [(1, 0), (2, bench.last)]);
    bench.last += 1;
    bench.arrives(OTHER, 1, Notice::Alive);
    bench.turn();
    assert_eq!(bench.log.subscribed.len(), 3);
}

#[test]
fn a_silent_node_is_declared_dead_once() {
    let mut bench = Bench::founded(ME);
    bench.arrives(OTHER, 1, Notice::Hello { attempt: 0 });
    bench.pass(7);
    let is_dead = |pass: &&Pass| pass.entries.contains(&Entry::Node(Notice::Dead(OTHER, 1)));
    let numbers = bench.log.published.iter().filter(is_dead).map(|pass| pass.n);
    assert_eq!(numbers.collect::<BTreeSet<_>>().len(), 1, "sent again, but not declared again");
    assert_eq!(bench.died, [OTHER]);
}

#[test]
fn a_fenced_node_does_nothing_any_more() {
    let mut bench = Bench::founded(ME);
    bench.arrives(OTHER, 1, Notice::Hello { attempt: 0 });
    bench.turn();
    let last = bench.node.replica().expect("it has the chat").members().last(ME).expect("itself");
    bench.arrives(OTHER, 2, Notice::Dead(ME, last));
    bench.arrives(OTHER, 3, Notice::Dead(Incarnation(9), 1));
    let published = bench.log.published.len();
    bench.turn();
    bench.now += AWAY;
    bench.turn();
    assert_eq!(bench.told, ["ready", "Fenced(Dead)"]);
    assert_eq!(bench.died, [ME], "and nothing behind it");
    assert_eq!(bench.log.published.len(), published);
    let act = Act { kind: 0, body: Box::default() };
    let refused = bench.node.propose(1, act, Subject::Public);
    assert_eq!(refused, Err(ProposeError::NotReady));
    assert_eq!((bench.node.deadline(), bench.node.replica()), (None, None));
}

#[test]
fn a_node_is_fenced_by_what_it_cannot_follow() {
    for (arrival, fenced) in [
        (Arrival::Subscribed { subscription: 1, created: 1, last: 0 }, "Fenced(OtherLog)"),
        (record(12, vec![1; 20]), "Fenced(Behind)"),
        (record(10, vec![2]), "Fenced(Version(2))"),
    ] {
        let mut bench = Bench::founded(ME);
        bench.log.arrivals.push_back(arrival);
        bench.turn();
        assert_eq!(bench.told, ["ready", fenced]);
    }
}

fn record(sequence: u64, message: Vec<u8>) -> Arrival {
    let (subscription, delivered, time) = (1, 10, 60_000);
    Arrival::Record(Record { subscription, delivered, sequence, time, message })
}

#[test]
fn nonsense_is_passed_over_by_all_alike() {
    let mut bench = Bench::founded(ME);
    bench.record(vec![1, 2, 3]);
    bench.turn();
    assert_eq!(bench.told, ["ready"]);
    assert_eq!(bench.node.replica().map(Replica::position), Some(bench.last));
}
