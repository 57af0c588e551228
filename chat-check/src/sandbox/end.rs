//! The end of a program in words.

use std::process::ExitStatus;

use crate::text::Words;

/// Describes an exit status in words.
pub(crate) fn how(status: ExitStatus) -> Words {
    match status.code() {
        // What shells say too.
        Some(127) => Words::new(
            "no se encontró el programa (estado 127)",
            "the program was not found (status 127)",
        ),
        Some(code) => Words::new(
            format!("el programa terminó con estado {code}"),
            format!("the program ended with status {code}"),
        ),
        None => signal_in_words(status),
    }
}

#[cfg(unix)]
fn signal_in_words(status: ExitStatus) -> Words {
    match std::os::unix::process::ExitStatusExt::signal(&status) {
        Some(signal) => Words::new(
            format!("la señal {signal} terminó el programa"),
            format!("signal {signal} ended the program"),
        ),
        None => ["el programa terminó", "the program ended"].into(),
    }
}

#[cfg(not(unix))]
fn signal_in_words(_: ExitStatus) -> Words {
    ["el programa terminó", "the program ended"].into()
}
