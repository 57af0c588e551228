//! What ends a process group when the harness itself is killed and can end nothing any more.

use std::process::{Child, Command, Stdio};

/// A shell that waits until this process is gone, and then kills a process group. Unix only: on
/// Windows a job object does it.
pub(crate) struct Guard(Option<Child>);

impl Guard {
    #[cfg(unix)]
    pub(crate) fn of(group: u32) -> Self {
        use std::os::unix::process::CommandExt;

        // The pipe ends when the last of its writers does, which is this process.
        let shell = Command::new("sh")
            .args(["-c", "read -r _; kill -9 -- -\"$0\"", &group.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        Self(shell.ok())
    }

    #[cfg(windows)]
    pub(crate) fn of(_group: u32) -> Self {
        Self(None)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(shell) = &mut self.0 {
            // Killed before its pipe ends, so that it kills nobody.
            let _ = shell.kill();
            let _ = shell.wait();
        }
    }
}
