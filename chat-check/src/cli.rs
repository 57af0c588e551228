//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::options::{BatchArgs, OutputArgs, SettingsArgs};
use crate::sandbox::supervisor::Supervise;
use crate::text::Lang;

/// Grades any chat, in any language, against the specification.
#[derive(Clone, Debug, Parser)]
#[command(name = "chat-check", version, max_term_width = 100)]
pub struct Cli {
    /// The subcommand.
    #[command(subcommand)]
    pub(crate) task: Task,
}

/// The subcommands.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Task {
    /// Check one server
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
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// The language of titles and explanations
        #[arg(long, default_value = "es")]
        lang: Lang,
    },
    /// Check a folder of submissions, each a folder with a server and a client, or a file
    Batch {
        /// The folder of the submissions
        folder: PathBuf,
        /// Submissions and reports
        #[command(flatten)]
        batch: BatchArgs,
        /// Settings of the checks
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Run a program within its limits; what chat-check starts programs with
    #[command(hide = true)]
    Supervise(Supervise),
    /// Try whether this user can have networks of their own
    #[command(hide = true)]
    Probe,
}

#[cfg(test)]
mod tests {
    use super::*;

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
