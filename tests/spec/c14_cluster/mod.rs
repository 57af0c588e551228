//! Chapter 14: several servers that are one chat. What is said: `speaking`; names: `names`; rooms: `rooms`; sessions: `sessions`;
//! accounts, and what outlives all servers: `lasting`; what was said before: `history`.
//! The start: `starting`; what servers of other versions have written: `versions`. Servers that fail: `nodes`; brokers that fail: `brokers`; what is in the log: `log`.
//!
//! The tests need a `nats-server`, and skip themselves without one. The first server of a chat begins it when it has heard no
//! other for 6 seconds. So the tests that leave servers and broker as they are share two servers, and stay in
//! rooms of their own; a server that is to fail is a third one.

mod brokers;
mod history;
mod lasting;
mod log;
mod names;
mod nodes;
mod rooms;
mod sessions;
mod speaking;
mod starting;
mod versions;

use std::sync::{Arc, Mutex, PoisonError, Weak};

use chat_drive::failure::Result;
use chat_tests::cluster::{Entrance, Node, SharedLog};
use chat_tests::harness::broker::Broker;
use chat_tests::harness::peer::Peer;
use chat_tests::harness::stage::Stage;
use tokio::runtime::{Builder, Runtime};

/// The profile with names, rooms and presence. Who is cut off is heard to leave soon, and that a server is part of the
/// chat is in its diagnostics.
const OPTIONS: [&str; 8] =
    ["--profile", "grupal", "--max-rate", "off", "--absence", "2s", "--log", "info"];

/// A chat of two servers.
struct Chat<'a> {
    log: SharedLog,
    doors: [Entrance<'a>; 2],
    /// Ends with the last test that uses it.
    _running: Arc<Running>,
}

/// What runs for all tests at a time.
struct Running {
    log: SharedLog,
    doors: [Entrance<'static>; 2],
    _servers: Mutex<([Node<'static>; 2], Broker<'static>)>,
}

static RUNNING: Mutex<Weak<Running>> = Mutex::new(Weak::new());

/// The chat for tests that do it no harm.
#[track_caller]
fn chat(stage: &Stage) -> Result<Option<Chat<'_>>> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let shared = match running.upgrade() {
        Some(shared) => shared,
        None => match start()? {
            Some(started) => started.into(),
            None => return Ok(None),
        },
    };
    *running = Arc::downgrade(&shared);
    let doors = shared.doors.map(|door| Entrance { stage, ..door });
    Ok(Some(Chat { log: shared.log.clone(), doors, _running: shared }))
}

fn start() -> Result<Option<Running>> {
    // Of those that the tests share, none is ever dropped: the broker and the servers go without it.
    let stage: &'static Stage = Box::leak(Box::new(Stage::new()));
    let Some(Own { broker, log, nodes }) = own(stage, &OPTIONS)? else { return Ok(None) };
    let doors = [nodes[0].door, nodes[1].door];
    Ok(Some(Running { log, doors, _servers: Mutex::new((nodes, broker)) }))
}

/// A chat of two servers, with its broker, for one test.
struct Own<'a> {
    nodes: [Node<'a>; 2],
    log: SharedLog,
    broker: Broker<'a>,
}

#[track_caller]
fn own<'a>(stage: &'a Stage, options: &[&str]) -> Result<Option<Own<'a>>> {
    let Some(broker) = Broker::start(stage)? else { return Ok(None) };
    let log = SharedLog::make(stage, &broker.address(), "school")?;
    let [a, b] = ["a", "b"].map(|name| stage.start(name, log.command(options)));
    let nodes = [Node::when_started(stage, a?)?, Node::when_started(stage, b?)?];
    Ok(Some(Own { nodes, log, broker }))
}

impl Own<'_> {
    /// Both ways in.
    fn doors(&self) -> [Entrance<'_>; 2] {
        [self.nodes[0].door, self.nodes[1].door]
    }
}

/// Sends a line, and checks the answer to it.
#[track_caller]
fn answers(peer: &mut Peer, line: &str, answer: &str) -> Result {
    peer.send(format!("{line}\n"))?;
    peer.expect(answer)
}

/// Each of these hears this next.
#[track_caller]
fn all_hear<'a>(peers: impl IntoIterator<Item = &'a mut Peer>, line: &str) -> Result {
    peers.into_iter().try_for_each(|peer| peer.expect(line))
}

/// For a client of the broker that is no server.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}
