//! The documents say what is true of the programs.

mod options;
mod twins;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chat_protocol::options::profile::Profile;
use chat_tests::binaries;

/// The README in each language.
const READMES: [&str; 2] = ["README.md", "README.es.md"];

/// The longest README, in words.
const README_WORDS: usize = 1200;

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

/// Replaces each table of options by the program's own.
fn with_tables(text: &str) -> String {
    const BEGIN: &str = "<!-- options of ";
    const END: &str = "<!-- end -->";
    let by_profile: Vec<&str> = {
        let server = Profile::Basico.server().written().map(|(name, _)| name);
        let client = Profile::Basico.client().written().map(|(name, _)| name);
        server.into_iter().chain(client).collect()
    };
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (mark, after) = after.split_once('\n').expect("a line");
        let name = mark.split(':').next().expect("a name");
        let by_profile = if name.starts_with("chat-check") { &[] } else { &by_profile[..] };
        let table = options::table(program(name), by_profile);
        made += &[before, BEGIN, mark, "\n", &table].concat();
        rest = after.split_once(END).expect("an end").1;
        made += END;
    }
    made + rest
}

/// With `UPDATE` in the environment, the tables are written anew (`make readmes`).
#[test]
fn tables_of_options_are_the_programs_own() {
    let programs = ["chat-server", "chat-client", "chat-loadgen", "chat-check"];
    for name in programs.map(|program| format!("{program}/README.md")) {
        let text = read(&name);
        let made = with_tables(&text);
        assert!(made.contains("| `--"), "{name} has no table");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(path(&name), made).expect("a file that can be written");
        } else {
            assert!(text == made, "{name} is not up to date: make readmes");
        }
    }
}

#[test]
fn every_option_of_the_grader_stands_in_its_spanish_readme() {
    let readme = read("chat-check/README.es.md");
    let tables = with_tables(&read("chat-check/README.md"));
    let options: BTreeSet<&str> = tables
        .split('`')
        .filter_map(|code| code.split([' ', '[', ',']).find(|word| word.starts_with("--")))
        .filter(|option| option[2..].starts_with(char::is_alphabetic))
        .collect();
    assert!(options.len() > 20, "{options:?}");
    for option in options {
        assert!(readme.contains(option), "{option} is missing");
    }
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
const DOCUMENTS: [(&str, &str); 13] = [
    ("", "README.md"),
    ("", "README.es.md"),
    ("", "CONTRIBUTING.md"),
    ("", "SECURITY.md"),
    ("chat-protocol/", "SPEC.md"),
    ("chat-protocol/", "SPEC.es.md"),
    ("docs/", "running-a-chat.md"),
    ("docs/", "troubleshooting.md"),
    ("chat-server/", "README.md"),
    ("chat-client/", "README.md"),
    ("chat-loadgen/", "README.md"),
    ("chat-check/", "README.md"),
    ("chat-check/", "README.es.md"),
];

/// The targets of the links in a document.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

#[test]
fn every_link_leads_to_a_file_that_is_there() {
    for (folder, name) in DOCUMENTS {
        let text = read(&format!("{folder}{name}"));
        for link in links(&text).filter(|link| !link.starts_with(['#', 'h'])) {
            let file = link.split('#').next().unwrap_or_default();
            let found = fs::exists(path(folder).join(file)).expect("a readable folder");
            assert!(found, "{folder}{name}: {link} is not there");
        }
    }
}

#[test]
fn an_idea_is_where_the_documents_say() {
    let mut ideas = 0;
    for (folder, name) in DOCUMENTS {
        let text = read(&format!("{folder}{name}"));
        for row in text.lines().filter(|line| line.starts_with("| ")) {
            let Some((before, word)) =
                row.strip_suffix("` |").and_then(|row| row.rsplit_once("), `"))
            else {
                continue;
            };
            let link = before.rsplit("](").next().unwrap_or_default();
            let file = path(folder).join(link);
            let found = fs::read_to_string(&file).is_ok_and(|text| text.contains(word));
            assert!(found, "{folder}{name}: {word} is not in {link}");
            ideas += 1;
        }
    }
    assert!(ideas >= 20, "the tables cannot be read: {ideas} ideas");
}

#[test]
fn the_readmes_are_short_and_alike() {
    let texts = READMES.map(read);
    let headings = texts.each_ref().map(|text| text.matches("\n## ").count());
    assert_eq!(headings[0], headings[1]);
    let links =
        texts.each_ref().map(|text| links(text).filter(|link| !link.starts_with('#')).count());
    assert_eq!(links[0], links[1]);
    for (name, text) in READMES.iter().zip(&texts) {
        let words = text.split_whitespace().count();
        assert!(words <= README_WORDS, "{name}: {words} words");
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
