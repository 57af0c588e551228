//! The files of a run are checked before anything is started.

use std::fs;
use std::path::Path;
#[cfg(unix)]
use std::process::Command;
#[cfg(unix)]
use std::time::{Duration, Instant};

use chat_drive::failure::Result;
use chat_tests::binaries;
#[cfg(unix)]
use chat_tests::harness::stage::Stage;
use serde_json::Value;

use crate::running::{Relay, load, run_at};

/// Longest wait for a program.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(30);

/// Refuses a command line in one line with this status and these words. Neither the server of
/// `--spawn` is started nor a file made or changed.
#[track_caller]
fn refused(folder: &Path, options: &[&str], (status, why): (i32, &str)) {
    let before = contents(folder);
    for more in [&["--spawn", "sh -c 'echo started > started; exit 1'"][..], &["--dry-run"]] {
        let mut command = binaries::loadgen();
        let output = command.current_dir(folder).args(options).args(more).output();
        let output = output.expect("it starts");
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{options:?}: {words}");
        assert!(words.contains(why) && words.lines().count() == 1, "{options:?}: {words}");
        assert_eq!(contents(folder), before, "{options:?}");
    }
}

/// Names and contents of a folder's files.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut contents: Vec<_> = files
        .map(|entry| {
            let content = fs::read(entry.path()).unwrap_or_default();
            (entry.file_name().to_string_lossy().into_owned(), content)
        })
        .collect();
    contents.sort();
    contents
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_before_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("sub")).expect("a folder");
    for option in ["--json", "--csv", "--hgrm", "--hlog", "--html", "--save-baseline"] {
        refused(folder.path(), &[option, "missing/r"], (1, "cannot write missing/r: "));
        refused(folder.path(), &[option, "sub"], (1, "cannot write sub: "));
    }
}

#[test]
fn no_file_is_named_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    fs::write(path.join("a"), "old").expect("written");
    fs::hard_link(path.join("a"), path.join("linked")).expect("a link");
    for (options, why) in [
        (["--json", "-", "--csv", "-"], "--json and --csv name the same file: -"),
        (["--json", "new", "--html", "new"], "--json and --html name the same file: new"),
        (["--csv", "new", "--hlog", "./new"], "--csv and --hlog name the same file"),
        (["--hgrm", "a", "--save-baseline", "a"], "--hgrm and --save-baseline name the same"),
    ] {
        refused(path, &options, (2, why));
    }
    if cfg!(unix) {
        refused(path, &["--json", "a", "--html", "linked"], (2, "name the same file"));
    }
    refused(
        path,
        &["--baseline", "a", "--html", "a"],
        (2, "--html would overwrite the --baseline"),
    );
}

/// A pipe without a writer, in this folder.
#[cfg(unix)]
fn pipe(folder: &Path) -> String {
    let path = folder.join("pipe").to_str().expect("a path").to_owned();
    assert!(Command::new("mkfifo").arg(&path).status().expect("it starts").success());
    path
}

#[cfg(unix)]
#[test]
fn an_input_that_may_have_no_end_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let large = folder.path().join("large").to_str().expect("a path").to_owned();
    let file = fs::File::create(&large).expect("a file");
    file.set_len(257 << 20).expect("a long hole");
    let other = folder.path().join("other").to_str().expect("a path").to_owned();
    fs::write(&other, "{}").expect("written");
    let no_file = "this is no regular file";
    for (input, record, dialect) in [
        ("/dev/zero", no_file, no_file),
        (&pipe(folder.path()), no_file, no_file),
        (&large, "more than 256 MiB", "more than 64.0 KiB"),
    ] {
        for (options, status, why) in [
            (&["--dialect-file", input][..], 2, dialect),
            (&["--baseline", input], 1, record),
            (&["merge", input], 1, record),
            (&["compare", input, &other], 1, record),
        ] {
            let mut command = assert_cmd::Command::from_std(binaries::loadgen());
            let ended = command.args(options).timeout(PATIENCE).assert().code(status);
            let words = String::from_utf8_lossy(&ended.get_output().stderr);
            assert!(words.contains(why) && words.lines().count() == 1, "{options:?}: {words}");
        }
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_program_that_waits_for_the_reader_of_a_pipe() -> Result {
    let folder = tempfile::tempdir().expect("a folder");
    let first = folder.path().join("first");
    let stage = Stage::new();
    let mut command = binaries::loadgen();
    command.arg("--json").arg(&first).arg("--csv").arg(pipe(folder.path()));
    let mut program = stage.start("load", command)?;
    // The outputs are opened one after the other.
    let deadline = Instant::now() + PATIENCE;
    while !first.exists() && Instant::now() < deadline {
        std::thread::yield_now();
    }
    program.signal(2)?;
    assert_eq!(program.wait()?.code(), None, "the signal ends it");
    Ok(())
}

#[test]
fn a_baseline_is_read_and_compared_before_the_run() -> Result {
    let relay = Relay::start(&[])?;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let load = ["--clients", "3", "--warm-up", "0s", "--duration", "1s"];
    let record = run_at(relay.address, &load).record;
    let write = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut record = record.clone();
        record["verdict"]["status"] = "valid".into();
        change(&mut record);
        fs::write(path.join(name), record.to_string()).expect("written");
    };
    fs::write(path.join("text"), "no record").expect("written");
    write("newer", &|record| record["version"] = 7.into());
    write("invalid", &|record| record["verdict"]["status"] = "invalid".into());
    write("other", &|record| record["workload"]["clients"] = 4.into());
    write("elsewhere", &|record| record["environment"]["cpus"] = 4711.into());
    write("empty", &|record| record["latency"]["last"]["count"] = 0.into());
    for (file, why) in [
        ("missing", "cannot read missing: "),
        ("text", "cannot read text: this is no record of a run: "),
        ("newer", "the record has version 7; this program reads version 1"),
        ("invalid", "cannot be compared: the baseline is invalid"),
        ("other", "clients is 4 in the baseline, 3 in this run"),
        ("elsewhere", "cpus is 4711 in the baseline, "),
        ("empty", "`last.p99` is not known: there are no samples"),
    ] {
        refused(path, &[&load[..], &["--baseline", file]].concat(), (1, why));
    }
    Ok(())
}

