//! A running program with its standard streams in pipes.

use std::io;
use std::process::{Command, ExitStatus, Stdio};

use chat_drive::child::{Child, Group};
use chat_drive::failure::Result;
use chat_drive::keys::Keys;
use chat_drive::role::Role;
use chat_drive::transcript::How;

use crate::harness::lines::Lines;

/// A running program. Dropping it kills its whole process group.
pub struct Program {
    child: Child,
    /// The lines of its standard output.
    pub out: Lines,
    /// The lines of its standard error.
    pub err: Lines,
}

impl Program {
    #[track_caller]
    pub(crate) fn start(role: &Role, command: Command) -> Result<Self> {
        Self::start_between([Stdio::piped(), Stdio::piped()], role, command)
    }

    /// Starts it with this standard input and this standard output.
    #[track_caller]
    pub(crate) fn start_between(
        [input, output]: [Stdio; 2],
        role: &Role,
        mut command: Command,
    ) -> Result<Self> {
        role.event(format!("starts: {command:?}"));
        command.stdin(input).stdout(output).stderr(Stdio::piped());
        let mut grouped = Group::command(command);
        let started = Group::around(|| grouped.spawn());
        let (mut process, group) = role.check(started, "does not start")?;
        let out = match process.stdout().take() {
            Some(out) => Lines::new(role, How::Out, out),
            None => Lines::new(role, How::Out, io::empty()),
        };
        let err = match process.stderr().take() {
            Some(err) => Lines::new(role, How::Err, err),
            None => return Err(role.failure("has no standard error")),
        };
        let keys = process.stdin().take().map(|input| Keys::new(role, input));
        Ok(Self { child: Child::new(role, process, keys, group), out, err })
    }

    /// The process id, which is also the id of its process group.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes to its standard input. Does not wait until it is read.
    #[track_caller]
    pub fn type_in(&mut self, text: &str) -> Result {
        match self.child.keys() {
            Some(keys) => keys.press(self.child.role(), text),
            None => Err(self.child.role().failure("has no input any more")),
        }
    }

    /// Closes its standard input, after everything that was typed.
    pub fn end_input(&mut self) {
        self.child.end_input();
    }

    /// Sends a signal to the program's process group.
    #[cfg(unix)]
    #[track_caller]
    pub fn signal(&self, signal: i32) -> Result {
        let role = self.child.role();
        role.event(format!("is sent signal {signal}"));
        role.check(self.child.signal(signal), "cannot be signalled")
    }

    /// Kills the program's process group at once.
    #[track_caller]
    pub fn kill(&mut self) -> Result {
        self.child.role().event("is killed");
        self.child.kill();
        self.wait().map(drop)
    }

    /// Waits until the program ends by itself.
    #[track_caller]
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.child.wait()
    }

    /// Checks that the program ends by itself with this exit status.
    #[track_caller]
    pub fn expect_exit(&mut self, code: i32) -> Result {
        self.child.expect_exit(code)
    }
}
