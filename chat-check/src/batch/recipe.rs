//! Recipe: the commands that build and start a program.

use std::path::PathBuf;

/// The commands that build and start a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    /// Working directory: a folder inside the submission.
    pub(crate) folder: PathBuf,
    /// Build command, if one is needed.
    pub(crate) build: Option<String>,
    /// Start command.
    pub(crate) start: String,
    /// Tools that must be installed.
    pub(crate) tools: Vec<&'static str>,
    /// Of what `make` builds: the name of the source, without its extension. The program to start
    /// is known only once it was built.
    pub(crate) made_from: Option<String>,
    /// True for sources in the encoding of Windows instead of UTF-8.
    pub(crate) in_windows_1252: bool,
}
