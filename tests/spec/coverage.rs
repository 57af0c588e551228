//! Every requirement of an implemented chapter has a test that is named for it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The chapters of the specification that this version implements.
const IN_SERVICE: [&str; 16] =
    ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"];

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a readable file")
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The requirements in the specification: `- **2.10 MUST** …`.
fn requirements() -> BTreeSet<String> {
    read(&root().join("chat-protocol/SPEC.md"))
        .lines()
        .filter_map(|line| line.strip_prefix("- **")?.split_once(" MUST**"))
        .map(|(number, _)| number.to_owned())
        .collect()
}

/// The requirements that end-to-end tests are named for: `fn r2_10_…`.
fn tested() -> BTreeSet<String> {
    let mut tested = BTreeSet::new();
    let mut folders = vec![root().join("tests/spec"), root().join("tests/browser")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the tests") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                tested.extend(read(&path).lines().filter_map(requirement_of));
            }
        }
    }
    tested
}

fn requirement_of(line: &str) -> Option<String> {
    let mut parts = line.trim_start().strip_prefix("fn r")?.split('_');
    let (chapter, number) = (parts.next()?, parts.next()?);
    let numbers = chapter.parse::<u8>().is_ok() && number.parse::<u8>().is_ok();
    numbers.then(|| format!("{chapter}.{number}"))
}

#[test]
fn every_requirement_in_service_has_a_test() {
    let in_service: BTreeSet<String> = requirements()
        .into_iter()
        .filter(|number| IN_SERVICE.iter().any(|chapter| number.split('.').next() == Some(chapter)))
        .collect();
    assert!(in_service.len() > 30, "the specification cannot be read: {in_service:?}");
    let missing: Vec<String> = in_service.difference(&tested()).cloned().collect();
    assert!(missing.is_empty(), "without a test: {missing:?}");
}

#[test]
fn every_test_is_named_for_a_requirement_that_exists() {
    let unknown: Vec<String> = tested().difference(&requirements()).cloned().collect();
    assert!(unknown.is_empty(), "not in the specification: {unknown:?}");
}
