//! Containment where there is no `/proc`: a process group, or a job. There are no limits but those
//! of the output.

use std::io;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use chat_drive::child::{ChildWrapper, CommandWrap, Containment, Group};

use crate::sandbox::containment::Start;
use crate::sandbox::isolation::Isolation;
use crate::sandbox::limits::Limits;
use crate::sandbox::workdir::WorkDir;
use crate::text::Words;

/// The command that starts a program.
pub(crate) fn command(start: &Start, _workdir: &WorkDir) -> Command {
    let mut command = Command::new(&start.words[0]);
    command.args(&start.words[1..]).current_dir(&start.folder);
    command.env_clear().envs(start.environment.iter().map(|(name, value)| (name, value)));
    command
}

/// Makes the command lead a group, with all that it will start.
pub(crate) fn grouped(command: Command) -> CommandWrap {
    Group::command(command)
}

/// A program's process group, or job. Its use of resources is not watched.
pub(crate) struct Watch {
    exceeded: Arc<OnceLock<Words>>,
    group: Group,
}

impl Watch {
    /// Starts a program.
    pub(crate) fn start(
        spawn: impl FnOnce() -> io::Result<Box<dyn ChildWrapper>> + Send,
        _limits: Limits,
        _isolation: Isolation,
        _stop: Arc<AtomicBool>,
    ) -> io::Result<(Box<dyn ChildWrapper>, Self)> {
        let (child, group) = Group::around(spawn)?;
        Ok((child, Self { exceeded: Arc::default(), group }))
    }

    /// The limit that was exceeded: never set here.
    pub(crate) fn exceeded(&self) -> &Arc<OnceLock<Words>> {
        &self.exceeded
    }
}

impl Containment for Watch {
    fn kill(&self, child: &mut dyn ChildWrapper) {
        self.group.kill(child);
    }
}
