//! The tested program: how it is started, and within which limits.
//!
//! This contains accidents, not attacks: a program that forks for ever, fills memory or never stops
//! talking is ended and leaves nothing behind. It is no sandbox for hostile code: a program can
//! still read and write whatever the user of the checker can, send to other machines where networks
//! are shared, and fill a disk with many files. Hostile programs belong in a virtual machine, or in
//! a container of their own, with the checker inside.
//!
//! Only Linux has all this. Elsewhere a program has its copy, its environment, its process group
//! and a limit on the output that is kept.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chat_drive::child::ChildWrapper;
use chat_drive::pty;
use chat_drive::role::Role;
use chat_drive::terminal::Terminal;

use crate::advice::SourceLanguage;
use crate::sandbox::containment::{self, Sandbox, Start};
use crate::sandbox::isolation::Isolation;
use crate::sandbox::limits::Limits;
use crate::sandbox::running::{Running, Terminals};
use crate::sandbox::workdir::WorkDir;

/// A program that can be started any number of times, each time in a fresh copy of its folder.
#[derive(Clone, Debug)]
pub(crate) struct TestedProgram {
    words: Vec<String>,
    folder: PathBuf,
    copied: bool,
    environment: Vec<(String, String)>,
    limits: Limits,
    isolation: Isolation,
    stop: Arc<AtomicBool>,
    supervisor: PathBuf,
}

/// Error: a command that cannot be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProgramError {
    /// Unbalanced quotes.
    #[error("the command cannot be split into words: {0:?}")]
    Unbalanced(String),
    /// An empty command.
    #[error("the command is empty")]
    Empty,
    /// An error of the system.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// Placeholder in a command for the port of the dialect.
const PORT: &str = "{port}";

/// Limit on the size of a folder that is copied, in bytes and in entries: submissions are far
/// smaller, and build folders far larger.
const SMALL: (u64, usize) = (16 << 20, 2_000);

/// Environment variables that are passed on to a program: the user, the paths, and the places where
/// languages keep what they need to start.
const PASSED_ON: [&str; 15] = [
    "PATH",
    "USER",
    "LOGNAME",
    "SYSTEMROOT",
    "TZ",
    "ASDF_DATA_DIR",
    "ASDF_DIR",
    "CARGO_HOME",
    "GOROOT",
    "JAVA_HOME",
    "NODE_PATH",
    "NVM_DIR",
    "PYENV_ROOT",
    "PYTHONPATH",
    "RUSTUP_HOME",
];

