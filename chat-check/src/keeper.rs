//! The keeper: a process between the checker and a program.
//!
//! It gives the program its limits and its own session, gathers what the program leaves behind
//! (it is their new parent), and ends when the last of them has. In a process tree of its own it
//! is the first process: when it is killed, the system kills everything that the program started,
//! however it tried to get away.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;

/// What a keeper is told.
#[derive(Args, Clone, Debug)]
pub struct Keep {
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

/// The exit status of a keeper whose program cannot be started.
pub const CANNOT_START: u8 = 127;

impl Keep {
    /// The arguments of a keeper, behind its name.
    pub fn words(file_size: u64, cpu: u64) -> [String; 5] {
        let words = ["keep", "--file-size", &file_size.to_string(), "--cpu", &cpu.to_string()];
        words.map(str::to_owned)
    }

    /// Runs the program. The status is the program's own, or 128 and the number of the signal that
    /// ended it.
    #[cfg(target_os = "linux")]
    pub fn run(&self) -> ExitCode {
        match linux::run(self) {
            Ok(code) => ExitCode::from(code),
            Err(error) => {
                eprintln!("chat-check: {}: {error}", self.command[0].display());
                ExitCode::from(CANNOT_START)
            }
        }
    }

    /// There are no keepers elsewhere.
    #[cfg(not(target_os = "linux"))]
    pub fn run(&self) -> ExitCode {
        ExitCode::from(CANNOT_START)
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::process::Command;

    use rustix::process::{
        Resource, Rlimit, WaitOptions, WaitStatus, getpid, set_child_subreaper, setrlimit, setsid,
        wait,
    };

    use super::Keep;

    pub(super) fn run(keep: &Keep) -> io::Result<u8> {
        // On a terminal it leads a session already, and keeps it.
        let _ = setsid();
        set_child_subreaper(Some(getpid()))?;
        for (resource, most) in
            [(Resource::Fsize, keep.file_size), (Resource::Cpu, keep.cpu), (Resource::Core, 0)]
        {
            setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
        }
        // Signals of a terminal are for the program. It is not to inherit that they are ignored,
        // so they are handled, by nothing.
        ctrlc::set_handler(|| {}).map_err(io::Error::other)?;
        let mut command = Command::new(&keep.command[0]);
        let variables = keep.env.iter().filter_map(|variable| variable.split_once('='));
        let terminal = std::env::var("TERM").ok();
        command.env_clear().envs(variables).envs(terminal.map(|kind| ("TERM", kind)));
        let child = command.args(&keep.command[1..]).spawn()?;
        gather(child.id())
    }

    /// Waits for everybody, and returns what became of the program itself.
    fn gather(program: u32) -> io::Result<u8> {
        let mut status = 0;
        loop {
            match wait(WaitOptions::empty()) {
                Ok(Some((id, ended))) if id.as_raw_pid().cast_unsigned() == program => {
                    status = code(ended);
                }
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
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
