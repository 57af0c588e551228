//! What a server prints.

use rustix::process::Signal;

use crate::scene::{Scene, Server};
use crate::text::Words;
use crate::verdict::{Checked, Halt};

/// What to look for in what a server prints about an event.
pub(super) struct Print<'a> {
    /// The line, to the letter.
    pub(super) line: &'a str,
    /// What at least must stand in it; nothing when anything new will do.
    pub(super) part: &'a str,
    /// How many bytes had been printed before the event.
    pub(super) before: u64,
}

/// How long a line is waited for that another line has replaced, as a multiple of the grace.
const OTHERWISE: u32 = 3;

/// How many bytes a server has printed, once it has said what it says at its start.
pub(super) fn printed(scene: &Scene, server: &Server) -> u64 {
    let out = &server.program.trace().out;
    out.wait(scene.terms.grace * OTHERWISE, |heard| heard.find("esperando clientes", 0));
    out.look(|heard| heard.total)
}

/// The server prints this. A program that says nothing at all before it ends keeps what it prints
/// in its memory; since nothing else is wrong with it, it is ended to see it.
pub(super) fn prints(scene: &Scene, server: &Server, print: &Print) -> Checked {
    let out = &server.program.trace().out;
    let said = out.look(|heard| heard.total) > 0
        || out
            .wait(scene.terms.grace * OTHERWISE, |heard| (heard.total > 0).then_some(()))
            .is_some();
    if !said {
        return at_its_end(scene, server, print);
    }
    let partly = out.wait(scene.terms.patience, |heard| {
        (heard.total > print.before && heard.find(print.part, 0).is_some()).then_some(())
    });
    if partly.is_none() {
        return Err(missing(print));
    }
    let whole = out.wait(scene.terms.grace * OTHERWISE, |heard| {
        String::from_utf8_lossy(&heard.bytes).lines().any(|line| line == print.line).then_some(())
    });
    whole.ok_or_else(|| {
        Halt::NotStrict(Words::new(
            format!("lo que imprime no es «{}»", print.line),
            format!("what it prints is not \"{}\"", print.line),
        ))
    })
}

fn at_its_end(scene: &Scene, server: &Server, print: &Print) -> Checked {
    server.program.signal(Signal::INT);
    server.program.wait(scene.terms.patience);
    let out = &server.program.trace().out;
    out.wait(scene.terms.grace, |heard| heard.end);
    let found = out.look(|heard| heard.total > 0 && heard.find(print.part, 0).is_some());
    if found {
        Err(Halt::NotStrict(
            [
                "lo imprime recién al terminar: usa print(..., flush=True), o python3 -u",
                "prints it only when it ends: use print(..., flush=True), or python3 -u",
            ]
            .into(),
        ))
    } else {
        Err(missing(print))
    }
}

fn missing(print: &Print) -> Halt {
    Halt::fault(
        Words::new(
            format!("que imprima «{}»", print.line),
            format!("that it prints \"{}\"", print.line),
        ),
        ["no imprimió nada parecido", "it printed nothing of the kind"],
    )
}
