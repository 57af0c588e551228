//! The way into one server: what a client asks for, and whom it believes.

use std::sync::Arc;

use chat_protocol::options::server_address::{Door, ServerAddress};
use chat_tls::{Trust, TrustError};
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;

/// The way into one server.
#[derive(Debug, Clone)]
pub(crate) struct Entrance {
    /// Its kind.
    pub(crate) door: Door,
    /// Host and port as they were given: what a request calls the server.
    pub(super) host: String,
    /// The resource to ask for, where there are frames.
    pub(super) path: String,
    /// Of an encrypted one: what the client believes, and the name that the certificate has to have.
    pub(super) tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

/// There is no way in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EntranceError {
    /// The certificates that are to be believed cannot be had.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The library of cryptography has not what is needed.
    #[error("cannot use TLS")]
    Tls(#[from] rustls::Error),
    /// No certificate can be for such a host.
    #[error("no certificate can be for {0}")]
    Name(String),
}

impl Entrance {
    /// The way into this server. Every connection makes a handshake of its own: no session is taken up again, as if
    /// each client were another machine.
    pub(crate) fn new(
        server: &ServerAddress,
        trust: Option<&Trust>,
    ) -> Result<Self, EntranceError> {
        let tls = trust.filter(|_| server.door.is_encrypted()).map(|trust| {
            let (host, _) = server.endpoint.host_and_port();
            let name = ServerName::try_from(host.to_owned());
            let name = name.map_err(|_| EntranceError::Name(host.to_owned()))?;
            Ok::<_, EntranceError>((config(trust, server.door)?, name))
        });
        Ok(Self {
            door: server.door,
            host: server.endpoint.to_string(),
            path: server.path.clone(),
            tls: tls.transpose()?,
        })
    }

    /// The way into a server of this program's own, with the same door.
    pub(crate) fn trusting(&self) -> Result<Self, EntranceError> {
        let mut entrance = self.clone();
        if let Some((believed, _)) = &mut entrance.tls {
            *believed = config(&Trust::Anyone, self.door)?;
        }
        Ok(entrance)
    }
}

fn config(trust: &Trust, door: Door) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut config = trust.client_config()?;
    config.resumption = Resumption::disabled();
    if door.has_frames() {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
    }
    Ok(Arc::new(config))
}
