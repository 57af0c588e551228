//! The form of `--help`.

use clap::builder::{PossibleValue, Styles};
use clap::{Arg, Command};

use super::listed;

/// Maximum width of the help in columns. A line of text that is longer is hard to read.
const MAX_WIDTH: usize = 100;

/// The purpose of a command, and the command.
pub type Example = (&'static str, &'static str);

/// An exit status, and its meaning: a line of the help.
pub type StatusLine = (u8, &'static str);

/// Brings the help of a command and of its subcommands into one form.
///
/// It is as wide as the terminal, up to 100 columns. `-h` and `--help` show the same, and the values
/// of an option stand in its paragraph, each with its meaning. A number below zero is a value, not an
/// option, so that its refusal says which numbers are right.
pub fn arranged(command: Command) -> Command {
    let about = command.get_long_about().or(command.get_about()).cloned();
    command
        .about(about.unwrap_or_default())
        .long_about(None)
        .max_term_width(MAX_WIDTH)
        .mut_args(|argument| with_values(with_negative_numbers(argument)))
        .mut_subcommands(arranged)
}

/// Lets an option with a value take a number below zero.
fn with_negative_numbers(argument: Arg) -> Arg {
    let is_option = !argument.is_positional() && argument.get_action().takes_values();
    argument.allow_negative_numbers(is_option)
}

/// Puts the values of an option into its text, with their meanings.
fn with_values(argument: Arg) -> Arg {
    let values = argument.get_possible_values();
    let hidden = argument.is_hide_possible_values_set() || !argument.get_action().takes_values();
    let Some(text) = argument.get_help().filter(|_| !hidden && !values.is_empty()) else {
        return argument;
    };
    let names: Vec<String> = values.iter().map(|value| value.get_name().to_owned()).collect();
    let meaning = |value: &PossibleValue| {
        value.get_help().map(|meaning| format!(" {}: {meaning}.", value.get_name()))
    };
    let text = match values.iter().map(meaning).collect::<Option<String>>() {
        Some(meanings) => format!("{text}.{meanings}"),
        None => format!("{text}: {}", listed(&names)),
    };
    argument.help(text).hide_possible_values(true)
}

/// A section of examples, for the end of the help.
pub fn examples(examples: &[Example]) -> String {
    let lines = examples.iter().map(|(purpose, command)| format!("  {purpose}:\n    {command}\n"));
    heading("Examples") + &lines.collect::<String>()
}

/// A section of exit statuses. Those READMEs that have tables of them are generated from it.
pub fn exit_statuses(statuses: &[StatusLine]) -> String {
    let lines = statuses.iter().map(|(status, meaning)| format!("  {status:<5}{meaning}\n"));
    heading("Exit statuses") + &lines.collect::<String>()
}

/// The line above a section, in the style of clap's own.
pub(super) fn heading(title: &str) -> String {
    let styles = Styles::styled();
    let style = styles.get_header();
    format!("{style}{title}:{style:#}\n")
}

#[cfg(test)]
mod tests {
    use clap::builder::PossibleValuesParser;

    use super::*;

    #[test]
    fn values_stand_in_the_text_of_their_option() {
        let values = ["skip", "close"].map(|name| PossibleValue::new(name).help("It does so"));
        let option = clap::arg!(--slow <S> "Slow readers").default_value("skip");
        let command = Command::new("x")
            .arg(option.value_parser(PossibleValuesParser::new(values)))
            .about("Short")
            .long_about("Long");
        let [help, long] = ["-h", "--help"].map(|option| {
            let asked = arranged(command.clone()).try_get_matches_from(["x", option]);
            asked.unwrap_err().to_string()
        });
        assert_eq!(help, long);
        assert!(help.starts_with("Long\n"), "{help}");
        let text = "Slow readers. skip: It does so. close: It does so. [default: skip]";
        assert!(help.contains(text), "{help}");
    }
}
