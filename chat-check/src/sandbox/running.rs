//! A running tested program: its output, its sockets, its processes, and its end.

use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use chat_drive::captured::Captured;
use chat_drive::child::{Child, ChildWrapper};
use chat_drive::keys::Keys;
use chat_drive::process;
use chat_drive::role::Role;
use chat_drive::sockets::{self, Socket, State};
use chat_drive::transcript::How;

use crate::sandbox::containment::Sandbox;
use crate::sandbox::limits::Limits;
use crate::sandbox::paced::Paced;
use crate::sandbox::trace::Trace;

/// A running program. Dropping it kills it and all that it has started.
pub(crate) struct Running {
    /// The child process: on Linux the supervisor.
    child: Child<Sandbox>,
    /// Its terminal's keyboard, if it has one: closed before the end, what was typed would be lost.
    keyboard: Option<File>,
    /// Contains the signal that ended it, if one did.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "there is no supervisor"))]
    signal: PathBuf,
    trace: Arc<Trace>,
}

/// The ends of a program's streams that are terminals. The others are pipes.
#[derive(Debug, Default)]
pub(crate) struct Terminals {
    /// Shows its standard output.
    pub(crate) screen: Option<File>,
    /// Writes to its standard input.
    pub(crate) keyboard: Option<File>,
}

/// The character that ends the input of a terminal, twice: behind half a line, the first only ends
/// that.
const END_OF_INPUT: &str = "\x04\x04";

/// A signal that a terminal or a system may send to a program.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signal {
    /// Ctrl-C from its user.
    Interrupt,
    /// Request to end.
    Terminate,
    /// Stop.
    Stop,
    /// Continue after a stop.
    Continue,
}

/// The signal that ends a program for writing too long a file.
#[cfg(target_os = "linux")]
const FILE_TOO_LONG: i32 = rustix::process::Signal::XFSZ.as_raw();

/// Time for which a program that reads its terminal has nothing to do.
const REST: Duration = Duration::from_millis(100);

/// Maximum time to wait for that.
const SETTLING: Duration = Duration::from_secs(1);

/// Limit on the time that a program takes to end, once it has begun to.
const MOMENT: Duration = Duration::from_millis(200);

/// Polling interval for a program's end.
const POLL: Duration = Duration::from_millis(3);

impl Running {
    /// Makes a running program with its standard input and output in pipes, or on terminals.
    ///
    /// # Errors
    ///
    /// A descriptor cannot be duplicated.
    pub(crate) fn of(
        role: &Role,
        mut child: Box<dyn ChildWrapper>,
        terminals: Terminals,
        sandbox: Sandbox,
        limits: Limits,
    ) -> io::Result<Self> {
        let out = match terminals.screen {
            Some(screen) => Paced::of(Some(screen), limits.output),
            None => Paced::of(child.stdout().take(), limits.output),
        };
        let err = Paced::of(child.stderr().take(), limits.output);
        let trace = Arc::new(Trace {
            out: Captured::of(role, How::Out, out, limits.output),
            err: Captured::of(role, How::Err, err, limits.output),
            ended: OnceLock::new(),
            exceeded: Arc::clone(sandbox.exceeded()),
            signalled: AtomicBool::new(false),
            unseen: AtomicBool::new(false),
        });
        let keyboard = terminals.keyboard;
        let keys = match &keyboard {
            Some(keyboard) => Some(Keys::new(role, keyboard.try_clone()?)),
            None => child.stdin().take().map(|input| Keys::new(role, input)),
        };
        let signal = sandbox.signal();
        Ok(Self { child: Child::new(role, child, keys, sandbox), keyboard, signal, trace })
    }

    /// Returns its output, and what is left of it.
    pub(crate) fn trace(&self) -> &Arc<Trace> {
        &self.trace
    }

    /// Writes to its standard input. Does not wait until it is read; if the program no longer
    /// reads, the text is lost.
    pub(crate) fn type_in(&self, text: &str) {
        if let Some(keys) = self.child.keys() {
            let _ = keys.press(self.child.role(), text);
        }
    }

    /// Closes its standard input, behind what was typed.
    pub(crate) fn end_input(&mut self) {
        if self.keyboard.is_some() {
            self.wait_until_it_reads();
            self.type_in(END_OF_INPUT);
        }
        self.child.end_input();
    }

    /// Waits until it has had nothing to do for a moment: between two lines an editor gives its
    /// terminal back, and the character that ends the input would be lost.
    fn wait_until_it_reads(&self) {
        let deadline = Instant::now() + SETTLING;
        let mut since = Instant::now();
        while since.elapsed() < REST && Instant::now() < deadline {
            if !self.is_waiting() {
                since = Instant::now();
            }
            thread::sleep(POLL);
        }
    }

    /// Its processes: the program, and all that it has started.
    pub(crate) fn tree(&self) -> Vec<u32> {
        let mut tree = process::tree(self.child.id());
        if cfg!(target_os = "linux") {
            // The first is the supervisor.
            tree.remove(0);
        }
        tree
    }

    /// The TCP sockets that it has open.
    pub(crate) fn sockets(&self) -> Vec<Socket> {
        self.seen();
        sockets::of_tree(self.child.id()).unwrap_or_default()
    }

