//! Chapter 1: bad usage, of each program.

use super::*;

/// The line with which a program refuses its arguments.
fn refusal(program: std::process::Command, arguments: &[&str]) -> String {
    let output = Command::from_std(program).args(arguments).output().expect("it runs");
    let line = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
    assert_eq!(line.lines().count(), 1, "{arguments:?}: {line}");
    line.trim_end().to_owned()
}

#[test]
fn r1_8_a_port_that_is_given_in_another_way_is_told_where_it_belongs() {
    let programs = [
        (binaries::server(), "--bind"),
        (binaries::client(), "ADDR:PORT"),
        (binaries::loadgen(), "--server"),
    ];
    for (program, instead) in programs {
        let line = refusal(program, &["--port", "9000"]);
        assert!(line.ends_with(&format!("found: did you mean {instead}? (try --help)")), "{line}");
    }
    let line = refusal(binaries::server(), &["-p", "9000"]);
    assert!(line.ends_with("or grupal; did you mean --bind 9000? (try --help)"), "{line}");
    let file = refusal(binaries::server(), &["--lang", "fr", "--config", "no-such-file"]);
    assert!(file.ends_with("'--lang <LANGUAGE>': expected es or en (try --help)"), "{file}");
}

/// The words of libraries say what is wrong with a number, and not which are right.
#[test]
fn r1_8_a_refused_value_is_answered_with_what_is_accepted() {
    let of_libraries =
        ["invalid digit", "cannot parse", "couldn't parse", "too large to fit", "is not in"];
    let mut tried = 0;
    for program in [binaries::server, binaries::client, binaries::loadgen, binaries::check] {
        let help = Command::from_std(program()).arg("--help").output().expect("it runs");
        let help = String::from_utf8(help.stdout).expect("UTF-8");
        let options = help.lines().filter(|line| line.trim_start().starts_with('-'));
        let with_value = options.filter_map(|line| {
            let name = line.split(' ').find(|word| word.starts_with("--"))?;
            line.contains('<').then(|| name.split(['[', '=']).next().unwrap_or_default())
        });
        for option in with_value {
            let argument = format!("{option}=\u{bf}?");
            let output = Command::from_std(program()).arg(&argument).arg("--version").output();
            let line = String::from_utf8(output.expect("it runs").stderr).expect("UTF-8");
            let is_theirs = of_libraries.iter().any(|words| line.contains(words));
            assert!(!is_theirs && line.lines().count() <= 1, "{argument}: {line}");
            tried += u32::from(line.contains("invalid value"));
        }
    }
    assert!(tried > 60, "only {tried} values were refused");
}