#[test]
fn a_baseline_may_be_replaced_and_a_run_that_fails_leaves_every_file() -> Result {
    let relay = Relay::start(&[])?;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let file = path.join("baseline.json");
    let name = file.to_str().expect("a path");
    let mut baseline = run_at(relay.address, &["--clients", "3"]).record;
    baseline["verdict"]["status"] = "valid".into();
    fs::write(&file, baseline.to_string()).expect("written");
    let both = ["--clients", "3", "--baseline", name, "--save-baseline", name];
    let ended = run_at(relay.address, &both);
    assert!(!ended.words.contains("overwrite"), "{}", ended.words);
    // Nothing listens on this port any more.
    let address = relay.address.to_string();
    drop(relay);
    for report in ["r.csv", "r.hlog", "r.html"] {
        fs::write(path.join(report), "old").expect("written");
    }
    let before = contents(path);
    let mut command = load(&["--clients", "3", "--server", &address, "--connect-retries", "0"]);
    command.args(["--csv", "r.csv", "--hlog", "r.hlog", "--html", "r.html", "--hgrm", "new"]);
    command.args(["--baseline", name, "--save-baseline", name]);
    let output = command.current_dir(path).output().expect("it starts");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(contents(path), before);
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_does_not_lose_the_other_reports() -> Result {
    let relay = Relay::start(&[])?;
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("r.html");
    let full = ["--csv", "/dev/full", "--hlog", "/dev/full", "--hgrm", "/dev/full"];
    let reports = ["--html", page.to_str().expect("a path"), "--clients", "3"];
    let ended = run_at(relay.address, &[&full[..], &reports].concat());
    assert_eq!(ended.status, Some(1), "{}", ended.words);
    let refusals = ended.words.matches("cannot write /dev/full: No space left").count();
    assert_eq!(refusals, 3, "{}", ended.words);
    assert!(ended.words.contains("traffic "), "the summary: {}", ended.words);
    assert!(ended.number("/ledger/ok") > 0);
    assert!(fs::read_to_string(page).expect("a page").ends_with("</html>"));
    Ok(())
}

#[test]
fn no_file_is_read_twice_or_written_over_by_merge_and_compare() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    for name in ["a", "b"] {
        fs::write(path.join(name), "{").expect("written");
    }
    let before = contents(path);
    for (options, why) in [
        (&["merge", "a", "b", "./a"][..], "./a is named twice"),
        (&["compare", "a", "a"], "a is named twice"),
        (&["merge", "a", "b", "--json", "./b"], "--json would overwrite a file that is read: b"),
        (&["compare", "a", "b", "--html", "a"], "--html would overwrite a file that is read: a"),
        (
            &["merge", "a", "b", "--hgrm", "x", "--html", "x"],
            "--hgrm and --html name the same file",
        ),
        (&["merge", "a", "b", "--json", "-", "--html", "-"], "--json and --html name the same"),
    ] {
        let output = binaries::loadgen().current_dir(path).args(options).output();
        let output = output.expect("it starts");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && words.contains(why), "{options:?}: {words}");
        assert_eq!(contents(path), before, "{options:?}");
    }
}
