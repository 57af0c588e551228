//! Every exit status and its diagnostic.

use std::net::TcpListener;

use assert_cmd::Command;
use chat_drive::failure::Result;
use chat_tests::binaries;
#[cfg(unix)]
use chat_tests::harness::program::Program;
use predicates::prelude::*;

#[cfg(unix)]
use crate::running::load;
use crate::running::{Relay, run, run_at, server};

fn command(options: &[&str]) -> Command {
    let mut command = binaries::loadgen();
    command.args(options);
    Command::from_std(command)
}

#[test]
fn status_0_everything_holds() {
    let load =
        ["--clients", "10", "--rate", "100/s", "--fail-if", "lost>0", "--fail-if", "echoed>0"];
    let spawned = server("");
    run(&[&load[..], &["--spawn", &spawned]].concat()).is_clean(900);
}

#[test]
fn status_0_help_lists_the_metrics_of_conditions() {
    for option in ["--fail-if", "--find-max", "--abort-if"] {
        let list = predicate::str::starts_with("A condition compares")
            .and(predicate::str::contains("\n* lost "))
            .and(predicate::str::contains("\n  canary.FIGURE "));
        command(&[option, "help"]).assert().code(0).stdout(list).stderr("");
    }
}

#[test]
fn status_1_no_server_is_there() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").to_string()
    };
    command(&["--server", &port, "--clients", "2", "--connect-retries", "0"])
        .assert()
        .code(1)
        .stderr(
        predicate::str::is_match(
            "^chat-loadgen: cannot connect to 127.0.0.1:[0-9]+ \\(is a server running there\\?\\): 2 of 2 clients failed: [^\n]+\n$",
        )
        .expect("a pattern"),
    );
}

#[test]
fn status_1_a_server_that_does_not_start_is_quoted() {
    command(&["--spawn", "sh -c 'echo no such luck >&2; exit 9'"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("no such luck"));
}

#[test]
fn status_1_a_server_that_lets_nobody_stay_is_no_chat() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        // Accepts connections and closes them at once.
        while listener.accept().is_ok() {}
    });
    command(&["--server", &address, "--clients", "3"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("the server closed"));
}

#[test]
fn status_1_who_is_refused_is_told_in_the_servers_words() {
    command(&["--clients", "5", "--spawn", &server("--max-clients 2")])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("refused a client: ! servidor lleno"));
}

#[test]
fn status_2_what_cannot_be_is_refused_in_one_line() {
    for (options, why) in [
        (&["--clients", "3", "--senders", "4"][..], "4 senders are more than 3 clients"),
        (&["--rooms", "2"], "--rooms needs another --dialect"),
        (&["--idle-clients", "2"], "--idle-clients needs another --dialect"),
        (&["--clients", "3", "--slow-readers", "3"], "more than the 1 clients"),
        (&["--size", "100000"], "at most 4096 bytes"),
        (&["--clients", "3", "--senders", "3", "--total-order"], "--total-order needs"),
        (&["--calibrate", "--dialect", "irc"], "the relay of --calibrate"),
        (&["--rate", "1:2/s", "--find-max", "p99<1ms"], "--find-max begins at one --rate"),
        (&["--verify", "off", "--fail-if", "p99>1s || lost>0"], "`lost` cannot be known"),
        (&["--verify", "off", "--abort-if", "echoed>0"], "`echoed` cannot be known"),
        (&["--rate", "fast"], "invalid value 'fast'"),
        (&["--fail-if", "colour>3"], "at character 1, `colour`: unknown metric"),
        (&["--abort-if", "lost>0 or lots>1 for 3s"], "at character 11, `lots`"),
        (&["--window", "3", "--rate", "3/s"], "cannot be used with"),
        (&["--start-at", "+5s", "--calibrate"], "cannot be used with"),
        (&["--start-at", "+5s", "--slow-readers", "1"], "cannot be used with"),
        (&["--start-at", "+5s", "--find-max", "p99<1s"], "cannot be used with"),
        (&["--spawn", "x", "--pid", "1"], "cannot be used with"),
        (&["merge"], "required"),
        (&["--nonsense"], "unexpected argument"),
    ] {
        command(options).assert().code(2).stdout("").stderr(
            predicate::str::contains(why)
                .and(predicate::function(|words: &str| words.lines().count() == 1)),
        );
    }
}

#[test]
fn status_3_a_delivery_was_wrong() -> Result {
    let relay = Relay::start(&["--drop", "1/5"])?;
    let options = ["--clients", "4", "--rate", "50/s", "--drain-timeout", "100ms"];
    let ended = run_at(relay.address, &options);
    assert_eq!(ended.status, Some(3), "{}", ended.words);
    assert!(ended.words.contains("FAULTY") || ended.words.contains("INVALID"), "{}", ended.words);
    Ok(())
}

#[cfg(unix)]
#[test]
fn status_3_a_server_that_dies_is_not_passed() -> Result {
    let relay = Relay::start(&[])?;
    let mut witness = relay.stage.connect("witness", relay.address)?;
    let mut command = load(&["--clients", "4", "--rate", "200/s", "--duration", "2s"]);
    command.args(["--server", &relay.address.to_string()]);
    let mut program = relay.stage.start("load", command)?;
    for _ in 0..100 {
        witness.hear()?;
    }
    relay.program.signal(9)?;
    let record = program.out.rest()?.join("\n");
    program.expect_exit(3)?;
    let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
    let number = |path| record.pointer(path).and_then(serde_json::Value::as_u64);
    assert_eq!(number("/ledger/disconnected"), Some(4), "{record}");
    assert_eq!(number("/ledger/lost"), Some(0), "{record}");
    let (sent, unsent) = (number("/traffic/messages"), number("/traffic/unsent"));
    assert_eq!(sent.zip(unsent).map(|(sent, unsent)| sent + unsent), Some(400), "{record}");
    Ok(())
}

