//! What the command lines have in common.

use std::ffi::OsString;
use std::io::{self, Write};

use chat_protocol::profile::Profile;
use clap::{ArgMatches, Command, FromArgMatches};

/// The process's arguments; or, where they ask for help or are wrong, the end of the process.
///
/// Bad usage is one line and exit status 2 (requirement 1.8).
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

/// The profile that the arguments choose, or the default one: known before the rest is parsed, so
/// that it can set the other options' defaults, and `--help` shows them.
///
/// A profile that does not exist is left to the parser to complain about.
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

/// Gives these options the defaults that a profile sets, as they are written.
pub fn with_defaults<const N: usize>(
    command: Command,
    written: [(&'static str, String); N],
) -> Command {
    written.into_iter().fold(command, |command, (option, value)| {
        command.mut_arg(option.replace('-', "_"), |argument| {
            argument.default_value(value).required(false)
        })
    })
}

/// A table of what the profiles set, for `--help`.
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

/// Reads the value of an option that is on or off.
pub fn switch(text: &str) -> Result<bool, &'static str> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("expected on or off"),
    }
}

/// Reads the words by which a name is asked for.
pub fn keyword(text: &str) -> Result<String, &'static str> {
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
}
