//! Chapter 1: how long a server runs, how it ends, and the reuse of its port.

use std::time::Duration;

use chat_drive::sockets::State;

use crate::checks::check::{Check, EVERY, Side};
use crate::sandbox::death::how;
use crate::sandbox::running::Signal;
use crate::scene::{Scene, Server};
use crate::text::{Lang, Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&FOREVER, &STOPS, &REBIND, &PORT_TAKEN];

const FOREVER: Check = Check {
    id: "1.6-forever",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &["1.1-listens"],
    title: Text {
        es: "sigue funcionando cuando se va el último cliente",
        en: "goes on when the last client has left",
    },
    explanation: Text {
        es: "El bucle de `accept()` no debe depender de que haya clientes: usa `while True:` y no \
             `while clientes:`. El fin de una conexión (`recv` devuelve vacío) termina con ese \
             cliente, no con el servidor.",
        en: "The loop around `accept()` must not depend on there being clients: use `while True:` \
             and not `while clients:`. The end of a connection (`recv` returns nothing) ends that \
             client, not the server.",
    },
    body: forever,
};

/// Time-out for a server to notice that a client has left.
const NOTICE: Duration = Duration::from_millis(500);

fn forever(scene: &mut Scene) -> Checked {
    let server = scene.start()?;
    for name in ["ana", "beto", "carla"] {
        let participant = scene.join(&server, name)?;
        let local = participant.local();
        scene.accepted(&server, local)?;
        participant.close();
        // The server may never release it; another check tests that.
        scene.within(NOTICE, || (!server.has(local)).then_some(()));
        scene.settle(&server.program)?;
        if let Some(status) = server.program.ended() {
            return Err(Halt::fault(
                ["que el servidor siga funcionando", "that the server goes on"],
                Words::new(
                    format!("cuando se fue {name}, su único cliente, {}", how(status).to(Lang::Es)),
                    format!("when {name}, its only client, left, {}", how(status).to(Lang::En)),
                ),
            ));
        }
    }
    Ok(())
}

const STOPS: Check = Check {
    id: "1.6-stops",
    side: Side::Server,
    level: Level::Should,
    profiles: EVERY,
    needs: &["1.1-listens"],
    title: Text {
        es: "termina con Ctrl-C y con SIGTERM, y cierra las conexiones",
        en: "ends at Ctrl-C and at SIGTERM, and closes its connections",
    },
    explanation: Text {
        es: "Con Ctrl-C el programa principal recibe KeyboardInterrupt, pero los hilos que \
             atienden clientes siguen en `recv` y no lo dejan terminar: créalos con \
             `daemon=True`. Atrapa KeyboardInterrupt, imprime `cerrando servidor...` y cierra los \
             sockets; con `signal.signal(signal.SIGTERM, ...)` puedes hacer lo mismo con SIGTERM.",
        en: "At Ctrl-C the main program gets KeyboardInterrupt, but threads that serve clients \
             stay in `recv` and keep it from ending: create them with `daemon=True`. Catch \
             KeyboardInterrupt, print `cerrando servidor...` and close the sockets; with \
             `signal.signal(signal.SIGTERM, ...)` you can do the same at SIGTERM.",
    },
    body: stops,
};

fn stops(scene: &mut Scene) -> Checked {
    let mut not_strict = None;
    for signal in [Signal::Interrupt, Signal::Terminate] {
        let name = match signal {
            Signal::Interrupt => "Ctrl-C (SIGINT)",
            signal => signal.name(),
        };
        let server = scene.start()?;
        let mut ana = scene.join(&server, "ana")?;
        scene.is_admitted(&server, &ana)?;
        // A signal between two steps of an interpreter is seen only when it next wakes up.
        scene.settle(&server.program)?;
        server.program.signal(signal);
        let Some(status) = server.program.wait(scene.timeouts.patience) else {
            return Err(Halt::fault(
                Words::new(format!("que termine con {name}"), format!("that it ends at {name}")),
                ["siguió en ejecución", "it went on running"],
            ));
        };
        ana.ends()?;
        // A reset leaves nothing of the connection: the next start finds its port free.
        ana.reset();
        if !status.success() && not_strict.is_none() {
            not_strict = Some(Words::new(
                format!("con {name} {}; se espera estado 0", how(status).to(Lang::Es)),
                format!("at {name} {}; status 0 is expected", how(status).to(Lang::En)),
            ));
        }
    }
    not_strict.map_or(Ok(()), |words| Err(Halt::NotStrict(words)))
}

