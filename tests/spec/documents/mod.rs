//! The documents say what is true of the programs.

mod generated;
mod guide;
mod links;
mod options;
mod pictures;
mod twins;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chat_protocol::options::profile::Profile;
use chat_tests::binaries;

fn path(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(name)
}

/// A file of the repository.
fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A program with the command of it that has these options.
fn program(name: &str) -> Command {
    let (program, command) = name.split_once(' ').unwrap_or((name, ""));
    let mut program = match program {
        "chat-server" => binaries::server(),
        "chat-client" => binaries::client(),
        "chat-loadgen" => binaries::loadgen(),
        _ => binaries::check(),
    };
    program.args((!command.is_empty()).then_some(command));
    program
}

/// Replaces each table of options or exit statuses by the program's own.
fn with_tables(text: &str, columns: u16) -> String {
    let server = Profile::Basico.server().written().map(|(name, _)| name);
    let client = Profile::Basico.client().written().map(|(name, _)| name);
    let by_profile: Vec<&str> = server.into_iter().chain(client).collect();
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!-- made from the ") {
        let (mark, after) = after.split_once(" by `make readmes` -->\n").expect("a mark");
        let (table, name) = mark.split_once(" of ").expect("a table and a program");
        let by_profile = if name.starts_with("chat-check") { &[] } else { &by_profile[..] };
        let help = options::help(&mut program(name), columns);
        let table = match table {
            "options" => options::options(&help, by_profile),
            _ => options::exit_statuses(&help),
        };
        made += &[before, "<!-- made from the ", mark, " by `make readmes` -->\n", &table].concat();
        rest = &after[after.find("<!-- end -->").expect("an end")..];
    }
    made + rest
}

const PROGRAMS: [&str; 4] = ["chat-server", "chat-client", "chat-loadgen", "chat-check"];

/// With `UPDATE` in the environment, the tables are written anew (`make readmes`).
#[test]
fn tables_of_options_are_the_programs_own() {
    for name in PROGRAMS.map(|program| format!("{program}/README.md")) {
        let text = read(&name);
        let made = with_tables(&text, 100);
        for table in ["| `-", "| 2 | bad usage |"] {
            assert!(made.contains(table), "{name} has no table with {table}");
        }
        for columns in [60, 140] {
            assert!(with_tables(&text, columns) == made, "{name} depends on the terminal's width");
        }
        if std::env::var_os("UPDATE").is_some() {
            fs::write(path(&name), made).expect("a file that can be written");
        } else {
            assert!(text == made, "{name} is not up to date: make readmes");
        }
    }
}

/// The programs, and their commands.
const COMMANDS: [&str; 12] = [
    "chat-server",
    "chat-server cert",
    "chat-client",
    "chat-loadgen",
    "chat-loadgen relay",
    "chat-loadgen merge",
    "chat-check",
    "chat-check server",
    "chat-check client",
    "chat-check both",
    "chat-check list",
    "chat-check batch",
];

#[test]
fn every_help_fits_the_terminal_and_ends_with_examples() {
    for name in COMMANDS {
        for (columns, widest) in [(60, 60), (80, 80), (140, 100)] {
            let help = options::help(&mut program(name), columns);
            // No usage line is ever wrapped.
            let lines = help.lines().filter(|line| !line.starts_with("Usage:"));
            let longest = lines.map(|line| line.chars().count()).max().unwrap_or_default();
            assert!(longest <= widest, "{name} has {longest} columns of {widest}:\n{help}");
            let (heading, examples) = options::sections(&help).last().expect("sections");
            let purposes = examples.iter().filter(|line| !line.starts_with("   ")).count();
            assert!(heading == "Examples" && (2..=3).contains(&purposes), "{name}:\n{help}");
        }
        let (short, long) =
            (program(name).arg("-h").output(), program(name).arg("--help").output());
        assert_eq!(short.expect("it runs").stdout, long.expect("it runs").stdout, "{name}");
    }
}

/// The short options and the long ones that they stand for, over all programs and commands.
#[test]
fn a_short_option_means_the_same_everywhere() {
    let mut meanings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in COMMANDS {
        for line in options::help(&mut program(name), 100).lines() {
            if let Some((short, long)) = line.trim_start().split_once(", --")
                && short.len() == 2
            {
                let long = long.split([' ', '[', '=']).next().expect("a word").to_owned();
                meanings.entry(short.to_owned()).or_default().insert(long);
            }
        }
    }
    assert!(meanings.len() > 10, "{meanings:?}");
    // A dialect of the load generator that is a profile has its name.
    meanings.get_mut("-p").expect("-p").remove("dialect");
    assert!(meanings.values().all(|long| long.len() == 1), "{meanings:?}");
}

