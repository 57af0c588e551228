//! The guide to running a chat: both languages have the same commands, and the configurations of proxies that are tried.

use super::read;
use super::twins::{RUNNING_GUIDES, assert_alike};

/// The blocks of code, each line without its indentation.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("    "))
}

/// What is typed, and what stands in files: neither what a program says to people, nor in which language.
fn commands(text: &str) -> Vec<String> {
    let typed = code(text).filter(|line| !line.starts_with("* ") && *line != "lang = \"en\"");
    typed.map(|line| line.replace(" --lang en", "")).collect()
}

#[test]
fn the_guide_has_the_same_commands_in_both_languages() {
    let guides = RUNNING_GUIDES.map(read);
    assert_alike(&guides);
    let [es, en] = guides.each_ref().map(|text| commands(text));
    assert!(en.len() > 60, "the commands cannot be read: {en:?}");
    assert_eq!(es, en);
}

#[test]
fn the_guide_shows_the_configurations_that_are_tried_with_the_real_proxies() {
    let tried = read("ci/proxies");
    for name in ["packaging/nginx/chat.conf", "packaging/caddy/Caddyfile"] {
        assert!(tried.contains(name), "{name} is not tried");
        let configuration = read(name);
        for guide in RUNNING_GUIDES {
            let shown: Vec<String> = code(&read(guide)).map(str::to_owned).collect();
            let lines: Vec<&str> = configuration.lines().filter(|line| !line.is_empty()).collect();
            let is_shown = shown.windows(lines.len()).any(|window| window == lines);
            assert!(is_shown, "{guide} does not show {name}");
        }
    }
}
