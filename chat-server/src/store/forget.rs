//! `chat-server forget`: deletes what a person said from a store.

use std::path::PathBuf;

use chat_protocol::language::Language;
use chat_protocol::name::fold;
use chat_protocol::usage::help::Example;
use clap::Args;
use tokio::runtime::Builder;

use super::{Error, open_offline};

pub(crate) const EXAMPLES: [Example; 1] = [(
    "What Ana said, from the store of a server that is not running",
    "chat-server forget Ana --store chat.db",
)];

/// The options of `chat-server forget`.
#[derive(Args, Debug)]
pub(crate) struct ForgetOptions {
    /// The person's name, as it stood before its messages
    name: String,

    /// The store's file. The server must not be running
    #[arg(long, value_name = "FILE")]
    store: PathBuf,

    /// The language of the texts for people
    #[arg(short, long, value_name = "LANGUAGE", value_enum, default_value_t)]
    pub(crate) lang: Language,
}

impl ForgetOptions {
    /// Deletes it. Returns a line for people.
    pub(crate) fn forget(&self) -> Result<String, Error> {
        let path = &self.store;
        let fail = |reason| Error { path: path.clone(), reason };
        let store = open_offline(path)?;
        let runtime = Builder::new_current_thread().build().map_err(|error| fail(error.into()))?;
        let name = fold(&self.name);
        let forgotten = runtime.block_on(store.forget(move |author| fold(author) == name));
        let deleted = forgotten.map_err(|lost| fail(std::io::Error::other(lost).into()))?;
        Ok(self.lang.forgotten(&self.name, deleted).to_string())
    }
}
