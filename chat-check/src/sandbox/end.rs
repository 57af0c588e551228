//! The end of a program that nothing asked to end: its status, its last words, and its cause.

use std::process::ExitStatus;

use crate::sandbox::trace::Trace;
use crate::text::{Lang, Words, shortened};

/// The signal that ends a program for writing to a connection that is gone.
#[cfg(unix)]
const SIGPIPE: i32 = 13;

/// Words with which languages say that a connection was gone before its end was handled.
const GONE: [&str; 11] = [
    "ECONNRESET",
    "EPIPE",
    "ECONNABORTED",
    "Connection reset",
    "connection reset",
    "ConnectionReset",
    "Broken pipe",
    "broken pipe",
    "BrokenPipe",
    "ConnectionAborted",
    "connection abort",
];

/// Limit on the characters shown of a program's last words.
const SHOWN: usize = 160;

impl Trace {
    /// Describes the end of a program that ended by itself: its status, and what it said of it.
    pub(crate) fn death(&self) -> Option<Words> {
        let how = how(self.ended_by_itself()?);
        let Some(error) = self.last_error() else { return Some(how) };
        let error = shortened(&error, SHOWN);
        Some(Words::new(
            format!("{}: «{error}»", how.to(Lang::Es)),
            format!("{}: \"{error}\"", how.to(Lang::En)),
        ))
    }

    /// Returns whether it ended by itself because a connection was gone.
    pub(crate) fn died_of_a_connection(&self) -> bool {
        let Some(status) = self.ended_by_itself() else { return false };
        let says_so = |error: String| GONE.iter().any(|gone| error.contains(gone));
        is_by_sigpipe(status) || !status.success() && self.last_error().is_some_and(says_so)
    }

    fn last_error(&self) -> Option<String> {
        reason(&self.err.text())
    }
}

/// Returns the line with which a program said why it ended: the last that is not about a place in
/// its source and names an error, or else the last.
fn reason(text: &str) -> Option<String> {
    let lines = || text.lines().rev().filter(|line| !line.trim().is_empty());
    let names = |line: &&str| {
        let begins = !line.starts_with(char::is_whitespace);
        begins && ["Error", "error:", "Exception", "panic"].iter().any(|word| line.contains(word))
    };
    lines().find(names).or_else(|| lines().next()).map(|line| line.trim().to_owned())
}

#[cfg(unix)]
fn is_by_sigpipe(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(SIGPIPE)
}

#[cfg(not(unix))]
fn is_by_sigpipe(_: ExitStatus) -> bool {
    false
}

/// Describes an exit status in words.
pub(crate) fn how(status: ExitStatus) -> Words {
    match status.code() {
        // What shells say too.
        Some(127) => Words::new(
            "no se encontró el programa (estado 127)",
            "the program was not found (status 127)",
        ),
        Some(code) => Words::new(
            format!("el programa terminó con estado {code}"),
            format!("the program ended with status {code}"),
        ),
        None => signal_in_words(status),
    }
}

#[cfg(unix)]
fn signal_in_words(status: ExitStatus) -> Words {
    match std::os::unix::process::ExitStatusExt::signal(&status) {
        Some(SIGPIPE) => [
            "la señal 13 (SIGPIPE) terminó el programa: escribía en una conexión ya cerrada",
            "signal 13 (SIGPIPE) ended the program: it wrote to a connection that was gone",
        ]
        .into(),
        Some(signal) => Words::new(
            format!("la señal {signal} terminó el programa"),
            format!("signal {signal} ended the program"),
        ),
        None => ["el programa terminó", "the program ended"].into(),
    }
}

#[cfg(not(unix))]
fn signal_in_words(_: ExitStatus) -> Words {
    ["el programa terminó", "the program ended"].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_error_and_not_what_stands_around_it() {
        let node = "node:events:497\n      throw er; // Unhandled 'error' event\n\nError: read \
                    ECONNRESET\n    at TCP.onStreamRead\nEmitted 'error' event on Socket instance \
                    at:\n    at emitErrorNT {\n  errno: -104\n}\n\nNode.js v20.20.2\n";
        assert_eq!(reason(node).as_deref(), Some("Error: read ECONNRESET"));
        let c = "hola\nsend: Broken pipe\n";
        assert_eq!(reason(c).as_deref(), Some("send: Broken pipe"));
        assert_eq!(reason("\n"), None);
    }
}
