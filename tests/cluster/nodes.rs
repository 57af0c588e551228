//! Three nodes over a real log.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chat_cluster::entry::{Act, Incarnation, Name, Rules};
use chat_cluster::nats::{self, Options, Replicas};
use chat_cluster::node::{Event, Node, Settings};
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
    /// Sequence numbers and effects, as text. The first one says that the node is ready.
    heard: mpsc::UnboundedReceiver<(u64, String)>,
}

fn name(key: u64) -> Name {
    Name { text: key.to_string().into(), key, looks: [key].into() }
}

/// Starts a node. It ends with the test.
async fn seat(options: &Options, number: u64) -> Seat {
    let me = Incarnation(number);
    let mut log = nats::connect(options).await.expect("connected");
    let last = log.join(me).await.expect("joined");
    let rules = Rules { max_rooms: 1, first_room: name(100) };
    let mut node = Node::new(Settings { node: me, rules, last, limit: 1 << 20 });
    let (acts, mut proposed) = mpsc::unbounded_channel();
    let (tell, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let begun = Instant::now();
        while let Some(deadline) = node.deadline() {
            tokio::select! {
                () = log.arrived() => {}
                () = sleep(deadline.saturating_sub(begun.elapsed())) => {}
                Some(act) = proposed.recv() => node.propose(number, act).expect("there is space"),
            }
            node.turn(begun.elapsed(), &mut log, &mut |event| {
                let _ = match event {
                    Event::Ready(_) => tell.send((0, "ready".to_owned())),
                    Event::Effect { sequence, effect, .. } => {
                        tell.send((sequence, format!("{effect:?}")))
                    }
                    Event::Fenced(why) => tell.send((0, format!("fenced: {why}"))),
                    Event::Away | Event::Back => Ok(()),
                };
            });
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

    fn act(&self, act: Act) {
        self.acts.send(act).expect("the node runs");
    }

    fn say(&self, lines: std::ops::Range<u32>) {
        lines.for_each(|line| self.act(Act::Say(line.to_string().into_bytes().into())));
    }

    /// Goes on until so many lines have been said, and notes all effects.
    async fn hear(&mut self, lines: usize, noted: &mut Vec<(u64, String)>) {
        let is_line = |(_, effect): &&(u64, String)| effect.starts_with("Said");
        let mut said = noted.iter().filter(is_line).count();
        while said < lines {
            let heard = self.next().await;
            said += usize::from(is_line(&&heard));
            noted.push(heard);
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
    for (seat, key) in seats.iter().zip(1..) {
        seat.act(Act::Claim(name(key)));
        seat.act(Act::Arrive);
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
    // A node that became ready later has heard less at the beginning.
    for (later, first) in [(1, 0), (2, 0), (2, 1)] {
        let (later, first) = (&noted[later], &noted[first]);
        let shared = later.len().min(first.len());
        assert_eq!(later[later.len() - shared..], first[first.len() - shared..]);
    }
    let mut times = BTreeMap::new();
    noted[0].iter().for_each(|(_, effect)| *times.entry(effect).or_insert(0) += 1);
    assert!(times.values().all(|times| *times == 1), "nothing happens twice");
    assert_eq!(times.len(), 3 * EACH as usize + 6);
    // Nobody is dead, or was fenced.
    assert!(
        times.keys().all(|effect| !effect.starts_with("Left") && !effect.starts_with("fenced"))
    );
    assert!(timeout(Duration::ZERO, seats[0].heard.recv()).await.is_err());
    Ok(())
}
