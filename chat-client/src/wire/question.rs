//! The question whether a server's key is accepted. It is asked before there is a line editor.

use std::io::{self, IsTerminal, Write};

use chat_protocol::language::Language;
use chat_tls::Fingerprint;
use tokio::task::spawn_blocking;

/// Returns whether there is a user at a terminal.
pub(super) fn can_be_asked() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks until the answer is yes or no; the end of input is no. A read of standard input cannot be cancelled: when this
/// is dropped, the process has to end.
pub(super) async fn is_accepted(
    language: Language,
    host: &str,
    key: Fingerprint,
) -> io::Result<bool> {
    let explanation = language.key_unknown_yet(host, &key.to_string()).to_string();
    let mut question = format!("{explanation}\n{}", language.accept_key());
    loop {
        write!(io::stderr(), "{question}")?;
        // A terminal hands over one line at a time, so nothing that is typed ahead is lost.
        let read = || {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map(|_| line)
        };
        let line = spawn_blocking(read).await.map_err(io::Error::other)??;
        if let Some(answer) = answer_in(&line) {
            return Ok(answer);
        }
        language.yes_or_no().clone_into(&mut question);
    }
}

/// The answer in a line, in whichever language.
fn answer_in(line: &str) -> Option<bool> {
    match line.trim().to_lowercase().as_str() {
        "sí" | "si" | "s" | "yes" | "y" => Some(true),
        "no" | "n" => Some(false),
        // Without a newline it is the end of input.
        _ => (!line.ends_with('\n')).then_some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r10_15_only_a_clear_answer_is_one() {
        for line in ["sí\n", "SI\n", " s \n", "yes\n", "y\r\n", "SÍ"] {
            assert_eq!(answer_in(line), Some(true), "{line:?}");
        }
        for line in ["no\n", "N\n", "", "quizá"] {
            assert_eq!(answer_in(line), Some(false), "{line:?}");
        }
        for line in ["\n", "quizá\n", "yesno\n"] {
            assert_eq!(answer_in(line), None, "{line:?}");
        }
    }
}
