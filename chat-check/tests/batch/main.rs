//! Batch runs over a class's submissions, good and bad.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "in a test, whatever goes wrong is to end it")]

mod packed;
mod programs;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use programs::{FLOODS, FORKS, HANGS, JAVA, JAVA_OTHER, RUST, SERVER};

const CHECKER: &str = env!("CARGO_BIN_EXE_chat-check");

/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A folder of submissions, one for the results, and one for temporary files.
struct Class {
    submissions: TempDir,
    notes: TempDir,
    temporary: TempDir,
}

impl Class {
    fn of(files: &[(&str, &str)]) -> Self {
        let new = || TempDir::new().unwrap();
        let class = Self { submissions: new(), notes: new(), temporary: new() };
        for (file, text) in files {
            class.put(file, text);
        }
        class
    }

    fn put(&self, file: &str, text: &str) {
        let path = self.submissions.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, options: &[&str]) -> Command {
        let mut command = Command::new(CHECKER);
        command.arg("batch").arg(self.submissions.path()).arg("--out").arg(self.notes.path());
        if !options.contains(&"--only") {
            command.args(["--only", "2.2-echo"]);
        }
        command.args(["--lang", "en"]).args(options).env("TMPDIR", self.temporary.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the checker to its end, and checks that it leaves only the reports.
    fn run(&self, options: &[&str]) -> Output {
        let output = self.command(options).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{error}");
        self.assert_tidy();
        output
    }

    fn assert_tidy(&self) {
        let mut left = fs::read_dir(&self.temporary).unwrap().map(|entry| entry.unwrap().path());
        assert_eq!(left.next(), None::<PathBuf>);
    }

    fn report(&self, name: &str) -> Value {
        read(&self.notes.path().join(name).join("report.json"))
    }

    /// The verdicts of a submission's server, by the checks' names.
    fn verdicts(&self, name: &str) -> BTreeMap<String, String> {
        let report = self.report(name);
        let results = report["parts"][0]["results"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        results.iter().map(|result| (text(&result["id"]), text(&result["verdict"]))).collect()
    }

    #[track_caller]
    fn assert_good(&self, name: &str) {
        let report = self.report(name);
        let verdicts = self.verdicts(name);
        assert!(!verdicts.is_empty(), "{name}: {report:#}");
        let fails = verdicts.values().any(|verdict| verdict == "fail");
        assert!(!fails, "{name}: {report:#}");
    }

    /// The reason why a submission's server did not start, or was not checked.
    fn why(&self, name: &str) -> String {
        let report = self.report(name);
        let part = &report["parts"][0];
        let why = part["not_started"]["why"].as_str().or_else(|| part["remarks"][0].as_str());
        why.unwrap_or_else(|| panic!("{name}: {report:#}")).to_owned()
    }

    /// Returns the dates of the reports by submission: an old date shows that a report was kept.
    fn dates(&self) -> BTreeMap<String, String> {
        let entries = fs::read_dir(self.notes.path()).unwrap().map(Result::unwrap);
        entries
            .filter(|entry| entry.path().join("report.json").exists())
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                let date = self.report(&name)["date"].as_str().unwrap().to_owned();
                (name, date)
            })
            .collect()
    }
}

fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    serde_json::from_str(&text).unwrap()
}

fn server(echo: bool, more: &str) -> String {
    format!("ECO = {}\n{more}{SERVER}", if echo { "True" } else { "False" })
}

fn is_installed(tool: &str) -> bool {
    Command::new(tool).arg("-version").output().is_ok()
}

