//! The options that say which server is believed.

use clap::Args;

#[cfg(feature = "doors")]
use std::path::PathBuf;

#[cfg(feature = "doors")]
use chat_tls::Fingerprint;

/// Which server is believed, through `tls://` and `wss://`.
#[derive(Clone, Debug, Default, Args)]
pub struct Options {
    /// Believe the certificate authorities in this PEM file, instead of the system's
    #[cfg(feature = "doors")]
    #[arg(help_heading = "Encryption", long, value_name = "FILE")]
    pub(super) tls_ca: Option<PathBuf>,

    /// Believe the server that has this key: the SHA-256 of its public key, 64 hexadecimal digits
    #[cfg(feature = "doors")]
    #[arg(
        help_heading = "Encryption",
        long,
        value_name = "FINGERPRINT",
        conflicts_with = "tls_ca"
    )]
    pub(super) tls_fingerprint: Option<Fingerprint>,

    /// The file with the keys of servers that you have accepted, instead of `~/.local/state/chat/known_hosts`
    #[cfg(feature = "doors")]
    #[arg(help_heading = "Encryption", long, value_name = "FILE")]
    pub(super) known_hosts: Option<PathBuf>,
}

#[cfg(feature = "doors")]
impl Options {
    /// Returns whether the user counts on TLS.
    pub(super) fn need_tls(&self) -> bool {
        self.tls_ca.is_some() || self.tls_fingerprint.is_some()
    }
}
