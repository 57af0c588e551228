//! A program on a terminal, and what is to be seen there.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::num::NonZero;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use chat_drive::failure::Result;
use chat_drive::guard::Guard;
use chat_drive::keys::Keys;
use chat_drive::role::{PATIENCE, Role};
use chat_drive::transcript::How;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
#[cfg(unix)]
use rustix::fs::{Mode, OFlags, open};
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};
#[cfg(unix)]
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
#[cfg(unix)]
use rustix::termios::{Winsize, tcsetwinsize};

use crate::sandbox::containment::Watch;
use crate::sandbox::isolation::Isolation;
use crate::sandbox::workdir::WorkDir;

/// A program whose standard streams are a terminal of 80 columns and 24 rows. Dropping it kills it.
pub struct Terminal {
    role: Role,
    child: Box<dyn Child + Send + Sync>,
    keys: Keys,
    /// Not needed where a supervisor sees to it.
    guard: Option<Guard>,
    screen: Arc<Screen>,
    /// The terminal lives as long as this does.
    _master: Box<dyn MasterPty + Send>,
    watch: Option<Watch>,
    /// Goes when all processes are gone.
    workdir: Option<WorkDir>,
}

const ROWS: NonZero<u16> = NonZero::new(24).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(80).unwrap();

type Parser = vt100::Parser<Bells>;

/// How often the bell has rung.
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
    #[track_caller]
    pub(crate) fn start(role: &Role, command: &Command, isolation: Isolation) -> Result<Self> {
        role.event(format!("starts on a terminal: {command:?}"));
        role.check(Self::open(role.clone(), command, isolation), "does not start")
    }

    fn open(
        role: Role,
        command: &Command,
        isolation: Isolation,
    ) -> std::result::Result<Self, Box<dyn Error>> {
        let parser = Parser::new_with_callbacks(ROWS, COLUMNS, 0, Bells(0));
        let size = PtySize { rows: ROWS.get(), cols: COLUMNS.get(), ..PtySize::default() };
        let pair = native_pty_system().openpty(size)?;
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        command.get_current_dir().into_iter().for_each(|folder| builder.cwd(folder));
        builder.env("TERM", "xterm-256color");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => builder.env(name, value),
                None => builder.env_remove(name),
            }
        }
        let mut guard = Guard::start();
        let slave = pair.slave;
        let child = isolation.start_tree(move || slave.spawn_command(builder))?;
        child.process_id().into_iter().for_each(|id| guard.watch(id));
        let screen = Arc::new(Screen { parser: Mutex::new(parser), changed: Condvar::new() });
        let output = pair.master.try_clone_reader()?;
        let (drawn, writer) = (Arc::clone(&screen), role.clone());
        thread::spawn(move || drawn.follow(output, &writer));
        let keys = Keys::new(&role, pair.master.take_writer()?);
        Ok(Self {
            role,
            child,
            keys,
            guard: Some(guard),
            screen,
            _master: pair.master,
            watch: None,
            workdir: None,
        })
    }

    /// The id of its first process.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.process_id()
    }

    /// With what keeps a program within its limits, and the folder that it has for itself.
    pub(crate) fn kept(mut self, watch: Option<Watch>, workdir: WorkDir) -> Self {
        if cfg!(target_os = "linux") {
            drop(self.guard.take());
        }
        self.watch = watch;
        let _ = self.workdir.insert(workdir);
        self
    }

    /// Presses keys: text, `\r` for Enter, `\x03` for Ctrl-C and so on.
    #[track_caller]
    pub fn press(&self, keys: &str) -> Result {
        self.keys.press(&self.role, keys)
    }

    /// What is to be seen now, without the blank lines at the end.
    pub fn seen(&self) -> Vec<String> {
        rows(&self.screen.lock())
    }

    /// What is to be seen now, with the escape sequences that would draw it.
    pub fn formatted(&self) -> String {
        self.screen.lock().screen().contents_formatted()
    }

    /// How often the bell has rung.
    pub fn bells(&self) -> usize {
        self.screen.lock().callbacks().0
    }

    /// Waits until the last lines to be seen are these.
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
                .role
                .failure(format!("should show\n  {expected}\nbut shows\n  {seen}\n")));
        }
        Ok(())
    }

    /// It ends by itself, with this exit status.
    #[track_caller]
    pub fn expect_exit(&mut self, code: u32) -> Result {
        let status = self.role.ended(|| self.child.try_wait())?;
        self.watch.iter().for_each(Watch::ends);
        if status.exit_code() == code {
            Ok(())
        } else {
            Err(self.role.failure(format!("should exit with {code}, but: {status}")))
        }
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

/// The two ends of a terminal that nobody types on: where a program writes, and where its screen is
/// read.
#[cfg(unix)]
pub(crate) fn pair() -> io::Result<(Stdio, Option<File>)> {
    // It becomes nobody's controlling terminal: who types, types into a pipe.
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    #[cfg(target_os = "linux")]
    let flags = flags | OpenptFlags::CLOEXEC;
    let screen = openpt(flags)?;
    grantpt(&screen)?;
    unlockpt(&screen)?;
    let name = ptsname(&screen, Vec::new())?;
    let read_write = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let output = open(name, read_write, Mode::empty())?;
    let size = Winsize { ws_row: ROWS.get(), ws_col: COLUMNS.get(), ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&output, size)?;
    Ok((output.into(), Some(screen.into())))
}

/// A pipe: there is no terminal on which nobody types.
#[cfg(not(unix))]
pub(crate) fn pair() -> io::Result<(Stdio, Option<File>)> {
    Ok((Stdio::piped(), None))
}

fn rows(parser: &Parser) -> Vec<String> {
    let contents = parser.screen().contents();
    contents.lines().map(|row| row.trim_end().to_owned()).collect()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.watch.iter().for_each(Watch::kill_keeper);
        // Whatever else is on the terminal is in the program's group.
        #[cfg(unix)]
        if let Some(group) = self.child.process_id().and_then(|id| Pid::from_raw(id.cast_signed()))
        {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
