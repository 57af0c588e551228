//! Chapter 2 for clients: bytes arrive in any pieces, and may be invalid.

use chat_drive::captured::Heard;

use crate::checks::check::{Check, EVERY, Side};
use crate::scene::Scene;
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&SPLIT, &INVALID, &TWO, &PIECES, &LONG, &VERY_LONG];

const SPLIT: Check = Check {
    id: "2.7-client-split",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.2-receive"],
    title: Text {
        es: "una letra cuyos bytes llegan por separado se muestra entera",
        en: "a letter whose bytes arrive apart is shown whole",
    },
    explanation: Text {
        es: "En UTF-8 «ñ» son dos bytes, y `recv` puede devolver el primero solo: \
             `datos.decode()` lanza entonces `UnicodeDecodeError` y el hilo que recibe muere; con \
             `errors=\"replace\"` la letra se estropea. \
             Junta los bytes hasta el fin de la línea antes de decodificar, o usa \
             `codecs.getincrementaldecoder(\"utf-8\")(errors=\"replace\")`.",
        en: "In UTF-8 \"ñ\" is two bytes, and `recv` may return the first of them alone: \
             `data.decode()` then raises `UnicodeDecodeError`, and the receiving thread dies; with \
             `errors=\"replace\"` the letter is spoiled. \
             Gather the bytes up to the end of the line before you decode them, or use \
             `codecs.getincrementaldecoder(\"utf-8\")(errors=\"replace\")`.",
    },
    body: split,
};

fn split(scene: &mut Scene) -> Checked {
    let (client, mut participant) = scene.admit_client()?;
    let (before, behind) = (scene.token(), scene.token());
    scene.tell(&client, &mut participant, &format!("{before}ñ{behind}"))?;
    client.shows(&behind)?;
    let whole = client.screen().look(|heard| between(heard, &before, &behind));
    let shows_it = whole.is_some_and(|whole| whole.contains('ñ'));
    let (first, second) = (scene.token(), scene.token());
    let message = participant.encoded(format!("{first}ñ{second}").as_bytes());
    let cut = memchr::memchr(0xC3, &message).map_or(0, |at| at + 1);
    scene.has_read(&client, &participant);
    participant.send(&message[..cut])?;
    scene.has_read(&client, &participant);
    participant.send(&message[cut..])?;
    let then = scene.token();
    scene.tell(&client, &mut participant, &then)?;
    client.shows(&second)?;
    client.shows(&then)?;
    let came = client.screen().look(|heard| between(heard, &first, &second));
    if came.as_ref().is_some_and(|came| came.contains('ñ')) {
        return Ok(());
    }
    let is_garbage = |came: &str| GARBAGE.iter().any(|garbage| came.contains(garbage));
    if let Some(came) = came.filter(|came| shows_it || is_garbage(came)) {
        // Without ends its two halves may have been two messages.
        with_ends(scene)?;
        return Err(Halt::fault(
            Words::new(
                format!("«ñ» en «{first}ñ{second}»"),
                format!("\"ñ\" in \"{first}ñ{second}\""),
            ),
            Words::new(
                format!("en su lugar muestra «{came}»"),
                format!("in its place it shows \"{came}\""),
            ),
        ));
    }
    Err(Halt::NotStrict(
        [
            "la letra cortada se pierde (aparece otra en su lugar)",
            "the letter that was cut is lost (another appears in its place)",
        ]
        .into(),
    ))
}

/// Returns what stands between these two.
fn between(heard: &Heard, first: &str, second: &str) -> Option<String> {
    let begin = heard.find(first, 0)? + first.len();
    let end = heard.find(second, begin)?;
    Some(String::from_utf8_lossy(&heard.bytes[begin..end]).into_owned())
}

/// The looks of the halves of `ñ` where each is decoded by itself: as UTF-8, Latin-1, or in the
/// letters of old terminals, or escaped.
const GARBAGE: [&str; 6] = ["\u{FFFD}", "Ã", "±", "├", "√", "\\xc3"];

