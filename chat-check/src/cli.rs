//! The command line.

use std::path::PathBuf;

use chat_protocol::usage::help::Example;
use chat_protocol::usage::{self, help};
use clap::{CommandFactory, Parser, Subcommand};

use crate::exit::EXIT_STATUSES;
use crate::options::{BatchArgs, OutputArgs, SettingsArgs};
use crate::sandbox::supervisor::Supervise;
use crate::text::Lang;

/// Grades any chat, in any language, against the specification.
#[derive(Clone, Debug, Parser)]
#[command(name = "chat-check", version, after_help = end(&EXAMPLES))]
pub struct Cli {
    /// The subcommand.
    #[command(subcommand)]
    pub(crate) task: Task,
}

/// The subcommands.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Task {
    /// Check one server
    #[command(after_help = end(&SERVER_EXAMPLES))]
    Server {
        /// The command that starts it, such as 'python3 servidor.py'; {port} stands for the port
        command: String,
        /// Settings of the checks
        #[command(flatten)]
        settings: SettingsArgs,
        /// Reports and marks
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Check one client, against a scripted server
    #[command(after_help = end(&CLIENT_EXAMPLES))]
    Client {
        /// The command that starts it, such as 'python3 cliente.py'; {port} stands for the port
        command: String,
        /// Settings of the checks
        #[command(flatten)]
        settings: SettingsArgs,
        /// Reports and marks
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Check a server and a client, and give the rubric's marks
    #[command(after_help = end(&BOTH_EXAMPLES))]
    Both {
        /// The command that starts the server
        #[arg(long, value_name = "COMMAND")]
        server: String,
        /// The command that starts the client
        #[arg(long, value_name = "COMMAND")]
        client: String,
        /// Settings of the checks
        #[command(flatten)]
        settings: SettingsArgs,
        /// Reports and marks
        #[command(flatten)]
        output: OutputArgs,
    },
    /// List the requirements and their checks
    #[command(after_help = help::examples(&LIST_EXAMPLES))]
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// The language of titles and explanations
        #[arg(short, long, value_name = "LANGUAGE", default_value = "es")]
        lang: Lang,
    },
    /// Check a folder of submissions, each a folder with a server and a client, or a file
    #[command(after_help = end(&BATCH_EXAMPLES))]
    Batch {
        /// The folder of the submissions
        folder: PathBuf,
        /// Settings of the checks
        #[command(flatten)]
        settings: SettingsArgs,
        /// Submissions and reports
        #[command(flatten)]
        batch: BatchArgs,
    },
    /// Run a program within its limits; what chat-check starts programs with
    #[command(hide = true, name = "run-contained")]
    Supervise(Supervise),
    /// Try whether this user can have networks of their own
    #[command(hide = true)]
    Probe,
}

const EXAMPLES: [Example; 3] = [
    ("A server", SERVER_EXAMPLES[0].1),
    ("A server and a client, with marks", BOTH_EXAMPLES[0].1),
    ("All requirements, in English", LIST_EXAMPLES[0].1),
];

const SERVER_EXAMPLES: [Example; 3] = [
    ("On the usual port", "chat-check server 'python3 servidor.py'"),
    ("On a port of the checker's choice", "chat-check server 'python3 servidor.py {port}'"),
    ("One check alone", "chat-check server 'python3 servidor.py' --only 2.2-echo"),
];

const CLIENT_EXAMPLES: [Example; 2] = [
    ("On the usual port, in English", "chat-check client 'python3 cliente.py' -l en"),
    ("On a port of the checker's choice", "chat-check client 'python3 cliente.py {port}'"),
];

const BOTH_EXAMPLES: [Example; 2] = [
    (
        "With marks by the course's rubric",
        "chat-check both --server 'python3 servidor.py' --client 'python3 cliente.py'",
    ),
    (
        "Programs that are compiled, in English",
        "chat-check both --server ./servidor --client ./cliente -l en",
    ),
];

const LIST_EXAMPLES: [Example; 2] =
    [("In English", "chat-check list -l en"), ("For programs", "chat-check list --json")];

const BATCH_EXAMPLES: [Example; 2] = [
    ("A folder of submissions", "chat-check batch entregas/ -o notas/"),
    ("The same on a slow machine", "chat-check batch entregas/ -o notas/ --slow 2"),
];

/// The end of the help.
fn end(examples: &[Example]) -> String {
    help::exit_statuses(&EXIT_STATUSES) + "\n" + &help::examples(examples)
}

impl Cli {
    /// Parses the process's arguments. Ends the process when they ask for help or are wrong.
    pub fn parse_or_exit() -> Self {
        usage::parse_or_exit(help::arranged(Self::command())).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_can_be_used() {
        help::arranged(Cli::command()).debug_assert();
        let examples = [
            &EXAMPLES[..],
            &SERVER_EXAMPLES,
            &CLIENT_EXAMPLES,
            &BOTH_EXAMPLES,
            &LIST_EXAMPLES,
            &BATCH_EXAMPLES,
        ];
        for (_, example) in examples.concat() {
            Cli::try_parse_from(shell_words::split(example).unwrap()).unwrap();
        }
    }

    #[test]
    fn waiting_for_idle_connections_takes_longer() {
        let limit = |options: &str| {
            let words = format!("chat-check batch folder --out notes {options}");
            match Cli::try_parse_from(words.split_whitespace()).unwrap().task {
                Task::Batch { batch, settings, .. } => batch.time_limit(settings.idle).as_secs(),
                task => panic!("{task:?}"),
            }
        };
        assert_eq!(limit(""), 600);
        assert_eq!(limit("--idle 60s"), 1_800);
        assert_eq!(limit("--idle 60s --time-limit 5m"), 300);
    }
}
