//! Chapter 5: notices to the room when a participant comes or leaves.

use crate::checks::check::{Check, NAMED, Side};
use crate::checks::server::c5::names::tells_of;
use crate::scene::Scene;
use crate::scene::participant::Participant;
use crate::text::{Text, Words, normal, says_like};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&JOINS, &LEAVES, &ORDER];

/// A participant's way of leaving.
pub(super) type Leave = fn(&Scene, Participant) -> Checked;

const JOINS: Check = Check {
    id: "5.3-joins",
    side: Side::Server,
    level: Level::Must,
    profiles: NAMED,
    needs: &["2.1-relay", "5.1-asks"],
    title: Text {
        es: "la sala se entera de quién entra, una sola vez",
        en: "the room hears who comes, once",
    },
    explanation: Text {
        es: "Cuando un cliente ha dado su nombre, los demás deben recibir un aviso con ese nombre \
             (`* ana se ha unido`), una vez. Comprueba que el aviso se envía después de recibir \
             el nombre, a todos los que están en la lista menos al nuevo, y en un solo lugar del \
             código.",
        en: "When a client has given its name the others must get a notice with that name (`* ana \
             se ha unido`), once. See that the notice is sent after the name was received, to \
             everybody in the list but the newcomer, and in one place of the code.",
    },
    body: joins,
};

fn joins(scene: &mut Scene) -> Checked {
    let (ana, beto, caro) = (scene.name("ana"), scene.name("beto"), scene.name("caro"));
    let (server, [mut ana, mut beto]) = scene.room([&ana, &beto])?;
    let mark = scene.mark(&mut beto, &mut ana)?;
    let _caro = scene.join(&server, &caro)?;
    hears_of(scene, &ana, mark, &caro)?;
    scene.barrier(&mut beto, &mut ana)?;
    once(ana.mentions(mark, &caro), &[ana.name(), beto.name()])
}

const LEAVES: Check = Check {
    id: "5.3-leaves",
    side: Side::Server,
    level: Level::Must,
    profiles: NAMED,
    needs: &["5.3-joins", "3.4-busy"],
    title: Text {
        es: "la sala se entera de quién se va, una sola vez",
        en: "the room hears who goes, once",
    },
    explanation: Text {
        es: "Cuando la conexión de un cliente termina (`recv` devuelve b'' o da un error), los \
             demás deben recibir un aviso con su nombre (`* ana ha salido`), una vez. Comprueba \
             que se avisa al quitarlo de la lista, en un solo lugar (por ejemplo en el `finally` \
             del hilo), y que se guarda el nombre antes de borrarlo.",
        en: "When a client's connection ends (`recv` returns b'' or fails) the others must get a \
             notice with its name (`* ana ha salido`), once. See that this is done where it is \
             removed from the list, in one place (the thread's `finally`, say), and that the name \
             is kept until then.",
    },
    body: leaves,
};

fn leaves(scene: &mut Scene) -> Checked {
    told_once(scene, None, |_, caro| {
        caro.close();
        Ok(())
    })
}

/// One of a room leaves in this way, and another hears it once. A word that is said to leave is no
/// notice where it is passed on as a message: that is the subject of another check.
pub(super) fn told_once(scene: &mut Scene, word: Option<&str>, leave: Leave) -> Checked {
    let (ana, beto, caro) = (scene.name("ana"), scene.name("beto"), scene.name("caro"));
    let (server, [mut ana, mut beto]) = scene.room([&ana, &beto])?;
    // A notice that a participant comes goes only to those that take part already.
    let mut caro = scene.join(&server, &caro)?;
    let name = caro.name().to_owned();
    scene.probe(&mut beto, &mut caro)?;
    hears_of(scene, &ana, 0, &name)?;
    let token = scene.token();
    caro.say(&token)?;
    let model = ana.hears(&token)?;
    let is_said = |message: &String| {
        word.is_some_and(|word| says_like(message, &model.replace(&token, word), word))
    };
    let mark = scene.mark(&mut beto, &mut ana)?;
    leave(scene, caro)?;
    let notices = |ana: &Participant| {
        let mut heard = ana.mentions(mark, &name);
        heard.retain(|message| !is_said(message));
        heard
    };
    scene.eventually(|| notices(&ana).pop()).ok_or_else(|| untold(&ana, &name))?;
    scene.barrier(&mut beto, &mut ana)?;
    once(notices(&ana), &[ana.name(), beto.name()])
}

