//! What is in the log, and logs that are not there any more.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use async_nats::jetstream;
use chat_cluster::entry::{Act, Entry, Incarnation, Notice, Subject};
use chat_cluster::log::{Arrival, Log};
use chat_cluster::nats::{self, JetStream, Options};
use chat_cluster::pass::Pass;
use chat_drive::failure::Result;
use chat_protocol::name::NameError;
use chat_tests::ES;
use chat_tests::cluster::{SharedLog, hear_until};
use chat_tests::harness::broker::Broker;
use chat_tests::harness::stage::Stage;
use tokio::runtime::Runtime;

use super::nodes::comes_in;
use super::{OPTIONS, Own, all_hear, chat, own, runtime};

/// A server of another version, which says in the log what the test wants.
struct Other {
    runtime: Runtime,
    log: JetStream,
    me: Incarnation,
}

impl Other {
    /// Takes part, under the numbers 1 and 2.
    fn join(shared: &SharedLog, me: u64) -> Self {
        let runtime = runtime();
        let log = runtime.block_on(nats::connect(&Options {
            servers: vec![shared.brokers.clone()],
            name: shared.name.parse().expect("a name"),
            user: None,
            credentials: None,
            authorities: None,
            requires_tls: false,
        }));
        let mut other = Self { runtime, log: log.expect("connected"), me: Incarnation(me) };
        other.publish(1, vec![Entry::Node(Notice::Hello { attempt: 0 })]);
        other.publish(2, vec![Entry::Node(Notice::Alive)]);
        other
    }

    /// Publishes a pass, and waits until it is in the log.
    fn publish(&mut self, n: u64, entries: Vec<Entry>) {
        let pass = Pass { node: self.me, n, entries }.encode().expect("it fits");
        self.log.publish(Subject::Public, &pass);
        self.runtime.block_on(async {
            loop {
                self.log.arrived().await;
                while let Some(arrival) = self.log.next() {
                    if arrival == Arrival::Acknowledged {
                        return;
                    }
                }
            }
        });
    }
}

#[test]
fn r14_14_a_server_passes_over_what_it_does_not_know() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut peers = [a.member("Nil", "nido")?, b.member("Nora", "nido")?];
    peers[0].expect("* Nora viene de la sala general")?;
    let third = chat.log.serve(&stage, "third", &OPTIONS)?;
    let mut other = Other::join(&chat.log, 1 << 60);
    let act = |kind: u8, body: &[u8]| Entry::Person(1, Act { kind, body: body.into() });
    other.publish(3, vec![Entry::Unknown { kind: 31, body: b"later".as_slice().into() }]);
    other.publish(4, (6..=200).map(|kind| act(kind, b"later")).collect());
    // Acts that they know, but for these bodies.
    other.publish(5, (0..6).map(|kind| act(kind, b"\xff\xff\xff\xff")).collect());
    // A name, in which there is more than they know.
    let name = [&4u16.to_le_bytes()[..], b"Noel", &[0, 0], &[0; 16], b"later"].concat();
    other.publish(6, vec![act(0, &name)]);
    for (speaker, listener) in [(0, 1), (1, 0)] {
        peers[speaker].send("hola\n")?;
        let name = ["Nil", "Nora"][speaker];
        peers[listener].expect(&format!("{name} > hola"))?;
    }
    for (n, (door, name)) in (7..).zip([(a, "Nit"), (b, "Nuno"), (third.door, "Nube")]) {
        // It is still there.
        other.publish(n, vec![Entry::Node(Notice::Alive)]);
        let mut claim = door.asked(name)?;
        claim.send("noel\n")?;
        claim.expect(&ES.name_refused(NameError::Taken).to_string())?;
    }
    Ok(())
}

