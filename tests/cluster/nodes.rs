//! Three nodes over a real log.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chat_cluster::entry::{Act, Incarnation, PersonId, Subject};
use chat_cluster::nats::{self, Options, Replicas};
use chat_cluster::node::{Event, Node, Settings};
use chat_cluster::state::{Place, RestoreError, State};
use chat_cluster::wire::Reader;
use chat_drive::failure::Result;
use chat_drive::role::PATIENCE;
use chat_tests::harness::broker::Broker;
use chat_tests::harness::stage::Stage;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::options;

/// A node with one person, which has the number of the node.
struct Seat {
    acts: mpsc::UnboundedSender<Act>,
    /// Sequence numbers and lines. The first one says that the node is ready.
    heard: mpsc::UnboundedReceiver<(u64, String)>,
}

/// Tells each act, and each death.
struct Journal(mpsc::UnboundedSender<(u64, String)>);

impl Journal {
    fn note(&self, sequence: u64, line: String) {
        let _ = self.0.send((sequence, line));
    }
}

impl State for Journal {
    fn found(&mut self, _: Place, _: &[u8]) {}

    fn tick(&mut self, _: Place) {}

    fn apply(&mut self, at: Place, person: PersonId, act: &Act) {
        let line = String::from_utf8_lossy(&act.body);
        self.note(at.sequence, format!("{} says {line}", person.number));
    }

    fn bury(&mut self, at: Place, node: Incarnation) {
        self.note(at.sequence, format!("{} is dead", node.0));
    }

    fn miss(&mut self, at: Place, node: Incarnation, passes: u64) {
        self.note(at.sequence, format!("{passes} passes of {} are missing", node.0));
    }

    fn write(&self, _: &mut Vec<u8>) {}

    fn restore(&mut self, _: &mut Reader<'_>) -> std::result::Result<(), RestoreError> {
        Ok(())
    }
}

/// Starts a node. It ends with the test.
async fn seat(options: &Options, number: u64) -> Seat {
    let me = Incarnation(number);
    let mut log = nats::connect(options).await.expect("connected");
    let last = log.join(me).await.expect("joined");
    let mut node = Node::new(Settings { node: me, chat: Box::default(), last });
    let (acts, mut proposed) = mpsc::unbounded_channel();
    let (tell, heard) = mpsc::unbounded_channel();
    let mut journal = Journal(tell);
    tokio::spawn(async move {
        let begun = Instant::now();
        while let Some(deadline) = node.deadline() {
            tokio::select! {
                () = log.arrived() => {}
                () = sleep(deadline.saturating_sub(begun.elapsed())) => {}
                Some(act) = proposed.recv() => {
                    node.propose(number, act, Subject::Public).expect("it is ready");
                }
            }
            let mut told = Vec::new();
            node.turn(begun.elapsed(), &mut log, &mut journal, &mut |event| match event {
                Event::Ready(_) => told.push("ready".to_owned()),
                Event::Fenced(why) => told.push(format!("fenced: {why}")),
                Event::Away | Event::Back | Event::Refused(_) => {}
            });
            for line in told {
                journal.note(0, line);
            }
        }
    });
    Seat { acts, heard }
}

impl Seat {
    async fn next(&mut self) -> (u64, String) {
        let heard = timeout(PATIENCE, self.heard.recv()).await.expect("something is heard");
        heard.expect("the node runs")
    }

    async fn becomes_ready(&mut self) {
        assert_eq!(self.next().await.1, "ready");
    }

    fn say(&self, lines: std::ops::Range<u32>) {
        for line in lines {
            let act = Act { kind: 0, body: line.to_string().into_bytes().into() };
            self.acts.send(act).expect("the node runs");
        }
    }

    /// Goes on until so many lines have been noted.
    async fn hear(&mut self, lines: usize, noted: &mut Vec<(u64, String)>) {
        while noted.len() < lines {
            noted.push(self.next().await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn have_one_order_also_over_a_broker_that_is_killed() -> Result {
    const EACH: u32 = 300;
    let stage = Stage::new();
    let Some(mut broker) = Broker::start(&stage)? else { return Ok(()) };
    let options = options(&broker);
    nats::init(&options, Replicas::One, None, None).await.expect("made");
    let mut seats = vec![seat(&options, 1).await];
    // The first one opens the chat; the others get its snapshot.
    seats[0].becomes_ready().await;
    for number in 2..=3 {
        seats.push(seat(&options, number).await);
    }
    seats[1].becomes_ready().await;
    seats[2].becomes_ready().await;
    for seat in &seats {
        seat.say(0..100);
    }
    let mut noted = [(); 3].map(|()| Vec::new());
    for (seat, noted) in seats.iter_mut().zip(&mut noted) {
        seat.hear(300, noted).await;
    }
    for seat in &seats {
        seat.say(100..200);
    }
    broker.kill()?;
    for seat in &seats {
        seat.say(200..EACH);
    }
    broker.restart()?;
    for (seat, noted) in seats.iter_mut().zip(&mut noted) {
        seat.hear(3 * EACH as usize, noted).await;
    }
    assert!(noted[1..].iter().all(|others| *others == noted[0]), "one order");
    let mut times = BTreeMap::new();
    noted[0].iter().for_each(|(_, line)| *times.entry(line).or_insert(0) += 1);
    assert!(times.values().all(|times| *times == 1), "nothing happens twice");
    // Nobody is dead, or was fenced.
    assert!(times.keys().all(|line| line.contains("says")));
    assert!(timeout(Duration::ZERO, seats[0].heard.recv()).await.is_err());
    Ok(())
}
