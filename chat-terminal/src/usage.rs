//! What every command line has in common: profiles, switches, and how it is wrong.

use std::ffi::OsString;
use std::io::{self, Write};

use chat_protocol::profile::Profile;
use clap::{ArgMatches, Command, FromArgMatches};

/// The process's arguments; or, where they ask for help or are wrong, the end of the process.
/// A command line that is wrong is one line and exit status 2 (requirement 1.8).
pub fn parse_or_exit<T: FromArgMatches>(command: Command) -> (T, ArgMatches) {
    let parsed = command.try_get_matches().and_then(|matches| {
        let values = T::from_arg_matches(&matches)?;
        Ok((values, matches))
    });
    parsed.unwrap_or_else(|error| {
        if error.use_stderr() {
            let message = error.to_string();
            let first = message.lines().next().unwrap_or_default();
            // Whoever has closed standard error still gets the status.
            let _ = writeln!(io::stderr(), "{first} (try --help)");
            std::process::exit(2);
        }
        error.exit()
    })
}

/// The profile that these arguments choose with `--profile`: what the other options are when they
/// are not given depends on it, so it has to be known before the arguments are read, and even when
/// they only ask for help.
///
/// What is no profile is the default one here. Reading the arguments will say so.
pub fn profile_in(args: impl IntoIterator<Item = OsString>) -> Profile {
    let mut args = args.into_iter().take_while(|arg| arg != "--");
    while let Some(arg) = args.next() {
        let value = match arg.to_str() {
            Some("--profile") => args.next(),
            Some(arg) => arg.strip_prefix("--profile=").map(OsString::from),
            None => None,
        };
        if let Some(value) = value {
            return value.to_str().and_then(|name| name.parse().ok()).unwrap_or_default();
        }
    }
    Profile::default()
}

/// The command, with these values for arguments (by their ids) that are not given.
pub fn with_defaults<const N: usize>(
    command: Command,
    defaults: [(&'static str, String); N],
) -> Command {
    defaults.into_iter().fold(command, |command, (id, value)| {
        command.mut_arg(id, |arg| arg.required(false).default_value(value))
    })
}

/// Reads `on` or `off`.
pub fn switch(text: &str) -> Result<bool, &'static str> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("expected on or off"),
    }
}

/// Writes what [`switch`] reads.
pub fn on_off(value: bool) -> String {
    if value { "on" } else { "off" }.to_owned()
}

/// An option, and what each profile sets it to.
pub type ProfileRow = (&'static str, fn(Profile) -> String);

/// A table of what each profile sets: a line for each option, a column for each profile.
pub fn profile_table(rows: &[ProfileRow]) -> String {
    let heading = ("", Profile::ALL.map(|profile| profile.to_string()));
    let rows = rows.iter().map(|(option, value)| (*option, Profile::ALL.map(value)));
    let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
    let options = rows.iter().map(|(option, _)| option.len()).max().unwrap_or_default();
    let values = rows.iter().flat_map(|(_, values)| values).map(String::len).max();
    let width = values.unwrap_or_default();
    let mut table = String::new();
    for (option, values) in rows {
        let values = values.map(|value| format!("{value:width$}")).join("  ");
        let line = format!("  {option:options$}  {values}");
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(args: &[&str]) -> Profile {
        profile_in(args.iter().map(OsString::from))
    }

    #[test]
    fn r4_1_the_profile_is_found_wherever_it_stands() {
        assert_eq!(profile(&["chat"]), Profile::Basico);
        assert_eq!(profile(&["chat", "--profile", "sala"]), Profile::Sala);
        assert_eq!(profile(&["chat", "--help", "--profile=grupal", "x"]), Profile::Grupal);
        assert_eq!(profile(&["chat", "--profile"]), Profile::Basico);
        assert_eq!(profile(&["chat", "--profile=otro"]), Profile::Basico);
        assert_eq!(profile(&["chat", "--", "--profile=sala"]), Profile::Basico);
    }

    #[test]
    fn r4_1_a_table_has_a_row_for_each_option() {
        let table = profile_table(&[("--commands", |p| on_off(p.server().commands))]);
        let expected = "              basico    sala      practico  grupal\n  \
                        --commands  off       off       off       on\n";
        assert_eq!(table, expected);
    }

    #[test]
    fn r4_1_a_switch_is_on_or_off() {
        for value in [true, false] {
            assert_eq!(switch(&on_off(value)), Ok(value));
        }
        assert!(switch("ON").is_err());
    }
}
