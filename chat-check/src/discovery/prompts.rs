//! Prompts on a program's screen, and the framing of a client's messages.

use chat_drive::captured::Heard;

use crate::dialect::{Framing, HOST_MARK, NAME, PORT_MARK};
use crate::discovery::observations::lengths;
use crate::text::is_question;

/// The answer for the number of clients: large enough for every check.
const NUMBER: &str = "100";

/// The answer for an address with its port.
const ADDRESS: &str = "{host}:{port}";

/// Returns a screen whose last line asks its user for something, without the blank lines behind it.
pub(super) fn asked(screen: &str) -> Option<String> {
    let text = screen.trim_end();
    let end = if screen[text.len()..].contains('\n') { "\n" } else { "" };
    is_question(screen).then(|| format!("{text}{end}"))
}

/// The signs of a question whether to go on, and the answers.
const YES: [(&str, &str); 6] = [
    ("yes/no", "yes"),
    ("y/n", "y"),
    ("sí/no", "sí"),
    ("si/no", "si"),
    ("s/n", "s"),
    ("yes or no", "yes"),
];

/// Returns the answer to a program's prompt, by the last line on its screen: a placeholder for a
/// name, unless it looks like something else.
pub(super) fn wanted(screen: &str) -> &'static str {
    let last = screen.lines().last().unwrap_or_default().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| last.contains(word));
    if let Some((_, yes)) = YES.iter().find(|(sign, _)| last.contains(sign)) {
        return yes;
    }
    let is_ip = last.split(|c: char| !c.is_alphanumeric()).any(|word| word == "ip");
    let is_address = [":port", ":puerto", ":porta"].iter().any(|end| last.contains(end));
    let is_named = has(&["nombre", "name", "usuario", "nick"]);
    if is_address {
        ADDRESS
    } else if has(&["puerto", "port"]) {
        PORT_MARK
    } else if has(&["máxim", "maxim", "cuánt", "cuant", "cantidad", "how many"]) {
        NUMBER
    } else if is_ip
        || has(&["host", "direcci", "address"])
        || (has(&["servidor", "server"]) && !is_named)
    {
        HOST_MARK
    } else {
        NAME
    }
}

/// Returns the framing of the message of which this is a part, if it has an end or a length.
pub(super) fn ending(heard: &Heard, token: &str, from: usize) -> Option<Framing> {
    let at = heard.find(token, from)?;
    let behind = &heard.bytes[at + token.len()..];
    if let Some(framing) = lengths(&heard.bytes[from..]) {
        return Some(framing);
    }
    let newline = memchr::memchr(b'\n', behind)?;
    Some(if behind[..newline].ends_with(b"\r") { Framing::Crlf } else { Framing::Lf })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::observations::prompts;

    #[test]
    fn a_message_shows_how_it_ends() {
        let ending = |bytes: &[u8]| {
            let heard = Heard { bytes: bytes.to_vec(), ..Heard::default() };
            ending(&heard, "hola", 3)
        };
        assert_eq!(ending(b"anahola\n"), Some(Framing::Lf));
        assert_eq!(ending(b"anaana > hola\r\n"), Some(Framing::Crlf));
        assert_eq!(ending(b"ana\0\x04hola"), Some(Framing::Length2));
        assert_eq!(ending(b"ana\0\x0aana > hola"), Some(Framing::Length2));
        assert_eq!(ending(b"ana\0\x07<hola;>"), Some(Framing::Length2));
        assert_eq!(ending(b"ana\0\0\0\x04hola"), Some(Framing::Length4));
        assert_eq!(ending(b"anahola"), None);
        assert_eq!(ending(b"holahola\n"), Some(Framing::Lf));
    }

    #[test]
    fn a_line_may_ask_without_an_open_end() {
        assert!(is_question("hola\nTu nombre: ") && is_question("¿Quién eres?\n"));
        assert!(is_question("CHAT\nEnter the address like ip:port\n"));
        assert!(!is_question("Conectado. Escribe 'salir' para salir\n") && !is_question("\n"));
        assert!(!is_question("cliente.py:3: SyntaxWarning: \"\\d\"\n  print(\"\\d\")\n"));
    }

    #[test]
    fn blank_lines_behind_a_question_hide_nothing() {
        assert_eq!(asked("Hola\n\nPuerto:\r\n\n").as_deref(), Some("Hola\n\nPuerto:\n"));
        assert_eq!(asked("Nombre: ").as_deref(), Some("Nombre:"));
        assert_eq!(asked("Hola\n\n"), None);
        assert_eq!(asked("Puerto:\n\n").map(|screen| wanted(&screen)), Some(PORT_MARK));
        assert!(prompts(&asked("Nombre:\n\n").unwrap()));
    }

    #[test]
    fn a_question_shows_what_is_wanted() {
        for (screen, answer) in [
            ("Bienvenido al cliente\nIngrese la IP del servidor: ", HOST_MARK),
            ("Servidor [localhost]: ", HOST_MARK),
            ("Puerto del servidor: ", PORT_MARK),
            ("Enter server port> ", PORT_MARK),
            ("Tu nombre en el servidor: ", NAME),
            ("Puerto: Cantidad máxima de clientes: ", PORT_MARK),
            ("¿Cuántos clientes? ", NUMBER),
            ("Enter the address like ip:port\n", ADDRESS),
            ("¿Quién eres? ", NAME),
            ("¿Conectarse al servidor (s/n)? ", "s"),
            ("Would you like to connect (yes/no)? ", "yes"),
            ("", NAME),
        ] {
            assert_eq!(wanted(screen), answer, "{screen}");
        }
    }
}
