//! Printed lines of a server: what it must print about an event.

use chat_drive::captured::Heard;
use chat_protocol::language::Language;

use crate::scene::{Scene, Server};
use crate::text::Words;
use crate::verdict::{Checked, Halt};

/// The expected output of a server about an event.
pub(super) struct Print<'a> {
    /// The whole line, to the letter, in each language of the specification; in Spanish first.
    pub(super) lines: &'a [String],
    /// Parts of the line, in any letters, of which one at least must be printed; when there are
    /// none, any new output passes.
    pub(super) parts: &'a [&'a str],
    /// The output before the event.
    pub(super) before: Printed,
}

/// Number of bytes that a server has printed, on its standard output and on its standard error.
#[derive(Clone, Copy, Default)]
pub(super) struct Printed {
    out: u64,
    err: u64,
}

/// Words in the output about a client that comes or leaves, if its port is not in it.
const CONNECTED: [&str; 3] = ["conect", "connect", "conex"];

/// Returns the parts of which one at least is printed when the client with this port and name comes
/// or leaves.
pub(super) fn about<'a>(scene: &Scene, port: &'a str, name: &'a str) -> Vec<&'a str> {
    let name = Some(name).filter(|_| scene.dialect.has_names());
    CONNECTED.into_iter().chain([port]).chain(name).collect()
}

/// Words about a client that leaves, as programs put them; between blanks, whole words.
const LEFT: [&str; 30] = [
    "eliminad",
    "elimino",
    "eliminó",
    "salió",
    "salio",
    "salido",
    "salida",
    " sale ",
    "se fue",
    "se va",
    " ido ",
    "perdi",
    "caido",
    "caído",
    "abandon",
    "left",
    "leav",
    "bye",
    "adios",
    "adiós",
    "cerr",
    "close",
    "removed",
    "gone",
    "quit",
    "termin",
    " baja ",
    "exited",
    "logged out",
    "offline",
];

/// Returns the parts of which one at least is printed when the client with this port and name
/// leaves.
pub(super) fn about_leaving<'a>(scene: &Scene, port: &'a str, name: &'a str) -> Vec<&'a str> {
    about(scene, port, name).into_iter().chain(LEFT).collect()
}

/// Time-out for a line that may have been replaced by another, as a multiple of the grace.
const OTHERWISE: u32 = 3;

/// Returns how much a server has printed, once it has printed all that it prints at its start.
pub(super) fn printed(scene: &Scene, server: &Server) -> Printed {
    let trace = server.program.trace();
    trace.out.wait(scene.timeouts.grace * OTHERWISE, |heard| heard.find("esperando clientes", 0));
    let [out, err] = [&trace.out, &trace.err].map(|stream| stream.look(|heard| heard.total));
    Printed { out, err }
}

/// Checks the output of a server in a pipe. A server that buffers what it prints into a pipe is
/// checked again with its output on a terminal: nothing else is wrong with it.
pub(super) fn shows(scene: &mut Scene, look: fn(&Scene, &Server) -> Checked) -> Checked {
    let server = scene.start()?;
    let looked = look(scene, &server);
    drop(server);
    let Err(fault @ Halt::Fault { .. }) = looked else { return looked };
    scene.note("once more, with the output on a terminal");
    let server = scene.start_showing()?;
    match look(scene, &server) {
        Ok(()) | Err(Halt::NotStrict(_)) => Err(Halt::NotStrict(Words::new(
            "lo muestra en una terminal, pero no enseguida en una tubería: falta vaciar la salida \
             (`flush=True` en Python, `fflush(stdout)` en C)",
            "it shows it on a terminal, but not at once in a pipe: the output is not flushed \
             (`flush=True` in Python, `fflush(stdout)` in C)",
        ))),
        Err(_) => Err(fault),
    }
}

/// Checks that the server prints this.
pub(super) fn prints(scene: &Scene, server: &Server, print: &Print) -> Checked {
    let trace = server.program.trace();
    let out = || trace.out.look(|heard| print.is_in(heard, print.before.out)).then_some(());
    let err = || trace.err.look(|heard| print.is_in(heard, print.before.err)).then_some(());
    if scene.eventually(|| out().or_else(err)).is_none() {
        return Err(Halt::fault(
            Words::new(
                format!("que imprima «{}»", print.spanish()),
                format!("that it prints \"{}\"", print.spanish()),
            ),
            ["no imprimió nada parecido", "it printed nothing of the kind"],
        ));
    }
    // A server that writes to both may write to the other first.
    if scene.within(scene.timeouts.grace * OTHERWISE, out).is_none() {
        return Err(Halt::NotStrict(Words::new(
            "lo escribe en la salida de errores (stderr)",
            "it writes it to its standard error",
        )));
    }
    let whole = trace.out.wait(scene.timeouts.grace * OTHERWISE, |heard| {
        let text = String::from_utf8_lossy(&heard.bytes);
        text.lines().any(|line| print.lines.iter().any(|wanted| wanted == line)).then_some(())
    });
    whole.ok_or_else(|| {
        Halt::NotStrict(Words::new(
            format!("lo que imprime no es «{}»", print.spanish()),
            format!("what it prints is not \"{}\"", print.spanish()),
        ))
    })
}

/// A text of the specification in each of its languages.
pub(super) fn in_each_language<T: ToString>(text: impl Fn(Language) -> T) -> Vec<String> {
    Language::ALL.iter().map(|language| text(*language).to_string()).collect()
}

impl Print<'_> {
    fn spanish(&self) -> &str {
        self.lines.first().map_or("", String::as_str)
    }

    /// Returns whether the output behind its first `before` bytes contains a part of the line.
    fn is_in(&self, heard: &Heard, before: u64) -> bool {
        if heard.total <= before {
            return false;
        }
        let before = usize::try_from(before).unwrap_or(usize::MAX);
        let new = heard.bytes.get(before..).unwrap_or(&heard.bytes);
        self.parts.is_empty() || contains_part(&String::from_utf8_lossy(new), self.parts)
    }
}

/// Returns whether one of these parts is in an output, in any letters. A blank in a part is
/// the edge of a word.
fn contains_part(output: &str, parts: &[&str]) -> bool {
    let small = output.to_lowercase();
    let words = format!(" {} ", small.replace(|c: char| !c.is_alphanumeric(), " "));
    parts.iter().any(|part| small.contains(part) || words.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_leaves_is_told_from_words_that_end_alike() {
        for output in ["se ha ido\n", "[-] Ana SALE.\n", "closed 5\n", "baja: ana\n", "caído\n"] {
            assert!(contains_part(output, &LEFT), "{output}");
        }
        for output in ["recibido: \n", "comando desconocido\n", "Unido a sala\n", "trabajando\n"] {
            assert!(!contains_part(output, &LEFT), "{output}");
        }
    }
}
