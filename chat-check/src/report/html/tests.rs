use std::time::Duration;

use chat_drive::transcript::{Entry, How};

use super::*;
use crate::checks::check::Side;
use crate::report::sample;

#[test]
fn the_page_needs_nothing_but_itself() {
    let page = render(&sample::full());
    for reference in ["<script", "<link", " src=", "url(", "@import", "<iframe", "http://"] {
        assert!(!page.contains(reference), "{reference}");
    }
    assert!(page.contains("default-src 'none'"));
    // Every link is within this page, and has a target.
    for target in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let name = target.strip_prefix('#').unwrap_or_else(|| panic!("{target}"));
        assert_eq!(page.matches(&format!(" id=\"{name}\"")).count(), 1, "{name}");
    }
}

#[test]
fn everything_that_was_found_out_is_there() {
    let page = render(&sample::full());
    for text in [
        "García, Ana",
        "7,5 / 10",
        "5 × 75 % = 3,75",
        "se sale con «salir»",
        "dos procesos escuchan",
        "le volvió su propio mensaje: «kqjxvbzmwp»",
        "<code>if otro is not cliente:</code>",
        "BrokenPipeError",
        "usuario 40112: kqjxvbzmwp\\n",
        "--only 2.2-echo",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn what_goes_over_a_connection_is_an_arrow() {
    let page = render(&sample::full());
    let arrow = |class: &str, place: &str, who: &str, text: &str| {
        format!(
            "<p class=\"arrow {class}\" style=\"{place}\"><span class=\"unseen\">{who}: </span>\
             <span class=\"text\">{text}"
        )
    };
    let sent = arrow("left sent", "grid-column:1/3;--k:2", "ana envía", "kqjxvbzmwp");
    let got = arrow("right got", "grid-column:1/4;--k:3", "beto recibe", "usuario 40112");
    for expected in [sent, got] {
        assert!(page.contains(&expected), "{expected}");
    }
    assert!(page.contains("<p class=\"note error\" style=\"grid-column:1\">"));
    assert!(page.contains("<p class=\"note all\">todo visto"));
}

#[test]
fn a_long_conversation_is_folded_and_says_what_is_missing() {
    let mut report = sample::full();
    let results = &mut report.parts[0].results;
    results.retain(|outcome| outcome.id == "2.2-echo");
    assert!(render(&report).contains("<details open><summary>la conversación (14"));
    let evidence = report.parts[0].results[0].evidence.as_mut().unwrap();
    let more = |i: u64| Entry {
        after: Duration::from_millis(400 + i),
        who: "ana".into(),
        how: How::Out,
        what: format!("línea {i}"),
    };
    evidence.conversation.extend((0..60).map(more));
    evidence.omitted = Some((500, 40));
    let page = render(&report);
    assert!(page.contains("<details><summary>la conversación (74 entradas)"));
    let before = page.find("línea 25").unwrap();
    let gap = page.find("500 sin mostrar").unwrap();
    assert!(before < gap && gap < page.find("línea 26").unwrap());
}

#[test]
fn what_did_not_start_says_why() {
    let parts = vec![sample::not_started(Side::Server)];
    let page = render(&sample::with_marks(sample::report(parts)));
    assert!(page.contains("terminó antes de escuchar") && page.contains("SyntaxError"));
    assert!(page.contains("0 / 5") && !page.contains("puerto 12345"), "no dialect was found");
}

#[test]
fn what_was_printed_is_text() {
    let page = render(&sample::hostile());
    assert!(page.contains("&lt;script&gt;alert('x')&lt;/script&gt;"));
    for markup in ["<script", "<img", "href=\"javascript"] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(!page.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'));
    assert!(page.contains("\\u{1b}[2J"));
}
