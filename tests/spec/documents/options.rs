//! The parts of the READMEs that are generated from the programs' own `--help`: tables of options
//! and of exit statuses.

use std::process::Command;

/// The help of a program, as wide as a terminal with this number of columns.
pub(super) fn help(program: &mut Command, columns: u16) -> String {
    let run = program.arg("--help").env("COLUMNS", columns.to_string());
    String::from_utf8(run.output().expect("it runs").stdout).expect("UTF-8")
}

/// The sections of a help: the lines below each heading, which ends with a colon.
pub(super) fn sections(help: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let mut lines = help.lines().peekable();
    std::iter::from_fn(move || {
        let heading = lines.by_ref().find_map(|line| line.strip_suffix(':'))?;
        let mut section = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with(' ')) {
            section.push(line);
        }
        Some((heading, section))
    })
}

/// The entries of a section: each begins indented by at most 6, and goes on indented by more. The
/// name of an entry and its text are two spaces or a line apart.
fn entries(section: &[&str]) -> Vec<(String, String)> {
    let mut entries: Vec<(String, String)> = Vec::new();
    for line in section {
        let text = line.trim();
        if line.len() - line.trim_start().len() > 6
            && let Some((_, entry)) = entries.last_mut()
        {
            entry.extend([" ", text]);
        } else {
            let (name, text) = text.split_once("  ").unwrap_or((text, ""));
            entries.push((name.to_owned(), text.trim().to_owned()));
        }
    }
    entries
}

/// The table of a program's options as Markdown. The defaults of these options depend on the profile, if the program
/// has profiles.
pub(super) fn options(help: &str, by_profile: &[&str]) -> String {
    let has_profiles = help.contains("\nValues that they set:\n");
    let by_profile = if has_profiles { by_profile } else { &[] };
    let mut table = "| option | meaning | default |\n|---|---|---|\n".to_owned();
    for (heading, section) in sections(help) {
        let mut rows = entries(&section);
        if heading == "Values that they set" {
            break;
        }
        rows.retain(|(name, _)| name.starts_with(['-', '<', '[']));
        rows.retain(|(name, _)| !["-h, --help", "-V, --version"].contains(&name.as_str()));
        if !rows.is_empty() && !["Arguments", "Options"].contains(&heading) {
            table += &["| **", heading, "** | | |\n"].concat();
        }
        table.extend(rows.iter().map(|(name, text)| option(name, text.trim(), by_profile)));
    }
    table
}

fn option(written: &str, text: &str, by_profile: &[&str]) -> String {
    let (meaning, default) = match text.split_once("[default: ") {
        Some((before, after)) => {
            let (default, after) = after.split_once(']').expect("an end");
            ([before.trim(), after.trim()].join(" "), default.trim_matches('"'))
        }
        None => (text.to_owned(), ""),
    };
    let name = written.split([' ', '[', '=']).find_map(|word| word.strip_prefix("--"));
    let default = match default {
        _ if name.is_some_and(|name| by_profile.contains(&name)) => "by profile".to_owned(),
        "" => String::new(),
        value => format!("`{value}`"),
    };
    let escaped = |text: &str| text.trim().replace('|', "\\|");
    format!("| `{}` | {} | {default} |\n", escaped(written), escaped(&meaning))
}

/// The table of a program's exit statuses as Markdown.
pub(super) fn exit_statuses(help: &str) -> String {
    let mut table = "| status | meaning |\n|---|---|\n".to_owned();
    let (_, section) =
        sections(help).find(|(heading, _)| *heading == "Exit statuses").expect("one");
    let rows =
        entries(&section).into_iter().map(|(status, text)| format!("| {status} | {text} |\n"));
    table.extend(rows);
    table
}

/// A row of a table of options, in either language.
pub(super) struct Row {
    /// The long names of its options.
    pub(super) names: Vec<String>,
    pub(super) meaning: String,
    pub(super) default: String,
}

/// The rows of the tables of options in a README.
pub(super) fn rows(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let line = line.replace("\\|", "/");
        let cells = line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim);
        let [options, meaning, default] = cells.collect::<Vec<_>>().try_into().ok()?;
        let name = |option: &str| {
            option.split([' ', '[', '=']).find(|word| word.starts_with("--")).map(str::to_owned)
        };
        let names: Vec<String> = super::quoted(options).filter_map(name).collect();
        let row = || Row { names, meaning: meaning.to_owned(), default: default.to_owned() };
        options.starts_with('`').then(row)
    };
    text.lines().filter_map(row).filter(|row| !row.names.is_empty()).collect()
}
