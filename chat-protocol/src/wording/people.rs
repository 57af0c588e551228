//! What is said where people have names: naming, presence, private messages, rooms,
//! one to one (chapters 5 to 7).

use std::fmt::{self, Write};
use std::net::SocketAddr;

use crate::command::{FORMS, Form};
use crate::limits::{MAX_LISTED, MAX_NAME};
use crate::name::{Name, NameError};

/// What the server asks for a name with, unless told otherwise (requirement 5.1).
pub const NAME_KEYWORD: &str = "nombre del cliente";
/// What both programs ask their own user for a name with (requirement 7.3).
pub const YOUR_NAME: &str = "tu nombre: ";
/// The client gave no name in time (requirement 5.6).
pub const NAME_TOO_LATE: &str = "! no diste ningún nombre a tiempo";
/// The client was asked often enough (requirement 5.4).
pub const TOO_MANY_NAMES: &str = "! demasiados intentos";
/// There is no place for one more client (requirement 7.5).
pub const SERVER_FULL: &str = "! servidor lleno";
/// The client's address has as many connections as it may.
pub const TOO_MANY_FROM_ADDRESS: &str = "! demasiadas conexiones desde tu dirección";
/// The operator has said something to nobody.
pub const NOBODY_THERE: &str = "* no hay nadie en la sala: no se envió";
/// A private message to its own sender.
pub const PRIVATE_TO_SELF: &str = "! no puedes escribirte en privado a ti mismo";
/// The operator has pressed Ctrl-D.
pub const CONSOLE_GOES_ON: &str = "* el servidor sigue; 'salir' o Ctrl-C lo detiene";
/// The operator wants to change the room.
pub const OPERATOR_STAYS: &str = "! el operador no cambia de sala";
/// An answer to nothing.
pub const NOTHING_TO_ANSWER: &str = "* nadie te ha escrito en privado";
/// The client leaves, because its server does not ask for a name (requirement 5.2).
pub const NOT_ASKED: &str = "el servidor no preguntó el nombre";
/// The client leaves, because its server does not take the name that it was started with.
pub const NAME_NOT_TAKEN: &str = "el servidor no aceptó el nombre";

/// What begins every notice, and nothing that people say (requirement 6.6).
pub const NOTICE: &str = "* ";
/// What begins every refusal, and nothing that people say (requirement 6.6).
pub const REFUSAL: &str = "! ";
/// What begins every private message and its receipt.
pub const PRIVATE: &str = "[privado";

/// What stands between a name and what is said under it.
pub(super) const SAYS: &str = " > ";
pub(super) const JOINED: &str = " se ha unido";
pub(super) const LEFT: &str = " ha salido";
pub(super) const IS_NOW: &str = " ahora es ";
/// What stands between the names in a list.
pub(super) const NEXT: &str = ", ";

/// How long a line of a list may grow, in bytes, before the next name begins another: what any
/// peer can take, even one that reads 1 KiB at a time.
const LIST_LINE: usize = 400;

/// A message where people have names (requirement 2.4).
pub fn message_by_name(name: &str, text: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{name}{SAYS}{text}"))
}

/// Requirement 5.3.
pub fn joined(name: &Name) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{NOTICE}{name}{JOINED}"))
}

/// Requirement 5.3.
pub fn left(name: &Name) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{NOTICE}{name}{LEFT}"))
}

/// What the room hears of a new name (requirement 6.3).
pub fn renamed(old: &Name, new: &Name) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{NOTICE}{old}{IS_NOW}{new}"))
}

/// What the owner of a new name hears of it.
pub fn you_are_now(name: &Name) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{NOTICE}ahora te llamas {name}"))
}

/// Why somebody cannot be called so (requirements 5.4 and 5.5).
pub fn name_refused(error: NameError) -> impl fmt::Display {
    fmt::from_fn(move |f| match error {
        NameError::Reserved => write!(f, "{REFUSAL}nombre reservado"),
        NameError::Taken => {
            write!(f, "{REFUSAL}nombre ocupado: alguien se llama así, o de un modo que se confunde")
        }
        _ => write!(f, "{REFUSAL}nombre no válido: {}", fault(error)),
    })
}

/// Why a room cannot be called so.
pub fn room_refused(error: NameError) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{REFUSAL}nombre de sala no válido: {}", fault(error)))
}

fn fault(error: NameError) -> impl fmt::Display {
    fmt::from_fn(move |f| match error {
        NameError::Empty => f.write_str("está vacío"),
        NameError::TooLong => write!(f, "más de {MAX_NAME} caracteres"),
        NameError::Character => f.write_str("solo letras, cifras, '_', '-' y '.'"),
        NameError::NoLetter => f.write_str("falta una letra o una cifra"),
        NameError::Reserved => f.write_str("está reservado"),
        NameError::Taken => f.write_str("se confunde con otro"),
    })
}

/// Somebody changes the room just now, and much waits for them already.
pub fn cannot_hear_now(name: &Name) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{REFUSAL}{name} no puede recibir mensajes ahora mismo"))
}

/// There are `limit` rooms already.
pub fn too_many_rooms(limit: usize) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{REFUSAL}no caben más salas (máximo {limit})"))
}

/// A private message as it arrives (requirement 6.1).
pub fn private(sender: &Name, text: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{PRIVATE}] {sender}{SAYS}{text}"))
}

/// Its sender's receipt (requirement 6.1).
pub fn private_receipt(receiver: &Name, text: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{PRIVATE} a {receiver}] {text}"))
}

