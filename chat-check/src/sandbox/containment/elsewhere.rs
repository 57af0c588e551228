//! How a program is kept where there is no `/proc`: in a process group, or in a job. There are no
//! limits but those of its output.

use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use chat_drive::guard::Guard;
#[cfg(windows)]
use process_wrap::std::JobObject;
#[cfg(unix)]
use process_wrap::std::ProcessGroup;
use process_wrap::std::{ChildWrapper, CommandWrap};

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

/// With all that it will start.
pub(crate) fn grouped(command: Command) -> CommandWrap {
    let mut grouped = CommandWrap::from(command);
    #[cfg(unix)]
    grouped.wrap(ProcessGroup::leader());
    #[cfg(windows)]
    grouped.wrap(JobObject);
    grouped
}

/// Ends a program's group when this process ends.
pub(crate) struct Watch {
    exceeded: Arc<OnceLock<Words>>,
    _guard: Guard,
}

impl Watch {
    /// Begins.
    pub(crate) fn over(
        group: u32,
        _limits: Limits,
        _isolation: Isolation,
        _stop: Arc<AtomicBool>,
    ) -> Self {
        let mut guard = Guard::start();
        guard.watch(group);
        Self { exceeded: Arc::default(), _guard: guard }
    }

    /// The limit that was exceeded: there are none.
    pub(crate) fn exceeded(&self) -> &Arc<OnceLock<Words>> {
        &self.exceeded
    }

    /// The program was waited for.
    pub(crate) fn ends(&self) {}

    /// Kills the program and its group. Whoever calls waits for it.
    pub(crate) fn kill(&self, child: &mut dyn ChildWrapper) {
        // It may be gone already.
        let _ = child.start_kill();
    }

    /// A terminal ends its own group.
    pub(crate) fn kill_keeper(&self) {}
}
