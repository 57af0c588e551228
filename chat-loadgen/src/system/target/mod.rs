//! The server process under test: started and stopped here, or watched.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(unix)]
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

mod link;
mod servers;
#[cfg(target_os = "linux")]
mod usage;

pub(crate) use servers::{Commands, Servers};

/// Stub: other systems do not tell a process's usage.
#[cfg(not(target_os = "linux"))]
mod usage {
    pub(super) fn started(_: u32) -> Option<u64> {
        None
    }

    #[cfg(unix)]
    pub(super) fn is_family_alive(_: u32) -> bool {
        false
    }

    pub(super) fn usage(_: u32) -> Option<super::Usage> {
        None
    }
}

/// Maximum time until a server accepts connections.
const START: Duration = Duration::from_secs(10);
/// Grace period of a shutdown: a server that has not ended by then is killed.
const STOP: Duration = Duration::from_secs(5);
/// Maximum time until a server closes the connection that only tested whether it accepts.
const LET_GO: Duration = Duration::from_secs(1);
/// Polling interval for a process.
const LOOK: Duration = Duration::from_millis(10);
/// Bytes kept of a server's standard error, and how many lines of it are shown when the server
/// fails.
const KEPT: usize = 8 << 10;
const SHOWN: usize = 10;
/// Placeholder in a command for a free port.
const PORT: &str = "{port}";

/// CPU time and memory that a server has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// CPU time. It can fall by some 20 ms when a thread or a process ends.
    pub(crate) cpu: Duration,
    /// Resident bytes. Pages shared by several of its processes count for each.
    pub(crate) resident: u64,
}

/// The reasons for which there is no server to test.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    /// The command's quotes do not match.
    #[error("the server's command cannot be read")]
    Command(#[from] shell_words::ParseError),
    /// There is no word in the command.
    #[error("the server's command is empty")]
    Empty,
    /// The system does not run it.
    #[error("cannot start {program}")]
    Start {
        /// The command's first word.
        program: String,
        /// The system's error.
        source: io::Error,
    },
    /// The system gives no port.
    #[error("no free port for the server")]
    NoPort(#[source] io::Error),
    /// Another server accepts connections on the address, and would be tested instead.
    #[error("{0} is taken: something accepts connections there already")]
    Taken(SocketAddr),
    /// It ended before it accepted a connection.
    #[error("the server ended before it accepted connections on {address}{words}")]
    Ended {
        /// Address on which it should have accepted.
        address: SocketAddr,
        /// The last lines of its standard error.
        words: String,
    },
    /// It goes on, and accepts no connection.
    #[error("the server accepts no connections on {address}{words}")]
    Silent {
        /// Address on which it should have accepted.
        address: SocketAddr,
        /// The last lines of its standard error.
        words: String,
    },
    /// There is no process to watch.
    #[error("there is no process {0}")]
    NoProcess(u32),
}

/// A server process, started or watched. Dropping a process that was started here stops it and its
/// group.
#[derive(Debug)]
pub(crate) struct Target {
    /// The command's words, of a server that was started here.
    words: Vec<String>,
    address: Option<SocketAddr>,
    process: Mutex<Process>,
}

/// The process of a server.
#[derive(Debug)]
struct Process {
    id: u32,
    /// Start time of the process, where the system tells it: another process may get the same
    /// number.
    began: Option<u64>,
    child: Option<Child>,
}

impl Target {
    /// Starts a server by a command in a shell's notation, and waits until it accepts connections
    /// on `address`. If the command contains `{port}`, a free port of 127.0.0.1 takes its place and
    /// is the one waited for.
    ///
    /// Its output is thrown away, and what it writes to its standard error is read and mostly
    /// forgotten: neither can fill up.
    pub(crate) fn spawn(command: &str, address: SocketAddr) -> Result<Self, TargetError> {
        let is_free = command.contains(PORT);
        let address = if is_free { free_addresses(1)?[0] } else { address };
        Self::start(assign(command, address)?, address)
    }

    /// Starts a server by a command's words, and waits until it accepts connections on `address`.
    fn start(words: Vec<String>, address: SocketAddr) -> Result<Self, TargetError> {
        let process = Process::start(&words, address, START)?;
        Ok(Self { words, address: Some(address), process: Mutex::new(process) })
    }

    /// Kills a server that was started here (SIGKILL), as a power failure would end it. It can be started
    /// [again](Self::restart).
    pub(crate) fn kill(&self) {
        self.process().stop(Duration::ZERO);
    }

    /// Starts a server that was killed again, by the same command on the same port, and waits until it accepts
    /// connections.
    pub(crate) fn restart(&self) -> Result<(), TargetError> {
        if let Some(address) = self.address {
            *self.process() = Process::start(&self.words, address, START)?;
        }
        Ok(())
    }

    /// Watches a process that was started elsewhere. It is not stopped here.
    pub(crate) fn attach(id: u32) -> Result<Self, TargetError> {
        let began = usage::started(id);
        if cfg!(target_os = "linux") && began.is_none() {
            return Err(TargetError::NoProcess(id));
        }
        let process = Mutex::new(Process { id, began, child: None });
        Ok(Self { words: Vec::new(), address: None, process })
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.process().id
    }

    /// Address on which the server accepts connections, if it was started here.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// CPU time and memory of the process and its descendants so far (Linux); nothing once it is
    /// gone.
    ///
    /// Counting a server's pages takes some 2 ms per 256 MB: not for every millisecond.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let Process { id, began, .. } = *self.process();
        let same = usage::started(id) == began;
        if same { usage::usage(id) } else { None }
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Process {
    fn start(
        words: &[String],
        address: SocketAddr,
        patience: Duration,
    ) -> Result<Self, TargetError> {
        if accepts(address) {
            return Err(TargetError::Taken(address));
        }
        let mut child = run(words)?;
        started().push(child.id());
        let tail = child.stderr.take().map(Tail::of);
        let began = usage::started(child.id());
        let mut process = Self { id: child.id(), began, child: Some(child) };
        let deadline = Instant::now() + patience;
        loop {
            if process.has_ended() {
                let words = tail.map(Tail::finish).unwrap_or_default();
                return Err(TargetError::Ended { address, words });
            }
            if accepts(address) {
                return Ok(process);
            }
            if Instant::now() > deadline {
                let words = tail.map(|tail| tail.last_lines()).unwrap_or_default();
                return Err(TargetError::Silent { address, words });
            }
            thread::sleep(LOOK);
        }
    }

    /// Returns whether a process that was started here has ended. Does not reap it: until then its
    /// number stands for no other process and no other group.
    #[cfg(unix)]
    fn has_ended(&mut self) -> bool {
        let how = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let ended = |child| matches!(waitid(WaitId::Pid(Pid::from_child(child)), how), Ok(Some(_)));
        self.child.as_ref().is_some_and(ended)
    }

    #[cfg(not(unix))]
    fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))))
    }

    /// Returns whether any process that was started here is alive, its descendants and its group
    /// included where the system shows them.
    #[cfg(unix)]
    fn is_alive(&mut self) -> bool {
        !self.has_ended() || usage::is_family_alive(self.id)
    }

    /// Stops the server: SIGTERM to its group, a grace period of `patience` if that is any, then SIGKILL.
    fn stop(&mut self, patience: Duration) {
        #[cfg(unix)]
        if let Some(group) = self.child.as_ref().map(Pid::from_child) {
            if !patience.is_zero() {
                let _ = kill_process_group(group, Signal::TERM);
            }
            let deadline = Instant::now() + patience;
            while self.is_alive() && Instant::now() < deadline {
                thread::sleep(LOOK);
            }
            let _ = kill_process_group(group, Signal::KILL);
        }
        #[cfg(not(unix))]
        let _ = patience;
        if let Some(mut child) = self.child.take() {
            // Once it has been waited for, its number may be another's.
            started().retain(|id| *id != child.id());
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop(STOP);
    }
}

