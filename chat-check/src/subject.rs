//! The program that is checked: how it is started, and within which limits.
//!
//! This contains accidents, not attacks: a program that forks for ever, fills memory or never
//! stops talking is ended and leaves nothing behind. It can still read and write whatever the
//! user who started the checker can.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::guard::Guard;
use crate::isolation::Isolation;
use crate::keeper::Keep;
use crate::role::Role;
use crate::running::{Held, Running};
use crate::terminal::{self, Terminal};

/// What a program may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Processes and threads... of all its processes together, that many at a time.
    pub processes: usize,
    /// Resident memory of all its processes together, in bytes. Not address space: a Java machine
    /// reserves tens of gigabytes of that and uses a hundred megabytes.
    pub memory: u64,
    /// Processor time of each process.
    pub cpu: Duration,
    /// The longest file it may write, in bytes.
    pub file_size: u64,
    /// What is kept of each of its outputs, in bytes: the first quarter and the last.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            processes: 128,
            memory: 1 << 30,
            cpu: Duration::from_secs(120),
            file_size: 64 << 20,
            output: 1 << 20,
        }
    }
}

/// A program that can be started any number of times, each time in a fresh copy of its folder.
#[derive(Clone, Debug)]
pub struct Subject {
    words: Vec<String>,
    folder: PathBuf,
    copied: bool,
    environment: Vec<(String, String)>,
    limits: Limits,
    isolation: Isolation,
    keeper: PathBuf,
}

/// Why a command cannot be a subject.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// Quotes that do not match.
    #[error("cannot be split into words: {0:?}")]
    Unbalanced(String),
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// Something that was asked of the system.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// What stands in a command for the port of the dialect.
const PORT: &str = "{port}";

/// A folder is copied when it is at most so large, in bytes and in entries: submissions are far
/// smaller, and build folders far larger.
const SMALL: (u64, usize) = (16 << 20, 2_000);

/// What a program sees of the environment in which the checker runs.
const PASSED_ON: [&str; 6] = ["PATH", "JAVA_HOME", "USER", "LOGNAME", "SYSTEMROOT", "TZ"];

impl Subject {
    /// A program, as a shell's user would type it, that is at home in a folder.
    ///
    /// # Errors
    ///
    /// The command cannot be split into words, or the folder cannot be read.
    pub fn new(command: &str, folder: &Path, isolation: Isolation) -> Result<Self, SubjectError> {
        let words = shell_words::split(command)
            .map_err(|_| SubjectError::Unbalanced(command.to_owned()))?;
        if words.is_empty() {
            return Err(SubjectError::Empty);
        }
        let passed = |name: &str| Some((name.to_owned(), std::env::var(name).ok()?));
        Ok(Self {
            words,
            folder: folder.canonicalize()?,
            copied: crate::copy::is_small(folder, SMALL)?,
            environment: PASSED_ON.into_iter().filter_map(passed).collect(),
            limits: Limits::default(),
            isolation,
            keeper: std::env::current_exe()?,
        })
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same with one more variable in its environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with more arguments.
    #[must_use]
    pub fn with_arguments(mut self, arguments: &[&str]) -> Self {
        self.words.extend(arguments.iter().map(ToString::to_string));
        self
    }

    /// Whether each start has a copy of the folder of its own. A large folder is not copied.
    pub fn is_copied(&self) -> bool {
        self.copied
    }

    /// Whether several can run at the same time without seeing each other.
    pub fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// Whether it is told its port.
    pub fn takes_port(&self) -> bool {
        self.words.iter().any(|word| word.contains(PORT))
    }

    /// Starts it with its standard streams in pipes.
    pub(crate) fn start(&self, role: &Role, port: u16) -> io::Result<Running> {
        let (held, limits) = (self.spawn(role, port, Stdio::piped())?, self.limits);
        Ok(Running::of(role, held, None, limits, self.isolation))
    }

    /// Starts it with its standard output on a terminal, so that it shows each line at once, and
    /// its other streams in pipes.
    pub(crate) fn start_showing(&self, role: &Role, port: u16) -> io::Result<Running> {
        let (screen, output) = terminal::pair()?;
        let (held, limits) = (self.spawn(role, port, output.into())?, self.limits);
        Ok(Running::of(role, held, Some(screen), limits, self.isolation))
    }

    fn spawn(&self, role: &Role, port: u16, output: Stdio) -> io::Result<Held> {
        let home = self.home()?;
        let mut command = self.command(&home, port);
        command.env_remove("TERM");
        command.stdin(Stdio::piped()).stdout(output).stderr(Stdio::piped());
        role.event(format!("starts: {}", shell_words::join(&self.words)));
        let mut guard = Guard::new();
        let child = self.isolation.start_tree(|| command.spawn())?;
        guard.watch(child.id());
        Ok(Held { child, _guard: guard, _home: home })
    }

    /// Starts it on a terminal.
    pub(crate) fn start_on_terminal(
        &self,
        role: &Role,
        port: u16,
    ) -> io::Result<(Terminal, TempDir)> {
        let home = self.home()?;
        let command = self.command(&home, port);
        let started = Terminal::start(role, &command, self.isolation);
        Ok((started.map_err(io::Error::other)?, home))
    }

    /// A folder of its own, with its copy, a home and a place for temporary files.
    fn home(&self) -> io::Result<TempDir> {
        let home = TempDir::with_prefix("chat-check-")?;
        for folder in ["home", "tmp", "work"] {
            std::fs::create_dir(home.path().join(folder))?;
        }
        if self.copied {
            crate::copy::copy(&self.folder, &home.path().join("work"))?;
        }
        Ok(home)
    }

    /// The command of its keeper.
    fn command(&self, home: &TempDir, port: u16) -> Command {
        let mut command = Command::new(&self.keeper);
        command.args(Keep::words(self.limits.file_size, self.limits.cpu.as_secs()));
        for (name, value) in &self.environment {
            command.args(["--env", &format!("{name}={value}")]);
        }
        for (name, folder) in [("HOME", "home"), ("TMPDIR", "tmp")] {
            let folder = home.path().join(folder);
            command.args(["--env", &format!("{name}={}", folder.display())]);
        }
        let work = if self.copied { home.path().join("work") } else { self.folder.clone() };
        command.args(["--env", "LANG=C.UTF-8", "--env", "LC_ALL=C.UTF-8", "--"]);
        let port = port.to_string();
        command.args(self.words.iter().map(|word| word.replace(PORT, &port)));
        command.current_dir(work);
        command
    }
}
