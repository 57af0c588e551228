//! Latency counts from the time at which a message was due, and the generator reports its own
//! delays.

#[cfg(target_os = "linux")]
use std::thread;
#[cfg(target_os = "linux")]
use std::time::Duration;

use chat_drive::failure::Result;
#[cfg(target_os = "linux")]
use chat_tests::chat::Chat;

#[cfg(target_os = "linux")]
use crate::running::{Ended, load};
use crate::running::{Relay, run_at};

const SECOND: u64 = 1_000_000_000;

#[test]
fn a_server_that_stands_still_for_a_second_is_seen_to() -> Result {
    let relay = Relay::start(&["--stall", "1s", "--stall-after", "500ms"])?;
    let ended = run_at(
        relay.address,
        &["--clients", "10", "--senders", "2", "--rate", "500/s", "--duration", "4s"],
    );
    // A quarter of all messages waited, the longest for a second. A tool that waits for answers
    // before it sends (coordinated omission) would have sent one.
    assert_eq!(ended.number("/traffic/messages"), 2000);
    assert!(ended.number("/latency/response/p99") > SECOND * 8 / 10, "{}", ended.value("/latency"));
    assert!(ended.number("/latency/response/p90") > SECOND / 2, "{}", ended.value("/latency"));
    assert_eq!(ended.number("/ledger/lost"), 0);
    Ok(())
}

