//! Paths of the real binaries, always up to date.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

/// The folder of the binaries: the one that this program was built into. They are built on first use, because
/// `cargo test` does not build those of other members. If they are up to date, cargo takes only a moment.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let own = env::current_exe().expect("the path of this program");
    // A test is in the folder `deps` beside the binaries.
    let folder = own.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    let folder = folder.expect("a program is in a folder");
    let profile = folder.file_name().filter(|name| *name != "debug").unwrap_or(OsStr::new("dev"));
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--workspace", "--bins", "--locked"]);
    build.args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml")]);
    build.arg("--target-dir").arg(folder.join("..")).arg("--profile").arg(profile);
    // Build scripts that look at it would all run again, and again for the next test.
    build.env_remove("CARGO_MANIFEST_DIR");
    let built = build.status().expect("cargo runs");
    assert!(built.success(), "the binaries are not built: {built}");
    folder.to_owned()
});

/// A command for this binary. A variable in the environment, such as `CHAT_SERVER`, can name
/// another file.
fn command(binary: &str) -> Command {
    let variable = binary.replace('-', "_").to_uppercase();
    Command::new(env::var_os(variable).map_or_else(|| FOLDER.join(binary), PathBuf::from))
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

/// Rude clients of every kind.
pub fn abusers() -> Command {
    command("abusers")
}