/// The rows of a table of profiles, as the code has them.
fn rows<const N: usize>(written: impl Fn(Profile) -> [(&'static str, String); N]) -> Vec<String> {
    let columns = Profile::ALL.map(written);
    let row = |i: usize| {
        let cells = columns.each_ref().map(|column| column[i].1.clone()).join(" | ");
        format!("| `--{}` | {cells} |", columns[0][i].0)
    };
    (0..N).map(row).collect()
}

#[test]
fn what_the_profiles_set_stands_in_the_readmes_of_server_and_client() {
    let heading = format!("| {} |", Profile::ALL.map(|p| format!("`{p}`")).join(" | "));
    let tables = [
        ("chat-server/README.md", rows(|profile| profile.server().written())),
        ("chat-client/README.md", rows(|profile| profile.client().written())),
    ];
    for (readme, code) in tables {
        let text = read(readme);
        let table: Vec<&str> = text
            .lines()
            .skip_while(|line| !line.ends_with(&heading))
            .take_while(|line| line.starts_with('|'))
            .filter(|line| line.starts_with("| `--"))
            .collect();
        assert_eq!(table, code, "{readme}");
    }
}

#[test]
fn every_dependency_has_a_reason() {
    let manifest = read("Cargo.toml");
    let dependencies: Vec<&str> = manifest
        .lines()
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split(' ').next().unwrap_or_default())
        .filter(|name| !name.starts_with("chat-") && *name != "#")
        .collect();
    assert!(dependencies.len() > 10, "the manifest cannot be read: {dependencies:?}");
    let contributing = read("CONTRIBUTING.md");
    let reasons: Vec<&str> = contributing
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|crates| crates.split(['*', ',', ' ']))
        .collect();
    for dependency in &dependencies {
        assert!(reasons.contains(dependency), "{dependency} has no reason");
    }
}

/// The documents, each with the folder that its links begin in.
const DOCUMENTS: [(&str, &str); 29] = [
    ("", "README.md"),
    ("", "README.es.md"),
    ("", "CONTRIBUTING.md"),
    ("", "SECURITY.md"),
    ("", "CHANGELOG.md"),
    (".github/", "pull_request_template.md"),
    (".github/ISSUE_TEMPLATE/", "bug.md"),
    (".github/ISSUE_TEMPLATE/", "wrong-verdict.md"),
    ("docs/", "benchmarks.md"),
    ("chat-protocol/", "SPEC.md"),
    ("chat-protocol/", "SPEC.es.md"),
    ("docs/", "browser.md"),
    ("docs/", "browser.es.md"),
    ("docs/", "running-a-chat.md"),
    ("docs/", "running-a-chat.es.md"),
    ("docs/", "cluster.md"),
    ("docs/", "watching.md"),
    ("docs/", "troubleshooting.md"),
    ("chat-server/", "README.md"),
    ("chat-client/", "README.md"),
    ("chat-loadgen/", "README.md"),
    ("chat-loadgen/dialects/", "README.md"),
    ("chat-check/", "README.md"),
    ("chat-check/", "README.es.md"),
    ("chat-check/drive/", "README.md"),
    ("chat-protocol/", "README.md"),
    ("chat-terminal/", "README.md"),
    ("chat-cluster/", "README.md"),
    ("tests/", "README.md"),
];

/// The words in backticks, in order.
fn quoted(row: &str) -> impl Iterator<Item = &str> {
    row.split('`').skip(1).step_by(2)
}

#[test]
fn every_place_that_contributors_are_sent_to_is_there() {
    let contributing = read("CONTRIBUTING.md");
    let (_, section) = contributing.split_once("## To change something, open").expect("a map");
    let rows: Vec<&str> = section
        .lines()
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
        .map(|(_, places)| places)
        .skip(1)
        .collect();
    assert!(rows.len() > 12, "the map cannot be read: {rows:?}");
    for row in rows {
        let mut open = String::new();
        for word in quoted(row) {
            if word.contains('/') {
                open = read(word);
            } else {
                assert!(word.len() >= 5, "{word} is found anywhere");
                assert!(open.contains(word), "{word} is not where {row} says");
            }
        }
    }
}