const INVALID: Check = Check {
    id: "2.7-client-invalid",
    side: Side::Client,
    level: Level::Should,
    profiles: EVERY,
    needs: &["2.7-client-split"],
    title: Text {
        es: "bytes que no son UTF-8 no lo detienen",
        en: "bytes that are not UTF-8 do not stop it",
    },
    explanation: Text {
        es: "Lo que llega puede ser cualquier cosa: decodifica con `errors=\"replace\"`, que pone \
             U+FFFD en lugar de lo que no entiende en vez de lanzar una excepción.",
        en: "What arrives may be anything: decode with `errors=\"replace\"`, which puts U+FFFD in \
             the place of what it does not understand instead of raising an exception.",
    },
    body: invalid,
};

fn invalid(scene: &mut Scene) -> Checked {
    let (client, mut participant) = scene.admit_client()?;
    let then = scene.token();
    scene.has_read(&client, &participant);
    participant.send(&participant.encoded(b"\xff\xfe\xc3\x28 \x80"))?;
    scene.has_read(&client, &participant);
    scene.tell(&client, &mut participant, &then)?;
    client.shows(&then)
}

const TWO: Check = Check {
    id: "2.8-client-two",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.2-receive"],
    title: Text {
        es: "dos mensajes que llegan juntos son dos",
        en: "two messages that arrive together are two",
    },
    explanation: Text {
        es: "TCP es una corriente de bytes: un `recv` puede traer dos mensajes, o uno y medio. \
             Guarda lo recibido en un búfer y saca de él línea por línea (`while b\"\\n\" in \
             bufer: linea, bufer = bufer.split(b\"\\n\", 1)`), o lee con \
             `s.makefile().readline()`.",
        en: "TCP is a stream of bytes: one `recv` may bring two messages, or one and a half. Keep \
             what was received in a buffer and take line by line from it (`while b\"\\n\" in \
             buffer: line, buffer = buffer.split(b\"\\n\", 1)`), or read with \
             `s.makefile().readline()`.",
    },
    body: two,
};

/// Requires messages with ends: without them two cannot be told from one.
fn with_ends(scene: &Scene) -> Checked {
    if scene.dialect.framing.has_ends() {
        return Ok(());
    }
    Err(Halt::Untestable(
        ["los mensajes de este dialecto no tienen fin", "messages of this dialect have no end"]
            .into(),
    ))
}

fn two(scene: &mut Scene) -> Checked {
    with_ends(scene)?;
    let (client, mut participant) = scene.admit_client()?;
    let (first, second) = (scene.token(), scene.token());
    scene.has_read(&client, &participant);
    let both = [&first, &second].map(|text| participant.encoded(text.as_bytes())).concat();
    participant.send(&both)?;
    client.shows(&first)?;
    client.shows(&second)?;
    match client.line_with(&first) {
        Some(line) if line.contains(&second) => Err(Halt::fault(
            ["dos líneas", "two lines"],
            Words::new(format!("una sola: «{line}»"), format!("one: \"{line}\"")),
        )),
        _ => Ok(()),
    }
}

const PIECES: Check = Check {
    id: "2.8-client-pieces",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.2-receive"],
    title: Text {
        es: "un mensaje que llega en trozos se muestra entero",
        en: "a message that arrives in pieces is shown whole",
    },
    explanation: Text {
        es: "`recv` devuelve lo que haya llegado, que puede ser una parte de un mensaje. Junta \
             los trozos en un búfer hasta ver el fin de la línea, y no descartes los que no lo \
             tienen.",
        en: "`recv` returns whatever has come, which may be a part of a message. Gather the \
             pieces in a buffer until the line's end is there, and do not throw away those \
             without one.",
    },
    body: pieces,
};

fn pieces(scene: &mut Scene) -> Checked {
    with_ends(scene)?;
    let (client, mut participant) = scene.admit_client()?;
    let (first, second, third) = (scene.token(), scene.token(), scene.token());
    let message = participant.encoded(format!("{first}{second}{third}").as_bytes());
    for piece in message.chunks(9) {
        scene.has_read(&client, &participant);
        participant.send(piece)?;
    }
    let then = scene.token();
    scene.tell(&client, &mut participant, &then)?;
    client.shows(&then)?;
    if client.screen().look(|heard| heard.find(&[first, second, third].concat(), 0).is_some()) {
        return Ok(());
    }
    shown_in_all(scene, &client.screen().text(), &message)
}

