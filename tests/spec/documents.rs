//! The READMEs agree with the programs, in both languages.

use std::fs;
use std::process::Command;

use chat_protocol::options::profile::Profile;
use chat_tests::binaries;

/// Reads a file of the repository.
fn read(name: &str) -> String {
    let path = format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).expect("a file of the repository")
}

fn readmes() -> [String; 2] {
    ["README.md", "README.es.md"].map(read)
}

/// The options in a program's help: of `--sign[=<on|off>]`, `--sign`.
fn options(mut program: Command) -> Vec<String> {
    let help = program.arg("--help").output().expect("it runs").stdout;
    String::from_utf8(help)
        .expect("UTF-8")
        .lines()
        .filter_map(|line| line.trim_start().trim_start_matches("-h, ").strip_prefix("--"))
        .filter_map(|line| line.split([' ', '[']).next())
        .filter(|name| !["help", ""].contains(name))
        .map(|name| format!("`--{name}"))
        .collect()
}

#[test]
fn every_option_stands_in_both_readmes() {
    let relay = {
        let mut command = binaries::loadgen();
        command.arg("relay");
        command
    };
    let grader = |command: &str| {
        let mut grader = binaries::check();
        grader.arg(command);
        grader
    };
    let graders = ["server", "client", "both", "batch", "list"].map(grader);
    let chat = [binaries::server(), binaries::client(), binaries::loadgen(), relay];
    let options: Vec<String> = chat.into_iter().chain(graders).flat_map(options).collect();
    assert!(options.len() >= 180, "the help cannot be read: {options:?}");
    for readme in readmes() {
        for option in &options {
            assert!(readme.contains(option), "{option} is missing");
        }
    }
}

/// The rows of a table of profiles, as the code defines them.
fn rows<const N: usize>(written: impl Fn(Profile) -> [(&'static str, String); N]) -> Vec<String> {
    let columns = Profile::ALL.map(written);
    let row = |i: usize| {
        let cells = columns.each_ref().map(|column| column[i].1.clone()).join(" | ");
        format!("| `--{}` | {cells} |", columns[0][i].0)
    };
    (0..N).map(row).collect()
}

#[test]
fn what_the_profiles_set_stands_in_both_readmes() {
    let code = [rows(|p| p.server().written()), rows(|p| p.client().written())].concat();
    for readme in readmes() {
        let heading = format!("| {} |", Profile::ALL.map(|p| format!("`{p}`")).join(" | "));
        let tables: Vec<&str> = readme
            .lines()
            .skip_while(|line| !line.ends_with(&heading))
            .take_while(|line| line.is_empty() || line.starts_with('|'))
            .filter(|line| line.starts_with("| `--"))
            .collect();
        assert_eq!(tables, code);
    }
}

#[test]
fn every_dependency_has_a_reason_in_both_readmes() {
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
    for readme in readmes() {
        let reasons: Vec<&str> = readme
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
            .flat_map(|crates| crates.split(['*', ',', ' ']))
            .collect();
        for dependency in &dependencies {
            assert!(reasons.contains(dependency), "{dependency} has no reason");
        }
    }
}

#[test]
fn every_file_that_the_readmes_name_is_there() {
    for readme in readmes() {
        let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with('#')) {
            let path = format!("{}/../{link}", env!("CARGO_MANIFEST_DIR"));
            let found = fs::exists(path).expect("a readable folder");
            assert!(found, "{link} is not there");
        }
    }
}

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
