//! `chat-server`: forwards every message to everyone but its sender.

use std::process::ExitCode;

use chat_server::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse_or_exit().start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat-server: {error}");
            ExitCode::FAILURE
        }
    }
}
