//! The table of the commands.

use super::Verb;
use crate::language::Text;

/// The syntax of a command: its words, its arguments and its purpose.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// The command.
    pub verb: Verb,
    /// The Spanish word, without the `/`.
    pub word: &'static str,
    /// The English word.
    pub alias: &'static str,
    /// The arguments that must follow the word; empty if the command takes none.
    pub arguments: Text,
    /// The purpose of the command, as `/ayuda` prints it.
    pub purpose: Text,
}

/// Every command of a member.
pub const FORMS: [Form; 23] = [
    form(
        Verb::Private,
        ["privado", "msg"],
        PRIVATE,
        ["escribe solo a esa persona", "writes to that person only"],
    ),
    form(
        Verb::Reply,
        ["responder", "reply"],
        ["TEXTO", "TEXT"],
        ["contesta el último mensaje privado", "answers the last private message"],
    ),
    form(
        Verb::Room,
        ["sala", "join"],
        ["SALA", "ROOM"],
        [
            "pasa a esa sala, que se crea si no existe",
            "moves to that room, and creates it if needed",
        ],
    ),
    form(Verb::Who, ["quien", "who"], NONE, ["quién está en la sala", "who is in the room"]),
    form(
        Verb::Rooms,
        ["salas", "rooms"],
        NONE,
        ["qué salas hay y con cuánta gente", "which rooms there are, and how many people in each"],
    ),
    form(
        Verb::History,
        ["historial", "history"],
        ["[NÚMERO]", "[NUMBER]"],
        ["lo último que se dijo en la sala", "what was said last in the room"],
    ),
    form(
        Verb::Position,
        ["posicion", "position"],
        NONE,
        ["por dónde va la sala", "how far the room has come"],
    ),
    form(
        Verb::Rename,
        ["nombre", "nick"],
        ["NUEVO", "NEW"],
        ["cambia tu nombre", "changes your name"],
    ),
    form(
        Verb::Register,
        ["registrar", "register"],
        WORD,
        ["protege tu nombre con esa clave", "protects your name by this word"],
    ),
    form(Verb::Password, ["clave", "password"], WORD, ["cambia tu clave", "changes your word"]),
    form(
        Verb::Topic,
        ["tema", "topic"],
        ["[TEXTO]", "[TEXT]"],
        [
            "el tema de la sala; TEXTO lo cambia, - lo quita",
            "the room's topic; TEXT sets it, - removes it",
        ],
    ),
    form(
        Verb::Kick,
        ["echar", "kick"],
        ["NOMBRE [MOTIVO]", "NAME [REASON]"],
        ["cierra la conexión de esa persona", "closes the connection of that person"],
    ),
    form(
        Verb::Ban,
        ["vetar", "ban"],
        ["NOMBRE|RED [TIEMPO] [MOTIVO]", "NAME|NETWORK [TIME] [REASON]"],
        [
            "no la deja entrar, durante 30m o para siempre",
            "keeps that person out, for 30m or for ever",
        ],
    ),
    form(
        Verb::Pardon,
        ["perdonar", "unban"],
        ["NOMBRE|RED", "NAME|NETWORK"],
        ["vuelve a dejarla entrar y hablar", "lets that person in again, and speak"],
    ),
    form(
        Verb::Bans,
        ["vetados", "bans"],
        NONE,
        ["quién no puede entrar o hablar", "which people may not come in, or not speak"],
    ),
    form(
        Verb::Mute,
        ["callar", "mute"],
        ["NOMBRE [TIEMPO]", "NAME [TIME]"],
        ["no la deja hablar", "lets that person say nothing"],
    ),
    form(
        Verb::Slow,
        ["lento", "slow"],
        ["TIEMPO|no (1h como mucho)", "TIME|no (1h at most)"],
        ["un mensaje por persona cada TIEMPO", "one message of each person per TIME"],
    ),
    form(
        Verb::Lock,
        ["cerrar", "lock"],
        NONE,
        [
            "cierra la sala a quien no esté invitado, o la abre",
            "closes the room to people that are not invited, or opens it",
        ],
    ),
    form(
        Verb::Invite,
        ["invitar", "invite"],
        ["NOMBRE", "NAME"],
        ["la invita a la sala", "invites that person to the room"],
    ),
    form(
        Verb::Op,
        ["op", "op"],
        ["NOMBRE", "NAME"],
        ["la hace operadora de la sala", "makes that person an operator of the room"],
    ),
    form(
        Verb::Deop,
        ["noop", "deop"],
        ["NOMBRE", "NAME"],
        ["deja de ser operadora", "takes that back"],
    ),
    form(Verb::Help, ["ayuda", "help"], NONE, ["esta lista", "this list"]),
    form(Verb::Leave, ["salir", "quit"], NONE, ["sale del chat", "leaves the chat"]),
];

/// The commands of the server's operator (requirement 7.2). Where members have commands, the operator has
/// theirs as well, and these in place of theirs of the same word, but for `/echar`.
pub const OPERATOR_FORMS: [Form; 5] = [
    form(
        Verb::Next,
        ["siguiente", "next"],
        NONE,
        [
            "cierra la conexión del cliente que está",
            "closes the connection of the client that is here",
        ],
    ),
    form(
        Verb::Dismiss,
        ["echar", "kick"],
        ["[NOMBRE]", "[NAME]"],
        [
            "lo mismo con ese cliente; donde no hay nombres, su IP:PUERTO o su puerto",
            "the same for this client; where there are no names, its IP:PORT or its port",
        ],
    ),
    form(Verb::Who, ["quien", "who"], NONE, ["quién está", "who is here"]),
    form(Verb::Help, ["ayuda", "help"], NONE, ["esta lista", "this list"]),
    form(Verb::Leave, ["salir", "quit"], NONE, ["detiene el servidor", "stops the server"]),
];

/// The commands that an operator, who has no account, has; `commands` if members have commands.
pub fn operator_forms(commands: bool) -> impl Iterator<Item = &'static Form> + Clone {
    let own = OPERATOR_FORMS.iter().filter(move |form| !commands || form.verb != Verb::Dismiss);
    let has = |verb| OPERATOR_FORMS.iter().any(|form| form.verb == verb);
    let others = move |form: &&Form| commands && !has(form.verb) && !form.is_for_accounts();
    own.chain(FORMS.iter().filter(others))
}

const PRIVATE: [&str; 2] = ["NOMBRE TEXTO", "NAME TEXT"];
const WORD: [&str; 2] = ["CLAVE", "WORD"];
const NONE: [&str; 2] = ["", ""];

/// Builds a [`Form`]. Each array has the Spanish text first.
const fn form(
    verb: Verb,
    [word, alias]: [&'static str; 2],
    arguments: [&'static str; 2],
    purpose: [&'static str; 2],
) -> Form {
    Form {
        verb,
        word,
        alias,
        arguments: Text { es: arguments[0], en: arguments[1] },
        purpose: Text { es: purpose[0], en: purpose[1] },
    }
}
