//! Options that several commands share, and their conversion to settings.

use std::fmt::Display;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytesize::ByteSize;
use chat_protocol::options::profile::Profile;
use chat_protocol::options::time_limit::TimeLimit;
use chat_protocol::usage::positive;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::checks::catalogue::checks;
use crate::checks::check::Side;
use crate::checks::select::{Patterns, Selection};
use crate::dialect::Given;
use crate::exit::AppError;
use crate::grade::grading::Settings;
use crate::grade::result::Report;
use crate::grade::rubric::{Course, Rubric};
use crate::report;
use crate::sandbox::isolation::Isolation;
use crate::sandbox::limits::Limits;
use crate::text::Lang;

/// Time limit for a submission, idle time aside.
const TIME_LIMIT: Duration = Duration::from_mins(10);

/// Options of the checks.
#[derive(Args, Clone, Debug)]
pub(crate) struct SettingsArgs {
    /// The profile to check against; without it sala for servers that ask for names, basico for
    /// others
    #[arg(short, long, value_name = "PROFILE", value_parser = profile())]
    pub(crate) profile: Option<Profile>,
    /// The language of the report
    #[arg(short, long, value_name = "LANGUAGE", default_value = "es")]
    pub(crate) lang: Lang,
    /// Make only the checks with these names, and what they need; 2.* is all of chapter 2
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Do not make the checks with these names
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// Names of checks that are known to fail: if they do, that is no fault
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) xfail: Vec<String>,
    /// File with known parts of the dialect (TOML); the rest is found out
    #[arg(long, value_name = "FILE")]
    pub(crate) dialect: Option<PathBuf>,
    /// File of a course (TOML): a rubric that also says which requirements count, and with what
    /// settings
    #[arg(long, value_name = "FILE")]
    pub(crate) course: Option<PathBuf>,
    /// Silence after which a connection must be closed, such as 60s; without it idle time is not
    /// checked
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) idle: Option<Duration>,
    /// Let everything take this many times as long
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = slow)]
    pub(crate) slow: f64,
    /// Number of checks to make at the same time
    #[arg(long, value_name = "NUMBER", default_value = "4", value_parser = positive::<NonZero<usize>>("checks"))]
    pub(crate) side_by_side: NonZero<usize>,
    /// A variable of the programs' environment, NAME=VALUE or NAME to pass it on
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Vec<String>,
    /// Limits on the programs
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

