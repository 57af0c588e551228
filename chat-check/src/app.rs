//! What the commands do.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::catalogue::{Side, checks};
use crate::cli::{Cli, MannerArgs, Task};
use crate::dialect::Given;
use crate::isolation::Isolation;
use crate::order::{Manner, Order};
use crate::report::{FORMAT, Part, Report};
use crate::select::{Patterns, Selection};
use crate::verdict::{Level, Verdict};

/// Why a run ends without a report.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Something that was given cannot be used.
    #[error("{0}")]
    Usage(String),
    /// The checker cannot do its part.
    #[error("{0}")]
    Checker(String),
}

impl AppError {
    /// The exit status.
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Checker(_) => 3,
        }
    }
}

/// Does what the command line asks for.
///
/// # Errors
///
/// What was given cannot be used, or the checker cannot do its part.
pub fn execute(
    cli: &Cli,
    isolation: Isolation,
    stop: &Arc<AtomicBool>,
) -> Result<ExitCode, AppError> {
    let (side, command, args) = match &cli.task {
        Task::Keep(keep) => return Ok(keep.run()),
        Task::Probe => return Ok(Isolation::probe()),
        Task::Batch { folder, batch, manner } => {
            let manner = self::manner(manner, isolation, &[Side::Server, Side::Client])?;
            return crate::batch::run(folder, batch, &manner, stop);
        }
        Task::Server { command, manner } => (Side::Server, command, manner),
        Task::Client { command, manner } => (Side::Client, command, manner),
    };
    let manner = manner(args, isolation, &[side])?;
    let order = Order { side, command: command.clone(), folder: Path::new(".").to_owned() };
    let told = |outcome: &crate::report::Outcome| {
        println!(
            "{:<24} {:?} {}",
            outcome.id,
            outcome.verdict,
            outcome.reason.as_deref().unwrap_or("")
        );
    };
    let part = order.carry_out(&manner, stop, &told).map_err(|e| AppError::Usage(e.to_string()))?;
    let report = report(vec![part], &manner, stop);
    if let Some(file) = &args.json {
        let json = serde_json::to_string_pretty(&report).unwrap_or_default();
        std::fs::write(file, json).map_err(|e| AppError::Checker(e.to_string()))?;
    }
    Ok(ExitCode::from(status(&report)))
}

/// 0 when all that must hold does, 1 when some of it does not, 3 when a program could not be
/// started or the checker failed.
pub fn status(report: &Report) -> u8 {
    let unstarted = report.parts.iter().any(|part| part.not_started.is_some());
    if unstarted || report.interrupted || report.count(Verdict::CheckerError) > 0 {
        3
    } else {
        let fails =
            |o: &crate::report::Outcome| o.level == Level::Must && o.verdict == Verdict::Fail;
        u8::from(report.results().any(fails))
    }
}

/// The report of these parts.
pub(crate) fn report(parts: Vec<Part>, manner: &Manner, stop: &AtomicBool) -> Report {
    Report {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        lang: manner.lang,
        submission: None,
        date: jiff::Timestamp::now().to_string(),
        interrupted: stop.load(Ordering::Relaxed),
        parts,
        marks: None,
    }
}

/// What the options say, ready to be used.
fn manner(args: &MannerArgs, isolation: Isolation, sides: &[Side]) -> Result<Manner, AppError> {
    let usage = |error: &dyn std::fmt::Display| AppError::Usage(error.to_string());
    let given = match &args.dialect {
        None => Given::default(),
        Some(file) => {
            let named =
                |error: &dyn std::fmt::Display| usage(&format!("{}: {error}", file.display()));
            let text = std::fs::read_to_string(file).map_err(|e| named(&e))?;
            Given::parse(&text).map_err(|e| named(&e))?
        }
    };
    let known: Vec<_> = sides.iter().flat_map(|side| checks(*side)).collect();
    let patterns = |list: &[String]| Patterns::parse(list, &known).map_err(|e| usage(&e));
    let variables = args.env.iter().map(|variable| match variable.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (variable.clone(), std::env::var(variable).unwrap_or_default()),
    });
    Ok(Manner {
        profile: args.profile,
        given,
        idle: args.idle,
        slow: args.slow,
        side_by_side: args.side_by_side,
        selection: Selection {
            only: patterns(&args.only)?,
            skip: patterns(&args.skip)?,
            xfail: patterns(&args.xfail)?,
        },
        lang: args.lang,
        limits: args.limits.limits(),
        variables: variables.collect(),
        isolation,
        options: options(args),
    })
}

/// The options without which a check would not be the same.
fn options(args: &MannerArgs) -> String {
    let mut words = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        words.extend(value.map(|value| format!("{name} {}", shell_words::quote(&value))));
    };
    add("--profile", args.profile.map(|profile| format!("{profile:?}").to_lowercase()));
    add("--dialect", args.dialect.as_ref().map(|file| file.display().to_string()));
    add("--idle", args.idle.map(|idle| format!("{}s", idle.as_secs_f64())));
    words.extend(args.limits.words());
    words.extend(args.env.iter().map(|name| format!("--env {}", shell_words::quote(name))));
    words.join(" ")
}
