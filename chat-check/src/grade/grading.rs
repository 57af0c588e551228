//! Grading one program: find out its dialect, choose the checks, run them.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chat_protocol::options::profile::Profile;

use crate::checks::catalogue::checks;
use crate::checks::check::{Check, Side};
use crate::checks::select::Selection;
use crate::dialect::{Dialect, Given};
use crate::discovery::{self, Found, Unstarted, Unsure};
use crate::grade::arguments::{WANTS_OTHERS, given, is_usage, usual};
use crate::grade::result::{FORMAT, NotStarted, Outcome, Part, Report};
use crate::grade::runner::Runner;
use crate::sandbox::isolation::Isolation;
use crate::sandbox::limits::Limits;
use crate::sandbox::program::{ProgramError, TestedProgram};
use crate::sandbox::workdir::without_copy;
use crate::scene::timeouts::Timeouts;
use crate::text::{Lang, Text, Words};

/// Settings of a run, which hold for every program in it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Profile to check against; if none is given, the dialect decides.
    pub(crate) profile: Option<Profile>,
    /// The given part of their dialect.
    pub(crate) given: Given,
    /// Idle time after which the course wants a connection closed, if it does.
    pub(crate) idle: Option<Duration>,
    /// Factor for all time-outs.
    pub(crate) slow: f64,
    /// Number of checks made at the same time.
    pub(crate) side_by_side: NonZero<usize>,
    /// The checks to make.
    pub(crate) selection: Selection,
    /// The language of the report.
    pub(crate) lang: Lang,
    pub(crate) limits: Limits,
    /// Variables for their environment.
    pub(crate) variables: Vec<(String, String)>,
    /// Isolation of the programs: networks of their own, or the machine's.
    pub(crate) isolation: Isolation,
    /// The server whose client is checked, where one command can start both: needed to repeat a
    /// check of what the client took over from its server.
    pub(crate) server: Option<String>,
    /// The port of the server whose client is checked, if no port was given.
    pub(crate) server_port: Option<u16>,
    /// The options that a command to repeat a check needs: everything but the programs, the profile
    /// and `--only`.
    pub(crate) options: String,
}

impl Settings {
    /// The same for a client whose server was checked: adds what the client has from its server.
    #[must_use]
    pub(crate) fn after(&self, parts: &[Part]) -> Self {
        let mut settings = self.clone();
        if let Some(server) = parts.iter().find(|part| !part.results.is_empty()) {
            if settings.given.port.is_none() {
                settings.server_port = Some(server.dialect.port);
            }
            settings.server = Some(server.command.clone());
            if server.unsure {
                // The rest was guessed.
                return settings;
            }
            if settings.given.naming.is_none() {
                settings.given.naming = Some(server.dialect.asks());
                settings.given.open_question.get_or_insert(server.dialect.open_question);
            }
            settings.profile.get_or_insert(server.profile);
        }
        settings
    }

    /// Makes the report of these parts.
    pub(crate) fn report(&self, parts: Vec<Part>, stop: &AtomicBool) -> Report {
        Report {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lang: self.lang,
            submission: None,
            date: jiff::Timestamp::now().to_string(),
            interrupted: stop.load(Ordering::Relaxed),
            parts,
            marks: None,
        }
    }
}

/// A program to check.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// The kind of program.
    pub(crate) side: Side,
    /// The start command, as a shell's user would type it.
    pub(crate) command: String,
    pub(crate) folder: PathBuf,
    /// True if the command was guessed from a file's name: a program that ends at once may want
    /// arguments that no usage line tells of.
    pub(crate) is_guessed: bool,
}