#[test]
fn a_message_that_some_receivers_lost_has_no_last_receiver_and_is_counted() -> Result {
    let relay = Relay::start(&["--drop", "1/10"])?;
    let ended = run_at(relay.address, &["--clients", "6", "--rate", "100/s"]);
    let [messages, incomplete] =
        ["messages", "incomplete"].map(|name| ended.number(&format!("/traffic/{name}")));
    assert!(incomplete > 0 && incomplete < messages, "{}", ended.value("/traffic"));
    for histogram in ["last", "spread"] {
        assert_eq!(ended.number(&format!("/latency/{histogram}/count")), messages - incomplete);
    }
    assert!(ended.number("/latency/first/count") > messages - incomplete);
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_is_stopped_for_a_second_is_seen_to() -> Result {
    let chat = Chat::start()?;
    let mut witness = chat.peer("witness")?;
    let mut command = load(&["--clients", "10", "--rate", "1000/s", "--duration", "10s"]);
    command.args(["--server", &chat.address.to_string()]);
    let program = chat.stage.start("load", command)?;
    for _ in 0..3000 {
        witness.hear()?;
    }
    chat.server.signal(SIGSTOP)?;
    // The test looks for this second.
    thread::sleep(Duration::from_secs(1));
    chat.server.signal(SIGCONT)?;
    let record = program.out.rest()?.join("\n");
    let record = serde_json::from_str(&record).expect("JSON");
    let ended = Ended { status: None, record, words: String::new() };
    // A tenth of the messages waited, evenly up to a second.
    let p99 = ended.number("/latency/response/p99");
    assert!(p99 > SECOND * 8 / 10 && p99 < SECOND * 3 / 2, "{}", ended.value("/latency"));
    assert_eq!(ended.number("/traffic/messages"), 10_000);
    assert_eq!(ended.number("/ledger/lost"), 0);
    Ok(())
}

#[cfg(target_os = "linux")]
const SIGCONT: i32 = 18;
#[cfg(target_os = "linux")]
const SIGSTOP: i32 = 19;

/// Runs the generator with these options, and stops it for a second after so many messages.
#[cfg(target_os = "linux")]
fn stalled(options: &[&str], messages: usize) -> Result<Ended> {
    let relay = Relay::start(&[])?;
    let mut witness = relay.stage.connect("witness", relay.address)?;
    let mut command = load(&["--clients", "10", "--rate", "500/s"]);
    command.args(options).args(["--server", &relay.address.to_string()]);
    let mut program = relay.stage.start("load", command)?;
    let mut heard = 0;
    while heard < messages {
        let line = witness.hear()?.expect("a line");
        heard += usize::from(line.as_bytes().get(5) == Some(&b'm'));
    }
    program.signal(SIGSTOP)?;
    // The test looks for this second.
    thread::sleep(Duration::from_secs(1));
    program.signal(SIGCONT)?;
    let record = program.out.rest()?.join("\n");
    let words = program.err.rest()?.join("\n");
    let record = serde_json::from_str(&record).expect("JSON");
    Ok(Ended { status: program.wait()?.code(), record, words })
}

#[cfg(target_os = "linux")]
#[test]
fn a_generator_that_stands_still_for_a_second_says_that_it_was_itself() -> Result {
    let ended = stalled(&["--duration", "4s"], 200)?;
    assert!(ended.number("/latency/response/p99") > SECOND * 8 / 10, "{}", ended.value("/latency"));
    assert!(ended.number("/latency/lag/p99") > SECOND * 8 / 10, "{}", ended.value("/latency"));
    assert_eq!(ended.value("/verdict/status"), "invalid");
    assert!(ended.words.contains("the generator sent late"), "{}", ended.words);
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn rates_are_of_what_is_counted_beside_them_also_after_a_stop_in_the_warm_up() -> Result {
    // Some of the warm-up's messages come within the window, and it opens while the generator is stopped.
    let ended = stalled(&["--warm-up", "800ms"], 5)?;
    for (rate, number) in [("achieved_rate", "messages"), ("delivery_rate", "deliveries")] {
        let rate = ended.value(&format!("/traffic/{rate}")).as_f64().expect("a number");
        let number = ended.value(&format!("/traffic/{number}")).as_f64().expect("a number");
        assert!(rate <= number, "more than {number} in a window of a second: {rate}/s");
    }
    Ok(())
}

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

/// Runs the generator with a threshold, and stops what `which` names for a while in the middle.
#[cfg(target_os = "linux")]
fn stopped(which: &Stopped, threshold: &str) -> Result<Ended> {
    let relay = Relay::start(&[])?;
    let mut witness = relay.stage.connect("witness", relay.address)?;
    let mut command = chat_tests::binaries::loadgen();
    command.args(["--json", "-", "--warm-up", "0s", "--duration", "3s", "--clients", "10"]);
    command.args(["--rate", "500/s", "--fail-if", threshold]);
    command.args(["--server", &relay.address.to_string()]);
    let mut program = relay.stage.start("load", command)?;
    let mut heard = 0;
    while heard < 300 {
        let line = witness.hear()?.expect("a line");
        heard += usize::from(line.as_bytes().get(5) == Some(&b'm'));
    }
    let (stopped, time) = match which {
        Stopped::Generator => (&program, 90),
        Stopped::Server => (&relay.program, 900),
    };
    stopped.signal(SIGSTOP)?;
    // The test looks for this time.
    thread::sleep(Duration::from_millis(time));
    stopped.signal(SIGCONT)?;
    let record = program.out.rest()?.join("\n");
    let words = program.err.rest()?.join("\n");
    let record = serde_json::from_str(&record).expect("JSON");
    Ok(Ended { status: program.wait()?.code(), record, words })
}

#[cfg(target_os = "linux")]
enum Stopped {
    Generator,
    Server,
}

#[cfg(target_os = "linux")]
#[test]
fn a_tail_of_the_generators_own_making_is_marked_and_blames_no_server() -> Result {
    let ended = stopped(&Stopped::Generator, "max>20ms")?;
    let max = ended.number("/latency/response/max");
    assert!(max > SECOND * 5 / 100, "{}", ended.value("/latency"));
    let own = ended.value("/own_figures").to_string();
    for figure in ["response.max", "response.p99.9", "last.max"] {
        assert!(own.contains(&format!("\"{figure}\"")), "{figure}: {own}");
    }
    assert_eq!(ended.status, Some(6), "{}", ended.words);
    assert_eq!(ended.value("/verdict/status"), "invalid");
    assert!(
        ended.words.contains("this is the generator's own: response.max = "),
        "{}",
        ended.words
    );
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_tail_of_the_servers_making_is_not_marked() -> Result {
    let ended = stopped(&Stopped::Server, "max>200ms")?;
    let max = ended.number("/latency/response/max");
    assert!(max > SECOND / 2, "{}", ended.value("/latency"));
    if ended.number("/generator/disturbance/max") > max / 10 {
        // The machine is so busy that the generator stood still as well, and says so.
        assert!(ended.value("/own_figures").to_string().contains("response.max"));
        return Ok(());
    }
    assert!(!ended.value("/own_figures").to_string().contains("response.max"));
    let is_late = ended.value("/verdict/status") == "invalid";
    assert_eq!(ended.status, Some(if is_late { 6 } else { 4 }), "{}", ended.words);
    Ok(())
}
