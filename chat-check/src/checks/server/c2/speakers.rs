//! Chapter 2: the order of messages, their speakers, and the server's output about them.

use std::collections::HashMap;
use std::time::Duration;

use chat_protocol::options::profile::Profile;

use crate::checks::check::{Check, MANY, Side};
use crate::checks::server::printing::{Print, in_each_language, printed, prints, shows};
use crate::checks::server::synchronization::{at_once, read_by};
use crate::dialect::{Label, long_enough};
use crate::scene::participant::Participant;
use crate::scene::{Scene, Server};
use crate::text::{Text, Words, shortened};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&ORDER, &INTERLEAVED, &TOTAL_ORDER, &LABEL, &PRINTS];

/// Messages that one client sends in a row: enough for a system to change threads between them.
const ROW: usize = 300;

/// The same where a course may limit a client's rate: twenty a second pass before patience ends.
const ROW_LIMITED: usize = 30;

/// The same when each must be sent apart.
const ROW_APART: usize = 8;

const ORDER: Check = Check {
    id: "2.3-order",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.1-relay", "2.6-split", "2.8-two-in-one"],
    title: Text {
        es: "los mensajes de uno llegan en el orden en que los envió",
        en: "one's messages arrive in the order in which they were sent",
    },
    explanation: Text {
        es: "TCP conserva el orden; el servidor lo pierde si crea un hilo o una tarea por mensaje, \
             o si guarda lo pendiente en algo que no es una cola. Reenvía cada mensaje en el mismo \
             hilo que lo leyó, o por una cola (`queue.Queue`) por cliente.",
        en: "TCP keeps the order; the server loses it when it creates a thread or a task for each \
             message, or keeps what is pending in something that is no queue. Pass each message on \
             in the thread that read it, or through one queue (`queue.Queue`) for each client.",
    },
    body: order,
};

