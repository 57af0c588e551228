//! Corpus: programs with exactly one fault each fail exactly the check that they are named for, and
//! correct ones fail none.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "in a test, whatever goes wrong is to end it")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Duration;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus");

/// The beginning of a first line with options for the checker, behind what begins a comment.
const OPTIONS: &str = " chat-check: ";

/// The languages of programs besides Python: the end of their file names, the tool that must be
/// installed, the command that builds one, and the one that starts it; `{}` is the name without its
/// end.
const LANGUAGES: [[&str; 4]; 4] = [
    ["c", "gcc", "gcc -O1 -pthread -o {} {}.c", "./{}"],
    ["java", "javac", "javac {}.java", "java {}"],
    ["js", "node", "true", "node {}.js"],
    ["pl", "perl", "true", "perl {}.pl"],
];

/// Numbers of programs checked at the same time for each processor, on a busy machine and on an
/// idle one: most of the time, they wait for silence, for idle time to pass, and in faulty programs
/// for what never comes.
const SIDE_BY_SIDE: [usize; 2] = [2, 4];

/// Number of runnable threads for each processor from which on a machine is busy.
const BUSY: usize = 4;

/// Interval at which a busy machine is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Limit on the programs that are checked once more after an unexpected verdict: on a machine that
/// others use too one of thousands of verdicts may be chance, but not twice.
const DOUBTS: usize = 3;

/// The command of an interpreter that is started some thousand times: where `python3` is a script
/// of a version manager, the program that it finds; and without what Python looks for in folders
/// that no program here imports from. That is a third of the processor time.
static PYTHON: LazyLock<String> = LazyLock::new(|| {
    let output = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    format!("{} -S", String::from_utf8(output.unwrap().stdout).unwrap().trim())
});

/// The checks of the core of a chat, of which one is made of every program.
const CORE: [&str; 3] = ["2.1-relay", "7.2-operator", "4.2-receive"];

/// Correct programs whose dialect cannot be found out, besides those that are named so.
const UNKNOWN: [&str; 3] = ["menu", "Objetos", "objetos_en_silencio"];

/// The folders of the corpus, and the kind of the programs in each.
const FOLDERS: [(&str, &str); 4] = [
    ("server", "servers/faulty"),
    ("server", "servers/correct"),
    ("client", "clients/faulty"),
    ("client", "clients/correct"),
];

/// All programs are checked, some side by side, and what fails is compared with their names.
#[test]
#[ignore = "many minutes of two processors: make corpus"]
fn faulty_programs_fail_their_own_check_and_correct_ones_none() {
    judges(FOLDERS.into_iter().flat_map(Program::all).collect());
}

/// One faulty program for each check, and every second correct one.
#[test]
#[ignore = "minutes of two processors: make corpus ARGS=--part"]
fn in_a_part_of_the_corpus_faulty_programs_fail_their_own_check() {
    let part = |folder| {
        let mut programs = Program::all(folder);
        programs.sort_by(|one, other| one.file.cmp(&other.file));
        let (faulty, correct): (Vec<_>, Vec<_>) =
            programs.into_iter().partition(|program| program.named().is_some());
        faulty
            .into_iter()
            .filter(|faulty| !faulty.is_variant())
            .chain(correct.into_iter().step_by(2))
    };
    judges(FOLDERS.into_iter().flat_map(part).collect());
}

