//! The relay's door: `--ws`, `--tls`. Handshakes are made on threads of their own, one for each.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use chat_protocol::websocket::handshake::Request;
use chat_tls::{Fingerprint, provider, read_identity};
use mio::{Registry, Token, Waker};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection};

use super::error::RelayError;
use super::layers::Layers;
use super::options::RelayOptions;
use crate::wire::dialects::Frames;

/// The token of the handshakes that are done.
pub(super) const ENTERED: Token = Token(usize::MAX - 1);
/// Maximum time for each part of a handshake.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest head of a request, in bytes.
const MAX_HEAD: usize = 8 << 10;
/// Handshakes that are done and wait for the event loop.
const WAITING: usize = 1024;

/// A client whose handshakes are done: its connection, its address, and what is around its bytes.
pub(super) type Accepted = (mio::net::TcpStream, SocketAddr, Option<Box<Layers>>);

/// The door, and those who have come through it.
#[derive(Debug)]
pub(super) struct Door {
    kind: Kind,
    /// The fingerprint of the certificate that was made for this run.
    pub(super) fingerprint: Option<Fingerprint>,
    waker: Arc<Waker>,
    accepted: (SyncSender<Accepted>, Receiver<Accepted>),
}

#[derive(Debug, Clone)]
struct Kind {
    frames: Option<Frames>,
    tls: Option<Arc<ServerConfig>>,
}

impl Door {
    /// The door that the options ask for, if it is not the plain one.
    pub(super) fn from_options(
        options: &RelayOptions,
        registry: &Registry,
    ) -> Result<Option<Self>, RelayError> {
        if !options.ws && !options.tls {
            return Ok(None);
        }
        let dialect = options.dialect.dialect();
        let web = dialect.web().filter(|_| options.ws);
        if options.ws && web.is_none() {
            let (option, why) = ("--ws", "it does not travel through a WebSocket");
            return Err(RelayError::Senseless { option, dialect: options.dialect, why });
        }
        let files = options.tls_cert.as_deref().zip(options.tls_key.as_deref());
        let (tls, fingerprint) = match options.tls.then(|| certificate(files)).transpose()? {
            Some((config, fingerprint)) => (Some(Arc::new(config)), fingerprint),
            None => (None, None),
        };
        Ok(Some(Self {
            kind: Kind { frames: web.map(|web| web.frames), tls },
            fingerprint,
            waker: Arc::new(Waker::new(registry, ENTERED).map_err(RelayError::Poll)?),
            accepted: sync_channel(WAITING),
        }))
    }

    /// Begins the handshakes of a client. One that fails is dropped.
    pub(super) fn begin(&self, stream: mio::net::TcpStream, address: SocketAddr) -> io::Result<()> {
        let (kind, waker) = (self.kind.clone(), Arc::clone(&self.waker));
        let entered = self.accepted.0.clone();
        thread::Builder::new().spawn(move || {
            if let Ok((stream, layers)) = kind.admit(stream.into())
                && entered.send((mio::net::TcpStream::from_std(stream), address, layers)).is_ok()
            {
                // It can only fail when the event loop has ended.
                let _ = waker.wake();
            }
        })?;
        Ok(())
    }

    /// The next client that has come through.
    pub(super) fn next(&self) -> Option<Accepted> {
        self.accepted.1.try_recv().ok()
    }
}

impl Kind {
    /// Makes the handshakes with one client.
    fn admit(&self, mut stream: TcpStream) -> io::Result<(TcpStream, Option<Box<Layers>>)> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut tls = None;
        if let Some(config) = &self.tls {
            let config = Arc::clone(config);
            let mut connection = ServerConnection::new(config).map_err(io::Error::other)?;
            while connection.is_handshaking() || connection.wants_write() {
                connection.complete_io(&mut stream)?;
            }
            tls = Some(connection);
        }
        let mut early = match (self.frames, &mut tls) {
            (None, _) => Vec::new(),
            (Some(_), None) => open(&mut stream)?,
            (Some(_), Some(tls)) => open(&mut rustls::Stream::new(tls, &mut stream))?,
        };
        if let Some(tls) = &mut tls {
            // An end is found again by the next read.
            let _ = tls.reader().read_to_end(&mut early);
        }
        stream.set_nonblocking(true)?;
        Ok((stream, Some(Box::new(Layers::new(self.frames, tls, early)))))
    }
}

/// Answers a request for a WebSocket, with any path. Gives what came behind it.
fn open(connection: &mut (impl Read + Write)) -> io::Result<Vec<u8>> {
    let invalid = || io::Error::from(ErrorKind::InvalidData);
    let (mut head, mut piece) = (Vec::new(), [0; 1024]);
    loop {
        match connection.read(&mut piece)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            read => head.extend_from_slice(&piece[..read]),
        }
        if head.len() > MAX_HEAD {
            return Err(invalid());
        }
        let Some(end) = memchr::memmem::find(&head, b"\r\n\r\n") else { continue };
        let request = Request::parse(&head).map_err(|_| invalid())?.ok_or_else(invalid)?;
        let upgrade = request.upgrade(&[]).map_err(|_| invalid())?;
        connection.write_all(upgrade.response().as_bytes())?;
        connection.flush()?;
        return Ok(head.split_off(end + b"\r\n\r\n".len()));
    }
}

/// The configuration of a server with the certificate in these files; or with one that is made now, and its
/// fingerprint.
fn certificate(
    files: Option<(&Path, &Path)>,
) -> Result<(ServerConfig, Option<Fingerprint>), RelayError> {
    let failed = |error: &dyn std::fmt::Display| RelayError::Certificate(error.to_string());
    let (identity, fingerprint) = if let Some((certificate, key)) = files {
        (read_identity(certificate, key).map_err(|error| failed(&error))?, None)
    } else {
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let made = rcgen::generate_simple_self_signed(names).map_err(|error| failed(&error))?;
        let certificate = made.cert.der().clone();
        let fingerprint = Fingerprint::of(&certificate);
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der());
        let key = key.map_err(|error| failed(&error))?;
        let identity = CertifiedKey::from_der(vec![certificate], key, &provider());
        (identity.map_err(|error| failed(&error))?, fingerprint)
    };
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?;
    let identity = SingleCertAndKey::from(identity);
    Ok((builder.with_no_client_auth().with_cert_resolver(Arc::new(identity)), fingerprint))
}
