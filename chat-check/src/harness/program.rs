//! A program that was started, with its standard streams in pipes.

use std::io;
use std::process::{Command, ExitStatus, Stdio};

use chat_drive::failure::Result;
use chat_drive::guard::Guard;
use chat_drive::keys::Keys;
use chat_drive::role::Role;
use chat_drive::transcript::How;
#[cfg(windows)]
use process_wrap::std::JobObject;
#[cfg(unix)]
use process_wrap::std::ProcessGroup;
use process_wrap::std::{ChildWrapper, CommandWrap};

use crate::harness::inbox::Inbox;

/// A running program. Dropping it kills its whole process group.
pub struct Program {
    role: Role,
    child: Box<dyn ChildWrapper>,
    keys: Option<Keys>,
    _guard: Guard,
    /// What it says on standard output.
    pub out: Inbox,
    /// What it says on standard error.
    pub err: Inbox,
}

impl Program {
    #[track_caller]
    pub(crate) fn start(role: Role, command: Command) -> Result<Self> {
        Self::start_writing_to(Stdio::piped(), role, command)
    }

    #[track_caller]
    pub(crate) fn start_writing_to(
        output: Stdio,
        role: Role,
        mut command: Command,
    ) -> Result<Self> {
        role.event(format!("starts: {command:?}"));
        command.stdin(Stdio::piped()).stdout(output).stderr(Stdio::piped());
        let mut grouped = CommandWrap::from(command);
        #[cfg(unix)]
        grouped.wrap(ProcessGroup::leader());
        #[cfg(windows)]
        grouped.wrap(JobObject);
        let mut guard = Guard::start();
        let mut child = role.check(grouped.spawn(), "does not start")?;
        guard.watch(child.id());
        let out = match child.stdout().take() {
            Some(out) => Inbox::new(&role, How::Out, out),
            None => Inbox::new(&role, How::Out, io::empty()),
        };
        let err = match child.stderr().take() {
            Some(err) => Inbox::new(&role, How::Err, err),
            None => return Err(role.failure("has no standard error")),
        };
        let keys = child.stdin().take().map(|input| Keys::new(&role, input));
        Ok(Self { role, child, keys, _guard: guard, out, err })
    }

    /// The process's id, which is its group's as well.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes to its standard input. Does not wait until it is read.
    #[track_caller]
    pub fn type_in(&mut self, text: &str) -> Result {
        match &self.keys {
            Some(keys) => keys.press(&self.role, text),
            None => Err(self.role.failure("has no input any more")),
        }
    }

    /// Closes its standard input, behind what was typed.
    pub fn end_input(&mut self) {
        self.role.event("its input ends");
        self.keys = None;
    }

    /// Sends a signal to it and to what it has started.
    #[cfg(unix)]
    #[track_caller]
    pub fn signal(&self, signal: i32) -> Result {
        self.role.event(format!("is sent signal {signal}"));
        self.role.check(self.child.signal(signal), "cannot be signalled")
    }

    /// Kills it at once, with what it has started.
    #[track_caller]
    pub fn kill(&mut self) -> Result {
        self.role.event("is killed");
        self.role.check(self.child.start_kill(), "cannot be killed")?;
        self.wait().map(drop)
    }

    /// Waits until it has ended by itself.
    #[track_caller]
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.role.ended(|| self.child.try_wait())
    }

    /// It ends by itself, with this exit status.
    #[track_caller]
    pub fn expect_exit(&mut self, code: i32) -> Result {
        let status = self.wait()?;
        if status.code() == Some(code) {
            Ok(())
        } else {
            Err(self.role.failure(format!("should exit with {code}, but: {status}")))
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // What it has started may go on when it has ended.
        let _ = self.child.start_kill();
        let _ = self.child.wait();
    }
}
