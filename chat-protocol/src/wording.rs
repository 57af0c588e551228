//! Every sentence the chat says to people, in the language of those who use it.
//!
//! The texts of the SPEC are fixed: peers and checks compare them to the letter. What is written
//! to a socket ends in a newline, which is added where it is written, not here.

use std::fmt;
use std::io;
use std::net::SocketAddr;

mod people;
mod seen;

pub use people::*;
pub use seen::*;

/// The server's first line to every client (requirement 1.5).
pub const GREETING: &str = "bienvenido al chat! escribe 'salir' para salir";
/// The server's second line on its console (requirement 1.2).
pub const WAITING: &str = "esperando clientes...";
/// The server has been told to stop (requirement 1.6).
pub const CLOSING: &str = "cerrando servidor...";
/// Why the server ends a silent connection (requirement 8.1).
pub const IDLE_NOTICE: &str = "* conexión cerrada por inactividad";
/// The client has a connection (requirement 4.1).
pub const CONNECTED: &str = "conectado al servidor de chat!";
/// The client's invitation to its user (requirement 4.1).
pub const TYPE_MESSAGES: &str = "escribe tus mensajes:";
/// The client was interrupted, or its input has ended (requirement 4.3).
pub const LEAVING: &str = "saliendo...";
/// The server is gone, and the client had not asked for it (requirement 4.4).
pub const SERVER_CLOSED: &str = "el servidor cerró la conexión";
/// The client was told to end at once, and the server had not taken everything.
pub const UNSENT: &str = "no se pudo enviar todo";
/// The client cannot write what arrives.
pub const UNSEEN: &str = "no se puede escribir la salida";
/// The client closes a connection that has been silent for its own idle time (requirement 8.4).
pub const CLIENT_IDLE: &str = "conexión cerrada por inactividad";

/// The server's first line on its console: `servidor de chat iniciado en IP:PORT`
/// (requirement 1.2).
pub fn started(address: SocketAddr) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "servidor de chat iniciado en {address}"))
}

/// Requirement 1.3.
pub fn client_connected(peer: SocketAddr) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "nuevo cliente conectado: {peer}"))
}

/// Requirement 3.3.
pub fn client_disconnected(peer: SocketAddr) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "cliente {peer} desconectado"))
}

/// Requirement 8.1.
pub fn client_idle(peer: SocketAddr) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "cliente {peer} inactivo"))
}

/// A message as the other clients receive it under `--label port` (requirement 2.4).
pub fn message_by_port(sender: SocketAddr, text: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "usuario {}: {text}", sender.port()))
}

/// The same message as the server's console shows it (requirement 2.5).
pub fn console_message_by_port(sender: SocketAddr, text: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "cliente {sender}: {text}"))
}

/// The refusal of a line of more than `limit` bytes (requirement 2.9).
pub fn line_too_long(limit: usize) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "! mensaje demasiado largo (máximo {limit} bytes)"))
}

/// Stands in the client's output in place of a line of more than `limit` bytes.
pub fn line_omitted(limit: usize) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "[se omite una línea de más de {limit} bytes]"))
}

/// Stands on the console where it could not keep up and `lines` lines are missing.
pub fn console_gap(lines: u64) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "* {lines} líneas omitidas: nadie leía esta salida"))
}

/// What a client hears in the place of messages that it was too slow for.
pub fn missed(messages: u64) -> impl fmt::Display {
    let noun = if messages == 1 { "mensaje" } else { "mensajes" };
    fmt::from_fn(move |f| write!(f, "* te has perdido {messages} {noun}"))
}

/// Why the server cannot listen (requirement 1.8).
pub fn cannot_listen(address: impl fmt::Display, reason: &io::Error) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "no se puede escuchar en {address}: {}", Reason(reason)))
}

/// Why the client cannot connect (requirement 4.5).
pub fn cannot_connect(address: impl fmt::Display, reason: &io::Error) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "no se puede conectar con {address}: {}", Reason(reason)))
}

/// An error of the system, in words a person expects where there are some.
struct Reason<'a>(&'a io::Error);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.kind() {
            io::ErrorKind::AddrInUse => "la dirección ya está en uso",
            io::ErrorKind::AddrNotAvailable => "la dirección no es de esta máquina",
            io::ErrorKind::PermissionDenied => {
                "permiso denegado (los puertos bajos están reservados)"
            }
            io::ErrorKind::ConnectionRefused => "conexión rechazada (¿está el servidor en marcha?)",
            io::ErrorKind::ConnectionReset => "el servidor cortó la conexión",
            io::ErrorKind::TimedOut => "no responde",
            _ => return self.0.fmt(f),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "127.0.0.1:65310";

    fn peer() -> SocketAddr {
        PEER.parse().unwrap()
    }

    #[test]
    fn r2_4_labels_a_message_for_the_others() {
        assert_eq!(message_by_port(peer(), "hola").to_string(), "usuario 65310: hola");
    }

    #[test]
    fn r2_5_labels_a_message_for_the_console() {
        let shown = console_message_by_port(peer(), "hola").to_string();
        assert_eq!(shown, "cliente 127.0.0.1:65310: hola");
    }

    #[test]
    fn r1_8_an_error_is_one_line_with_address_and_reason() {
        let refused = io::Error::from(io::ErrorKind::AddrInUse);
        let line = cannot_listen(PEER, &refused).to_string();
        assert_eq!(line, "no se puede escuchar en 127.0.0.1:65310: la dirección ya está en uso");
    }
}
