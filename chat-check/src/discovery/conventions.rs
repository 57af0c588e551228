//! Conventions of courses' chats: usual ports, name keywords and words to leave.

/// Ports on which servers of courses listen, besides the port of this one.
pub(super) const PORTS: [u16; 34] = [
    1024, 1234, 2000, 2222, 3000, 3333, 4000, 4444, 5000, 5001, 5050, 5555, 6000, 6666, 6667, 6789,
    7000, 7777, 8000, 8001, 8080, 8081, 8888, 9000, 9001, 9090, 9999, 10000, 12000, 20000, 33000,
    50000, 55555, 65432,
];

/// Keywords with which servers ask for a name.
pub(super) const KEYWORDS: [&str; 12] = [
    "nombre del cliente",
    "NICK",
    "NICKNAME",
    "nombre",
    "NOMBRE",
    "NAME",
    "name",
    "USERNAME",
    "@username",
    "nickname",
    "usuario",
    "apodo",
];

/// Words other than `salir` with which users leave.
pub(super) const LEAVE: [&str; 30] = [
    "/salir",
    "exit",
    "/exit",
    "quit",
    "/quit",
    "adios",
    "adiós",
    "chau",
    "chao",
    "/chao",
    "bye",
    "/bye",
    "fin",
    "terminar",
    "desconectar",
    "/disconnect",
    "disconnect",
    "!DISCONNECT",
    "!exit",
    "#salir",
    "{quit}",
    "cerrar",
    "logout",
    "q",
    ":q",
    "/q",
    "\\q",
    "sair",
    "/sair",
    "SALIR",
];

/// Longest word in quotes that may be one to leave, in characters.
const LONGEST: usize = 16;

/// Limit on the words of one text that are tried: each takes a moment, and a program may show any
/// number.
const MOST: usize = 20;

/// The first words in quotes in a text, in its order: `escribe 'chau' para salir`. Behind verbs such as
/// *escribe* the quotes may be missing, and around a command in a line about leaving: `/bye to quit`.
pub(super) fn mentioned(text: &str) -> Vec<String> {
    const QUOTES: [(char, char); 6] =
        [('\'', '\''), ('"', '"'), ('«', '»'), ('`', '`'), ('“', '”'), ('‘', '’')];
    const WRITE: [&str; 8] =
        ["escribe", "escriba", "escribí", "escribi", "ingrese", "ingresa", "type", "enter"];
    let mut found: Vec<(usize, &str)> = Vec::new();
    for (open, close) in QUOTES {
        for (at, _) in text.match_indices(open) {
            let behind = &text[at + open.len_utf8()..];
            found.extend(behind.find(close).map(|end| (at, &behind[..end])));
        }
    }
    let small = text.to_ascii_lowercase();
    for verb in WRITE {
        for (at, _) in small.match_indices(verb) {
            let word = text[at + verb.len()..].split_whitespace().next();
            found.extend(word.map(|word| (at, word.trim_end_matches([',', '.', ':', ';']))));
        }
    }
    found.extend(text.lines().filter(|line| is_about_leaving(line)).flat_map(|line| {
        let words = line.split(|c: char| c.is_whitespace() || "'\"`(),;".contains(c));
        let command = |word: &&str| word.len() > 1 && word.starts_with(['/', '\\', '#', '!', ':']);
        words.filter(command).map(|word| {
            (word.as_ptr().addr() - text.as_ptr().addr(), word.trim_end_matches([':', '.']))
        })
    }));
    found.sort_by_key(|(at, _)| *at);
    let fits = |word: &str| {
        let length = word.chars().count();
        (1..=LONGEST).contains(&length) && !word.contains([' ', '\n', '<', '>', '\'', '"'])
    };
    let mut words = Vec::new();
    for (_, word) in found {
        if words.len() < MOST && fits(word) && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

fn is_about_leaving(line: &str) -> bool {
    const LEAVING: [&str; 12] = [
        "salir",
        "salida",
        "exit",
        "quit",
        "leave",
        "sair",
        "terminar",
        "desconect",
        "disconnect",
        "cerrar",
        "close",
        "abandonar",
    ];
    let small = line.to_lowercase();
    LEAVING.iter().any(|word| small.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_to_leave_is_found_where_it_is_mentioned() {
        assert_eq!(mentioned("bienvenido! escribe 'salir' para salir"), ["salir"]);
        assert_eq!(mentioned("Usa «#salir» o \"/chao\" para irte"), ["#salir", "/chao"]);
        assert_eq!(mentioned("Type {quit} to exit."), ["{quit}"]);
        assert_eq!(mentioned("Commands:\n\t\\l - List\n\t\\fin - Quit"), ["\\fin"]);
        assert_eq!(mentioned("Use /bye to exit, /who for names"), ["/bye", "/who"]);
        assert!(mentioned("it's a chat, isn't it").is_empty());
    }

    #[test]
    fn a_text_full_of_quotes_does_not_give_more_than_a_few_words() {
        let quotes = (0..1000).map(|number| format!("'{number}'")).collect::<Vec<_>>().join(" ");
        assert_eq!(mentioned(&format!("'salir' {quotes}"))[..2], ["salir", "0"]);
        assert_eq!(mentioned(&quotes).len(), MOST);
    }
}
