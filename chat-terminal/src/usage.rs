//! A command line that is wrong is one line and exit status 2 (requirement 1.8).

use std::io::{self, Write};

use clap::{ArgMatches, Command, FromArgMatches};

/// The process's arguments; or, where they ask for help or are wrong, the end of the process.
pub fn parse_or_exit<T: FromArgMatches>(command: Command) -> (T, ArgMatches) {
    let parsed = command.try_get_matches().and_then(|matches| {
        let values = T::from_arg_matches(&matches)?;
        Ok((values, matches))
    });
    parsed.unwrap_or_else(|error| {
        if error.use_stderr() {
            let message = error.to_string();
            let first = message.lines().next().unwrap_or_default();
            // Whoever has closed standard error still gets the status.
            let _ = writeln!(io::stderr(), "{first} (try --help)");
            std::process::exit(2);
        }
        error.exit()
    })
}
