//! Chapter 2: what one says, all others hear.

use crate::catalogue::{Check, MANY, Side};
use crate::scene::Scene;
use crate::text::Text;
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&RELAY, &ECHO];

const RELAY: Check = Check {
    id: "2.1-relay",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &[],
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
    let (_server, [mut ana, mut beto, mut carla]) = scene.room(["ana", "beto", "carla"])?;
    let token = scene.token();
    ana.say(&token)?;
    beto.hears(&token)?;
    carla.hears(&token)?;
    scene.barrier(&mut ana, &mut beto)?;
    for voice in [&beto, &carla] {
        let times = voice.count(&token);
        if times != 1 {
            let name = voice.name();
            return Err(Halt::fault(
                ["el mensaje una sola vez", "the message once"],
                crate::text::Words::new(
                    format!("a {name} le llegó {times} veces"),
                    format!("it reached {name} {times} times"),
                ),
            ));
        }
    }
    Ok(())
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

/// The sender sees what another says after it heard the message: an echo would have come before.
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
    let relayed = beto.hears(&token)?;
    scene.barrier(&mut beto, &mut ana)?;
    match ana.message(&token) {
        None => Ok(()),
        Some(echo) if echo == relayed => Err(Halt::fault(
            ["nada para ana", "nothing for ana"],
            crate::text::Words::new(
                format!("le volvió su propio mensaje: «{echo}»"),
                format!("her own message came back: \"{echo}\""),
            ),
        )),
        Some(receipt) => Err(Halt::NotStrict(crate::text::Words::new(
            format!("el autor recibe un acuse: «{receipt}»"),
            format!("the author gets a receipt: \"{receipt}\""),
        ))),
    }
}
