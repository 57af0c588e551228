//! Containment of a program: how it is started within its limits, watched, and ended.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use chat_drive::child::{ChildWrapper, Containment};

#[cfg(not(target_os = "linux"))]
use self::elsewhere::Watch;
#[cfg(not(target_os = "linux"))]
pub(crate) use self::elsewhere::{command, grouped};
#[cfg(target_os = "linux")]
use self::linux::Watch;
#[cfg(target_os = "linux")]
pub(crate) use self::linux::{command, grouped};
use crate::sandbox::isolation::Isolation;
use crate::sandbox::limits::Limits;
use crate::sandbox::supervisor::SIGNAL;
use crate::sandbox::workdir::WorkDir;
use crate::text::Words;

/// Containment of a started program: watches it, and holds its working directory.
pub(crate) struct Sandbox {
    /// Ends the program when it exceeds a limit.
    watch: Watch,
    /// Removed once all processes are gone.
    workdir: WorkDir,
}

impl Sandbox {
    /// The limit that was exceeded, once one is.
    pub(crate) fn exceeded(&self) -> &Arc<OnceLock<Words>> {
        self.watch.exceeded()
    }

    /// The file with the signal that ended the program, if one did.
    pub(crate) fn signal(&self) -> PathBuf {
        self.workdir.folder(SIGNAL)
    }

    /// Starts a program in a sandbox. It is ended as well when `stop` becomes true.
    pub(crate) fn start(
        spawn: impl FnOnce() -> io::Result<Box<dyn ChildWrapper>> + Send,
        limits: Limits,
        isolation: Isolation,
        stop: &Arc<AtomicBool>,
        workdir: WorkDir,
    ) -> io::Result<(Box<dyn ChildWrapper>, Self)> {
        let (child, watch) = Watch::start(spawn, limits, isolation, Arc::clone(stop))?;
        Ok((child, Self { watch, workdir }))
    }
}

impl Containment for Sandbox {
    fn kill(&self, child: &mut dyn ChildWrapper) {
        self.watch.kill(child);
    }

    fn ended(&self) {
        self.watch.ended();
    }
}

/// The command of a program to start.
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "where there are no keepers, nobody enforces limits")
)]
pub(crate) struct Start {
    /// The program that starts it as a supervisor.
    pub(crate) supervisor: PathBuf,
    /// Its name and its arguments.
    pub(crate) words: Vec<String>,
    /// Its working directory.
    pub(crate) folder: PathBuf,
    /// Its whole environment.
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) limits: Limits,
}
