//! Manual pages and completions for shells, made from the description of a command line (`--generate`).

use std::env;
use std::io::{self, Write};

use clap::builder::EnumValueParser;
use clap::{Arg, Command, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{exit, in_one_line};

/// Columns of the help of a subcommand within a manual page.
const WIDTH: usize = 78;

/// The kinds of files that are made.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Man,
    Bash,
    Zsh,
    Fish,
    Powershell,
}

/// Prints such a file and ends the process, if its arguments are `--generate KIND`.
pub fn if_asked(command: &Command) {
    let is_asked = |first: &str| first == "--generate" || first.starts_with("--generate=");
    if !env::args_os().nth(1).is_some_and(|first| first.to_str().is_some_and(is_asked)) {
        return;
    }
    let kinds = EnumValueParser::<Kind>::new();
    let kind = Arg::new("generate").long("generate").value_name("KIND").value_parser(kinds);
    let asked = Command::new(command.get_name().to_owned()).arg(kind.required(true));
    let asked = asked.try_get_matches().unwrap_or_else(|error| exit(&error, &in_one_line(&error)));
    let text = asked.get_one("generate").map(|kind| text(command.clone(), *kind));
    match io::stdout().write_all(&text.unwrap_or_default()) {
        // Who has closed standard output has enough of it.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("cannot write: {error}");
            std::process::exit(1);
        }
        _ => std::process::exit(0),
    }
}

fn text(mut command: Command, kind: Kind) -> Vec<u8> {
    let shell = match kind {
        Kind::Man => return page(command).into_bytes(),
        Kind::Bash => Shell::Bash,
        Kind::Zsh => Shell::Zsh,
        Kind::Fish => Shell::Fish,
        Kind::Powershell => Shell::PowerShell,
    };
    let mut text = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, &name, &mut text);
    if shell != Shell::Bash {
        return text;
    }
    // clap_complete 4.6 names the cases of subcommands otherwise than it looks for them, if the program's name has a hyphen.
    let [named, sought] = ["__subcmd__", "__"].map(|between| name.replace('-', between));
    String::from_utf8_lossy(&text).replace(&format!("{named}__"), &format!("{sought}__")).into()
}

/// A manual page, in which the help of each subcommand is a section.
fn page(mut command: Command) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let end = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let purpose = about.lines().next().unwrap_or_default().trim_end_matches('.').to_owned();
    let man = Man::new(command.clone().about(purpose).long_about(about));
    let mut page = Vec::new();
    // A vector takes everything.
    let _ = render(&man, &mut page);
    let mut page = String::from_utf8_lossy(&page).into_owned();
    for section in end.split("\n\n") {
        if let Some((heading, lines)) = section.trim_matches('\n').split_once(":\n") {
            page += &verbatim(heading, lines);
        }
    }
    command.build();
    page + &subcommands(&command)
}

fn render(man: &Man, page: &mut dyn Write) -> io::Result<()> {
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)
}

fn subcommands(command: &Command) -> String {
    let all = command.get_subcommands().filter(|command| command.get_name() != "help");
    let section = |command: &Command| {
        if command.has_subcommands() {
            return subcommands(command);
        }
        let help = command.clone().term_width(WIDTH).render_help().to_string();
        verbatim(command.get_bin_name().unwrap_or_default(), &help)
    };
    all.map(section).collect()
}

/// A section whose lines stay as they are.
fn verbatim(heading: &str, lines: &str) -> String {
    let escaped = |line: &str| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        if line.starts_with(['.', '\'']) { format!("\\&{line}\n") } else { line + "\n" }
    };
    let lines: String = lines.lines().map(escaped).collect();
    format!(".SH \"{}\"\n.nf\n{lines}.fi\n", heading.to_uppercase())
}
