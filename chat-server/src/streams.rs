//! The process's standard streams: where the server prints, and where the operator sits.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use chat_protocol::wording;
use chat_terminal::pipe::PipeIn;
use chat_terminal::terminal::{self, TerminalOut};
use tokio::sync::Notify;

use crate::console::Console;
use crate::operator::Desk;

/// What a process has to do with people.
pub(crate) struct Front {
    pub(crate) console: Console,
    /// For diagnostics.
    pub(crate) log: Console,
    pub(crate) desk: Option<Desk>,
    /// The terminal, to be given back at the end.
    pub(crate) screen: Option<TerminalOut>,
    /// Told when Ctrl-C is pressed where that is a key and no signal.
    pub(crate) interrupt: Arc<Notify>,
}

impl Front {
    /// Nobody types here.
    pub(crate) fn without_desk() -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let on_terminal = stdout.is_terminal();
        Self {
            console: if on_terminal { Console::on_terminal(stdout) } else { Console::new(stdout) },
            log: Console::new(stderr),
            desk: None,
            screen: None,
            interrupt: Arc::new(Notify::new()),
        }
    }

    /// An operator types here: at a terminal, and then what is printed stands above the line that
    /// is being typed; or where lines cannot be edited. Whoever has no name is asked for one at the
    /// terminal.
    ///
    /// The handlers of signals must be in place by now.
    pub(crate) fn with_desk(ask_name: bool) -> Self {
        let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
        let person = stdin.is_terminal();
        let interrupt = Arc::new(Notify::new());
        let question = ask_name.then_some(wording::YOUR_NAME);
        if person
            && stdout.is_terminal()
            && let Some((keyboard, screen)) = terminal::open(question, Arc::clone(&interrupt), None)
        {
            let console = Console::on_terminal(screen.writer());
            let log = if stderr.is_terminal() { console.clone() } else { Console::new(stderr) };
            let desk = Some(Desk::Terminal(keyboard));
            return Self { console, log, desk, screen: Some(screen), interrupt };
        }
        Self { desk: Some(Desk::Plain(PipeIn::open(), person)), ..Self::without_desk() }
    }
}
