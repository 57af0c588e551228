//! Commands: what each one does.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::ProgressBar;

use crate::checks::check::Side;
use crate::checks::listing;
use crate::cli::{Cli, Task};
use crate::exit::{self, AppError};
use crate::grade::grading::{Job, Settings};
use crate::grade::result::{Outcome, Part, Report};
use crate::options::{OutputArgs, SettingsArgs};
use crate::report;
use crate::sandbox::isolation::Isolation;
use crate::sandbox::workdir;

/// Interval between two frames of the spinner.
const TICK: Duration = Duration::from_millis(120);

/// The file name that stands for standard output.
const STANDARD_OUTPUT: &str = "-";

/// Executes the command line.
///
/// # Errors
///
/// An argument cannot be used, or the checker itself fails.
pub fn execute(cli: &Cli) -> Result<ExitCode, AppError> {
    match &cli.task {
        Task::Supervise(supervise) => Ok(supervise.run()),
        Task::Probe => Ok(Isolation::probe()),
        Task::List { json, lang } => {
            let list = if *json { listing::json } else { listing::text };
            match list(*lang, &mut io::stdout().lock()) {
                // A reader may have seen enough.
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(AppError::checker(error))
                }
                _ => Ok(ExitCode::SUCCESS),
            }
        }
        Task::Server { command, settings, output } => {
            check(&[(Side::Server, command)], settings, output)
        }
        Task::Client { command, settings, output } => {
            check(&[(Side::Client, command)], settings, output)
        }
        Task::Both { server, client, settings, output } => {
            let programs = [(Side::Server, server), (Side::Client, client)];
            check(&programs, settings, output)
        }
        Task::Batch { folder, batch, settings } => {
            workdir::sweep(&std::env::temp_dir());
            let isolation = isolation(settings);
            let stop = stop_on_ctrl_c();
            let course = &settings.course;
            let settings = settings.settle(isolation, &[Side::Server, Side::Client])?;
            crate::batch::run(folder, batch, course.as_deref(), &settings, &stop)
        }
    }
}

/// Finds out whether programs can have networks of their own. Must be called before any other
/// thread is started.
fn isolation(args: &SettingsArgs) -> Isolation {
    if args.limits.shared_network { Isolation::Shared } else { Isolation::prepare() }
}

/// Returns a flag that the first Ctrl-C sets; the second ends the run without a report, and the
/// supervisors end their programs. Where no signal handler can be set, the first does.
fn stop_on_ctrl_c() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let _ = ctrlc::set_handler(move || {
        if told.swap(true, Ordering::Relaxed) {
            std::process::exit(exit::INTERRUPTED.into());
        }
    });
    stop
}

/// Checks the programs of one submission, with the current folder as theirs.
fn check(
    programs: &[(Side, &String)],
    args: &SettingsArgs,
    output: &OutputArgs,
) -> Result<ExitCode, AppError> {
    workdir::sweep(&std::env::temp_dir());
    let isolation = isolation(args);
    let stop = stop_on_ctrl_c();
    let sides: Vec<Side> = programs.iter().map(|(side, _)| *side).collect();
    let settings = args.settle(isolation, &sides)?;
    let jobs = programs.iter().map(|(side, command)| Job {
        side: *side,
        command: (*command).clone(),
        folder: Path::new(".").to_owned(),
        is_guessed: false,
    });
    let jobs: Vec<Job> = jobs.collect();
    let (rubric, _) = output.rubric.read(args.course.as_deref())?;
    output.forms().try_for_each(|(file, _)| writable(file))?;
    let progress = ProgressBar::new_spinner();
    progress.enable_steady_tick(TICK);
    let told = |outcome: &Outcome| {
        progress.inc(1);
        progress.set_message(format!("{} {}", progress.position(), outcome.id));
    };
    let mut report = examine(&jobs, &settings, &stop, &told)?;
    progress.finish_and_clear();
    let unmade = |part: &Part| part.not_started.is_none() && part.results.is_empty();
    if report.parts.iter().all(unmade) && !report.interrupted {
        let profiles = report.parts.iter().map(|part| part.profile.name()).collect::<Vec<_>>();
        let profiles = profiles.join(", ");
        return Err(AppError::Usage(format!("none of these checks is for profile {profiles}")));
    }
    // Marks for half a submission mean little, unless they were asked for.
    let asked = output.rubric.file.is_some() || args.course.is_some();
    if programs.len() > 1 || asked || output.gradescope.is_some() {
        report.marks = Some(rubric.marks(&report));
    }
    write(&report, output)?;
    Ok(ExitCode::from(exit::status(&report)))
}

/// Writes the report in every form that is asked for. Standard output has the one for people,
/// unless another form is to go there.
fn write(report: &Report, output: &OutputArgs) -> Result<(), AppError> {
    for (file, form) in output.forms() {
        put(file, &form(report))?;
    }
    if output.forms().all(|(file, _)| file.as_os_str() != STANDARD_OUTPUT) {
        let width = console::Term::stdout().size_checked().map(|(_, columns)| columns.into());
        let mut out = anstream::stdout().lock();
        match report::console::print(report, output.verbose, width, &mut out) {
            // A broken pipe is no error: the reader has seen enough.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                return Err(AppError::checker(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Checks the programs of one submission; each gets what was found out about those before it.
fn examine(
    jobs: &[Job],
    settings: &Settings,
    stop: &Arc<AtomicBool>,
    told: &(dyn Fn(&Outcome) + Sync),
) -> Result<Report, AppError> {
    let mut parts: Vec<Part> = Vec::new();
    for job in jobs {
        let settings = settings.after(&parts);
        parts.push(job.run(&settings, stop, told).map_err(AppError::usage)?);
    }
    Ok(settings.report(parts, stop))
}

/// Checks that a file is in a folder that exists, before its contents are made.
fn writable(file: &Path) -> Result<(), AppError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) || file.is_dir() {
        return Err(AppError::Usage(format!("{}: cannot be written", file.display())));
    }
    Ok(())
}

fn put(file: &Path, text: &str) -> Result<(), AppError> {
    let written = if file.as_os_str() == STANDARD_OUTPUT {
        io::stdout().write_all(text.as_bytes())
    } else {
        fs::write(file, text)
    };
    written.map_err(|error| AppError::checker(format!("{}: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use chat_protocol::options::profile::Profile;

    #[test]
    fn a_check_is_repeated_as_it_was_made() {
        let words = ["chat-check", "client", "./c x", "--slow", "2", "--env", "KEY=secret"];
        let Task::Client { command, settings: args, .. } = Cli::try_parse_from(words).unwrap().task
        else {
            panic!("another task");
        };
        let mut settings = args.settle(Isolation::Shared, &[Side::Client]).unwrap();
        let (side, folder) = (Side::Client, std::path::PathBuf::new());
        let job = Job { side, command, folder, is_guessed: false };
        assert_eq!(job.repeat(&settings), "chat-check client './c x' --slow 2 --env KEY");
        // A client has this from its server.
        settings.profile = Some(Profile::Sala);
        let alone = "chat-check client './c x' --profile sala --slow 2 --env KEY";
        assert_eq!(job.repeat(&settings), alone);
        settings.server = Some("./s".to_owned());
        let both =
            "chat-check both --server ./s --client './c x' --profile sala --slow 2 --env KEY";
        assert_eq!(job.repeat(&settings), both);
    }
}
