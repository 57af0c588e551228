//! The trust of a client in the server that it speaks to.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WantsClientCert, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme, WantsVerifier,
};
use thiserror::Error;

use crate::identity::read_file;
use crate::{Fingerprint, provider};

/// The server that a client believes. In every case the server has to prove that it has its certificate's key.
#[derive(Clone, Debug)]
pub enum Trust {
    /// One whose certificate is for its name and comes, through others, from one of these.
    Roots(Arc<RootCertStore>),
    /// One that has this key, whatever else its certificate says.
    Key(Fingerprint),
    /// Any one: also one in between that passes everything on.
    Anyone,
}

/// The certificates that were to be believed could not be had.
#[derive(Debug, Error)]
pub enum TrustError {
    /// The system has none.
    #[error("this system has no certificate authorities; --tls-ca FILE names one")]
    NoSystemRoots,
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
}

impl Trust {
    /// The certificate authorities of this system.
    #[cfg(feature = "system-roots")]
    pub fn system() -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            Err(TrustError::NoSystemRoots)
        } else {
            Ok(Self::Roots(roots.into()))
        }
    }

    /// The certificates in a PEM file, instead of the system's. A certificate that is its own authority can be one.
    pub fn file(path: &Path) -> Result<Self, TrustError> {
        let none = || TrustError::NoCertificate(path.to_owned());
        let file =
            read_file(path).map_err(|error| TrustError::Read { path: path.to_owned(), error })?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&file) {
            let added = certificate.ok().and_then(|certificate| roots.add(certificate).ok());
            added.ok_or_else(none)?;
        }
        if roots.is_empty() {
            return Err(none());
        }
        Ok(Self::Roots(roots.into()))
    }

    /// Checks the certificates of a server with this name, its own one first. That the server holds its key is not
    /// checked here, but in the handshake: a client that lets [`Anyone`](Self::Anyone) through that can ask here
    /// before it says a word, and knows the certificate that is not believed.
    pub fn check(
        &self,
        certificates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
    ) -> Result<(), Error> {
        let (own, others) = certificates.split_first().ok_or(Error::NoCertificatesPresented)?;
        match self {
            Self::Roots(roots) => {
                WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), provider())
                    .build()
                    // There are no roots.
                    .map_err(|_| CertificateError::UnknownIssuer)?
                    .verify_server_cert(own, others, name, &[], UnixTime::now())
                    .map(drop)
            }
            Self::Key(key) if Fingerprint::of(own) != Some(*key) => {
                Err(CertificateError::ApplicationVerificationFailure.into())
            }
            Self::Key(_) | Self::Anyone => Ok(()),
        }
    }

    /// The configuration of a client that believes so, for TLS 1.2 and 1.3. Fails only if the
    /// provider has no cipher suite for one of them.
    pub fn client_config(&self) -> Result<ClientConfig, Error> {
        let provider = provider();
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match self {
            Self::Roots(roots) => builder.with_root_certificates(Arc::clone(roots)),
            Self::Key(key) => custom(builder, Holder { key: Some(*key), provider }),
            Self::Anyone => custom(builder, Holder { key: None, provider }),
        };
        Ok(builder.with_no_client_auth())
    }
}

fn custom(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    holder: Holder,
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    builder.dangerous().with_custom_certificate_verifier(Arc::new(holder))
}

/// Believes the holder of this key, or of any.
#[derive(Debug)]
struct Holder {
    key: Option<Fingerprint>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Holder {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.key {
            Some(key) if Fingerprint::of(certificate) != Some(key) => {
                Err(CertificateError::ApplicationVerificationFailure.into())
            }
            Some(_) | None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
