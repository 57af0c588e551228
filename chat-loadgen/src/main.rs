//! `chat-loadgen`: puts a chat under load, times every delivery and proves what arrived.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chat_loadgen::cli::Cli;
use chat_loadgen::exit_status::{Exit, INTERRUPTED};
use chat_loadgen::system::target;

fn main() -> ExitCode {
    let cli = Cli::parse_or_exit();
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let handler = move || {
        if told.swap(true, Ordering::Relaxed) {
            target::kill_all_started();
            std::process::exit(INTERRUPTED.into());
        }
    };
    let ended = match ctrlc::set_handler(handler) {
        Ok(()) => chat_loadgen::app::execute(&cli, &stop),
        Err(error) => {
            complain(&error);
            return Exit::Error.into();
        }
    };
    match ended {
        Ok(ended) => {
            for complaint in &ended.complaints {
                complain(complaint);
            }
            ended.exit.into()
        }
        Err(error) => {
            complain(&error);
            error.exit().into()
        }
    }
}

/// The error and its causes, in one line.
fn complain(error: &dyn Error) {
    let mut line = format!("chat-loadgen: {error}");
    let mut cause = error.source();
    while let Some(source) = cause {
        line += ": ";
        line += &source.to_string();
        cause = source.source();
    }
    // Whoever has closed standard error still gets the status.
    let _ = writeln!(io::stderr(), "{line}");
}