/// Checks that every letter is shown, if not together: some clients print each read as a line of
/// its own.
fn shown_in_all(scene: &Scene, screen: &str, message: &[u8]) -> Checked {
    let framed = scene.dialect.framing.frames(message).next();
    let text = framed.map_or(message, |frame| &message[frame]);
    let mut wanted = text.trim_ascii_end().iter();
    let mut next = wanted.next();
    for byte in screen.bytes() {
        if next == Some(&byte) {
            next = wanted.next();
        }
    }
    if next.is_some() {
        return Err(Halt::fault(
            ["el mensaje entero", "the whole message"],
            ["se perdió una parte", "a part of it was lost"],
        ));
    }
    Err(Halt::NotStrict(
        ["lo muestra cortado en varias líneas", "it shows it torn into several lines"].into(),
    ))
}

const LONG: Check = Check {
    id: "2.9-client-long",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["2.8-client-pieces"],
    title: Text {
        es: "un mensaje de 1025 bytes se muestra entero",
        en: "a message of 1025 bytes is shown whole",
    },
    explanation: Text {
        es: "`recv(1024)` devuelve como mucho 1024 bytes: lo que falta viene en el siguiente. \
             Junta los trozos hasta el fin de la línea.",
        en: "`recv(1024)` returns 1024 bytes at most: what is missing comes with the next. Gather \
             the pieces up to the line's end.",
    },
    body: long,
};

fn long(scene: &mut Scene) -> Checked {
    [1023, 1025, 4000].into_iter().try_for_each(|length| shows_long(scene, length))
}

const VERY_LONG: Check = Check {
    id: "2.9-client-64k",
    side: Side::Client,
    level: Level::Should,
    profiles: EVERY,
    needs: &["2.9-client-long"],
    title: Text {
        es: "un mensaje de casi 64 KiB no lo detiene",
        en: "a message of nearly 64 KiB does not stop it",
    },
    explanation: Text {
        es: "Un mensaje muy largo llega en muchos trozos. Con asyncio, `readline()` lanza \
             `ValueError` cuando la línea pasa de 64 KiB: trátalo, o da otro `limit` a \
             `open_connection`.",
        en: "A very long message comes in many pieces. With asyncio, `readline()` raises \
             `ValueError` when the line is over 64 KiB: handle that, or give another `limit` to \
             `open_connection`.",
    },
    body: very_long,
};

fn very_long(scene: &mut Scene) -> Checked {
    shows_long(scene, 64_000)
}

/// Sends a message of so many bytes and another behind it, and checks that both are shown.
fn shows_long(scene: &mut Scene, length: usize) -> Checked {
    scene.can_say(length)?;
    let (client, mut participant) = scene.admit_unedited_client()?;
    let (first, last, then) = (scene.token(), scene.token(), scene.token());
    let filling = "~".repeat(length - first.len() - last.len());
    let message = format!("{first}{filling}{last}");
    scene.tell(&client, &mut participant, &message)?;
    scene.tell(&client, &mut participant, &then)?;
    client.shows(&then)?;
    let (whole, filled) =
        client.screen().look(|heard| (heard.find(&message, 0).is_some(), heard.count("~")));
    if whole {
        Ok(())
    } else if filled >= filling.len() {
        Err(Halt::NotStrict(Words::new(
            format!("muestra uno de {length} bytes cortado en varias líneas"),
            format!("it shows one of {length} bytes torn into several lines"),
        )))
    } else {
        Err(Halt::fault(
            Words::new(
                format!("un mensaje de {length} bytes entero"),
                format!("a message of {length} bytes, whole"),
            ),
            Words::new(
                format!("bytes perdidos: {}", filling.len() - filled),
                format!("bytes lost: {}", filling.len() - filled),
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_counts_only_where_it_was_sent() {
        let bytes = "contraseña: \nunodos\n".as_bytes().to_vec();
        let heard = Heard { bytes, ..Heard::default() };
        assert_eq!(between(&heard, "uno", "dos").as_deref(), Some(""));
        assert_eq!(between(&heard, "contrase", "a:").as_deref(), Some("ñ"));
    }
}
