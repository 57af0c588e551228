//! Chapter 1.4: many clients at the same time, some of them silent.

use crate::checks::check::{Check, MANY, NAMED, Side};
use crate::dialect::Naming;
use crate::scene::joining::turned_away;
use crate::scene::participant::Participant;
use crate::scene::{Scene, Server};
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&TWO_AT_ONCE, &SILENT, &THREE, &NAMELESS];

const TWO_AT_ONCE: Check = Check {
    id: "1.4-two-at-once",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["1.1-listens"],
    title: Text {
        es: "atiende a dos clientes a la vez",
        en: "serves two clients at the same time",
    },
    explanation: Text {
        es: "Si el bucle que acepta conexiones también conversa con el cliente, nadie más entra \
             hasta que se va. Después de `accept()` crea un hilo para ese cliente \
             (`threading.Thread(target=atender, args=(cliente,), daemon=True).start()`) y vuelve a \
             `accept()` enseguida; o usa `selectors` o `asyncio`.",
        en: "When the loop that accepts connections also talks with the client, nobody else gets \
             in until that one leaves. After `accept()` create a thread for the client \
             (`threading.Thread(target=serve, args=(client,), daemon=True).start()`) and go back \
             to `accept()` at once; or use `selectors` or `asyncio`.",
    },
    body: two_at_once,
};

/// The first has spoken already, so the server does not wait for that.
fn two_at_once(scene: &mut Scene) -> Checked {
    let server = scene.start()?;
    let mut ana = enter(scene, &server, "ana")?;
    ana.say(&scene.token())?;
    enter(scene, &server, "beto").map(drop)
}

const SILENT: Check = Check {
    id: "1.4-silent",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["1.4-two-at-once"],
    title: Text {
        es: "clientes callados no demoran a los que llegan después",
        en: "silent clients do not delay those who come later",
    },
    explanation: Text {
        es: "El servidor espera el primer mensaje de un cliente (`recv`) en el mismo lugar donde \
             acepta conexiones, así que uno que no dice nada detiene a todos. Toda lectura va en \
             el hilo de ese cliente.",
        en: "The server waits for a client's first message (`recv`) in the same place where it \
             accepts connections, so one that says nothing stops everybody. All reading belongs in \
             that client's thread.",
    },
    body: silent,
};

fn silent(scene: &mut Scene) -> Checked {
    let server = scene.start()?;
    let _ana = enter(scene, &server, "ana")?;
    enter(scene, &server, "beto").map(drop)
}

const THREE: Check = Check {
    id: "1.4-three",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["1.4-silent"],
    title: Text {
        es: "atiende a más de dos clientes: ocho a la vez",
        en: "serves more than two clients: eight at the same time",
    },
    explanation: Text {
        es: "Los clientes van en una lista o un diccionario que crece, no en dos variables, y \
             `accept()` se repite siempre. El número de `listen(n)` no limita los clientes: solo \
             cuántos esperan a ser aceptados.",
        en: "Clients belong in a list or a dictionary that grows, not in two variables, and \
             `accept()` is repeated for ever. The number in `listen(n)` is no limit of clients: \
             only of how many may wait to be accepted.",
    },
    body: three,
};

/// Names for as many clients as any server has to serve at the same time.
pub(in crate::checks::server) const EIGHT: [&str; 8] =
    ["ana", "beto", "carla", "diana", "elsa", "fabio", "gina", "hugo"];

fn three(scene: &mut Scene) -> Checked {
    let server = scene.start()?;
    let mut participants = Vec::new();
    let allowed = scene.dialect.most_clients.filter(|_| scene.dialect.is_given("most-clients"));
    for name in EIGHT.into_iter().take(allowed.unwrap_or(EIGHT.len())) {
        let mut participant = scene.connect_beyond(&server, name)?;
        scene.is_served(&server, &participant)?;
        scene.introduce(&mut participant, name)?;
        participants.push(participant);
    }
    scene.settle(&server.program)?;
    for (number, participant) in (1..).zip(&participants) {
        if participant.end().is_some() || !server.has(participant.local()) {
            return Err(Halt::fault(
                Words::new(
                    format!(
                        "que los {} sigan conectados, también el número {number}",
                        participants.len()
                    ),
                    format!("that all {} stay connected, number {number} too", participants.len()),
                ),
                turned_away(participant)
                    .unwrap_or(["cerró su conexión", "it closed the connection"].into()),
            ));
        }
    }
    Ok(())
}

const NAMELESS: Check = Check {
    id: "1.4-nameless",
    side: Side::Server,
    level: Level::Must,
    profiles: NAMED,
    needs: &["1.4-two-at-once"],
    title: Text {
        es: "quien no dice su nombre no demora a los demás",
        en: "who does not give a name does not delay the others",
    },
    explanation: Text {
        es: "El servidor pide y lee el nombre en el bucle de `accept()`: mientras uno piensa su \
             nombre, nadie más puede entrar. Pide y lee el nombre en el hilo del cliente, antes de \
             añadirlo a la lista.",
        en: "The server asks for the name and reads it in the loop around `accept()`: while one \
             thinks about a name, nobody else can get in. Ask for it and read it in the client's \
             thread, before the client is added to the list.",
    },
    body: nameless,
};

fn nameless(scene: &mut Scene) -> Checked {
    if scene.dialect.naming == Naming::None {
        return Err(Halt::Untestable(["no hay nombres", "there are no names"].into()));
    }
    let server = scene.start()?;
    let _nameless = scene.connect(&server, "ana")?;
    enter(scene, &server, "beto").map(drop)
}

/// Joins, and checks that the server has accepted the connection.
fn enter(scene: &Scene, server: &Server, name: &str) -> Checked<Participant> {
    let mut participant = scene.connect(server, name)?;
    scene.is_admitted(server, &participant)?;
    scene.introduce(&mut participant, name)?;
    Ok(participant)
}
