//! A running client program, and its user at the keyboard.

use std::process::ExitStatus;
use std::time::Duration;

use chat_drive::captured::Captured;

use crate::dialect::Dialect;
use crate::sandbox::running::Running;
use crate::scene::{Scene, begin};
use crate::text::{Lang, Words, seconds};
use crate::verdict::{Checked, Halt};

/// A client program; its user types lines into a pipe.
pub(crate) struct ClientProgram {
    pub(crate) program: Running,
    name: String,
    patience: Duration,
}

/// The end of a client that was not told to end.
pub(crate) enum Gone {
    /// By itself.
    AtOnce(ExitStatus),
    /// After its user entered another line.
    AfterEnter(ExitStatus),
}

/// The terminal type for a client's user.
const TERMINAL: &str = "xterm-256color";

/// Texts that languages print when an error ends a program that does not handle it.
const TRACES: [&str; 9] = [
    "Traceback (most recent call last)",
    "Exception in thread",
    "Exception ignored in",
    "\tat ",
    "    at ",
    "panicked at",
    "goroutine ",
    "Unhandled exception",
    "core dumped",
];

impl Scene<'_> {
    /// Starts the client with its output on a terminal, where programs show each line at once. It
    /// looks for its server on this port, if its command takes a port.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub(crate) fn start_client(&mut self, port: u16) -> Checked<ClientProgram> {
        let started = self.tested().start_showing(&self.role("client"), port, Some(TERMINAL));
        self.client(started)
    }

    /// The same with its input in a pipe, so that it draws no rows of what its user types.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub(crate) fn start_unedited_client(&mut self, port: u16) -> Checked<ClientProgram> {
        let started = self.tested().start_showing_piped(&self.role("client"), port, Some(TERMINAL));
        self.client(started)
    }

    /// The same with its output in a pipe.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub(crate) fn start_in_a_pipe(&mut self, port: u16) -> Checked<ClientProgram> {
        let started = self.tested().start(&self.role("client"), port);
        self.client(started)
    }

    fn client(&mut self, started: std::io::Result<Running>) -> Checked<ClientProgram> {
        let program = self.started(started)?;
        let name = format!("ana{}", &self.token()[..4]);
        Ok(ClientProgram { program, name, patience: self.timeouts.patience })
    }
}

impl ClientProgram {
    /// The name that its user types.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Time-out for something that the client must do.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Returns the text on its screen.
    pub(crate) fn screen(&self) -> &Captured {
        &self.program.trace().out
    }

    /// Types a line.
    pub(crate) fn types(&self, line: &str) {
        self.program.type_in(&format!("{line}\n"));
    }

    /// Types the lines that come before a connection.
    pub(crate) fn begins(&self, dialect: &Dialect, port: u16) {
        begin(&self.program, dialect, &self.name, port);
    }

    /// Waits until this is on its screen.
    ///
    /// # Errors
    ///
    /// It is not shown in time.
    pub(crate) fn shows(&self, token: &str) -> Checked {
        let shown = self.screen().wait_on(self.patience, |heard| heard.find(token, 0));
        shown.map(drop).ok_or_else(|| {
            Halt::fault(
                Words::new(
                    format!("que el cliente muestre «{token}»"),
                    format!("that the client shows \"{token}\""),
                ),
                self.instead(),
            )
        })
    }

    fn instead(&self) -> Words {
        let seconds = seconds(self.patience.as_secs_f64());
        match self.program.ended() {
            Some(_) => {
                ["el cliente terminó sin mostrarlo", "the client ended without showing it"].into()
            }
            None => Words::new(
                format!("no lo mostró en {}", seconds.to(Lang::Es)),
                format!("it did not show it within {}", seconds.to(Lang::En)),
            ),
        }
    }

    /// Returns the line of its screen that contains this, with its escape sequences.
    pub(crate) fn line_with(&self, token: &str) -> Option<String> {
        self.screen().text().lines().find(|line| line.contains(token)).map(str::to_owned)
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    ///
    /// It still runs in time, after what `why` tells.
    pub(crate) fn ends(&self, why: impl Into<Words>) -> Checked<ExitStatus> {
        self.program.wait(self.patience).ok_or_else(|| self.goes_on(why))
    }

    /// Waits until it has ended. If it does not, its user enters a line: some clients wait at the
    /// keyboard and look at nothing else.
    ///
    /// # Errors
    ///
    /// It still runs after that.
    pub(crate) fn gives_up(&self, why: impl Into<Words>) -> Checked<Gone> {
        if let Some(status) = self.program.wait(self.patience) {
            return Ok(Gone::AtOnce(status));
        }
        // The first line may still find a connection that takes it.
        self.types("?");
        if let Some(status) = self.program.wait(self.patience / 4) {
            return Ok(Gone::AfterEnter(status));
        }
        self.types("?");
        self.ends(why).map(Gone::AfterEnter)
    }

    fn goes_on(&self, why: impl Into<Words>) -> Halt {
        let seconds = seconds(self.patience.as_secs_f64());
        Halt::fault(
            why,
            Words::new(
                format!("el programa seguía en marcha después de {}", seconds.to(Lang::Es)),
                format!("the program was still running after {}", seconds.to(Lang::En)),
            ),
        )
    }

    /// The first line of a trace that it has printed.
    pub(crate) fn trace(&self) -> Option<String> {
        if self.program.ended().is_some() {
            // The last output may not have been read yet.
            self.program.trace().err.wait(self.patience, |heard| heard.end);
        }
        let error = self.program.trace().err.text();
        let is_trace = |line: &&str| TRACES.iter().any(|trace| line.contains(trace));
        error.lines().find(is_trace).map(|line| line.trim().to_owned())
    }

    /// Checks that it printed no stack trace.
    ///
    /// # Errors
    ///
    /// Not strict: it printed one.
    pub(crate) fn is_tidy(&self) -> Checked {
        self.trace().map_or(Ok(()), |line| {
            Err(Halt::NotStrict(Words::new(
                format!("imprime un error sin tratar: «{line}»"),
                format!("it prints an error that it did not handle: \"{line}\""),
            )))
        })
    }
}

impl Gone {
    /// Checks that it ended by itself.
    ///
    /// # Errors
    ///
    /// Not strict: it ended only after its user entered a line.
    pub(crate) fn at_once(&self) -> Checked {
        match self {
            Self::AtOnce(_) => Ok(()),
            Self::AfterEnter(_) => Err(Halt::fault(
                ["que termine por sí solo", "that it ends by itself"],
                [
                    "termina solo cuando su usuario pulsa Enter",
                    "it ends only when its user presses Enter",
                ],
            )),
        }
    }

    /// Checks that its exit status is an error.
    ///
    /// # Errors
    ///
    /// Not strict: it is 0.
    pub(crate) fn is_an_error(&self) -> Checked {
        let (Self::AtOnce(status) | Self::AfterEnter(status)) = self;
        if status.success() {
            Err(Halt::NotStrict(
                ["termina con estado 0, como sin error", "it exits with 0, as without an error"]
                    .into(),
            ))
        } else {
            Ok(())
        }
    }
}
