//! What the server says to its clients and prints on its console.

use std::net::SocketAddr;

use super::texts::texts;
use crate::name::Name;

texts! {
    /// The server's first line to every client (requirement 1.5).
    pub greeting {
        es: "bienvenido al chat! escribe 'salir' para salir",
        en: "welcome to the chat! type 'salir' to leave",
    }
    /// The server has been told to stop (requirement 1.6).
    pub closing { es: "cerrando servidor...", en: "closing the server..." }
    /// Why the server ends a silent connection (requirement 8.1).
    pub idle_notice {
        es: "* conexión cerrada por inactividad",
        en: "* connection closed because of inactivity",
    }
    /// Printed for each connection (requirement 1.3).
    pub client_connected(peer: SocketAddr) {
        es: "nuevo cliente conectado: {peer}",
        en: "new client connected: {peer}",
    }
    /// Printed when a client has gone (requirement 3.3).
    pub client_disconnected(peer: SocketAddr) {
        es: "cliente {peer} desconectado",
        en: "client {peer} disconnected",
    }
    /// Printed when a silent connection is closed (requirement 8.1).
    pub client_idle(peer: SocketAddr) { es: "cliente {peer} inactivo", en: "client {peer} idle" }
    /// Printed when a client waits for another one to leave (requirement 7.1).
    pub client_waits(peer: SocketAddr) {
        es: "cliente {peer} espera su turno",
        en: "client {peer} is waiting for its turn",
    }
    /// Printed when a client that has waited is served.
    pub client_served(peer: SocketAddr) {
        es: "cliente {peer} tiene el turno",
        en: "client {peer} has its turn",
    }
    /// A message as the server's console shows it under `--label port` (requirement 2.5).
    pub console_message_by_port(sender: SocketAddr, text: &str) {
        es: "cliente {sender}: {text}",
        en: "client {sender}: {text}",
    }
    /// Stands on the console where it could not keep up and so many lines are missing.
    pub console_gap(lines: u64) {
        es: "* {lines} líneas omitidas: nadie leía esta salida",
        en: "* {lines} lines omitted: this output was not read",
    }
    pub(super) missed_one { es: "* te has perdido 1 mensaje", en: "* you have missed 1 message" }
    pub(super) missed_several(messages: u64) {
        es: "* te has perdido {messages} mensajes",
        en: "* you have missed {messages} messages",
    }
    /// The operator has said something to an empty room.
    pub empty_room {
        es: "* no hay nadie en la sala: no se envió",
        en: "* the room is empty: not sent",
    }
    /// The operator has pressed Ctrl-D.
    pub console_goes_on {
        es: "* el servidor sigue; 'salir' o Ctrl-C lo detiene",
        en: "* the server goes on; 'salir' or Ctrl-C stops it",
    }
    /// The owner of a new name is told so (requirement 6.3).
    pub you_are_now(name: &Name) { es: "* ahora te llamas {name}", en: "* you are now called {name}" }
    /// A client that changed the room is told where it is (requirement 6.2).
    pub you_are_in(room: &Name) { es: "* estás en la sala {room}", en: "* you are in the room {room}" }
    /// A private message as it arrives (requirement 6.1).
    pub private(sender: &Name, text: &str) {
        es: "[privado] {sender} > {text}",
        en: "[private] {sender} > {text}",
    }
    /// The receipt of the sender of a private message (requirement 6.1).
    pub private_receipt(receiver: &Name, text: &str) {
        es: "[privado a {receiver}] {text}",
        en: "[private to {receiver}] {text}",
    }
    /// What begins every private message and its receipt.
    pub private_mark { es: "[privado", en: "[private" }
    pub(super) joined_end { es: " se ha unido", en: " has joined" }
    pub(super) left_end { es: " ha salido", en: " has left" }
    pub(super) is_now { es: " ahora es ", en: " is now " }
    pub(super) in_room(room: &Name, people: usize) { es: "* en {room} ({people}): ", en: "* in {room} ({people}): " }
    pub(super) the_rooms { es: "* salas: ", en: "* rooms: " }
    pub(super) more(number: usize) { es: "y {number} más", en: "and {number} more" }
    pub(super) form(written: &str) { es: "* se escribe así: /{written}", en: "* usage: /{written}" }
    pub(super) say_a_slash { es: "* //texto: dice /texto", en: "* //text: says /text" }
}
