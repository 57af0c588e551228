//! Errors that prevent a program from starting.

use std::fmt;
use std::io;

use super::texts::texts;
use crate::language::Language;

texts! {
    cannot_listen_at(address: &str, reason: &str) {
        es: "no se puede escuchar en {address}: {reason}",
        en: "cannot listen on {address}: {reason}",
    }
    /// The client has no connection, for this reason (requirement 4.5).
    pub cannot_connect_to(address: &str, reason: &str) {
        es: "no se puede conectar con {address}: {reason}",
        en: "cannot connect to {address}: {reason}",
    }
    /// The server was passed something that it cannot listen with (requirement 16.3).
    pub cannot_use_passed(reason: &str) {
        es: "no se puede escuchar con lo que ha dado el gestor de servicios: {reason}",
        en: "cannot listen with what the service manager has passed: {reason}",
    }
    /// The server was passed a listener for which it has no use (requirement 16.3).
    pub passed_is_left(address: &std::net::SocketAddr) {
        es: "el gestor de servicios ha dado {address}: falta --bind, --tls-bind o --web con esa dirección",
        en: "the service manager has passed {address}: --bind, --tls-bind or --web with this address is missing",
    }
    in_use { es: "la dirección ya está en uso", en: "the address is already in use" }
    not_of_this_machine {
        es: "la dirección no es de esta máquina",
        en: "the address does not belong to this machine",
    }
    not_permitted {
        es: "permiso denegado (los puertos bajos están reservados)",
        en: "permission denied (low ports are reserved)",
    }
    refused {
        es: "conexión rechazada (¿está el servidor en marcha?)",
        en: "connection refused (is the server running?)",
    }
    reset { es: "el servidor cortó la conexión", en: "the server reset the connection" }
    unknown_host {
        es: "no se encuentra ninguna máquina con ese nombre (¿está bien escrito?)",
        en: "no machine of this name is found (is it spelled correctly?)",
    }
    no_route {
        es: "no hay camino hasta esa dirección",
        en: "there is no route to this address",
    }
    no_answer { es: "no responde", en: "no answer" }
    /// The server does not start, because it cannot store what it is asked to.
    pub cannot_store(path: &str, reason: &str) {
        es: "no se puede guardar en {path}: {reason}",
        en: "cannot record in {path}: {reason}",
    }
    /// A store's file cannot be looked at, copied or read out (requirement 11.18).
    pub cannot_use_store(path: &str, reason: &str) {
        es: "no se puede usar {path}: {reason}",
        en: "cannot use {path}: {reason}",
    }
    /// Another server has the file.
    pub store_is_locked { es: "otro proceso lo tiene abierto", en: "another process has it open" }
    /// It is no store.
    pub store_is_foreign { es: "el archivo no es de un chat", en: "the file is not a chat's" }
    /// There are too many accounts in it (requirement 12.6).
    pub store_has_too_many_accounts(most: usize) {
        es: "tiene más de {most} cuentas; chat-server account remove quita las que sobran",
        en: "it has more than {most} accounts; chat-server account remove removes those that are not needed",
    }
    /// It is damaged, and has accounts, or is used by a subcommand.
    pub store_is_damaged {
        es: "el archivo está dañado: pon una copia en su lugar, o apártalo para empezar sin cuentas ni vetos",
        en: "the file is damaged: put a copy in its place, or move it away to begin without accounts and bans",
    }
    /// It is the store of a later server.
    pub store_is_newer {
        es: "el archivo es de una versión posterior del chat: usa esa versión, o una copia anterior del archivo",
        en: "the file is of a later version of the chat: use that version, or an earlier copy of the file",
    }
}

impl Language {
    /// The server cannot listen; gives the reason (requirement 1.8).
    pub fn cannot_listen(self, address: &impl fmt::Display, reason: &io::Error) -> String {
        self.cannot_listen_at(&address.to_string(), &self.reason(reason)).to_string()
    }

    /// The client cannot connect; gives the reason (requirement 4.5).
    pub fn cannot_connect(self, address: &impl fmt::Display, reason: &io::Error) -> String {
        self.cannot_connect_to(&address.to_string(), &self.reason(reason)).to_string()
    }

    /// The text of a system error: a common phrase if there is one, otherwise the system's own
    /// text.
    pub fn reason(self, error: &io::Error) -> String {
        match error.kind() {
            io::ErrorKind::AddrInUse => self.in_use(),
            io::ErrorKind::AddrNotAvailable => self.not_of_this_machine(),
            io::ErrorKind::PermissionDenied => self.not_permitted(),
            io::ErrorKind::ConnectionRefused => self.refused(),
            io::ErrorKind::ConnectionReset => self.reset(),
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => self.no_route(),
            io::ErrorKind::TimedOut => self.no_answer(),
            _ if is_lookup_failure(error) => self.unknown_host(),
            _ => return error.to_string(),
        }
        .to_owned()
    }
}

/// Returns whether name resolution failed. The standard library has no stable kind for it.
fn is_lookup_failure(error: &io::Error) -> bool {
    error.to_string().starts_with("failed to lookup address information")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r1_8_an_error_is_one_line_with_address_and_reason() {
        let taken = io::Error::from(io::ErrorKind::AddrInUse);
        let line = Language::Es.cannot_listen(&"127.0.0.1:65310", &taken);
        assert_eq!(line, "no se puede escuchar en 127.0.0.1:65310: la dirección ya está en uso");
        let unreachable = io::Error::from(io::ErrorKind::NetworkUnreachable);
        let line = Language::En.cannot_connect(&"192.0.2.1:12345", &unreachable);
        assert_eq!(line, "cannot connect to 192.0.2.1:12345: there is no route to this address");
    }

    #[test]
    fn r4_5_a_name_that_is_not_found_is_said_in_the_language_of_the_chat() {
        use std::net::ToSocketAddrs;
        let unknown = ("no-such-host.invalid", 1).to_socket_addrs().unwrap_err();
        let line = Language::Es.cannot_connect(&"no-such-host.invalid:1", &unknown);
        assert!(line.ends_with("(¿está bien escrito?)"), "{line}");
    }
}
