//! Discovery of a program's dialect, before anything is judged.
//!
//! Each question has an experiment, and each experiment a fresh process. A faulty program must not
//! mislead: what an experiment does not show stays as the course has it.

mod client;
mod conventions;
mod observations;
mod prompts;
mod server;

pub(crate) use client::client;
pub(crate) use server::server;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use chat_drive::captured::Captured;
use chat_protocol::options::profile::Profile;

use crate::dialect::Dialect;
use crate::sandbox::program::TestedProgram;
use crate::sandbox::running::Running;
use crate::sandbox::trace::Trace;
use crate::scene::Scene;
use crate::scene::timeouts::Timeouts;
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt};

/// The results of a discovery.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) dialect: Dialect,
    /// Time that a message takes from one client to another.
    pub(crate) latency: Duration,
    /// Set if the program speaks another dialect than all that were tried.
    pub(crate) unsure: Option<Unsure>,
}

/// A program that cannot be judged by what it says.
#[derive(Clone)]
pub(crate) struct Unsure {
    /// The reason, for each check that depends on it.
    pub(crate) why: Words,
    /// The keys of a dialect's file that help, if any can.
    pub(crate) state: Option<Text>,
}

/// The first bytes of a stream of serialized Java objects.
const JAVA_OBJECTS: [u8; 2] = [0xac, 0xed];

impl Unsure {
    /// A program that sends Java's serialized objects.
    fn java_objects() -> Self {
        let why = Words::new(
            "Envía objetos de Java serializados (ObjectOutputStream), no texto: solo otro programa \
             con las mismas clases los entiende",
            "It sends serialized Java objects (ObjectOutputStream) and no text: only another \
             program with the same classes understands them",
        );
        Self { why, state: None }
    }
}

/// A program that cannot be examined: it does not come as far as listening or connecting.
pub(crate) struct Unstarted {
    /// The reason, for the report.
    pub(crate) why: Words,
    /// True if it ended by itself, and not for going over a limit.
    pub(crate) ended: bool,
    /// The last lines that it printed, standard error behind standard output.
    pub(crate) printed: Vec<String>,
}

/// Silence after which nothing more is expected, times `slow`.
const QUIET: Duration = Duration::from_millis(150);

/// Limit on the lines shown of a program that does not start.
const LAST_LINES: usize = 20;

/// Offsets in what a program has printed: standard output, standard error.
type Printed = [usize; 2];

/// Returns the question that a program asks behind these offsets, if its last line has not ended or
/// looks like a question, and the offsets at which that line ends. On a terminal, Python asks on
/// standard error.
fn question(program: &Running, behind: Printed) -> Option<(String, Printed)> {
    let trace = program.trace();
    let asks = |captured: &Captured, behind| {
        captured.look(|heard| {
            let screen = String::from_utf8_lossy(heard.bytes.get(behind..)?);
            prompts::asked(&screen)
        })
    };
    let both = [asks(&trace.out, behind[0]), asks(&trace.err, behind[1])];
    // A line that has not ended asks for sure.
    let asked = both.into_iter().flatten().min_by_key(|asked| asked.ends_with('\n'))?;
    Some((asked, [&trace.out, &trace.err].map(|captured| captured.look(|heard| heard.bytes.len()))))
}

/// Runs an experiment in a thread and a network of its own.
fn play<T: Send>(
    tested: &TestedProgram,
    dialect: &Dialect,
    timeouts: &Timeouts,
    experiment: impl FnOnce(&mut Scene) -> Checked<T> + Send,
) -> Result<T, Unstarted> {
    let work = || {
        // No experiment depends on the profile.
        let mut scene = Scene::new(tested, dialect, Profile::default(), timeouts);
        let refused = |error| Halt::Checker(format!("no network of its own: {error}"));
        let entered = tested.isolation().enter().map_err(refused);
        let result = entered.and_then(|()| experiment(&mut scene));
        result.map_err(|halt| Unstarted::of(halt, scene.traces()))
    };
    thread::scope(|scope| match scope.spawn(work).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

impl Unstarted {
    fn of(halt: Halt, traces: &[Arc<Trace>]) -> Self {
        let why = match halt {
            Halt::Fault { came, .. } => came,
            Halt::Checker(error) => Words::new(&error, &error),
            Halt::NotStrict(words) | Halt::Untestable(words) => words,
        };
        let exceeded = traces.iter().find_map(|trace| trace.exceeded().cloned());
        let ended = traces.iter().any(|trace| trace.ended_by_itself().is_some());
        let (ended, why) = (ended && exceeded.is_none(), exceeded.unwrap_or(why));
        let texts = traces.iter().flat_map(|trace| [trace.out.text(), trace.err.text()]);
        let lines: Vec<String> =
            texts.flat_map(|t| t.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        Self { why, ended, printed: lines[lines.len().saturating_sub(LAST_LINES)..].to_vec() }
    }
}
