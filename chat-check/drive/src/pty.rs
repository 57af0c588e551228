//! Pseudo-terminals: a program on one, or only its output.

use std::fs::File;
use std::io;
use std::num::NonZero;
use std::process::{Command, Stdio};

use crate::child::ChildWrapper;

/// Rows of a terminal.
pub(crate) const ROWS: NonZero<u16> = NonZero::new(24).unwrap();

/// Columns of a terminal.
pub(crate) const COLUMNS: NonZero<u16> = NonZero::new(80).unwrap();

/// A function that starts a program.
pub type Spawn = Box<dyn FnOnce() -> io::Result<Box<dyn ChildWrapper>> + Send>;

/// Opens a controlling terminal for a program: the end for reading and typing, and the function
/// that starts the program as the leader of a session.
#[cfg(unix)]
pub(crate) fn open(command: Command) -> io::Result<(File, Spawn)> {
    use std::os::fd::OwnedFd;

    use pty_process::Size;
    use pty_process::blocking;

    let (master, terminal) = blocking::open().map_err(io::Error::other)?;
    master.resize(Size::new(ROWS.get(), COLUMNS.get())).map_err(io::Error::other)?;
    let spawn = move || -> io::Result<Box<dyn ChildWrapper>> {
        let child = blocking::Command::from(command).spawn(terminal).map_err(io::Error::other)?;
        Ok(Box::new(child))
    };
    Ok((OwnedFd::from(master).into(), Box::new(spawn)))
}

/// Fails: this system has no such terminals.
#[cfg(not(unix))]
pub(crate) fn open(_: Command) -> io::Result<(File, Spawn)> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Gives the terminal that is open for reading and typing another number of columns.
#[cfg(unix)]
pub(crate) fn resize(terminal: &File, columns: u16) -> io::Result<()> {
    use rustix::termios::{Winsize, tcsetwinsize};

    let size = Winsize { ws_row: ROWS.get(), ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    Ok(tcsetwinsize(terminal, size)?)
}

/// Fails: this system has no such terminals.
#[cfg(not(unix))]
pub(crate) fn resize(_: &File, _: u16) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Opens a terminal without a keyboard: the end that a program writes to, and the end that its
/// screen is read from.
///
/// # Errors
///
/// The system gives no terminal.
#[cfg(unix)]
pub fn output() -> io::Result<(Stdio, Option<File>)> {
    use rustix::termios::{Winsize, tcsetwinsize};

    let (screen, output) = pair()?;
    let size = Winsize { ws_row: ROWS.get(), ws_col: COLUMNS.get(), ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&output, size)?;
    Ok((output.into(), Some(screen.into())))
}

/// Opens a terminal without a screen: the end that a program reads from, line by line as from any
/// terminal, and the end that is typed at. Nothing is echoed.
///
/// # Errors
///
/// The system gives no terminal.
#[cfg(unix)]
pub fn input() -> io::Result<(Stdio, Option<File>)> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

    let (keyboard, input) = pair()?;
    let mut settings = tcgetattr(&input)?;
    settings.local_modes -= LocalModes::ECHO;
    tcsetattr(&input, OptionalActions::Now, &settings)?;
    Ok((input.into(), Some(keyboard.into())))
}

/// Opens both ends of a terminal, the checker's first. It does not become a controlling terminal.
#[cfg(unix)]
fn pair() -> io::Result<(std::os::fd::OwnedFd, std::os::fd::OwnedFd)> {
    use rustix::fs::{Mode, OFlags, open};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    #[cfg(target_os = "linux")]
    let flags = flags | OpenptFlags::CLOEXEC;
    let near = openpt(flags)?;
    grantpt(&near)?;
    unlockpt(&near)?;
    let name = ptsname(&near, Vec::new())?;
    let far = open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    Ok((near, far))
}

/// Opens a pipe: there is no terminal without a keyboard here.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn output() -> io::Result<(Stdio, Option<File>)> {
    Ok((Stdio::piped(), None))
}

/// Opens a pipe: there is no terminal without a screen here.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn input() -> io::Result<(Stdio, Option<File>)> {
    Ok((Stdio::piped(), None))
}
