//! The command line.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use chat_protocol::time_limit::TimeLimit;
use clap::{Args, Parser, Subcommand};

use crate::catalogue::Profile;
use crate::keeper::Keep;
use crate::text::Lang;

/// Grades any chat, in any language, against the specification.
#[derive(Clone, Debug, Parser)]
#[command(name = "chat-check", version, max_term_width = 100)]
pub struct Cli {
    /// What is to be done.
    #[command(subcommand)]
    pub task: Task,
}

/// What is to be done.
#[derive(Clone, Debug, Subcommand)]
pub enum Task {
    /// Check one server
    Server {
        /// How it is started, such as 'python3 servidor.py'; {port} stands for the port
        command: String,
        /// How it is checked
        #[command(flatten)]
        manner: MannerArgs,
        /// What is written
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Check one client, against a scripted server
    Client {
        /// How it is started, such as 'python3 cliente.py'; {port} stands for the port
        command: String,
        /// How it is checked
        #[command(flatten)]
        manner: MannerArgs,
        /// What is written
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Check a server and a client, and give the rubric's marks
    Both {
        /// How the server is started
        #[arg(long, value_name = "COMMAND")]
        server: String,
        /// How the client is started
        #[arg(long, value_name = "COMMAND")]
        client: String,
        /// How they are checked
        #[command(flatten)]
        manner: MannerArgs,
        /// What is written
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
    /// Run a program within its limits; what chat-check starts programs with
    #[command(hide = true)]
    Keep(Keep),
}

/// How programs are checked.
#[derive(Args, Clone, Debug)]
pub struct MannerArgs {
    /// What to check against; without it sala for servers that ask for names, basico for others
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<Profile>,
    /// What is known of the dialect (TOML); the rest is found out
    #[arg(long, value_name = "FILE")]
    pub dialect: Option<PathBuf>,
    /// After how much silence a connection must be closed, such as 60s; without it idle time is not
    /// checked
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub idle: Option<Duration>,
    /// Let everything take this many times as long
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = slow)]
    pub slow: f64,
    /// How many checks to make at the same time
    #[arg(long, value_name = "NUMBER", default_value = "4")]
    pub side_by_side: NonZero<usize>,
    /// Make only the checks with these names, and what they need; 2.* is all of chapter 2
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Do not make these
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// These will fail, as is known; that they do is no fault
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub xfail: Vec<String>,
    /// The language of the report
    #[arg(long, default_value = "es")]
    pub lang: Lang,
    /// A variable of the programs' environment, NAME=VALUE or NAME to pass it on
    #[arg(long, value_name = "NAME")]
    pub env: Vec<String>,
}

/// What is written, and where. A file `-` is standard output.
#[derive(Args, Clone, Debug)]
pub struct OutputArgs {
    /// Give marks by this rubric (TOML) instead of the course's
    #[arg(long, value_name = "FILE")]
    pub rubric: Option<PathBuf>,
    /// Show what passes as well, and the conversations of what fails
    #[arg(long, short)]
    pub verbose: bool,
    /// Write everything that was found as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write a page for people (HTML, complete in itself)
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write a report as Markdown
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Write a report as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write a table as CSV
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write Gradescope's results.json
    #[arg(long, value_name = "FILE")]
    pub gradescope: Option<PathBuf>,
}

fn duration(text: &str) -> Result<Duration, String> {
    let limit: TimeLimit = text.parse().map_err(|error| format!("{error}"))?;
    limit.duration().ok_or_else(|| "leave it out instead".to_owned())
}

fn slow(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(times) if (0.1..=100.0).contains(&times) => Ok(times),
        _ => Err("a number from 0.1 to 100".to_owned()),
    }
}
