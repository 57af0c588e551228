//! Guard of a process group: kills it when this process itself is killed.

/// A shell that waits until this process is gone, and then kills a process group.
#[cfg(unix)]
pub(super) struct Guard(Option<std::process::Child>);

#[cfg(unix)]
impl Guard {
    /// Starts the shell. That comes first: what is started then is guarded from its first moment.
    pub(super) fn start() -> Self {
        use std::os::unix::process::CommandExt;
        use std::process::{Command, Stdio};

        // The pipe ends when the last of its writers does, which is this process.
        let shell = Command::new("sh")
            .args(["-c", "read -r group && ! read -r _ && kill -9 \"-$group\""])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        Self(shell.ok())
    }

    /// Sets the process group to guard. If the shell does not run, there is no guard.
    pub(super) fn watch(&mut self, group: u32) {
        use std::io::Write;

        if let Some(pipe) = self.0.as_mut().and_then(|shell| shell.stdin.as_mut()) {
            let _ = writeln!(pipe, "{group}");
        }
    }
}

#[cfg(unix)]
impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(shell) = &mut self.0 {
            // Killed before its pipe ends, so that it kills no other process.
            let _ = shell.kill();
            let _ = shell.wait();
        }
    }
}

/// Guard on Windows: a job object does the work.
#[cfg(windows)]
pub(super) struct Guard;

#[cfg(windows)]
impl Guard {
    pub(super) fn start() -> Self {
        Self
    }

    pub(super) fn watch(&mut self, _group: u32) {}
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};

    use super::*;

    fn sleeper() -> Child {
        Command::new("sleep").arg("1000").process_group(0).spawn().expect("sleep")
    }

    #[test]
    fn kills_the_group_when_the_pipe_ends() {
        let mut sleeper = sleeper();
        let mut guard = Guard::start();
        guard.watch(sleeper.id());
        drop(guard.0.as_mut().unwrap().stdin.take());
        assert!(!sleeper.wait().unwrap().success());
    }

    #[test]
    fn kills_nobody_when_it_is_dropped() {
        let mut sleeper = sleeper();
        let mut guard = Guard::start();
        guard.watch(sleeper.id());
        drop(guard);
        assert!(sleeper.try_wait().unwrap().is_none());
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
    }
}
