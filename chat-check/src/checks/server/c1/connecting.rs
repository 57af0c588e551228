//! Chapter 1: a server's listening address, its output at the start, and its greeting.

use chat_drive::sockets::State;
use chat_protocol::language::Language;

use crate::checks::check::{Check, EVERY, Side};
use crate::checks::server::printing::{
    Print, Printed, about, in_each_language, printed, prints, shows,
};
use crate::dialect::PORT;
use crate::scene::{Scene, Server};
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

/// The greeting of the specification.
const GREETING: &str = Language::Es.greeting();

pub(crate) const CHECKS: &[&Check] = &[&LISTENS, &ANNOUNCED, &ARRIVALS, &GREETS];

const LISTENS: Check = Check {
    id: "1.1-listens",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &[],
    title: Text {
        es: "escucha en 127.0.0.1:12345 y acepta conexiones",
        en: "listens on 127.0.0.1:12345 and accepts connections",
    },
    explanation: Text {
        es: "Comprueba la secuencia `socket`, `bind((\"127.0.0.1\", 12345))`, `listen()` y, en un \
             bucle, `accept()`. Sin `accept()` el sistema completa la conexión, pero nadie la \
             atiende.",
        en: "See that it calls `socket`, `bind((\"127.0.0.1\", 12345))`, `listen()` and, in a \
             loop, `accept()`. Without `accept()` the system completes the connection, but nobody \
             serves it.",
    },
    body: listens,
};

fn listens(scene: &mut Scene) -> Checked {
    let server = scene.start()?;
    let ana = scene.connect(&server, "ana")?;
    scene.is_admitted(&server, &ana)?;
    let wanted = if scene.dialect.is_given("port") { scene.dialect.port } else { PORT };
    let sockets = server.program.sockets();
    let listening = sockets.iter().find(|socket| socket.state == State::Listen);
    match listening.map(|socket| socket.local) {
        // A server that listens on all addresses does so on this one.
        Some(local)
            if local.port() == wanted
                && (local.ip().is_loopback() || local.ip().is_unspecified()) =>
        {
            Ok(())
        }
        Some(local) => Err(Halt::NotStrict(Words::new(
            format!("escucha en {local}, no en 127.0.0.1:{wanted}"),
            format!("listens on {local}, not on 127.0.0.1:{wanted}"),
        ))),
        None => Err(Halt::fault(
            ["que siga escuchando", "that it goes on listening"],
            ["dejó de escuchar al conectarse alguien", "it stopped when somebody connected"],
        )),
    }
}

const ANNOUNCED: Check = Check {
    id: "1.2-announced",
    side: Side::Server,
    level: Level::Should,
    profiles: EVERY,
    needs: &[],
    title: Text {
        es: "al empezar imprime que espera clientes, enseguida",
        en: "prints at its start that it waits for clients, at once",
    },
    explanation: Text {
        es: "Después de `listen()` imprime `servidor de chat iniciado en 127.0.0.1:12345` y \
             `esperando clientes...`. Si la salida no es una terminal, Python la guarda hasta \
             terminar: usa `print(..., flush=True)`. En C: `setvbuf(stdout, NULL, _IOLBF, 0)` al \
             empezar, o `fflush(stdout)` después de cada línea; en Java un `PrintWriter` se vacía \
             solo si se crea con `autoflush`.",
        en: "After `listen()` print `servidor de chat iniciado en 127.0.0.1:12345` and `esperando \
             clientes...`. When its output is no terminal, Python keeps it until it ends: use \
             `print(..., flush=True)`. In C: `setvbuf(stdout, NULL, _IOLBF, 0)` at the start, or \
             `fflush(stdout)` after each line; in Java a `PrintWriter` flushes only when it is \
             created with `autoflush`.",
    },
    body: announced,
};

fn announced(scene: &mut Scene) -> Checked {
    shows(scene, announces)
}

fn announces(scene: &Scene, server: &Server) -> Checked {
    // A server that waits for clients has printed all that it prints at its start.
    scene.settle(&server.program)?;
    let line = format!("servidor de chat iniciado en {}", server.address);
    for line in [line, "esperando clientes...".to_owned()] {
        prints(scene, server, &Print { lines: &[line], parts: &[], before: Printed::default() })?;
    }
    Ok(())
}

const ARRIVALS: Check = Check {
    id: "1.3-prints-arrivals",
    side: Side::Server,
    level: Level::Should,
    profiles: EVERY,
    needs: &["1.2-announced"],
    title: Text {
        es: "imprime cada conexión con su dirección",
        en: "prints each connection with its address",
    },
    explanation: Text {
        es: "`accept()` devuelve el socket y la dirección: imprime `nuevo cliente conectado: \
             IP:PUERTO` con ella, cada vez.",
        en: "`accept()` returns the socket and the address: print `nuevo cliente conectado: \
             IP:PORT` with it, each time.",
    },
    body: arrivals,
};

fn arrivals(scene: &mut Scene) -> Checked {
    shows(scene, prints_arrival)
}

fn prints_arrival(scene: &Scene, server: &Server) -> Checked {
    let before = printed(scene, server);
    // She stays, so that nothing is printed about her leaving.
    let ana = scene.join(server, "ana")?;
    let local = ana.local();
    let lines = in_each_language(|language| language.client_connected(local));
    let port = local.port().to_string();
    let parts = about(scene, &port, "ana");
    prints(scene, server, &Print { lines: &lines, parts: &parts, before })
}

const GREETS: Check = Check {
    id: "1.5-greets",
    side: Side::Server,
    level: Level::Should,
    profiles: EVERY,
    needs: &["1.1-listens"],
    title: Text { es: "saluda a quien se conecta", en: "greets whoever connects" },
    explanation: Text {
        es: "En cuanto acepta una conexión debe enviarle `bienvenido al chat! escribe 'salir' para \
             salir`, sin esperar a que el cliente hable.",
        en: "As soon as it accepts a connection it should send `bienvenido al chat! escribe \
             'salir' para salir`, without waiting until the client speaks.",
    },
    body: greets,
};

fn greets(scene: &mut Scene) -> Checked {
    if !scene.dialect.greeting {
        return Err(Halt::NotStrict(["no envía ningún saludo", "it sends no greeting"].into()));
    }
    let server = scene.start()?;
    let ana = scene.connect(&server, "ana")?;
    let patience = scene.timeouts.patience;
    let heard = ana.captured().wait(patience, |heard| (heard.total > 0).then_some(()));
    if heard.is_none() {
        return Err(Halt::fault(["un saludo", "a greeting"], ana.instead(patience)));
    }
    let exact = ana.captured().wait(scene.timeouts.grace, |heard| {
        Language::ALL.iter().find_map(|language| heard.find(language.greeting(), 0))
    });
    exact.map(drop).ok_or_else(|| {
        Halt::NotStrict(Words::new(
            format!("el saludo no es «{GREETING}»"),
            format!("the greeting is not \"{GREETING}\""),
        ))
    })
}
