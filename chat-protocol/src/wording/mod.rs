//! Every text that the chat shows to people, in each language.
//!
//! A text is a method of [`Language`]. The tables of `server`, `console`, `client`, `doors`, `refusals`, `errors` and
//! `certificates` hold the texts; `people` composes some of them. Text that is the same in every language is in
//! this file: programs read it (requirement 9.2).
//!
//! The Spanish texts of the SPEC are fixed: peers and tests compare them exactly. Text on a socket
//! ends in a newline. The code that writes it adds the newline, not this module.
//!
//! [`Language`]: crate::language::Language

use std::fmt;
use std::net::SocketAddr;

use crate::limits::MAX_NAME;

mod certificates;
mod client;
mod console;
mod dismissals;
mod doors;
mod errors;
mod people;
mod refusals;
mod seen;
mod server;
mod texts;

pub use console::console_message;
pub use dismissals::{Dismissal, dismissal_in};
pub use seen::*;

/// The server's second line on its console, once it listens (requirement 1.2).
pub const WAITING: &str = "esperando clientes...";
/// Prefix of the server's first line on its console (requirement 1.2).
const STARTED: &str = "servidor de chat iniciado en ";
/// The default name keyword: the text with which the server asks for a name (requirement 5.1).
pub const NAME_KEYWORD: &str = "nombre del cliente";
/// Prefix of every notice. No member's message begins with it (requirement 6.6).
pub const NOTICE: &str = "* ";
/// Prefix of every refusal. No member's message begins with it (requirement 6.6).
pub const REFUSAL: &str = "! ";
/// Prefix of the label of a message under `--label port`.
const USER: &str = "usuario ";
/// Separator between a name and that member's message.
const SAYS: &str = " > ";

/// The server's first line on its console: `servidor de chat iniciado en IP:PORT` (requirement 1.2), and `tls://IP:PORT`
/// or `http://IP:PORT` for each further listener.
pub fn started(doors: &[(&'static str, SocketAddr)]) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        for (i, (scheme, address)) in doors.iter().enumerate() {
            write!(f, "{}{scheme}{address}", if i == 0 { STARTED } else { " y " })?;
        }
        Ok(())
    })
}

/// A message under `--label port`, as the other clients receive it (requirement 2.4).
pub fn message_by_port(sender: SocketAddr, text: &str) -> impl fmt::Display {
    message_by_numbered_port(sender, 1, text)
}

/// The same for a sender with this number among the clients with its port: from 2 on, the number
/// stands behind the port.
pub fn message_by_numbered_port(sender: SocketAddr, number: u32, text: &str) -> impl fmt::Display {
    message_by_label(port_label(sender, number), text)
}

/// The same with this label.
pub fn message_by_label(label: impl fmt::Display, text: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        fmt::Display::fmt(&label, f)?;
        f.write_str(": ")?;
        f.write_str(text)
    })
}

/// The label of such a message alone.
pub fn port_label(sender: SocketAddr, number: u32) -> impl fmt::Display {
    fmt::from_fn(move |f| match (sender.port(), number) {
        (port, ..2) => write!(f, "{USER}{port}"),
        (port, _) => write!(f, "{USER}{port}-{number}"),
    })
}

/// A message labelled with its sender's name (requirement 2.4).
pub fn message_by_name(name: &str, text: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| [name, SAYS, text].into_iter().try_for_each(|part| f.write_str(part)))
}

/// Shortens a client's text so that it fits into a notice.
fn short(text: &str) -> String {
    match text.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{FORMS, OPERATOR_FORMS};
    use crate::language::Language;

    const PEER: &str = "127.0.0.1:65310";

    fn peer() -> SocketAddr {
        PEER.parse().unwrap()
    }

    #[test]
    fn r2_4_labels_a_message_for_the_others() {
        assert_eq!(message_by_port(peer(), "hola").to_string(), "usuario 65310: hola");
        let second = message_by_numbered_port(peer(), 2, "hola").to_string();
        assert_eq!(second, "usuario 65310-2: hola");
    }

    #[test]
    fn r2_5_labels_a_message_for_the_console() {
        let shown = Language::Es.console_message_by_port(peer(), "hola").to_string();
        assert_eq!(shown, "cliente 127.0.0.1:65310: hola");
    }

    #[test]
    fn r10_8_the_first_line_names_each_listener() {
        let doors = [("", peer()), ("tls://", peer()), ("https://", peer())];
        let line = "servidor de chat iniciado en 127.0.0.1:65310 y tls://127.0.0.1:65310 y https://127.0.0.1:65310";
        assert_eq!(started(&doors).to_string(), line);
        assert_eq!(
            started(&doors[..1]).to_string(),
            "servidor de chat iniciado en 127.0.0.1:65310"
        );
    }

    /// The arguments of a text, sorted.
    fn arguments(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> =
            text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        found.sort_unstable();
        found
    }

    /// The mark that tells the kind of a line.
    fn mark(text: &str) -> &str {
        [NOTICE, REFUSAL, "["].into_iter().find(|mark| text.starts_with(mark)).unwrap_or_default()
    }

    #[test]
    fn r9_1_every_text_exists_in_every_language() {
        let tables = [
            certificates::TEXTS,
            client::TEXTS,
            console::TEXTS,
            doors::TEXTS,
            errors::TEXTS,
            people::TEXTS,
            refusals::TEXTS,
            server::TEXTS,
        ];
        let forms = FORMS.iter().chain(&OPERATOR_FORMS).flat_map(|form| {
            [&form.purpose, &form.arguments].map(|text| (form.word, text.es, text.en))
        });
        for (name, es, en) in tables.into_iter().flatten().copied().chain(forms) {
            assert_eq!(es.is_empty(), en.is_empty(), "{name}");
            assert_eq!(arguments(es), arguments(en), "{name}");
            assert_eq!(mark(es), mark(en), "{name}: the same kind of line in every language");
            assert!(es.ends_with(' ') == en.ends_with(' '), "{name}");
            assert!(en.is_ascii(), "{name}: English needs no other letters");
            assert!(es != en || es.is_empty(), "{name} is not translated");
        }
    }
}
