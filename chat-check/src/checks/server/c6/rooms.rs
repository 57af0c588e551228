//! Chapter 6: rooms, and their members.

use crate::checks::check::{Check, Side};
use crate::checks::server::c5::names::tells_of;
use crate::checks::server::c5::presence::hears_of;
use crate::checks::server::c6::conversation::{COMMANDS, three, unheard};
use crate::dialect::Command;
use crate::scene::Scene;
use crate::scene::participant::Participant;
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&ROOMS, &WHO, &LIST];

const ROOMS: Check = Check {
    id: "6.2-rooms",
    side: Side::Server,
    level: Level::Must,
    profiles: COMMANDS,
    needs: &["2.1-relay", "5.3-joins"],
    title: Text {
        es: "lo que se dice y quién entra queda dentro de la sala",
        en: "what is said and who comes stays inside the room",
    },
    explanation: Text {
        es: "`/sala NOMBRE` lleva a quien lo escribe a esa sala; todos empiezan en `general`. Cada \
             mensaje y cada aviso van solo a quienes están en la misma sala: guarda la sala de \
             cada cliente y compárala antes de enviar.",
        en: "`/sala NAME` takes who writes it to that room; everybody begins in `general`. Each \
             message and each notice goes only to those in the same room: keep each client's room \
             and compare it before sending.",
    },
    body: rooms,
};

fn rooms(scene: &mut Scene) -> Checked {
    let names = ["ana", "beto", "caro", "dora", "eva"].map(|name| scene.name(name));
    let (server, participants) = scene.room([&names[0], &names[1], &names[2], &names[3]])?;
    let [mut ana, mut beto, mut caro, mut dora] = participants;
    let room = scene.name("r");
    for participant in [&mut caro, &mut dora] {
        participant.command(&scene.dialect.command(Command::Join, &room, ""))?;
    }
    scene.probe(&mut caro, &mut dora)?;
    let (inside, outside) = (scene.token(), scene.token());
    dora.say(&inside)?;
    caro.hears(&inside)?;
    scene.barrier(&mut beto, &mut ana)?;
    unheard(&ana, &inside)?;
    ana.say(&outside)?;
    beto.hears(&outside)?;
    let mark = scene.mark(&mut dora, &mut caro)?;
    unheard(&caro, &outside)?;
    let _eva = scene.join(&server, &names[4])?;
    hears_of(scene, &ana, 0, &names[4])?;
    scene.barrier(&mut dora, &mut caro)?;
    match caro.mentions(mark, &names[4]).pop() {
        None => Ok(()),
        Some(notice) => Err(Halt::fault(
            ["el aviso solo en la sala general", "the notice in the room general only"],
            Words::new(
                format!("llegó a otra sala: «{notice}»"),
                format!("it reached another room: \"{notice}\""),
            ),
        )),
    }
}

const WHO: Check = Check {
    id: "6.3-who",
    side: Side::Server,
    level: Level::Must,
    profiles: COMMANDS,
    needs: &["6.2-rooms"],
    title: Text {
        es: "`/quien` muestra quiénes están en la sala",
        en: "`/quien` shows who is in the room",
    },
    explanation: Text {
        es: "`/quien` debe responder a quien lo escribe con los nombres de quienes están en su \
             misma sala, y de nadie más.",
        en: "`/quien` has to answer who writes it with the names of those in the same room, and \
             of nobody else.",
    },
    body: who,
};

fn who(scene: &mut Scene) -> Checked {
    let (_server, [mut ana, mut beto, mut caro]) = three(scene)?;
    let names = [beto.name().to_owned(), caro.name().to_owned()];
    let list = scene.dialect.command(Command::List, "", "");
    let heard = answer(scene, &list, &mut ana, &mut beto)?;
    for name in &names {
        if !tells_of(&heard, name) {
            return Err(answer_lacks(&list, name, &heard));
        }
    }
    caro.command(&scene.dialect.command(Command::Join, &scene.name("r"), ""))?;
    let listed = |heard: &String| tells_of(heard, &names[1]);
    until(scene, &list, &mut ana, &mut beto, |heard| !listed(heard) && tells_of(heard, &names[0]))?
        .map_or(Ok(()), |heard| {
            Err(Halt::fault(
                Words::new(
                    format!("que no figure {}, que está en otra sala", names[1]),
                    format!("that {}, who is in another room, is not listed", names[1]),
                ),
                Words::new(format!("llegó «{heard}»"), format!("\"{heard}\" came")),
            ))
        })
}

