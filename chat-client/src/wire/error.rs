//! The reasons why there is no connection, and their texts: one line each, with what to do.

use std::io;

use chat_protocol::language::Language;
use chat_protocol::options::server_address::ServerAddress;
use chat_protocol::text;

#[cfg(feature = "doors")]
pub use doors::{DoorError, Protocol};

/// The reason why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    /// There is no server at the address, or it does not answer.
    Tcp(io::Error),
    /// The server does not come through the door, or is not believed.
    #[cfg(feature = "doors")]
    Door(Box<DoorError>),
    /// This program was built without TLS and WebSocket.
    #[cfg(not(feature = "doors"))]
    NotBuilt,
}

impl ConnectError {
    /// One line for the user, with the reason. Nothing in it can drive the terminal (requirement 4.6).
    pub fn explanation(&self, address: &ServerAddress, language: Language) -> String {
        let reason = match self {
            Self::Tcp(error) => language.reason(error),
            #[cfg(feature = "doors")]
            Self::Door(error) => error.explanation(address, language),
            #[cfg(not(feature = "doors"))]
            Self::NotBuilt => language.no_doors_built().to_owned(),
        };
        let line = language.cannot_connect_to(&address.to_string(), &reason).to_string();
        text::showable(line.into()).into_owned()
    }
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        Self::Tcp(error)
    }
}

#[cfg(feature = "doors")]
mod doors {
    use std::io;
    use std::path::{Path, PathBuf};

    use chat_protocol::language::Language;
    use chat_protocol::options::server_address::ServerAddress;
    use chat_tls::{Fingerprint, TrustError};
    use rustls::CertificateError;

    use super::super::doors::HANDSHAKE;
    use super::super::known_hosts::KnownHostsError;
    use super::ConnectError;