#[test]
fn status_4_a_condition_holds_that_must_not() -> Result {
    let relay = Relay::start(&[])?;
    let ended = run_at(relay.address, &["--clients", "4", "--fail-if", "last.p99>1ns"]);
    assert_eq!(ended.status, Some(4), "{}", ended.words);
    assert!(ended.words.contains("failed: last.p99 = "), "{}", ended.words);
    let ended = run_at(relay.address, &["--clients", "4", "--fail-if", "cpu_per_delivery>1s"]);
    assert_eq!(ended.status, Some(4), "what was not measured cannot be judged");
    assert!(ended.words.contains("`cpu_per_delivery` is not known"), "{}", ended.words);
    Ok(())
}

#[test]
fn status_5_worse_than_the_baseline() -> Result {
    let relay = Relay::start(&[])?;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("baseline.json");
    let file = file.to_str().expect("a path");
    let ended = run_at(relay.address, &["--clients", "4"]);
    // A baseline that no run can reach, from a machine that was not too busy.
    let mut baseline = ended.record.clone();
    baseline["verdict"]["status"] = "valid".into();
    for time in ["response", "last"] {
        for percentile in ["p50", "p99"] {
            baseline["latency"][time][percentile] = 1.into();
        }
    }
    std::fs::write(file, baseline.to_string()).expect("written");
    for attempt in 1.. {
        let ended = run_at(relay.address, &["--clients", "4", "--baseline", file]);
        // A run on a machine that was too busy is refused, not compared.
        let words = ended.words.split_whitespace().collect::<Vec<_>>().join(" ");
        let doubted = words.contains("a comparison tells nothing");
        if ended.value("/verdict/status") == "valid" && !doubted {
            assert_eq!(ended.status, Some(5), "{}", ended.words);
            break;
        }
        assert!(ended.status == Some(1) || doubted, "{}", ended.words);
        if attempt == 5 {
            break;
        }
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn status_6_is_for_a_run_whose_times_mean_nothing() -> Result {
    // A million messages a second, each to be sent on time: no thread is that fast.
    let relay = Relay::start(&[])?;
    let mut command = binaries::loadgen();
    command.args(["--server", &relay.address.to_string(), "--clients", "3", "--warm-up", "0s"]);
    command.args(["--rate", "1000000/s", "--duration", "300ms"]);
    let output = command.output().expect("it starts");
    let words = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(6), "{words}");
    assert!(words.starts_with("INVALID"), "{words}");
    Ok(())
}

/// Starts a long run, and waits until fifty of its messages have been received.
#[cfg(unix)]
fn under_way(relay: &Relay, options: &[&str]) -> Result<Program> {
    let mut witness = relay.stage.connect("witness", relay.address)?;
    let mut command = load(options);
    command.args(["--duration", "1h", "--server", &relay.address.to_string()]);
    let program = relay.stage.start("load", command)?;
    let mut heard = 0;
    while heard < 50 {
        let line = witness.hear()?.expect("a line");
        heard += usize::from(line.as_bytes().get(5) == Some(&b'm'));
    }
    Ok(program)
}

#[cfg(unix)]
#[test]
fn status_130_an_interrupted_run_reports_what_there_is() -> Result {
    let relay = Relay::start(&[])?;
    let mut program = under_way(&relay, &["--clients", "4", "--rate", "200/s"])?;
    program.signal(2)?;
    let record = program.out.rest()?.join("\n");
    let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
    program.expect_exit(130)?;
    let status = record.pointer("/verdict/status").and_then(serde_json::Value::as_str);
    assert!(matches!(status, Some("partial" | "invalid")), "{status:?}");
    let messages = record.pointer("/traffic/messages").and_then(serde_json::Value::as_u64);
    assert!(messages.is_some_and(|messages| messages >= 50), "{messages:?}");
    assert_eq!(record.pointer("/ledger/lost"), Some(&0.into()));
    Ok(())
}

/// Linux only: the signals' numbers are Linux's.
#[cfg(target_os = "linux")]
#[test]
fn status_130_what_was_under_way_is_waited_for() -> Result {
    const SIGINT: i32 = 2;
    const SIGCONT: i32 = 18;
    const SIGSTOP: i32 = 19;
    let relay = Relay::start(&[])?;
    let mut program = under_way(&relay, &["--clients", "4", "--window", "4"])?;
    relay.program.signal(SIGSTOP)?;
    program.signal(SIGINT)?;
    // A run that does not wait for the pending messages would end in this time.
    std::thread::sleep(std::time::Duration::from_millis(300));
    relay.program.signal(SIGCONT)?;
    let record = program.out.rest()?.join("\n");
    let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
    program.expect_exit(130)?;
    assert_eq!(record.pointer("/ledger/lost"), Some(&0.into()), "{record}");
    assert_eq!(record.pointer("/ledger/ok"), record.pointer("/ledger/expected"));
    Ok(())
}

#[cfg(unix)]
#[test]
fn status_130_also_when_nothing_was_measured_yet() -> Result {
    // It accepts no connection and sends nothing.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let stage = chat_tests::harness::stage::Stage::new();
    let mut command = binaries::loadgen();
    let address = listener.local_addr().expect("an address").to_string();
    command.args(["--clients", "2", "--server", &address]);
    let mut program = stage.start("load", command)?;
    let _first = listener.accept().expect("a connection");
    program.signal(2)?;
    program.expect_exit(130)?;
    program.err.expect("chat-loadgen: interrupted before anything was measured")
}