const LIST: Check = Check {
    id: "6.3-rooms-list",
    side: Side::Server,
    level: Level::Should,
    profiles: COMMANDS,
    needs: &["6.2-rooms"],
    title: Text {
        es: "`/salas` muestra las salas y cuántos hay en cada una",
        en: "`/salas` shows the rooms and how many are in each",
    },
    explanation: Text {
        es: "`/salas` debe responder con el nombre de cada sala y su número de miembros. Una sala \
             se crea con el primero que entra y desaparece con el último que sale.",
        en: "`/salas` has to answer with the name of each room and the number of its members. A \
             room is made by the first who enters and is gone with the last who leaves.",
    },
    body: list,
};

fn list(scene: &mut Scene) -> Checked {
    let (_server, [mut ana, mut beto, mut caro]) = three(scene)?;
    let room = scene.name("r");
    let rooms = scene.dialect.command(Command::Rooms, "", "");
    caro.command(&scene.dialect.command(Command::Join, &room, ""))?;
    let shown = |heard: &String| tells_of(heard, &room);
    if let Some(heard) = until(scene, &rooms, &mut ana, &mut beto, shown)? {
        return Err(answer_lacks(&rooms, &room, &heard));
    }
    let heard = answer(scene, &rooms, &mut ana, &mut beto)?;
    caro.command(&scene.dialect.command(Command::Join, "general", ""))?;
    if let Some(heard) = until(scene, &rooms, &mut ana, &mut beto, |heard| !shown(heard))? {
        return Err(Halt::fault(
            Words::new(
                format!("que la sala {room} desaparezca con su último miembro"),
                format!("that the room {room} is gone with its last member"),
            ),
            Words::new(format!("llegó «{heard}»"), format!("\"{heard}\" came")),
        ));
    }
    if heard.contains(['1', '2']) {
        return Ok(());
    }
    Err(Halt::NotStrict(Words::new(
        format!("no dice cuántos hay en cada sala: «{heard}»"),
        format!("it does not say how many are in each room: \"{heard}\""),
    )))
}

/// Returns all that a participant hears behind a command, until another participant's words come.
pub(super) fn answer(
    scene: &Scene,
    command: &str,
    asker: &mut Participant,
    other: &mut Participant,
) -> Checked<String> {
    let mark = scene.mark(other, asker)?;
    asker.command(command)?;
    crate::checks::server::c6::conversation::answered(scene, asker, mark, command)?;
    let token = scene.token();
    other.say(&token)?;
    asker.hears(&token)?;
    scene.pause(scene.timeouts.grace)?;
    let mut messages = asker.messages().split_off(mark);
    messages.retain(|message| !message.contains(&token));
    Ok(messages.join(" / "))
}

/// Asks until the answer is as it should be: a client that was told to move needs a moment. If it
/// never is, returns the last answer.
fn until(
    scene: &Scene,
    command: &str,
    asker: &mut Participant,
    other: &mut Participant,
    fits: impl Fn(&String) -> bool,
) -> Checked<Option<String>> {
    let mut last = None;
    let fitting = scene.eventually(|| match answer(scene, command, asker, other) {
        Ok(heard) if !fits(&heard) => {
            last = Some(heard);
            None
        }
        other => Some(other.map(drop)),
    });
    fitting.map_or(Ok(last), |fitting| fitting.map(|()| None))
}

pub(super) fn answer_lacks(command: &str, what: &str, heard: &str) -> Halt {
    Halt::fault(
        Words::new(
            format!("que «{command}» muestre «{what}»"),
            format!("that \"{command}\" shows \"{what}\""),
        ),
        Words::new(format!("llegó «{heard}»"), format!("\"{heard}\" came")),
    )
}