fn order(scene: &mut Scene) -> Checked {
    let (server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    let tokens = row(scene);
    say_all(scene, &server, &mut [(&mut ana, &tokens)])?;
    for token in &tokens {
        beto.hears(token)?;
    }
    let positions: Vec<_> = tokens.iter().map(|token| beto.position(token)).collect();
    if positions.is_sorted() {
        return Ok(());
    }
    Err(Halt::fault(
        ["los mensajes en el orden en que se enviaron", "the messages in the order they were sent"],
        ["llegaron en otro orden", "they came in another order"],
    ))
}

const TOTAL_ORDER: Check = Check {
    id: "2.3-total-order",
    side: Side::Server,
    level: Level::Should,
    profiles: MANY,
    needs: &["2.3-order", "2.1-interleaved"],
    title: Text {
        es: "todos ven los mensajes en un mismo orden",
        en: "all see the messages in one and the same order",
    },
    explanation: Text {
        es: "Si cada hilo reenvía por su cuenta, dos mensajes simultáneos pueden llegar en un \
             orden a unos y en otro a otros. Recorre la lista de clientes con un cerrojo tomado \
             (`with cerrojo:`), y dentro solo pon el mensaje en la cola de cada uno.",
        en: "When each thread passes messages on by itself, two simultaneous ones can reach some \
             in one order and others in another. Walk the list of clients with a lock held (`with \
             lock:`), and only put the message into each one's queue there.",
    },
    body: total_order,
};

fn total_order(scene: &mut Scene) -> Checked {
    let (server, [mut ana, mut beto, mut carla, mut diana]) =
        scene.room(["ana", "beto", "carla", "diana"])?;
    let (of_ana, of_beto) = (row(scene), row(scene));
    say_all(scene, &server, &mut [(&mut ana, &of_ana), (&mut beto, &of_beto)])?;
    let mut orders = Vec::new();
    for listener in [&mut carla, &mut diana] {
        let mut heard = Vec::new();
        for token in of_ana.iter().chain(&of_beto) {
            listener.hears(token)?;
            heard.push((listener.position(token), token));
        }
        heard.sort_unstable();
        orders.push(heard.into_iter().map(|(_, token)| token).collect::<Vec<_>>());
    }
    if orders[0] == orders[1] {
        return Ok(());
    }
    Err(Halt::fault(
        ["el mismo orden para carla y diana", "the same order for carla and diana"],
        ["cada una los vio en otro orden", "each saw them in another order"],
    ))
}

const INTERLEAVED: Check = Check {
    id: "2.1-interleaved",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.1-relay", "2.6-sizes", "2.8-two-in-one"],
    title: Text {
        es: "mensajes simultáneos no se mezclan entre sí",
        en: "simultaneous messages are not mixed up",
    },
    explanation: Text {
        es: "Dos hilos escriben en el mismo socket a la vez y sus trozos se alternan. Prepara el \
             mensaje completo (etiqueta, texto y fin de línea) y envíalo con un solo `sendall`, \
             con un cerrojo por cliente, o deja que un único hilo escriba en cada socket.",
        en: "Two threads write to the same socket at the same time, and their pieces alternate. \
             Put the message together (label, text and newline) and send it with one `sendall`, \
             under a lock for each client, or let only one thread write to each socket.",
    },
    body: interleaved,
};

fn interleaved(scene: &mut Scene) -> Checked {
    if !scene.dialect.framing.has_ends() {
        return Err(no_ends());
    }
    let (server, [mut dora, mut ana, mut beto, mut carla]) =
        scene.room(["dora", "ana", "beto", "carla"])?;
    let texts: Vec<Vec<String>> = (0..3).map(|_| long_row(scene)).collect();
    let mut participants = [&mut ana, &mut beto, &mut carla];
    let identities = participants
        .each_ref()
        .map(|participant| (participant.name().to_owned(), participant.local().port()));
    let mut said: Vec<_> =
        participants.iter_mut().map(|participant| &mut **participant).zip(&texts).collect();
    say_all(scene, &server, &mut said)?;
    let all: HashMap<&str, (usize, &String)> = (0..)
        .zip(&texts)
        .flat_map(|(speaker, texts)| texts.iter().map(move |t| (&t[..TOKEN], (speaker, t))))
        .collect();
    hears_letters(&dora, all.len() * FILLING.len(), scene.timeouts.patience)?;
    // The text behind the letters may come with another read.
    for last in texts.iter().filter_map(|texts| texts.last()) {
        dora.hears(&last[last.len() - TOKEN..]).map_err(|_| torn(&last_of(&dora)))?;
    }
    let whole = |message: &String| {
        let at = message.find(FILLING)?.checked_sub(TOKEN)?;
        let (speaker, text) = all.get(message.get(at..at + TOKEN)?)?;
        let own = is_of(&message[..at], *speaker, &identities, scene.dialect.label);
        let alone = message.matches(FILLING).count() == 1;
        (own && alone && message[at..].starts_with(*text)).then_some(())
    };
    let messages = dora.messages();
    let mut long = messages.iter().filter(|message| message.contains(&FILLING[..TOKEN]));
    long.find(|message| whole(message).is_none()).map_or(Ok(()), |message| Err(torn(message)))
}

/// Waits until so many of the padding's letters were heard, as long as more of them come.
fn hears_letters(participant: &Participant, all: usize, patience: Duration) -> Checked {
    let mut before = 0;
    while before < all {
        let more = participant.captured().wait(patience, |heard| {
            let letters = memchr::memchr_iter(b'X', &heard.bytes).count();
            (letters > before).then_some(letters)
        });
        before = more.ok_or_else(|| torn(&last_of(participant)))?;
    }
    Ok(())
}

/// Returns the last message that this participant has received.
fn last_of(participant: &Participant) -> String {
    participant.messages().pop().unwrap_or_default()
}

/// Returns whether a label names this speaker and no other.
fn is_of(label: &str, speaker: usize, all: &[(String, u16)], by: Label) -> bool {
    let label = label.to_lowercase();
    let named = |(name, port): &(String, u16)| match by {
        Label::Port => label.contains(&port.to_string()),
        Label::Name => label.contains(name),
        Label::None => false,
    };
    let own = by == Label::None || named(&all[speaker]);
    own && all.iter().enumerate().all(|(i, other)| i == speaker || !named(other))
}

/// Number of letters in a token.
const TOKEN: usize = 10;

/// Padding that makes a message long: letters that appear in nothing else.
const FILLING: &str = match std::str::from_utf8(&[b'X'; 700]) {
    Ok(letters) => letters,
    Err(_) => "",
};

/// Long messages, each with one token at its beginning and another at its end.
fn long_row(scene: &Scene) -> Vec<String> {
    let text = |token: String| format!("{token}{FILLING}{}", scene.token());
    row(scene).into_iter().map(text).collect()
}

fn torn(came: &str) -> Halt {
    let came = shortened(came, 120);
    Halt::fault(
        ["cada mensaje entero, con su propia etiqueta", "each message whole, with its own label"],
        Words::new(format!("llegó «{came}»"), format!("\"{came}\" came")),
    )
}

const LABEL: Check = Check {
    id: "2.4-label",
    side: Side::Server,
    level: Level::Should,
    profiles: MANY,
    needs: &["2.1-relay"],
    title: Text { es: "cada mensaje dice quién lo envió", en: "each message says who sent it" },
    explanation: Text {
        es: "Antes del texto va la identidad del autor: su puerto (`cliente.getpeername()[1]` del \
             socket del que se leyó, no de aquel al que se envía) como `usuario PUERTO: texto`, o \
             su nombre como `NOMBRE > texto`.",
        en: "Before the text stands who its author is: the port (`client.getpeername()[1]` of the \
             socket that was read from, not of the one that is sent to) as `usuario PORT: text`, \
             or the name as `NAME > text`.",
    },
    body: label,
};

fn label(scene: &mut Scene) -> Checked {
    let (_server, [mut ana, mut beto, mut carla]) = scene.room(["ana", "beto", "carla"])?;
    let names = scene.dialect.has_names();
    let mut verdict = Ok(());
    let others = [ana.local().port(), beto.local().port(), carla.local().port()];
    for speaker in [&mut ana, &mut beto] {
        let (token, port, name) =
            (scene.token(), speaker.local().port(), long_enough(speaker.name()));
        speaker.say(&token)?;
        let message = carla.hears(&token)?;
        let label = message.split_once(&token).map_or("", |(label, _)| label).to_owned();
        let (by_port, by_name) =
            (label.contains(&port.to_string()), label.to_lowercase().contains(&name));
        let strict = if names { format!("{name} > ") } else { format!("usuario {port}: ") };
        let wrong = others.iter().any(|other| *other != port && label.contains(&other.to_string()));
        let unlabelled = scene.dialect.label == Label::None && !names;
        if (wrong && !by_port) || (names && !by_name) || !(by_port || by_name || unlabelled) {
            return Err(Halt::fault(
                Words::new(
                    format!("el mensaje como «{strict}…»"),
                    format!("the message as \"{strict}…\""),
                ),
                Words::new(format!("llegó «{message}»"), format!("\"{message}\" came")),
            ));
        }
        if label.to_lowercase() != strict {
            verdict = Err(Halt::NotStrict(Words::new(
                format!("la etiqueta es «{label}», no «{strict}»"),
                format!("the label is \"{label}\", not \"{strict}\""),
            )));
        }
    }
    verdict
}

const PRINTS: Check = Check {
    id: "2.5-prints",
    side: Side::Server,
    level: Level::Should,
    profiles: MANY,
    needs: &["1.2-announced", "2.1-first-message"],
    title: Text { es: "imprime cada mensaje", en: "prints each message" },
    explanation: Text {
        es: "Al recibir un mensaje el servidor imprime `cliente IP:PUERTO: texto` (o `NOMBRE > \
             texto`), con `flush=True`.",
        en: "When it receives a message the server prints `cliente IP:PORT: text` (or `NAME > \
             text`), with `flush=True`.",
    },
    body: prints_messages,
};

fn prints_messages(scene: &mut Scene) -> Checked {
    shows(scene, prints_message)
}

fn prints_message(scene: &Scene, server: &Server) -> Checked {
    let before = printed(scene, server);
    let name = scene.name("ana");
    let mut ana = scene.join(server, &name)?;
    scene.is_admitted(server, &ana)?;
    let (token, local) = (scene.token(), ana.local());
    ana.say(&token)?;
    read_by(scene, server, &ana);
    ana.close();
    let lines = if scene.dialect.has_names() {
        vec![format!("{name} > {token}")]
    } else {
        in_each_language(|language| language.console_message_by_port(local, &token))
    };
    prints(scene, server, &Print { lines: &lines, parts: &[&token], before })
}

/// The verdict of a check that needs messages with ends, where they have none.
pub(super) fn no_ends() -> Halt {
    Halt::Untestable(
        [
            "los mensajes no tienen fin: no se distinguen si llegan juntos",
            "messages have no end: they cannot be told apart when they come together",
        ]
        .into(),
    )
}

fn row(scene: &Scene) -> Vec<String> {
    let length = match (scene.dialect.framing.has_ends(), scene.profile) {
        (false, _) => ROW_APART,
        (true, Profile::Grupal) => ROW_LIMITED,
        (true, _) => ROW,
    };
    (0..length).map(|_| scene.token()).collect()
}

/// Sends all of these messages for each speaker, so that they arrive together; or, where messages
/// have no ends, one at a time.
fn say_all(
    scene: &Scene,
    server: &Server,
    said: &mut [(&mut Participant, &Vec<String>)],
) -> Checked {
    if scene.dialect.framing.has_ends() {
        return at_once(scene, server, || {
            said.iter_mut().try_for_each(|(participant, texts)| {
                let texts = texts.iter().map(|text| scene.dialect.encode(text.as_bytes()));
                participant.send(&texts.collect::<Vec<_>>().concat())
            })
        });
    }
    (0..ROW_APART).try_for_each(|number| {
        at_once(scene, server, || {
            said.iter_mut().try_for_each(|(participant, texts)| participant.say(&texts[number]))
        })
    })
}