const REBIND: Check = Check {
    id: "1.7-rebind",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &["1.1-listens"],
    title: Text {
        es: "puede volver a empezar enseguida en el mismo puerto",
        en: "can be started again at once on the same port",
    },
    explanation: Text {
        es: "Cuando el servidor cierra una conexión primero, su puerto queda un minuto en \
             TIME_WAIT y `bind` falla con «Address already in use». Antes de `bind` usa \
             `servidor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)`.",
        en: "When the server is the first to close a connection, its port stays in TIME_WAIT for a \
             minute and `bind` fails with \"Address already in use\". Before `bind` use \
             `server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)`.",
    },
    body: rebind,
};

/// When the server is killed, the system closes its connections first for it.
fn rebind(scene: &mut Scene) -> Checked {
    let first = scene.start()?;
    let mut ana = scene.join(&first, "ana")?;
    scene.is_admitted(&first, &ana)?;
    first.program.kill();
    ana.ends()?;
    ana.close();
    let second = scene.start()?;
    same_port(&first, &second)
}

/// Checks that the port is the same: a program that takes another port proves nothing about this
/// one.
fn same_port(first: &Server, second: &Server) -> Checked {
    let (before, after) = (first.address.port(), second.address.port());
    if before == after {
        return Ok(());
    }
    Err(Halt::NotStrict(Words::new(
        format!("primero escuchaba en el puerto {before}, después en el {after}"),
        format!("it listened on port {before} first, and on {after} then"),
    )))
}

const PORT_TAKEN: Check = Check {
    id: "1.8-port-taken",
    side: Side::Server,
    level: Level::Should,
    profiles: EVERY,
    needs: &["1.1-listens"],
    title: Text {
        es: "si el puerto está ocupado lo dice y termina con error",
        en: "says so when its port is taken, and ends with an error",
    },
    explanation: Text {
        es: "`bind` lanza OSError si otro programa ya escucha en el puerto. Atrápalo, imprime una \
             línea con la dirección y el motivo, y termina con `sys.exit(1)`. Con SO_REUSEPORT no \
             hay error y los clientes se reparten entre los dos: no lo uses.",
        en: "`bind` raises OSError when another program listens on the port already. Catch it, \
             print one line with the address and the reason, and end with `sys.exit(1)`. With \
             SO_REUSEPORT there is no error, and the clients are split between the two: do not \
             use it.",
    },
    body: port_taken,
};

fn port_taken(scene: &mut Scene) -> Checked {
    let first = scene.start()?;
    let second = scene.start_program("second server")?;
    let listening = || second.sockets().into_iter().find(|socket| socket.state == State::Listen);
    // It has either ended or found a port to listen on.
    scene.within(scene.timeouts.start, || {
        second.ended().map(drop).or_else(|| listening().map(drop))
    });
    let expected = [
        "que diga que el puerto está ocupado y termine",
        "that it says that the port is taken, and ends",
    ];
    if let Some(socket) = listening() {
        if socket.local.port() != first.address.port() {
            return Err(Halt::NotStrict(["toma otro puerto", "it takes another port"].into()));
        }
        return Err(Halt::fault(
            expected,
            ["escucha en el mismo puerto", "it listens on the same"],
        ));
    }
    let Some(status) = second.ended() else {
        return Err(Halt::fault(expected, ["siguió en ejecución", "it went on running"]));
    };
    for stream in [&second.trace().out, &second.trace().err] {
        stream.wait(scene.timeouts.patience, |heard| heard.end);
    }
    let said = [second.trace().err.text(), second.trace().out.text()].concat();
    let lines = said.lines().filter(|line| !line.trim().is_empty()).count();
    match (lines, status.code()) {
        (0, _) => Err(Halt::fault(expected, ["terminó sin decir nada", "it ended without a word"])),
        (1, Some(1..)) => Ok(()),
        (1, _) => Err(Halt::NotStrict(Words::new(
            format!("lo dice, pero {}", how(status).to(Lang::Es)),
            format!("it says so, but {}", how(status).to(Lang::En)),
        ))),
        _ => Err(Halt::NotStrict(
            ["lo dice en más de una línea", "it says so in more than one line"].into(),
        )),
    }
}
