//! A service manager that passes a listener to a server (socket activation).

use std::os::fd::{AsFd, AsRawFd};
use std::process::Command;

use socket2::SockRef;

/// This command, with a socket as the descriptor that `sd_listen_fds(3)` names. The socket must live until the command
/// is started.
///
/// A shell puts it there and knows the number that the process will have.
///
/// # Panics
///
/// When the socket cannot be inherited.
pub fn passing(socket: &impl AsFd, server: &Command) -> Command {
    const SCRIPT: &str = r#"export LISTEN_FDS=1 LISTEN_PID=$$; exec "${@:2}" 3<&"$1""#;
    SockRef::from(socket).set_cloexec(false).expect("a socket");
    let number = socket.as_fd().as_raw_fd().to_string();
    let mut command = Command::new("bash");
    command.args(["-c", SCRIPT, "bash", &number]).arg(server.get_program()).args(server.get_args());
    command
}
