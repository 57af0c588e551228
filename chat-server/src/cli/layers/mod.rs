//! Options from elsewhere than the command line: from a file (`--config`) and from variables (requirements 1.11 to 1.13).
//!
//! They become arguments in front of those of the command line, so that all of them have one parser.

mod file;
mod settings;

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use chat_protocol::options::profile::Profile;
use chat_protocol::usage::{self, profiles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, Args, Command, FromArgMatches};

use super::{Cli, command};
pub(super) use settings::{Setting, changed, shown};

/// The options about all options.
#[derive(Args, Debug)]
pub(super) struct Sources {
    /// File with further options (TOML): its keys are their long names; read anew on SIGHUP
    #[arg(help_heading = "Configuration", long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Check the options and the files that they name, and end
    #[arg(help_heading = "Configuration", long)]
    pub(super) check_config: bool,

    /// Print each option's value and where it comes from, and end
    #[arg(help_heading = "Configuration", long, conflicts_with = "check_config")]
    pub(super) print_config: bool,
}

/// The beginning of a variable's name.
const PREFIX: &str = "CHAT_SERVER_";

const CONFIG: &str = "config";

/// What is done instead of serving is said on the command line alone.
const ONLY_ON_THE_COMMAND_LINE: [&str; 6] =
    ["check-config", "cluster-init", CONFIG, "help", "print-config", "version"];

/// A place where an option can be given, beside the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Line(PathBuf, usize),
    Variable(String),
}

/// An option that is given in such a place.
#[derive(Debug)]
struct Given {
    name: String,
    place: Place,
    /// The same on the command line. A flag that is off is nothing there.
    arguments: Vec<OsString>,
}

/// Options that cannot be used, or the help that was asked for.
#[derive(Debug)]
pub(super) struct Refused {
    line: String,
    error: Option<clap::Error>,
}

impl Refused {
    fn new(place: &Place, why: impl fmt::Display) -> Self {
        Self { line: format!("error: {place}: {why}"), error: None }
    }

    /// Ends the process.
    pub(super) fn exit(&self) -> ! {
        match &self.error {
            Some(error) => usage::exit(error, &self.line),
            None => usage::exit_of_bad_usage(&self.line),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.line.strip_prefix("error: ").unwrap_or(&self.line))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(file, line) => write!(f, "{}:{line}", file.display()),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// The options of a process with these arguments: the command line wins over variables, and these over the file.
pub(super) fn read(own: &[OsString]) -> Result<Cli, Refused> {
    let given = gather(&command(Profile::default()), own)?;
    let all: Vec<&Given> = given.iter().collect();
    parse(&all, own).map_err(|error| {
        let line = one_line(&error);
        let line = match culprit(&all, own, &line) {
            Some(culprit) => culprit.explain(&error, &line),
            None => line,
        };
        Refused { line, error: Some(error) }
    })
}

/// What is wrong. In many programs `-p` is the port.
fn one_line(error: &clap::Error) -> String {
    use ContextKind::{InvalidArg, InvalidValue};
    let line = usage::in_one_line(error);
    let said = [InvalidArg, InvalidValue].map(|kind| error.get(kind));
    match said {
        [Some(ContextValue::String(option)), Some(ContextValue::String(value))]
            if option.starts_with("--profile") && value.parse::<u16>().is_ok() =>
        {
            format!("{line}; did you mean --bind {value}?")
        }
        _ => line,
    }
}

/// The variables with our prefix that name no option.
pub(super) fn unknown_variables() -> Vec<String> {
    let command = command(Profile::default());
    let options = command.get_arguments().filter_map(Arg::get_long);
    let known: Vec<String> = options.map(variable).collect();
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter(|name| name.starts_with(PREFIX) && !known.contains(name)).collect()
}

/// The options from elsewhere that hold. Those of subcommands have none, and neither has the help.
fn gather(command: &Command, own: &[OsString]) -> Result<Vec<Given>, Refused> {
    let seen = profiles::glimpse(command.clone(), own.iter().cloned());
    let is_server = seen.subcommand_name().is_none();
    // Behind an error not even flags have a value.
    let is_set = |flag| seen.get_one(flag) == Some(&true);
    if !is_server || is_set("help") || is_set("version") {
        return Ok(Vec::new());
    }
    let is_own = |given: &Given| {
        let id = option(command, &given.name).map(Arg::get_id);
        id.is_some_and(|id| seen.value_source(id.as_str()) == Some(ValueSource::CommandLine))
    };
    let file = seen.get_one(CONFIG).cloned().or_else(|| value(CONFIG).map(PathBuf::from));
    let in_file =
        file.map_or_else(|| Ok(Vec::new()), |file: PathBuf| file::read(&file, command))?;
    let mut given = in_variables(command)?;
    let known: Vec<String> = given.iter().map(|given| given.name.clone()).collect();
    given.extend(in_file.into_iter().filter(|given| !known.contains(&given.name)));
    given.retain(|given| !is_own(given));
    Ok(given)
}

fn in_variables(command: &Command) -> Result<Vec<Given>, Refused> {
    let names = command.get_arguments().filter_map(Arg::get_long);
    let names = names.filter(|name| *name == CONFIG || !ONLY_ON_THE_COMMAND_LINE.contains(name));
    let given = |name: &str| {
        let place = Place::Variable(variable(name));
        value(name).map(|value| Given::new(command, name, place, &[value]))
    };
    names.filter_map(given).collect()
}

/// The name of an option's variable.
fn variable(option: &str) -> String {
    PREFIX.to_owned() + &option.to_uppercase().replace('-', "_")
}

/// The value of an option's variable. An empty one is none.
fn value(option: &str) -> Option<OsString> {
    env::var_os(variable(option)).filter(|value| !value.is_empty())
}

fn option<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|argument| argument.get_long() == Some(name))
}