/// Nobody has the name that was written (requirement 6.1).
pub fn no_such_person(name: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{NOTICE}no hay nadie que se llame {}", short(name)))
}

/// Who wrote privately last has left.
pub fn no_longer_here(name: &Name) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{NOTICE}{name} ya no está"))
}

/// Who changed the room learns where that was.
pub fn you_are_in(room: &Name) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{NOTICE}estás en la sala {room}"))
}

/// Who is in a room (requirement 6.3); as many lines as it takes.
pub fn members<'a>(
    room: &'a Name,
    names: impl ExactSizeIterator<Item = &'a Name> + Clone,
) -> impl fmt::Display {
    fmt::from_fn(move |f| list(f, format!("{NOTICE}en {room} ({}): ", names.len()), names.clone()))
}

/// Which rooms there are, and how many people are in each (requirement 6.3).
pub fn rooms<'a>(
    rooms: impl ExactSizeIterator<Item = (&'a Name, usize)> + Clone,
) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        let sizes = rooms.clone().map(|(room, size)| format!("{room} ({size})"));
        list(f, format!("{NOTICE}salas: "), sizes)
    })
}

/// Writes a list in lines of a bearable length.
fn list(
    f: &mut fmt::Formatter<'_>,
    heading: String,
    items: impl ExactSizeIterator<Item = impl fmt::Display>,
) -> fmt::Result {
    let more = items.len().saturating_sub(MAX_LISTED);
    let mut line = heading;
    let mut first = true;
    for item in items.take(MAX_LISTED) {
        if line.len() > LIST_LINE {
            writeln!(f, "{line}{NEXT}")?;
            NOTICE.clone_into(&mut line);
            first = true;
        }
        let next = if std::mem::take(&mut first) { "" } else { NEXT };
        write!(line, "{next}{item}")?;
    }
    if more > 0 {
        write!(line, "{NEXT}y {more} más")?;
    }
    f.write_str(&line)
}

/// What somebody wrote where there is no such command (requirement 6.4).
pub fn unknown_command(word: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        write!(f, "{NOTICE}no existe el comando /{}; /ayuda muestra los que hay", short(word))
    })
}

/// How the command is written (requirement 6.4), by the word that was used.
pub fn right_form(word: &str, form: &Form) -> impl fmt::Display {
    let word = word.to_lowercase();
    fmt::from_fn(move |f| {
        let end = format!("{word} {}", form.arguments);
        write!(f, "{NOTICE}se escribe así: /{}", end.trim_end())
    })
}

/// The list of commands (requirement 6.3): a line each.
pub fn help() -> impl fmt::Display {
    fmt::from_fn(|f| {
        for Form { word, alias, arguments, purpose, .. } in &FORMS {
            let written = format!("{word} {arguments}");
            writeln!(f, "{NOTICE}/{}: {purpose} (/{alias})", written.trim_end())?;
        }
        write!(f, "{NOTICE}//texto: dice /texto")
    })
}

/// The client is connected and waits for another one to leave (requirement 7.1).
pub fn client_waits(peer: SocketAddr) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "cliente {peer} espera su turno"))
}

/// The client that has waited is being served.
pub fn client_served(peer: SocketAddr) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "cliente {peer} tiene el turno"))
}

/// As much of what somebody wrote as a notice can bear.
fn short(text: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| match text.char_indices().nth(MAX_NAME) {
        Some((end, _)) => write!(f, "{}…", &text[..end]),
        None => f.write_str(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn r5_3_presence_is_a_notice() {
        assert_eq!(joined(&name("Ana")).to_string(), "* Ana se ha unido");
        assert_eq!(left(&name("Ana")).to_string(), "* Ana ha salido");
    }

    #[test]
    fn r6_1_a_private_message_and_its_receipt() {
        assert_eq!(private(&name("Ana"), "hola").to_string(), "[privado] Ana > hola");
        assert_eq!(private_receipt(&name("Bea"), "hola").to_string(), "[privado a Bea] hola");
    }

    #[test]
    fn r6_3_a_long_list_takes_several_lines_and_loses_nobody() {
        let names: Vec<Name> = (0..MAX_LISTED).map(|i| name(&format!("persona-{i}"))).collect();
        let text = members(&name("general"), names.iter()).to_string();
        assert!(text.starts_with("* en general (1000): persona-0, persona-1, "));
        let listed: Vec<&str> =
            text.lines().flat_map(|line| super::super::names_in(line).here).collect();
        assert_eq!(listed, names.iter().map(Name::as_str).collect::<Vec<_>>());
        assert!(text.lines().all(|line| line.starts_with(NOTICE) && line.len() < 2 * LIST_LINE));
    }

    #[test]
    fn r6_3_an_endless_list_ends() {
        let names: Vec<Name> = (0..MAX_LISTED + 5).map(|i| name(&format!("p{i}"))).collect();
        let text = members(&name("general"), names.iter()).to_string();
        assert!(text.starts_with("* en general (1005): p0, ") && text.ends_with(", p999, y 5 más"));
    }

    #[test]
    fn r6_4_what_was_written_is_not_repeated_at_length() {
        let notice = unknown_command(&"x".repeat(4000)).to_string();
        assert!(notice.chars().count() < 100, "{notice}");
        let form = FORMS.iter().find(|form| form.word == "privado").unwrap();
        assert_eq!(right_form("MSG", form).to_string(), "* se escribe así: /msg NOMBRE TEXTO");
    }
}
