//! Containment on Linux: a [supervisor](crate::sandbox::supervisor), and a thread that watches what
//! all processes of a program use together.

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

use chat_drive::child::{ChildWrapper, CommandWrap, Containment};
use chat_drive::process;
use rustix::process::Signal;

use crate::sandbox::containment::Start;
use crate::sandbox::isolation::Isolation;
use crate::sandbox::limits::Limits;
use crate::sandbox::supervisor::Supervise;
use crate::sandbox::workdir::WorkDir;
use crate::text::Words;

/// Polling interval for a program's limits.
const WATCH: Duration = Duration::from_millis(50);

/// The command that starts a program within its limits.
pub(crate) fn command(start: &Start, workdir: &WorkDir) -> Command {
    let mut command = Command::new(&start.supervisor);
    let mut environment = OsString::new();
    command.args(Supervise::words(workdir.path(), &start.limits));
    for (name, value) in &start.environment {
        environment.clear();
        environment.push(format!("{name}="));
        environment.push(value);
        command.arg("--env").arg(&environment);
    }
    command.arg("--").args(&start.words).current_dir(&start.folder);
    command
}

/// Nothing to do here: the supervisor leads a session.
pub(crate) fn grouped(command: Command) -> CommandWrap {
    CommandWrap::from(command)
}

/// Watches the resources of a program and all that it has started, and ends them when they exceed a
/// limit. Dropping it ends the watch, not the program.
pub(crate) struct Watch {
    supervisor: u32,
    isolation: Isolation,
    over: Arc<AtomicBool>,
    exceeded: Arc<OnceLock<Words>>,
    watcher: Thread,
}

impl Watch {
    /// Starts a supervisor in a process tree of its own, and watches it. It is ended as well when
    /// `stop` becomes true.
    pub(crate) fn start(
        spawn: impl FnOnce() -> io::Result<Box<dyn ChildWrapper>> + Send,
        limits: Limits,
        isolation: Isolation,
        stop: Arc<AtomicBool>,
    ) -> io::Result<(Box<dyn ChildWrapper>, Self)> {
        let child = isolation.start_tree(spawn)?;
        let watch = Self::over(child.id(), limits, isolation, stop);
        Ok((child, watch))
    }

    fn over(supervisor: u32, limits: Limits, isolation: Isolation, stop: Arc<AtomicBool>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let exceeded = Arc::new(OnceLock::new());
        let (is_over, excess) = (Arc::clone(&over), Arc::clone(&exceeded));
        let watching = thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                let too_much = self::excess(supervisor, &limits);
                let end = too_much.is_some() || stop.load(Ordering::Relaxed);
                // The reason is recorded before the program is ended.
                if let Some(why) = too_much {
                    let _ = excess.set(why);
                }
                if end && !is_over.load(Ordering::Relaxed) {
                    return kill(supervisor, isolation);
                }
                thread::park_timeout(WATCH);
            }
        });
        let watcher = watching.thread().clone();
        Self { supervisor, isolation, over, exceeded, watcher }
    }

    /// The limit that was exceeded, once one is.
    pub(crate) fn exceeded(&self) -> &Arc<OnceLock<Words>> {
        &self.exceeded
    }
}

impl Containment for Watch {
    /// Kills the program and all that it has started. The caller waits for the supervisor.
    fn kill(&self, _child: &mut dyn ChildWrapper) {
        if !self.over.load(Ordering::Relaxed) {
            kill(self.supervisor, self.isolation);
        }
    }

    /// Called after the supervisor was waited for: its process id may be reused from now on.
    fn ended(&self) {
        self.over.store(true, Ordering::Relaxed);
        self.watcher.unpark();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ended();
    }
}

/// In a process tree of its own no process outlives the supervisor. Elsewhere the supervisor is
/// killed last, because the processes that its program leaves behind are found through it.
fn kill(supervisor: u32, isolation: Isolation) {
    if isolation == Isolation::Shared {
        process::kill_descendants(supervisor);
    }
    process::send(supervisor, Signal::KILL);
}

/// Returns the first limit that a supervisor's program exceeds.
fn excess(supervisor: u32, limits: &Limits) -> Option<Words> {
    let tree = process::tree(supervisor).split_off(1);
    if tree.len() > limits.processes {
        let most = limits.processes;
        return Some(Words::new(
            format!("tenía más de {most} procesos a la vez y fue detenido"),
            format!("had more than {most} processes at a time and was ended"),
        ));
    }
    let threads: usize = tree.iter().filter_map(|id| process::threads(*id).ok()).sum();
    let most = limits.threads();
    if threads > most {
        return Some(Words::new(
            format!("tenía más de {most} hilos a la vez y fue detenido"),
            format!("had more than {most} threads at a time and was ended"),
        ));
    }
    let cpu: Duration =
        tree.iter().chain([&supervisor]).filter_map(|id| process::cpu_with_ended(*id).ok()).sum();
    if cpu > limits.cpu {
        let most = limits.cpu.as_secs_f64();
        return Some(Words::new(
            format!("usó más de {most} s de procesador y fue detenido"),
            format!("used more than {most} s of processor time and was ended"),
        ));
    }
    let memory = |of: fn(u32) -> std::io::Result<u64>| -> u64 {
        tree.iter().filter_map(|id| of(*id).ok()).sum()
    };
    // Memory that forked processes share counts for each of them in the first sum, which is cheap.
    let over =
        memory(process::resident) > limits.memory && memory(process::proportional) > limits.memory;
    let most = limits.memory >> 20;
    over.then(|| {
        Words::new(
            format!("usaba más de {most} MiB de memoria y fue detenido"),
            format!("used more than {most} MiB of memory and was ended"),
        )
    })
}
