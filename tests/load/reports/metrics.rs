//! The live figures of `--metrics`.

#![expect(clippy::float_cmp, reason = "all but times are whole numbers")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use chat_drive::failure::Result;

use crate::running::{Relay, load, read};

/// Longest wait for a state of the run.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running load generator, and the address of its figures.
struct Scraped {
    child: Child,
    words: BufReader<std::process::ChildStderr>,
    address: String,
}

impl Scraped {
    #[track_caller]
    fn start(options: &[&str]) -> Self {
        let mut command = load(options);
        command.args(["--metrics", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut words = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        words.read_line(&mut line).expect("where it listens");
        let address = line.trim_end().strip_prefix("chat-loadgen: metrics at http://");
        let address = address.and_then(|rest| rest.strip_suffix("/metrics"));
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
        Self { child, words, address }
    }

    /// All samples, by their names and labels.
    #[track_caller]
    fn scrape(&self) -> BTreeMap<String, f64> {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let (_, page) = answer.split_once("\r\n\r\n").expect("a head");
        chat_tests::metrics::follows_the_rules(page);
        let samples = page.lines().filter(|line| !line.starts_with('#'));
        let sample = |line: &str| {
            let (name, value) = line.rsplit_once(' ').expect("a value");
            (name.to_owned(), value.parse().expect("a number"))
        };
        samples.map(sample).collect()
    }

    /// The first samples of which this holds.
    #[track_caller]
    fn wait_for(
        &self,
        what: &str,
        holds: impl Fn(&BTreeMap<String, f64>) -> bool,
    ) -> BTreeMap<String, f64> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let samples = self.scrape();
            if holds(&samples) {
                return samples;
            }
            assert!(Instant::now() < deadline, "never {what}: {samples:?}");
        }
    }

    #[track_caller]
    fn end(mut self) -> crate::running::Ended {
        let mut stderr = Vec::new();
        let mut stdout = Vec::new();
        let mut pipe = self.child.stdout.take().expect("a pipe");
        let reader = std::thread::spawn(move || {
            self.words.read_to_end(&mut stderr).map(|_| stderr).expect("its words")
        });
        pipe.read_to_end(&mut stdout).expect("the record");
        let status = self.child.wait().expect("it ends");
        read(&Output { status, stdout, stderr: reader.join().expect("its words") })
    }
}

#[test]
fn the_figures_grow_while_it_runs_and_end_as_the_record() -> Result {
    let relay = Relay::start(&["--drop", "1/9", "--dup", "1/8", "--stranger", "1/50"])?;
    let address = relay.address.to_string();
    // So many witnesses that the record does not fit into its pipe: the run is over, and the process
    // waits until it is read.
    let options = ["--server", &address, "--clients", "8", "--senders", "2", "--rate", "300/s"];
    let more = ["--duration", "2s", "--drain-timeout", "500ms", "--witnesses", "1000"];
    let run = Scraped::start(&[&options[..], &more].concat());
    let phase = |name: &'static str| {
        move |samples: &BTreeMap<String, f64>| {
            samples[&format!("chat_loadgen_phase{{phase=\"{name}\"}}")] == 1.0
        }
    };
    let ok = "chat_loadgen_deliveries_total{class=\"ok\"}";
    let first = run.wait_for("a delivery", |samples| samples[ok] > 0.0);
    assert_eq!(first["chat_loadgen_clients_connected"], 8.0);
    let later = run.wait_for("more deliveries", |samples| samples[ok] > first[ok]);
    for (name, value) in &first {
        let is_counter = name.contains("_total") || name.contains("_bucket");
        assert!(!is_counter || later[name] >= *value, "{name} fell");
    }
    let measuring = run.wait_for("a second", |samples| {
        phase("measuring")(samples) && samples["chat_loadgen_response_seconds_count"] > 0.0
    });
    assert_eq!(measuring["chat_loadgen_intended_messages_per_second"], 300.0);
    assert!(measuring["chat_loadgen_recent_response_seconds{quantile=\"0.5\"}"] > 0.0);
    let last = run.wait_for("finished", phase("finished"));

    let ended = run.end();
    let figure = |name: &str| last[&format!("chat_loadgen_{name}")];
    let recorded =
        |path: &str| f64::from(u32::try_from(ended.number(path)).expect("a small number"));
    for class in
        ["ok", "lost", "reordered", "corrupt", "late", "cut_off", "died_with_node", "undecided"]
    {
        let counted = figure(&format!("deliveries_total{{class=\"{class}\"}}"));
        assert_eq!(counted, recorded(&format!("/ledger/{class}")), "{class}");
    }
    for kind in ["duplicated", "echoed", "foreign", "merged"] {
        let counted = figure(&format!("other_deliveries_total{{kind=\"{kind}\"}}"));
        assert_eq!(counted, recorded(&format!("/ledger/{kind}")), "{kind}");
    }
    assert!(recorded("/ledger/lost") > 0.0 && recorded("/ledger/duplicated") > 0.0);
    assert_eq!(figure("words_total{kind=\"strangers\"}"), recorded("/words/strangers/count"));
    assert_eq!(figure("messages_sent_total"), recorded("/traffic/messages"));
    assert_eq!(figure("response_seconds_count"), recorded("/latency/response/count"));
    assert_eq!(figure("response_seconds_bucket{le=\"+Inf\"}"), recorded("/latency/response/count"));
    assert_eq!(figure("runs_total"), 1.0);
    Ok(())
}

#[test]
fn a_busy_port_is_an_error_before_anything_runs() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    // Nothing listens at the server's address, which would be another error.
    let output = load(&["--server", "127.0.0.1:9", "--metrics", &address]).output();
    let output = output.expect("it starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{words}");
    let expected = format!("chat-loadgen: cannot listen on {address} for --metrics: ");
    assert!(words.starts_with(&expected), "{words}");
}