/// The processes that were started here and have not been waited for.
static STARTED: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn started() -> MutexGuard<'static, Vec<u32>> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills all servers that were started here: this process is about to end without dropping
/// anything.
pub(crate) fn kill_all_started() {
    #[cfg(unix)]
    for id in started().iter().filter_map(|id| Pid::from_raw(id.cast_signed())) {
        let _ = kill_process_group(id, Signal::KILL);
    }
}

/// So many free addresses: all of them are held at once, so that none comes twice.
fn free_addresses(number: u32) -> Result<Vec<SocketAddr>, TargetError> {
    let free = (0..number).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    let free = free.collect::<io::Result<Vec<_>>>().map_err(TargetError::NoPort)?;
    free.iter().map(TcpListener::local_addr).collect::<io::Result<_>>().map_err(TargetError::NoPort)
}

/// The command's words, with that address's port in place of `{port}`.
fn assign(command: &str, address: SocketAddr) -> Result<Vec<String>, TargetError> {
    let words = shell_words::split(command)?;
    if words.is_empty() {
        return Err(TargetError::Empty);
    }
    let port = address.port().to_string();
    Ok(words.into_iter().map(|word| word.replace(PORT, &port)).collect())
}

/// Starts the server in a process group of its own: Ctrl-C on the terminal is for the generator,
/// which stops it.
fn run(words: &[String]) -> Result<Child, TargetError> {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().map_err(|source| TargetError::Start { program: words[0].clone(), source })
}

/// Returns whether a server accepts connections on the address. The test connection has then ended
/// at both ends, if the server closes within [`LET_GO`].
pub(crate) fn accepts(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect_timeout(&address, LET_GO) else { return false };
    // A free port that is connected to may be given to this end as well: a conversation with
    // oneself.
    if stream.local_addr().is_ok_and(|own| own == address) {
        return false;
    }
    let deadline = Instant::now() + LET_GO;
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.set_read_timeout(Some(LET_GO));
    while matches!(stream.read(&mut [0; 1024]), Ok(1..)) && Instant::now() < deadline {}
    true
}

/// The end of what a process writes to its standard error.
struct Tail {
    kept: Arc<Mutex<VecDeque<u8>>>,
    /// Closed when there will be no more.
    end: Receiver<()>,
}

impl Tail {
    fn of(mut stderr: ChildStderr) -> Self {
        let kept = Arc::new(Mutex::new(VecDeque::new()));
        let (open, end) = channel();
        let keep = Arc::clone(&kept);
        thread::spawn(move || {
            let _open: Sender<()> = open;
            let mut chunk = [0; KEPT];
            while let Ok(length @ 1..) = stderr.read(&mut chunk) {
                let mut kept = keep.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(&chunk[..length]);
                let surplus = kept.len().saturating_sub(KEPT);
                kept.drain(..surplus);
            }
        });
        Self { kept, end }
    }

    /// The last words of a process that has ended. Another one may hold its standard error open.
    fn finish(self) -> String {
        let _ = self.end.recv_timeout(LET_GO);
        self.last_lines()
    }

    /// The last lines so far, harmless for a terminal, with something to begin them with.
    fn last_lines(&self) -> String {
        let kept: Vec<u8> =
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        let text = String::from_utf8_lossy(&kept);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines[lines.len().saturating_sub(SHOWN)..].join("\n");
        let harmless = last.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}");
        if harmless.is_empty() { harmless } else { format!("; its last words:\n{harmless}") }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
