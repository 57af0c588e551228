//! Chapter 8: a silent connection is closed, and the client handles it.

use chat_protocol::options::profile::Profile;

use crate::checks::check::{Check, EVERY, Side};
use crate::scene::Scene;
use crate::text::Text;
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&NOTICE, &OWN];

const NOTICE: Check = Check {
    id: "8.4-idle-notice",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.4-server-gone"],
    title: Text {
        es: "muestra el aviso de inactividad, cierra y termina",
        en: "it shows the notice of idleness, closes and ends",
    },
    explanation: Text {
        es: "El aviso y el cierre llegan casi juntos: imprime lo que devuelve `recv` antes de \
             mirar si la conexión terminó, y termina después el programa entero.",
        en: "The notice and the end come almost together: print what `recv` returns before you \
             look whether the connection has ended, and then end the whole program.",
    },
    body: notice,
};

fn notice(scene: &mut Scene) -> Checked {
    let (client, mut participant) = scene.admit_client()?;
    scene.tell(&client, &mut participant, chat_protocol::language::Language::Es.idle_notice())?;
    participant.end_sending();
    client.shows("por inactividad")?;
    let expected = ["que cierre y termine", "that it closes and ends"];
    client.gives_up(expected)?.at_once()
}

const OWN: Check = Check {
    id: "8.4-idle-own",
    side: Side::Client,
    level: Level::Should,
    profiles: &[Profile::Practico],
    needs: &["4.2-send"],
    title: Text {
        es: "cierra él mismo una conexión sin actividad",
        en: "it closes an idle connection by itself",
    },
    explanation: Text {
        es: "Si el servidor no lo hace, el cliente cierra después del tiempo muerto. Guarda la \
             hora del último byte, en cualquiera de los dos sentidos (`ultimo = \
             time.monotonic()`), espera con `select` (`select.select([s], [], [], 1)`), y cuando \
             `time.monotonic() - ultimo` pasa del tiempo, cierra y termina.",
        en: "When the server does not, the client closes after the dead time. Keep the time of the \
             last byte, in either direction (`last = time.monotonic()`), wait with `select` \
             (`select.select([s], [], [], 1)`), and when `time.monotonic() - last` is over the \
             time, close and end.",
    },
    body: own,
};

fn own(scene: &mut Scene) -> Checked {
    let Some(idle) = scene.timeouts.idle else {
        return Err(Halt::Untestable(
            ["el curso no dijo ningún tiempo (--idle)", "the course gave no time (--idle)"].into(),
        ));
    };
    let (client, _voice) = scene.admit_client()?;
    let ended = client.program.wait(idle + scene.timeouts.patience);
    ended.map(drop).ok_or_else(|| {
        Halt::fault(
            ["que termine después del tiempo muerto", "that it ends after the dead time"],
            ["seguía en marcha", "it was still running"],
        )
    })
}
