//! A line that the terminal does not show while it is typed.

use std::io::{self, BufRead, IsTerminal, Read, Write};

/// The longest line that is read, in bytes.
const LONGEST: u64 = 4096;

/// Reads one line of standard input. At a terminal it asks for it before, and the terminal does not show what is typed
/// (on Windows it does). Without its end.
pub fn read(question: &str) -> io::Result<String> {
    let input = io::stdin();
    let mut line = String::new();
    if input.is_terminal() {
        let mut output = io::stderr();
        // Before it asks: the answer may come at once.
        let hidden = Hidden::begin();
        write!(output, "{question}")?;
        output.flush()?;
        let read = input.lock().take(LONGEST).read_line(&mut line);
        drop(hidden);
        // The end of the line was not shown either.
        writeln!(output)?;
        read?;
    } else {
        input.lock().take(LONGEST).read_line(&mut line)?;
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// While it lives, the terminal does not show what is typed.
#[cfg(unix)]
struct Hidden(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Hidden {
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

        let before = tcgetattr(io::stdin()).ok();
        if let Some(mode) = &before {
            let mut hidden = mode.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &hidden);
        }
        Self(before)
    }
}

#[cfg(unix)]
impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(mode) = &self.0 {
            let now = rustix::termios::OptionalActions::Now;
            let _ = rustix::termios::tcsetattr(io::stdin(), now, mode);
        }
    }
}

#[cfg(not(unix))]
struct Hidden;

#[cfg(not(unix))]
impl Hidden {
    fn begin() -> Self {
        Self
    }
}