/// Variables that get a folder in the user's home if they are not set. Programs have another home.
const AT_HOME: [(&str, &str); 2] = [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")];

impl TestedProgram {
    /// Makes a program of a command, as a shell's user would type it, and its folder.
    ///
    /// # Errors
    ///
    /// The command cannot be split into words, or the folder cannot be read.
    pub(crate) fn new(
        command: &str,
        folder: &Path,
        isolation: Isolation,
    ) -> Result<Self, ProgramError> {
        let words = shell_words::split(command)
            .map_err(|_| ProgramError::Unbalanced(command.to_owned()))?;
        if words.is_empty() {
            return Err(ProgramError::Empty);
        }
        Ok(Self {
            words,
            folder: folder.canonicalize()?,
            copied: crate::sandbox::copy::is_small(folder, SMALL)?,
            environment: passed_on(std::env::home_dir().as_deref(), |name| {
                std::env::var(name).ok()
            }),
            limits: Limits::default(),
            isolation,
            stop: Arc::default(),
            supervisor: std::env::current_exe()?,
        })
    }

    /// The same with other limits.
    #[must_use]
    pub(crate) fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same with a stop flag: when it becomes true, all running instances are ended.
    #[must_use]
    pub(crate) fn with_stop(self, stop: &Arc<AtomicBool>) -> Self {
        Self { stop: Arc::clone(stop), ..self }
    }

    /// The same, in the folder itself and not in a copy.
    #[must_use]
    pub(crate) fn in_place(self) -> Self {
        Self { copied: false, ..self }
    }

    /// The same with one more variable in its environment.
    #[must_use]
    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns its programming language, if advice differs for that.
    pub(crate) fn source_language(&self) -> Option<SourceLanguage> {
        SourceLanguage::of(&self.words, &self.folder)
    }

    /// Returns whether each start has a copy of the folder of its own. A large folder is not
    /// copied.
    pub(crate) fn is_copied(&self) -> bool {
        self.copied
    }

    /// Returns whether several can run at the same time without seeing each other.
    pub(crate) fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// Returns whether its command contains its port.
    pub(crate) fn takes_port(&self) -> bool {
        self.words.iter().any(|word| word.contains(PORT))
    }

    /// Returns whether the run is being stopped: running programs are ended, and no other is
    /// started.
    pub(crate) fn is_to_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Starts it with its standard streams in pipes.
    pub(crate) fn start(&self, role: &Role, port: u16) -> io::Result<Running> {
        let streams = [Stdio::piped(), Stdio::piped()];
        self.spawn(role, port, streams, Terminals::default(), None)
    }

    /// Starts it with its standard input and output on terminals, so that it reads whole lines and
    /// shows each at once, and standard error in a pipe. With a `kind` of terminal it may use
    /// colours, and draw.
    pub(crate) fn start_showing(
        &self,
        role: &Role,
        port: u16,
        kind: Option<&str>,
    ) -> io::Result<Running> {
        let ((input, keyboard), (output, screen)) = (pty::input()?, pty::output()?);
        self.spawn(role, port, [input, output], Terminals { screen, keyboard }, kind)
    }

    /// The same with its standard input in a pipe: then it edits no line on its screen.
    pub(crate) fn start_showing_piped(
        &self,
        role: &Role,
        port: u16,
        kind: Option<&str>,
    ) -> io::Result<Running> {
        let (output, screen) = pty::output()?;
        let terminals = Terminals { screen, keyboard: None };
        self.spawn(role, port, [Stdio::piped(), output], terminals, kind)
    }

    fn spawn(
        &self,
        role: &Role,
        port: u16,
        [input, output]: [Stdio; 2],
        terminals: Terminals,
        kind: Option<&str>,
    ) -> io::Result<Running> {
        let workdir = self.workdir()?;
        let mut start = self.start_in(&workdir, port);
        let kind = kind.filter(|_| terminals.screen.is_some());
        start.environment.extend(kind.map(|kind| ("TERM".to_owned(), kind.to_owned())));
        let mut command = containment::command(&start, &workdir);
        command.stdin(input).stdout(output).stderr(Stdio::piped());
        role.event(format!("starts: {}", shell_words::join(&self.words)));
        let mut grouped = containment::grouped(command);
        let (child, sandbox) = self.contain(|| grouped.spawn(), workdir)?;
        Running::of(role, child, terminals, sandbox, self.limits)
    }

    /// Starts it on a terminal.
    pub(crate) fn start_on_terminal(
        &self,
        role: &Role,
        port: u16,
    ) -> io::Result<Terminal<Sandbox>> {
        let workdir = self.workdir()?;
        let command = containment::command(&self.start_in(&workdir, port), &workdir);
        role.event(format!("starts on a terminal: {}", shell_words::join(&self.words)));
        Terminal::start_in(role, &command, |spawn| self.contain(spawn, workdir))
    }

    fn contain(
        &self,
        spawn: impl FnOnce() -> io::Result<Box<dyn ChildWrapper>> + Send,
        workdir: WorkDir,
    ) -> io::Result<(Box<dyn ChildWrapper>, Sandbox)> {
        Sandbox::start(spawn, self.limits, self.isolation, &self.stop, workdir)
    }

    fn workdir(&self) -> io::Result<WorkDir> {
        if self.is_to_stop() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        WorkDir::new(self.copied.then_some(&*self.folder))
    }

    /// Returns the command of a start, with its folder and its environment.
    fn start_in(&self, workdir: &WorkDir, port: u16) -> Start {
        let mut environment = self.environment.clone();
        let mut add = |name: &str, value: String| environment.push((name.to_owned(), value));
        for (name, folder) in [("HOME", "home"), ("TMPDIR", "tmp")] {
            add(name, workdir.folder(folder).display().to_string());
        }
        add("LANG", "C.UTF-8".to_owned());
        add("LC_ALL", "C.UTF-8".to_owned());
        let port = port.to_string();
        Start {
            supervisor: self.supervisor.clone(),
            words: self.words.iter().map(|word| word.replace(PORT, &port)).collect(),
            folder: if self.copied { workdir.folder("work") } else { self.folder.clone() },
            environment,
            limits: self.limits,
        }
    }
}

/// Returns those of these variables that are passed on, and the folders in this home for those that
/// are not set.
fn passed_on(
    home: Option<&Path>,
    variable: impl Fn(&str) -> Option<String>,
) -> Vec<(String, String)> {
    let named = |name: &str, value: Option<String>| Some((name.to_owned(), value?));
    let given = PASSED_ON.into_iter().filter_map(|name| named(name, variable(name)));
    let unsaid = AT_HOME.into_iter().filter(|(name, _)| variable(name).is_none());
    let found = unsaid.filter_map(|(name, folder)| {
        let folder = home?.join(folder);
        named(name, folder.is_dir().then(|| folder.display().to_string()))
    });
    given.chain(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_find_what_they_need_without_the_user_s_home() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".cargo")).unwrap();
        let passed = |said: &'static [&str]| {
            let variable = |name: &str| said.contains(&name).then(|| "/opt".to_owned());
            passed_on(Some(home.path()), variable)
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let own = home.path().join(".cargo");
        assert_eq!(passed(&["HOME"]), [pair("CARGO_HOME", own.to_str().unwrap())]);
        assert_eq!(passed(&["CARGO_HOME", "SECRET"]), [pair("CARGO_HOME", "/opt")]);
    }
}
