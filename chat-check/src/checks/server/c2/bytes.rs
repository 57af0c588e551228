//! Chapter 2: messages of any size, and any bytes in them.

use crate::checks::check::{Check, MANY, Side};
use crate::checks::server::c2::speakers::no_ends;
use crate::checks::server::synchronization::read_by;
use crate::dialect::Framing;
use crate::scene::participant::Participant;
use crate::scene::{Scene, Server};
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&SIZES, &TOO_LONG, &SPLIT_UTF8, &INVALID_UTF8, &CONTROL];

const SIZES: Check = Check {
    id: "2.6-sizes",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.6-split"],
    title: Text {
        es: "mensajes de 1023, 1024 y 1025 bytes y de 64 KiB llegan enteros",
        en: "messages of 1023, 1024 and 1025 bytes and of 64 KiB arrive whole",
    },
    explanation: Text {
        es: "El número de `recv(1024)` no es el largo de un mensaje: uno más largo llega en varias \
             lecturas. Junta lo leído hasta el fin de línea, y envía con `sendall`, porque `send` \
             puede enviar solo una parte. Un límite está bien, si lo que lo pasa se rechaza \
             entero.",
        en: "The number in `recv(1024)` is not the length of a message: a longer one comes in \
             several reads. Gather what was read until the newline, and send with `sendall`, \
             because `send` may send only a part. A limit is fine, when what is over it is refused \
             as a whole.",
    },
    body: sizes,
};

