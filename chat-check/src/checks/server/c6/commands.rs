//! Chapter 6: the other commands, and lines that are not commands.

use crate::checks::check::{Check, Side};
use crate::checks::server::c5::names::{labelled, tells_of};
use crate::checks::server::c5::presence::hears_of;
use crate::checks::server::c6::conversation::{COMMANDS, answered, reached, three, unheard};
use crate::checks::server::c6::rooms::{answer, answer_lacks};
use crate::dialect::Command;
use crate::scene::Scene;
use crate::text::{Text, Words, says_like};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] =
    &[&RENAME, &HELP, &LEAVE, &UNKNOWN, &LITERAL, &ALIASES, &NOTICES];

const RENAME: Check = Check {
    id: "6.3-rename",
    side: Side::Server,
    level: Level::Must,
    profiles: COMMANDS,
    needs: &["5.4-duplicate"],
    title: Text {
        es: "`/nombre` cambia el nombre, y la sala se entera",
        en: "`/nombre` changes the name, and the room hears of it",
    },
    explanation: Text {
        es: "`/nombre NUEVO` cambia el nombre de quien lo escribe: la sala recibe un aviso con el \
             nombre nuevo, y sus mensajes lo llevan desde entonces. Un nombre que ya está en uso \
             se rechaza, como al entrar.",
        en: "`/nombre NEW` changes the name of who writes it: the room gets a notice with the new \
             name, and messages carry it from then on. A name that is taken is refused, as on \
             coming in.",
    },
    body: rename,
};

fn rename(scene: &mut Scene) -> Checked {
    labelled(scene)?;
    let (_server, [mut ana, mut beto, mut caro]) = three(scene)?;
    let (new, first, second) = (scene.name("zoe"), scene.token(), scene.token());
    ana.command(&scene.dialect.command(Command::Rename, &new, ""))?;
    hears_of(scene, &beto, 0, &new)?;
    ana.say(&first)?;
    let heard = beto.hears(&first)?;
    if !tells_of(&heard, &new) {
        return Err(answer_lacks(&first, &new, &heard));
    }
    let mark = scene.mark(&mut caro, &mut ana)?;
    let command = scene.dialect.command(Command::Rename, caro.name(), "");
    ana.command(&command)?;
    answered(scene, &ana, mark, &command)?;
    ana.say(&second)?;
    let heard = beto.hears(&second)?;
    if tells_of(&heard, caro.name()) {
        return Err(Halt::fault(
            ["que no se dé un nombre que ya está en uso", "that a taken name is not given"],
            Words::new(format!("llegó «{heard}»"), format!("\"{heard}\" came")),
        ));
    }
    Ok(())
}

const HELP: Check = Check {
    id: "6.3-help",
    side: Side::Server,
    level: Level::Should,
    profiles: COMMANDS,
    needs: &["2.1-relay", "5.1-asks"],
    title: Text { es: "`/ayuda` muestra los comandos", en: "`/ayuda` lists the commands" },
    explanation: Text {
        es: "`/ayuda` debe responder a quien lo escribe con la lista de los comandos.",
        en: "`/ayuda` has to answer who writes it with the list of the commands.",
    },
    body: help,
};

fn help(scene: &mut Scene) -> Checked {
    let (_server, [mut ana, mut beto, _caro]) = three(scene)?;
    let help = scene.dialect.command(Command::Help, "", "");
    let heard = answer(scene, &help, &mut ana, &mut beto)?;
    if !scene.dialect.commands.is_empty() {
        // It has words of its own.
        return Ok(());
    }
    let words = ["privado", "sala", "quien", "salas", "nombre", "responder", "salir"];
    if !words.iter().any(|word| tells_of(&heard, word)) {
        return Err(answer_lacks(&help, "/privado", &heard));
    }
    words.iter().find(|word| !tells_of(&heard, word)).map_or(Ok(()), |word| {
        Err(Halt::NotStrict(Words::new(
            format!("no muestra /{word}"),
            format!("it does not show /{word}"),
        )))
    })
}

