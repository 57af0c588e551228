//! Chapter 5: each client has a name before it takes part.

use crate::checks::check::{Check, NAMED, Side};
use crate::checks::server::synchronization::let_go;
use crate::dialect::{Label, Naming};
use crate::scene::Scene;
use crate::scene::participant::Participant;
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&ASKS, &NOT_BEFORE, &IN_STEP, &DEADLINE];

const ASKS: Check = Check {
    id: "5.1-asks",
    side: Side::Server,
    level: Level::Must,
    profiles: NAMED,
    needs: &["2.1-relay"],
    title: Text {
        es: "el servidor pide un nombre a cada cliente",
        en: "the server asks each client for a name",
    },
    explanation: Text {
        es: "Después de aceptar una conexión el servidor debe enviar una palabra clave (`nombre \
             del cliente`, `NICK`) y tomar lo siguiente que llega como nombre. Comprueba que la \
             envía en cada conexión, en el hilo de ese cliente.",
        en: "After it has accepted a connection the server has to send a keyword (`nombre del \
             cliente`, `NICK`) and to take what comes next as the name. See that it sends it on \
             each connection, in that client's thread.",
    },
    body: asks,
};

fn asks(scene: &mut Scene) -> Checked {
    match scene.dialect.naming {
        Naming::Asked(_) => {}
        Naming::First => {
            return Err(Halt::NotStrict(Words::new(
                "no lo pide: toma el primer mensaje como nombre",
                "it does not ask: it takes the first message as the name",
            )));
        }
        Naming::None => {
            return Err(Halt::fault(
                ["que se pida un nombre al conectarse", "that a name is asked for on connecting"],
                [
                    "no se pidió ninguno, y el primer mensaje tampoco se toma como nombre",
                    "none was asked for, nor is the first message taken as one",
                ],
            ));
        }
    }
    let server = scene.start()?;
    let _ana = scene.join(&server, "ana")?;
    scene.join(&server, "beto").map(drop)
}

const NOT_BEFORE: Check = Check {
    id: "5.1-not-before",
    side: Side::Server,
    level: Level::Must,
    profiles: NAMED,
    needs: &["5.1-asks"],
    title: Text {
        es: "quien no ha dado su nombre no participa todavía",
        en: "who has not given a name does not take part yet",
    },
    explanation: Text {
        es: "Un cliente que aún no había dado su nombre recibió lo que decían los demás. \
             Comprueba que el cliente se añade a la lista después de recibir su nombre, no al \
             aceptar la conexión.",
        en: "A client that had not given its name yet received what the others said. See that a \
             client is added to the list after its name was received, not when its connection is \
             accepted.",
    },
    body: not_before,
};

fn not_before(scene: &mut Scene) -> Checked {
    let (ana, beto) = (scene.name("ana"), scene.name("beto"));
    let (server, [mut ana, mut beto]) = scene.room([&ana, &beto])?;
    let mark = scene.mark(&mut ana, &mut beto)?;
    let nameless = scene.connect(&server, "caro")?;
    scene.is_admitted(&server, &nameless)?;
    if let Naming::Asked(keyword) = &scene.dialect.naming {
        scene.asked(&nameless, keyword)?;
    }
    let token = scene.token();
    ana.say(&token)?;
    beto.hears(&token)?;
    scene.barrier(&mut ana, &mut beto)?;
    if nameless.count(&token) > 0 {
        let came = Words::new(
            format!("le llegó «{token}» antes de dar su nombre"),
            format!("\"{token}\" reached it before it gave its name"),
        );
        return Err(match scene.dialect.naming {
            // Where no name is asked for, it is not said that a name comes first.
            Naming::First => Halt::NotStrict(came),
            _ => Halt::fault(
                ["nada para quien no tiene nombre", "nothing for who has no name"],
                came,
            ),
        });
    }
    let port = nameless.local().port().to_string();
    let (local, before) = (nameless.local(), beto.messages().len());
    nameless.close();
    let_go(scene, &server, local);
    let last = scene.token();
    ana.say(&last)?;
    beto.hears(&last)?;
    let mut heard = beto.messages().into_iter().enumerate().skip(mark);
    // A prompt contains no words.
    let is_another =
        |message: &str| !message.contains(&last) && message.contains(char::is_alphanumeric);
    let announced =
        heard.find(|(at, message)| message.contains(&port) || *at >= before && is_another(message));
    announced.map_or(Ok(()), |(_, notice)| {
        Err(Halt::NotStrict(Words::new(
            format!("se anunció a quien no tenía nombre: «{notice}»"),
            format!("somebody without a name was announced: \"{notice}\""),
        )))
    })
}

