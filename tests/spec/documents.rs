//! The READMEs say what is true of the programs, in both languages.

use std::fs;
use std::process::Command;

use chat_tests::binaries;

/// A file of the repository.
fn read(name: &str) -> String {
    let path = format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).expect("a file of the repository")
}

fn readmes() -> [String; 2] {
    ["README.md", "README.es.md"].map(read)
}

/// The options in a program's help: `--bind <ADDR:PORT>` is written `--bind ADDR:PORT`.
fn options(mut program: Command) -> Vec<String> {
    let help = program.arg("--help").output().expect("it runs").stdout;
    String::from_utf8(help)
        .expect("UTF-8")
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("--")?.split_once(" <"))
        .map(|(name, _)| format!("`--{name} "))
        .collect()
}

#[test]
fn every_option_stands_in_both_readmes() {
    let options = [options(binaries::server()), options(binaries::client())].concat();
    assert!(options.len() >= 7, "the help cannot be read: {options:?}");
    for readme in readmes() {
        for option in &options {
            assert!(readme.contains(option), "{option} is missing");
        }
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
        for link in readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = format!("{}/../{link}", env!("CARGO_MANIFEST_DIR"));
            let found = fs::exists(path).expect("a readable folder");
            assert!(found, "{link} is not there");
        }
    }
}
