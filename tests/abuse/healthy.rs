//! The healthy clients: a load generator that checks every delivery.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use chat_drive::failure::Result;
use chat_tests::binaries;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;
use chat_tests::harness::program::Program;
use chat_tests::harness::stage::Stage;
use serde_json::Value;

/// Number of healthy clients. By default, one in ten talks.
const CLIENTS: u64 = 20;

/// Number of further messages that prove that the clients work as usual.
const MORE: u64 = 30;

/// Maximum duration of the load, for a test that never finishes it: a test that fails must not run
/// for ever.
const LONGEST: &str = "1m";

const SIGINT: i32 = 2;

/// A running load generator. It talks until [`finish`](Self::finish).
pub(crate) struct Healthy {
    program: Program,
    /// Number of its messages that a passive peer, the witness, has received.
    heard: Arc<AtomicU64>,
}

impl Healthy {
    /// Starts the clients and waits until they talk. They share the room with the test's peers.
    #[track_caller]
    pub(crate) fn start(chat: &Chat) -> Result<Self> {
        Self::start_with(chat, &[])
    }

    /// The same with further options of the load generator.
    #[track_caller]
    pub(crate) fn start_with(chat: &Chat, options: &[&str]) -> Result<Self> {
        Self::listened_to_by(chat.peer("witness")?, chat, options)
    }

    /// The same in a room of their own (profile `grupal`).
    #[track_caller]
    pub(crate) fn start_apart(chat: &Chat, options: &[&str]) -> Result<Self> {
        let mut witness = chat.member("testigo")?;
        witness.send("/sala carga-0\n")?;
        witness.expect("* estás en la sala carga-0")?;
        Self::listened_to_by(witness, chat, &[&["--dialect", "grupal"], options].concat())
    }

    /// The same with this peer as the witness.
    #[track_caller]
    pub(crate) fn listened_to_by(witness: Peer, chat: &Chat, options: &[&str]) -> Result<Self> {
        let heard = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&heard);
        thread::spawn(move || count(witness, &counted));
        let mut command = binaries::loadgen();
        if !options.contains(&"--server") {
            command.args(["--server", &chat.address.to_string()]);
        }
        command.args(["--warm-up", "0s", "--duration", LONGEST, "--total-order", "--json", "-"]);
        if !options.contains(&"--clients") {
            command.args(["--clients", &CLIENTS.to_string()]);
        }
        if !options.contains(&"--window") {
            command.args(["--rate", "200/s"]);
        }
        command.args(options);
        let healthy = Self { program: chat.stage.start("healthy", command)?, heard };
        healthy.go_on(&chat.stage)?;
        Ok(healthy)
    }

    /// Checks that the clients still talk.
    #[track_caller]
    pub(crate) fn go_on(&self, stage: &Stage) -> Result {
        let before = self.heard.load(Ordering::Relaxed);
        stage.eventually("the healthy clients talk", || {
            self.heard.load(Ordering::Relaxed) >= before + MORE
        })
    }

    /// Checks that the clients still talk, then ends the load. Each must have received every
    /// message of the others once, intact, in the common order, and no message of another member.
    #[track_caller]
    pub(crate) fn finish(mut self, stage: &Stage) -> Result {
        self.go_on(stage)?;
        self.program.signal(SIGINT)?;
        let ledger = self.ledger()?;
        assert_eq!(wrong(&ledger), [""; 0], "{ledger}");
        let due = ledger["ok"].as_u64().zip(ledger["undecided"].as_u64());
        assert_eq!(
            due.map(|(ok, undecided)| ok + undecided),
            ledger["expected"].as_u64(),
            "{ledger}"
        );
        self.program.expect_exit(130)
    }

    /// Checks that the server closed all connections while they talked, and that nothing else went
    /// wrong.
    #[track_caller]
    pub(crate) fn are_cut_off(mut self) -> Result {
        self.program.signal(SIGINT)?;
        let ledger = self.ledger()?;
        let wrong: Vec<_> = wrong(&ledger).into_iter().filter(|what| *what != "cut_off").collect();
        assert_eq!(wrong, ["disconnected"], "{ledger}");
        assert_eq!(ledger["disconnected"], CLIENTS, "{ledger}");
        self.program.expect_exit(130)
    }

    /// The delivery counts of the run's record.
    #[track_caller]
    fn ledger(&self) -> Result<Value> {
        let record = self.program.out.rest()?.join("\n");
        let mut record: Value = serde_json::from_str(&record).expect("a record");
        let ledger = record["ledger"].take();
        assert!(ledger["expected"].as_u64() >= Some(CLIENTS * MORE / 2), "{ledger}");
        Ok(ledger)
    }
}

/// The names of the ledger's fault counts that are not zero. What was on its way to a client that came or left
/// is undecided, and no fault.
fn wrong(ledger: &Value) -> Vec<&str> {
    let all = ledger.as_object().expect("an object");
    let faults = all.iter().filter(|(_, number)| number.as_u64().is_some_and(|n| n > 0));
    faults
        .map(|(what, _)| &**what)
        .filter(|what| !["expected", "ok", "undecided"].contains(what))
        .collect()
}

/// Returns whether this line is a message that a healthy client sent when all were connected.
pub(crate) fn is_theirs(line: &str) -> bool {
    line.find('{').is_some_and(|text| line.as_bytes().get(text + 5) == Some(&b'm'))
}

fn count(mut witness: Peer, heard: &AtomicU64) {
    while let Ok(Some(line)) = witness.hear() {
        heard.fetch_add(is_theirs(&line).into(), Ordering::Relaxed);
    }
}
