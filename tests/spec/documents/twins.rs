//! Twins: documents that exist in Spanish and in English say the same.

use std::collections::BTreeMap;

use super::links::links;
use super::{options, quoted, read, with_tables};

/// The README in each language.
const READMES: [&str; 2] = ["README.es.md", "README.md"];

/// The longest README, in words.
const README_WORDS: usize = 1200;

/// The specification in each language.
const SPECIFICATIONS: [&str; 2] = ["chat-protocol/SPEC.es.md", "chat-protocol/SPEC.md"];

/// The README of the grader in each language.
const GRADERS: [&str; 2] = ["chat-check/README.es.md", "chat-check/README.md"];

/// The guide to the page in each language.
const PAGE_GUIDES: [&str; 2] = ["docs/browser.es.md", "docs/browser.md"];

/// The guide to running a chat in each language.
pub(super) const RUNNING_GUIDES: [&str; 2] =
    ["docs/running-a-chat.es.md", "docs/running-a-chat.md"];

/// Words that stand for values, and the levels of requirements: Spanish, English.
const TRANSLATED: [(&str, &str); 19] = [
    ("NOMBRE", "NAME"),
    ("CLAVE", "WORD"),
    ("TEXTO", "TEXT"),
    ("texto", "text"),
    ("PUERTO", "PORT"),
    ("DIRECCIÓN", "ADDR"),
    ("SALA", "ROOM"),
    ("NUEVO", "NEW"),
    ("AUTOR", "SENDER"),
    ("REDES", "NETWORKS"),
    ("RED", "NETWORK"),
    ("MOTIVO", "REASON"),
    ("QUIÉN", "WHO"),
    ("NÚMERO", "NUMBER"),
    ("TIEMPO", "TIME"),
    ("ARCHIVO", "FILE"),
    ("ÉPOCA", "EPOCH"),
    ("DEBERÍA", "SHOULD"),
    ("DEBE", "MUST"),
];

/// Replaces the words that stand for values by the English ones.
fn in_english(text: &str) -> String {
    TRANSLATED.iter().fold(text.to_owned(), |text, (es, en)| text.replace(es, en))
}

/// The depths of the headings, in order.
fn headings(text: &str) -> Vec<usize> {
    prose(text)
        .lines()
        .map(|line| line.len() - line.trim_start_matches('#').len())
        .filter(|depth| *depth > 0)
        .collect()
}

/// The text without blocks of code, tables and comments.
fn prose(text: &str) -> String {
    let outside = text.split("```").step_by(2).collect::<String>();
    let kept = |line: &&str| !line.starts_with(['|', '<']) && !line.starts_with("    ");
    outside.lines().filter(kept).flat_map(|line| [line, "\n"]).collect()
}

/// The numbers in a text, sorted, with a point as the decimal sign.
fn numbers(text: &str) -> Vec<String> {
    let is_sign = |c: char| c == '.' || c == ',';
    let of_number = |c: char| c.is_ascii_digit() || is_sign(c);
    let pieces = text.split(|c| !of_number(c)).map(|piece| piece.trim_matches(is_sign));
    let mut numbers: Vec<String> =
        pieces.filter(|piece| !piece.is_empty()).map(|piece| piece.replace(',', ".")).collect();
    numbers.sort();
    numbers
}

/// The pieces of a document: headings, requirements, rows of tables, paragraphs.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for line in text.lines() {
        if line.is_empty() || line.starts_with(['#', '|']) || line.starts_with("- **") {
            pieces.push(String::new());
        }
        pieces.last_mut().expect("it has one").extend([line, "\n"]);
    }
    pieces
}

/// What stands in backticks, sorted: another language may have another order.
fn literals(piece: &str) -> Vec<&str> {
    let mut literals: Vec<&str> = quoted(piece).collect();
    literals.sort_unstable();
    literals
}

/// The number and the level of a requirement: `2.10 MUST`.
fn requirement(piece: &str) -> Option<&str> {
    piece.strip_prefix("- **")?.split("**").next()
}

