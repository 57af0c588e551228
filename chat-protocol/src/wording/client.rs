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
    /// Warns that the connection is silent, and will be closed in so many seconds (requirement 8.4).
    pub client_idle_soon(seconds: f64) {
        es: "* sin actividad: la conexión se cierra en {seconds} s",
        en: "* no activity: the connection is closed in {seconds} s",
    }
    /// The server has sent nothing since the client has connected (requirement 7.1).
    pub no_answer_yet {
        es: "* el servidor aún no responde: quizá atiende a otro cliente; espera tu turno",
        en: "* the server does not answer yet: it may be serving another client; wait for your turn",
    }
    /// Tells the user of a server that labels by port how the others know this client.
    pub you_are_user(port: u16) {
        es: "* para los demás eres 'usuario {port}'",
        en: "* for the others you are 'usuario {port}'",
    }
    /// The server asks for a name, which the profile does not know.
    pub hint_name_wanted {
        es: "* el servidor pide un nombre: escríbelo, o prueba con --profile sala",
        en: "* the server asks for a name: type it, or try --profile sala",
    }
    /// The server knows names, and the client puts its own before each line.
    pub hint_names_are_known {
        es: "* el servidor pide un nombre y lo pone en cada línea: prueba con --profile sala",
        en: "* the server asks for a name and puts it before each line: try --profile sala",
    }
    /// The server offers commands, and the client does not complete them.
    pub hint_has_commands {
        es: "* el servidor tiene comandos: con --profile grupal, Tab los completa",
        en: "* the server has commands: with --profile grupal, Tab completes them",
    }
    /// The server does not answer commands.
    pub hint_no_commands {
        es: "* el servidor no responde al comando: quizá lo ven los demás; prueba con --profile sala",
        en: "* the server does not answer the command: others may see it; try --profile sala",
    }
    pub(super) too_many_from_here {
        es: "demasiadas conexiones desde tu dirección",
        en: "too many connections from your address",
    }
    pub(super) too_many_new_from_here {
        es: "demasiadas conexiones nuevas desde tu dirección",
        en: "too many new connections from your address",
    }
    /// The connection was cut, and the client comes back by itself (requirement 11.15).
    pub connection_cut {
        es: "* se ha cortado la conexión; se vuelve a intentar…",
        en: "* the connection was cut; trying again...",
    }
    /// The same after the server has said that it stops.
    pub server_stopped {
        es: "* el servidor se ha detenido; se vuelve a intentar…",
        en: "* the server has stopped; trying again...",
    }
    /// Of the messages before the cut, the server has lost one that this client has heard.
    pub message_not_stored { es: "* 1 mensaje de antes no se guardó", en: "* 1 message from before was not stored" }
    /// The same of more messages.
    pub messages_not_stored(messages: usize) {
        es: "* {messages} mensajes de antes no se guardaron",
        en: "* {messages} messages from before were not stored",
    }
    /// The server does not know the session any more.
    pub session_lost {
        es: "* la sesión ya no se puede reanudar: vuelves a entrar en el chat",
        en: "* the session can no longer be resumed: you join the chat again",
    }
    /// The time for which the session can be resumed is over.
    pub no_way_back { es: "* no se pudo volver a conectar", en: "* it was not possible to connect again" }
    /// The client leaves because the server does not ask for a name (requirement 5.2).
    pub not_asked {
        es: "el servidor no preguntó el nombre (prueba con --profile basico o practico)",
        en: "the server did not ask for a name (try --profile basico or practico)",
    }
    /// One line was held for the name, and the client leaves without a name.
    pub line_not_sent { es: "* no se envió 1 línea", en: "* 1 line was not sent" }
    /// The same of more lines.
    pub lines_not_sent(lines: usize) {
        es: "* no se enviaron {lines} líneas",
        en: "* {lines} lines were not sent",
    }
    /// The client leaves because the server refuses the name from the command line.
    pub name_not_taken { es: "el servidor no aceptó el nombre", en: "the server did not accept the name" }
    /// Replaces a line of more than `limit` bytes in the client's output.
    pub line_omitted(limit: usize) {
        es: "[se omite una línea de más de {limit} bytes]",
        en: "[a line of more than {limit} bytes is omitted]",
    }
}