fn sizes(scene: &mut Scene) -> Checked {
    if !scene.dialect.framing.has_ends() {
        return Err(no_ends());
    }
    scene.can_say(1025)?;
    let (mut refused, mut dropped) = (None, false);
    let (server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    for (size, pieces) in [(1022, 1), (1023, 1), (1024, 2), (1025, 2), (1025, 1), (65_000, 1)] {
        if scene.can_say(size).is_err() {
            break;
        }
        let passage = pass(scene, &server, (&mut ana, &mut beto), (size, pieces))?;
        if passage == Passage::Whole {
            continue;
        }
        refused = refused.or(Some(size));
        dropped |= passage == Passage::Dropped;
        if ana.end().is_some() {
            // A participant that was thrown out sends nothing more.
            ana = scene.join(&server, "dora")?;
            scene.probe(&mut ana, &mut beto)?;
        }
    }
    if let Some(size) = refused.filter(|size| *size <= 1025) {
        return Err(Halt::NotStrict(Words::new(
            format!("rechaza mensajes de {size} bytes"),
            format!("it refuses messages of {size} bytes"),
        )));
    }
    if dropped { Err(untold()) } else { Ok(()) }
}

/// Not strict: a message was refused, and its sender was not told.
fn untold() -> Halt {
    Halt::NotStrict(
        [
            "rechaza mensajes largos sin avisar a quien los envía",
            "it refuses long messages without telling their sender",
        ]
        .into(),
    )
}

/// The fate of a long message.
#[derive(PartialEq)]
enum Passage {
    Whole,
    /// It was refused, and its sender was told.
    Refused,
    Dropped,
}

/// Sends a message of this size in so many pieces, and checks that the other hears all of it or
/// nothing.
fn pass(
    scene: &Scene,
    server: &Server,
    (ana, beto): (&mut Participant, &mut Participant),
    (size, pieces): (usize, usize),
) -> Checked<Passage> {
    let (first, middle, last) = (scene.token(), scene.token(), scene.token());
    let half = size / 2 - 15;
    let text = format!("{first}{}{middle}{}{last}", "x".repeat(half), "y".repeat(size - half - 30));
    let bytes = scene.dialect.encode(text.as_bytes());
    let before = ana.captured().look(|heard| heard.total);
    for piece in bytes.chunks(bytes.len().div_ceil(pieces)) {
        if ana.send(piece).is_err() {
            break;
        }
        if pieces > 1 {
            read_by(scene, server, ana);
        }
    }
    let barrier = scene.token();
    if ana.say(&barrier).is_ok() {
        // It comes, or ana was thrown out.
        scene.eventually(|| (beto.count(&barrier) > 0 || ana.end().is_some()).then_some(()));
    }
    scene.settle(&server.program)?;
    let message = beto.message(&first).unwrap_or_default();
    let parts = [&first, &middle, &last].map(|token| beto.count(token));
    let silent = beto.count(&barrier) == 0 && ana.end().is_none();
    if message.contains(&text) && !silent {
        Ok(Passage::Whole)
    } else if parts == [0, 0, 0] && !silent {
        let told = ana.captured().look(|heard| heard.total) > before;
        Ok(if told { Passage::Refused } else { Passage::Dropped })
    } else {
        let shown = message.len();
        let [begin, middle, end] = parts;
        Err(Halt::fault(
            Words::new(
                format!("un mensaje de {size} bytes entero, o nada de él, y la conexión viva"),
                format!(
                    "a message of {size} bytes whole, or nothing of it, and a connection that lives"
                ),
            ),
            Words::new(
                format!(
                    "el primer mensaje que llegó tiene {shown} bytes; el comienzo llegó {begin} \
                     veces, la mitad {middle}, el final {end}"
                ),
                format!(
                    "the first message that came has {shown} bytes; its beginning came {begin} \
                     times, its middle {middle}, its end {end}"
                ),
            ),
        ))
    }
}

const TOO_LONG: Check = Check {
    id: "2.9-too-long",
    side: Side::Server,
    level: Level::Info,
    profiles: MANY,
    needs: &["2.6-sizes"],
    title: Text {
        es: "rechaza enteros los mensajes larguísimos",
        en: "refuses huge messages as a whole",
    },
    explanation: Text {
        es: "Sin límite, una línea que no termina nunca llena la memoria. Cuando el búfer de un \
             cliente pasa, por ejemplo, los 4096 bytes sin fin de línea, descarta hasta el próximo \
             fin de línea y avísale solo a él; los demás no deben ver ninguna parte.",
        en: "Without a limit a line that never ends fills the memory. When a client's buffer is \
             over, say, 4096 bytes without a newline, drop everything up to the next newline and \
             tell only that client; the others must see no part of it.",
    },
    body: too_long,
};

/// Length of a message longer than any that is typed, in bytes.
const HUGE: usize = 200_000;

fn too_long(scene: &mut Scene) -> Checked {
    if !scene.dialect.framing.has_ends() {
        return Err(no_ends());
    }
    scene.can_say(HUGE)?;
    let (server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    let passage = pass(scene, &server, (&mut ana, &mut beto), (HUGE, 1))?;
    match passage {
        Passage::Whole => Err(Halt::NotStrict(
            ["no tiene límite, o es muy alto", "there is no limit, or a very high one"].into(),
        )),
        _ if ana.end().is_some() => Err(Halt::NotStrict(
            ["desconecta a quien lo envía", "it disconnects the sender"].into(),
        )),
        Passage::Dropped => Err(untold()),
        Passage::Refused => Ok(()),
    }
}

const SPLIT_UTF8: Check = Check {
    id: "2.7-split-utf8",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.1-relay"],
    title: Text {
        es: "una letra cortada entre dos lecturas no rompe nada",
        en: "a letter that is cut between two reads breaks nothing",
    },
    explanation: Text {
        es: "En UTF-8 la ñ son dos bytes, y pueden llegar en dos `recv`: decodificar cada trozo \
             por separado falla o la estropea. Junta bytes hasta el fin de línea y decodifica la \
             línea entera, o usa `codecs.getincrementaldecoder(\"utf-8\")`.",
        en: "In UTF-8 the letter ñ is two bytes, and they can come in two `recv`: to decode each \
             piece by itself fails or spoils it. Gather bytes up to the newline and decode the \
             whole line, or use `codecs.getincrementaldecoder(\"utf-8\")`.",
    },
    body: split_utf8,
};

/// A server that tears a plain line need only survive; another check reports that it tears it.
fn split_utf8(scene: &mut Scene) -> Checked {
    let (server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    let mut text = |letter: &str| {
        let (first, last) = (scene.token(), scene.token());
        let text = format!("{first}{letter}{last}");
        let bytes = scene.dialect.encode(text.as_bytes());
        // Behind the first byte of the letter; what comes before the text is the framing's.
        let before = memchr::memmem::find(&bytes, text.as_bytes()).unwrap_or(0);
        let (head, tail) = bytes.split_at(before + first.len() + 1);
        for piece in [head, tail] {
            ana.send(piece)?;
            read_by(scene, &server, &ana);
        }
        scene.probe(&mut ana, &mut beto)?;
        beto.hears(&last)?;
        let came = beto.captured().look(|heard| {
            let begin = heard.find(&first, 0)? + first.len();
            let end = heard.find(&last, begin)?;
            Some(String::from_utf8_lossy(&heard.bytes[begin..end]).into_owned())
        });
        Ok((text, came.unwrap_or_default()))
    };
    let whole = text("abcd")?.1 == "abcd";
    // The texts of Java's `readUTF`, which have such a length, have no letters of four bytes.
    let letters = if scene.dialect.framing == Framing::Length2 { 2 } else { 3 };
    for letter in ["ñ", "€", "🙂"].into_iter().take(letters) {
        let (text, came) = text(letter)?;
        if whole && !is_written(letter, &came) {
            if !scene.dialect.framing.has_ends() {
                // Its two halves may have been two messages.
                return Err(no_ends());
            }
            return Err(Halt::fault(
                Words::new(
                    format!("«{letter}» en «{text}»"),
                    format!("\"{letter}\" in \"{text}\""),
                ),
                Words::new(format!("llegó «{came}»"), format!("\"{came}\" came")),
            ));
        }
    }
    Ok(())
}

/// Returns whether these characters are this letter: itself, or its JSON escape.
fn is_written(letter: &str, came: &str) -> bool {
    let in_json = || serde_json::from_str::<String>(&format!("\"{came}\""));
    came == letter || in_json().is_ok_and(|read| read == letter)
}

const INVALID_UTF8: Check = Check {
    id: "2.7-invalid-utf8",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.1-relay"],
    title: Text {
        es: "bytes que no son UTF-8 no tumban la conexión",
        en: "bytes that are not UTF-8 do not bring the connection down",
    },
    explanation: Text {
        es: "`datos.decode()` lanza UnicodeDecodeError con bytes que no son UTF-8, y el hilo de \
             ese cliente muere. Usa `datos.decode(\"utf-8\", errors=\"replace\")`, que pone U+FFFD \
             en su lugar.",
        en: "`data.decode()` raises UnicodeDecodeError at bytes that are not UTF-8, and that \
             client's thread dies. Use `data.decode(\"utf-8\", errors=\"replace\")`, which puts \
             U+FFFD in their place.",
    },
    body: invalid_utf8,
};

fn invalid_utf8(scene: &mut Scene) -> Checked {
    if scene.dialect.is_wrapped() {
        return Err(Halt::Untestable(
            [
                "un mensaje de este dialecto es más que su texto",
                "a message of this dialect is more than its text",
            ]
            .into(),
        ));
    }
    let (server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    let token = scene.token();
    let bytes = [token.as_bytes(), b" \xff\xfe\xc3 \xf0\x9f"].concat();
    ana.send(&scene.dialect.encode(&bytes))?;
    read_by(scene, &server, &ana);
    scene.probe(&mut ana, &mut beto)?;
    let came = beto.captured().look(|heard| {
        let at = heard.find(&token, 0)? + token.len();
        Some(heard.bytes[at..].starts_with(" \u{FFFD}".as_bytes()))
    });
    match came {
        Some(true) => Ok(()),
        Some(false) => Err(Halt::NotStrict(
            ["no pone U+FFFD en su lugar", "it does not put U+FFFD in their place"].into(),
        )),
        None => Err(Halt::NotStrict(
            ["descarta el mensaje entero", "it drops the whole message"].into(),
        )),
    }
}

const CONTROL: Check = Check {
    id: "2.11-control",
    side: Side::Server,
    level: Level::Should,
    profiles: MANY,
    needs: &["2.1-relay", "2.8-two-in-one"],
    title: Text {
        es: "no deja pasar caracteres de control",
        en: "lets no control characters pass",
    },
    explanation: Text {
        es: "Una secuencia como `\\x1b[2J` borra la pantalla de quien la recibe. Reemplaza los \
             caracteres de control, menos el tabulador, antes de reenviar.",
        en: "A sequence such as `\\x1b[2J` clears the screen of whoever gets it. Replace control \
             characters, other than tabs, before you pass a message on.",
    },
    body: control,
};

fn control(scene: &mut Scene) -> Checked {
    let (_server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    let token = scene.token();
    ana.say(&format!("\u{1b}[2J\u{7}{token}"))?;
    scene.probe(&mut ana, &mut beto)?;
    // Control characters of the server's own appear elsewhere.
    let passes = beto.count(&format!("\u{7}{token}")) + beto.count("\u{1b}[2J") > 0;
    match beto.count(&token) {
        0 => Err(Halt::NotStrict(["descarta el mensaje", "it drops the message"].into())),
        _ if passes => Err(Halt::NotStrict(["los deja pasar", "it lets them pass"].into())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_may_be_written_as_json_does() {
        assert!(is_written("ñ", "ñ") && is_written("ñ", "\\u00f1"));
        assert!(is_written("🙂", "\\ud83d\\ude42"));
        for spoilt in ["", "?", "\u{FFFD}\u{FFFD}", "\\ufffd\\ufffd", "\\xc3\\xb1", "Ã±"] {
            assert!(!is_written("ñ", spoilt), "{spoilt}");
        }
    }
}
