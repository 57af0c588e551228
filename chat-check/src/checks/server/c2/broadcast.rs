//! Chapter 2: broadcast of each message to all others.

use crate::checks::check::{Check, MANY, Side};
use crate::checks::server::c1::crowd::EIGHT;
use crate::scene::participant::Participant;
use crate::scene::{Scene, Server};
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&FIRST_MESSAGE, &RELAY, &CROWD, &ECHO];

const FIRST_MESSAGE: Check = Check {
    id: "2.1-first-message",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["1.4-silent"],
    title: Text { es: "sobrevive al primer mensaje", en: "survives the first message" },
    explanation: Text {
        es: "Algo falla al recibir: mira el error que imprime el servidor. En Python lo más común \
             es mezclar texto y bytes: `recv` devuelve bytes (usa `.decode(\"utf-8\", \
             \"replace\")` para tener texto) y `send` pide bytes (usa `.encode(\"utf-8\")`).",
        en: "Something fails when a message is received: look at the error that the server prints. \
             In Python it is mostly text and bytes mixed up: `recv` returns bytes (use \
             `.decode(\"utf-8\", \"replace\")` to have text) and `send` wants bytes (use \
             `.encode(\"utf-8\")`).",
    },
    body: first_message,
};

/// A participant that is not heard may have been so from the beginning; this check ignores that.
fn first_message(scene: &mut Scene) -> Checked {
    let server = scene.start()?;
    let mut ana = scene.join(&server, "ana")?;
    let mut beto = scene.join(&server, "beto")?;
    scene.is_admitted(&server, &beto)?;
    let heard = scene.probe(&mut ana, &mut beto).and_then(|()| scene.probe(&mut ana, &mut beto));
    match dead(&server, &ana) {
        Some(came) if heard.is_err() => Err(Halt::fault(
            ["que el servidor siga atendiendo a ana", "that the server goes on serving ana"],
            came,
        )),
        _ => Ok(()),
    }
}

/// Returns the evidence that a participant is no longer served.
fn dead(server: &Server, participant: &Participant) -> Option<Words> {
    let unread = server.socket(participant.local());
    let trace = ["Traceback", "Exception", "panicked", "Error"]
        .iter()
        .any(|sign| server.program.trace().err.look(|heard| heard.find(sign, 0).is_some()));
    if server.program.ended().is_some() {
        Some(["el servidor terminó", "the server ended"].into())
    } else if participant.end().is_some() {
        Some(["el servidor cerró su conexión", "the server closed her connection"].into())
    } else if unread.is_some_and(|socket| socket.unread > 0) {
        Some(["nadie lee lo que envía", "nobody reads what she sends"].into())
    } else {
        trace.then(|| ["el servidor imprimió un error", "the server printed an error"].into())
    }
}

const RELAY: Check = Check {
    id: "2.1-relay",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.1-first-message", "1.4-silent"],
    title: Text {
        es: "un mensaje llega a todos los demás, una sola vez",
        en: "a message reaches all others, once",
    },
    explanation: Text {
        es: "El servidor debe recorrer la lista de clientes conectados y enviar a cada uno, menos \
             al autor, lo que recibió. Comprueba que cada cliente se añade a la lista al \
             aceptarlo, y que hay un hilo (o un selector) que lee de cada conexión.",
        en: "The server has to walk the list of connected clients and send what it received to \
             each but the author. See that each client is added to the list when it is accepted, \
             and that a thread (or a selector) reads from each connection.",
    },
    body: relay,
};

fn relay(scene: &mut Scene) -> Checked {
    if scene.dialect.most_clients == Some(2) {
        return relay_among(scene, ["ana", "beto"]);
    }
    relay_among(scene, ["ana", "beto", "carla"])
}

fn relay_among<const N: usize>(scene: &mut Scene, names: [&str; N]) -> Checked {
    let (_server, participants) = scene.room(names)?;
    let mut participants = Vec::from(participants);
    let (ana, others) = participants.split_at_mut(1);
    let ana = &mut ana[0];
    let token = scene.token();
    ana.say(&token)?;
    for participant in &mut *others {
        participant.hears(&token)?;
    }
    scene.barrier(ana, &mut others[0])?;
    for participant in others {
        let times = participant.count(&token);
        if times != 1 {
            let name = participant.name();
            return Err(Halt::fault(
                ["el mensaje una sola vez", "the message once"],
                Words::new(
                    format!("a {name} le llegó {times} veces"),
                    format!("it reached {name} {times} times"),
                ),
            ));
        }
    }
    Ok(())
}

const CROWD: Check = Check {
    id: "2.1-crowd",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.1-relay", "1.4-three"],
    title: Text {
        es: "también entre ocho llega a todos los demás, una sola vez",
        en: "it reaches all others, once, among eight as well",
    },
    explanation: Text {
        es: "Entre tres va bien, y entre ocho no. Suele haber algo que depende de cuántos son: un \
             cliente que se añade dos veces a la lista, un hilo de más, una lista de tamaño fijo \
             o un índice que se pasa.",
        en: "Among three it goes well, among eight it does not. Usually something depends on how \
             many they are: a client that is added to the list twice, a thread too many, an array \
             of fixed size, or an index that goes too far.",
    },
    body: crowd,
};

fn crowd(scene: &mut Scene) -> Checked {
    relay_among(scene, EIGHT)
}

const ECHO: Check = Check {
    id: "2.2-echo",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.1-relay"],
    title: Text {
        es: "un mensaje no vuelve a quien lo envió",
        en: "a message does not come back to its sender",
    },
    explanation: Text {
        es: "Al recorrer la lista de clientes hay que saltarse al autor: compara cada socket con \
             el de quien envía (`if otro is not cliente:`) antes de enviar.",
        en: "While it walks the list of clients it has to leave out the author: compare each \
             socket with the sender's (`if other is not client:`) before sending.",
    },
    body: echo,
};

/// The sender receives another's message, sent after the other has heard the first: an echo would
/// have come before.
fn echo(scene: &mut Scene) -> Checked {
    if scene.dialect.echo && scene.dialect.is_given("echo") {
        return Err(Halt::Untestable(
            ["el dialecto dado devuelve los mensajes", "the given dialect sends messages back"]
                .into(),
        ));
    }
    let (_server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    let token = scene.token();
    ana.say(&token)?;
    beto.hears(&token)?;
    scene.barrier(&mut beto, &mut ana)?;
    match ana.message(&token) {
        None => Ok(()),
        Some(echo) => Err(Halt::fault(
            ["nada para ana", "nothing for ana"],
            Words::new(
                format!("le volvió su propio mensaje: «{echo}»"),
                format!("her own message came back: \"{echo}\""),
            ),
        )),
    }
}
