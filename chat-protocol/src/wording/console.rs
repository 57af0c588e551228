//! Texts that the server prints on its console alone.

use std::fmt;
use std::net::SocketAddr;

use super::texts::texts;
use super::{NOTICE, REFUSAL, STARTED, WAITING};
use crate::language::Language;
use crate::name::Name;
use crate::refusal::AddressLimit;

/// Prefix of a client's line on the console that begins like a line of the server's own (requirement 2.5).
const IMITATION: &str = "| ";

texts! {
    with table:
    /// The server answers requests for its metrics at this address (requirement 15.1).
    pub metrics_at(address: SocketAddr) {
        es: "métricas en http://{address}/metrics",
        en: "metrics at http://{address}/metrics",
    }
    /// The server is stopping (requirement 1.6).
    pub closing { es: "cerrando servidor...", en: "closing the server..." }
    /// Printed for each connection (requirement 1.3).
    pub client_connected(peer: SocketAddr) {
        es: "nuevo cliente conectado: {peer}",
        en: "new client connected: {peer}",
    }
    /// Printed when a client has disconnected (requirement 3.3).
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
    /// Printed when the server begins to serve a client that has waited.
    pub client_served(peer: SocketAddr) {
        es: "cliente {peer} tiene el turno",
        en: "client {peer} has its turn",
    }
    /// A message as the server's console shows it under `--label port` (requirement 2.5).
    pub console_message_by_port(sender: SocketAddr, text: &str) {
        es: "cliente {sender}: {text}",
        en: "client {sender}: {text}",
    }
    /// Replaces this many lines that were not printed: the output failed or was not read, or clients
    /// caused more than is printed in the time.
    pub console_gap(lines: u64) {
        es: "* líneas omitidas: {lines}; no cabían en esta salida",
        en: "* lines omitted: {lines}; there was no room for them in this output",
    }
    /// Printed when the output for diagnostics fails.
    pub log_failed(error: &std::io::Error) {
        es: "* no se puede escribir el diagnóstico: {error}",
        en: "* cannot write diagnostics: {error}",
    }
    /// Printed when a limit of its address keeps a client from something (requirement 1.9).
    pub client_limited(peer: SocketAddr, limit: AddressLimit) {
        es: "cliente {peer} rechazado: {limit}",
        en: "client {peer} refused: {limit}",
    }
    /// Printed when too many connections of a listener shake hands, or ask, at a time (requirement 10.10).
    pub lobby_is_full(peer: SocketAddr, most: usize) {
        es: "cliente {peer} rechazado: otras {most} conexiones están abriéndose",
        en: "client {peer} refused: {most} other connections are being opened",
    }
    /// Printed when a client that was asked for its name takes part under it (requirement 5.3).
    pub client_joined(name: &Name, peer: SocketAddr) {
        es: "* {name} ({peer}) se ha unido",
        en: "* {name} ({peer}) has joined",
    }
    /// Printed when a client with a name has left (requirement 5.3).
    pub client_left(name: &Name, peer: SocketAddr) {
        es: "* {name} ({peer}) ha salido",
        en: "* {name} ({peer}) has left",
    }
    /// Printed when a client has another name.
    pub client_renamed(old: &Name, peer: SocketAddr, new: &Name) {
        es: "* {old} ({peer}) ahora es {new}",
        en: "* {old} ({peer}) is now {new}",
    }
    /// Printed when a client changes the room.
    pub client_moves(name: &Name, peer: SocketAddr, room: &Name) {
        es: "* {name} ({peer}) pasa a la sala {room}",
        en: "* {name} ({peer}) moves to the room {room}",
    }
    /// Tells the operator that nothing can be stored for now.
    pub store_failed(path: &str, reason: &str) {
        es: "! no se puede guardar en {path}: {reason}; el chat sigue",
        en: "! cannot record in {path}: {reason}; the chat goes on",
    }
    /// Tells the operator that it can be stored again.
    pub store_recovered(path: &str, lost: u64) {
        es: "* se vuelve a guardar en {path}; mensajes perdidos: {lost}",
        en: "* recording in {path} again; messages lost: {lost}",
    }
    /// Tells the operator that the file was damaged.
    pub store_put_aside(path: &str, aside: &str) {
        es: "! {path} está dañado: se ha apartado como {aside}, y empieza otro",
        en: "! {path} is damaged: it was put aside as {aside}, and another begun",
    }
    /// Tells the operator what the server should be given where other machines can reach it (requirement 16.4).
    pub exposed(options: &str) {
        es: "! otras máquinas llegan a este servidor; en una red abierta le falta: {options}",
        en: "! other machines can reach this server; on an open network it lacks: {options}",
    }
    /// What a person said was deleted.
    pub forgotten(name: &str, messages: usize) {
        es: "mensajes de {name} borrados: {messages}",
        en: "messages of {name} deleted: {messages}",
    }
    /// A store's file is whole (requirement 11.18).
    pub store_is_whole(path: &str, version: u32, has: &str) {
        es: "archivo entero: {path}, con tablas de la versión {version}; {has}",
        en: "whole file: {path}, with tables of version {version}; {has}",
    }
    /// What is in a store's file.
    pub store_has(messages: u64, rooms: u32, accounts: u32, sessions: u32, sanctions: u32) {
        es: "mensajes: {messages}, salas: {rooms}, cuentas: {accounts}, sesiones: {sessions}, vetos y silencios: {sanctions}",
        en: "messages: {messages}, rooms: {rooms}, accounts: {accounts}, sessions: {sessions}, bans and mutes: {sanctions}",
    }
    /// An earlier version wrote the file that was looked at.
    pub store_is_earlier {
        es: "es de una versión anterior: al abrirlo, el servidor lo pone en la suya, y la anterior ya no puede usarlo; guarda antes una copia",
        en: "it is of an earlier version: a server that opens it brings it to its own, and the earlier one cannot use it any more; keep a copy before",
    }
    /// The question of `chat-server account passwd`.
    pub new_word(name: &Name) { es: "clave de {name}: ", en: "word of {name}: " }
    /// An account has another word, or is new.
    pub account_changed(name: &str) { es: "cuenta guardada: {name}", en: "account kept: {name}" }
    /// An account was removed.
    pub account_removed(name: &str) { es: "cuenta borrada: {name}", en: "account removed: {name}" }
    /// There is no account of this name.
    pub no_such_account(name: &str) { es: "no hay ninguna cuenta de {name}", en: "there is no account of {name}" }
}

