//! `chat-server cert`: makes a certificate that is its own authority.

use std::fs;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base64::prelude::{BASE64_STANDARD, Engine};
use chat_protocol::language::Language;
use chat_protocol::usage::help::Example;
use chat_tls::Fingerprint;
use clap::Args;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::pki_types::{CertificateDer, DnsName};
use tempfile::NamedTempFile;

/// The time for which a certificate is valid: the longest that all systems accept of one that people have added.
const VALID: Duration = Duration::from_hours(825 * 24);

/// Clocks differ.
const EARLIER: Duration = Duration::from_hours(24);

pub(crate) const EXAMPLES: [Example; 2] = [
    ("For programs of this machine, into this folder", "chat-server cert"),
    (
        "For others of the local network",
        "chat-server cert --name 192.168.1.20 --name aula.local --out tls",
    ),
];

/// The options of `chat-server cert`.
#[derive(Args, Debug)]
pub(crate) struct CertOptions {
    /// A name or an address by which clients reach the server; can be given again. Without one: `localhost`,
    /// `127.0.0.1` and `::1`
    #[arg(long, value_name = "HOST", value_parser = host)]
    name: Vec<String>,

    /// The folder for cert.pem and key.pem
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    out: PathBuf,

    /// Replace files that exist
    #[arg(long)]
    force: bool,

    /// The language of the texts for people
    #[arg(short, long, value_name = "LANGUAGE", value_enum, default_value_t)]
    pub(crate) lang: Language,
}

/// The certificate could not be made.
#[derive(Debug)]
pub enum MakeError {
    /// A file could not be written.
    Write(PathBuf, io::Error),
    /// The library could not make it.
    Library(rcgen::Error),
}

fn host(text: &str) -> Result<String, &'static str> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    if text.parse::<IpAddr>().is_ok() || DnsName::try_from(name).is_ok() {
        Ok(text.to_owned())
    } else {
        Err("expected a name or an address, without a port")
    }
}

impl CertOptions {
    /// Makes the two files. Returns what is to be said of them.
    pub(crate) fn make(&self) -> Result<String, MakeError> {
        let names = match &*self.name {
            [] => ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec(),
            given => given.to_vec(),
        };
        let (certificate, key) = made(&names).map_err(MakeError::Library)?;
        let (certificate_path, key_path) = (self.out.join("cert.pem"), self.out.join("key.pem"));
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| MakeError::Write(path, error)
        };
        fs::create_dir_all(&self.out).map_err(failed(&self.out))?;
        if !self.force {
            let existing = [&key_path, &certificate_path].into_iter().find(|path| path.exists());
            if let Some(path) = existing {
                return Err(failed(path)(io::ErrorKind::AlreadyExists.into()));
            }
        }
        // Both are on the disk before one has its name: a full disk changes nothing.
        let new_key = self.written(&pem("PRIVATE KEY", &key.serialize_der()), true);
        let new_key = new_key.map_err(failed(&key_path))?;
        let new_certificate = self.written(&pem("CERTIFICATE", &certificate), false);
        let new_certificate = new_certificate.map_err(failed(&certificate_path))?;
        new_certificate
            .persist(&certificate_path)
            .map_err(|error| failed(&certificate_path)(error.error))?;
        new_key.persist(&key_path).map_err(|error| failed(&key_path)(error.error))?;
        let fingerprint = Fingerprint::of(&certificate).map(|f| f.to_string()).unwrap_or_default();
        Ok(self.said(&certificate_path, &key_path, &fingerprint, &names[0]))
    }

    /// A new file in the folder, which goes unless it is given a name. A `secret` is for its owner alone, from its first
    /// byte on.
    fn written(&self, text: &str, secret: bool) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(mode(secret));
        #[cfg(not(unix))]
        let _ = secret;
        let mut file = builder.tempfile_in(&self.out)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    fn said(&self, certificate: &Path, key: &Path, fingerprint: &str, name: &str) -> String {
        let (certificate, key) = (certificate.to_string_lossy(), key.to_string_lossy());
        let server =
            format!("chat-server --tls-bind 0.0.0.0 --tls-cert {certificate} --tls-key {key}");
        let host = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
        let client = format!("chat-client tls://{host} --tls-fingerprint {fingerprint}");
        let made = self.lang.certificate_made(&certificate, &key, fingerprint);
        format!("{made}\n{}", self.lang.certificate_used(&server, &client))
    }
}

fn made(names: &[String]) -> Result<(CertificateDer<'static>, KeyPair), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, &names[0]);
    let now = SystemTime::now();
    parameters.not_before = (now - EARLIER).into();
    parameters.not_after = (now - EARLIER + VALID).into();
    Ok((parameters.self_signed(&key)?.der().clone(), key))
}

/// The text of RFC 7468.
fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n");
    format!("-----BEGIN {label}-----\n{}-----END {label}-----\n", lines.collect::<String>())
}

#[cfg(unix)]
fn mode(secret: bool) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;

    fs::Permissions::from_mode(if secret { 0o600 } else { 0o644 })
}

impl MakeError {
    /// One line for people, with the reason.
    pub(crate) fn explanation(&self, language: Language) -> String {
        match self {
            Self::Write(path, error) => language.cannot_write(path, error),
            Self::Library(error) => error.to_string(),
        }
    }
}