const LEAVE: Check = Check {
    id: "6.3-leave",
    side: Side::Server,
    level: Level::Must,
    profiles: COMMANDS,
    needs: &["2.1-relay", "5.1-asks"],
    title: Text { es: "`/salir` termina la conexión", en: "`/salir` ends the connection" },
    explanation: Text {
        es: "`/salir` debe cerrar la conexión de quien lo escribe, sin que los demás lo lean.",
        en: "`/salir` has to close the connection of who writes it, without the others reading it.",
    },
    body: leave,
};

fn leave(scene: &mut Scene) -> Checked {
    let (_server, [mut ana, mut beto, mut caro]) = three(scene)?;
    let line = scene.dialect.command(Command::Leave, "", "");
    let token = scene.token();
    caro.say(&token)?;
    let as_message = beto.hears(&token)?.replace(&token, &line);
    caro.command(&line)?;
    caro.ends()?;
    scene.barrier(&mut ana, &mut beto)?;
    // A greeting or a notice may have the same word.
    let is_it = |message: &&String| says_like(message, &as_message, &line);
    beto.messages().iter().find(is_it).map_or(Ok(()), |message| Err(reached(&beto, message)))
}

const UNKNOWN: Check = Check {
    id: "6.4-unknown",
    side: Side::Server,
    level: Level::Must,
    profiles: COMMANDS,
    needs: &["2.1-relay", "5.1-asks"],
    title: Text {
        es: "un comando desconocido o incompleto no se muestra a los demás",
        en: "a command that is unknown or lacks something is not shown to others",
    },
    explanation: Text {
        es: "Quien se equivoca al escribir `/privado` no quiere que todos lo lean. Toda línea que \
             empieza con `/` es un comando: si no se conoce o le falta algo, responde solo a su \
             autor con la forma correcta.",
        en: "Who mistypes `/privado` does not want everybody to read it. Each line that begins \
             with `/` is a command: when it is unknown or lacks something, answer only its author \
             with the right form.",
    },
    body: unknown,
};

/// Requires commands that begin with `/`: elsewhere a line with it is a message.
fn has_slashes(scene: &Scene) -> Checked {
    if scene.dialect.commands.values().all(|line| line.starts_with('/')) {
        return Ok(());
    }
    Err(Halt::Untestable(
        [
            "los comandos del curso no empiezan con `/`",
            "the course's commands do not begin with `/`",
        ]
        .into(),
    ))
}

fn unknown(scene: &mut Scene) -> Checked {
    has_slashes(scene)?;
    let (_server, [mut ana, mut beto, mut caro]) = three(scene)?;
    let token = scene.token();
    for command in [&format!("/{token}"), "/privado", &format!("/privado {}", beto.name())] {
        let mark = scene.mark(&mut caro, &mut ana)?;
        ana.command(command)?;
        answered(scene, &ana, mark, command)?;
        scene.barrier(&mut ana, &mut beto)?;
        unheard(&beto, &token)?;
        unheard(&beto, "/privado")?;
    }
    Ok(())
}

const LITERAL: Check = Check {
    id: "6.4-literal",
    side: Side::Server,
    level: Level::Should,
    profiles: COMMANDS,
    needs: &["6.4-unknown"],
    title: Text { es: "`//texto` dice `/texto`", en: "`//text` says `/text`" },
    explanation: Text {
        es: "Una línea que empieza con `//` es un mensaje: se envía a todos sin la primera barra.",
        en: "A line that begins with `//` is a message: it is sent to all without the first slash.",
    },
    body: literal,
};

fn literal(scene: &mut Scene) -> Checked {
    has_slashes(scene)?;
    let (_server, [mut ana, mut beto, _caro]) = three(scene)?;
    let token = scene.token();
    ana.say(&format!("//{token}"))?;
    let heard = beto.hears(&token)?;
    if heard.contains(&format!("/{token}")) && !heard.contains(&format!("//{token}")) {
        return Ok(());
    }
    Err(Halt::fault(
        Words::new(format!("«/{token}»"), format!("\"/{token}\"")),
        Words::new(format!("llegó «{heard}»"), format!("\"{heard}\" came")),
    ))
}

