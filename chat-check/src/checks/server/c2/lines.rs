//! Chapter 2: the boundaries of messages.

use std::time::Duration;

use crate::checks::check::{Check, MANY, Side};
use crate::checks::server::c2::speakers::no_ends;
use crate::checks::server::synchronization::{at_once, read_by};
use crate::dialect::{Framing, fill};
use crate::scene::Scene;
use crate::text::{Text, Words, normal};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] =
    &[&TWO_IN_ONE, &EMPTY, &NO_NEWLINE, &CRLF, &SPLIT, &HALF_CLOSE];

const TWO_IN_ONE: Check = Check {
    id: "2.8-two-in-one",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.1-relay"],
    title: Text {
        es: "dos mensajes que llegan juntos son dos mensajes",
        en: "two messages that arrive together are two messages",
    },
    explanation: Text {
        es: "Un `recv` puede traer varios mensajes. Guarda lo recibido en un búfer por cliente y, \
             mientras tenga un fin de línea, separa y reenvía: `while b\"\\n\" in bufer: linea, \
             bufer = bufer.split(b\"\\n\", 1)`. Con `if` en lugar de `while` el segundo queda \
             esperando.",
        en: "One `recv` can bring several messages. Keep what was received in a buffer for each \
             client and, while there is a newline in it, split and pass on: `while b\"\\n\" in \
             buffer: line, buffer = buffer.split(b\"\\n\", 1)`. With `if` in place of `while` the \
             second one is left waiting.",
    },
    body: two_in_one,
};

