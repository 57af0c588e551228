//! Command lines: what all programs have in common.
//!
//! | module | what it holds |
//! |---|---|
//! | [`profiles`] | the options that a profile sets, and their defaults |
//! | [`generate`] | manual pages, and completions for shells |
//! | [`help`] | the form of `--help`: width, values, examples, exit statuses |
//!
//! The rest, here: bad usage in one line, and numbers in a range.

pub mod generate;
pub mod help;
pub mod profiles;

use std::fmt::Display;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::str::FromStr;

use clap::builder::UnknownArgumentValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Command, FromArgMatches, ValueEnum};

/// Exit status of a program that failed, the same as that of [`ExitCode::FAILURE`].
///
/// [`ExitCode::FAILURE`]: std::process::ExitCode::FAILURE
pub const FAILURE: u8 = 1;

/// Exit status after bad usage (requirement 1.8).
pub const BAD_USAGE: u8 = 2;

/// An option that is on or off. Without a value it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Switched on
    On,
    /// Switched off
    Off,
}

impl Switch {
    /// Returns whether it is on.
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

/// Parses the process's arguments. If they ask for help or are wrong, the process exits.
///
/// Bad usage is reported in one line, with exit status [`BAD_USAGE`]. Instead, a file may be [generated](generate).
pub fn parse_or_exit<T: FromArgMatches>(command: Command) -> (T, ArgMatches) {
    generate::if_asked(&command);
    let parsed = command.try_get_matches().and_then(|matches| {
        let values = T::from_arg_matches(&matches)?;
        Ok((values, matches))
    });
    parsed.unwrap_or_else(|error| exit(&error, &in_one_line(&error)))
}

/// Ends the process: with the help or the version if they were asked for, and otherwise as bad usage that is reported in
/// this line.
pub fn exit(error: &clap::Error, line: &str) -> ! {
    if !error.use_stderr() || is_help(error) {
        error.exit();
    }
    exit_of_bad_usage(line)
}

/// Reports bad usage in one line, and ends the process with exit status [`BAD_USAGE`].
pub fn exit_of_bad_usage(why: impl Display) -> ! {
    // If standard error is closed, the exit status still reports the error.
    let _ = writeln!(io::stderr(), "{why} (try --help)");
    std::process::exit(BAD_USAGE.into());
}

/// An option `--port`, which there is not: its refusal names what is to be used instead.
pub fn no_port(instead: &'static str) -> Arg {
    let refusal = UnknownArgumentValueParser::suggest_arg(instead);
    Arg::new("port").long("port").value_name("PORT").hide(true).value_parser(refusal)
}

/// Returns whether the error is the whole help, because no command was given.
fn is_help(error: &clap::Error) -> bool {
    error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

/// An error, the values or names that would be right, and the ones that were probably meant, as far as
/// they are known.
pub fn in_one_line(error: &clap::Error) -> String {
    use ContextKind::{SuggestedArg, SuggestedSubcommand, SuggestedValue};
    let message = error.to_string();
    let mut lines = message.lines();
    let mut line = lines.next().unwrap_or_default().to_owned();
    if line.ends_with(':') {
        let listed: Vec<&str> = lines.map(str::trim).take_while(|line| !line.is_empty()).collect();
        line += &*format!(" {}", listed.join(", "));
    }
    let words = |kind| match error.get(kind) {
        Some(ContextValue::Strings(words)) => words.clone(),
        Some(ContextValue::String(word)) => vec![word.clone()],
        Some(ContextValue::StyledStrs(words)) => words.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    let valid = [ContextKind::ValidValue, ContextKind::ValidSubcommand].map(words).concat();
    let similar = [SuggestedArg, SuggestedSubcommand, SuggestedValue].map(words).concat();
    let mut additions = Vec::new();
    if !valid.is_empty() {
        additions.push(format!("expected {}", listed(&valid)));
    }
    if !similar.is_empty() {
        additions.push(format!("did you mean {}?", listed(&similar)));
    }
    if similar.is_empty() {
        // An option that does not exist is hardly meant as a value.
        let tips = words(ContextKind::Suggested);
        additions.extend(tips.into_iter().filter(|tip| !tip.starts_with("to pass ")));
    }
    let unexpected = words(ContextKind::InvalidArg).concat();
    if unexpected.parse::<u16>().is_ok() && message.contains("[ADDR:PORT]") {
        additions.push(format!("did you mean ADDR:{unexpected}?"));
    }
    if additions.is_empty() { line } else { format!("{line}: {}", additions.join("; ")) }
}

/// Joins the values: `a, b or c`.
fn listed(values: &[String]) -> String {
    match values.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => values.concat(),
    }
}

/// Parses a number in this range, both ends included.
pub fn number<N>(
    unit: &'static str,
    range: RangeInclusive<N>,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static
where
    N: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static,
{
    move |text| {
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            format!("expected a number of {unit} from {} to {}", range.start(), range.end())
        })
    }
}

/// Parses a number from 1, of a type that has no zero.
pub fn positive<N>(
    unit: &'static str,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static
where
    N: FromStr + Clone + Send + Sync + 'static,
{
    move |text| text.parse().map_err(|_| format!("expected a number of {unit} from 1"))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU8;

    use super::*;

    fn error(command: Command, arguments: &str) -> String {
        in_one_line(&command.try_get_matches_from(arguments.split(' ')).unwrap_err())
    }

    #[test]
    fn r1_8_a_wrong_value_is_answered_with_the_right_ones() {
        let command =
            Command::new("x").arg(clap::arg!(--lang <L>).value_parser(["es", "en", "ca"]));
        let expected = "error: invalid value 'fr' for '--lang <L>': expected es, en or ca";
        assert_eq!(error(command.clone(), "x --lang fr"), expected);
        let meant =
            "error: invalid value 'ess' for '--lang <L>': expected es, en or ca; did you mean es?";
        assert_eq!(error(command, "x --lang ess"), meant);
        let wrong = number("bytes", 1..=8_usize)("9").unwrap_err();
        assert_eq!(wrong, "expected a number of bytes from 1 to 8");
        let wrong = positive::<NonZeroU8>("rooms")("0").unwrap_err();
        assert_eq!(wrong, "expected a number of rooms from 1");
    }

    #[test]
    fn r1_8_a_slip_is_answered_with_the_name_that_was_meant() {
        let command = Command::new("x")
            .arg(clap::arg!(--bind <ADDR>))
            .subcommand(Command::new("merge").arg(clap::arg!(<FILE>)));
        let slip = error(command.clone(), "x --bnid y");
        assert_eq!(slip, "error: unexpected argument '--bnid' found: did you mean --bind?");
        let slip = error(command.clone().arg(no_port("--bind")), "x --port 9000");
        assert_eq!(slip, "error: unexpected argument '--port <PORT>' found: did you mean --bind?");
        let slip = error(command.clone(), "x mrege");
        assert_eq!(slip, "error: unrecognized subcommand 'mrege': did you mean merge?");
        let missing = error(command.clone(), "x merge");
        let expected = "error: the following required arguments were not provided: <FILE>";
        assert_eq!(missing, expected);
        let misplaced = error(command, "x merge --bind y");
        assert_eq!(misplaced, "error: unexpected argument '--bind' found");
        let together = Command::new("x").args([
            clap::arg!(--a <A>).conflicts_with_all(["b", "c"]),
            clap::arg!(--b),
            clap::arg!(--c),
        ]);
        let expected = "error: the argument '--a <A>' cannot be used with: --b, --c";
        assert_eq!(error(together, "x --a 1 --b --c"), expected);
    }
}
