//! Paths of the real binaries, always up to date.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use escargot::CargoBuild;
use escargot::format::Message;

/// The binaries, built on first use, because `cargo test` does not build those of other members. If
/// they are up to date, cargo takes only a moment.
static BINARIES: LazyLock<HashMap<String, PathBuf>> = LazyLock::new(|| match build() {
    Ok(binaries) => binaries,
    Err(error) => panic!("cannot build the binaries: {error}"),
});

fn build() -> Result<HashMap<String, PathBuf>, Box<dyn std::error::Error>> {
    let mut binaries = HashMap::new();
    let messages = CargoBuild::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .arg("--workspace")
        .bins()
        .current_release()
        .exec()?;
    for message in messages {
        if let Message::CompilerArtifact(artifact) = message?.decode()?
            && let Some(executable) = artifact.executable
        {
            binaries.insert(artifact.target.name.into_owned(), executable.into_owned());
        }
    }
    Ok(binaries)
}

/// A command for this binary. A variable in the environment, such as `CHAT_SERVER`, can name
/// another file.
fn command(binary: &str) -> Command {
    let variable = binary.replace('-', "_").to_uppercase();
    let given = std::env::var_os(variable).map(PathBuf::from);
    Command::new(given.as_ref().unwrap_or_else(|| &BINARIES[binary]))
}

/// The server, without arguments.
pub fn server() -> Command {
    command("chat-server")
}

/// The client, without arguments.
pub fn client() -> Command {
    command("chat-client")
}

/// The load generator, without arguments.
pub fn loadgen() -> Command {
    command("chat-loadgen")
}

/// The grader, without arguments.
pub fn check() -> Command {
    command("chat-check")
}
