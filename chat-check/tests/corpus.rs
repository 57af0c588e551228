//! Corpus: programs with exactly one fault each fail exactly the check that they are named for, and
//! correct ones fail none.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "in a test, whatever goes wrong is to end it")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};
use std::thread;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus");

/// The beginning of a first line with options for the checker.
const OPTIONS: &str = "# chat-check: ";

/// Number of programs checked at the same time for each processor: most of the time, they wait.
const SIDE_BY_SIDE: usize = 2;

/// Limit on the programs of a folder that are checked once more after an unexpected verdict: on a
/// machine that others use too one of thousands of verdicts may be chance, but not twice.
const DOUBTS: usize = 3;

/// The command of an interpreter that is started some thousand times: where `python3` is a script
/// of a version manager, the program that it finds; and without what Python looks for in folders
/// that no program here imports from. That is a third of the processor time.
static PYTHON: LazyLock<String> = LazyLock::new(|| {
    let output = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    format!("{} -S", String::from_utf8(output.unwrap().stdout).unwrap().trim())
});

#[test]
#[ignore = "minutes of two processors: make corpus"]
fn faulty_servers_fail_their_own_check() {
    run("server", "servers/faulty");
}

#[test]
#[ignore = "minutes of two processors: make corpus"]
fn correct_servers_fail_no_check() {
    run("server", "servers/correct");
}

#[test]
#[ignore = "minutes of two processors: make corpus"]
fn faulty_clients_fail_their_own_check() {
    run("client", "clients/faulty");
}

#[test]
#[ignore = "minutes of two processors: make corpus"]
fn correct_clients_fail_no_check() {
    run("client", "clients/correct");
}

/// The user reads the question and types the answer, which is all that most clients of courses do.
#[test]
#[ignore = "minutes of two processors: make corpus"]
fn a_client_need_not_know_its_server_s_question() {
    let home = tempfile::tempdir().unwrap();
    for (file, name) in
        [("servers/correct/room_threads.py", "s.py"), ("clients/correct/hilos.py", "c.py")]
    {
        fs::copy(Path::new(CORPUS).join(file), home.path().join(name)).unwrap();
    }
    let [server, client] = ["s.py", "c.py"].map(|file| format!("{} {file}", *PYTHON));
    let verdicts = grade(home.path(), &["both", "--server", &server, "--client", &client], 1);
    assert_eq!(verdicts.verdicts["5.2-answers"], "not_strict", "{}", verdicts.told);
    assert_eq!(verdicts.with("fail").next(), None, "{}", verdicts.told);
}

/// Checks all programs of a folder, some side by side, and compares what fails with their names.
fn run(side: &str, folder: &str) {
    let folder = Path::new(CORPUS).join(folder);
    let programs = Mutex::new(programs(&folder));
    let results = Mutex::new(BTreeMap::new());
    let next = || programs.lock().unwrap().pop();
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..processors * SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(program) = next() {
                    let result = examine(side, &program);
                    results.lock().unwrap().insert(program, result);
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    let doubtful = results.iter_mut().filter(|(program, result)| !result.is_as_named(program));
    for (program, result) in doubtful.take(DOUBTS) {
        // Written past the capture of the test runner, which shows it of failed tests only.
        let doubt = format!("once more: {}", result.line(program));
        io::stderr().write_all(doubt.as_bytes()).unwrap();
        *result = examine(side, program);
    }
    let wrong = results.iter().filter(|(program, result)| !result.is_as_named(program)).count();
    let matrix: String = results.iter().map(|(program, result)| result.line(program)).collect();
    assert_eq!(wrong, 0, "of {}:\n{matrix}", results.len());
}

fn programs(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_program = |file: &PathBuf| file.extension().is_some_and(|e| e == "py");
    let programs: Vec<_> = files.filter(is_program).collect();
    assert!(!programs.is_empty(), "no programs in {}", folder.display());
    programs
}

/// The checker's verdicts on a program.
struct Verdicts {
    /// By the checks' names.
    verdicts: BTreeMap<String, String>,
    /// The whole output.
    told: String,
}

impl Verdicts {
    /// Returns whether exactly the check in the name fails, if there is one, and the checker itself
    /// does not.
    fn is_as_named(&self, program: &Path) -> bool {
        let named: Vec<&str> = named(program).into_iter().collect();
        let failed: Vec<&str> = self.with("fail").collect();
        // For a correct program, a fault seen once is one too many.
        let doubts = self.with("flaky").next().is_some() && named.is_empty();
        let broken = self.with("checker_error").next().is_some() || self.verdicts.is_empty();
        failed == named && !doubts && !broken
    }

    fn with(&self, verdict: &str) -> impl Iterator<Item = &str> {
        self.verdicts.iter().filter(move |(_, had)| *had == verdict).map(|(id, _)| id.as_str())
    }

    fn line(&self, program: &Path) -> String {
        let name = program.file_stem().unwrap_or_default().display();
        let mut line = format!("{name}:");
        for (id, verdict) in self.verdicts.iter().filter(|(_, verdict)| *verdict != "pass") {
            line.extend([" ", id, "=", verdict]);
        }
        if self.is_as_named(program) {
            format!("ok    {line}\n")
        } else {
            format!("WRONG {line}\n{}", self.told)
        }
    }
}

/// The check that a faulty program is named for: `2.2-echo` of `2.2-echo.selectores.py`.
fn named(program: &Path) -> Option<&str> {
    let name = program.file_stem()?.to_str()?;
    let (number, words) = name.split_once('-')?;
    let end = number.len() + 1 + words.find('.').unwrap_or(words.len());
    number.contains('.').then(|| &name[..end])
}

/// Checks a copy of a program, with its dialect, in every way.
fn examine(side: &str, program: &Path) -> Verdicts {
    let home = tempfile::tempdir().unwrap();
    for file in [program.to_owned(), program.with_extension("toml")] {
        if file.exists() {
            fs::copy(&file, home.path().join(file.file_name().unwrap())).unwrap();
        }
    }
    let text = fs::read_to_string(program).unwrap();
    let options = text.lines().next().and_then(|line| line.strip_prefix(OPTIONS)).unwrap_or("");
    let start = format!("{} {}", *PYTHON, program.file_name().unwrap().display());
    let words: Vec<&str> = [side, &start].into_iter().chain(options.split_whitespace()).collect();
    grade(home.path(), &words, 0)
}

/// Runs the checker on the program of this number with these words, and returns its verdicts.
fn grade(home: &Path, words: &[&str], part: usize) -> Verdicts {
    let json = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-check"));
    command.args(words).arg("--json").arg(json.path());
    let output = command.current_dir(home).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    Verdicts {
        verdicts: verdicts(&fs::read_to_string(json.path()).unwrap(), part),
        told: String::from_utf8_lossy(&told).into_owned(),
    }
}

fn verdicts(json: &str, part: usize) -> BTreeMap<String, String> {
    let report: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let results = report["parts"][part]["results"].as_array().cloned().unwrap_or_default();
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    results.iter().map(|result| (word(&result["id"]), word(&result["verdict"]))).collect()
}
