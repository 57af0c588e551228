//! Chapter 3.4: what remains of clients that are gone.

use std::time::{Duration, Instant};

use super::moments::let_go;
use crate::catalogue::{Check, EVERY, Side};
use crate::running::Running;
use crate::scene::{Scene, Server};
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&DESCRIPTORS, &THREADS, &BUSY];

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
    profiles: EVERY,
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

/// How many clients come and go. A pool keeps a few of whatever it has made.
const VISITORS: usize = 20;

/// How many more than before are too many: far more than a pool, and fewer than one per visitor.
const MORE: usize = VISITORS * 3 / 4;

/// After visitors have come and gone this is about what it was after the first.
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
    let voice = scene.join(server, "ana")?;
    let local = voice.local();
    scene.accepted(server, local)?;
    if reset {
        voice.reset()
    } else {
        voice.close()
    }
    let_go(scene, server, local);
    Ok(())
}

const BUSY: Check = Check {
    id: "3.4-busy",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &["3.3-reset"],
    title: Text {
        es: "no gasta procesador cuando un cliente se fue",
        en: "uses no processor time when a client has left",
    },
    explanation: Text {
        es: "Un bucle da vueltas sin parar: cuando `recv` devuelve `b\"\"` hay que salir del bucle \
             (`if not datos: break`) y quitar el socket del selector; con sockets no bloqueantes, \
             espera en `select` en lugar de insistir.",
        en: "A loop goes round without end: when `recv` returns `b\"\"` it has to be left (`if not \
             data: break`) and the socket taken out of the selector; with non-blocking sockets, \
             wait in `select` instead of trying again.",
    },
    body: busy,
};

/// How long is looked at a server that does nothing.
const LOOK: Duration = Duration::from_millis(500);

/// What doing nothing may cost in this time.
const IDLE: Duration = Duration::from_millis(50);

/// Processor time that only somebody can have used who does not rest, even on a crowded machine.
const WORK: Duration = Duration::from_millis(400);

fn busy(scene: &mut Scene) -> Checked {
    let server = scene.start()?;
    visit(scene, &server, false)?;
    visit(scene, &server, true)?;
    // Half of a connection may stay, or be ended.
    let mut ana = scene.join(&server, "ana")?;
    scene.accepted(&server, ana.local())?;
    ana.end_sending();
    let (begun, before) = (Instant::now(), server.program.cpu());
    let used = || server.program.cpu().saturating_sub(before);
    let rests = || begun.elapsed() >= LOOK && used() <= IDLE;
    let judged = scene.eventually(|| (rests() || used() > WORK).then_some(()));
    if judged.is_none() || used() <= WORK {
        return Ok(());
    }
    let (millis, elapsed) = (used().as_millis(), begun.elapsed().as_millis());
    Err(Halt::fault(
        ["un servidor que espera", "a server that waits"],
        Words::new(
            format!("usó {millis} ms de procesador en {elapsed} ms sin tener nada que hacer"),
            format!("it used {millis} ms of processor time in {elapsed} ms with nothing to do"),
        ),
    ))
}
