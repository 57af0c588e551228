//! `make demo`: one server and its clients talk, and a table shows the output of each side by side.
//!
//! It runs the real binaries over real sockets, in the profile that the command line names. Any
//! difference from the specification ends the demo with exit status 1.

mod scene;
mod stories;

use std::process::ExitCode;

use chat_protocol::options::profile::Profile;

fn main() -> ExitCode {
    let profile = std::env::args().nth(1).unwrap_or_else(|| Profile::default().to_string());
    let story = match profile.parse() {
        Ok(Profile::Basico) => stories::basico(),
        Ok(Profile::Sala) => stories::sala(),
        Ok(Profile::Practico) => stories::practico(),
        Ok(Profile::Grupal) => stories::grupal(),
        Err(error) => {
            eprintln!("demo: {profile:?}: {error}");
            return ExitCode::from(2);
        }
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