const ALIASES: Check = Check {
    id: "6.5-aliases",
    side: Side::Server,
    level: Level::Should,
    profiles: COMMANDS,
    needs: &["6.3-who", "6.3-rooms-list", "6.3-rename", "6.3-reply", "6.3-help", "6.3-leave"],
    title: Text {
        es: "los comandos tienen nombres en inglés",
        en: "the commands have English names",
    },
    explanation: Text {
        es: "`/msg`, `/join`, `/who`, `/rooms`, `/nick`, `/reply`, `/help` y `/quit` deben hacer lo \
             mismo que los comandos en español. Basta un diccionario de un nombre al otro.",
        en: "`/msg`, `/join`, `/who`, `/rooms`, `/nick`, `/reply`, `/help` and `/quit` have to do \
             the same as the Spanish commands. A dictionary from one name to the other will do.",
    },
    body: aliases,
};

fn aliases(scene: &mut Scene) -> Checked {
    if !scene.dialect.commands.is_empty() {
        return Err(Halt::Untestable(
            ["el curso tiene otros comandos", "the course has other commands"].into(),
        ));
    }
    let (_server, [mut ana, mut beto, mut caro]) = three(scene)?;
    let (message, reply, new, room) =
        (scene.token(), scene.token(), scene.name("zoe"), scene.name("r"));
    ana.command(&format!("/msg {} {message}", beto.name()))?;
    beto.hears(&message)?;
    beto.command(&format!("/reply {reply}"))?;
    ana.hears(&reply)?;
    scene.barrier(&mut beto, &mut caro)?;
    unheard(&caro, &message)?;
    unheard(&caro, &reply)?;
    for (command, shown) in [("/who", caro.name()), ("/rooms", "general"), ("/help", "/")] {
        let heard = answer(scene, command, &mut ana, &mut beto)?;
        if !tells_of(&heard, shown) {
            return Err(answer_lacks(command, shown, &heard));
        }
    }
    ana.command(&format!("/nick {new}"))?;
    hears_of(scene, &beto, 0, &new)?;
    for participant in [&mut ana, &mut beto] {
        participant.command(&format!("/join {room}"))?;
    }
    scene.probe(&mut ana, &mut beto)?;
    beto.command("/quit")?;
    beto.ends().map(drop)
}

const NOTICES: Check = Check {
    id: "6.6-notices",
    side: Side::Server,
    level: Level::Should,
    profiles: COMMANDS,
    needs: &["5.3-joins", "6.1-no-such-user"],
    title: Text {
        es: "los avisos empiezan con `* ` y los rechazos con `! `, y nadie más puede",
        en: "notices begin with `* ` and refusals with `! `, and nobody else's lines can",
    },
    explanation: Text {
        es: "Un mensaje cuyo texto empieza con `* ` no debe parecer un aviso: el nombre de quien \
             lo envía va delante (`ana > * hola`).",
        en: "A message whose text begins with `* ` must not look like a notice: its sender's name \
             stands before it (`ana > * hola`).",
    },
    body: notices,
};

fn notices(scene: &mut Scene) -> Checked {
    let (server, [mut ana, mut beto, caro]) = three(scene)?;
    let token = scene.token();
    beto.say(&format!("* {token}"))?;
    let heard = ana.hears(&token)?;
    if heard.starts_with("* ") {
        return Err(Halt::fault(
            ["que el mensaje no parezca un aviso", "that the message does not look like a notice"],
            Words::new(format!("llegó «{heard}»"), format!("\"{heard}\" came")),
        ));
    }
    let (name, mark) = (scene.name("dora"), scene.mark(&mut beto, &mut ana)?);
    let _dora = scene.join(&server, &name)?;
    hears_of(scene, &ana, mark, &name)?;
    scene.barrier(&mut beto, &mut ana)?;
    let notice = ana.mentions(mark, &name).swap_remove(0);
    let rename = scene.dialect.command(Command::Rename, caro.name(), "");
    let refusal = answer(scene, &rename, &mut ana, &mut beto)?;
    for (line, begin) in [(notice, "* "), (refusal, "! ")] {
        if !line.starts_with(begin) {
            return Err(Halt::NotStrict(Words::new(
                format!("«{line}» no empieza con «{begin}»"),
                format!("\"{line}\" does not begin with \"{begin}\""),
            )));
        }
    }
    Ok(())
}
