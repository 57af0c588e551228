//! Texts of the client about its door: TLS, WebSocket, and whether a server is believed (requirements 10.13 to 10.16).

use super::texts::texts;

texts! {
    /// A server that is spoken to without TLS answers with an alert of TLS.
    pub hint_speaks_tls {
        es: "* ahí se habla TLS: prueba con tls:// delante de la dirección",
        en: "* TLS is spoken there: try tls:// in front of the address",
    }
    /// The Close frame of a server.
    pub closed_with(code: u16, reason: &str) {
        es: "* el servidor cierra el WebSocket ({code}): {reason}",
        en: "* the server closes the WebSocket ({code}): {reason}",
    }
    /// The meaning of code 4002.
    pub too_slow { es: "lees demasiado despacio", en: "you read too slowly" }
    /// What has arrived breaks the rules of TLS or WebSocket.
    pub wire_failed(reason: &str) {
        es: "* lo que llega no se entiende: {reason}",
        en: "* what arrives is not understood: {reason}",
    }
    /// The client was built without doors.
    pub no_doors_built {
        es: "este programa está compilado sin TLS ni WebSocket (`doors`)",
        en: "this program is built without TLS and WebSocket (`doors`)",
    }
    /// Options ask for TLS, and the address does not.
    pub not_encrypted {
        es: "--tls-ca y --tls-fingerprint son para direcciones con tls:// o wss://",
        en: "--tls-ca and --tls-fingerprint are for addresses with tls:// or wss://",
    }
    /// A server at `tls://` or `wss://` answers with something else.
    pub no_tls_there {
        es: "ahí no se habla TLS; sin cifrar, la dirección empieza por tcp:// o ws://",
        en: "no TLS is spoken there; without encryption, the address begins with tcp:// or ws://",
    }
    /// A server at `ws://` or `wss://` answers with something else.
    pub no_http_there {
        es: "ahí no se habla WebSocket; las líneas sin más son tcp:// o tls://, y con TLS es wss://",
        en: "no WebSocket is spoken there; bare lines are tcp:// or tls://, and with TLS it is wss://",
    }
    /// A WebSocket is opened, but not for this chat.
    pub no_subprotocol_there {
        es: "ese WebSocket no es de este chat (no conoce chat.v1): quizá es otra la ruta",
        en: "that WebSocket is not one of this chat (it does not know chat.v1): the path may be another",
    }
    /// The server ended the connection during a handshake.
    pub handshake_cut(protocol: &str) {
        es: "el servidor cortó la conexión sin terminar de acordar {protocol}: quizá no lo habla ahí",
        en: "the server ended the connection before {protocol} was agreed on: it may not speak it there",
    }
    /// The server did not end a handshake in time.
    pub handshake_slow(protocol: &str, seconds: u64) {
        es: "sin {protocol} tras {seconds} s: quizá no se habla en ese puerto",
        en: "no {protocol} after {seconds} s: it may not be spoken on that port",
    }
    /// A handshake failed otherwise.
    pub handshake_failed(protocol: &str, reason: &str) {
        es: "no se acuerda {protocol}: {reason}",
        en: "{protocol} is not agreed on: {reason}",
    }
    /// An extension of WebSocket that was not offered.
    pub extension_unasked(extension: &str) {
        es: "el servidor usa una extensión de WebSocket que no se ha pedido: {extension}",
        en: "the server uses an extension of WebSocket that was not asked for: {extension}",
    }
    /// HTTP 404.
    pub http_not_found(path: &str) {
        es: "no hay nada en la ruta {path} (HTTP 404): la de un chat suele ser /ws",
        en: "there is nothing at the path {path} (HTTP 404): that of a chat usually is /ws",
    }
    /// HTTP 403.
    pub http_forbidden {
        es: "no te deja entrar (HTTP 403): permite solo ciertos orígenes o redes; pregunta a quien lo lleva",
        en: "it does not let you in (HTTP 403): it admits certain origins or networks; ask who runs it",
    }
    /// HTTP 301, 302, 307 or 308.
    pub http_moved(status: u16, location: &str) {
        es: "está en otra dirección (HTTP {status}): {location}",
        en: "it is at another address (HTTP {status}): {location}",
    }
    /// HTTP 503.
    pub http_unavailable {
        es: "ahora no atiende (HTTP 503): prueba más tarde",
        en: "it is not available now (HTTP 503): try later",
    }
    /// Another HTTP status that is not 101.
    pub http_status(status: u16) {
        es: "responde con HTTP {status}, y no con un WebSocket: quizá es otra la ruta",
        en: "it answers with HTTP {status}, and not with a WebSocket: the path may be another",
    }
    /// The host has no form that a certificate could have.
    pub no_certificate_for(host: &str) {
        es: "ningún certificado puede ser para el nombre {host}",
        en: "no certificate can be for the name {host}",
    }
    /// A certificate is not believed where only one of `--tls-ca` is.
    pub certificate_refused(reason: &str) {
        es: "su certificado no vale: {reason}",
        en: "its certificate is not valid: {reason}",
    }
    /// A certificate has expired.
    pub certificate_expired {
        es: "ha caducado; hace falta uno nuevo",
        en: "it has expired; a new one is needed",
    }
    /// A certificate is not valid yet.
    pub certificate_early {
        es: "aún no ha empezado a valer; ¿está bien el reloj?",
        en: "it is not valid yet; is the clock right?",
    }
    /// A certificate is for another host.
    pub certificate_of_another_host {
        es: "no es para ese nombre; conecta por el nombre que lleva",
        en: "it is not for that name; connect by the name that it has",
    }
    /// A certificate comes from none of the authorities.
    pub certificate_of_another_authority {
        es: "no viene de ninguna autoridad de --tls-ca",
        en: "it comes from no authority of --tls-ca",
    }
    /// The server has another key than `--tls-fingerprint`.
    pub other_key(expected: &str, shown: &str) {
        es: "tiene otra clave, {shown}, y no {expected}: quizá alguien escucha; pide la huella a quien lo lleva",
        en: "it has another key, {shown}, and not {expected}: somebody may be listening; ask who runs it for the fingerprint",
    }
    /// The server has another key than in the known-hosts file.
    pub changed_key(known: &str, shown: &str, file: &str, line: usize) {
        es: "¡su clave ha cambiado! era {known} y ahora es {shown}: quizá alguien escucha; si quien lo lleva confirma el cambio, borra la línea {line} de {file}",
        en: "its key has changed! it was {known} and now is {shown}: somebody may be listening; if who runs it confirms the change, delete line {line} of {file}",
    }
    /// The server's key is unknown, and there is no terminal to ask on.
    pub unknown_key(shown: &str) {
        es: "no se conoce su clave, {shown}; si es la que dice quien lo lleva, dala con --tls-fingerprint, o acéptala en un terminal",
        en: "its key is not known, {shown}; if it is the one that who runs it says, give it with --tls-fingerprint, or accept it on a terminal",
    }
    /// The user has not accepted the server's key.
    pub key_declined { es: "no has aceptado su clave", en: "you have not accepted its key" }
    /// Explains the question whether a server's key is accepted.
    pub key_unknown_yet(host: &str, shown: &str) {
        es: "no se conoce la clave de {host}. Su huella es\n  {shown}\nCompárala con la que dice quien lleva el servidor: si es otra, alguien escucha.",
        en: "the key of {host} is not known. Its fingerprint is\n  {shown}\nCompare it with the one that who runs the server says: if they differ, somebody listens.",
    }
    /// The question whether a server's key is accepted.
    pub accept_key { es: "¿la aceptas y la recuerdas? (sí/no) ", en: "accept and remember it? (yes/no) " }
    /// The answer was neither.
    pub yes_or_no { es: "responde sí o no: ", en: "answer yes or no: " }
    /// There is no folder for the known-hosts file.
    pub no_place_for_known_hosts {
        es: "no se sabe dónde guardar las claves conocidas: di un archivo con --known-hosts",
        en: "there is no place to keep known keys: name a file with --known-hosts",
    }
    /// A line of the known-hosts file is damaged.
    pub known_hosts_damaged(file: &str, line: usize) {
        es: "la línea {line} de {file} no es 'HOST:PUERTO sha256:HUELLA': corrígela o bórrala",
        en: "line {line} of {file} is not 'HOST:PORT sha256:FINGERPRINT': mend or delete it",
    }
    /// A file cannot be read or written.
    pub file_failed(file: &str, reason: &str) {
        es: "{file}: {reason}; comprueba el archivo y sus permisos",
        en: "{file}: {reason}; check the file and its permissions",
    }
    /// A file of `--tls-ca` has no certificate.
    pub file_without_certificate(file: &str) {
        es: "{file} no contiene ningún certificado en forma PEM",
        en: "{file} has no certificate in PEM form",
    }
}
