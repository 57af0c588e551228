//! The subcommands beside a server.

use chat_protocol::language::Language;
use chat_protocol::usage;
use chat_protocol::usage::help::{self, StatusLine};
use clap::Subcommand;

use super::StartError;
#[cfg(feature = "store")]
use super::account::{AccountCommand, EXAMPLES as EXAMPLES_OF_ACCOUNT};
#[cfg(feature = "store")]
use super::store_file::{EXAMPLES as EXAMPLES_OF_STORE, StoreCommand};
#[cfg(feature = "store")]
use crate::store::forget::{EXAMPLES as EXAMPLES_OF_FORGET, ForgetOptions};
#[cfg(feature = "tls")]
use crate::tls::make::{CertOptions, EXAMPLES as EXAMPLES_OF_CERT};

/// A subcommand.
#[derive(Debug, Subcommand)]
pub(super) enum Other {
    /// Deletes what a person said from the file of `--store`
    #[cfg(feature = "store")]
    #[command(after_help = help::exit_statuses(&FORGET_STATUSES) + "\n" + &help::examples(&EXAMPLES_OF_FORGET))]
    Forget(ForgetOptions),

    /// Makes and removes accounts, in the file of `--store` or on the servers of `--cluster`, and lists those of the file
    #[cfg(feature = "store")]
    #[command(after_help = help::exit_statuses(&ACCOUNT_STATUSES) + "\n" + &help::examples(&EXAMPLES_OF_ACCOUNT))]
    Account {
        #[command(subcommand)]
        command: AccountCommand,
    },

    /// Looks at the file of `--store`, copies it, and prints what was said, also while a server runs
    #[cfg(feature = "store")]
    #[command(after_help = help::exit_statuses(&STORE_STATUSES) + "\n" + &help::examples(&EXAMPLES_OF_STORE))]
    Store {
        #[command(subcommand)]
        command: StoreCommand,
    },

    /// Makes a certificate that is its own authority: cert.pem and key.pem
    #[cfg(feature = "tls")]
    #[command(after_help = help::exit_statuses(&CERT_STATUSES) + "\n" + &help::examples(&EXAMPLES_OF_CERT))]
    Cert(CertOptions),
}

#[cfg(feature = "tls")]
const CERT_STATUSES: [StatusLine; 3] = [
    (0, "made"),
    (usage::FAILURE, "a file exists, or cannot be written"),
    (usage::BAD_USAGE, "bad usage"),
];

#[cfg(feature = "store")]
const FORGET_STATUSES: [StatusLine; 3] = [
    (0, "deleted, if there was any"),
    (usage::FAILURE, "there is no such file, it cannot be used, or a server has it open"),
    (usage::BAD_USAGE, "bad usage"),
];

#[cfg(feature = "store")]
const ACCOUNT_STATUSES: [StatusLine; 3] = [
    (0, "done"),
    (
        usage::FAILURE,
        "the name or the word cannot be one, or the file or the cluster cannot be used",
    ),
    (usage::BAD_USAGE, "bad usage"),
];

#[cfg(feature = "store")]
const STORE_STATUSES: [StatusLine; 3] = [
    (0, "done: the file is whole"),
    (usage::FAILURE, "the file is not whole or cannot be used, or the copy cannot be made"),
    (usage::BAD_USAGE, "bad usage"),
];

impl Other {
    /// The language of everything that people read.
    pub(super) fn language(&self) -> Language {
        match self {
            #[cfg(feature = "store")]
            Self::Forget(options) => options.lang,
            #[cfg(feature = "store")]
            Self::Account { command } => command.language(),
            #[cfg(feature = "store")]
            Self::Store { command } => command.language(),
            #[cfg(feature = "tls")]
            Self::Cert(options) => options.lang,
        }
    }

    /// Does it. Returns lines for people.
    pub(super) fn run(&self) -> Result<String, StartError> {
        match self {
            #[cfg(feature = "store")]
            Self::Forget(options) => options.forget().map_err(StartError::Store),
            #[cfg(feature = "store")]
            Self::Account { command } => command.run().map_err(StartError::Account),
            #[cfg(feature = "store")]
            Self::Store { command } => command.run().map_err(StartError::StoreFile),
            #[cfg(feature = "tls")]
            Self::Cert(options) => options.make().map_err(StartError::Make),
        }
    }
}
