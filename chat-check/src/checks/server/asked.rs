//! Behaviour that some assignments ask for and others forbid: made only where a course asks for it
//! by name.

use crate::checks::check::{ASKED, Check, Side};
use crate::dialect::{Command, KickBy};
use crate::scene::Scene;
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] =
    &[&MOST, &RETURNED, &ACKNOWLEDGED, &FORBIDDEN, &TIME, &KICKED, &LIST];

const MOST: Check = Check {
    id: "1.4-most",
    side: Side::Server,
    level: Level::Should,
    profiles: ASKED,
    needs: &["2.1-relay"],
    title: Text {
        es: "no atiende a más clientes que los que pide el curso",
        en: "serves no more clients than the course wants",
    },
    explanation: Text {
        es: "Cuando la lista de clientes está llena, el siguiente se rechaza o espera: compara su \
             longitud con el máximo después de `accept` y antes de atenderlo. Quita de la lista a \
             quien se va.",
        en: "When the list of clients is full, the next one is refused or has to wait: compare its \
             length with the limit after `accept` and before serving it. Remove those that leave.",
    },
    body: most,
};

/// Limit on the number of clients that a check fills a server with.
const FULL: usize = 20;

fn most(scene: &mut Scene) -> Checked {
    let given = scene.dialect.most_clients.filter(|_| scene.dialect.is_given("most-clients"));
    let Some(most) = given.filter(|most| (2..=FULL).contains(most)) else {
        return Err(Halt::Untestable(Words::new(
            format!("hace falta `most-clients`, de 2 a {FULL}, en el dialecto del curso"),
            format!("it takes `most-clients`, from 2 to {FULL}, in the course's dialect"),
        )));
    };
    let server = scene.start()?;
    let mut participants = Vec::new();
    for number in 0..most {
        let name =
            scene.name(&format!("ana{}", char::from(b'a' + u8::try_from(number).unwrap_or(0))));
        participants.push(scene.join(&server, &name)?);
    }
    scene.gather(&mut participants)?;
    let (name, token) = (scene.name("zoe"), scene.token());
    // Refused at once, it has no greeting, no question, or no connection.
    let mut beyond = scene.connect_beyond(&server, &name);
    if let Ok(beyond) = &mut beyond {
        let _ = scene.introduce(beyond, &name).and_then(|()| beyond.say(&token));
    }
    let (first, others) = participants.split_at_mut(1);
    scene.barrier(&mut others[0], &mut first[0])?;
    if first[0].sends_within(&token, scene.timeouts.grace) {
        return Err(Halt::fault(
            Words::new(
                format!("que el cliente número {} espere o sea rechazado", most + 1),
                format!("that client number {} waits or is refused", most + 1),
            ),
            ["su mensaje llegó a los demás", "its message reached the others"],
        ));
    }
    Ok(())
}

const RETURNED: Check = Check {
    id: "2.2-returned",
    side: Side::Server,
    level: Level::Should,
    profiles: ASKED,
    needs: &["2.1-relay"],
    title: Text {
        es: "un mensaje vuelve también a quien lo envió",
        en: "a message comes back to its sender as well",
    },
    explanation: Text {
        es: "Este curso quiere que el mensaje llegue a todos, también a su autor: al recorrer la \
             lista de clientes no hay que saltarse a nadie.",
        en: "This course wants a message to reach all, its author too: while the server walks the \
             list of clients it leaves out none.",
    },
    body: returned,
};

