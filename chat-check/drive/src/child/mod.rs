//! Child process: its standard input, its exit, and the end of all that it has started.

mod guard;

use std::io;
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(windows)]
use process_wrap::std::JobObject;
#[cfg(unix)]
use process_wrap::std::ProcessGroup;
pub use process_wrap::std::{ChildWrapper, CommandWrap};

use self::guard::Guard;
use crate::failure::Result;
use crate::keys::Keys;
use crate::role::Role;

/// Containment of a child: nothing that it has started outlives it.
pub trait Containment {
    /// Kills the child and all that it has started. The caller waits for the child.
    fn kill(&self, child: &mut dyn ChildWrapper);

    /// Called after the child was waited for: its process id may be reused from now on.
    fn ended(&self) {}
}

/// A process group, or a job object on Windows. It is killed too when this process is killed.
pub struct Group {
    #[cfg(unix)]
    id: u32,
    _guard: Guard,
}

impl Group {
    /// The command as the leader of a group of its own.
    pub fn command(command: Command) -> CommandWrap {
        let mut grouped = CommandWrap::from(command);
        #[cfg(unix)]
        grouped.wrap(ProcessGroup::leader());
        #[cfg(windows)]
        grouped.wrap(JobObject);
        grouped
    }

    /// Starts the leader of a group or a session of its own. The guard starts first, so that the
    /// child is guarded from its first moment.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn around(
        start: impl FnOnce() -> io::Result<Box<dyn ChildWrapper>>,
    ) -> io::Result<(Box<dyn ChildWrapper>, Self)> {
        let mut guard = Guard::start();
        let child = start()?;
        guard.watch(child.id());
        let group = Self {
            #[cfg(unix)]
            id: child.id(),
            _guard: guard,
        };
        Ok((child, group))
    }
}

impl Containment for Group {
    fn kill(&self, child: &mut dyn ChildWrapper) {
        #[cfg(unix)]
        if let Some(group) = rustix::process::Pid::from_raw(self.id.cast_signed()) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        // It may be gone already.
        let _ = child.start_kill();
    }
}

/// A running child process. Dropping it kills it, and all that it has started.
pub struct Child<C: Containment = Group> {
    role: Role,
    id: u32,
    process: Mutex<Box<dyn ChildWrapper>>,
    keys: Option<Keys>,
    containment: C,
}

impl<C: Containment> Child<C> {
    /// Makes a child of a process that was started and the keyboard for its input.
    pub fn new(
        role: &Role,
        process: Box<dyn ChildWrapper>,
        keys: Option<Keys>,
        containment: C,
    ) -> Self {
        let id = process.id();
        Self { role: role.clone(), id, process: Mutex::new(process), keys, containment }
    }

    /// Process id, which is its group's as well.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Its role in the transcript.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// Returns the child's standard input, until it is closed.
    pub fn keys(&self) -> Option<&Keys> {
        self.keys.as_ref()
    }

    /// Ends its standard input, behind what was typed.
    pub fn end_input(&mut self) {
        self.role.event("its input ends");
        self.keys = None;
    }

    /// Returns the exit status, once the child has ended.
    ///
    /// # Errors
    ///
    /// The system does not report it.
    pub fn ended(&self) -> io::Result<Option<ExitStatus>> {
        let status = self.process().try_wait()?;
        if status.is_some() {
            self.containment.ended();
        }
        Ok(status)
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    ///
    /// It still runs when patience ends.
    #[track_caller]
    pub fn wait(&self) -> Result<ExitStatus> {
        self.role.ended(|| self.ended())
    }

    /// Waits until it ends by itself with this exit status.
    ///
    /// # Errors
    ///
    /// It still runs when patience ends, or its status is another one.
    #[track_caller]
    pub fn expect_exit(&self, code: i32) -> Result {
        let status = self.wait()?;
        if status.code() == Some(code) {
            Ok(())
        } else {
            Err(self.role.failure(format!("should exit with {code}, but: {status}")))
        }
    }

    /// Sends a signal to its process group.
    ///
    /// # Errors
    ///
    /// It is gone.
    #[cfg(unix)]
    pub fn signal(&self, signal: i32) -> io::Result<()> {
        self.process().signal(signal)
    }

    /// Kills it, and all that it has started, and waits until they are gone.
    pub fn kill(&self) {
        let mut process = self.process();
        self.containment.kill(process.as_mut());
        let _ = process.wait();
        self.containment.ended();
    }

    fn process(&self) -> MutexGuard<'_, Box<dyn ChildWrapper>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Containment> Drop for Child<C> {
    fn drop(&mut self) {
        self.kill();
    }
}
