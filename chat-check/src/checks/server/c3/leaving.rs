//! Chapter 3: the word that ends a connection.

use crate::checks::check::{Check, EVERY, MANY, Side};
use crate::scene::Scene;
use crate::text::{Text, Words, says_like};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&SALIR, &SALIR_CASE, &RELAYED, &CONTAINS];

const SALIR: Check = Check {
    id: "3.1-salir",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &["2.1-first-message"],
    title: Text { es: "`salir` termina la conexión", en: "`salir` ends the connection" },
    explanation: Text {
        es: "Compara lo recibido sin el fin de línea (`texto.strip() == \"salir\"`), y entonces \
             quita al cliente de la lista y cierra su socket: con salir del bucle no basta, falta \
             `cliente.close()`.",
        en: "Compare what was received without its newline (`text.strip() == \"salir\"`), and then \
             take the client out of the list and close its socket: to leave the loop is not \
             enough, `client.close()` has to follow.",
    },
    body: salir,
};

fn salir(scene: &mut Scene) -> Checked {
    const SALIR: &str = "salir";
    if scene.dialect.leave.is_none() && scene.dialect.is_given("leave") {
        return Err(Halt::Untestable(
            ["el dialecto dado no tiene esa palabra", "the given dialect has no such word"].into(),
        ));
    }
    let word = scene.dialect.leave.clone().unwrap_or_else(|| SALIR.to_owned());
    let server = scene.start()?;
    let mut ana = scene.join(&server, "ana")?;
    scene.is_admitted(&server, &ana)?;
    ana.command(&word)?;
    ana.ends()?;
    if word == SALIR || scene.dialect.is_given("leave") {
        return Ok(());
    }
    Err(Halt::NotStrict(Words::new(
        format!("la palabra es «{word}»"),
        format!("the word is \"{word}\""),
    )))
}

const SALIR_CASE: Check = Check {
    id: "3.1-salir-case",
    side: Side::Server,
    level: Level::Should,
    profiles: EVERY,
    needs: &["3.1-salir", "1.6-forever"],
    title: Text {
        es: "`salir` vale en mayúsculas y con espacios alrededor",
        en: "`salir` also counts in capitals and with blanks around it",
    },
    explanation: Text {
        es: "Compara sin espacios ni mayúsculas: `texto.strip().lower() == \"salir\"`. El `\\r` \
             que envía telnet también es un espacio para `strip()`.",
        en: "Compare without blanks and capitals: `text.strip().lower() == \"salir\"`. The `\\r` \
             that telnet sends is a blank for `strip()`, too.",
    },
    body: salir_case,
};

fn salir_case(scene: &mut Scene) -> Checked {
    let word = said_as_a_message(scene)?;
    let server = scene.start()?;
    for said in [word.to_uppercase(), format!("  {word} "), format!("{word}\r")] {
        // The name of the client before may still be taken.
        let mut ana = scene.join(&server, &scene.name("ana"))?;
        scene.is_admitted(&server, &ana)?;
        ana.command(&said)?;
        if ana.ends().is_err() {
            let said = said.escape_debug();
            return Err(Halt::fault(
                Words::new(
                    format!("que «{said}» termine la conexión"),
                    format!("that \"{said}\" ends the connection"),
                ),
                ["siguió abierta", "it stayed open"],
            ));
        }
        ana.close();
    }
    Ok(())
}

const RELAYED: Check = Check {
    id: "3.1-relayed",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["3.1-salir", "2.1-relay"],
    title: Text {
        es: "el `salir` de uno no llega a los demás",
        en: "one's `salir` does not reach the others",
    },
    explanation: Text {
        es: "Comprueba primero si el texto es `salir`, y solo si no lo es reenvíalo. Si quieres \
             avisar a los demás, envía otro texto (`* ana ha salido`).",
        en: "First test whether the text is `salir`, and pass it on only if it is not. If you want \
             to tell the others, send another text (`* ana ha salido`).",
    },
    body: relayed,
};

fn relayed(scene: &mut Scene) -> Checked {
    let word = leave_word(scene)?;
    let (_server, [mut ana, mut beto, mut carla]) = scene.room(["ana", "beto", "carla"])?;
    let token = scene.token();
    ana.say(&token)?;
    let model = beto.hears(&token)?;
    ana.command(&word)?;
    ana.ends()?;
    scene.barrier(&mut carla, &mut beto)?;
    let messages = beto.messages();
    let from = messages.iter().position(|message| message.contains(&token)).unwrap_or(0);
    let as_message = model.replace(&token, &word);
    let is_it = |message: &&String| says_like(message, &as_message, &word);
    match messages[from..].iter().find(is_it) {
        None => Ok(()),
        Some(message) => Err(Halt::fault(
            Words::new(
                format!("que beto no vea «{word}»"),
                format!("that beto does not see \"{word}\""),
            ),
            Words::new(format!("le llegó «{message}»"), format!("\"{message}\" reached it")),
        )),
    }
}

const CONTAINS: Check = Check {
    id: "3.2-contains",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["3.1-salir", "2.8-two-in-one"],
    title: Text {
        es: "`no quiero salir` es un mensaje como cualquiera",
        en: "`no quiero salir` is a message like any other",
    },
    explanation: Text {
        es: "Compara la línea entera (`==`), no si contiene la palabra (`in`) ni si empieza o \
             termina con ella.",
        en: "Compare the whole line (`==`), not whether it contains the word (`in`) or begins or \
             ends with it.",
    },
    body: contains,
};

fn contains(scene: &mut Scene) -> Checked {
    let word = said_as_a_message(scene)?;
    let (_server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    let token = scene.token();
    let mut texts = vec![format!("{token} no quiero {word}"), format!("no quiero {word} {token}")];
    // A word that begins with a command's word may be that command.
    if word.starts_with(char::is_alphabetic) {
        texts.push(format!("{word} no, {token}"));
    }
    for text in texts {
        let token = scene.token();
        ana.say(&text)?;
        let heard = ana.say(&token).and_then(|()| beto.hears(&token));
        // They may come in another order.
        beto.captured().wait(scene.timeouts.grace * 3, |all| all.find(&text, 0));
        if heard.is_err() || !beto.messages().iter().any(|message| message.contains(&text)) {
            return Err(Halt::fault(
                Words::new(
                    format!("que «{text}» llegue a beto y ana siga conectada"),
                    format!("that \"{text}\" reaches beto and ana stays connected"),
                ),
                if heard.is_err() {
                    ana.instead(scene.timeouts.patience)
                } else {
                    ["el mensaje no llegó", "the message did not come"].into()
                },
            ));
        }
    }
    Ok(())
}

/// Returns the word that ends a connection. A server that has one may have been too slow to show
/// it.
pub(in crate::checks::server) fn leave_word(scene: &Scene) -> Checked<String> {
    match (&scene.dialect.leave, scene.dialect.is_given("leave")) {
        (Some(word), _) => Ok(word.clone()),
        (None, false) => Ok("salir".to_owned()),
        (None, true) => Err(Halt::Untestable(
            ["el dialecto dado no tiene esa palabra", "the given dialect has no such word"].into(),
        )),
    }
}

/// The same, where it is said as messages are: another line is not the same in other letters, or in
/// a message.
fn said_as_a_message(scene: &Scene) -> Checked<String> {
    if scene.dialect.is_wrapped() {
        return Err(Halt::Untestable(
            ["no se sale con un mensaje", "it is no message that leaves"].into(),
        ));
    }
    leave_word(scene)
}