fn judges(mut programs: Vec<Program>) {
    // The last ones begin first: idle time takes long, and should not be waited for in the end.
    programs.sort_by_key(|program| program.options.contains("--idle"));
    let mut results = examine_all(programs);
    results.sort_by(|(one, _), (other, _)| one.file.cmp(&other.file));
    let doubtful = results.iter_mut().filter(|(program, verdicts)| !verdicts.are_as_named(program));
    for (program, verdicts) in doubtful.take(DOUBTS) {
        // Written past the capture of the test runner, which shows it of failed tests only.
        let doubt = format!("once more: {}", verdicts.line(program));
        io::stderr().write_all(doubt.as_bytes()).unwrap();
        *verdicts = program.examine();
    }
    let wrong =
        results.iter().filter(|(program, verdicts)| !verdicts.are_as_named(program)).count();
    let matrix: String = results.iter().map(|(program, verdicts)| verdicts.line(program)).collect();
    assert_eq!(wrong, 0, "of {}:\n{matrix}", results.len());
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

/// The server's question has no end, and the client compares all that comes with it.
#[test]
#[ignore = "minutes of two processors: make corpus"]
fn a_client_is_asked_as_its_server_asks() {
    let home = tempfile::tempdir().unwrap();
    let source = |file: &str| fs::read_to_string(Path::new(CORPUS).join(file)).unwrap();
    let client = source("clients/correct/nick.py");
    let client = client.replace("apodo.encode()", "(apodo + '\\n').encode()");
    let client = client.replace("{apodo}: {texto}", "{texto}\\n");
    fs::write(home.path().join("s.py"), source("servers/correct/room_asyncio_nick.py")).unwrap();
    fs::write(home.path().join("c.py"), client).unwrap();
    let [server, client] = ["s.py", "c.py"].map(|file| format!("{} {file}", *PYTHON));
    let verdicts = grade(home.path(), &["both", "--server", &server, "--client", &client], 1);
    assert_eq!(verdicts.verdicts["5.2-answers"], "pass", "{}", verdicts.told);
}

/// Checks these programs, the last ones first, as many side by side as the machine has room for.
fn examine_all(programs: Vec<Program>) -> Vec<(Program, Verdicts)> {
    let programs = Mutex::new(programs);
    let results = Mutex::new(Vec::new());
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let [busy, idle] = SIDE_BY_SIDE.map(|number| number * processors);
    let left = || !programs.lock().unwrap().is_empty();
    let work = |number: usize| loop {
        // Each looks later than the one before, so that it sees the load which that one makes.
        while number >= busy && left() {
            thread::sleep(LOOK * u32::try_from(number - busy + 1).unwrap());
            if runnable() <= BUSY * processors {
                break;
            }
        }
        let Some(program) = programs.lock().unwrap().pop() else { break };
        let verdicts = program.examine();
        results.lock().unwrap().push((program, verdicts));
    };
    thread::scope(|scope| {
        for number in 0..idle {
            let work = &work;
            scope.spawn(move || work(number));
        }
    });
    results.into_inner().unwrap()
}

/// Number of threads of the whole machine that run or could.
fn runnable() -> usize {
    let load = fs::read_to_string("/proc/loadavg").unwrap();
    load.split([' ', '/']).nth(3).unwrap().parse().unwrap()
}

/// A program of the corpus.
struct Program {
    side: &'static str,
    file: PathBuf,
    /// Options for the checker, which its first line may give.
    options: String,
}

impl Program {
    fn all((side, folder): (&'static str, &str)) -> Vec<Self> {
        let folder = Path::new(CORPUS).join(folder);
        let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|file| can_start(file));
        let programs: Vec<_> = files.map(|file| Self::of(side, file)).collect();
        assert!(!programs.is_empty(), "no programs in {}", folder.display());
        programs
    }

    fn of(side: &'static str, file: PathBuf) -> Self {
        let text = fs::read_to_string(&file).unwrap();
        let options = text.lines().next().and_then(|line| line.split_once(OPTIONS));
        let options = options.map(|(_comment, options)| options.trim_end_matches("*/"));
        Self { side, file, options: options.unwrap_or_default().to_owned() }
    }

    /// The check that a faulty program is named for: `2.2-echo` of `2.2-echo.selectores.py`.
    fn named(&self) -> Option<&str> {
        let name = self.file.file_stem()?.to_str()?;
        let (number, words) = name.split_once('-')?;
        let end = number.len() + 1 + words.find('.').unwrap_or(words.len());
        number.contains('.').then(|| &name[..end])
    }

    /// Returns whether it does not show how it is spoken to, and no file says it.
    fn is_unknown(&self) -> bool {
        let stem = self.file.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        stem.ends_with("_sin_decirlo") || UNKNOWN.contains(&stem)
    }

    /// Returns whether it has a fault in another way than the plain program: `2.2-echo.selectores.py`.
    fn is_variant(&self) -> bool {
        let stem = self.file.file_stem().map_or(0, OsStr::len);
        self.named().is_some_and(|named| named.len() < stem)
    }

    /// Builds the program in this folder, and returns the command that starts it.
    fn build(&self, home: &Path) -> String {
        let end = self.file.extension().unwrap();
        let stem = self.file.file_stem().unwrap().to_str().unwrap();
        let Some([_, _, build, start]) = LANGUAGES.iter().find(|[known, ..]| end == *known) else {
            return format!("{} {stem}.py", *PYTHON);
        };
        let build = build.replace("{}", stem);
        let status = Command::new("sh").args(["-c", &build]).current_dir(home).status();
        assert!(status.unwrap().success(), "{build}");
        start.replace("{}", stem)
    }

    /// Checks a copy of the program, with its dialect, in every way.
    fn examine(&self) -> Verdicts {
        let home = tempfile::tempdir().unwrap();
        for file in [self.file.clone(), self.file.with_extension("toml")] {
            if file.exists() {
                fs::copy(&file, home.path().join(file.file_name().unwrap())).unwrap();
            }
        }
        let start = self.build(home.path());
        let words: Vec<&str> =
            [self.side, &start].into_iter().chain(self.options.split_whitespace()).collect();
        grade(home.path(), &words, 0)
    }
}

/// Returns whether a file is a program whose language is installed: what is not is left out.
fn can_start(file: &Path) -> bool {
    let Some(end) = file.extension() else { return false };
    let language = LANGUAGES.iter().find(|[known, ..]| end == *known);
    let installed = language.is_some_and(|[_, tool, ..]| {
        let found = Command::new("which").arg(tool).output().unwrap().status.success();
        if !found {
            eprintln!("left out, without {tool}: {}", file.display());
        }
        found
    });
    end == "py" || installed
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
    /// does not. A correct program is found to do what matters, unless its dialect cannot be found
    /// out.
    fn are_as_named(&self, program: &Program) -> bool {
        let named: Vec<&str> = program.named().into_iter().collect();
        let failed: Vec<&str> = self.with("fail").collect();
        // For a correct program, a fault seen once is one too many.
        let doubts = self.with("flaky").next().is_some() && named.is_empty();
        let broken = self.with("checker_error").next().is_some() || self.verdicts.is_empty();
        let core = if program.is_unknown() { "untestable" } else { "pass" };
        let is_judged = !named.is_empty() || self.with(core).any(|id| CORE.contains(&id));
        failed == named && !doubts && !broken && is_judged
    }

    fn with(&self, verdict: &str) -> impl Iterator<Item = &str> {
        self.verdicts.iter().filter(move |(_, had)| *had == verdict).map(|(id, _)| id.as_str())
    }

    fn line(&self, program: &Program) -> String {
        let name = program.file.file_name().unwrap().display();
        let mut line = format!("{name}:");
        for (id, verdict) in self.verdicts.iter().filter(|(_, verdict)| *verdict != "pass") {
            line.extend([" ", id, "=", verdict]);
        }
        if self.are_as_named(program) {
            format!("ok    {line}\n")
        } else {
            format!("WRONG {line}\n{}", self.told)
        }
    }
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
