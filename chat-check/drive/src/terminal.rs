//! Terminal emulator: a program on a pseudo-terminal, and the screen that it draws.

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZero;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::child::{Child, ChildWrapper, Containment, Group};
use crate::failure::Result;
use crate::keys::Keys;
use crate::pty::{self, COLUMNS, ROWS, Spawn};
use crate::role::{PATIENCE, Role};
use crate::transcript::How;

/// A program whose standard streams are a terminal of 80 columns and 24 rows. Dropping it kills it.
pub struct Terminal<C: Containment = Group> {
    child: Child<C>,
    screen: Arc<Screen>,
    window: File,
}

type Parser = vt100::Parser<Bells>;

/// Counts the bells.
struct Bells(usize);

impl vt100::Callbacks for Bells {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.0 += 1;
    }
}

struct Screen {
    parser: Mutex<Parser>,
    changed: Condvar,
}

impl Terminal {
    /// Starts a program in a group of its own.
    ///
    /// # Errors
    ///
    /// It does not start, or the system has no terminals.
    #[track_caller]
    pub fn start(role: &Role, command: &Command) -> Result<Self> {
        role.event(format!("starts on a terminal: {command:?}"));
        role.check(Self::start_in(role, command, Group::around), "does not start")
    }
}

impl<C: Containment> Terminal<C> {
    /// Starts a program in another containment. The caller records it.
    ///
    /// # Errors
    ///
    /// It does not start. Where there are no terminals, that is [`io::ErrorKind::Unsupported`].
    pub fn start_in(
        role: &Role,
        command: &Command,
        contain: impl FnOnce(Spawn) -> io::Result<(Box<dyn ChildWrapper>, C)>,
    ) -> io::Result<Self> {
        let (master, spawn) = pty::open(on_terminal(command))?;
        let (output, window, input) = (master.try_clone()?, master.try_clone()?, master);
        let (process, containment) = contain(spawn)?;
        let parser = Parser::new_with_callbacks(ROWS, COLUMNS, 0, Bells(0));
        let screen = Arc::new(Screen { parser: Mutex::new(parser), changed: Condvar::new() });
        let (drawn, writer) = (Arc::clone(&screen), role.clone());
        thread::spawn(move || drawn.follow(output, &writer));
        let keys = Keys::new(role, input);
        Ok(Self { child: Child::new(role, process, Some(keys), containment), screen, window })
    }

    /// Presses keys: text, `\r` for Enter, `\x03` for Ctrl-C and so on.
    #[track_caller]
    pub fn press(&self, keys: &str) -> Result {
        self.child.keys().map_or(Ok(()), |typed| typed.press(self.child.role(), keys))
    }

    /// Returns the lines on the screen now, without the blank ones at the end.
    pub fn seen(&self) -> Vec<String> {
        rows(&self.screen.lock())
    }

    /// Returns the contents of the screen now, with the escape sequences that would draw it.
    pub fn formatted(&self) -> String {
        self.screen.lock().screen().contents_formatted()
    }

    /// Changes the number of columns. The rows on the screen are cut or lengthened, not reflowed.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    #[track_caller]
    pub fn resize(&self, columns: u16) -> Result {
        let role = self.child.role();
        role.event(format!("has a terminal of {columns} columns"));
        self.screen.lock().screen_mut().set_size(ROWS, NonZero::new(columns).unwrap_or(COLUMNS));
        role.check(pty::resize(&self.window, columns), "cannot be resized")
    }

    /// Returns the number of bells.
    pub fn bells(&self) -> usize {
        self.screen.lock().callbacks().0
    }

    /// Waits until these are the last lines on the screen.
    #[track_caller]
    pub fn wait_for(&self, last_lines: &[&str]) -> Result {
        let parser = self.screen.lock();
        let other = |parser: &mut Parser| {
            !rows(parser).ends_with(&last_lines.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let waited = self.screen.changed.wait_timeout_while(parser, PATIENCE, other);
        let (parser, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            let seen = rows(&parser).join("\n  ");
            let expected = last_lines.join("\n  ");
            return Err(self
                .child
                .role()
                .failure(format!("should show\n  {expected}\nbut shows\n  {seen}\n")));
        }
        Ok(())
    }

    /// Waits until it ends by itself with this exit status.
    ///
    /// # Errors
    ///
    /// It still runs when patience ends, or its status is another one.
    #[track_caller]
    pub fn expect_exit(&mut self, code: i32) -> Result {
        self.child.expect_exit(code)
    }
}

impl Screen {
    fn lock(&self) -> MutexGuard<'_, Parser> {
        self.parser.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws everything that the program writes.
    fn follow(&self, mut output: impl Read, role: &Role) {
        let mut chunk = [0; 4096];
        while let Ok(n @ 1..) = output.read(&mut chunk) {
            role.said(How::Out, &chunk[..n]);
            self.lock().process(&chunk[..n]);
            self.changed.notify_all();
        }
    }
}

fn rows(parser: &Parser) -> Vec<String> {
    let contents = parser.screen().contents();
    contents.lines().map(|row| row.trim_end().to_owned()).collect()
}

/// The same command with the kind of terminal in its environment.
fn on_terminal(command: &Command) -> Command {
    let mut copy = Command::new(command.get_program());
    copy.args(command.get_args()).env("TERM", "xterm-256color");
    command.get_current_dir().map(|folder| copy.current_dir(folder));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => copy.env(name, value),
            None => copy.env_remove(name),
        };
    }
    copy
}
