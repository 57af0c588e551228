//! Several runs: repeated, merged and compared.

use std::fs;
use std::path::Path;

use chat_drive::failure::Result;
use chat_tests::binaries;
use serde_json::Value;

use crate::running::{Ended, Relay, ended, load, read, run_at, server};

const SHORT: [&str; 6] = ["--clients", "4", "--rate", "100/s", "--duration", "200ms"];

#[test]
fn repeated_runs_are_one_record_with_the_median_of_each_figure() {
    let spawned = server("");
    let conditions = ["--fail-if", "messages!=20", "--fail-if", "lost>0"];
    let several = ["--senders", "1", "--runs", "3", "--spawn", &spawned];
    let ended = ended(load(&SHORT).args(several).args(conditions));
    assert_eq!(ended.status, Some(0), "{}", ended.words);
    assert_eq!(ended.value("/runs/each").as_array().map(Vec::len), Some(3));
    let figures = ended.value("/runs/figures").as_array().expect("a list");
    for name in ["response.p99", "delivery_rate", "cpu_per_delivery", "messages"] {
        let figure = figures.iter().find(|figure| figure["metric"] == name).expect(name);
        let [low, median, high] = ["low", "median", "high"].map(|end| figure[end].as_f64());
        assert!(low <= median && median <= high, "{figure}");
        assert_eq!(figure["values"].as_array().map(Vec::len), Some(3), "{figure}");
        assert!(figure["coverage"].as_f64().is_some_and(|coverage| coverage <= 0.75), "{figure}");
    }
    assert!(ended.words.contains("\nruns "), "{}", ended.words);
}

#[test]
fn wrong_deliveries_in_any_run_give_status_3() -> Result {
    let relay = Relay::start(&["--drop", "1/30"])?;
    let ended = run_at(relay.address, &[&SHORT[..], &["--runs", "4"]].concat());
    assert_eq!(ended.status, Some(3), "{}", ended.words);
    let each = ended.value("/runs/each").as_array().expect("a list");
    assert_eq!(each.len(), 4);
    assert!(each.iter().any(|run| run["faults"]["lost"].as_u64().is_some_and(|lost| lost > 0)));
    Ok(())
}

#[cfg(unix)]
#[test]
fn interrupted_runs_report_those_that_are_complete() -> Result {
    let relay = Relay::start(&[])?;
    let mut command = load(&[&SHORT[..], &["--runs", "100"]].concat());
    command.args(["--server", &relay.address.to_string()]);
    let mut program = relay.stage.start("load", command)?;
    program.err.find(|line| line.starts_with("run 2 of 100"), "two runs")?;
    program.signal(2)?;
    let record: Value = serde_json::from_str(&program.out.rest()?.join("\n")).expect("JSON");
    program.expect_exit(130)?;
    let complete = record["runs"]["each"].as_array().map_or(0, Vec::len);
    assert!((2..100).contains(&complete), "{complete}");
    assert_eq!(record["runs"]["asked"], 100);
    Ok(())
}

/// Writes the record of a short run. Its verdict is what it would be on a machine that is not busy.
fn record(at: &Path, options: &[&str]) -> Ended {
    let relay = Relay::start(options).expect("a relay");
    let mut ended = run_at(relay.address, &SHORT);
    let wrong = ended.number("/ledger/lost") > 0;
    ended.record["verdict"]["status"] = if wrong { "faulty" } else { "valid" }.into();
    fs::write(at, ended.record.to_string()).expect("written");
    ended
}

#[test]
fn merged_records_have_the_sum_of_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let [a, b, page] = ["a.json", "b.json", "page.html"].map(|name| folder.path().join(name));
    let parts = [record(&a, &["--drop", "1/5"]), record(&b, &[])];
    let sum = |path: &str| parts.iter().map(|part| part.number(path)).sum::<u64>();
    let mut command = binaries::loadgen();
    command.arg("merge").args([&a, &b]).args(["--json", "-", "--html"]).arg(&page);
    let merged = read(&command.output().expect("it starts"));
    assert_eq!(merged.status, Some(3), "{}", merged.words);
    for path in ["expected", "ok", "lost"].map(|class| format!("/ledger/{class}")) {
        assert_eq!(merged.number(&path), sum(&path), "{path}");
    }
    assert_eq!(merged.number("/latency/response/count"), sum("/latency/response/count"));
    assert_eq!(merged.number("/workload/clients"), 8);
    assert_eq!(merged.value("/verdict/status"), "faulty");
    assert!(merged.words.contains("never arrived") && merged.words.contains("a.json"));
    assert!(fs::read_to_string(&page).expect("a page").contains("FAULTY"));
}

#[test]
fn compared_records_have_their_ratios_or_all_reasons_why_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let [a, b, page] = ["a.json", "b.json", "page.html"].map(|name| folder.path().join(name));
    let mut other = record(&b, &[]);
    record(&a, &[]);
    let compare = || {
        let mut command = binaries::loadgen();
        command.arg("compare").args([&a, &b]).arg("--html").arg(&page);
        let output = command.output().expect("it starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (status, said, words) = compare();
    assert_eq!(status, Some(0), "{words}");
    let row = said.lines().find(|line| line.starts_with("response.p99 ")).expect("a row");
    assert!(row.ends_with('×'), "{row}");
    assert!(fs::read_to_string(&page).expect("a page").contains("<polyline"));

    other.record["workload"]["duration"] = 9.0.into();
    other.record["environment"]["cpus"] = 99.into();
    other.record["verdict"]["status"] = "invalid".into();
    fs::write(&b, other.record.to_string()).expect("written");
    let (status, said, words) = compare();
    assert_eq!((status, said.as_str()), (Some(1), ""));
    for reason in ["INVALID", "duration is 0.2", "cpus is"] {
        assert!(words.contains(reason), "{words}");
    }
}

#[test]
fn only_intervals_that_lie_apart_give_status_5() -> Result {
    let relay = Relay::start(&[])?;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("baseline.json");
    let several = [&SHORT[..], &["--runs", "2"]].concat();
    let mut baseline = run_at(relay.address, &several).record;
    baseline["verdict"]["status"] = "valid".into();
    let against = [&several[..], &["--baseline", file.to_str().expect("a path")]].concat();
    // No run can be as fast; in the second baseline, one was as slow as any.
    for (high, status, word) in [(1e0, 5, "REGRESSED"), (1e15, 0, "cannot tell")] {
        for figure in baseline["runs"]["figures"].as_array_mut().expect("a list") {
            if figure["metric"].as_str().is_some_and(|metric| metric.contains(".p")) {
                (figure["low"], figure["median"]) = (1e0.into(), 1e0.into());
                figure["high"] = high.into();
            }
        }
        fs::write(&file, baseline.to_string()).expect("written");
        let valid = (0..5).map(|_| run_at(relay.address, &against)).find(|ended| {
            // A run on a machine that was too busy is refused, not compared.
            ended.value("/verdict/status") == "valid"
        });
        if let Some(ended) = valid {
            assert_eq!(ended.status, Some(status), "{}", ended.words);
            assert!(ended.words.contains(word), "{}", ended.words);
        }
    }
    Ok(())
}
