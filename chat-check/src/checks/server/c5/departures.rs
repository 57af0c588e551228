//! Chapter 5: presence and names after each other way of leaving than a plain close.

use crate::checks::check::{Check, NAMED, Side};
use crate::checks::server::c3::leaving::leave_word;
use crate::checks::server::c5::claims::free_after;
use crate::checks::server::c5::presence::told_once;
use crate::scene::Scene;
use crate::scene::participant::Participant;
use crate::text::Text;
use crate::verdict::{Checked, Level};

pub(crate) const CHECKS: &[&Check] =
    &[&LEAVES_SALIR, &LEAVES_RESET, &FREE_AFTER_SALIR, &FREE_AFTER_RESET];

const LEAVES_SALIR: Check = Check {
    id: "5.3-leaves-salir",
    side: Side::Server,
    level: Level::Must,
    profiles: NAMED,
    needs: &["5.3-leaves", "3.1-salir"],
    title: Text {
        es: "la sala se entera de quién se va con `salir`, una sola vez",
        en: "the room hears who goes with `salir`, once",
    },
    explanation: Text {
        es: "Con `salir` se termina por otro camino que cuando la conexión se cierra: o ese camino \
             no avisa a los demás, o avisa él y después también el final del hilo. Deja que \
             `salir` solo salga del bucle, y avisa en un único lugar (el `finally` del hilo).",
        en: "With `salir` the end comes by another way than when the connection closes: either \
             this way does not tell the others, or it tells them and the end of the thread does \
             so again. Let `salir` do no more than leave the loop, and tell the others in one \
             place (the thread's `finally`).",
    },
    body: leaves_salir,
};

fn leaves_salir(scene: &mut Scene) -> Checked {
    let word = leave_word(scene)?;
    told_once(scene, Some(&word), says_the_word)
}

const LEAVES_RESET: Check = Check {
    id: "5.3-leaves-reset",
    side: Side::Server,
    level: Level::Must,
    profiles: NAMED,
    needs: &["5.3-leaves", "3.3-reset"],
    title: Text {
        es: "la sala se entera de quién pierde su conexión, una sola vez",
        en: "the room hears whose connection is reset, once",
    },
    explanation: Text {
        es: "Si un cliente muere, `recv` lanza ConnectionResetError, y lo que está después del \
             bucle no se ejecuta. Pon el aviso y todo lo que hay que hacer cuando un cliente se \
             va en el `finally` que rodea el bucle.",
        en: "When a client dies, `recv` raises ConnectionResetError, and what stands behind the \
             loop is not executed. Put the notice, and all that is to be done when a client \
             leaves, into the `finally` around the loop.",
    },
    body: leaves_reset,
};

fn leaves_reset(scene: &mut Scene) -> Checked {
    told_once(scene, None, is_reset)
}

const FREE_AFTER_SALIR: Check = Check {
    id: "5.4-free-after-salir",
    side: Side::Server,
    level: Level::Must,
    profiles: NAMED,
    needs: &["5.4-free-again", "5.3-leaves-salir"],
    title: Text {
        es: "el nombre de quien se fue con `salir` se puede usar otra vez",
        en: "the name of a client that left with `salir` can be used again",
    },
    explanation: Text {
        es: "Tras `salir` el nombre sigue apuntado como ocupado. Quítalo de la lista donde termina \
             toda conexión, sea como sea (`finally: nombres.pop(cliente, None)`).",
        en: "After `salir` the name still counts as taken. Remove it where every connection ends, \
             in whatever way (`finally: names.pop(client, None)`).",
    },
    body: free_after_salir,
};

fn free_after_salir(scene: &mut Scene) -> Checked {
    leave_word(scene)?;
    free_after(scene, says_the_word)
}

const FREE_AFTER_RESET: Check = Check {
    id: "5.4-free-after-reset",
    side: Side::Server,
    level: Level::Must,
    profiles: NAMED,
    needs: &["5.4-free-again", "5.3-leaves-reset"],
    title: Text {
        es: "el nombre de quien perdió su conexión se puede usar otra vez",
        en: "the name of a client whose connection was reset can be used again",
    },
    explanation: Text {
        es: "Quien pierde la conexión y vuelve no puede usar su nombre: `recv` lanzó un error, y \
             el nombre no se quitó. Quítalo en el `finally` que rodea el bucle.",
        en: "Who loses the connection and comes back cannot have their name: `recv` raised an \
             error, and the name was not removed. Remove it in the `finally` around the loop.",
    },
    body: free_after_reset,
};

fn free_after_reset(scene: &mut Scene) -> Checked {
    free_after(scene, is_reset)
}

fn says_the_word(scene: &Scene, mut participant: Participant) -> Checked {
    participant.command(&leave_word(scene)?)?;
    participant.ends()?;
    participant.close();
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "one of the ways of leaving, which may fail")]
fn is_reset(_: &Scene, participant: Participant) -> Checked {
    participant.reset();
    Ok(())
}