impl SettingsArgs {
    /// Returns the settings that the options give.
    pub(crate) fn settle(
        &self,
        isolation: Isolation,
        sides: &[Side],
    ) -> Result<Settings, AppError> {
        let course = match &self.course {
            None => Course::default(),
            Some(file) => read_rubric(file)?.0.course,
        };
        // Only a file can be wrong.
        let of_course =
            |error: &dyn Display| of_file(self.course.as_deref().unwrap_or(Path::new("")), error);
        let given = Given::of(course.dialect.clone());
        let mut given = given.map_err(|why| of_course(&why.to(self.lang)))?;
        if let Some(file) = &self.dialect {
            let text = fs::read_to_string(file).map_err(|error| of_file(file, &error))?;
            given = Given::parse(&text, course.dialect)
                .map_err(|why| of_file(file, &why.to(self.lang)))?;
        }
        let known: Vec<_> = sides.iter().flat_map(|side| checks(*side)).collect();
        let patterns = |list: &[String]| Patterns::parse(list, &known).map_err(AppError::usage);
        let all = [Side::Server, Side::Client].into_iter().flat_map(checks).collect::<Vec<_>>();
        let asked =
            |list: &[String]| Patterns::parse(list, &all).map_err(|error| of_course(&error));
        let profile = course.profile.map(|name| name.parse()).transpose();
        let profile = profile.map_err(|error| of_course(&error))?;
        asked(&course.skip)?;
        let has_check = |skip: &&String| Patterns::parse(&[(*skip).clone()], &known).is_ok();
        let skip: Vec<String> =
            course.skip.iter().filter(has_check).chain(&self.skip).cloned().collect();
        let variables = self.env.iter().map(|variable| match variable.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => (variable.clone(), std::env::var(variable).unwrap_or_default()),
        });
        Ok(Settings {
            profile: self.profile.or(profile),
            given,
            idle: self.idle,
            slow: self.slow,
            side_by_side: self.side_by_side,
            selection: Selection {
                only: patterns(&self.only)?,
                skip: patterns(&skip)?,
                xfail: patterns(&self.xfail)?,
                must: asked(&course.must)?,
                should: asked(&course.should)?,
            },
            lang: self.lang,
            limits: self.limits.limits(),
            variables: variables.collect(),
            isolation,
            server: None,
            server_port: None,
            options: self.written(),
        })
    }

    /// The options without which a check would not be the same, but for the profile. The values of
    /// variables are left out, because they may be secret.
    fn written(&self) -> String {
        let mut words = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            words.extend(value.map(|value| format!("{name} {}", shell_words::quote(&value))));
        };
        add("--dialect", self.dialect.as_ref().map(|file| file.display().to_string()));
        add("--course", self.course.as_ref().map(|file| file.display().to_string()));
        add("--idle", self.idle.map(|idle| format!("{}s", idle.as_secs_f64())));
        add("--slow", (self.slow.to_bits() != 1_f64.to_bits()).then(|| self.slow.to_string()));
        words.extend(self.limits.words());
        let names = self.env.iter().map(|variable| variable.split('=').next().unwrap_or_default());
        words.extend(names.map(|name| format!("--env {}", shell_words::quote(name))));
        words.join(" ")
    }
}

/// Options of a batch: its reports, and its programs.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Submissions and reports")]
pub(crate) struct BatchArgs {
    /// The folder for the reports: one for each submission in it, and the class's
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) out: PathBuf,
    /// Pattern of the servers' files, such as 'tp2/*.py'; without it servidor.py, Server.java and so
    /// on
    #[arg(long, value_name = "GLOB")]
    pub(crate) server_pattern: Vec<String>,
    /// Pattern of the clients' files
    #[arg(long, value_name = "GLOB")]
    pub(crate) client_pattern: Vec<String>,
    /// Number of submissions to check at the same time, each with --side-by-side checks
    #[arg(long, value_name = "NUMBER", default_value = "5", value_parser = positive::<NonZero<usize>>("submissions"))]
    pub(crate) submissions: NonZero<usize>,
    /// Time limit for one submission in all, or it gets no marks; without it 10m and 20 times
    /// --idle
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) time_limit: Option<Duration>,
    /// By what marks are given
    #[command(flatten)]
    pub(crate) rubric: RubricArgs,
    /// Check also those that have a report already and have not changed since
    #[arg(long)]
    pub(crate) again: bool,
}

impl BatchArgs {
    /// Returns the time limit for one submission: checks of idle time wait for many times that.
    pub(crate) fn time_limit(&self, idle: Option<Duration>) -> Duration {
        self.time_limit.unwrap_or(TIME_LIMIT + idle.unwrap_or_default() * 20)
    }
}

/// Options that limit the programs.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Containment (against accidents, not attacks)")]
pub(crate) struct LimitArgs {
    /// Limit on the processes that a program has at a time
    #[arg(long, value_name = "NUMBER", default_value = "128", value_parser = positive::<NonZero<usize>>("processes"))]
    pub(crate) processes: NonZero<usize>,
    /// Limit on the memory of its processes together, such as 512MiB
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = size)]
    pub(crate) memory: ByteSize,
    /// Limit on their processor time together, such as 30s
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = duration)]
    pub(crate) cpu: Duration,
    /// Share the machine's network and processes with the programs, as on systems that have no
    /// others to give: checks are made one after the other; {port} stands for a free port, and a
    /// program that does not take it needs the usual one to be free
    #[arg(long)]
    pub(crate) shared_network: bool,
}