#[test]
fn nobody_holds_up_the_others() {
    let (good, echo, floods) = (server(false, ""), server(true, ""), server(false, FLOODS));
    let class = Class::of(&[
        ("buena/servidor.py", &good),
        ("con eco/tp final/Chat_Server.py", &echo),
        ("-Ñandú=1/servidor.py", &good),
        ("inunda/servidor.py", &floods),
        ("cuelga/servidor.py", HANGS),
        ("multiplica/servidor.py", FORKS),
        ("rota/servidor.py", "import socket\nesto no es python\n"),
        ("vacía/léeme.txt", "nada"),
        ("suelta.py", &good),
        ("solo main/main.py", &good),
        ("comprimida/tp.zip", ""),
        ("Pérez.tar.gz", ""),
        ("buena.zip", ""),
        ("cuaderno/tp.ipynb", "{}"),
        ("informe.pdf", ""),
    ]);
    let output = class.run(&["--side-by-side", "2", "--slow", "3"]);
    for name in ["buena", "-Ñandú=1", "inunda", "suelta.py"] {
        class.assert_good(name);
    }
    assert_ne!(class.verdicts("con eco")["2.2-echo"], "pass");
    assert!(class.why("cuelga").contains("listens on none"));
    assert!(class.why("multiplica").contains("processes"));
    assert!(class.why("vacía").contains("no server") && class.why("vacía").contains("léeme.txt"));
    assert!(class.why("solo main").contains("there is: main.py (looked for"));
    assert!(class.why("comprimida").ends_with("an archive that was not opened: tp.zip."));
    assert!(class.why("Pérez.tar.gz").ends_with("not opened: Pérez.tar.gz."));
    assert!(class.why("cuaderno").ends_with("a notebook, which is no program: tp.ipynb."));
    let printed = class.report("rota")["parts"][0]["not_started"]["printed"].to_string();
    assert!(printed.contains("SyntaxError"), "{printed}");
    // Every entry has a report, but an archive that is unpacked beside it.
    assert_eq!(class.dates().len(), 14);
    let table = fs::read_to_string(class.notes.path().join("class.csv")).unwrap();
    for name in ["vacía", "comprimida", "cuaderno", "informe.pdf", "Pérez.tar.gz", "solo main"] {
        let row = format!("\n{name},not checked,,not checked,,,");
        assert!(table.contains(&row), "{name}: {table}");
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(printed.lines().count(), 15);
    assert!(printed.contains("suelta.py: 5 / 5 · "), "{printed}");
    assert!(printed.contains("informe.pdf: Not checked, no marks: "), "{printed}");
    let index = class.notes.path().join("index.html").display().to_string();
    assert!(printed.ends_with(&format!("{index}\n")), "{printed}");
}

#[test]
fn what_is_compiled_is_compiled() {
    if !is_installed("javac") {
        chat_drive::skip("javac is not installed");
        return;
    }
    let class = Class::of(&[
        ("java/src/red/Servidor.java", JAVA),
        ("java/src/red/Otro.java", JAVA_OTHER),
        ("maven/tp/pom.xml", "<project/>"),
        ("maven/tp/src/main/java/red/Servidor.java", JAVA),
        ("maven/tp/src/main/java/red/Partes.java", JAVA_OTHER),
        ("java rota/Servidor.java", "class Servidor { void main( }"),
    ]);
    let windows = [b"// Espa\xf1a\n", JAVA.as_bytes()].concat();
    let file = class.submissions.path().join("maven/tp/src/main/java/red/Servidor.java");
    fs::write(file, windows).unwrap();
    class.run(&[]);
    class.assert_good("java");
    class.assert_good("maven");
    let remarks = class.report("maven")["parts"][0]["remarks"].to_string();
    assert!(remarks.contains("encoding of Windows (windows-1252)"), "{remarks}");
    assert!(class.why("java rota").contains("does not build"));
    assert_eq!(class.report("java rota")["parts"][0]["remarks"], json!([]));
    let printed = class.report("java rota")["parts"][0]["not_started"]["printed"].to_string();
    assert!(printed.contains("Servidor.java:1"), "{printed}");
    // Nothing was built in the submission itself.
    assert_eq!(fs::read_dir(class.submissions.path().join("java/src/red")).unwrap().count(), 2);
    assert_eq!(fs::read_dir(class.submissions.path().join("java/src")).unwrap().count(), 1);
}

#[test]
fn a_crate_is_built_with_the_user_s_own_toolchain() {
    if !is_installed("cargo") {
        chat_drive::skip("cargo is not installed");
        return;
    }
    let manifest = "[package]\nname = 'servidor'\nversion = '0.1.0'\nedition = '2021'\n";
    let class = Class::of(&[("rust/Cargo.toml", manifest), ("rust/src/main.rs", RUST)]);
    class.run(&["--server-pattern", "**/main.rs", "--only", "2.1-relay"]);
    class.assert_good("rust");
    assert_eq!(class.verdicts("rust")["2.1-relay"], "pass");
}

#[test]
fn a_compiler_that_is_missing_is_named() {
    let class = Class::of(&[("c/servidor.c", "int main(void) { return 0; }")]);
    let mut command = class.command(&[]);
    assert!(command.env("PATH", class.temporary.path()).output().unwrap().status.success());
    assert!(class.why("c").contains("gcc is not installed"));
}

#[test]
fn a_program_that_wants_arguments_gets_them() {
    let wants = |what: &str| {
        server(false, &format!("import sys\nif {what}: sys.exit('uso: servidor.py …')\n"))
    };
    let class = Class::of(&[
        ("a/servidor.py", &wants("sys.argv[1:] != ['127.0.0.1', '12345']")),
        ("b/servidor.py", &wants("'--clave' not in sys.argv")),
    ]);
    class.run(&["--only", "2.1-relay"]);
    class.assert_good("a");
    let part = &class.report("a")["parts"][0];
    assert!(part["remarks"].to_string().contains("with the arguments: 127.0.0.1 12345"));
    let repeat = "chat-check server 'python3 ./servidor.py 127.0.0.1 {port}' --only 2.1-relay";
    let results = part["results"].as_array().unwrap();
    assert!(results.iter().any(|result| result["repeat"] == repeat), "{part:#}");
    let remarks = class.report("b")["parts"][0]["remarks"].to_string();
    assert!(remarks.contains("Nor does it start with the usual arguments"), "{remarks}");
    // One that is named by a command is tried with them where it prints its usage.
    let mut command = Command::new(CHECKER);
    command.args(["server", "python3 servidor.py", "--only", "2.1-relay", "--lang", "en"]);
    let output = command.current_dir(class.submissions.path().join("a")).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("with the arguments: 127.0.0.1 12345"), "{told}");
}