impl Job {
    /// Finds out the program's dialect and makes the checks. Calls `told` with each outcome as soon
    /// as it is there. When `stop` becomes true, running programs are ended, and only the outcomes
    /// finished before are told and returned.
    ///
    /// # Errors
    ///
    /// The command or its folder are of no use. A program that does not start is no error, but a
    /// part that says so.
    pub(crate) fn run(
        &self,
        settings: &Settings,
        stop: &Arc<AtomicBool>,
        told: &(dyn Fn(&Outcome) + Sync),
    ) -> Result<Part, ProgramError> {
        let begun = Instant::now();
        let (mut part, ended) = self.attempt(settings, stop, told)?;
        let printed = part.not_started.iter().flat_map(|not_started| &not_started.printed);
        let wants = ended && (self.is_guessed || printed.into_iter().any(|line| is_usage(line)));
        for arguments in usual(self.side).iter().filter(|_| wants) {
            let command = format!("{} {arguments}", self.command);
            let (with, _) = Self { command, ..self.clone() }.attempt(settings, stop, told)?;
            if stop.load(Ordering::Relaxed) {
                break;
            }
            if with.not_started.is_none() {
                part = with;
                part.remarks.push(given(arguments, &part.dialect).to(settings.lang).to_owned());
                break;
            }
        }
        if part.not_started.is_some() && wants {
            part.remarks.push(WANTS_OTHERS.to(settings.lang).to_owned());
        }
        part.seconds = begun.elapsed().as_secs_f64();
        Ok(part)
    }

    /// Runs the job with this command only. Returns also whether the program did not start because
    /// it ended by itself.
    fn attempt(
        &self,
        settings: &Settings,
        stop: &Arc<AtomicBool>,
        told: &(dyn Fn(&Outcome) + Sync),
    ) -> Result<(Part, bool), ProgramError> {
        let mut tested = TestedProgram::new(&self.command, &self.folder, settings.isolation)?
            .with_limits(settings.limits)
            .with_stop(stop);
        for (name, value) in &settings.variables {
            tested = tested.with_variable(name, value);
        }
        let found = self.discover(&tested, settings);
        let mut part = self.part(settings, &tested);
        let mut has_ended = false;
        match found {
            Ok(found) => {
                part.remarks.extend(elsewhere(&found.dialect, settings));
                part.profile = settings.profile.unwrap_or(fitting(&found.dialect));
                let timeouts = Timeouts::new(settings.idle, found.latency, settings.slow);
                part.dialect = found.dialect;
                if let Some(Unsure { why, state }) = &found.unsure {
                    let state = state.as_ref().map(|how| format!(" {}", how.to(settings.lang)));
                    let how = format!("{}.{}", why.to(settings.lang), state.unwrap_or_default());
                    part.remarks.insert(0, how);
                }
                part.unsure = found.unsure.is_some();
                let unsure = found.unsure.map(|unsure| unsure.why);
                let runner = self.runner(&part, &tested, &timeouts, settings, unsure);
                part.results = self.examine(&part, &runner, settings, stop, told);
            }
            Err(_) if stop.load(Ordering::Relaxed) => {}
            Err(Unstarted { why, ended, printed }) => {
                has_ended = ended;
                let why = why.to(settings.lang).to_owned();
                let printed = printed.iter().map(|line| without_copy(line)).collect();
                part.not_started = Some(NotStarted { why, printed });
            }
        }
        Ok((part, has_ended))
    }

    /// Finds out the dialect. A client is expected at its server's port, and then at any port.
    fn discover(&self, tested: &TestedProgram, settings: &Settings) -> Result<Found, Unstarted> {
        let (profile, slow) = (settings.profile, settings.slow);
        if self.side == Side::Server {
            return discovery::server(tested, &settings.given, profile, slow);
        }
        let anywhere = || discovery::client(tested, &settings.given, profile, slow);
        let Some(port) = settings.server_port else { return anywhere() };
        let given = Given { port: Some(port), ..settings.given.clone() };
        let found = discovery::client(tested, &given, profile, slow);
        found.or_else(|unstarted| anywhere().map_err(|_| unstarted))
    }

    fn examine(
        &self,
        part: &Part,
        runner: &Runner,
        settings: &Settings,
        stop: &AtomicBool,
        told: &(dyn Fn(&Outcome) + Sync),
    ) -> Vec<Outcome> {
        let suited: Vec<&'static Check> = checks(self.side)
            .into_iter()
            .filter(|check| settings.selection.is_for(check, part.profile))
            .collect();
        runner.make(&settings.selection.of(&suited), stop, told)
    }