impl LimitArgs {
    /// Returns the limits as the checker takes them.
    pub(crate) fn limits(&self) -> Limits {
        let (processes, memory) = (self.processes.get(), self.memory.as_u64());
        Limits { processes, memory, cpu: self.cpu, ..Limits::default() }
    }

    /// Returns the words that give the same limits again.
    pub(crate) fn words(&self) -> Vec<String> {
        let (limits, usual) = (self.limits(), Limits::default());
        let mut words = Vec::new();
        let mut add = |changed: bool, word: String| words.extend(changed.then_some(word));
        add(limits.processes != usual.processes, format!("--processes {}", limits.processes));
        add(limits.memory != usual.memory, format!("--memory {}B", limits.memory));
        add(limits.cpu != usual.cpu, format!("--cpu {}s", limits.cpu.as_secs_f64()));
        add(self.shared_network, "--shared-network".to_owned());
        words
    }
}

/// By what marks are given.
#[derive(Args, Clone, Debug)]
pub(crate) struct RubricArgs {
    /// Give marks by this rubric (TOML) instead of the course's
    #[arg(long = "rubric", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

impl RubricArgs {
    /// The rubric in the file, or in that of the course, or else the usual one, and the file's
    /// text.
    pub(crate) fn read(&self, course: Option<&Path>) -> Result<(Rubric, String), AppError> {
        match self.file.as_deref().or(course) {
            Some(file) => read_rubric(file),
            None => Ok((Rubric::course(), String::new())),
        }
    }
}

fn read_rubric(file: &Path) -> Result<(Rubric, String), AppError> {
    let text = fs::read_to_string(file).map_err(|error| of_file(file, &error))?;
    let rubric = Rubric::parse(&text).map_err(|error| of_file(file, &error))?;
    Ok((rubric, text))
}

/// Options for the output: reports and marks. A file `-` is standard output.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Reports and marks (a FILE - is standard output)")]
pub(crate) struct OutputArgs {
    /// By what marks are given
    #[command(flatten)]
    pub(crate) rubric: RubricArgs,
    /// Show what passes as well, and the conversations of what fails
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// Write everything that was found as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write a page for people (HTML, complete in itself)
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write a report as Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write a report as XML, for tools that read the results of tests
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write a table as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// Write Gradescope's results.json
    #[arg(long, value_name = "FILE")]
    pub(crate) gradescope: Option<PathBuf>,
}

/// A function that renders a report.
pub(crate) type Form = fn(&Report) -> String;

impl OutputArgs {
    /// Returns the files to write, each with its form.
    pub(crate) fn forms(&self) -> impl Iterator<Item = (&Path, Form)> {
        let forms: [(&Option<PathBuf>, Form); 6] = [
            (&self.json, report::json::render),
            (&self.html, report::html::render),
            (&self.markdown, report::markdown::render),
            (&self.junit, report::junit::render),
            (&self.csv, |report| report::class::csv(std::slice::from_ref(report))),
            (&self.gradescope, report::gradescope::render),
        ];
        forms.into_iter().filter_map(|(file, form)| Some((file.as_deref()?, form)))
    }
}

/// Parses a profile's name; the help shows the purpose of each.
fn profile() -> impl TypedValueParser<Value = Profile> {
    let value = |profile: Profile| PossibleValue::new(profile.name()).help(profile.purpose());
    PossibleValuesParser::new(Profile::ALL.map(value)).try_map(|name| name.parse::<Profile>())
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    let limit = text.parse().ok().and_then(TimeLimit::duration);
    limit.ok_or("expected a time such as 60s, 1m30s or 500ms")
}

fn size(text: &str) -> Result<ByteSize, &'static str> {
    text.parse().map_err(|_| "expected a size such as 512MiB")
}

fn slow(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(times) if (0.1..=100.0).contains(&times) => Ok(times),
        _ => Err("expected a number from 0.1 to 100".to_owned()),
    }
}

fn of_file(file: &Path, error: &dyn Display) -> AppError {
    AppError::Usage(format!("{}: {error}", file.display()))
}
