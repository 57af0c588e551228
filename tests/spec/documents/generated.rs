//! Manual pages and completions, in the programs that read them (`--generate`).

use std::env;
use std::fs;
use std::process::{Command, Output};

use chat_tests::binaries;
use tempfile::TempDir;

fn programs() -> [(&'static str, Command); 4] {
    [
        ("chat-server", binaries::server()),
        ("chat-client", binaries::client()),
        ("chat-loadgen", binaries::loadgen()),
        ("chat-check", binaries::check()),
    ]
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn generated(mut program: Command, kind: &str) -> String {
    let output = run(program.args(["--generate", kind]));
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Returns whether this program is here. It has to be where `ci/packages` installs it.
fn is_here(program: &str) -> bool {
    let is_here = Command::new(program).arg("--version").output().is_ok();
    assert!(is_here || env::var_os("CI").is_none(), "there is no {program}");
    if !is_here {
        chat_drive::skip(format_args!("there is no {program}"));
    }
    is_here
}

#[test]
fn manual_pages_are_shown_and_found() {
    if !is_here("man") || !is_here("lexgrog") {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    for (name, program) in programs() {
        let path = folder.path().join(name).with_extension("1");
        fs::write(&path, generated(program, "man")).expect("a file");
        let indexed = run(Command::new("lexgrog").arg(&path));
        let indexed = String::from_utf8_lossy(&indexed.stdout).into_owned();
        assert!(indexed.contains(&format!("\"{name} - ")), "{indexed}");
        let mut man = Command::new("man");
        man.args(["--warnings", "-l"]).arg(&path).env("MANWIDTH", "100").env("LC_ALL", "C.UTF-8");
        let shown = run(&mut man);
        assert!(shown.status.success() && shown.stderr.is_empty(), "{shown:?}");
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        for part in ["NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUSES", "--version", "bad usage"] {
            assert!(shown.contains(part), "no {part} in that of {name}: {shown}");
        }
        if name == "chat-server" {
            assert!(shown.contains("CHAT-SERVER ACCOUNT PASSWD"), "{shown}");
        }
    }
}

#[test]
fn bash_completes_options_values_and_subcommands() {
    if !is_here("bash") {
        return;
    }
    for (program, name, words, expected) in [
        (binaries::server(), "chat-server", "chat-server --print", "--print-config"),
        (binaries::server(), "chat-server", "chat-server store b", "backup"),
        (binaries::server(), "chat-server", "chat-server account list --l", "--lang"),
        (binaries::client(), "chat-client", "chat-client --lang e", "es en"),
    ] {
        let script = format!(
            "{}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             function=$(complete -p {name} | sed 's/.*-F \\([^ ]*\\) .*/\\1/')\n\
             \"$function\" {name} \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"\n\
             echo \"${{COMPREPLY[*]}}\"",
            generated(program, "bash"),
        );
        let completed = run(Command::new("bash").args(["--norc", "-c", &script]));
        assert_eq!(
            String::from_utf8_lossy(&completed.stdout),
            format!("{expected}\n"),
            "{completed:?}"
        );
    }
}

#[test]
fn each_shell_has_completions_and_other_kinds_are_refused() {
    for (name, program) in programs() {
        for (kind, beginning) in [
            ("zsh", format!("#compdef {name}\n")),
            ("fish", String::new()),
            ("powershell", String::new()),
        ] {
            let mut other = Command::new(program.get_program());
            other.args(program.get_args());
            let script = generated(other, kind);
            assert!(script.starts_with(&beginning) && script.contains(name), "{script}");
        }
        let mut program = program;
        let refused = run(program.args(["--generate", "tcsh"]));
        assert_eq!(refused.status.code(), Some(2));
        let line = String::from_utf8_lossy(&refused.stderr).into_owned();
        let expected = "expected man, bash, zsh, fish or powershell";
        assert!(line.contains(expected) && line.lines().count() == 1, "{line}");
    }
}
