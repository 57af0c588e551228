//! `chat-client`: the command-line chat client.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use chat_client::cli::Cli;
use chat_client::exit::Exit;
use chat_protocol::usage;

fn main() -> ExitCode {
    let cli = Cli::parse_or_exit();
    let language = cli.language();
    match cli.start() {
        Ok(exit) => {
            // The server's last line stands right above, if there is one screen for both outputs.
            let seen = matches!(exit, Exit::Dismissed(_))
                && io::stdout().is_terminal()
                && io::stderr().is_terminal();
            if let Some(explanation) = exit.explanation(language).filter(|_| !seen) {
                say(explanation);
            }
            exit.into()
        }
        Err(error) => {
            error.explanation(language).iter().for_each(say);
            ExitCode::from(usage::FAILURE)
        }
    }
}

/// Writes to standard error. If that is closed, the exit status still reports the result.
fn say(line: impl Display) {
    let _ = writeln!(io::stderr(), "chat-client: {line}");
}
