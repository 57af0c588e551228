//! TLS: the options, and the certificate with which the server proves who it is (requirements 10.8 to 10.11).

pub(crate) mod certificate;
pub(crate) mod make;

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chat_protocol::language::Language;
use chat_protocol::limits::DEFAULT_TLS_PORT;
use chat_protocol::options::endpoint::{Endpoint, ParseEndpointError};
use chat_protocol::websocket::handshake::SUBPROTOCOL;
use chat_tls::IdentityError;
use clap::Args;
use rustls::ServerConfig;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::net::wire::tls::Config;
use crate::service::Reloading;
use certificate::Certificate;

/// The time between two looks at the certificate's expiry.
const DAY: Duration = Duration::from_hours(24);

/// The protocol that a web listener speaks, as ALPN names it.
const HTTP: &[u8] = b"http/1.1";

/// The options of TLS.
#[derive(Args, Debug)]
pub(crate) struct TlsOptions {
    /// Address and port to listen on for TLS; the port is 12346 if it is left out
    #[arg(help_heading = "TLS", long, value_name = "ADDR:PORT", value_parser = endpoint,
        requires = "tls_cert")]
    tls_bind: Option<Endpoint>,

    /// Serve `--web` through TLS: https and wss
    #[arg(help_heading = "TLS", long, requires_all = ["web", "tls_cert"])]
    web_tls: bool,

    /// File with the server's certificate, and behind it those that lead to its authority (PEM); read anew on SIGHUP
    #[arg(help_heading = "TLS", long, value_name = "FILE", requires_all = ["tls_key", "encrypted"])]
    tls_cert: Option<PathBuf>,

    /// File with the certificate's private key (PEM)
    #[arg(help_heading = "TLS", long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// What a server with a certificate has.
pub(crate) struct Secured {
    certificate: Arc<Certificate>,
    lines: Config,
    web: Option<Config>,
}

fn endpoint(text: &str) -> Result<Endpoint, ParseEndpointError> {
    Endpoint::of_listener(text, DEFAULT_TLS_PORT)
}

impl TlsOptions {
    /// The options of which one is needed for a listener, beside `--web`, and the ones that use a certificate.
    pub(crate) const LISTENERS: &[&str] = &["tls_bind"];
    pub(crate) const USES: &[&str] = &["tls_bind", "web_tls"];

    pub(crate) fn bind(&self) -> Option<&Endpoint> {
        self.tls_bind.as_ref()
    }

    /// Reads the certificate, if one is given.
    pub(crate) fn secured(&self) -> Result<Option<Secured>, Error> {
        let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) else {
            return Ok(None);
        };
        let certificate =
            Certificate::read(certificate.clone(), key.clone()).map_err(Error::Identity)?;
        let certificate = Arc::new(certificate);
        let mut lines = ServerConfig::builder_with_provider(chat_tls::provider())
            .with_safe_default_protocol_versions()
            .map_err(Error::Library)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificate) as _);
        let mut web = lines.clone();
        // A browser offers others: no page can make it speak lines here.
        lines.alpn_protocols = vec![SUBPROTOCOL.as_bytes().to_vec()];
        web.alpn_protocols = vec![HTTP.to_vec()];
        let web = self.web_tls.then(|| Config::new(web));
        Ok(Some(Secured { certificate, lines: Config::new(lines), web }))
    }
}

impl Secured {
    /// For clients that speak lines.
    pub(crate) fn lines(&self) -> Config {
        self.lines.clone()
    }

    /// For the web, if that is to be served through TLS.
    pub(crate) fn web(&self) -> Option<Config> {
        self.web.clone()
    }

    /// Reads the certificate anew for the connections to come, on a thread of its own: a file can take its time. The old
    /// one stays if there is something wrong.
    pub(crate) fn reload(&self, reloading: &Reloading) {
        let (certificate, reloading) = (Arc::clone(&self.certificate), reloading.clone());
        spawn_blocking(move || {
            let _reloading = reloading;
            match certificate.reload() {
                Ok(()) => tracing::info!("the certificate was read anew"),
                Err(error) => tracing::error!(%error, "the old certificate stays"),
            }
            certificate.warn_of_expiry();
        });
    }

    /// Tells when the certificate that is in use expires, in seconds since 1970, if it says so.
    pub(crate) fn expiry(&self) -> Box<dyn Fn() -> Option<u64> + Send + Sync> {
        let certificate = Arc::clone(&self.certificate);
        Box::new(move || certificate.expires().map(|expires| expires.as_secs()))
    }

    /// Warns each day of a certificate that expires soon. Cancel-safe.
    pub(crate) async fn watch(&self) -> Infallible {
        loop {
            self.certificate.warn_of_expiry();
            sleep(DAY).await;
        }
    }
}

/// The server has no certificate to serve with.
#[derive(Debug)]
pub enum Error {
    /// There is something wrong with its files.
    Identity(IdentityError),
    /// rustls has no cipher suite for a version.
    Library(rustls::Error),
}

impl Error {
    /// One line for people, with the reason.
    pub(crate) fn explanation(&self, language: Language) -> String {
        match self {
            Self::Identity(IdentityError::Read { path, error }) => {
                language.cannot_read(path, error)
            }
            Self::Identity(IdentityError::NoCertificate(path)) => language.no_certificate(path),
            Self::Identity(IdentityError::Broken { path, number }) => {
                language.broken_certificate(path, *number)
            }
            Self::Identity(IdentityError::NoKey(path)) => language.no_key(path),
            Self::Identity(IdentityError::OtherKey { key, certificate }) => {
                language.foreign_key(key, certificate)
            }
            Self::Library(error) => error.to_string(),
        }
    }
}