const ORDER: Check = Check {
    id: "5.3-order",
    side: Side::Server,
    level: Level::Must,
    profiles: NAMED,
    needs: &["5.3-leaves"],
    title: Text {
        es: "quién entra y quién se va se sabe en orden con sus mensajes",
        en: "who comes and goes is heard in order with their messages",
    },
    explanation: Text {
        es: "El aviso de entrada llegó después de un mensaje de quien entraba, o el de salida \
             antes de sus últimos mensajes. Comprueba que avisos y mensajes siguen el mismo camino \
             (la misma cola, el mismo hilo), y que los mensajes que ya se leyeron se envían antes \
             que el aviso de salida.",
        en: "The notice of somebody's coming came after one of their messages, or that of their \
             going before their last ones. See that notices and messages go the same way (the \
             same queue, the same thread), and that messages which were read already are sent \
             before the notice of the end.",
    },
    body: order,
};

/// Messages that a participant sends before it leaves.
const LAST_WORDS: usize = 10;

fn order(scene: &mut Scene) -> Checked {
    if !scene.dialect.framing.has_ends() {
        return Err(Halt::Untestable(Words::new(
            "los mensajes no tienen fin: un aviso y un mensaje pueden llegar juntos",
            "messages have no end: a notice and a message may come together",
        )));
    }
    let (ana, beto, caro) = (scene.name("ana"), scene.name("beto"), scene.name("caro"));
    let (server, [mut ana, mut beto]) = scene.room([&ana, &beto])?;
    let mark = scene.mark(&mut beto, &mut ana)?;
    let mut caro = scene.join(&server, &caro)?;
    let name = caro.name().to_owned();
    scene.probe(&mut beto, &mut caro)?;
    let first = scene.token();
    caro.say(&first)?;
    ana.hears(&first)?;
    if let Some(message) = ana.mentions(mark, &name).first().filter(|m| m.contains(&first)) {
        return Err(Halt::fault(
            Words::new(
                format!("el aviso de que entró {name}, y después su mensaje"),
                format!("the notice that {name} has come, and then its message"),
            ),
            Words::new(format!("primero llegó «{message}»"), format!("\"{message}\" came first")),
        ));
    }
    let mark = scene.mark(&mut beto, &mut ana)?;
    let last_words: Vec<String> = (0..LAST_WORDS).map(|_| scene.token()).collect();
    last_words.iter().try_for_each(|token| caro.say(token))?;
    caro.close();
    let is_notice = |message: &String| !last_words.iter().any(|token| message.contains(token));
    let gone = scene.eventually(|| ana.mentions(mark, &name).into_iter().find(is_notice));
    gone.ok_or_else(|| untold(&ana, &name))?;
    scene.barrier(&mut beto, &mut ana)?;
    // Messages that had come in part are whole now.
    let heard = ana.mentions(mark, &name);
    let mut behind = heard.iter().skip_while(|message| !is_notice(message));
    let notice = behind.next();
    match notice.zip(behind.find(|message| !is_notice(message))) {
        None => Ok(()),
        Some((gone, late)) => Err(Halt::fault(
            Words::new(
                format!("los mensajes de {name}, y después el aviso de que salió"),
                format!("the messages of {name}, and then the notice that it has gone"),
            ),
            Words::new(
                format!("después de «{gone}» llegó «{late}»"),
                format!("\"{late}\" came after \"{gone}\""),
            ),
        )),
    }
}

/// Waits until this participant receives a notice with this name.
pub(in crate::checks::server) fn hears_of(
    scene: &Scene,
    participant: &Participant,
    mark: usize,
    name: &str,
) -> Checked {
    let told = scene.eventually(|| participant.mentions(mark, name).pop());
    told.map(drop).ok_or_else(|| untold(participant, name))
}

fn untold(participant: &Participant, name: &str) -> Halt {
    let who = participant.name();
    Halt::fault(
        Words::new(
            format!("que a {who} le llegue un aviso con el nombre «{name}»"),
            format!("that a notice with the name \"{name}\" reaches {who}"),
        ),
        ["no llegó ninguno", "none came"],
    )
}

/// Checks that there is one notice. Lists, in which others stand as well, do not count.
fn once(mut notices: Vec<String>, others: &[&str]) -> Checked {
    notices.retain(|notice| !others.iter().any(|other| tells_of(notice, other)));
    let all = notices.len();
    notices.sort_by_key(|notice| normal(notice));
    notices.dedup_by_key(|notice| normal(notice));
    let list = notices.join("», «");
    if notices.len() < all {
        return Err(Halt::fault(
            ["el aviso una sola vez", "the notice once"],
            Words::new(
                format!("llegaron {all} avisos iguales: «{list}»"),
                format!("{all} equal notices came: \"{list}\""),
            ),
        ));
    }
    if all > 1 {
        return Err(Halt::NotStrict(Words::new(
            format!("llegaron varios avisos: «{list}»"),
            format!("several notices came: \"{list}\""),
        )));
    }
    Ok(())
}
