//! Texts that the server sends to its clients and to its operator.

use super::texts::texts;
use crate::name::Name;

texts! {
    /// The server's first line to every client (requirement 1.5).
    pub greeting {
        es: "bienvenido al chat! escribe 'salir' para salir",
        en: "welcome to the chat! type 'salir' to leave",
    }
    /// Tells a client that its connection is closed because it was silent (requirement 8.1).
    pub idle_notice {
        es: "* conexión cerrada por inactividad",
        en: "* connection closed because of inactivity",
    }
    /// Tells a client that comes back that some of what it has missed is not remembered (requirement 11.12).
    pub missed_some {
        es: "* te has perdido mensajes que ya no se recuerdan",
        en: "* you have missed messages that are not remembered any more",
    }
    pub(super) missed_one { es: "* te has perdido 1 mensaje", en: "* you have missed 1 message" }
    pub(super) missed_several(messages: u64) {
        es: "* te has perdido {messages} mensajes",
        en: "* you have missed {messages} messages",
    }
    /// Tells the operator that no member hears the message.
    pub empty_room {
        es: "! no hay nadie en la sala: no se envió",
        en: "! the room is empty: not sent",
    }
    /// Tells the operator that Ctrl-D does not stop the server.
    pub console_goes_on {
        es: "* el servidor sigue; 'salir' o Ctrl-C lo detiene",
        en: "* the server goes on; 'salir' or Ctrl-C stops it",
    }
    /// Answers `--check-config` (requirement 1.12).
    pub options_are_right { es: "las opciones son correctas", en: "the options are right" }
    /// Tells the operator that a client came before another name was chosen (requirement 7.3).
    pub name_is_kept(name: &Name) {
        es: "* hay un cliente: te llamas {name}, y lo que escribas se le envía",
        en: "* a client is here: your name is {name}, and what you type is sent",
    }
    /// Tells a member the position of its room (requirement 11.9).
    pub position_is(position: &dyn std::fmt::Display) { es: "* posición {position}", en: "* position {position}" }
    /// Greets a client that has come back (requirement 11.12).
    pub back { es: "* has vuelto", en: "* you are back" }
    /// Tells a member its new name (requirement 6.3).
    pub you_are_now(name: &Name) { es: "* ahora te llamas {name}", en: "* you are now called {name}" }
    /// Tells a member its new room (requirement 6.2).
    pub you_are_in(room: &Name) { es: "* estás en la sala {room}", en: "* you are in the room {room}" }
    /// A private message, as its receiver sees it (requirement 6.1).
    pub private(sender: &Name, text: &str) {
        es: "[privado] {sender} > {text}",
        en: "[private] {sender} > {text}",
    }
    /// The receipt of a private message, as its sender sees it (requirement 6.1).
    pub private_receipt(receiver: &Name, text: &str) {
        es: "[privado a {receiver}] {text}",
        en: "[private to {receiver}] {text}",
    }
    /// Prefix of every private message and its receipt.
    pub private_mark { es: "[privado", en: "[private" }
    pub(super) joined_end { es: " se ha unido", en: " has joined" }
    pub(super) left_end { es: " ha salido", en: " has left" }
    pub(super) goes_to { es: " pasa a la sala ", en: " goes to the room " }
    pub(super) comes_from { es: " viene de la sala ", en: " comes from the room " }
    pub(super) is_now { es: " ahora es ", en: " is now " }
    pub(super) one_joined { es: "1 persona se ha unido", en: "1 person has joined" }
    pub(super) several_joined(people: usize) { es: "{people} personas se han unido", en: "{people} people have joined" }
    pub(super) one_left { es: "1 persona ha salido", en: "1 person has left" }
    pub(super) several_left(people: usize) { es: "{people} personas han salido", en: "{people} people have left" }
    pub(super) one_renamed { es: "1 persona ha cambiado de nombre", en: "1 person has another name" }
    pub(super) several_renamed(people: usize) {
        es: "{people} personas han cambiado de nombre",
        en: "{people} people have other names",
    }
    pub(super) now_there_are(people: usize) { es: "; ahora hay {people}", en: "; now there are {people}" }
    pub(super) in_room(room: &Name, people: usize) { es: "* en {room} ({people}): ", en: "* in {room} ({people}): " }
    pub(super) you_are { es: "eres ", en: "you are " }
    pub(super) here_in(room: &Name, people: usize) { es: "en {room} ({people}): ", en: "in {room} ({people}): " }
    /// Tells a member that joins of the commands (requirement 6.4).
    pub help_hint { es: "* /ayuda muestra los comandos", en: "* /help lists the commands" }
    /// Asks for the word of a registered name (requirement 12.2).
    pub word_question(name: &Name) {
        es: "* {name} está registrado: escribe su clave, o /nombre para dar otro",
        en: "* {name} is registered: type its word, or /nick to give another name",
    }
    /// Tells a member that its name is its own now (requirement 12.1).
    pub registered(name: &Name) {
        es: "* tu nombre está registrado: {name}",
        en: "* your name is registered: {name}",
    }
    /// Tells a member that the word of its account is another now (requirement 12.1).
    pub word_changed { es: "* tu clave es otra desde ahora", en: "* your word is changed" }
    /// Tells another client in the account why its connection ends (requirement 12.1).
    pub word_is_another {
        es: "* la clave de tu cuenta es otra: entra de nuevo",
        en: "* the word of your account is another: come in again",
    }
    /// Tells a member that its account is that of an administrator (requirement 12.6).
    pub is_admin { es: "* esta cuenta es de administración", en: "* this is the account of an administrator" }
    /// Answers `/historial` where nothing has been said (requirement 11.1).
    pub no_history { es: "* todavía no se ha dicho nada aquí", en: "* nothing has been said here yet" }
    pub(super) recorded_for_ever { es: "* lo que se dice aquí se guarda", en: "* what is said here is recorded" }
    pub(super) recorded_for(time: &str) {
        es: "* lo que se dice aquí se guarda durante {time}",
        en: "* what is said here is recorded for {time}",
    }
    pub(super) ago(time: &str) { es: "hace {time}", en: "{time} ago" }
    pub(super) days(number: u64) { es: "{number} días", en: "{number} days" }
    /// Lists the clients for the operator, where they have no names (requirement 7.2).
    pub(super) clients(number: usize) { es: "* clientes ({number}): ", en: "* clients ({number}): " }
    pub(super) the_rooms { es: "* salas: ", en: "* rooms: " }
    pub(super) more(number: usize) { es: "y {number} más", en: "and {number} more" }
    pub(super) say_a_slash { es: "* //texto: dice /texto", en: "* //text: says /text" }
    /// Tells each client that the server stops (requirement 3.5).
    pub server_closing { es: "* el servidor se cierra", en: "* the server is closing" }
    /// Tells a client that the operator ends its connection (requirement 3.5).
    pub removed_by_operator {
        es: "* el operador ha cerrado la conexión",
        en: "* the operator has closed the connection",
    }
    /// Tells each client that the server cannot reach the log that it shares with others (requirement 14.9).
    pub servers_away {
        es: "* sin conexión con los otros servidores: lo que escribas espera",
        en: "* no connection to the other servers: what you type waits",
    }
    /// Says that the server cannot start before it reaches the log that it shares with others.
    pub waits_for_servers(reason: &dyn std::fmt::Display) {
        es: "* espera a los otros servidores: {reason}",
        en: "* waits for the other servers: {reason}"
    }
    /// Tells each client that the server reaches it again (requirement 14.9).
    pub servers_back { es: "* conexión recuperada", en: "* the connection is back" }
    /// Tells each client of a server that takes no part in the chat any more to come in again (requirement 14.12).
    pub was_isolated {
        es: "* este servidor estuvo aislado: entra de nuevo",
        en: "* this server was cut off: come in again",
    }
}
