//! Builds a program in its folder, within limits.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use chat_drive::role::Role;
use chat_drive::transcript::Transcript;

use super::recipe::Recipe;
use super::wording;
use crate::grade::grading::Settings;
use crate::grade::result::NotStarted;
use crate::sandbox::limits::Limits;
use crate::sandbox::program::TestedProgram;
use crate::text::Words;

/// Time-out for a build, times `slow`.
const TIME: Duration = Duration::from_mins(2);

/// Limit on the lines shown of a build that fails.
const LAST_LINES: usize = 30;

/// Limits for compilers, which need more than chats do.
const LIMITS: Limits = Limits {
    processes: 256,
    memory: 3 << 30,
    cpu: Duration::from_mins(5),
    file_size: 512 << 20,
    output: 1 << 20,
};

/// Builds what there is to build in `folder`, in a network of its own where there is one: nothing
/// is downloaded.
///
/// # Errors
///
/// The reason why the program cannot be started.
pub(super) fn build(
    recipe: &Recipe,
    folder: &Path,
    settings: &Settings,
    stop: &Arc<AtomicBool>,
) -> Result<(), NotStarted> {
    let not_started =
        |why: &Words, printed| Err(NotStarted { why: why.to(settings.lang).to_owned(), printed });
    let Some(command) = &recipe.build else { return Ok(()) };
    let built = thread::scope(|scope| {
        let working = scope.spawn(|| run(command, folder, settings, stop));
        working.join().unwrap_or_else(|_| Err((Words::new("", ""), Vec::new())))
    });
    built.or_else(|(why, printed)| not_started(&why, printed))
}

/// Returns a tool that the program needs and that is not installed.
pub(super) fn missing_tool(recipe: &Recipe) -> Option<&'static str> {
    recipe.tools.iter().copied().find(|tool| !is_there(tool))
}

/// Runs the build. Must run in a thread of its own, which enters the network.
fn run(
    command: &str,
    folder: &Path,
    settings: &Settings,
    stop: &Arc<AtomicBool>,
) -> Result<(), (Words, Vec<String>)> {
    let broken = |error: &dyn std::fmt::Display| (Words::new(error, error), Vec::new());
    settings.isolation.enter().map_err(|e| broken(&e))?;
    let tested = TestedProgram::new(command, folder, settings.isolation).map_err(|e| broken(&e))?;
    let mut tested = tested.with_limits(LIMITS).with_stop(stop).in_place();
    for (name, value) in &settings.variables {
        tested = tested.with_variable(name, value);
    }
    let role = Role::new("build", &Transcript::begin());
    let program = tested.start(&role, 0).map_err(|e| broken(&e))?;
    let status = program.wait(TIME.mul_f64(settings.slow));
    if status.is_some_and(|status| status.success()) {
        return Ok(());
    }
    program.kill();
    let trace = program.trace();
    let printed = [&trace.out, &trace.err].map(|said| {
        // The end of the output may not have been read yet.
        said.wait(Duration::from_secs(1), |_| None::<()>);
        said.text()
    });
    let lines: Vec<String> =
        printed.iter().flat_map(|text| text.lines()).map(str::to_owned).collect();
    let why = match trace.exceeded() {
        Some(exceeded) => exceeded.clone(),
        None if status.is_none() => wording::BUILD_TAKES_TOO_LONG.into(),
        None => wording::not_built(command),
    };
    Err((why, lines[lines.len().saturating_sub(LAST_LINES)..].to_vec()))
}

/// Returns whether a program of this name is installed.
fn is_there(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let name = format!("{tool}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).any(|folder| folder.join(&name).is_file())
}
