//! Chapter 3: clients that are gone, in each way of leaving.

use std::time::{Duration, Instant};

use crate::checks::check::{Check, EVERY, MANY, Side};
use crate::checks::server::printing::{
    Print, about_leaving, in_each_language, printed, prints, shows,
};
use crate::checks::server::synchronization::{at_once, let_go};
use crate::scene::participant::Participant;
use crate::scene::{Scene, Server};
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&BUSY, &CLOSED, &RESET, &PRINTS, &DEAD_PEER, &ADJACENT];

const BUSY: Check = Check {
    id: "3.4-busy",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &["1.6-forever"],
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

/// Duration of one measurement of a server that has nothing to do.
const LOOK: Duration = Duration::from_millis(500);

/// Processor time below which a server counts as idle in one measurement.
const IDLE: Duration = Duration::from_millis(50);

/// Processor time that only a busy loop can have used.
const WORK: Duration = Duration::from_millis(400);

/// Minimum of measurements of a server that has used this much: a virtual machine has to warm up.
const WARM: usize = 3;

/// Limit on the measurements of a server that may just not have been given a processor.
const LOOKS: usize = 20;

fn busy(scene: &mut Scene) -> Checked {
    let server = scene.start()?;
    let ana = scene.join(&server, "ana")?;
    let local = ana.local();
    scene.accepted(&server, local)?;
    ana.close();
    scene.within(LOOK, || (!server.has(local)).then_some(()));
    // Half of a connection may stay open, or be closed.
    let mut beto = scene.join(&server, "beto")?;
    scene.is_admitted(&server, &beto)?;
    beto.end_sending();
    let (begun, before) = (Instant::now(), server.program.cpu());
    let mut used = Duration::ZERO;
    for looks in 1..=LOOKS {
        scene.pause(LOOK)?;
        let all = server.program.cpu().saturating_sub(before);
        // A program that is not given a processor uses none either, but does not wait.
        if all.saturating_sub(used) <= IDLE && server.program.is_waiting() {
            return Ok(());
        }
        used = all;
        if looks >= WARM && used > WORK {
            break;
        }
    }
    if used <= WORK {
        return Ok(());
    }
    let (millis, elapsed) = (used.as_millis(), begun.elapsed().as_millis());
    Err(Halt::fault(
        ["un servidor que espera", "a server that waits"],
        Words::new(
            format!("usó {millis} ms de procesador en {elapsed} ms sin tener nada que hacer"),
            format!("it used {millis} ms of processor time in {elapsed} ms with nothing to do"),
        ),
    ))
}

const CLOSED: Check = Check {
    id: "3.3-closed",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &["3.4-busy"],
    title: Text {
        es: "cuando un cliente cierra, el servidor cierra su lado",
        en: "when a client closes, the server closes its side",
    },
    explanation: Text {
        es: "Cuando `recv` devuelve `b\"\"` el cliente se fue: quítalo de la lista y llama a \
             `cliente.close()`. Sin eso el socket queda en CLOSE_WAIT, y con suficientes clientes \
             el servidor ya no puede abrir otro.",
        en: "When `recv` returns `b\"\"` the client has left: take it out of the list and call \
             `client.close()`. Otherwise the socket stays in CLOSE_WAIT, and after enough clients \
             the server cannot open another.",
    },
    body: closed,
};

fn closed(scene: &mut Scene) -> Checked {
    parts(scene, Participant::close)
}

const RESET: Check = Check {
    id: "3.3-reset",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &["3.3-closed"],
    title: Text {
        es: "una conexión cortada no tumba al servidor",
        en: "a connection that is reset does not bring the server down",
    },
    explanation: Text {
        es: "Si el cliente muere, `recv` lanza ConnectionResetError. Trátalo como el fin de la \
             conexión: `try: ... except OSError:` y, en `finally`, quítalo de la lista y ciérralo.",
        en: "When a client dies, `recv` raises ConnectionResetError. Treat it as the end of the \
             connection: `try: ... except OSError:` and, in `finally`, take it out of the list and \
             close it.",
    },
    body: reset,
};

fn reset(scene: &mut Scene) -> Checked {
    parts(scene, Participant::reset)
}

/// The server releases the connection of a client that leaves in this way, and lets the next one
/// in.
fn parts(scene: &mut Scene, leave: fn(Participant)) -> Checked {
    let server = scene.start()?;
    let ana = scene.join(&server, "ana")?;
    let local = ana.local();
    scene.accepted(&server, local)?;
    // What has not been read would turn the end into a reset.
    scene.settle(&server.program)?;
    ana.reads_until_quiet(scene.timeouts.grace);
    leave(ana);
    if !let_go(scene, &server, local) {
        return Err(Halt::fault(
            ["que el servidor cierre su lado de la conexión", "that the server closes its side"],
            ["el socket sigue abierto", "the socket is still open"],
        ));
    }
    let beto = scene.join(&server, "beto")?;
    scene.is_admitted(&server, &beto)?;
    // A reset removes the connection from the system's tables before the server has noticed it.
    scene.settle(&server.program)?;
    match (server.program.ended(), beto.end()) {
        (None, None) => Ok(()),
        _ => Err(Halt::fault(
            ["que el siguiente cliente siga conectado", "that the next client stays connected"],
            ["su conexión se cortó", "its connection was cut"],
        )),
    }
}

const PRINTS: Check = Check {
    id: "3.3-prints",
    side: Side::Server,
    level: Level::Should,
    profiles: EVERY,
    needs: &["1.2-announced", "3.3-closed"],
    title: Text { es: "imprime quién se desconecta", en: "prints who disconnects" },
    explanation: Text {
        es: "Cuando un cliente se va, el servidor imprime `cliente IP:PUERTO desconectado`. Guarda \
             la dirección que devolvió `accept()`: `getpeername()` ya puede fallar.",
        en: "When a client leaves, the server prints `cliente IP:PORT desconectado`. Keep the \
             address that `accept()` returned: `getpeername()` may fail by then.",
    },
    body: prints_leaving,
};

fn prints_leaving(scene: &mut Scene) -> Checked {
    shows(scene, prints_departure)
}

fn prints_departure(scene: &Scene, server: &Server) -> Checked {
    let ana = scene.join(server, "ana")?;
    let local = ana.local();
    scene.accepted(server, local)?;
    // Output about a client that comes is printed by now; later it would be taken for output about
    // one that leaves.
    scene.pause(scene.timeouts.grace)?;
    let before = printed(scene, server);
    ana.close();
    let lines = in_each_language(|language| language.client_disconnected(local));
    let port = local.port().to_string();
    let parts = about_leaving(scene, &port, "ana");
    prints(scene, server, &Print { lines: &lines, parts: &parts, before })
}

const DEAD_PEER: Check = Check {
    id: "3.3-dead-peer",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.1-relay", "3.3-reset"],
    title: Text {
        es: "un cliente muerto no impide que los demás reciban",
        en: "a dead client does not keep the others from receiving",
    },
    explanation: Text {
        es: "Enviar a quien ya no está lanza OSError. Si el `try` rodea todo el recorrido, el \
             resto se queda sin el mensaje; si el error llega al hilo de quien envía, se \
             desconecta a quien no tiene la culpa. Pon el `try` dentro del recorrido, alrededor de \
             cada envío, y quita al muerto, no al autor.",
        en: "Sending to somebody who is gone raises OSError. When the `try` is around the whole \
             walk, the rest miss the message; when the error reaches the sender's thread, the \
             wrong one is disconnected. Put the `try` inside the walk, around each sending, and \
             remove the dead one, not the author.",
    },
    body: dead_peer,
};

/// One dies at a time. A walk that ends there leaves out both behind it; a list that changes under
/// the walk costs one of them at most, at any time, and is the subject of [`ADJACENT`].
fn dead_peer(scene: &mut Scene) -> Checked {
    let heard = resets(scene, "dll", 8, 1);
    let changed = scene.traces().iter().any(|trace| {
        let error = trace.err.text();
        CHANGED.iter().any(|words| error.contains(words))
    });
    if !changed || !matches!(heard, Err(Halt::Fault { .. })) {
        return heard;
    }
    // One check at least has to fail.
    scene.wait_for_port()?;
    match adjacent(scene) {
        Err(Halt::Fault { .. }) => Err(Halt::Untestable(
            [
                "la lista cambia mientras se la recorre: véase 3.3-adjacent-resets",
                "the list changes while it is walked: see 3.3-adjacent-resets",
            ]
            .into(),
        )),
        _ => heard,
    }
}

/// Words with which languages say that a collection has changed under a walk.
const CHANGED: [&str; 5] = [
    "changed size during iteration",
    "mutated during iteration",
    "ConcurrentModificationException",
    "Collection was modified",
    "concurrent map iteration and map write",
];

const ADJACENT: Check = Check {
    id: "3.3-adjacent-resets",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["3.3-dead-peer"],
    title: Text {
        es: "si varios mueren a la vez, ningún otro se queda sin el mensaje",
        en: "when several die at once, no other misses the message",
    },
    explanation: Text {
        es: "La lista cambia mientras se la recorre: al quitar un elemento, `for` se salta el \
             siguiente. Recorre una copia (`for otro in list(clientes):`) o junta a los muertos \
             aparte y quítalos después; si hay hilos, con un cerrojo.",
        en: "The list changes while it is walked: when an element is removed, `for` skips the \
             next. Walk a copy (`for other in list(clients):`) or gather the dead apart and remove \
             them afterwards; with threads, under a lock.",
    },
    body: adjacent,
};

fn adjacent(scene: &mut Scene) -> Checked {
    resets(scene, "dldddl", 6, 0)
}

/// In each round, these join: `d` to die, `l` to live. Then the first two of the room speak, and the
/// dying reset their connections, before the server sees any of it; the other way round in every
/// other round. The second message finds connections that an error has told to be gone. The living
/// hear it, but for so many, and the speaker stays. All that joined leave then: there are servers for
/// eight. Names have letters only: there are servers that take no others.
fn resets(scene: &mut Scene, pattern: &str, rounds: usize, may_miss: usize) -> Checked {
    let (server, [mut ana, beto]) = scene.room(["ana", "beto"])?;
    let mut living = vec![beto];
    for round in 0..rounds {
        let mut dying = Vec::new();
        for kind in pattern.chars() {
            let mut participant = scene.join(&server, &scene.name(&kind.to_string()))?;
            scene.is_admitted(&server, &participant)?;
            scene.probe(&mut ana, &mut participant)?;
            if kind == 'd' { dying.push(participant) } else { living.push(participant) }
        }
        let token = scene.token();
        at_once(scene, &server, || {
            if round % 2 == 1 {
                dying.clear();
            }
            ana.say(&token)?;
            living[0].say(&scene.token())?;
            dying.clear();
            Ok(())
        })?;
        all_hear(&mut living, &token, may_miss)?;
        match living.first_mut() {
            Some(beto) if ana.end().is_none() && server.has(ana.local()) => {
                scene.probe(&mut ana, beto)?;
            }
            _ => {
                return Err(Halt::fault(
                    ["que ana siga conectada", "that ana stays connected"],
                    ["el servidor la desconectó a ella", "the server disconnected her"],
                ));
            }
        }
        for participant in living.drain(1..) {
            let local = participant.local();
            participant.close();
            let_go(scene, &server, local);
        }
        scene.settle(&server.program)?;
    }
    Ok(())
}

/// Checks that all of these hear this, but for so many.
fn all_hear(living: &mut [Participant], token: &str, may_miss: usize) -> Checked {
    let mut missed = living.iter_mut().filter_map(|participant| {
        participant.hears(token).is_err().then(|| participant.name().to_owned())
    });
    let Some(name) = missed.nth(may_miss) else { return Ok(()) };
    Err(Halt::fault(
        Words::new(
            format!("que a {name} le llegue «{token}»"),
            format!("that \"{token}\" reaches {name}"),
        ),
        ["no le llegó, después de que otros murieran", "it did not, after others had died"],
    ))
}