fn two_in_one(scene: &mut Scene) -> Checked {
    if !scene.dialect.framing.has_ends() {
        return Err(no_ends());
    }
    let (server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    // The server's answer to beto's own words, such as a prompt, comes before and not in between.
    scene.settle(&server.program)?;
    scene.probe(&mut ana, &mut beto)?;
    let tokens = [scene.token(), scene.token(), scene.token()];
    let bytes: Vec<u8> =
        tokens.iter().flat_map(|token| scene.dialect.encode(token.as_bytes())).collect();
    at_once(scene, &server, || ana.send(&bytes))?;
    let mut messages = Vec::new();
    for token in &tokens {
        messages.push(beto.hears(token)?);
    }
    let alone = |message: &String| tokens.iter().filter(|t| message.contains(*t)).count() == 1;
    if messages.iter().all(alone) && are_alike(&messages, &tokens) {
        return Ok(());
    }
    Err(Halt::fault(
        ["tres mensajes, cada uno con su etiqueta", "three messages, each with its label"],
        Words::new(
            format!("llegaron «{}»", messages.join("», «")),
            format!("\"{}\" came", messages.join("\", \"")),
        ),
    ))
}

/// Returns whether the text around the tokens of all these messages is the same, but for prompts:
/// they hang on the message that comes next, and some lines may have brought more of them than
/// others.
fn are_alike(messages: &[String], tokens: &[String]) -> bool {
    let around = messages.iter().zip(tokens).filter_map(|(message, token)| {
        let (before, behind) = message.split_once(token)?;
        Some((normal(before), normal(behind)))
    });
    let (mut labels, ends): (Vec<String>, Vec<String>) = around.unzip();
    labels.sort_by_key(String::len);
    let [label, others @ ..] = &labels[..] else { return false };
    // A line that was glued to another has no label at all.
    let same = |other: &String| other.ends_with(label) && label.is_empty() == other.is_empty();
    others.iter().all(same) && ends.iter().all(|end| *end == ends[0])
}

const EMPTY: Check = Check {
    id: "2.8-empty",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.8-two-in-one"],
    title: Text {
        es: "un mensaje vacío no es nada: ni se reenvía ni desconecta",
        en: "an empty message is nothing: neither passed on nor the end of a connection",
    },
    explanation: Text {
        es: "Que `recv` devuelva `b\"\"` es el fin de la conexión; que la línea quede vacía \
             después de `strip()` no lo es. Comprueba lo recibido antes de quitarle el fin de \
             línea, y salta (`continue`) las líneas vacías.",
        en: "That `recv` returns `b\"\"` is the end of the connection; that a line is empty after \
             `strip()` is not. Test what was received before you take the newline away, and skip \
             (`continue`) empty lines.",
    },
    body: empty,
};

fn empty(scene: &mut Scene) -> Checked {
    let framing = scene.dialect.framing;
    let (server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    let (before, after) = (scene.token(), scene.token());
    ana.say(&before)?;
    let model = beto.hears(&before)?;
    let nothing = if framing.has_ends() { scene.dialect.encode(b"") } else { b"\n".to_vec() };
    for _ in 0..2 {
        ana.send(&nothing)?;
        read_by(scene, &server, &ana);
    }
    ana.say(&after)?;
    beto.hears(&after)?;
    let hollow = model.replace(&before, "");
    let messages = beto.messages();
    let from = messages.iter().position(|message| message.contains(&before)).unwrap_or(0);
    let empties =
        messages[from..].iter().filter(|message| normal(message) == normal(&hollow)).count();
    if empties == 0 || !framing.has_ends() {
        return Ok(());
    }
    Err(Halt::NotStrict(["reenvía mensajes vacíos", "it passes empty messages on"].into()))
}

const NO_NEWLINE: Check = Check {
    id: "2.6-no-newline",
    side: Side::Server,
    level: Level::Info,
    profiles: MANY,
    needs: &["2.1-relay", "1.4-nameless"],
    title: Text {
        es: "entiende también a quien no termina sus mensajes",
        en: "also understands those who do not end their messages",
    },
    explanation: Text {
        es: "Algunos clientes envían el texto sin fin de línea. Un servidor puede tomar lo \
             recibido por un mensaje cuando el cliente hace una pausa.",
        en: "Some clients send the text without a newline. A server can take what it received for \
             a message when the client pauses.",
    },
    body: no_newline,
};

/// Time that a server may wait to see whether more comes.
const PAUSE: Duration = Duration::from_secs(1);

fn no_newline(scene: &mut Scene) -> Checked {
    if scene.dialect.framing.has_length() {
        return Err(Halt::Untestable(
            ["los mensajes dicen su largo", "messages say their length"].into(),
        ));
    }
    let server = scene.start()?;
    // Ana never sends a newline, not even behind her name.
    let mut ana = scene.connect_in(&server, "ana", Framing::None)?;
    scene.introduce(&mut ana, "ana")?;
    let mut beto = scene.join(&server, "beto")?;
    scene.is_admitted(&server, &ana)?;
    scene.is_admitted(&server, &beto)?;
    let takes_part = (0..4).any(|_| {
        let token = scene.token();
        beto.say(&token).is_ok() && ana.hears_within(&token, PAUSE / 4).is_ok()
    });
    let token = scene.token();
    ana.send(token.as_bytes())?;
    let heard = beto.captured().wait(PAUSE, |heard| heard.find(&token, 0));
    if takes_part && heard.is_some() {
        Ok(())
    } else {
        Err(Halt::NotStrict(["espera el fin de línea", "it waits for the newline"].into()))
    }
}

const CRLF: Check = Check {
    id: "2.6-crlf",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.1-relay"],
    title: Text {
        es: "entiende líneas que terminan en LF y en CRLF",
        en: "understands lines that end in LF and in CRLF",
    },
    explanation: Text {
        es: "telnet y muchos clientes de Windows terminan las líneas con `\\r\\n`, netcat con \
             `\\n`. Separa por `b\"\\n\"` y quita un `\\r` final con `rstrip(b\"\\r\")`.",
        en: "telnet and many clients on Windows end lines with `\\r\\n`, netcat with `\\n`. Split \
             at `b\"\\n\"` and take a last `\\r` away with `rstrip(b\"\\r\")`.",
    },
    body: crlf,
};

fn crlf(scene: &mut Scene) -> Checked {
    if !scene.dialect.framing.is_lines() {
        return Err(Halt::Untestable(
            ["los mensajes no terminan en fin de línea", "messages do not end in a newline"].into(),
        ));
    }
    let (_server, [mut ana, beto]) = scene.room(["ana", "beto"])?;
    for ending in ["\r\n", "\n"] {
        let token = scene.token();
        let mut line = fill(&scene.dialect.message_form, token.as_bytes());
        line.extend(ending.bytes());
        ana.send(&line)?;
        // Another line may come behind it, or none.
        let heard = beto.captured().wait(scene.timeouts.patience, |heard| heard.find(&token, 0));
        if heard.is_none() {
            let expected = ending.escape_default();
            return Err(Halt::fault(
                Words::new(
                    format!("que se reenvíe una línea que termina en «{expected}»"),
                    format!("that a line that ends in \"{expected}\" is passed on"),
                ),
                beto.instead(scene.timeouts.patience),
            ));
        }
    }
    Ok(())
}

const SPLIT: Check = Check {
    id: "2.6-split",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.8-two-in-one"],
    title: Text {
        es: "una línea que llega en partes es un solo mensaje",
        en: "a line that arrives in parts is one message",
    },
    explanation: Text {
        es: "`recv` devuelve lo que haya llegado, no un mensaje: una línea puede necesitar varios. \
             Junta lo recibido en un búfer por cliente hasta encontrar el fin de línea.",
        en: "`recv` returns what has arrived, not a message: a line may take several. Gather what \
             was received in a buffer for each client until the newline is there.",
    },
    body: split,
};

fn split(scene: &mut Scene) -> Checked {
    if !scene.dialect.framing.has_ends() {
        return Err(no_ends());
    }
    let (server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    let text = [scene.token(), scene.token(), scene.token()].join(" ");
    let bytes = scene.dialect.encode(text.as_bytes());
    for part in bytes.chunks(8) {
        ana.send(part)?;
        read_by(scene, &server, &ana);
    }
    for token in text.split(' ') {
        beto.hears(token)?;
    }
    let message = beto.message(&text[..10]).unwrap_or_default();
    if message.contains(&text) {
        return Ok(());
    }
    Err(Halt::fault(
        Words::new(format!("«{text}» en un mensaje"), format!("\"{text}\" in one message")),
        Words::new(format!("llegó «{message}»"), format!("\"{message}\" came")),
    ))
}

const HALF_CLOSE: Check = Check {
    id: "2.10-half-close",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.8-two-in-one"],
    title: Text {
        es: "lo que uno envió antes de cerrar llega igual",
        en: "what somebody sent before closing still arrives",
    },
    explanation: Text {
        es: "Cuando el cliente cierra puede quedar algo sin leer: sigue con `recv` hasta que \
             devuelva `b\"\"`, y reenvía todo lo leído antes de quitarlo. Un aviso de cierre \
             (`POLLHUP`, `POLLRDHUP`, `at_eof()`) no quiere decir que no haya más datos.",
        en: "When the client closes there may be something left to read: go on with `recv` until \
             it returns `b\"\"`, and pass on all that was read before you remove the client. A \
             sign that it closed (`POLLHUP`, `POLLRDHUP`, `at_eof()`) does not mean that no data \
             is left.",
    },
    body: half_close,
};

/// Message and end are both there when the server looks.
fn half_close(scene: &mut Scene) -> Checked {
    // Carla comes before those that leave: a server that stumbles over them has sent to her
    // already.
    let (server, [mut carla, mut ana, mut beto]) = scene.room(["carla", "ana", "beto"])?;
    let (last, parting) = (scene.token(), scene.token());
    at_once(scene, &server, || {
        ana.say(&last)?;
        ana.end_sending();
        beto.say(&parting)
    })?;
    carla.hears(&last)?;
    carla.hears(&parting)?;
    // Nothing can be sent to a client that is gone, and a server may learn that before it has read
    // what the client said: what it still has to say to beto, it says now.
    scene.settle(&server.program)?;
    let token = scene.token();
    at_once(scene, &server, || {
        beto.say(&token)?;
        beto.close();
        Ok(())
    })?;
    carla.hears(&token).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(messages: [&str; 3]) -> bool {
        are_alike(&messages.map(str::to_owned), &["aa", "bb", "cc"].map(str::to_owned))
    }

    #[test]
    fn messages_with_prompts_are_told_from_glued_lines() {
        assert!(alike(["usuario 5: aa", "usuario 5: bb", "usuario 5: cc"]));
        assert!(alike(["> > \r[5] aa", "> \r[5] bb", "> \r[5] cc"]));
        assert!(alike(["aa", "bb", "cc"]));
        assert!(!alike(["usuario 5: aa", "bb", "cc"]));
        assert!(!alike(["> \r[5] aa", "> bb", "> cc"]));
        assert!(!alike(["> \r[5] aa", "bb", "cc"]));
        assert!(!alike(["aa", "bb", "cc (ana)"]));
    }
}