    /// Returns its listening socket, if it listens: the one on this port if there are several.
    /// Where a system does not show sockets, connects to this port and closes again.
    pub(crate) fn listens(&self, port: u16) -> Option<Socket> {
        if cfg!(target_os = "linux") {
            let listening = self.sockets().into_iter().filter(|s| s.state == State::Listen);
            return listening.min_by_key(|s| (s.local.port() != port, s.local.port()));
        }
        let local = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        let unspecified = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        let listens = chat_drive::port::answers(local);
        listens.then_some(Socket {
            local,
            remote: unspecified,
            state: State::Listen,
            unread: 0,
            unsent: 0,
        })
    }

    /// Returns the number of descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        self.seen();
        self.tree().into_iter().filter_map(|id| process::descriptors(id).ok()).sum()
    }

    /// Returns the number of its threads.
    pub(crate) fn threads(&self) -> usize {
        self.tree().into_iter().filter_map(|id| process::threads(id).ok()).sum()
    }

    /// Returns the processor time it has used.
    pub(crate) fn cpu(&self) -> Duration {
        self.seen();
        self.tree().into_iter().filter_map(|id| process::cpu(id).ok()).sum()
    }

    /// Returns whether all its threads wait for something to happen. Where a system does not show
    /// that, returns true.
    pub(crate) fn is_waiting(&self) -> bool {
        // A thread that was seen waiting may have been woken by one that was seen later.
        self.is_all('S') && self.is_all('S')
    }

    /// Returns whether it is stopped after [`Signal::Stop`].
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_all('T')
    }

    /// Returns whether all its threads are in this state, but for those that are about to be gone.
    fn is_all(&self, state: char) -> bool {
        let states = self.tree().into_iter().filter_map(|id| process::states(id).ok());
        states.flatten().all(|is| is == state || "ZX".contains(is))
    }

    /// Records that the check depends on something that this system may not show.
    fn seen(&self) {
        if !cfg!(target_os = "linux") {
            self.trace.unseen.store(true, Ordering::Relaxed);
        }
    }

    /// Sends a signal to the program and what it has started: the one of Ctrl-C, as a terminal
    /// does, only to those in the program's own process group. Does nothing where there are no
    /// signals, and records that.
    pub(crate) fn signal(&self, signal: Signal) {
        self.child.role().event(format!("is sent {}", signal.name()));
        if matches!(signal, Signal::Interrupt | Signal::Terminate) {
            self.trace.signalled.store(true, Ordering::Relaxed);
        }
        #[cfg(target_os = "linux")]
        self.receivers(signal).into_iter().for_each(|id| process::send(id, signal.of_the_system()));
        #[cfg(all(unix, not(target_os = "linux")))]
        let _ = self.child.signal(signal.of_the_system().as_raw());
        #[cfg(not(unix))]
        self.seen();
    }

    /// Returns the processes that get this signal.
    #[cfg(target_os = "linux")]
    fn receivers(&self, signal: Signal) -> Vec<u32> {
        use rustix::process::{Pid, getpgid};

        let group = |id: &u32| getpgid(Some(Pid::from_raw(id.cast_signed())?)).ok();
        let mut tree = self.tree();
        if matches!(signal, Signal::Interrupt) {
            let own = tree.first().and_then(group);
            tree.retain(|id| group(id) == own);
        }
        tree
    }

    /// Returns its exit status, once it has ended.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        let status = self.signalled(self.child.ended().ok().flatten()?);
        if self.trace.ended.set(status).is_ok() {
            self.child.role().event(format!("ended: {status}"));
        }
        #[cfg(target_os = "linux")]
        if std::os::unix::process::ExitStatusExt::signal(&status) == Some(FILE_TOO_LONG) {
            let _ = self.trace.exceeded.set(crate::text::Words::new(
                "escribía un archivo demasiado largo y fue detenido",
                "wrote too long a file and was ended",
            ));
        }
        Some(status)
    }

    /// The program's own status, given its supervisor's: that of a signal if one ended it.
    #[cfg(target_os = "linux")]
    fn signalled(&self, status: ExitStatus) -> ExitStatus {
        let signal = std::fs::read_to_string(&self.signal).ok();
        let signal = signal.and_then(|signal| signal.parse().ok());
        signal.map_or(status, std::os::unix::process::ExitStatusExt::from_raw)
    }

    /// The status: there is no supervisor.
    #[cfg(not(target_os = "linux"))]
    fn signalled(&self, status: ExitStatus) -> ExitStatus {
        status
    }

    /// Waits until it has ended, for as long as patience lasts.
    pub(crate) fn wait(&self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        loop {
            match self.ended() {
                Some(status) => return Some(status),
                None if Instant::now() < deadline => thread::sleep(POLL),
                None => return None,
            }
        }
    }

    /// Kills it, and all that it has started, and waits until they are gone. One that is about to
    /// end by itself does so, and is seen to have done so.
    pub(crate) fn kill(&self) {
        let deadline = Instant::now() + MOMENT;
        let is_ending = || self.is_all('Z') || !self.is_waiting();
        while self.ended().is_none() && is_ending() && Instant::now() < deadline {
            thread::sleep(POLL);
        }
        if self.ended().is_none() {
            self.trace.signalled.store(true, Ordering::Relaxed);
            self.child.kill();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Signal {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::Stop => "SIGSTOP",
            Self::Continue => "SIGCONT",
        }
    }

    #[cfg(unix)]
    fn of_the_system(self) -> rustix::process::Signal {
        use rustix::process::Signal;
        match self {
            Self::Interrupt => Signal::INT,
            Self::Terminate => Signal::TERM,
            Self::Stop => Signal::STOP,
            Self::Continue => Signal::CONT,
        }
    }
}
