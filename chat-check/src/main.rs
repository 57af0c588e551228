//! `chat-check`: grades any chat against the specification.

use std::io::{self, Write};
use std::process::ExitCode;

use chat_check::cli::{Cli, Task};
use chat_check::isolation::Isolation;
use chat_check::{app, interrupt};
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // A keeper handles signals in its own way.
    if let Task::Keep(keep) = &cli.task {
        return keep.run();
    }
    let isolation = Isolation::prepare();
    let handler = || {
        if interrupt::want() {
            // Asked twice. What was started dies with this process.
            std::process::exit(app::INTERRUPTED.into());
        }
    };
    // Where no signals are to be had, Ctrl-C ends the run without a report.
    let _ = ctrlc::set_handler(handler);
    match app::execute(&cli, isolation) {
        Ok(status) => status,
        Err(error) => {
            // Whoever has closed standard error still gets the status.
            let _ = writeln!(io::stderr(), "chat-check: {error}");
            ExitCode::from(error.status())
        }
    }
}
