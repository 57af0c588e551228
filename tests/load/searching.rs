//! The search for the highest rate that holds (`--find-max`).

use chat_drive::failure::Result;
use chat_tests::binaries;
use serde_json::Value;

#[cfg(target_os = "linux")]
use crate::running::load;
use crate::running::{Ended, Relay, read, run_at};

/// A search whose condition holds up to 100/s: 20 messages in a fifth of a second.
const SEARCH: [&str; 8] =
    ["--clients", "3", "--duration", "200ms", "--rate", "40/s", "--find-max", "messages<=20"];

/// A relay so slow that a generator may be late by 20 ms: a tenth of the response.
const SLOW: [&str; 4] = ["--late", "1/1", "--late-by", "200ms"];

/// Checks that the bracket's counts are those of the runs.
#[track_caller]
fn counts_its_runs(ended: &Ended) {
    let steps = ended.value("/search").as_array().expect("a list");
    for end in ["holds", "fails"] {
        let end = ended.value(&format!("/search_result/{end}"));
        let at_rate = |step: &&Value| step["rate"] == end["rate"];
        let number =
            |is: fn(&Value) -> bool| steps.iter().filter(at_rate).filter(|s| is(s)).count();
        if !end.is_null() {
            assert_eq!(end["held"], number(|step| step["holds"] == true), "{end}");
            assert_eq!(end["no_evidence"], number(|step| step["no_evidence"] == true), "{end}");
        }
    }
}

#[test]
fn the_highest_rate_that_holds_is_found() -> Result {
    let relay = Relay::start(&SLOW)?;
    let ended = run_at(relay.address, &SEARCH);
    let steps = ended.value("/search").as_array().expect("a list");
    counts_its_runs(&ended);
    // On a machine that is too busy, the search says so.
    if steps.iter().all(|step| step["verdict"]["status"] == "valid") {
        let rate =
            |end| ended.value(&format!("/search_result/{end}/rate")).as_f64().expect("a rate");
        let (holds, fails) = (rate("holds"), rate("fails"));
        assert!(holds <= 105.0 && fails >= 100.0 && fails / holds <= 1.05, "{steps:?}");
        assert_eq!(ended.value("/search_result/state"), "found");
        assert_eq!(ended.value("/search_result/holds/clear"), true);
        assert_eq!(ended.status, Some(0), "{}", ended.words);
        let runs = steps.len();
        assert!(runs <= 12, "{runs} runs: six rates, and the two ends twice more");
        assert_eq!(ended.words.matches("(condition: messages<=20)").count(), runs);
    }
    // The record is that of a run at the rate that is reported.
    if let Some(rate) = ended.value("/search_result/holds")["rate"].as_f64() {
        let pacing = ended.value("/workload/pacing").as_str().expect("its pacing");
        let run: f64 = pacing["open ".len()..pacing.len() - "/s".len()].parse().expect("a rate");
        assert!((run / rate - 1.0).abs() < 1e-9, "{pacing} is not {rate}");
    }
    Ok(())
}

#[test]
fn no_rate_holds_what_nothing_can_hold() -> Result {
    let relay = Relay::start(&SLOW)?;
    let ended = run_at(
        relay.address,
        &["--clients", "3", "--duration", "200ms", "--rate", "20/s", "--find-max", "messages<1"],
    );
    assert_eq!(ended.status, Some(4), "{}", ended.words);
    let steps = ended.value("/search").as_array().expect("a list");
    if steps.iter().all(|step| step["verdict"]["status"] == "valid") {
        assert_eq!(ended.value("/search_result/state"), "none");
        assert_eq!(ended.value("/search_result/fails/failed"), 3);
        assert!(ended.words.contains("none: no rate holds: "), "{}", ended.words);
    }
    Ok(())
}

#[test]
fn runs_that_say_nothing_are_repeated_and_then_the_search_says_so() -> Result {
    let relay = Relay::start(&[])?;
    // Without --pid the figure is not measured. A window of a fifth of a second has no message at
    // less than 5/s.
    let mut command = binaries::loadgen();
    command.args(["--json", "-", "--warm-up", "0s", "--duration", "200ms", "--clients", "3"]);
    command.args(["--rate", "8/s", "--find-max", "cpu_per_delivery<1s", "--server"]);
    let ended = read(&command.arg(relay.address.to_string()).output().expect("it starts"));
    assert_eq!(ended.status, Some(6), "{}", ended.words);
    assert_eq!(ended.value("/search_result/state"), "undecided");
    let steps = ended.value("/search").as_array().expect("a list");
    assert_eq!(steps.len(), 3, "{steps:?}");
    assert!(steps.iter().all(|step| step["no_evidence"] == true), "{steps:?}");
    assert!(ended.words.contains("undecided: nothing is known of any rate"), "{}", ended.words);
    assert!(ended.words.contains("8.00/s: 3 runs in a row are no evidence"), "{}", ended.words);
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_search_that_is_interrupted_is_unfinished() -> Result {
    const SIGINT: i32 = 2;
    let relay = Relay::start(&SLOW)?;
    let mut command = load(&SEARCH);
    command.args(["--server", &relay.address.to_string()]);
    let mut program = relay.stage.start("load", command)?;
    program.err.find(|line| line.contains("/s "), "the first run's line")?;
    program.signal(SIGINT)?;
    let record = program.out.rest()?.join("\n");
    let words = program.err.rest()?.join("\n");
    let record = serde_json::from_str(&record).expect("JSON");
    let ended = Ended { status: program.wait()?.code(), record, words };
    assert_eq!(ended.status, Some(130), "{}", ended.words);
    assert_eq!(ended.value("/search_result/state"), "unfinished");
    assert!(ended.words.contains("unfinished: "), "{}", ended.words);
    assert!(ended.value("/search_result/remarks/0").to_string().contains("interrupted after "));
    counts_its_runs(&ended);
    Ok(())
}
