//! Times begin when a message should have been sent, and the generator says when it was at fault.

use std::thread;
use std::time::Duration;

use chat_check::failure::Result;

use crate::running::{Ended, Relay, load, run_at};

const SECOND: u64 = 1_000_000_000;

#[test]
fn a_server_that_stands_still_for_a_second_is_seen_to() -> Result {
    let relay = Relay::start(&["--stall", "1s", "--stall-after", "500ms"])?;
    let ended = run_at(
        relay.address,
        &["--clients", "10", "--senders", "2", "--rate", "500/s", "--duration", "4s"],
    );
    // A quarter of all messages waited, the longest for a second: a tool that waits for answers
    // before it sends would have sent one.
    assert_eq!(ended.number("/traffic/messages"), 2000);
    assert!(ended.number("/latency/response/p99") > SECOND * 8 / 10, "{}", ended.value("/latency"));
    assert!(ended.number("/latency/response/p90") > SECOND / 2, "{}", ended.value("/latency"));
    assert_eq!(ended.number("/ledger/lost"), 0);
    Ok(())
}

/// Runs the generator and stops it for a second in the middle.
#[cfg(unix)]
fn stalled() -> Result<Ended> {
    let relay = Relay::start(&[])?;
    let mut witness = relay.stage.connect("witness", relay.address)?;
    let mut command = load(&["--clients", "10", "--rate", "500/s", "--duration", "4s"]);
    command.args(["--server", &relay.address.to_string()]);
    let mut program = relay.stage.start("load", command)?;
    let mut heard = 0;
    while heard < 200 {
        let line = witness.hear()?.expect("a line");
        heard += usize::from(line.as_bytes().get(5) == Some(&b'm'));
    }
    program.signal(19)?;
    // The second is what is looked for.
    thread::sleep(Duration::from_secs(1));
    program.signal(18)?;
    let record = program.out.rest()?.join("\n");
    let words = program.err.rest()?.join("\n");
    let record = serde_json::from_str(&record).expect("JSON");
    Ok(Ended { status: program.wait()?.code(), record, words })
}

#[cfg(unix)]
#[test]
fn a_generator_that_stands_still_for_a_second_says_that_it_was_itself() -> Result {
    let ended = stalled()?;
    assert!(ended.number("/latency/response/p99") > SECOND * 8 / 10, "{}", ended.value("/latency"));
    assert!(ended.number("/latency/lag/p99") > SECOND * 8 / 10, "{}", ended.value("/latency"));
    assert_eq!(ended.value("/verdict/status"), "invalid");
    assert!(ended.words.contains("the generator sent late"), "{}", ended.words);
    Ok(())
}

/// Programs that do nothing but use a processor, until they are dropped.
#[cfg(target_os = "linux")]
#[test]
fn somebody_else_on_its_processor_makes_a_run_invalid() -> Result {
    use std::process::Command;

    let relay = Relay::start(&[])?;
    let hog = || {
        let mut hog = Command::new("taskset");
        hog.args(["-c", "0", "sh", "-c", "while :; do :; done"]);
        relay.stage.start("hog", hog)
    };
    let _hogs = [hog()?, hog()?, hog()?];
    let options = ["--clients", "50", "--rate", "1000/s", "--server"];
    let mut command = Command::new("taskset");
    let loadgen = load(&options);
    command.args(["-c", "0"]).arg(loadgen.get_program()).args(loadgen.get_args());
    let ended = crate::running::ended(command.arg(relay.address.to_string()));
    assert_eq!(ended.value("/verdict/status"), "invalid");
    let reasons = ended.value("/verdict/reasons").to_string();
    let why = ["other programs kept the generator from its CPU", "the generator sent late"];
    assert!(why.iter().any(|why| reasons.contains(why)), "{reasons}");
    Ok(())
}