fn returned(scene: &mut Scene) -> Checked {
    let (_server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    let token = scene.token();
    ana.say(&token)?;
    beto.hears(&token)?;
    ana.hears(&token).map(|_| ())
}

const ACKNOWLEDGED: Check = Check {
    id: "2.2-acknowledged",
    side: Side::Server,
    level: Level::Should,
    profiles: ASKED,
    needs: &["2.1-relay"],
    title: Text {
        es: "quien envía un mensaje recibe una confirmación",
        en: "the sender of a message gets an acknowledgement",
    },
    explanation: Text {
        es: "Después de repartir un mensaje, el servidor contesta a su autor, solo a él, con un \
             texto propio, como `recibido`.",
        en: "Once it has passed a message on, the server answers its author, and only the author, \
             with a text of its own, such as `recibido`.",
    },
    body: acknowledged,
};

fn acknowledged(scene: &mut Scene) -> Checked {
    let (_server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    let token = scene.token();
    for member in [&ana, &beto] {
        member.reads_until_quiet(scene.timeouts.grace);
    }
    let [before, of_beto] = [&ana, &beto].map(|participant| participant.messages().len());
    ana.say(&token)?;
    let relayed = beto.hears(&token)?;
    let mut answers = Vec::new();
    let answered = || {
        answers = ana.messages().split_off(before);
        answers.retain(|message| acknowledges(message, &token, &relayed));
        (!answers.is_empty()).then_some(())
    };
    scene.eventually(answered).ok_or_else(|| {
        Halt::fault(
            ["una confirmación para ana", "an acknowledgement for ana"],
            ana.instead(scene.timeouts.patience),
        )
    })?;
    scene.barrier(&mut ana, &mut beto)?;
    let others = beto.messages().split_off(of_beto);
    if answers.iter().any(|answer| !others.contains(answer)) {
        return Ok(());
    }
    Err(Halt::fault(
        ["una confirmación solo para ana", "an acknowledgement for ana only"],
        Words::new(
            format!("«{}» le llegó también a beto", answers[0]),
            format!("\"{}\" reached beto too", answers[0]),
        ),
    ))
}

/// Words of an acknowledgement that repeats the message.
const TAKEN: [&str; 8] = ["recib", "envi", "entreg", "ok", "ack", "sent", "receiv", "deliver"];

/// Returns whether an answer acknowledges the message with this word: a message that comes back with
/// another label does not.
fn acknowledges(answer: &str, token: &str, relayed: &str) -> bool {
    let small = answer.to_lowercase().replace(token, "");
    let repeats = answer.contains(token);
    let is_taken = !repeats || TAKEN.iter().any(|word| small.contains(word));
    !answer.trim().is_empty() && answer.trim() != relayed.trim() && is_taken
}

const FORBIDDEN: Check = Check {
    id: "2.1-forbidden",
    side: Side::Server,
    level: Level::Should,
    profiles: ASKED,
    needs: &["2.1-relay"],
    title: Text {
        es: "una palabra prohibida no llega a nadie",
        en: "a forbidden word reaches no client",
    },
    explanation: Text {
        es: "Antes de repartir un mensaje, busca en él las palabras prohibidas, también dentro de \
             una frase: `if palabra in texto.lower():`. Si está, no lo repartas, o cambia la \
             palabra por asteriscos.",
        en: "Before a message is passed on, look for the forbidden words in it, inside a sentence \
             too: `if word in text.lower():`. If there is one, do not pass it on, or put asterisks \
             in its place.",
    },
    body: forbidden,
};

fn forbidden(scene: &mut Scene) -> Checked {
    let words = &scene.dialect.forbidden;
    if words.is_empty() {
        return Err(Halt::Untestable(
            [
                "hace falta `forbidden`, la lista de las palabras, en el dialecto del curso",
                "it takes `forbidden`, the list of the words, in the course's dialect",
            ]
            .into(),
        ));
    }
    let (server, [mut ana, mut beto, mut caro]) = scene.room(["ana", "beto", "caro"])?;
    for word in words {
        let [mark, token] = [scene.token(), scene.token()];
        // A server may end the connection of such a sender, or not hear it any more.
        if scene.probe(&mut ana, &mut beto).is_err() {
            ana = scene.join(&server, &scene.name("ana"))?;
            scene.probe(&mut ana, &mut beto)?;
        }
        let _ = ana.say(&format!("{mark} {word} {mark}")).and_then(|()| ana.say(&token));
        scene.eventually(|| (beto.count(&token) > 0 || ana.end().is_some()).then_some(()));
        scene.barrier(&mut caro, &mut beto)?;
        let said = |message: &String| message.to_lowercase().contains(&word.to_lowercase());
        if let Some(message) = beto.message(&mark).filter(said) {
            return Err(Halt::fault(
                Words::new(
                    format!("ningún mensaje con «{word}»"),
                    format!("no message with \"{word}\""),
                ),
                Words::new(
                    format!("a beto le llegó «{message}»"),
                    format!("beto got \"{message}\""),
                ),
            ));
        }
    }
    Ok(())
}

const TIME: Check = Check {
    id: "2.4-time",
    side: Side::Server,
    level: Level::Should,
    profiles: ASKED,
    needs: &["2.1-relay"],
    title: Text { es: "cada mensaje lleva la hora", en: "each message tells the time" },
    explanation: Text {
        es: "El servidor pone la hora delante del mensaje que reenvía, como en `[18:05] ana: \
             hola`: en Python, `time.strftime('%H:%M')`.",
        en: "The server puts the time before the message that it passes on, as in `[18:05] ana: \
             hola`: in Python, `time.strftime('%H:%M')`.",
    },
    body: time,
};

fn time(scene: &mut Scene) -> Checked {
    let (_server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    let token = scene.token();
    ana.say(&token)?;
    let message = beto.hears(&token)?;
    if has_time(&message) {
        return Ok(());
    }
    Err(Halt::fault(
        ["una hora, como 18:05, en el mensaje", "a time such as 18:05 in the message"],
        Words::new(format!("a beto le llegó «{message}»"), format!("beto got \"{message}\"")),
    ))
}

/// Returns whether a text has a time of day in it: hours and minutes with `:`, `.` or `h` between.
fn has_time(text: &str) -> bool {
    let number = |text: &str, below: u8| text.parse::<u8>().is_ok_and(|number| number < below);
    text.match_indices([':', '.', 'h']).any(|(at, _)| {
        let before = &text[..at];
        let hours = before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let minutes = text.get(at + 1..at + 3).unwrap_or_default();
        let ends = !text[at + 1..].chars().nth(2).is_some_and(|c| c.is_ascii_digit());
        number(&before[hours..], 24) && minutes.len() == 2 && number(minutes, 60) && ends
    })
}

const KICKED: Check = Check {
    id: "3.3-kicked",
    side: Side::Server,
    level: Level::Should,
    profiles: ASKED,
    needs: &["2.1-relay"],
    title: Text {
        es: "el comando de expulsar saca a un cliente, y solo a él",
        en: "the command to kick takes out one client, and no other",
    },
    explanation: Text {
        es: "Busca al cliente por el nombre que da el comando, avísale, cierra su socket y quítalo \
             de la lista. Los demás siguen conversando.",
        en: "Look the client up by the name in the command, tell it, close its socket and remove it \
             from the list. All others go on talking.",
    },
    body: kicked,
};

fn kicked(scene: &mut Scene) -> Checked {
    if !scene.dialect.commands.contains_key(&Command::Kick) {
        return Err(Halt::Untestable(
            [
                "hace falta `commands.kick`, como \"/echar {name}\", en el dialecto del curso",
                "it takes `commands.kick`, such as \"/kick {name}\", in the course's dialect",
            ]
            .into(),
        ));
    }
    let names = ["ana", "beto", "caro"].map(|name| scene.name(name));
    let (server, [mut ana, beto, mut caro]) = scene.room(names.each_ref().map(|name| &**name))?;
    // Where there are no names, the port stands for the client.
    let port = beto.local().port().to_string();
    let victim = if scene.dialect.has_names() { beto.name() } else { &port };
    let line = scene.dialect.command(Command::Kick, victim, "");
    match scene.dialect.kick_by {
        KickBy::Console => server.program.type_in(&format!("{line}\n")),
        KickBy::Member => ana.command(&line)?,
    }
    let ended = scene.eventually(|| beto.end());
    scene.barrier(&mut ana, &mut caro)?;
    let token = scene.token();
    ana.say(&token)?;
    caro.hears(&token)?;
    if ended.is_none() && beto.sends_within(&token, scene.timeouts.grace) {
        let name = beto.name();
        return Err(Halt::fault(
            Words::new(
                format!("que «{line}» saque a {name}"),
                format!("that \"{line}\" takes {name} out"),
            ),
            Words::new(
                format!("{name} sigue conectado, y le llegan los mensajes"),
                format!("{name} is still connected, and gets the messages"),
            ),
        ));
    }
    Ok(())
}

const LIST: Check = Check {
    id: "5.3-list",
    side: Side::Server,
    level: Level::Should,
    profiles: ASKED,
    needs: &["2.1-relay", "5.1-asks"],
    title: Text {
        es: "quien entra recibe la lista de los que están",
        en: "a newcomer is told who is there",
    },
    explanation: Text {
        es: "Después de dar su nombre, un cliente nuevo debe recibir los nombres de los que ya \
             están, antes de que nadie hable: recorre la lista de clientes y envíaselos a él solo.",
        en: "Once it has given its name, a new client must get the names of those that are there, \
             before any of them speaks: walk the list of clients and send them to it alone.",
    },
    body: list,
};

fn list(scene: &mut Scene) -> Checked {
    if !scene.dialect.has_names() {
        return Err(Halt::Untestable(["no hay nombres", "there are no names"].into()));
    }
    let (ana, beto, caro) = (scene.name("ana"), scene.name("beto"), scene.name("caro"));
    let (server, [ana, beto]) = scene.room([&ana, &beto])?;
    let caro = scene.join(&server, &caro)?;
    let told = || {
        [&ana, &beto].iter().all(|there| !caro.mentions(0, there.name()).is_empty()).then_some(())
    };
    scene.eventually(told).ok_or_else(|| {
        let (ana, beto) = (ana.name(), beto.name());
        Halt::fault(
            Words::new(
                format!("los nombres de quienes están ({ana}, {beto}) para {}", caro.name()),
                format!("the names of those that are there ({ana}, {beto}) for {}", caro.name()),
            ),
            caro.instead(scene.timeouts.patience),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_comes_back_is_no_acknowledgement() {
        for answer in ["recibido", "[OK]", "Enviado: hola"] {
            assert!(acknowledges(answer, "hola", "ana: hola"), "{answer}");
        }
        for answer in ["hola", "ana: hola", "Tú: hola", "[18:05] Yo > hola", " "] {
            assert!(!acknowledges(answer, "hola", "ana: hola"), "{answer}");
        }
    }

    #[test]
    fn a_time_is_told_from_other_numbers() {
        for text in ["[18:05] ana: x", "9.30 x", "(23:59:59) x", "18h05 hola", "2026-01-01T00:00"] {
            assert!(has_time(text), "{text}");
        }
        for text in ["usuario 127.0.0.1:40112: x", "ana: x", "24:00", "1:2", "12:345", "ñ:ñ"] {
            assert!(!has_time(text), "{text}");
        }
    }
}
