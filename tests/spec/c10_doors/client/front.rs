//! A front that ends TLS, as a reverse proxy does: it forwards what is inside to another address.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, thread};

use chat_tls::{Fingerprint, provider};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection};

/// A key, with a certificate that is its own authority.
pub(super) struct Identity {
    key: KeyPair,
    certificate: rcgen::Certificate,
}

impl Identity {
    /// A new key, and a certificate for this name.
    pub(super) fn new(name: &str) -> Self {
        Self::of(KeyPair::generate().expect("a key"), name, 2100)
    }

    /// A new certificate for this name and the same key, which is valid until this year.
    pub(super) fn renewed(self, name: &str, until: i32) -> Self {
        Self::of(self.key, name, until)
    }

    fn of(key: KeyPair, name: &str, until: i32) -> Self {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { key, certificate }
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.certificate.der()).expect("a certificate")
    }

    /// Writes the certificate to a file.
    pub(super) fn write_to(&self, path: &Path) {
        fs::write(path, self.certificate.pem()).expect("a file that can be written");
    }

    fn config(&self) -> Arc<ServerConfig> {
        let chain: Vec<CertificateDer<'static>> = vec![self.certificate.der().clone()];
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key.into()));
        Arc::new(config.expect("a key and its certificate"))
    }
}

/// A listener for TLS on a free port of 127.0.0.1. It ends with the process.
pub(super) struct Front {
    pub(super) address: SocketAddr,
    config: Arc<Mutex<Arc<ServerConfig>>>,
}

impl Front {
    /// Forwards to this address what is inside.
    pub(super) fn before(inside: SocketAddr, identity: &Identity) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let config = Arc::new(Mutex::new(identity.config()));
        let current = Arc::clone(&config);
        thread::spawn(move || {
            for outside in listener.incoming().flatten() {
                let config = Arc::clone(&current.lock().unwrap_or_else(PoisonError::into_inner));
                thread::spawn(move || forward(outside, inside, config));
            }
        });
        Self { address, config }
    }

    /// Shows this identity to new clients.
    pub(super) fn becomes(&self, identity: &Identity) {
        *self.config.lock().unwrap_or_else(PoisonError::into_inner) = identity.config();
    }
}

/// Forwards in both directions until both have ended. The two threads share the state of TLS, never a blocking read.
fn forward(outside: TcpStream, inside: SocketAddr, config: Arc<ServerConfig>) -> io::Result<()> {
    let inside = Arc::new(TcpStream::connect(inside)?);
    let outside = Arc::new(outside);
    let tls = ServerConnection::new(config).map_err(io::Error::other)?;
    let tls = Arc::new(Mutex::new(tls));
    let back = thread::spawn({
        let (inside, outside, tls) = (Arc::clone(&inside), Arc::clone(&outside), Arc::clone(&tls));
        move || {
            let ended = send_back(&inside, &outside, &tls);
            let _ = outside.shutdown(Shutdown::Write);
            ended
        }
    });
    let ended = take_in(&outside, &inside, &tls);
    let _ = inside.shutdown(Shutdown::Write);
    let _ = back.join();
    ended
}

fn take_in(
    mut outside: &TcpStream,
    mut inside: &TcpStream,
    tls: &Mutex<ServerConnection>,
) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let sealed = outside.read(&mut buffer)?;
        let mut sealed = &buffer[..sealed];
        let ended = sealed.is_empty();
        let mut text = Vec::new();
        let mut tls = tls.lock().unwrap_or_else(PoisonError::into_inner);
        while ended || !sealed.is_empty() {
            tls.read_tls(&mut sealed)?;
            let processed = tls.process_new_packets();
            while tls.wants_write() {
                tls.write_tls(&mut outside)?;
            }
            processed.map_err(io::Error::other)?;
            let read = tls.reader().read_to_end(&mut text);
            // `Ok` is the client's close_notify.
            if read.is_ok() || ended {
                inside.write_all(&text)?;
                return Ok(());
            }
        }
        drop(tls);
        inside.write_all(&text)?;
    }
}

fn send_back(
    mut inside: &TcpStream,
    mut outside: &TcpStream,
    tls: &Mutex<ServerConnection>,
) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let read = inside.read(&mut buffer).unwrap_or_default();
        let mut tls = tls.lock().unwrap_or_else(PoisonError::into_inner);
        if read == 0 {
            tls.send_close_notify();
        } else {
            tls.writer().write_all(&buffer[..read])?;
        }
        while tls.wants_write() {
            tls.write_tls(&mut outside)?;
        }
        if read == 0 {
            return Ok(());
        }
    }
}
