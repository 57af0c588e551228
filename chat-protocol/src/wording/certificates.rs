//! Texts about certificates: why there is none to serve with, and what has been made.

use std::io;
use std::path::Path;

use super::texts::texts;
use crate::language::Language;

texts! {
    cannot_read_file(path: &str, reason: &str) {
        es: "no se puede leer {path}: {reason}",
        en: "cannot read {path}: {reason}",
    }
    cannot_write_file(path: &str, reason: &str) {
        es: "no se puede escribir {path}: {reason}",
        en: "cannot write {path}: {reason}",
    }
    exists_already {
        es: "ya existe (--force lo reemplaza, y con él la huella)",
        en: "it exists already (--force replaces it, and the fingerprint with it)",
    }
    no_such_file { es: "el archivo no existe", en: "there is no such file" }
    may_not { es: "permiso denegado", en: "permission denied" }
    no_certificate_in_file(path: &str) {
        es: "no hay ningún certificado en formato PEM en {path}",
        en: "there is no certificate in PEM form in {path}",
    }
    no_key_in_file(path: &str) {
        es: "no hay ninguna clave privada en formato PEM que sirva en {path}",
        en: "there is no private key in PEM form that can be used in {path}",
    }
    key_of_another_certificate(key: &str, certificate: &str) {
        es: "la clave de {key} no es la del certificado de {certificate}",
        en: "the key in {key} is not that of the certificate in {certificate}",
    }
    /// The certificate that was made, and its key.
    pub certificate_made(certificate: &str, key: &str, fingerprint: &str) {
        es: "certificado: {certificate}\nclave privada: {key} (no se comparte)\nhuella: {fingerprint}",
        en: "certificate: {certificate}\nprivate key: {key} (not to be shared)\nfingerprint: {fingerprint}",
    }
    /// The commands that use it.
    pub certificate_used(server: &str, client: &str) {
        es: "servidor: {server}\ncliente: {client}",
        en: "server: {server}\nclient: {client}",
    }
}

impl Language {
    /// A file cannot be read; gives the reason.
    pub fn cannot_read(self, path: &Path, reason: &io::Error) -> String {
        self.cannot_read_file(&path.to_string_lossy(), &self.file_reason(reason)).to_string()
    }

    /// A file cannot be written; gives the reason.
    pub fn cannot_write(self, path: &Path, reason: &io::Error) -> String {
        self.cannot_write_file(&path.to_string_lossy(), &self.file_reason(reason)).to_string()
    }

    /// A file has no certificate.
    pub fn no_certificate(self, path: &Path) -> String {
        self.no_certificate_in_file(&path.to_string_lossy()).to_string()
    }

    /// A file has no key that can be used.
    pub fn no_key(self, path: &Path) -> String {
        self.no_key_in_file(&path.to_string_lossy()).to_string()
    }

    /// A key is that of another certificate.
    pub fn foreign_key(self, key: &Path, certificate: &Path) -> String {
        let (key, certificate) = (key.to_string_lossy(), certificate.to_string_lossy());
        self.key_of_another_certificate(&key, &certificate).to_string()
    }

    fn file_reason(self, error: &io::Error) -> String {
        match error.kind() {
            io::ErrorKind::AlreadyExists => self.exists_already().to_owned(),
            io::ErrorKind::NotFound => self.no_such_file().to_owned(),
            io::ErrorKind::PermissionDenied => self.may_not().to_owned(),
            _ => error.to_string(),
        }
    }
}
