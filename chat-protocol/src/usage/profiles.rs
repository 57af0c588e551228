//! Options of server and client that depend on the profile.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Args, Command};

use super::help::heading;
use crate::language::Language;
use crate::options::profile::Profile;
use crate::wording::NAME_KEYWORD;

/// Options of both server and client.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// The kind of chat, basico, sala, practico or grupal: sets the defaults of some options
    #[arg(
        short,
        long,
        value_name = "PROFILE",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub profile: Profile,

    /// The language of the texts for people
    #[arg(short, long, value_name = "LANGUAGE", value_enum, default_value_t)]
    pub lang: Language,

    /// The text with which the server asks for a name
    #[arg(help_heading = "Names", long, value_name = "TEXT", default_value = NAME_KEYWORD, value_parser = keyword)]
    pub name_keyword: String,
}

/// Returns the profile that the arguments choose, or the default one. It is needed before the other
/// arguments are parsed, because it sets their defaults, which `--help` shows.
pub fn chosen(command: Command, arguments: impl IntoIterator<Item = OsString>) -> Profile {
    glimpse(command, arguments).get_one("profile").copied().unwrap_or_default()
}

/// Returns what can be told of the arguments before they are parsed. `--help` and `--version` are flags here.
///
/// Anything wrong is ignored: the parser reports it later.
pub fn glimpse(command: Command, arguments: impl IntoIterator<Item = OsString>) -> ArgMatches {
    let flag = |letter, name| Arg::new(name).short(letter).long(name).action(ArgAction::SetTrue);
    command
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args([flag('h', "help"), flag('V', "version")])
        .ignore_errors(true)
        .get_matches_from(arguments)
}

/// Sets the defaults of these options to the values of a profile, as they are written. An option
/// that is on or off is a [switch](super::Switch).
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
pub fn table<const N: usize>(written: impl Fn(Profile) -> [(&'static str, String); N]) -> String {
    let mut table = heading("Profiles");
    for profile in Profile::ALL {
        table += &*format!("  {profile:<10}{}\n", profile.purpose());
    }
    table += &*format!("\n{}", heading("Values that they set"));
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
    use crate::usage::Switch;

    fn profile(arguments: &[&str]) -> Profile {
        let command = Common::augment_args(Command::new("x"));
        let command = command.arg(clap::arg!(-q - -quiet)).arg(clap::arg!(--operator <NAME>));
        chosen(command, arguments.iter().map(Into::into))
    }

    #[test]
    fn the_profile_is_found_wherever_it_stands() {
        assert_eq!(profile(&["x"]), Profile::Basico);
        assert_eq!(profile(&["x", "--profile", "sala", "--help"]), Profile::Sala);
        assert_eq!(profile(&["x", "-h", "--version", "--profile=grupal"]), Profile::Grupal);
        for short in [&["x", "-p", "sala"][..], &["x", "-psala"], &["x", "-qp=sala"]] {
            assert_eq!(profile(short), Profile::Sala, "{short:?}");
        }
        assert_eq!(profile(&["x", "--", "--profile=grupal"]), Profile::Basico);
        assert_eq!(profile(&["x", "--operator=--profile=grupal"]), Profile::Basico);
        for none in [&["x", "--profile"][..], &["x", "--profile", "none"], &["x", "--profilex"]] {
            assert_eq!(profile(none), Profile::Basico, "{none:?}");
        }
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