const IN_STEP: Check = Check {
    id: "5.4-names-in-step",
    side: Side::Server,
    level: Level::Must,
    profiles: NAMED,
    needs: &["3.3-closed", "5.1-asks"],
    title: Text {
        es: "cada uno conserva su nombre cuando otro se va",
        en: "everybody keeps their name when somebody else leaves",
    },
    explanation: Text {
        es: "Cuando un cliente se fue, los mensajes de otro salieron con un nombre ajeno: la \
             lista de clientes y la de nombres ya no van a la par. Al quitar un cliente hay que \
             quitar también su nombre, en la misma posición; es más seguro un solo diccionario \
             (`nombres[cliente] = nombre`).",
        en: "When a client left, another one's messages came with somebody else's name: the list \
             of clients and that of names are out of step. Whoever removes a client has to remove \
             its name as well, at the same position; one dictionary (`names[client] = name`) is \
             safer.",
    },
    body: in_step,
};

/// The first of four leaves, and then one from the middle of those that are left.
fn in_step(scene: &mut Scene) -> Checked {
    labelled(scene)?;
    let names = ["ana", "beto", "caro", "dora"].map(|name| scene.name(name));
    let [ana, beto, caro, dora] = names.each_ref().map(String::as_str);
    let (server, [ana, mut beto, mut caro, mut dora]) = scene.room([ana, beto, caro, dora])?;
    signs(scene, &mut dora, &mut beto)?;
    let local = ana.local();
    ana.close();
    let_go(scene, &server, local);
    signs(scene, &mut caro, &mut beto)?;
    signs(scene, &mut dora, &mut beto)?;
    signs(scene, &mut beto, &mut dora)?;
    let local = caro.local();
    caro.close();
    let_go(scene, &server, local);
    signs(scene, &mut dora, &mut beto)?;
    signs(scene, &mut beto, &mut dora)
}

/// The speaker's words reach the listener with the speaker's name.
fn signs(scene: &Scene, speaker: &mut Participant, listener: &mut Participant) -> Checked {
    let token = scene.token();
    speaker.say(&token)?;
    let heard = listener.hears(&token)?;
    if tells_of(&heard, speaker.name()) {
        return Ok(());
    }
    let name = speaker.name();
    Err(Halt::fault(
        Words::new(
            format!("el mensaje de {name} con su nombre"),
            format!("the message of {name} with that name"),
        ),
        Words::new(format!("llegó «{heard}»"), format!("\"{heard}\" came")),
    ))
}

const DEADLINE: Check = Check {
    id: "5.6-name-deadline",
    side: Side::Server,
    level: Level::Info,
    profiles: NAMED,
    needs: &["5.1-asks"],
    title: Text {
        es: "a quien no da su nombre no se le espera para siempre",
        en: "nobody is waited for without end who does not give a name",
    },
    explanation: Text {
        es: "Una conexión que no da su nombre ocupa un lugar sin límite de tiempo. Pon un plazo \
             antes de recibir el nombre (`cliente.settimeout(20)`), cierra la conexión si pasa, y \
             quítalo en cuanto lo tengas (`cliente.settimeout(None)`): si no, cuenta también para \
             los mensajes.",
        en: "A connection that gives no name takes a place without end. Set a deadline before the \
             name is received (`client.settimeout(20)`), close the connection when it passes, and \
             take it away once you have the name (`client.settimeout(None)`): otherwise it counts \
             for messages, too.",
    },
    body: deadline,
};

/// A client that gives no name is idle as well.
fn deadline(scene: &mut Scene) -> Checked {
    let Some(idle) = scene.timeouts.idle else {
        return Err(Halt::Untestable(Words::new(
            "no se sabe cuánto hay que esperar; se comprueba con --idle TIEMPO",
            "it is not known how long to wait; --idle TIME has it checked",
        )));
    };
    let server = scene.start()?;
    let mut nameless = scene.connect(&server, "ana")?;
    nameless.ends_within(idle + scene.timeouts.patience * 2).map(drop)
}

/// Returns whether a text contains this name, in whatever letters: a server may write all names in
/// its own.
pub(in crate::checks::server) fn tells_of(text: &str, name: &str) -> bool {
    text.to_lowercase().contains(&name.to_lowercase())
}

/// Messages must show their speaker.
pub(in crate::checks::server) fn labelled(scene: &Scene) -> Checked {
    if scene.dialect.label == Label::Name {
        return Ok(());
    }
    Err(Halt::Untestable(Words::new(
        "los mensajes no llevan el nombre de quien los envía",
        "messages do not have their sender's name",
    )))
}
