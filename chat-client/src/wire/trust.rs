//! The decision whether a server's certificate is believed.

use chat_protocol::language::Language;
use chat_protocol::options::server_address::ServerAddress;
use chat_tls::{Fingerprint, Trust};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

use super::error::{DoorError, Protocol};
use super::known_hosts::{KnownHosts, Record};
use super::options::Options;
use super::question;

/// Judges the certificate of a server, after the handshake and before anything else is sent. So the key of a server
/// that is not believed can be shown, too.
pub(super) struct Judge {
    trust: Trust,
    /// The keys that the user has accepted. `None`: the options leave no choice.
    accepted: Option<KnownHosts>,
    name: ServerName<'static>,
    protocols: Vec<Vec<u8>>,
}

/// A server with a key that the user has not accepted yet.
pub(super) struct Stranger<'a> {
    accepted: &'a KnownHosts,
    key: Fingerprint,
}

impl Judge {
    pub(super) fn new(address: &ServerAddress, options: &Options) -> Result<Self, DoorError> {
        let (host, _) = address.endpoint.host_and_port();
        let name = ServerName::try_from(host.to_owned()).map_err(|_| DoorError::NoName)?;
        let (trust, accepted) = match (options.tls_fingerprint, &options.tls_ca) {
            (Some(key), _) => (Trust::Key(key), None),
            (None, Some(file)) => (Trust::file(file).map_err(DoorError::Authorities)?, None),
            (None, None) => {
                // A system without authorities believes no certificate.
                let none = || Trust::Roots(RootCertStore::empty().into());
                let file = options.known_hosts.as_deref();
                let accepted = KnownHosts::new(file, address.endpoint.to_string())?;
                (Trust::system().unwrap_or_else(|_| none()), Some(accepted))
            }
        };
        // What a reverse proxy wants to hear.
        let protocols = address.door.has_frames().then(|| b"http/1.1".to_vec());
        Ok(Self { trust, accepted, name, protocols: protocols.into_iter().collect() })
    }

    /// The configuration of a handshake after which the server is judged.
    pub(super) fn config(&self) -> Result<ClientConfig, DoorError> {
        let mut config = Trust::Anyone.client_config()?;
        config.alpn_protocols.clone_from(&self.protocols);
        Ok(config)
    }

    pub(super) fn name(&self) -> ServerName<'static> {
        self.name.clone()
    }

    /// Returns `None` for a server that is believed.
    pub(super) fn stranger(
        &self,
        certificates: &[CertificateDer<'_>],
    ) -> Result<Option<Stranger<'_>>, DoorError> {
        let Err(error) = self.trust.check(certificates, &self.name) else { return Ok(None) };
        let shown = certificates.first().and_then(Fingerprint::of);
        let key = shown.ok_or_else(|| DoorError::Failed(Protocol::Tls, error.to_string()))?;
        let Some(accepted) = &self.accepted else {
            return Err(match self.trust {
                Trust::Key(expected) => DoorError::OtherKey { expected, shown: key },
                _ => DoorError::Certificate(error),
            });
        };
        match accepted.record_of(key)? {
            Record::Same => Ok(None),
            Record::None => Ok(Some(Stranger { accepted, key })),
            Record::Other { known, line } => Err(DoorError::ChangedKey {
                known,
                shown: key,
                file: accepted.path().to_owned(),
                line,
            }),
        }
    }
}

impl Stranger<'_> {
    /// Asks the user, if `asks`, and keeps the key that is accepted. Cancel-safe, if the process ends then.
    pub(super) async fn introduce(&self, asks: bool, language: Language) -> Result<(), DoorError> {
        if !asks || !question::can_be_asked() {
            return Err(DoorError::UnknownKey(self.key));
        }
        if !question::is_accepted(language, self.accepted.host(), self.key).await? {
            return Err(DoorError::Declined);
        }
        Ok(self.accepted.add(self.key)?)
    }
}
