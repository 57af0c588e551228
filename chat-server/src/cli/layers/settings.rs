//! The values of all options, and where they come from (`--print-config`).

use std::ffi::OsString;

use chat_protocol::options::profile::Profile;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::{Given, ONLY_ON_THE_COMMAND_LINE};

/// The value of an option.
#[derive(Debug)]
pub(in crate::cli) struct Setting {
    name: String,
    values: Vec<OsString>,
    is_flag: bool,
    is_list: bool,
    is_given: bool,
    origin: String,
}

/// The values of all options that have one.
pub(super) fn all(
    command: &Command,
    matches: &ArgMatches,
    given: &[&Given],
    profile: Profile,
) -> Vec<Setting> {
    let of_profile = profile.server().written().map(|(name, _)| name);
    let setting = |option: &Arg| {
        let name = option.get_long().filter(|name| !ONLY_ON_THE_COMMAND_LINE.contains(name))?;
        let values = matches.get_raw(option.get_id().as_str())?.map(Into::into).collect();
        let source = matches.value_source(option.get_id().as_str());
        let is_given = source == Some(ValueSource::CommandLine);
        let origin = match given.iter().find(|given| given.name == name) {
            Some(given) => given.place.to_string(),
            None if is_given => "the command line".to_owned(),
            None if of_profile.contains(&name) => format!("the profile {profile}"),
            None => "default".to_owned(),
        };
        let is_flag = !option.get_action().takes_values();
        let is_list = matches!(option.get_action(), clap::ArgAction::Append);
        Some(Setting { name: name.to_owned(), values, is_flag, is_list, is_given, origin })
    };
    command.get_arguments().filter_map(setting).collect()
}

/// The settings as a file of options. Those that were not given are comments there.
pub(in crate::cli) fn shown(settings: &[Setting]) -> String {
    let line = |setting: &Setting| {
        let values: Vec<String> =
            setting.values.iter().map(|value| setting.written(value)).collect();
        let values = values.join(", ");
        let values = if setting.is_list { format!("[{values}]") } else { values };
        let comment = if setting.is_given { "" } else { "# " };
        format!("{comment}{} = {values}  # {}", setting.name, setting.origin)
    };
    settings.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The names of the options whose values differ.
pub(in crate::cli) fn changed<'a>(old: &'a [Setting], new: &'a [Setting]) -> Vec<&'a str> {
    let is_in = |setting: &Setting, others: &[Setting]| {
        others.iter().any(|other| other.name == setting.name && other.values == setting.values)
    };
    let new_or_other = new.iter().filter(|setting| !is_in(setting, old));
    let is_named = |name: &str| new.iter().any(|setting| setting.name == name);
    let gone = old.iter().filter(|setting| !is_named(&setting.name));
    new_or_other.chain(gone).map(|setting| &*setting.name).collect()
}

impl Setting {
    /// A value as it stands in a file.
    fn written(&self, value: &OsString) -> String {
        let text = value.to_string_lossy();
        if self.is_flag {
            return text.into_owned();
        }
        let escaped = |letter: char| match letter {
            '"' | '\\' => format!("\\{letter}"),
            _ if letter.is_control() => format!("\\u{:04X}", u32::from(letter)),
            _ => letter.to_string(),
        };
        format!("\"{}\"", text.chars().map(escaped).collect::<String>())
    }
}