#[test]
fn a_server_that_asks_its_operator_is_answered() {
    let asks = "if input('Clave: ') != 'chat' or input('¿Cuántos? ') != '100': raise SystemExit(1)";
    let asks = format!("{asks}\nPUERTO = int(input('Puerto en el que escuchar: '))\n");
    let good = server(false, &asks).replace("12345", "PUERTO");
    let class = Class::of(&[("a/servidor.py", &good)]);
    class.run(&["--only", "2.1-relay,1.8-port-taken,1.2-announced"]);
    class.assert_good("a");
    let lines = json!(["{name}", "100", "{port}"]);
    assert_eq!(class.report("a")["parts"][0]["dialect"]["before"], lines);
}

#[test]
fn patterns_say_which_programs_are_meant() {
    let class = Class::of(&[
        ("a/servidor.py", "esto no es python"),
        ("a/tp2/parte_1.py", &server(false, "")),
    ]);
    // What an earlier run has left behind is gone as well.
    let left = class.temporary.path().join("chat-check-left");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("held"), "").unwrap();
    class.run(&["--server-pattern", "*/parte_1.py"]);
    class.assert_good("a");
}

#[test]
fn what_is_done_is_not_done_again() {
    let good = server(false, "");
    let class = Class::of(&[("a/servidor.py", &good), ("b/servidor.py", &good)]);
    class.run(&[]);
    let first = class.dates();
    class.run(&[]);
    assert_eq!(class.dates(), first);

    class.put("b/servidor.py", &server(true, ""));
    class.run(&[]);
    let second = class.dates();
    assert!(second["a"] == first["a"] && second["b"] != first["b"]);
    assert_ne!(class.verdicts("b")["2.2-echo"], "pass");

    class.run(&["--skip", "2.2-echo"]);
    let third = class.dates();
    assert!(third["a"] != second["a"] && third["b"] != second["b"]);
    class.run(&["--skip", "2.2-echo", "--again"]);
    assert!(class.dates()["a"] != third["a"]);
}

#[test]
fn a_submission_that_takes_too_long_is_cut_short() {
    let class = Class::of(&[("lenta/servidor.py", HANGS)]);
    class.run(&["--time-limit", "1s", "--slow", "20"]);
    let report = class.report("lenta");
    assert_eq!(report["interrupted"], true);
    assert!(report["parts"][0]["remarks"].to_string().contains("time was over"), "{report:#}");
    assert_eq!((&report["marks"]["parts"], &report["marks"]["of"]), (&json!([]), &json!(5.0)));
    let table = fs::read_to_string(class.notes.path().join("class.csv")).unwrap();
    assert!(table.contains("\nlenta,not complete,not complete,not complete,5,"), "{table}");
    // The report is not complete, so the next run makes it again.
    let first = class.dates();
    class.run(&["--time-limit", "1s", "--slow", "20"]);
    assert_ne!(class.dates(), first);
}

#[test]
fn a_report_that_cannot_be_written_takes_no_other_with_it() {
    let class = Class::of(&[("a/servidor.py", "no es python"), ("b/servidor.py", "tampoco")]);
    // Where the folder of a report would be, there is a file.
    fs::write(class.notes.path().join("a"), "").unwrap();
    let output = class.command(&["--submissions", "1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.starts_with("chat-check: a: "), "{error}");
    assert!(class.why("b").contains("ended"));
    let table = fs::read_to_string(class.notes.path().join("class.csv")).unwrap();
    assert!(table.contains("\na,0,") && table.contains("\nb,0,"), "{table}");
}

#[test]
fn results_do_not_go_into_a_file() {
    let class = Class::of(&[("a/servidor.py", "")]);
    let mut command = Command::new(CHECKER);
    let file = class.submissions.path().join("a/servidor.py");
    command.arg("batch").arg(class.submissions.path()).arg("--out").arg(&file);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).ends_with("servidor.py: no es una carpeta\n"));
}

#[test]
fn ctrl_c_leaves_whole_files_and_the_rest_can_be_done_later() {
    let good = server(false, "");
    let class =
        Class::of(&[("a/servidor.py", &good), ("b/servidor.py", HANGS), ("c/servidor.py", &good)]);
    let options = ["--submissions", "1", "--slow", "5"];
    let mut checker = class.command(&options).spawn().unwrap();
    let first = class.notes.path().join("a/report.json");
    let deadline = Instant::now() + PATIENCE;
    while !first.exists() {
        assert!(Instant::now() < deadline, "there is no first report");
        thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&checker), Signal::INT).unwrap();
    assert_eq!(checker.wait().unwrap().code(), Some(130));
    class.assert_tidy();
    class.assert_good("a");
    let dates = class.dates();
    assert!(dates.contains_key("a") && !dates.contains_key("c"), "{dates:?}");

    class.put("b/servidor.py", &good);
    class.run(&options);
    assert_eq!(class.dates()["a"], dates["a"]);
    class.assert_good("b");
    class.assert_good("c");
}
