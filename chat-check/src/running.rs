//! A program that was started from a subject.

use std::fs::File;
use std::io;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::guard::Guard;
use crate::intake::Intake;
use crate::interrupt;
use crate::isolation::Isolation;
use crate::keys::Keys;
use crate::process;
use crate::role::Role;
use crate::sockets::{self, Socket};
use crate::subject::Limits;
use crate::text::Words;
use crate::transcript::How;

/// A running program. Dropping it kills it and all that it has started.
pub struct Running {
    role: Role,
    /// The keeper's id.
    id: u32,
    isolation: Isolation,
    held: Arc<Mutex<Held>>,
    keys: Option<Keys>,
    trace: Arc<Trace>,
}

/// What lives as long as the program does.
pub(crate) struct Held {
    pub(crate) child: Child,
    pub(crate) _guard: Guard,
    pub(crate) _home: TempDir,
}

/// What remains of a program when it is gone.
pub struct Trace {
    /// Its standard output.
    pub out: Arc<Intake>,
    /// Its standard error.
    pub err: Arc<Intake>,
    /// How it ended by itself, if it did.
    ended: OnceLock<ExitStatus>,
    /// The limit that it went over, if it did.
    exceeded: OnceLock<Words>,
}

/// How often it is looked whether a program keeps to its limits.
const WATCH: Duration = Duration::from_millis(50);

/// How often it is looked whether a program has ended.
const POLL: Duration = Duration::from_millis(3);

impl Running {
    /// Its standard output is in a pipe, or on this terminal.
    pub(crate) fn of(
        role: &Role,
        mut held: Held,
        screen: Option<File>,
        limits: Limits,
        isolation: Isolation,
    ) -> Self {
        let empty = || Box::new(io::empty()) as Box<dyn io::Read + Send>;
        let out = match screen {
            Some(screen) => Box::new(screen),
            None => held.child.stdout.take().map_or_else(empty, |out| Box::new(out)),
        };
        let err = held.child.stderr.take().map_or_else(empty, |err| Box::new(err));
        let trace = Arc::new(Trace {
            out: Intake::of(role, How::Out, out, limits.output),
            err: Intake::of(role, How::Err, err, limits.output),
            ended: OnceLock::new(),
            exceeded: OnceLock::new(),
        });
        let keys = held.child.stdin.take().map(|input| Keys::new(role, input));
        let id = held.child.id();
        let held = Arc::new(Mutex::new(held));
        let (watched, seen) = (Arc::downgrade(&held), Arc::downgrade(&trace));
        thread::spawn(move || {
            while let (Some(_), Some(trace)) = (watched.upgrade(), seen.upgrade()) {
                if let Some(excess) = excess(id, &limits) {
                    let _ = trace.exceeded.set(excess);
                    kill_all(id, isolation);
                    return;
                }
                drop(trace);
                thread::sleep(WATCH);
            }
        });
        Self { role: role.clone(), id, isolation, held, keys, trace }
    }

    /// What it has said, and what became of it.
    pub fn trace(&self) -> &Arc<Trace> {
        &self.trace
    }

    /// Writes to its standard input. Does not wait until it is read; one that reads no more misses
    /// it.
    pub fn type_in(&self, text: &str) {
        if let Some(keys) = &self.keys {
            let _ = keys.press(&self.role, text);
        }
    }

    /// Closes its standard input, behind what was typed.
    pub fn end_input(&mut self) {
        self.role.event("its input ends");
        self.keys = None;
    }

    /// Its processes: the program, and all that it has started.
    pub fn tree(&self) -> Vec<u32> {
        process::tree(self.id).split_off(1)
    }

    /// The TCP sockets that it has open.
    pub fn sockets(&self) -> Vec<Socket> {
        sockets::of_tree(self.id).unwrap_or_default()
    }

    /// How many descriptors it has open.
    pub fn descriptors(&self) -> usize {
        self.tree().into_iter().filter_map(|id| process::descriptors(id).ok()).sum()
    }

    /// How many threads it has.
    pub fn threads(&self) -> usize {
        self.tree().into_iter().filter_map(|id| process::threads(id).ok()).sum()
    }

    /// How much processor time it has used.
    pub fn cpu(&self) -> Duration {
        self.tree().into_iter().filter_map(|id| process::cpu(id).ok()).sum()
    }

    /// Sends a signal to the program and what it has started, as a terminal does.
    pub fn signal(&self, signal: Signal) {
        self.role.event(format!("is sent {signal:?}"));
        self.tree().into_iter().for_each(|id| send(id, signal));
    }

    /// Whether it has ended by itself, and how.
    pub fn ended(&self) -> Option<ExitStatus> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let status = held.child.try_wait().ok().flatten()?;
        if self.trace.ended.set(status).is_ok() {
            self.role.event(format!("ended: {status}"));
        }
        Some(status)
    }

    /// Waits until it has ended, for as long as patience lasts.
    pub fn wait(&self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        loop {
            match self.ended() {
                Some(status) => return Some(status),
                None if Instant::now() < deadline && !interrupt::is_wanted() => {
                    thread::sleep(POLL);
                }
                None => return None,
            }
        }
    }

    /// Kills it, and all that it has started, and waits until they are gone.
    pub fn kill(&self) {
        if self.ended().is_none() {
            kill_all(self.id, self.isolation);
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = held.child.wait();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Trace {
    /// How the program ended by itself, if it did.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.ended.get().copied()
    }

    /// The limit that it went over, if it did.
    pub fn exceeded(&self) -> Option<&Words> {
        self.exceeded.get()
    }
}

/// The first limit that a keeper's program is over.
fn excess(keeper: u32, limits: &Limits) -> Option<Words> {
    let tree = process::tree(keeper);
    if tree.len() > limits.processes {
        let most = limits.processes;
        return Some(Words::new(
            format!("tenía más de {most} procesos a la vez"),
            format!("had more than {most} processes at a time"),
        ));
    }
    let memory: u64 = tree[1..].iter().filter_map(|id| process::resident(*id).ok()).sum();
    let most = limits.memory >> 20;
    (memory > limits.memory).then(|| {
        Words::new(
            format!("usaba más de {most} MiB de memoria"),
            format!("used more than {most} MiB of memory"),
        )
    })
}

/// In a tree of its own nobody outlives the keeper. Elsewhere all are stopped before they are
/// killed, so that none can start another meanwhile.
fn kill_all(keeper: u32, isolation: Isolation) {
    if isolation == Isolation::Shared {
        let mut stopped = Vec::new();
        loop {
            let mut tree = process::tree(keeper).split_off(1);
            tree.retain(|id| !stopped.contains(id));
            if tree.is_empty() {
                break;
            }
            tree.iter().for_each(|id| send(*id, Signal::STOP));
            stopped.extend(tree);
        }
        stopped.into_iter().for_each(|id| send(id, Signal::KILL));
    }
    send(keeper, Signal::KILL);
}

fn send(id: u32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(id.cast_signed()) {
        // It may be gone already.
        let _ = kill_process(pid, signal);
    }
}
