//! The tables of options in the READMEs: generated from the programs' own `--help`.

use std::process::Command;

/// One option as the help shows it.
#[derive(Default)]
struct Row {
    written: String,
    text: Vec<String>,
}

/// The table of a program's options as Markdown. The defaults of these options depend on the profile.
pub(super) fn table(mut program: Command, by_profile: &[&str]) -> String {
    let help = program.arg("--help").output().expect("it runs").stdout;
    let help = String::from_utf8(help).expect("UTF-8");
    let mut table = "| option | meaning | default |\n|---|---|---|\n".to_owned();
    let own = |row: &&Row| !["--help", "--version"].iter().any(|of| row.written.contains(of));
    rows(&help).iter().filter(own).for_each(|row| table += &row.markdown(by_profile));
    table
}

/// An option stands on a line of its own, indented by 2 or 6; its text is indented by 10.
fn rows(help: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let options = help.lines().skip_while(|line| !line.starts_with("Usage:"));
    for line in options.take_while(|line| *line != "Profiles:") {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim();
        if (indent == 2 || indent == 6) && text.starts_with(['-', '<', '[']) {
            rows.push(Row { written: text.to_owned(), ..Row::default() });
        } else if indent == 0 && !text.is_empty() {
            // A heading, or the text behind the options.
            rows.push(Row::default());
        } else if let Some(row) = rows.last_mut().filter(|_| indent >= 10) {
            row.text.push(text.to_owned());
        }
    }
    rows.retain(|row| !row.written.is_empty());
    rows
}

impl Row {
    fn markdown(&self, by_profile: &[&str]) -> String {
        let (values, text): (Vec<_>, Vec<_>) =
            self.text.iter().partition(|line| line.starts_with("- "));
        let text = text.into_iter().filter(|line| *line != "Possible values:");
        let text = text.map(String::as_str).collect::<Vec<_>>().join(" ");
        let (meaning, default) = text.split_once("[default: ").unwrap_or((&text, ""));
        let mut meaning =
            meaning.split("[possible values:").next().unwrap_or_default().trim().to_owned();
        for value in values {
            let (name, what) = value[2..].split_once(':').unwrap_or((&value[2..], ""));
            let end = if what.is_empty() { String::new() } else { format!(" {}", what.trim()) };
            meaning += &["; `", name, "`:", &end].concat();
        }
        let name = self.written.split([' ', '[', '=']).find(|word| word.starts_with("--"));
        let default = match default.split(']').next().unwrap_or_default() {
            _ if name.is_some_and(|name| by_profile.contains(&&name[2..])) => {
                "by profile".to_owned()
            }
            "" => String::new(),
            value => format!("`{}`", value.trim_matches('"')),
        };
        let escaped = |text: &str| text.replace('|', "\\|");
        format!("| `{}` | {} | {default} |\n", escaped(&self.written), escaped(&meaning))
    }
}
