//! Supervisor: a process between the checker and a tested program.
//!
//! It sets the program's limits and its session, adopts the processes that the program leaves
//! behind, and ends when the last of them has. In a process tree of its own it is the first
//! process: when it is killed, the system kills everything that the program started. When the
//! checker is gone, for any reason, it ends the program and what is left of it, and removes its
//! folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::sandbox::limits::Limits;

/// Arguments of a supervisor.
#[derive(Args, Clone, Debug)]
pub(crate) struct Supervise {
    /// The folder made for the program; the checker holds a lock in it.
    #[arg(long)]
    workdir: PathBuf,
    /// Longest file that the program may write, in bytes.
    #[arg(long)]
    file_size: u64,
    /// Processor time that each of its processes may use, in seconds.
    #[arg(long)]
    cpu: u64,
    /// A variable of its environment, NAME=VALUE. It has no others, but for the kind of terminal.
    #[arg(long)]
    env: Vec<String>,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// The file in a program's folder with the number of the signal that ended it. A program may end
/// with any status by itself.
pub(crate) const SIGNAL: &str = "signal";

/// The exit status of a supervisor when its program cannot be started.
pub(crate) const CANNOT_START: u8 = 127;

impl Supervise {
    /// The arguments of a supervisor, behind its name.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "there are no supervisors"))]
    pub(crate) fn words(workdir: &Path, limits: &Limits) -> [OsString; 7] {
        let (file_size, cpu) = (limits.file_size.to_string(), limits.cpu.as_secs() + 1);
        [
            "run-contained".into(),
            "--workdir".into(),
            workdir.into(),
            "--file-size".into(),
            file_size.into(),
            "--cpu".into(),
            cpu.to_string().into(),
        ]
    }

    /// Runs the program. The status is the program's own, or 128 and the number of the signal that
    /// ended it, which is then in the file [`SIGNAL`] as well.
    #[cfg(target_os = "linux")]
    pub(crate) fn run(&self) -> ExitCode {
        match linux::run(self) {
            Ok(code) => ExitCode::from(code),
            Err(error) => {
                eprintln!("chat-check: {}: {error}", self.command[0].display());
                ExitCode::from(CANNOT_START)
            }
        }
    }

    /// Fails: there are no supervisors on this system.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn run(&self) -> ExitCode {
        ExitCode::from(CANNOT_START)
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, File};
    use std::io;
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::{self, Child, Command};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    use nix::mount::{MsFlags, mount};
    use nix::sched::{CloneFlags, unshare};
    use rustix::process::{
        Resource, Rlimit, WaitOptions, WaitStatus, getpid, set_child_subreaper, setrlimit, setsid,
        wait,
    };
    use rustix::termios::tcgetpgrp;

    use super::{CANNOT_START, SIGNAL, Supervise};
    use crate::sandbox::workdir::{self, HELD};

    pub(super) fn run(options: &Supervise) -> io::Result<u8> {
        // On a terminal it leads a session already.
        let _ = setsid();
        set_child_subreaper(Some(getpid()))?;
        for (resource, most) in [
            (Resource::Fsize, options.file_size),
            (Resource::Cpu, options.cpu),
            (Resource::Core, 0),
        ] {
            setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
        }
        if process::id() == 1 {
            // Where the system does not allow it, programs see the machine's processes.
            let _ = show_own_processes();
        }
        // When memory runs out, the system must end the program's processes and no others.
        let _ = fs::write("/proc/self/oom_score_adj", "1000");
        let held = File::open(options.workdir.join(HELD))?;
        let folder = options.workdir.clone();
        thread::spawn(move || outlive(&held, &folder));
        // Signals of a terminal are for the program. The program would inherit that they are
        // ignored, so they get an empty handler.
        ctrlc::set_handler(|| {}).map_err(io::Error::other)?;
        let mut command = Command::new(&options.command[0]);
        let variables = options.env.iter().filter_map(|variable| variable.split_once('='));
        let terminal = std::env::var("TERM").ok();
        command.env_clear().envs(variables).envs(terminal.map(|kind| ("TERM", kind)));
        if tcgetpgrp(io::stdin()).is_err() {
            // It has no terminal of its own. So the group can be stopped at once, without its
            // supervisor.
            command.process_group(0);
        }
        let child = start(command.args(&options.command[1..]))?;
        let ended = gather(child.id())?;
        if let Some(signal) = ended.and_then(WaitStatus::terminating_signal) {
            fs::write(options.workdir.join(SIGNAL), signal.to_string())?;
        }
        Ok(ended.map_or(0, code))
    }

    /// Shows the processes of this tree in `/proc`, instead of the machine's.
    fn show_own_processes() -> nix::Result<()> {
        unshare(CloneFlags::CLONE_NEWNS)?;
        let nothing = None::<&str>;
        mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing)?;
        mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), nothing)
    }

    /// Starts the program. Its file may be open for writing for a moment still: in a process that
    /// the checker was starting while it copied the file, and that has not been executed yet.
    fn start(command: &mut Command) -> io::Result<Child> {
        let patience = Instant::now() + BUSY;
        loop {
            match command.spawn() {
                Err(error)
                    if error.kind() == io::ErrorKind::ExecutableFileBusy
                        && Instant::now() < patience =>
                {
                    thread::sleep(MOMENT);
                }
                started => return started,
            }
        }
    }

    /// Maximum time for which a file to execute may be busy.
    const BUSY: Duration = Duration::from_secs(5);
    /// Time between two attempts to execute it.
    const MOMENT: Duration = Duration::from_millis(2);

    /// True once the checker is gone.
    static ENDS: AtomicBool = AtomicBool::new(false);

    /// Waits until the checker is gone, and then ends everything.
    fn outlive(held: &File, folder: &Path) {
        if held.lock_shared().is_err() {
            return;
        }
        // When the first process of a tree ends, the system ends the others.
        ENDS.store(true, Ordering::Relaxed);
        if process::id() != 1 {
            chat_drive::process::kill_descendants(process::id());
        }
        workdir::remove(folder);
        process::exit(CANNOT_START.into());
    }

    /// Waits for all children, and returns the end of the program itself.
    fn gather(program: u32) -> io::Result<Option<WaitStatus>> {
        let mut status = None;
        loop {
            match wait(WaitOptions::empty()) {
                Ok(Some((id, ended))) if id.as_raw_pid().cast_unsigned() == program => {
                    status = Some(ended);
                }
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                // The other thread still has to remove the folder, and ends this process.
                Err(rustix::io::Errno::CHILD) if ENDS.load(Ordering::Relaxed) => thread::park(),
                Err(rustix::io::Errno::CHILD) => return Ok(status),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn code(ended: WaitStatus) -> u8 {
        let code = match (ended.exit_status(), ended.terminating_signal()) {
            (Some(code), _) => code,
            (None, Some(signal)) => 128 + signal,
            (None, None) => 0,
        };
        u8::try_from(code).unwrap_or(u8::MAX)
    }
}
