//! Links, and the places in the code that documents name, lead to something that is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{DOCUMENTS, path, read};

/// The targets of the links in a document.
pub(super) fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let outside = text.split("```").step_by(2).collect::<String>();
    let headings = outside.lines().filter(|line| line.starts_with('#'));
    let slug = |heading: &str| {
        let title = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        title.replace(|c: char| !(c.is_alphanumeric() || "-_".contains(c)), "")
    };
    headings.map(slug).collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_are_there() {
    let (mut files, mut headings) = (0, 0);
    for (folder, name) in DOCUMENTS {
        let text = read(&format!("{folder}{name}"));
        for link in links(&text).filter(|link| !link.starts_with("http")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = path(folder).join(if file.is_empty() { name } else { file });
            let found = fs::exists(&target).expect("a readable folder");
            assert!(found, "{folder}{name}: {link} is not there");
            files += 1;
            if !anchor.is_empty() {
                let there = anchors(&fs::read_to_string(target).expect("a document"));
                assert!(there.contains(anchor), "{folder}{name}: {link} is not among {there:?}");
                headings += 1;
            }
        }
    }
    assert!(files > 150 && headings > 5, "{files} links, {headings} with an anchor");
}

/// The ideas of a document, each with the file and the name that show it.
fn ideas(text: &str) -> Vec<(&str, &str)> {
    let mut lines = text.lines();
    let mut ideas = Vec::new();
    while lines.by_ref().any(|line| line.starts_with("| idea |")) {
        for row in lines.by_ref().skip(1).take_while(|line| line.starts_with("| ")) {
            let idea = row.strip_suffix("` |").and_then(|row| row.rsplit_once("), `"));
            let (before, name) = idea.unwrap_or_else(|| panic!("no file and name: {row}"));
            ideas.push((before.rsplit("](").next().unwrap_or_default(), name));
        }
    }
    ideas
}

/// The words before a name that is defined, or a trait that is implemented.
const DEFINING: [&str; 11] = [
    "fn",
    "struct",
    "enum",
    "trait",
    "const",
    "static",
    "type",
    "impl",
    "mod",
    "let",
    "macro_rules",
];

/// Returns whether a file defines the name; if it is not of Rust, whether the name is a word of it.
fn shows(file: &Path, name: &str) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    if file.extension().is_none_or(|extension| extension != "rs") {
        let mut words = text.split(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)));
        return words.any(|word| word == name);
    }
    text.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| {
        let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        words.windows(2).any(|pair| DEFINING.contains(&pair[0]) && pair[1] == name)
    })
}

#[test]
fn each_idea_is_in_one_document_and_where_it_says() {
    let mut all = BTreeSet::new();
    for (folder, document) in DOCUMENTS {
        let text = read(&format!("{folder}{document}"));
        for (link, name) in ideas(&text) {
            let file = path(folder).join(link).canonicalize();
            let file = file.unwrap_or_else(|error| panic!("{folder}{document}: {link}: {error}"));
            assert!(shows(&file, name), "{folder}{document}: {link} does not define {name}");
            let is_new = all.insert((file, name.to_owned()));
            let is_twin = document.ends_with(".es.md");
            assert!(is_new != is_twin, "{folder}{document}: {link}, {name} has another place");
        }
    }
    assert!(all.len() >= 80, "the tables cannot be read: {} ideas", all.len());
}
