//! Chapter 3.4: resources of clients that are gone.

use crate::checks::check::{Check, EVERY, MANY, Side};
use crate::checks::server::synchronization::let_go;
use crate::sandbox::running::Running;
use crate::scene::{Scene, Server};
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&DESCRIPTORS, &THREADS];

const DESCRIPTORS: Check = Check {
    id: "3.4-descriptors",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &["3.3-reset"],
    title: Text {
        es: "no quedan sockets ni archivos abiertos de quienes se fueron",
        en: "no sockets or files stay open of those who have left",
    },
    explanation: Text {
        es: "Cada cliente que pasó dejó un descriptor abierto: con `finally: cliente.close()` se \
             cierra siempre, también después de un error. Cierra también lo que abriste por \
             cliente (`makefile()`, un archivo, un `dup()`), y quítalo de toda lista o selector.",
        en: "Each client that came left a descriptor open: with `finally: client.close()` it is \
             closed always, also after an error. Close whatever else was opened for the client \
             (`makefile()`, a file, a `dup()`), and take it out of every list or selector.",
    },
    body: descriptors,
};

fn descriptors(scene: &mut Scene) -> Checked {
    returns(scene, Running::descriptors, ["descriptores", "descriptors"])
}

const THREADS: Check = Check {
    id: "3.4-threads",
    side: Side::Server,
    level: Level::Should,
    profiles: MANY,
    needs: &["3.3-reset"],
    title: Text {
        es: "no quedan hilos de quienes se fueron",
        en: "no threads stay of those who have left",
    },
    explanation: Text {
        es: "El hilo de un cliente debe terminar cuando el cliente se va: comprueba que su bucle \
             acaba cuando `recv` devuelve `b\"\"` o falla. Si otro hilo espera en una cola, pon en \
             ella una señal de fin (`cola.put(None)`).",
        en: "A client's thread must end when the client leaves: see that its loop ends when `recv` \
             returns `b\"\"` or fails. When another thread waits at a queue, put a sign of the end \
             into it (`queue.put(None)`).",
    },
    body: threads,
};

fn threads(scene: &mut Scene) -> Checked {
    returns(scene, Running::threads, ["hilos", "threads"])
}

/// Number of clients that come and go. A pool keeps a few of whatever it has made.
const VISITORS: usize = 20;

/// Growth that counts as a leak: far more than a pool, and fewer than one per visitor.
const MORE: usize = VISITORS * 3 / 4;

/// Checks that a measure returns to about its value after the first visitor, once others have come
/// and gone.
fn returns(scene: &mut Scene, measure: fn(&Running) -> usize, what: [&str; 2]) -> Checked {
    let server = scene.start()?;
    visit(scene, &server, false)?;
    let before = measure(&server.program);
    for number in 0..VISITORS {
        visit(scene, &server, number % 2 == 0)?;
    }
    let most = before + MORE;
    let now = || Some(measure(&server.program)).filter(|now| *now < most);
    if scene.eventually(now).is_some() {
        return Ok(());
    }
    let after = measure(&server.program);
    let [es, en] = what;
    Err(Halt::fault(
        Words::new(
            format!("unos {before} {es}, como al principio"),
            format!("some {before} {en}, as at first"),
        ),
        Words::new(
            format!("{after} {es} después de {VISITORS} clientes"),
            format!("{after} {en} after {VISITORS} clients"),
        ),
    ))
}

fn visit(scene: &Scene, server: &Server, reset: bool) -> Checked {
    // The name of the client before may still be taken.
    let participant = scene.join(server, &scene.name("ana"))?;
    let local = participant.local();
    scene.accepted(server, local)?;
    if reset {
        participant.reset();
    } else {
        participant.close();
    }
    let_go(scene, server, local);
    Ok(())
}