    fn runner<'a>(
        &self,
        part: &'a Part,
        tested: &'a TestedProgram,
        timeouts: &'a Timeouts,
        settings: &'a Settings,
        unsure: Option<Words>,
    ) -> Runner<'a> {
        Runner {
            tested,
            dialect: &part.dialect,
            profile: part.profile,
            timeouts,
            unsure,
            selection: &settings.selection,
            lang: settings.lang,
            side_by_side: settings.side_by_side,
            repeat: self.repeat(settings),
        }
    }

    /// Returns the command that repeats a check, but for the check's name.
    pub(crate) fn repeat(&self, settings: &Settings) -> String {
        let command = shell_words::quote(&self.command);
        let mut words = match (self.side, &settings.server) {
            (Side::Server, _) => format!("chat-check server {command}"),
            (Side::Client, None) => format!("chat-check client {command}"),
            (Side::Client, Some(server)) => {
                let server = shell_words::quote(server);
                format!("chat-check both --server {server} --client {command}")
            }
        };
        if let Some(profile) = settings.profile {
            words.push_str(" --profile ");
            words.push_str(profile.name());
        }
        if !settings.options.is_empty() {
            words.push(' ');
            words.push_str(&settings.options);
        }
        words
    }

    /// An empty part.
    fn part(&self, settings: &Settings, tested: &TestedProgram) -> Part {
        const IN_PLACE: Text = Text {
            es: "La carpeta es grande: el programa se ejecuta en ella misma, no en una copia.",
            en: "The folder is large: the program runs in it, not in a copy.",
        };
        const SHARED: Text = Text {
            es: "Aquí no hay redes separadas: las pruebas se hacen una tras otra.",
            en: "There are no separate networks here: checks are made one after the other.",
        };
        let remarks = [
            (!tested.is_copied()).then_some(IN_PLACE),
            (settings.isolation == Isolation::Shared).then_some(SHARED),
        ];
        Part {
            side: self.side,
            command: self.command.clone(),
            profile: settings.profile.unwrap_or(Profile::Basico),
            dialect: Dialect::default(),
            remarks: remarks
                .into_iter()
                .flatten()
                .map(|t| t.to(settings.lang).to_owned())
                .collect(),
            others: Vec::new(),
            not_started: None,
            unsure: false,
            results: Vec::new(),
            seconds: 0.0,
        }
    }
}

/// The remark on a client that looks for its server at another port.
fn elsewhere(client: &Dialect, settings: &Settings) -> Option<String> {
    let listens = settings.server_port.filter(|port| *port != client.port)?;
    let looks = client.port;
    let remark = Words::new(
        format!("El cliente busca el servidor en el puerto {looks}; el suyo usa el {listens}."),
        format!("The client looks for its server at port {looks}; its own uses {listens}."),
    );
    Some(remark.to(settings.lang).to_owned())
}

/// Returns the profile that fits a dialect.
fn fitting(dialect: &Dialect) -> Profile {
    if dialect.has_names() { Profile::Sala } else { Profile::Basico }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Task};
    use crate::dialect::Naming;
    use crate::report::sample;
    use crate::verdict::Verdict;

    #[test]
    fn a_client_has_nothing_but_the_port_from_a_server_whose_dialect_is_not_known() {
        let cli = Cli::try_parse_from(["chat-check", "client", "x"]).unwrap();
        let Task::Client { settings, .. } = cli.task else { panic!("{cli:?}") };
        let settings = settings.settle(Isolation::Shared, &[Side::Client]).unwrap();
        let results = vec![sample::outcome("1.1-port", Verdict::Pass)];
        let mut server = sample::part(Side::Server, results);
        let after = |server: &Part| settings.after(std::slice::from_ref(server));
        let asked = Naming::Asked("nombre del cliente".to_owned());
        assert_eq!(after(&server).given.naming, Some(asked));
        server.unsure = true;
        let unsure = after(&server);
        assert_eq!((unsure.given.naming, unsure.profile), (None, None));
        assert_eq!(unsure.server_port, Some(server.dialect.port));
    }
}
