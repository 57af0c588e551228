//! Chapter 5: the client gives its name when it is asked for it.

use chat_drive::captured::Heard;

use crate::checks::check::{Check, NAMED, Side};
use crate::dialect::{Naming, Typed};
use crate::scene::Scene;
use crate::scene::scripted_server::GREETING;
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&ANSWERS, &GLUED, &SPLIT, &GIVES_UP];

const ANSWERS: Check = Check {
    id: "5.2-answers",
    side: Side::Client,
    level: Level::Must,
    profiles: NAMED,
    needs: &["4.1-connect"],
    title: Text {
        es: "contesta con su nombre a la palabra clave",
        en: "it answers the keyword with its name",
    },
    explanation: Text {
        es: "El servidor envía la palabra clave después del saludo; el cliente tiene que \
             reconocerla (`if \"nombre del cliente\" in linea:`) y contestar con el nombre, como \
             una línea. Comprueba que la busca en cada línea que llega, no solo en la primera, y \
             sin contar espacios ni fin de línea (`strip()`).",
        en: "The server sends the keyword behind the greeting; the client has to recognise it \
             (`if \"nombre del cliente\" in line:`) and answer with the name, as a line. See that \
             it looks for it in each line that arrives, not only in the first, and without \
             blanks or a line's end (`strip()`).",
    },
    body: answers,
};

fn answers(scene: &mut Scene) -> Checked {
    let (client, mut participant) = scene.connect_client()?;
    if scene.dialect.naming != Naming::None {
        if scene.dialect.typed == Typed::Asked {
            // A client that asks its user only when it is asked itself keeps this until then.
            client.types(client.name());
            let sent = |heard: &Heard| (heard.total > 0).then_some(());
            if participant.captured().wait(scene.timeouts.grace * 3, sent).is_some() {
                return Err(unknown());
            }
        }
        scene.admit(&client, &mut participant)?;
        let sent = scene.named(&participant)?;
        return if scene.dialect.typed == Typed::Never || sent.contains(client.name()) {
            Ok(())
        } else {
            Err(Halt::fault(
                Words::new(
                    format!("el nombre «{}»", client.name()),
                    format!("the name \"{}\"", client.name()),
                ),
                Words::new(format!("«{sent}»"), format!("\"{sent}\"")),
            ))
        };
    }
    scene.tell(&client, &mut participant, GREETING)?;
    scene.tell(&client, &mut participant, KEYWORD)?;
    client.types(client.name());
    scene.named(&participant)?;
    Err(unknown())
}

fn unknown() -> Halt {
    Halt::NotStrict(
        [
            "no conoce la palabra clave: su usuario tiene que escribir el nombre",
            "it does not know the keyword: its user has to type the name",
        ]
        .into(),
    )
}

/// The keyword with which the course's servers ask for a name.
const KEYWORD: &str = chat_protocol::wording::NAME_KEYWORD;

/// Returns the dialect's keyword.
fn keyword<'a>(scene: &Scene<'a>) -> Checked<&'a str> {
    match &scene.dialect.naming {
        Naming::Asked(keyword) => Ok(keyword),
        _ => Err(Halt::Untestable(
            ["este cliente no espera ninguna palabra clave", "this client waits for no keyword"]
                .into(),
        )),
    }
}

const GLUED: Check = Check {
    id: "5.2-glued",
    side: Side::Client,
    level: Level::Should,
    profiles: NAMED,
    needs: &["5.2-answers"],
    title: Text {
        es: "reconoce la palabra clave pegada al saludo",
        en: "it recognises the keyword glued to the greeting",
    },
    explanation: Text {
        es: "El saludo y la palabra clave pueden llegar en un solo `recv`. Si comparas todo lo \
             que devuelve con la palabra, no la reconoces: separa primero las líneas.",
        en: "Greeting and keyword may come with one `recv`. If you compare all that it returns \
             with the keyword, you do not recognise it: take the lines apart first.",
    },
    body: glued,
};