#[test]
fn the_specification_says_the_same_in_both_languages() {
    let texts = SPECIFICATIONS.map(|name| in_english(&read(name)));
    let [es, en] = texts.each_ref().map(|text| pieces(text));
    assert_eq!(headings(&texts[0]), headings(&texts[1]));
    assert_eq!(es.len(), en.len(), "another number of paragraphs");
    let requirements = en.iter().filter_map(|piece| requirement(piece)).count();
    assert!(requirements > 40, "{requirements}");
    for (es, en) in es.iter().zip(&en) {
        assert_eq!(requirement(es), requirement(en), "{es}");
        assert_eq!(literals(es), literals(en), "{es}{en}");
        assert_eq!(numbers(es), numbers(en), "{es}{en}");
    }
}

/// Compares the headings and the numbers of two documents.
pub(super) fn assert_alike([es, en]: &[String; 2]) {
    assert!(headings(en).len() > 5, "the headings cannot be read");
    assert_eq!(headings(es), headings(en));
    let [es, en] = [es, en].map(|text| numbers(&prose(text)));
    assert!(en.len() > 10, "the numbers cannot be read: {en:?}");
    assert_eq!(es, en);
}

#[test]
fn the_readmes_are_short_and_alike() {
    let texts = READMES.map(read);
    assert_alike(&texts);
    let count = |text| links(text).filter(|link| !link.starts_with('#')).count();
    assert_eq!(count(&texts[0]), count(&texts[1]));
    for (name, text) in READMES.iter().zip(&texts) {
        let words = text.split_whitespace().count();
        assert!(words <= README_WORDS, "{name}: {words} words");
    }
}

#[test]
fn the_grader_is_explained_alike_in_both_languages() {
    assert_alike(&GRADERS.map(read));
}

/// The Spanish tables put several options into a row. A default that the help has no `[default]` for is
/// told in words: the values among them stand in the option's meaning.
#[test]
fn the_graders_options_have_their_defaults_in_its_spanish_readme() {
    let es = options::rows(&read(GRADERS[0]));
    let en = options::rows(&with_tables(&read(GRADERS[1]), 100));
    let en: BTreeMap<&str, &options::Row> =
        en.iter().map(|row| (row.names[0].as_str(), row)).collect();
    assert!(en.len() > 20, "the tables cannot be read");
    for name in en.keys() {
        assert!(es.iter().any(|row| row.names.iter().any(|n| n == name)), "{name} is missing");
    }
    for row in es {
        // The commands' own options, of which English has no table, have no defaults.
        let known = row.names.iter().filter_map(|name| en.get(name.as_str()));
        let defaults: Vec<&str> =
            known.clone().map(|row| &*row.default).filter(|default| !default.is_empty()).collect();
        if defaults.is_empty() {
            let meaning: String = known.map(|row| &*row.meaning).collect();
            let has = |value: &str| meaning.split([' ', ',', ';']).any(|word| word == value);
            let mut values = quoted(&row.default);
            assert!(values.all(has), "{:?}: {} in {meaning}", row.names, row.default);
            let mut counts = numbers(&row.default).into_iter();
            let known = numbers(&meaning);
            assert!(counts.all(|count| known.contains(&count)), "{:?}: {meaning}", row.names);
        } else {
            assert_eq!(row.default, defaults.join(", "), "{:?}", row.names);
        }
    }
}

/// The exit statuses in a README.
fn statuses(text: &str) -> Vec<&str> {
    let first = text.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next());
    first.filter(|cell| cell.parse::<u8>().is_ok()).collect()
}

#[test]
fn the_graders_exit_statuses_stand_in_its_spanish_readme() {
    let en = with_tables(&read(GRADERS[1]), 100);
    assert!(statuses(&en).len() > 3, "the table cannot be read");
    assert_eq!(statuses(&read(GRADERS[0])), statuses(&en));
}

#[test]
fn twins_lead_to_each_other_from_their_tops() {
    for [es, en] in [SPECIFICATIONS, GRADERS, READMES, PAGE_GUIDES, RUNNING_GUIDES] {
        let file = |path: &'static str| path.rsplit('/').next().unwrap_or(path);
        let top = |path| read(path).lines().take(3).collect::<String>();
        assert!(top(es).contains(&format!("*[In English]({})*", file(en))), "{es}");
        assert!(top(en).contains(&format!("*[En español]({})*", file(es))), "{en}");
    }
}
