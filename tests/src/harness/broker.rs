//! Real NATS servers with `JetStream`, for chats on several servers.
//!
//! The program is the one that `CHAT_NATS_SERVER` names, else `nats-server` on PATH, else the one that `ci/packages` puts
//! into `target/nats`; the first that is 2.11 or later.

use std::collections::hash_map::RandomState;
use std::env;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use chat_drive::failure::Result;
use chat_drive::skip;
use tempfile::TempDir;

use crate::harness::program::Program;
use crate::harness::stage::Stage;

const PROGRAM: &str = if cfg!(windows) { "nats-server.exe" } else { "nats-server" };

/// A NATS server. Its store outlives its process, and is deleted with it.
pub struct Broker<'a> {
    stage: &'a Stage,
    name: String,
    program: PathBuf,
    folder: TempDir,
    port: u16,
    process: Option<Program>,
}

impl<'a> Broker<'a> {
    /// Starts one, and waits until it takes clients. `None` where there is no program: the test has said that it skips
    /// itself.
    #[track_caller]
    pub fn start(stage: &'a Stage) -> Result<Option<Self>> {
        Self::start_with(stage, "")
    }

    /// Starts one with these lines in its configuration. `{dir}` in them is [its folder](Self::folder).
    #[track_caller]
    pub fn start_with(stage: &'a Stage, lines: &str) -> Result<Option<Self>> {
        let Some(program) = current(stage)? else { return Ok(None) };
        Self::of_program(stage, "broker", &program, lines).map(Some)
    }

    /// Starts three that are a cluster.
    #[track_caller]
    pub fn start_three(stage: &'a Stage) -> Result<Option<[Self; 3]>> {
        let Some(program) = current(stage)? else { return Ok(None) };
        let ports = [(); 3].map(|()| free_port());
        let routes = ports.map(|port| format!("nats://127.0.0.1:{port}")).join(", ");
        let start = |index: usize| {
            let listen = format!("listen: \"127.0.0.1:{}\"", ports[index]);
            let lines = format!("cluster {{ name: chat, {listen}, routes: [{routes}] }}");
            Self::of_program(stage, &format!("broker-{}", index + 1), &program, &lines)
        };
        Ok(Some([start(0)?, start(1)?, start(2)?]))
    }

    /// Starts this program, of any version.
    #[track_caller]
    pub fn of_program(stage: &'a Stage, name: &str, program: &Path, lines: &str) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(|error| stage.failure(error))?;
        let mut broker = Self {
            stage,
            name: name.to_owned(),
            program: program.to_owned(),
            folder,
            port: free_port(),
            process: None,
        };
        let directory = broker.folder().to_string_lossy().into_owned();
        let jetstream = if lines.contains("jetstream") {
            String::new()
        } else {
            format!("jetstream {{ store_dir: {directory:?}, max_mem: 64MB, max_file: 1GB }}")
        };
        let listen = format!("server_name: {name}\nlisten: \"127.0.0.1:{}\"", broker.port);
        let lines = lines.replace("{dir}", &directory);
        let written = fs::write(broker.config(), format!("{listen}\n{jetstream}\n{lines}\n"));
        written.map_err(|error| stage.failure(error))?;
        broker.restart()?;
        Ok(broker)
    }

    /// Its name within a cluster.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address for clients: `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The folder of its store and configuration.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The id of its process, if it runs.
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Program::id)
    }

    /// Kills it at once, as a loss of power to this process alone.
    #[track_caller]
    pub fn kill(&mut self) -> Result {
        self.process.take().map_or(Ok(()), |mut process| process.kill())
    }

    /// Starts it again with its store, at its port, and waits until it takes clients.
    #[track_caller]
    pub fn restart(&mut self) -> Result {
        self.kill()?;
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.config());
        let process = self.stage.start(&self.name, command)?;
        process.err.find(|line| line.ends_with("Server is ready"), "that it is ready")?;
        self.process = Some(process);
        Ok(())
    }

    /// Stops it: it keeps its connections, and does nothing.
    #[cfg(unix)]
    #[track_caller]
    pub fn pause(&self) -> Result {
        self.process.as_ref().map_or(Ok(()), |process| process.signal(19))
    }

    /// Lets it go on.
    #[cfg(unix)]
    #[track_caller]
    pub fn resume(&self) -> Result {
        self.process.as_ref().map_or(Ok(()), |process| process.signal(18))
    }

    fn config(&self) -> PathBuf {
        self.folder().join("nats.conf")
    }
}

/// The program: 2.11 or later.
#[track_caller]
fn current(stage: &Stage) -> Result<Option<PathBuf>> {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/nats/bin").join(PROGRAM);
    let found = env::var_os("CHAT_NATS_SERVER").map(PathBuf::from);
    let found = found.into_iter().chain(on_path()).chain([installed]);
    let mut found = found.filter(|program| version(program).is_some_and(|at| at >= (2, 11)));
    if let Some(program) = found.next() {
        return Ok(Some(program));
    }
    let missing = "nats-server 2.11 or later is not installed; ci/packages does it";
    if env::var_os("CI").is_some() {
        return Err(stage.failure(missing));
    }
    skip(missing);
    Ok(None)
}

/// A `nats-server` before 2.11, such as Debian's, if it is installed.
pub fn outdated() -> Option<PathBuf> {
    on_path().find(|program| version(program).is_some_and(|at| at < (2, 11)))
}

/// In the usual folders of servers as well.
fn on_path() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    let folders = folders.into_iter().chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(PROGRAM)).filter(|program| program.is_file())
}

fn version(program: &Path) -> Option<(u32, u32)> {
    let said = Command::new(program).arg("--version").output().ok()?.stdout;
    let said = String::from_utf8(said).ok()?;
    let mut numbers = said.trim().rsplit('v').next()?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// A port that nothing listens to, below those that systems give to connections: it is still free when a server that was
/// killed starts again.
fn free_port() -> u16 {
    let random = |range: u64| RandomState::new().build_hasher().finish() % range;
    loop {
        let port = 10_000 + u16::try_from(random(20_000)).unwrap_or(0);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
