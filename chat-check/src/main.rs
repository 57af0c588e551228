//! `chat-check`: grades any chat against the specification.

use std::io::{self, Write};
use std::process::ExitCode;

use chat_check::app;
use chat_check::cli::Cli;

fn main() -> ExitCode {
    match app::execute(&Cli::parse_or_exit()) {
        Ok(status) => status,
        Err(error) => {
            // Standard error may be closed; the exit status is returned anyway.
            let _ = writeln!(io::stderr(), "chat-check: {error}");
            ExitCode::from(error.status())
        }
    }
}