    /// A protocol that both ends have to agree on.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Protocol {
        /// TLS.
        Tls,
        /// WebSocket.
        WebSocket,
    }

    /// The reason why a server does not come through a door, or is not believed.
    #[derive(Debug)]
    pub enum DoorError {
        /// The socket failed.
        Socket(io::Error),
        /// Options ask for TLS, and the address does not.
        NotEncrypted,
        /// The server ended the connection during this handshake.
        Cut(Protocol),
        /// The server did not end this handshake in time.
        Slow(Protocol),
        /// This handshake failed, for this reason.
        Failed(Protocol, String),
        /// The server does not speak TLS.
        NoTls,
        /// The server does not speak HTTP.
        NoHttp,
        /// The server has a WebSocket, but not for this chat.
        NoSubprotocol,
        /// The server uses this extension of WebSocket, which was not offered.
        Extension(String),
        /// The server answers the request for a WebSocket otherwise.
        Http {
            /// The status.
            status: u16,
            /// The header `Location`.
            location: Option<String>,
        },
        /// No certificate can be for the name of the host.
        NoName,
        /// The certificate does not come from an authority of `--tls-ca`, or is not for the host.
        Certificate(rustls::Error),
        /// The server has another key than that of `--tls-fingerprint`.
        OtherKey {
            /// The key that was given.
            expected: Fingerprint,
            /// The server's.
            shown: Fingerprint,
        },
        /// The server has another key than in the known-hosts file.
        ChangedKey {
            /// The key in the file.
            known: Fingerprint,
            /// The server's.
            shown: Fingerprint,
            /// The file.
            file: PathBuf,
            /// The number of its line.
            line: usize,
        },
        /// The server's key is unknown, and there is no terminal to ask on.
        UnknownKey(Fingerprint),
        /// The user did not accept the server's key.
        Declined,
        /// The authorities of `--tls-ca` cannot be read.
        Authorities(TrustError),
        /// The known-hosts file cannot be used.
        KnownHosts(KnownHostsError),
    }

    impl Protocol {
        fn name(self) -> &'static str {
            match self {
                Self::Tls => "TLS",
                Self::WebSocket => "WebSocket",
            }
        }
    }

    impl DoorError {
        /// The reason, with what to do.
        pub(super) fn explanation(&self, address: &ServerAddress, language: Language) -> String {
            match self {
                Self::Socket(error) => language.reason(error),
                Self::NotEncrypted => language.not_encrypted().to_owned(),
                Self::Cut(protocol) => language.handshake_cut(protocol.name()).to_string(),
                Self::Slow(protocol) => {
                    language.handshake_slow(protocol.name(), HANDSHAKE.as_secs()).to_string()
                }
                Self::Failed(protocol, reason) => {
                    language.handshake_failed(protocol.name(), reason).to_string()
                }
                Self::NoTls => language.no_tls_there().to_owned(),
                Self::NoHttp => language.no_http_there().to_owned(),
                Self::NoSubprotocol => language.no_subprotocol_there().to_owned(),
                Self::Extension(extension) => language.extension_unasked(extension).to_string(),
                Self::Http { status, location } => {
                    http(*status, location.as_deref(), &address.path, language)
                }
                Self::NoName => {
                    language.no_certificate_for(address.endpoint.host_and_port().0).to_string()
                }
                Self::Certificate(error) => {
                    language.certificate_refused(&certificate(error, language)).to_string()
                }
                Self::OtherKey { expected, shown } => {
                    language.other_key(&expected.to_string(), &shown.to_string()).to_string()
                }
                Self::ChangedKey { known, shown, file, line } => {
                    let (known, shown) = (known.to_string(), shown.to_string());
                    language.changed_key(&known, &shown, &file.to_string_lossy(), *line).to_string()
                }
                Self::UnknownKey(shown) => language.unknown_key(&shown.to_string()).to_string(),
                Self::Declined => language.key_declined().to_owned(),
                Self::Authorities(error) => authorities(error, language),
                Self::KnownHosts(error) => known_hosts(error, language),
            }
        }
    }

    /// The text of an HTTP status.
    fn http(status: u16, location: Option<&str>, path: &str, language: Language) -> String {
        match (status, location) {
            (404, _) => language.http_not_found(path).to_string(),
            (403, _) => language.http_forbidden().to_owned(),
            (301 | 302 | 307 | 308, Some(location)) => {
                language.http_moved(status, location).to_string()
            }
            (503, _) => language.http_unavailable().to_owned(),
            _ => language.http_status(status).to_string(),
        }
    }

    /// The fault of a certificate.
    fn certificate(error: &rustls::Error, language: Language) -> String {
        let rustls::Error::InvalidCertificate(fault) = error else { return error.to_string() };
        match fault {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                language.certificate_expired()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                language.certificate_early()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                language.certificate_of_another_host()
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                language.certificate_of_another_authority()
            }
            other => return other.to_string(),
        }
        .to_owned()
    }

    fn authorities(error: &TrustError, language: Language) -> String {
        match error {
            TrustError::NoSystemRoots => error.to_string(),
            TrustError::Read { path, error } => file(path, error, language),
            TrustError::NoCertificate(path) => {
                language.file_without_certificate(&path.to_string_lossy()).to_string()
            }
        }
    }

    fn known_hosts(error: &KnownHostsError, language: Language) -> String {
        match error {
            KnownHostsError::NoPlace => language.no_place_for_known_hosts().to_owned(),
            KnownHostsError::File { path, error } => file(path, error, language),
            KnownHostsError::Damaged { path, line } => {
                language.known_hosts_damaged(&path.to_string_lossy(), *line).to_string()
            }
        }
    }

    fn file(path: &Path, error: &io::Error, language: Language) -> String {
        language.file_failed(&path.to_string_lossy(), &language.file_reason(error)).to_string()
    }

    impl From<DoorError> for ConnectError {
        fn from(error: DoorError) -> Self {
            Self::Door(Box::new(error))
        }
    }

    impl From<io::Error> for DoorError {
        fn from(error: io::Error) -> Self {
            Self::Socket(error)
        }
    }

    /// An error of the handshake.
    impl From<rustls::Error> for DoorError {
        fn from(error: rustls::Error) -> Self {
            match error {
                rustls::Error::InvalidMessage(_) => Self::NoTls,
                other => Self::Failed(Protocol::Tls, other.to_string()),
            }
        }
    }

    impl From<KnownHostsError> for DoorError {
        fn from(error: KnownHostsError) -> Self {
            Self::KnownHosts(error)
        }
    }
}
