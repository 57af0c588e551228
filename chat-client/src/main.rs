//! `chat-client`: the person's end of the chat.

use std::process::ExitCode;

use chat_client::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse_or_exit().start() {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            eprintln!("chat-client: {error}");
            ExitCode::FAILURE
        }
    }
}
