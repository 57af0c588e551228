//! The process's standard streams: where the server prints, and where the operator sits.

#[cfg(unix)]
use std::fs::File;
use std::io::{self, IsTerminal, Write};
#[cfg(unix)]
use std::os::fd::AsFd;
use std::sync::Arc;

use chat_protocol::language::Language;
use chat_protocol::name::Name;
use chat_terminal::person::{Input, Keyboard};
use chat_terminal::pipe::PipeIn;
use chat_terminal::terminal::rows::Wrapped;
use chat_terminal::terminal::{self, TerminalIn, TerminalOut};
use tokio::sync::Notify;

use crate::console::{Console, Form};

/// Everything by which a process deals with people.
pub(crate) struct Streams {
    pub(crate) console: Console,
    /// For diagnostics.
    pub(crate) log: Console,
    pub(crate) desk: Option<Desk>,
    /// The terminal, to be given back at the end.
    pub(crate) screen: Option<TerminalOut>,
    /// Told when Ctrl-C is pressed where that is a key and no signal.
    pub(crate) interrupt: Arc<Notify>,
}

/// The operator's keyboard.
pub(crate) enum Desk {
    /// A terminal, where the question is for the operator's name.
    Terminal(TerminalIn),
    /// Standard input where lines cannot be edited; whether a person types them there all the same.
    Plain(PipeIn, bool),
}

impl Streams {
    /// Without an operator.
    pub(crate) fn without_desk(language: Language, times: bool) -> Self {
        let on_terminal = io::stdout().is_terminal();
        let form = Form { language, on_terminal, times };
        let console = if on_terminal {
            Console::new(Wrapped(unbuffered(io::stdout())), form)
        } else {
            Console::new(unbuffered(io::stdout()), form)
        };
        let log = Console::for_log(unbuffered(io::stderr()), &console);
        Self { console, log, desk: None, screen: None, interrupt: Arc::new(Notify::new()) }
    }

    /// With an operator that types here: at a terminal, and then printed lines stand above the line
    /// that is being typed; or where lines cannot be edited. With a name to be `asked` about, the
    /// operator may give another at the terminal.
    ///
    /// The handlers of signals must be in place by now.
    pub(crate) fn with_desk(asked: Option<&Name>, language: Language, times: bool) -> Self {
        let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
        let person = stdin.is_terminal();
        let interrupt = Arc::new(Notify::new());
        let question = asked.map(|name| language.your_name_or(name.as_str()).to_string().into());
        if person
            && stdout.is_terminal()
            && let Some((keyboard, screen)) = terminal::open(question, Arc::clone(&interrupt), None)
        {
            let form = Form { language, on_terminal: true, times };
            let console = Console::new(screen.writer(), form);
            let log = if stderr.is_terminal() {
                console.clone()
            } else {
                Console::for_log(unbuffered(stderr), &console)
            };
            let desk = Some(Desk::Terminal(keyboard));
            return Self { console, log, desk, screen: Some(screen), interrupt };
        }
        let desk = Some(Desk::Plain(PipeIn::open(), person));
        Self { desk, ..Self::without_desk(language, times) }
    }
}

/// The stream without the standard library's buffer, which hides how much of a failed write was written.
#[cfg(unix)]
fn unbuffered(stream: impl AsFd + Write + Send + 'static) -> Box<dyn Write + Send> {
    match stream.as_fd().try_clone_to_owned() {
        Ok(descriptor) => Box::new(File::from(descriptor)),
        Err(_) => Box::new(stream),
    }
}

/// On Windows, the standard library translates for the console.
#[cfg(not(unix))]
fn unbuffered(stream: impl Write + Send + 'static) -> Box<dyn Write + Send> {
    Box::new(stream)
}

impl Desk {
    /// Returns whether more may be typed after the end of the input: at a terminal, that is only a key.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Terminal(keyboard) if keyboard.is_open())
    }

    /// Returns whether a person types, and can repeat a line that was not sent.
    pub(crate) fn has_person(&self) -> bool {
        !matches!(self, Self::Plain(_, false))
    }
}

impl Keyboard for Desk {
    async fn next(&mut self) -> Input {
        match self {
            Self::Terminal(keyboard) => keyboard.next().await,
            Self::Plain(keyboard, _) => keyboard.next().await,
        }
    }

    fn answered(&mut self, again: bool) {
        match self {
            Self::Terminal(keyboard) => keyboard.answered(again),
            Self::Plain(keyboard, _) => keyboard.answered(again),
        }
    }

    fn withdraw(&mut self) -> bool {
        match self {
            Self::Terminal(keyboard) => keyboard.withdraw(),
            Self::Plain(keyboard, _) => keyboard.withdraw(),
        }
    }
}
