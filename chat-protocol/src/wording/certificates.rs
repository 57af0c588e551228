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
    exists_already { es: "ya existe", en: "it exists already" }
    can_be_replaced {
        es: "ya existe (--force lo reemplaza, y con él la huella)",
        en: "it exists already (--force replaces it, and the fingerprint with it)",
    }
    no_such_file { es: "el archivo no existe", en: "there is no such file" }
    may_not { es: "permiso denegado", en: "permission denied" }
    is_a_folder { es: "es una carpeta", en: "it is a folder" }
    no_folder {
        es: "una parte de la ruta no es una carpeta",
        en: "a part of the path is not a folder",
    }
    no_regular_file { es: "no es un archivo corriente", en: "it is no regular file" }
    too_large { es: "el archivo es demasiado grande", en: "the file is too large" }
    no_text { es: "no es texto en UTF-8", en: "it is no text in UTF-8" }
    full { es: "no queda espacio en el disco", en: "there is no space left on the disk" }
    no_certificate_in_file(path: &str) {
        es: "no hay ningún certificado en formato PEM en {path}",
        en: "there is no certificate in PEM form in {path}",
    }
    broken_in_file(path: &str, number: usize) {
        es: "el certificado {number} de {path} está dañado",
        en: "certificate {number} in {path} is broken",
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
        let reason = match reason.kind() {
            io::ErrorKind::AlreadyExists => self.can_be_replaced().to_owned(),
            _ => self.file_reason(reason),
        };
        self.cannot_write_file(&path.to_string_lossy(), &reason).to_string()
    }

    /// A file has no certificate.
    pub fn no_certificate(self, path: &Path) -> String {
        self.no_certificate_in_file(&path.to_string_lossy()).to_string()
    }

    /// A certificate of a file is broken; gives its place there, from 1.
    pub fn broken_certificate(self, path: &Path, number: usize) -> String {
        self.broken_in_file(&path.to_string_lossy(), number).to_string()
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

    /// The reason why a file cannot be used.
    pub fn file_reason(self, error: &io::Error) -> String {
        match error.kind() {
            io::ErrorKind::AlreadyExists => self.exists_already(),
            io::ErrorKind::NotFound => self.no_such_file(),
            io::ErrorKind::PermissionDenied => self.may_not(),
            io::ErrorKind::IsADirectory => self.is_a_folder(),
            io::ErrorKind::NotADirectory => self.no_folder(),
            io::ErrorKind::InvalidInput => self.no_regular_file(),
            io::ErrorKind::FileTooLarge => self.too_large(),
            io::ErrorKind::InvalidData => self.no_text(),
            io::ErrorKind::StorageFull => self.full(),
            _ => return error.to_string(),
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r9_1_the_reason_why_a_file_cannot_be_used_is_in_the_language_of_the_chat() {
        for (kind, said) in [
            (io::ErrorKind::IsADirectory, "no se puede leer a.pem: es una carpeta"),
            (
                io::ErrorKind::NotADirectory,
                "no se puede leer a.pem: una parte de la ruta no es una carpeta",
            ),
            (io::ErrorKind::FileTooLarge, "no se puede leer a.pem: el archivo es demasiado grande"),
        ] {
            assert_eq!(Language::Es.cannot_read(Path::new("a.pem"), &kind.into()), said);
        }
    }
}