impl Given {
    fn new(
        command: &Command,
        name: &str,
        place: Place,
        values: &[OsString],
    ) -> Result<Self, Refused> {
        let is_flag =
            option(command, name).is_some_and(|option| !option.get_action().takes_values());
        let arguments = match (is_flag, values) {
            (false, values) => values.iter().map(|value| written(name, value)).collect(),
            (true, [on]) if on == "on" || on == "true" => vec![format!("--{name}").into()],
            (true, [off]) if off == "off" || off == "false" => Vec::new(),
            (true, _) => {
                let why = format!("invalid value for '{name}': expected true or false");
                return Err(Refused::new(&place, why));
            }
        };
        Ok(Self { name: name.to_owned(), place, arguments })
    }

    /// A line that says what is wrong here.
    fn explain(&self, error: &clap::Error, line: &str) -> String {
        let mut why = line.strip_prefix("error: ").unwrap_or(line).to_owned();
        if error.kind() == ErrorKind::UnknownArgument {
            let meant = why.split_once("' found").map_or("", |(_, meant)| meant);
            let meant = meant.replace("did you mean --", "did you mean ");
            why = format!("unknown key '{}'{meant}", self.name);
        } else if !why.contains(&self.name) {
            why = format!("'{}': {why}", self.name);
        }
        Refused::new(&self.place, why).line
    }
}

fn written(name: &str, value: &OsString) -> OsString {
    let mut argument = OsString::from(format!("--{name}="));
    argument.push(value);
    argument
}

fn parse(given: &[&Given], own: &[OsString]) -> Result<Cli, clap::Error> {
    let (program, own) = own.split_at(own.len().min(1));
    let given_arguments = given.iter().flat_map(|given| &given.arguments);
    let arguments: Vec<OsString> =
        program.iter().chain(given_arguments).chain(own).cloned().collect();
    let profile = profiles::chosen(command(Profile::default()), arguments.iter().cloned());
    let mut command = command(profile).arg(usage::no_port("--bind"));
    let matches = command.try_get_matches_from_mut(arguments)?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    cli.operator_given = matches.value_source("operator") == Some(ValueSource::CommandLine);
    cli.settings = settings::all(&command, &matches, given, profile);
    match cli.contradiction() {
        Some(why) => Err(command.error(ErrorKind::ArgumentConflict, why)),
        None => Ok(cli),
    }
}

/// Finds the option without which nothing would be wrong, or something else, if it was given elsewhere than on the
/// command line.
fn culprit<'a>(given: &[&'a Given], own: &[OsString], line: &str) -> Option<&'a Given> {
    let line_without = |i: usize| {
        let others = [&given[..i], &given[i + 1..]].concat();
        parse(&others, own).err().map(|error| one_line(&error))
    };
    let lines: Vec<Option<String>> = (0..given.len()).map(line_without).collect();
    let nothing = lines.iter().position(Option::is_none);
    let other = || lines.iter().position(|without| without.as_deref() != Some(line));
    nothing.or_else(other).map(|i| given[i])
}
