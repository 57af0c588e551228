//! Twins: documents that exist in Spanish and in English say the same.

use super::read;

/// The specification in each language.
const SPECIFICATIONS: [&str; 2] = ["chat-protocol/SPEC.es.md", "chat-protocol/SPEC.md"];

/// The README of the grader in each language.
const GRADERS: [&str; 2] = ["chat-check/README.es.md", "chat-check/README.md"];

/// Words that stand for values, and the levels of requirements: Spanish, English.
const TRANSLATED: [(&str, &str); 10] = [
    ("NOMBRE", "NAME"),
    ("TEXTO", "TEXT"),
    ("texto", "text"),
    ("PUERTO", "PORT"),
    ("DIRECCIÓN", "ADDR"),
    ("SALA", "ROOM"),
    ("NUEVO", "NEW"),
    ("AUTOR", "SENDER"),
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
    let mut literals: Vec<&str> = super::quoted(piece).collect();
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

#[test]
fn the_grader_is_explained_alike_in_both_languages() {
    let [es, en] = GRADERS.map(read);
    assert_eq!(headings(&es), headings(&en));
    assert_eq!(numbers(&prose(&es)), numbers(&prose(&en)));
}

#[test]
fn twins_lead_to_each_other_from_their_tops() {
    let readmes = ["README.es.md", "README.md"];
    for [es, en] in [SPECIFICATIONS, GRADERS, readmes] {
        let file = |path: &'static str| path.rsplit('/').next().unwrap_or(path);
        let top = |path| read(path).lines().take(3).collect::<String>();
        assert!(top(es).contains(&format!("*[In English]({})*", file(en))), "{es}");
        assert!(top(en).contains(&format!("*[En español]({})*", file(es))), "{en}");
    }
}
