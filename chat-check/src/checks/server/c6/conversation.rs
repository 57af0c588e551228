//! Chapter 6: private messages.

use chat_protocol::options::profile::Profile;

use crate::checks::check::{Check, Side};
use crate::checks::server::c5::names::tells_of;
use crate::dialect::Command;
use crate::scene::participant::Participant;
use crate::scene::{Scene, Server};
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&PRIVATE, &NO_SUCH_USER, &REPLY];

/// The profiles with commands.
pub(super) const COMMANDS: &[Profile] = &[Profile::Grupal];

const PRIVATE: Check = Check {
    id: "6.1-private",
    side: Side::Server,
    level: Level::Must,
    profiles: COMMANDS,
    needs: &["2.1-relay", "5.1-asks"],
    title: Text {
        es: "un mensaje privado llega solo a quien va dirigido",
        en: "a private message reaches only whom it is for",
    },
    explanation: Text {
        es: "`/privado NOMBRE TEXTO` debe llegar a ese usuario y a nadie más, con el nombre de \
             quien lo envía, y el autor recibe un acuse. Busca el socket por su nombre y envía \
             solo a ese; comprueba que las líneas que empiezan con `/` no siguen hacia el envío a \
             todos.",
        en: "`/privado NAME TEXT` has to reach that user and nobody else, with its sender's name, \
             and the author gets a receipt. Look up the socket by the name and send to that one \
             only; see that lines which begin with `/` do not go on to be sent to all.",
    },
    body: private,
};

fn private(scene: &mut Scene) -> Checked {
    let (_server, [mut ana, mut beto, mut caro]) = three(scene)?;
    let token = scene.token();
    ana.command(&scene.dialect.command(Command::Private, beto.name(), &token))?;
    let came = beto.hears(&token)?;
    scene.barrier(&mut ana, &mut caro)?;
    unheard(&caro, &token)?;
    if !tells_of(&came, ana.name()) {
        return Err(Halt::NotStrict(Words::new(
            format!("no dice de quién es: «{came}»"),
            format!("it does not say whose it is: \"{came}\""),
        )));
    }
    scene.barrier(&mut beto, &mut ana)?;
    if ana.count(&token) == 0 {
        return Err(Halt::NotStrict(
            ["el autor no recibe acuse", "its sender gets no receipt"].into(),
        ));
    }
    Ok(())
}

const NO_SUCH_USER: Check = Check {
    id: "6.1-no-such-user",
    side: Side::Server,
    level: Level::Must,
    profiles: COMMANDS,
    needs: &["6.1-private"],
    title: Text {
        es: "un mensaje privado para nadie da un aviso, y no llega a nadie",
        en: "a private message for nobody gives a notice, and reaches nobody",
    },
    explanation: Text {
        es: "Si el nombre no existe, avisa a quien escribió (`! no existe ese usuario`) y no \
             envíes nada a los demás. Comprueba que buscar un nombre que falta no termina el hilo \
             (`nombres.get(nombre)` en vez de `nombres[nombre]`).",
        en: "If there is no such name, tell who wrote (`! no existe ese usuario`) and send nothing \
             to the others. See that looking for a name that is missing does not end the thread \
             (`names.get(name)` instead of `names[name]`).",
    },
    body: no_such_user,
};

fn no_such_user(scene: &mut Scene) -> Checked {
    let (_server, [mut ana, mut beto, mut caro]) = three(scene)?;
    let (token, nobody) = (scene.token(), scene.name("nadie"));
    let command = scene.dialect.command(Command::Private, &nobody, &token);
    let mark = scene.mark(&mut beto, &mut ana)?;
    ana.command(&command)?;
    answered(scene, &ana, mark, &command)?;
    scene.barrier(&mut ana, &mut beto)?;
    scene.barrier(&mut ana, &mut caro)?;
    unheard(&beto, &token)?;
    unheard(&caro, &token)
}

const REPLY: Check = Check {
    id: "6.3-reply",
    side: Side::Server,
    level: Level::Must,
    profiles: COMMANDS,
    needs: &["6.1-private"],
    title: Text {
        es: "`/responder` contesta el último mensaje privado",
        en: "`/responder` answers the last private message",
    },
    explanation: Text {
        es: "`/responder TEXTO` debe llegar, en privado, a quien envió el último mensaje privado \
             a este usuario. Guarda para cada cliente quién le escribió en privado por última vez.",
        en: "`/responder TEXT` has to reach, in private, whoever sent the last private message to \
             this user. Keep for each client who wrote to it in private last.",
    },
    body: reply,
};

fn reply(scene: &mut Scene) -> Checked {
    let (_server, [mut ana, mut beto, mut caro]) = three(scene)?;
    let (first, second, answer) = (scene.token(), scene.token(), scene.token());
    ana.command(&scene.dialect.command(Command::Private, beto.name(), &first))?;
    beto.hears(&first)?;
    caro.command(&scene.dialect.command(Command::Private, beto.name(), &second))?;
    beto.hears(&second)?;
    beto.command(&scene.dialect.command(Command::Reply, "", &answer))?;
    caro.hears(&answer)?;
    scene.barrier(&mut beto, &mut ana)?;
    unheard(&ana, &answer)
}

/// A server with three members that all hear each other.
pub(super) fn three(scene: &mut Scene) -> Checked<(Server, [Participant; 3])> {
    let names = ["ana", "beto", "caro"].map(|name| scene.name(name));
    scene.room([&names[0], &names[1], &names[2]])
}

/// The participant receives an answer, whatever it is, behind `mark`.
pub(super) fn answered(
    scene: &Scene,
    participant: &Participant,
    mark: usize,
    command: &str,
) -> Checked {
    // A prompt contains no words.
    let is_said = |message: &String| message.contains(char::is_alphanumeric);
    let said = || participant.messages().iter().skip(mark).any(is_said);
    let told = scene.eventually(|| said().then_some(()));
    told.ok_or_else(|| {
        Halt::fault(
            Words::new(
                format!("una respuesta a «{command}» para quien lo escribió"),
                format!("an answer to \"{command}\" for who wrote it"),
            ),
            participant.instead(scene.timeouts.patience),
        )
    })
}

/// The participant has not heard this.
pub(super) fn unheard(participant: &Participant, token: &str) -> Checked {
    participant.message(token).map_or(Ok(()), |message| Err(reached(participant, &message)))
}

/// A fault: this message reached a participant that it is not for.
pub(super) fn reached(participant: &Participant, message: &str) -> Halt {
    let name = participant.name();
    Halt::fault(
        Words::new(format!("nada para {name}"), format!("nothing for {name}")),
        Words::new(format!("le llegó «{message}»"), format!("\"{message}\" reached it")),
    )
}
