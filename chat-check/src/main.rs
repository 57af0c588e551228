//! `chat-check`: grades any chat against the specification.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chat_check::app;
use chat_check::cli::{Cli, Task};
use chat_check::isolation::Isolation;
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // A keeper handles signals in its own way.
    if let Task::Keep(keep) = &cli.task {
        return keep.run();
    }
    if let Task::Probe = cli.task {
        return Isolation::probe();
    }
    let isolation = if cli.task.shares() { Isolation::Shared } else { Isolation::prepare() };
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    // Where there are no signals to be had, Ctrl-C ends the run without a report.
    let _ = ctrlc::set_handler(move || {
        if told.swap(true, Ordering::Relaxed) {
            // Whoever asks twice does not want the report; keepers end what runs.
            std::process::exit(app::INTERRUPTED.into());
        }
    });
    match app::execute(&cli, isolation, &stop) {
        Ok(status) => status,
        Err(error) => {
            // Whoever has closed standard error still gets the status.
            let _ = writeln!(io::stderr(), "chat-check: {error}");
            ExitCode::from(error.status())
        }
    }
}
