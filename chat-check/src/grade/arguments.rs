//! Arguments that programs usually take, for one that ends at once without any.

use crate::checks::check::Side;
use crate::dialect::{Dialect, PORT_MARK};
use crate::text::{Text, Words};

/// The arguments that programs usually take. Of several that a program may accept, the first one is
/// the one that no other program misunderstands.
pub(super) fn usual(side: Side) -> &'static [&'static str] {
    match side {
        Side::Server => {
            &["{port}", "127.0.0.1 {port}", "127.0.0.1", "--port {port}", "--puerto {port}"]
        }
        Side::Client => &[
            "ana",
            "{port}",
            "127.0.0.1 {port}",
            "127.0.0.1",
            "127.0.0.1 {port} ana",
            "ana 127.0.0.1 {port}",
            "127.0.0.1 ana",
            "--nombre ana",
            "--name ana",
            "--nick ana",
            "--host 127.0.0.1 --port {port}",
        ],
    }
}

/// Words of lines that tell how a program is started.
const USAGE: [&str; 4] = ["usage", "uso:", "modo de uso", "forma de uso"];

/// Returns whether a line that a program printed tells how it is started.
pub(super) fn is_usage(line: &str) -> bool {
    let line = line.to_lowercase();
    USAGE.iter().any(|word| line.contains(word))
}

/// The remark on a program that ended at once, with any arguments.
pub(super) const WANTS_OTHERS: Text = Text {
    es: "Tampoco arranca con los argumentos de siempre (dirección, puerto, nombre): si necesita \
         otros, escríbelos en el comando que das a chat-check server o chat-check client.",
    en: "Nor does it start with the usual arguments (address, port, name): if it wants others, \
         put them into the command for chat-check server or chat-check client.",
};

/// The remark on the arguments that a program was started with.
pub(super) fn given(arguments: &str, dialect: &Dialect) -> Words {
    let arguments = arguments.replace(PORT_MARK, &dialect.port.to_string());
    Words::new(
        format!("Se inició con los argumentos: {arguments}"),
        format!("It was started with the arguments: {arguments}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_usage_is_told_from_an_error() {
        for line in ["Usage: ./s PORT", "uso: s.py …", "  Modo de uso: java S", "usage: s [-h]"] {
            assert!(is_usage(line), "{line}");
        }
        for line in ["Traceback (most recent call last):", "puerto en uso", "bind: in use"] {
            assert!(!is_usage(line), "{line}");
        }
    }
}
