//! Runs the load generator and reads its results.

use std::net::SocketAddr;
use std::process::{Command, Output};

use chat_drive::failure::Result;
use chat_tests::binaries;
use chat_tests::chat::address_in;
use chat_tests::harness::program::Program;
use chat_tests::harness::stage::Stage;
use serde_json::Value;

/// A running relay, and the stage of its test.
pub(crate) struct Relay {
    pub(crate) stage: Stage,
    #[cfg_attr(not(unix), expect(dead_code, reason = "it is signalled on Unix only"))]
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
}

impl Relay {
    /// Starts a relay with these options.
    #[track_caller]
    pub(crate) fn start(options: &[&str]) -> Result<Self> {
        let stage = Stage::new();
        let mut command = binaries::loadgen();
        command.args(["relay", "--bind", "127.0.0.1:0"]).args(options);
        let program = stage.start("relay", command)?;
        let listening = program.out.find(|_| true, "where it listens")?;
        let address = address_in(&listening)
            .ok_or_else(|| stage.failure(format!("no address in {listening:?}")))?;
        Ok(Self { stage, program, address })
    }
}

/// The result of a run: its exit status, record and diagnostics.
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) record: Value,
    pub(crate) words: String,
}

impl Ended {
    /// A number in the record, by its path: `/ledger/lost`.
    #[track_caller]
    pub(crate) fn number(&self, path: &str) -> u64 {
        self.value(path).as_u64().unwrap_or_else(|| panic!("{path} is no number"))
    }

    /// A value in the record, by its path.
    #[track_caller]
    pub(crate) fn value(&self, path: &str) -> &Value {
        self.record.pointer(path).unwrap_or_else(|| panic!("no {path} in {}", self.record))
    }

    /// Checks that every delivery that was due is in one class, and in no other, and that there are
    /// witnesses of each kind of fault, which say what was seen.
    #[track_caller]
    pub(crate) fn closes(&self) {
        let classes = [
            "ok",
            "lost",
            "late",
            "reordered",
            "corrupt",
            "cut_off",
            "died_with_node",
            "undecided",
        ];
        let sum: u64 = classes.map(|class| self.number(&format!("/ledger/{class}"))).iter().sum();
        let ledger = self.value("/ledger");
        assert_eq!(self.number("/ledger/expected"), sum, "{ledger}");
        let besides = ["duplicated", "echoed", "foreign", "merged"];
        // The seconds of a sum are not known where one record decided of another's messages.
        if self.value("/workload/verify") == true && !self.value("/before").is_null() {
            for kind in ["expected"].iter().chain(&classes).chain(&besides) {
                let number = self.by_second(kind).iter().sum::<u64>();
                let number = number + self.number(&format!("/before/{kind}"));
                assert_eq!(number, self.number(&format!("/ledger/{kind}")), "{kind} by second");
            }
            // A closed loop goes on sending for a moment when the window has closed.
            if self.value("/workload/pacing").as_str().is_some_and(|how| how.starts_with("open")) {
                let sent = self.by_second("sent").iter().sum::<u64>();
                assert_eq!(sent, self.number("/traffic/messages"), "messages by second");
            }
        }
        for kind in classes[1..].iter().chain(&besides).filter(|kind| ledger[**kind] != 0) {
            let witnesses = ledger["witnesses"][*kind].as_array().map_or(&[][..], |all| all);
            let says = |seen: &Value| seen["detail"].as_str().is_some_and(|what| !what.is_empty());
            assert!(!witnesses.is_empty() && witnesses.iter().all(says), "{kind}: {ledger}");
        }
    }

    /// A count of the ledger in each second of the window, and after it.
    #[track_caller]
    pub(crate) fn by_second(&self, kind: &str) -> Vec<u64> {
        let intervals = self.value("/intervals").as_array().expect("a list");
        let path = format!("/ledger/{kind}");
        let count = |interval: &Value| interval.pointer(&path).and_then(Value::as_u64);
        intervals.iter().map(|interval| count(interval).expect("a number")).collect()
    }

    /// Checks that of what was due nothing is wrong, and little undecided.
    #[track_caller]
    pub(crate) fn has_nothing_wrong(&self) {
        assert_eq!(self.status, Some(0), "{}", self.words);
        let number = |class| self.number(&format!("/ledger/{class}"));
        let (expected, ok, undecided) = (number("expected"), number("ok"), number("undecided"));
        assert_eq!(expected, ok + undecided, "{}", self.value("/ledger"));
        assert!(undecided <= expected / 20, "{}", self.value("/ledger"));
    }

    /// Checks that every delivery was right, and that there were this many.
    #[track_caller]
    pub(crate) fn is_clean(&self, deliveries: u64) {
        let ledger = self.value("/ledger");
        assert_eq!(self.status, Some(0), "{}", self.words);
        assert_eq!(self.number("/ledger/ok"), deliveries, "{ledger}");
        assert_eq!(self.number("/ledger/expected"), deliveries, "{ledger}");
        assert_eq!(self.value("/ledger/witnesses").as_object().map(serde_json::Map::len), Some(0));
    }
}

/// A short run of the load generator with these options, not started. It passes also on a machine
/// that is too busy for valid times.
pub(crate) fn load(options: &[&str]) -> Command {
    let mut command = binaries::loadgen();
    command.args(["--json", "-", "--allow-invalid", "--warm-up", "0s", "--duration", "1s"]);
    command.args(options);
    command
}

/// Runs the load generator to its end.
#[track_caller]
pub(crate) fn run(options: &[&str]) -> Ended {
    ended(&mut load(options))
}

/// Runs the load generator against this address, to its end.
#[track_caller]
pub(crate) fn run_at(address: SocketAddr, options: &[&str]) -> Ended {
    ended(load(options).args(["--server", &address.to_string()]))
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn ended(command: &mut Command) -> Ended {
    read(&command.output().expect("it starts"))
}

/// Reads the result from the output of a run.
#[track_caller]
pub(crate) fn read(output: &Output) -> Ended {
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let record = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {:?}\n{words}", output.stdout));
    let ended = Ended { status: output.status.code(), record, words };
    ended.closes();
    ended
}

/// The command that starts this project's server on a free port.
pub(crate) fn server(options: &str) -> String {
    let server = binaries::server();
    format!("{} --bind 127.0.0.1:{{port}} {options}", server.get_program().to_string_lossy())
}
