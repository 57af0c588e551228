//! A server's certificate and its key, as they stand in files.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use thiserror::Error as ThisError;
use webpki::{EndEntityCert, KeyUsage};

use crate::provider;

/// The longest file that is read, in bytes: a hundred times as much as a long chain has.
const MAX_FILE: u64 = 1024 * 1024;

/// The files do not make a certificate with which a server can prove anything.
#[derive(Debug, ThisError)]
pub enum IdentityError {
    /// A file could not be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason, from the system.
        error: io::Error,
    },
    /// A file has no certificate.
    #[error("{} has no certificate in PEM form", .0.display())]
    NoCertificate(PathBuf),
    /// A certificate behind the first one is broken.
    #[error("certificate {number} in {} is broken", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Its place in the file, from 1.
        number: usize,
    },
    /// A file has no key, or one of an unknown kind.
    #[error("{} has no private key in PEM form that can be used", .0.display())]
    NoKey(PathBuf),
    /// The key is that of another certificate.
    #[error("the key in {} is not that of the certificate in {}", key.display(), certificate.display())]
    OtherKey {
        /// The file with the key.
        key: PathBuf,
        /// The file with the certificate.
        certificate: PathBuf,
    },
}

/// Reads a certificate, with those that lead to its authority behind it, and its key: both in PEM form, be it in one
/// file. The key is that of the first certificate. The time is not looked at: see [`expiry`].
pub fn read_identity(certificate: &Path, key: &Path) -> Result<CertifiedKey, IdentityError> {
    let no_certificate = || IdentityError::NoCertificate(certificate.to_owned());
    let chain = CertificateDer::pem_slice_iter(&read(certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| no_certificate())?;
    let first = chain.first().ok_or_else(no_certificate)?;
    EndEntityCert::try_from(first).map_err(|_| no_certificate())?;
    if let Some(broken) = chain.iter().position(is_broken) {
        return Err(IdentityError::Broken { path: certificate.to_owned(), number: broken + 1 });
    }
    let no_key = || IdentityError::NoKey(key.to_owned());
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| no_key())?;
    CertifiedKey::from_der(chain, private, &provider()).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            IdentityError::OtherKey { key: key.to_owned(), certificate: certificate.to_owned() }
        }
        _ => no_key(),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, IdentityError> {
    read_file(path).map_err(|error| IdentityError::Read { path: path.to_owned(), error })
}

/// Reads a regular file: to open another one can wait without end, and so can reading it.
pub(crate) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let found = fs::metadata(path)?;
    if found.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !found.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    let length = File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if length as u64 > MAX_FILE { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// Returns whether no client could read it. An old authority's may be of another version than those that webpki uses.
fn is_broken(certificate: &CertificateDer<'_>) -> bool {
    use webpki::Error::{UnsupportedCertVersion, UnsupportedCriticalExtension};

    EndEntityCert::try_from(certificate)
        .is_err_and(|error| !matches!(error, UnsupportedCertVersion | UnsupportedCriticalExtension))
}

/// The time at which a certificate expires; `None` if that is no certificate of X.509.
pub fn expiry(certificate: &CertificateDer<'_>) -> Option<UnixTime> {
    // webpki shows a certificate's time only where it refuses one.
    let after_all = UnixTime::since_unix_epoch(std::time::Duration::from_secs(u64::MAX / 2));
    let certificate = EndEntityCert::try_from(certificate).ok()?;
    let algorithms = provider().signature_verification_algorithms;
    let usage = KeyUsage::server_auth();
    let verified =
        certificate.verify_for_usage(algorithms.all, &[], &[], after_all, usage, None, None);
    match verified.err()? {
        webpki::Error::CertExpired { not_after, .. } => Some(not_after),
        _ => None,
    }
}
