//! `chat-server`: broadcasts every message to all clients but its sender.

use std::io::{self, Write};
use std::process::ExitCode;

use chat_protocol::usage;
use chat_server::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse_or_exit();
    let language = cli.language();
    match cli.start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A caller that has closed standard error still gets the status.
            let _ = writeln!(io::stderr(), "chat-server: {}", error.explanation(language));
            ExitCode::from(usage::FAILURE)
        }
    }
}
