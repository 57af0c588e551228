//! Certificates and trust, for both ends of an encrypted connection: no sockets, no options.
//!
//! [`Fingerprint`] is what a person compares, [`Trust`] what a client believes, [`read_identity`] reads what a server
//! has, [`provider`] is the one implementation of cryptography that every binary uses.

mod fingerprint;
mod identity;
mod trust;

use std::sync::Arc;

use rustls::CipherSuite;
use rustls::crypto::CryptoProvider;

pub use fingerprint::{Fingerprint, ParseFingerprintError};
pub use identity::{IdentityError, expiry, read_identity};
pub use trust::{Trust, TrustError};

/// The implementation of cryptography. It is given to every configuration: rustls's own default for a process
/// exists only where one library has chosen it.
///
/// AES with keys of 128 bits comes first, as in browsers. With 256 it takes 14 rounds for each block instead of 10.
pub fn provider() -> Arc<CryptoProvider> {
    let mut provider = rustls::crypto::ring::default_provider();
    provider.cipher_suites.sort_by_key(|suite| !AES_128.contains(&suite.suite()));
    Arc::new(provider)
}

const AES_128: [CipherSuite; 3] = [
    CipherSuite::TLS13_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
];
