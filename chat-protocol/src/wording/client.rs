//! Texts that the client shows to its user.

use super::texts::texts;

texts! {
    /// The client has connected (requirement 4.1).
    pub connected { es: "conectado al servidor de chat!", en: "connected to the chat server!" }
    /// Invites the user to type (requirement 4.1).
    pub type_messages { es: "escribe tus mensajes:", en: "type your messages:" }
    /// Prompt with which both programs ask their own user for a name (requirement 7.3).
    pub your_name { es: "tu nombre: ", en: "your name: " }
    /// The same for the operator, who keeps this name by entering nothing.
    pub your_name_or(default: &str) { es: "tu nombre [{default}]: ", en: "your name [{default}]: " }
    /// The client was interrupted, or its input has ended (requirement 4.3).
    pub leaving { es: "saliendo...", en: "leaving..." }
    /// The server has closed the connection, and the client had not asked for it (requirement 4.4).
    pub server_closed { es: "el servidor cerró la conexión", en: "the server closed the connection" }
    /// The client was told to stop at once, before it had sent everything.
    pub unsent { es: "no se pudo enviar todo", en: "not everything could be sent" }
    /// The client cannot write its output.
    pub unseen { es: "no se puede escribir la salida", en: "the output cannot be written" }
    /// The client closes a connection that was silent for the client's idle timeout (requirement
    /// 8.4).
    pub client_idle_out {
        es: "conexión cerrada por inactividad",
        en: "connection closed because of inactivity",
    }
    /// The client leaves because the server does not ask for a name (requirement 5.2).
    pub not_asked { es: "el servidor no preguntó el nombre", en: "the server did not ask for a name" }
    /// The client leaves because the server refuses the name from the command line.
    pub name_not_taken { es: "el servidor no aceptó el nombre", en: "the server did not accept the name" }
    /// Replaces a line of more than `limit` bytes in the client's output.
    pub line_omitted(limit: usize) {
        es: "[se omite una línea de más de {limit} bytes]",
        en: "[a line of more than {limit} bytes is omitted]",
    }
}