#[test]
fn r14_13_people_are_told_of_messages_that_are_missing_in_the_log() -> Result {
    let stage = Stage::new();
    let Some(chat) = own(&stage, &OPTIONS)? else { return Ok(()) };
    let [a, b] = chat.doors();
    let mut peers = [a.member("Ana", "sala")?, b.member("Bea", "sala")?];
    peers[0].expect("* Bea viene de la sala general")?;
    let mut other = Other::join(&chat.log, 1 << 60);
    let alive = || vec![Entry::Node(Notice::Alive)];
    other.publish(3, alive());
    // Its fourth one is missing: for a while it could still come.
    for n in 5..=30 {
        other.publish(n, alive());
        thread::sleep(Duration::from_millis(100));
    }
    all_hear(&mut peers, ES.missed_some())?;
    peers[0].send("hola\n")?;
    peers[1].expect("Ana > hola")
}

#[test]
fn r14_12_a_log_that_was_replaced_ends_the_connections() -> Result {
    let stage = Stage::new();
    let Some(chat) = own(&stage, &OPTIONS)? else { return Ok(()) };
    let [a, b] = chat.doors();
    let mut peers = [a.member("Ana", "sala")?, b.member("Bea", "sala")?];
    peers[0].expect("* Bea viene de la sala general")?;
    runtime().block_on(async {
        let client = async_nats::connect(chat.broker.address()).await.expect("connected");
        let deleted = jetstream::new(client).delete_stream("CHAT_school").await;
        deleted.expect("deleted");
    });
    all_hear(&mut peers, ES.servers_away())?;
    peers[0].send("perdido\n")?;
    SharedLog::make(&stage, &chat.broker.address(), "school")?;
    for peer in &mut peers {
        peer.expect(ES.was_isolated())?;
        peer.expect_end()?;
    }
    takes_part_again(&chat)
}

/// People come in again, at both servers, and hear each other.
fn takes_part_again(chat: &Own<'_>) -> Result {
    let [a, b] = &chat.nodes;
    let mut ana = comes_in(a, "Ana", "sala")?;
    let mut bea = comes_in(b, "Bea", "sala")?;
    hear_until(&mut ana, "* Bea viene de la sala general")?;
    bea.send("hola\n")?;
    ana.expect("Bea > hola")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("copied");
        }
    }
}

#[test]
fn r14_12_so_does_a_log_that_was_set_back() -> Result {
    let stage = Stage::new();
    let Some(mut chat) = own(&stage, &OPTIONS)? else { return Ok(()) };
    let [a, b] = chat.nodes.each_ref().map(|node| node.door);
    let mut peers = [a.member("Ana", "sala")?, b.member("Bea", "sala")?];
    peers[0].expect("* Bea viene de la sala general")?;
    let older = tempfile::tempdir().expect("a folder");
    let store = chat.broker.folder().join("jetstream");
    chat.broker.kill()?;
    copy(&store, older.path());
    chat.broker.restart()?;
    for n in 0..20 {
        peers[0].send(format!("{n}\n"))?;
        hear_until(&mut peers[1], &format!("Ana > {n}"))?;
    }
    chat.broker.kill()?;
    fs::remove_dir_all(&store).expect("deleted");
    copy(older.path(), &store);
    chat.broker.restart()?;
    for peer in &mut peers {
        hear_until(peer, ES.was_isolated())?;
        peer.expect_end()?;
    }
    takes_part_again(&chat)
}

#[test]
fn r14_2_a_log_that_is_there_is_not_replaced() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let log = SharedLog::make(&stage, &broker.address(), "school")?;
    let runtime = runtime();
    let context = runtime.block_on(async {
        let client = async_nats::connect(broker.address()).await.expect("connected");
        let context = jetstream::new(client);
        let kept = context.publish("chat.school.log.public", "kept".into()).await;
        kept.expect("sent").await.expect("kept");
        context
    });
    let last = || {
        let stream = runtime.block_on(context.get_stream("CHAT_school")).expect("there");
        let info = stream.cached_info();
        (info.created, info.state.last_sequence, info.config.max_age.as_secs())
    };
    let before = last();
    assert_eq!((before.1, before.2), (1, 30 * 24 * 60 * 60));
    assert!(log.init(&[]).status.success());
    // It says so where it is to be another one.
    for options in [&["--keep", "1h"][..], &["--replicas", "3"]] {
        let output = log.init(options);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(!output.stderr.is_empty());
    }
    assert_eq!(last(), before);
    Ok(())
}
