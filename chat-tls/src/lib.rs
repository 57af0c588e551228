//! Certificates and trust, for both ends of an encrypted connection: no sockets, no options.
//!
//! [`Fingerprint`] is what a person compares, [`Trust`] what a client believes, [`read_identity`] reads what a server
//! has, [`provider`] is the one implementation of cryptography that every binary uses.

mod fingerprint;
mod identity;
mod trust;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub use fingerprint::{Fingerprint, ParseFingerprintError};
pub use identity::{IdentityError, expiry, read_identity};
pub use trust::{Trust, TrustError};

/// The implementation of cryptography. It is given to every configuration: rustls's own default for a process
/// exists only where one library has chosen it.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
