//! A program in a folder of its own, run through the real checker.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const CHECKER: &str = env!("CARGO_BIN_EXE_chat-check");

/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program in a folder of its own, and a folder for temporary files that no other program uses.
pub(crate) struct Case {
    pub(crate) folder: TempDir,
    pub(crate) temporary: TempDir,
    pub(crate) marker: String,
}

impl Case {
    pub(crate) fn of(parts: &[&str]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (folder, temporary) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        for open in [&folder, &temporary] {
            fs::set_permissions(open.path(), fs::Permissions::from_mode(0o777)).unwrap();
        }
        fs::write(folder.path().join("programa.py"), parts.concat()).unwrap();
        fs::write(folder.path().join("dialecto.toml"), format!("port = {}\n", free_port()))
            .unwrap();
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        // The end keeps one from being the beginning of another.
        let marker = format!("marker-{}-{next}.", std::process::id());
        Self { folder, temporary, marker }
    }

    pub(crate) fn json(&self) -> PathBuf {
        self.temporary.path().join("report.json")
    }

    /// The words of a run: the server in this folder, with these options.
    fn words(&self, options: &[&str]) -> Vec<String> {
        let program = format!("/usr/bin/env python3 programa.py {{port}} {}", self.marker);
        let (dialect, json) = (self.folder.path().join("dialecto.toml"), self.json());
        let fixed = ["server", &program, "--dialect", dialect.to_str().unwrap(), "--lang", "en"];
        let report = ["--json", json.to_str().unwrap()];
        let chosen = options.contains(&"--only");
        let few: &[&str] = if chosen { &[] } else { &["--only", "2.2-echo"] };
        let words = fixed.iter().chain(&report).chain(few).chain(options);
        words.map(ToString::to_string).collect()
    }

    pub(crate) fn command(&self, checker: &[&str], options: &[&str]) -> Command {
        let mut command = Command::new(checker[0]);
        command.args(&checker[1..]).args(self.words(options));
        command.current_dir(&self.folder).env("TMPDIR", self.temporary.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end, and checks that nothing is left.
    pub(crate) fn run(&self, options: &[&str]) -> (Output, Value) {
        let output = self.command(&[CHECKER], options).output().unwrap();
        self.assert_nothing_left();
        let report = fs::read_to_string(self.json()).unwrap_or_default();
        (output, serde_json::from_str(&report).unwrap_or_default())
    }

    /// Starts it, and waits until so many processes have the marker.
    pub(crate) fn start(&self, options: &[&str], processes: usize) -> Child {
        let checker = self.command(&[CHECKER], options).spawn().unwrap();
        eventually(|| marked(&self.marker).len() >= processes);
        checker
    }

    pub(crate) fn temporary_folders(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.temporary).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect()
    }

    #[track_caller]
    pub(crate) fn assert_nothing_left(&self) {
        assert_eq!(marked(&self.marker), Vec::<String>::new());
        assert_eq!(self.temporary_folders(), Vec::<PathBuf>::new());
    }
}

/// The command lines that have this word in them.
pub(crate) fn marked(marker: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let lines = processes.filter_map(|path| fs::read(path.join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(marker)).collect()
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[track_caller]
pub(crate) fn eventually(mut is: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < deadline, "it did not come to that");
        thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}
