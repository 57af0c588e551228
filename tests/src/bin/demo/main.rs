//! `make demo`: one server and its clients talk, and a table shows the output of each side by side.

mod scene;
mod stories;

use std::process::ExitCode;

use chat_protocol::options::profile::Profile;
use chat_protocol::usage::help::Example;
use chat_protocol::usage::{self, help};
use clap::{Command, CommandFactory, Parser};

/// Plays a chat: one server and its clients talk, and a table shows the output of each.
///
/// It runs the real binaries over real sockets. Any difference from the specification ends the demo
/// with exit status 1.
#[derive(Debug, Parser)]
#[command(name = "demo")]
struct Cli {
    /// The kind of chat
    #[arg(value_enum, default_value_t)]
    profile: Profile,
}

const EXAMPLES: [Example; 2] = [
    ("Everybody hears everybody else", "make demo"),
    ("A room with names", "make demo PROFILE=sala"),
];

fn command() -> Command {
    help::arranged(Cli::command().after_help(help::examples(&EXAMPLES)))
}

fn main() -> ExitCode {
    let story = match usage::parse_or_exit::<Cli>(command()).0.profile {
        Profile::Basico => stories::basico(),
        Profile::Sala => stories::sala(),
        Profile::Practico => stories::practico(),
        Profile::Grupal => stories::grupal(),
    };
    match story {
        Ok(table) => {
            println!("{table}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("demo: {failure}");
            ExitCode::FAILURE
        }
    }
}