fn glued(scene: &mut Scene) -> Checked {
    let keyword = keyword(scene)?;
    let (client, mut participant) = scene.connect_client()?;
    let question = participant.question(scene.dialect, keyword);
    let both = [participant.encoded(GREETING.as_bytes()), question];
    participant.send(&both.concat())?;
    scene.type_name(&client);
    let answered = scene.named(&participant).map(drop);
    if answered.is_err() && !scene.dialect.framing.has_ends() {
        return Err(Halt::NotStrict(
            [
                "no la reconoce, pero los mensajes de este dialecto no tienen fin",
                "it does not recognise it, but messages of this dialect have no end",
            ]
            .into(),
        ));
    }
    answered
}

const SPLIT: Check = Check {
    id: "5.2-split",
    side: Side::Client,
    level: Level::Should,
    profiles: NAMED,
    needs: &["5.2-answers"],
    title: Text {
        es: "reconoce la palabra clave que llega en dos trozos",
        en: "it recognises the keyword that comes in two pieces",
    },
    explanation: Text {
        es: "La palabra clave puede llegar en dos `recv`. Junta lo recibido hasta el fin de la \
             línea antes de compararlo.",
        en: "The keyword may come with two `recv`. Gather what was received up to the line's end \
             before you compare it.",
    },
    body: split,
};

fn split(scene: &mut Scene) -> Checked {
    let keyword = keyword(scene)?;
    if !scene.dialect.framing.has_ends() {
        return Err(Halt::Untestable(
            ["los mensajes de este dialecto no tienen fin", "messages of this dialect have no end"]
                .into(),
        ));
    }
    let (client, mut participant) = scene.connect_client()?;
    if scene.dialect.greeting {
        scene.tell(&client, &mut participant, GREETING)?;
    }
    let question = participant.question(scene.dialect, keyword);
    let (first, second) = question.split_at(question.len() / 2);
    scene.has_read(&client, &participant);
    participant.send(first)?;
    scene.has_read(&client, &participant);
    participant.send(second)?;
    scene.type_name(&client);
    scene.named(&participant).map(drop)
}

const GIVES_UP: Check = Check {
    id: "5.2-gives-up",
    side: Side::Client,
    level: Level::Should,
    profiles: NAMED,
    needs: &["5.2-answers"],
    title: Text {
        es: "si no le piden el nombre, lo dice y termina con error",
        en: "when it is not asked for its name, it says so and ends with an error",
    },
    explanation: Text {
        es: "Un cliente que necesita la palabra clave no debe esperarla para siempre: pon un plazo \
             (`s.settimeout(10)`), y cuando pasa dilo y termina con estado 1. Cuando la palabra \
             llega, quita el plazo (`s.settimeout(None)`): si no, diez segundos sin mensajes \
             terminan el programa.",
        en: "A client that needs the keyword must not wait for it for ever: set a deadline \
             (`s.settimeout(10)`), and when it passes say so and exit with status 1. When the \
             keyword comes, take the deadline away (`s.settimeout(None)`): otherwise ten seconds \
             without a message end the program.",
    },
    body: gives_up,
};

/// The client's deadline is not known: a client that continues may still be within it.
fn gives_up(scene: &mut Scene) -> Checked {
    keyword(scene)?;
    let (client, mut participant) = scene.connect_client()?;
    scene.tell(&client, &mut participant, GREETING)?;
    match client.program.wait(scene.timeouts.patience) {
        Some(status) if !status.success() => client.is_tidy(),
        Some(_) => Err(Halt::NotStrict(["termina con estado 0", "it exits with 0"].into())),
        None => Err(Halt::Untestable(
            [
                "su plazo es más largo que la espera; repite con --slow 5",
                "its deadline is longer than the wait; repeat with --slow 5",
            ]
            .into(),
        )),
    }
}
