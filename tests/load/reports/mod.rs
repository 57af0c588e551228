//! The output files of a run.

mod files;
mod metrics;
mod runs;

use std::fs;

use chat_drive::failure::Result;
use chat_tests::binaries;

use crate::running::{Relay, run_at};

#[test]
fn every_report_is_written_and_says_the_same() -> Result {
    let relay = Relay::start(&[])?;
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    let [csv, hgrm, hlog, html] = ["r.csv", "r.hgrm", "r.hlog", "r.html"].map(path);
    let ended = run_at(
        relay.address,
        &[
            "--clients",
            "10",
            "--rate",
            "100/s",
            "--duration",
            "2s",
            "--csv",
            &csv,
            "--hgrm",
            &hgrm,
            "--hlog",
            &hlog,
            "--html",
            &html,
        ],
    );
    ended.is_clean(1800);
    let intervals = ended.value("/intervals").as_array().expect("a list");
    let delivered: u64 =
        intervals.iter().filter_map(|each| each.pointer("/response/count")?.as_u64()).sum();
    assert_eq!(delivered, 1800);
    assert_eq!(fs::read_to_string(&csv).expect("CSV").lines().count(), intervals.len() + 1);
    assert!(fs::read_to_string(&hgrm).expect("hgrm").contains("1800"));
    let page = fs::read_to_string(&html).expect("HTML");
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<svg"));
    assert!(!page.contains("<script src") && !page.contains("http://localhost"));

    let other = format!("{hlog}.other");
    // The same log, of a run that began at another time: a copy would be refused.
    let log = fs::read_to_string(&hlog).expect("a log");
    fs::write(&other, log.replace("#[StartTime: ", "#[StartTime: 1")).expect("written");
    let merged = binaries::loadgen().args(["merge", &hlog, &other]).output().expect("it starts");
    assert!(merged.status.success());
    assert!(String::from_utf8_lossy(&merged.stdout).contains("3,600"), "{merged:?}");
    Ok(())
}

#[test]
fn the_record_holds_what_is_needed_to_do_it_again() -> Result {
    let relay = Relay::start(&[])?;
    let ended = run_at(relay.address, &["--clients", "3", "--seed", "42"]);
    assert_eq!(ended.number("/workload/seed"), 42);
    assert_eq!(ended.number("/version"), 1);
    let arguments = ended.value("/environment/arguments").to_string();
    assert!(arguments.contains("--seed") && arguments.contains("42"), "{arguments}");
    for path in ["version", "started", "system", "cpus"] {
        assert!(!ended.value(&format!("/environment/{path}")).is_null(), "{path}");
    }
    Ok(())
}

#[test]
fn the_floor_stands_beside_the_result() {
    let spawned = crate::running::server("");
    let ended = crate::running::run(&[
        "--spawn",
        &spawned,
        "--clients",
        "10",
        "--rate",
        "100/s",
        "--calibrate",
    ]);
    ended.is_clean(900);
    assert_eq!(ended.number("/floor/latency/response/count"), 900);
}
