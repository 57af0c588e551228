//! Common parts of the command lines.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::str::FromStr;

use chat_protocol::language::Language;
use chat_protocol::options::profile::Profile;
use chat_protocol::wording::NAME_KEYWORD;
use clap::error::{ContextKind, ContextValue};
use clap::{ArgMatches, Args, Command, FromArgMatches, ValueEnum};

/// Options of both server and client.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// The kind of chat: sets the defaults of some options, see below
    #[arg(long, value_name = "PROFILE", value_enum, default_value_t, hide_possible_values = true)]
    pub profile: Profile,

    /// The language of everything that people read
    #[arg(long, value_name = "LANGUAGE", value_enum, default_value_t)]
    pub lang: Language,

    /// The text with which the server asks for a name
    #[arg(long, value_name = "TEXT", default_value = NAME_KEYWORD, value_parser = keyword)]
    pub name_keyword: String,
}

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
/// Bad usage is reported in one line, with exit status 2 (requirement 1.8).
pub fn parse_or_exit<T: FromArgMatches>(command: Command) -> (T, ArgMatches) {
    let parsed = command.try_get_matches().and_then(|matches| {
        let values = T::from_arg_matches(&matches)?;
        Ok((values, matches))
    });
    parsed.unwrap_or_else(|error| {
        if error.use_stderr() {
            // If standard error is closed, the exit status still reports the error.
            let _ = writeln!(io::stderr(), "{} (try --help)", in_one_line(&error));
            std::process::exit(2);
        }
        error.exit()
    })
}

/// The first line of an error, and the valid values if there are some.
fn in_one_line(error: &clap::Error) -> String {
    let message = error.to_string();
    let first = message.lines().next().unwrap_or_default();
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => {
            format!("{first}: expected {}", listed(values))
        }
        _ => first.to_owned(),
    }
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

/// Returns the profile that the arguments choose, or the default one. It is needed before the other
/// arguments are parsed, because it sets their defaults, which `--help` shows.
///
/// The parser reports a profile that does not exist.
pub fn profile_in(arguments: impl IntoIterator<Item = OsString>) -> Profile {
    let mut arguments = arguments.into_iter().take_while(|argument| argument != "--");
    while let Some(argument) = arguments.next() {
        let value = match argument.to_str() {
            Some("--profile") => arguments.next(),
            Some(argument) => argument.strip_prefix("--profile=").map(OsString::from),
            None => None,
        };
        if let Some(value) = value {
            return value.to_str().and_then(|name| name.parse().ok()).unwrap_or_default();
        }
    }
    Profile::default()
}

/// Sets the defaults of these options to the values of a profile, as they are written. An option
/// that is on or off is a [switch](Switch).
pub fn with_defaults<const N: usize>(
    command: Command,
    written: [(&'static str, String); N],
) -> Command {
    written.into_iter().fold(command, |command, (option, value)| {
        command.mut_arg(option.replace('-', "_"), |argument| {
            let argument = argument.default_value(value).required(false);
            let is_switch = argument.get_possible_values().iter().any(|on| on.matches("on", false));
            if !is_switch {
                return argument;
            }
            argument.num_args(0..=1).default_missing_value("on").hide_possible_values(true)
        })
    })
}

/// A table of the values that the profiles set, for `--help`.
pub fn profile_table<const N: usize>(
    written: impl Fn(Profile) -> [(&'static str, String); N],
) -> String {
    let mut table = "Profiles:\n".to_owned();
    for profile in Profile::ALL {
        table += &*format!("  {profile:<10}{}\n", profile.purpose());
    }
    table += "\nWhat they set:\n";
    let mut row = |heading: &str, [a, b, c, d]: [&str; Profile::ALL.len()]| {
        let row = format!("  {heading:<16}  {a:<8}  {b:<8}  {c:<8}  {d:<8}");
        table.push_str(row.trim_end());
        table.push('\n');
    };
    row("", Profile::ALL.map(Profile::name));
    let columns = Profile::ALL.map(written);
    for i in 0..N {
        row(&format!("--{}", columns[0][i].0), columns.each_ref().map(|column| &*column[i].1));
    }
    table
}

/// Parses a name keyword.
fn keyword(text: &str) -> Result<String, &'static str> {
    let words = text.trim();
    if words.is_empty() || words.contains(char::is_control) {
        return Err("expected words on one line");
    }
    Ok(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(arguments: &[&str]) -> Profile {
        profile_in(arguments.iter().map(Into::into))
    }

    #[test]
    fn the_profile_is_found_wherever_it_stands() {
        assert_eq!(profile(&["chat-server"]), Profile::Basico);
        assert_eq!(profile(&["chat-server", "--profile", "sala", "--help"]), Profile::Sala);
        assert_eq!(profile(&["chat-server", "--help", "--profile=grupal"]), Profile::Grupal);
        assert_eq!(profile(&["chat-client", "--", "--profile=grupal"]), Profile::Basico);
        for none in [&["x", "--profile"][..], &["x", "--profile", "none"], &["x", "--profilex"]] {
            assert_eq!(profile(none), Profile::Basico, "{none:?}");
        }
    }

    #[test]
    fn r1_8_a_wrong_value_is_answered_with_the_right_ones() {
        let command =
            Command::new("x").arg(clap::arg!(--lang <L>).value_parser(["es", "en", "ca"]));
        let error = command.try_get_matches_from(["x", "--lang", "fr"]).unwrap_err();
        let expected = "error: invalid value 'fr' for '--lang <L>': expected es, en or ca";
        assert_eq!(in_one_line(&error), expected);
        let wrong = number("bytes", 1..=8_usize)("9").unwrap_err();
        assert_eq!(wrong, "expected a number of bytes from 1 to 8");
    }

    #[test]
    fn r1_8_only_a_switch_can_stand_without_its_value() {
        let command = Command::new("x")
            .arg(clap::arg!(--sign <S>).value_parser(clap::value_parser!(Switch)))
            .arg(clap::arg!(--operator <NAME>));
        let written = [("sign", "off".to_owned()), ("operator", "off".to_owned())];
        let command = with_defaults(command, written);
        let signed = command.clone().try_get_matches_from(["x", "--sign"]).unwrap();
        assert_eq!(signed.get_one("sign"), Some(&Switch::On));
        command.try_get_matches_from(["x", "--operator"]).unwrap_err();
    }
}