/// A message as the server's console shows it under `--label none` (requirement 2.5): marked if it could
/// be taken for a line of the server's own.
///
/// ```
/// # use chat_protocol::wording::console_message;
/// assert_eq!(console_message("hola").to_string(), "hola");
/// assert_eq!(console_message("cerrando servidor...").to_string(), "| cerrando servidor...");
/// ```
pub fn console_message(text: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        let mark = if imitates_console(text) { IMITATION } else { "" };
        write!(f, "{mark}{text}")
    })
}

/// Returns whether a text begins like a line of the server's own, in whichever language.
fn imitates_console(text: &str) -> bool {
    let visible = |c: char| c.is_alphanumeric() || c.is_ascii_graphic();
    let text = text.trim_start_matches(|c| !visible(c));
    let begins_with = |beginning: &str| {
        let beginning = beginning.trim_end_matches('.');
        text.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
    };
    let own = TEXTS.iter().flat_map(|(_, es, en)| [*es, *en]);
    own.filter_map(|text| text.split('{').next())
        .chain(Language::ALL.map(Language::private_mark))
        .chain([WAITING, STARTED, NOTICE, REFUSAL, IMITATION])
        .any(begins_with)
}

#[cfg(test)]
mod tests {
    use super::super::started;
    use super::*;

    #[test]
    fn r2_5_each_line_of_the_servers_own_is_known_as_such() {
        let peer: SocketAddr = "127.0.0.1:4000".parse().unwrap();
        let ana: Name = "Ana".parse().unwrap();
        for language in Language::ALL {
            let printed = [
                language.closing().to_owned(),
                language.client_connected(peer).to_string(),
                language.client_disconnected(peer).to_string(),
                language.console_message_by_port(peer, "hola").to_string(),
                language.client_left(&ana, peer).to_string(),
                language.console_gap(1).to_string(),
                language.private(&ana, "hola").to_string(),
                started(&[("", peer)]).to_string(),
                started(&[("tls://", peer), ("http://", peer)]).to_string(),
                WAITING.to_owned(),
            ];
            for line in printed {
                for imitation in [&line, &format!("\u{a0} {line}"), &line.to_uppercase()] {
                    assert!(imitates_console(imitation), "{imitation}");
                }
            }
        }
        for line in ["| ya", "! no", "* no", "¡Cerrando servidor", "cliente contento"] {
            assert!(imitates_console(line), "{line}");
        }
        for line in ["hola", "Ana > hola", "los clientes", "el servidor", "*no", "¿qué?", ""] {
            assert!(!imitates_console(line), "{line}");
        }
    }
}
