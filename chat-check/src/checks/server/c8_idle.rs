//! Chapter 8: an idle connection is closed, and no other.

use std::time::{Duration, Instant};

use chat_protocol::options::profile::Profile;

use crate::checks::check::{Check, EVERY, MANY, Side};
use crate::checks::server::c7_one_to_one::types;
use crate::scene::Scene;
use crate::scene::participant::Participant;
use crate::text::{Lang, Text, Words, seconds};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] =
    &[&LISTENING, &IDLE, &SENDER, &LISTENER, &OTHERS, &DESCRIPTORS];

const LISTENING: Check = Check {
    id: "8.3-listener",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &[],
    title: Text {
        es: "el servidor acepta clientes también tras un rato sin ninguno",
        en: "the server takes clients also after a while without any",
    },
    explanation: Text {
        es: "El tiempo muerto se puso en el socket que escucha: si nadie se conecta en ese tiempo, \
             `accept` falla y el servidor deja de atender. Cuéntalo para cada cliente, después de \
             `accept`; no uses `settimeout` en el socket del servidor, ni \
             `socket.setdefaulttimeout`.",
        en: "The idle time was set on the socket that listens: when nobody connects for so long, \
             `accept` fails and the server serves nobody any more. Count it for each client, \
             behind `accept`; do not use `settimeout` on the server's socket, nor \
             `socket.setdefaulttimeout`.",
    },
    body: listening,
};

fn listening(scene: &mut Scene) -> Checked {
    let idle = idle_time(scene)?;
    let server = scene.start()?;
    scene.pause(idle.mul_f64(1.5))?;
    let ana = scene.join(&server, "ana")?;
    scene.is_admitted(&server, &ana)
}

const IDLE: Check = Check {
    id: "8.1-idle",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &["8.3-listener"],
    title: Text {
        es: "una conexión sin actividad se cierra a su tiempo",
        en: "a connection without activity is closed in time",
    },
    explanation: Text {
        es: "Una conexión en la que nada pasa debe cerrarse después del tiempo dado, y no antes. \
             Guarda para cada cliente la hora de su último byte, en cualquiera de los dos sentidos \
             (`ultimo = time.monotonic()` al conectarse, después de cada `recv` y después de cada \
             envío). En un bucle, espera con `select` (`select.select([cliente], [], [], 1)`) y \
             lee solo si hay algo; cuando `time.monotonic() - ultimo` pasa del tiempo, envía el \
             aviso y cierra. `cliente.settimeout(60)` no basta: no ve lo que se envía, y vale \
             también para `sendall`.",
        en: "A connection on which nothing happens has to be closed after the time given, and not \
             before. For each client keep the time of its last byte, in either direction (`last = \
             time.monotonic()` when it connects, after each `recv` and after each sending). In a \
             loop, wait with `select` (`select.select([client], [], [], 1)`) and read only when \
             there is something; when `time.monotonic() - last` is over the time, send the notice \
             and close. `client.settimeout(60)` is not enough: it does not see what is sent, and \
             holds for `sendall` as well.",
    },
    body: idle,
};

fn idle(scene: &mut Scene) -> Checked {
    let idle = idle_time(scene)?;
    let server = scene.start()?;
    let begun = Instant::now();
    let mut ana = scene.join(&server, "ana")?;
    scene.pause(scene.timeouts.grace)?;
    let mark = ana.messages().len();
    ana.ends_within(idle + scene.timeouts.patience * 2)?;
    let after = begun.elapsed();
    if after < idle.mul_f64(0.9) {
        let [wanted, came] = [idle, after].map(|time| seconds(time.as_secs_f64()));
        return Err(Halt::fault(
            Words::new(
                format!("que se cierre después de {}", wanted.to(Lang::Es)),
                format!("that it is closed after {}", wanted.to(Lang::En)),
            ),
            Words::new(
                format!("se cerró a los {}", came.to(Lang::Es)),
                format!("it was closed after {}", came.to(Lang::En)),
            ),
        ));
    }
    if ana.messages().len() > mark {
        return Ok(());
    }
    Err(Halt::NotStrict(Words::new(
        "se cierra sin aviso (`* conexión cerrada por inactividad`)",
        "it is closed without a notice (`* conexión cerrada por inactividad`)",
    )))
}

const SENDER: Check = Check {
    id: "8.2-sender",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &["8.1-idle"],
    title: Text { es: "quien envía no está inactivo", en: "who sends is not idle" },
    explanation: Text {
        es: "Se cerró la conexión de alguien que seguía escribiendo: el tiempo se cuenta desde que \
             se conectó. Debe empezar otra vez con cada byte: guarda la hora del último (`ultimo = \
             time.monotonic()`) después de cada `recv` y de cada envío, y compara con ella en el \
             bucle de `select` (mira 8.1-idle).",
        en: "The connection of somebody who went on writing was closed: time is counted from the \
             beginning of the connection. It has to start again with each byte: keep the time of \
             the last one (`last = time.monotonic()`) after each `recv` and each sending, and \
             compare with it in the loop around `select` (see 8.1-idle).",
    },
    body: sender,
};

fn sender(scene: &mut Scene) -> Checked {
    let idle = idle_time(scene)?;
    let server = scene.start()?;
    let mut ana = scene.join(&server, "ana")?;
    for_long(scene, idle, || {
        open(&ana)?;
        ana.say(&scene.token())
    })?;
    open(&ana)
}

const LISTENER: Check = Check {
    id: "8.2-listener",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &["8.2-sender", "2.1-relay", "7.2-turns"],
    title: Text {
        es: "quien solo escucha, mientras otros hablan, no está inactivo",
        en: "who only listens while others talk is not idle",
    },
    explanation: Text {
        es: "Se cerró la conexión de alguien a quien le llegaban mensajes: `settimeout` cuenta \
             solo lo que ese cliente envía. Lo que se le envía también es actividad: donde el \
             servidor le envía un mensaje, guarda la hora (`ultimo[otro] = time.monotonic()`), y \
             compara con ella en el bucle de `select` antes de cerrar (mira 8.1-idle).",
        en: "The connection of somebody whom messages reached was closed: `settimeout` counts only \
             what that client sends. What is sent to it is activity, too: where the server sends \
             it a message, keep the time (`last[other] = time.monotonic()`), and compare with it \
             in the loop around `select` before closing (see 8.1-idle).",
    },
    body: listener,
};

fn listener(scene: &mut Scene) -> Checked {
    let idle = idle_time(scene)?;
    if scene.profile == Profile::Practico {
        let server = scene.start()?;
        let mut ana = scene.join(&server, "ana")?;
        return for_long(scene, idle, || {
            open(&ana)?;
            types(scene, &server, &mut ana).map(drop)
        });
    }
    let (_server, [mut ana, mut beto]) = scene.room(["ana", "beto"])?;
    for_long(scene, idle, || {
        open(&beto)?;
        let token = scene.token();
        ana.say(&token)?;
        beto.hears(&token).map(drop)
    })
}

const OTHERS: Check = Check {
    id: "8.3-others",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["8.2-listener"],
    title: Text {
        es: "cuando se cierra una conexión inactiva, las demás siguen",
        en: "when an idle connection is closed, the others go on",
    },
    explanation: Text {
        es: "Una conexión inactiva se llevó a las demás. Comprueba que se cierra solo el socket de \
             ese cliente, que el tiempo se cuenta para cada uno por separado, y que el error se \
             atrapa en el hilo de ese cliente y no en el bucle de todos.",
        en: "An idle connection took the others with it. See that only that client's socket is \
             closed, that time is counted for each one by itself, and that the error is caught in \
             that client's thread and not in the loop of all.",
    },
    body: others,
};

/// Where there are names, a client without one hears nothing and so becomes idle while others talk.
/// Elsewhere two come when half of the first one's time is over.
fn others(scene: &mut Scene) -> Checked {
    let idle = idle_time(scene)?;
    let server = scene.start()?;
    let mut silent = scene.connect(&server, "silent")?;
    scene.is_admitted(&server, &silent)?;
    if !scene.dialect.has_names() {
        scene.pause(idle / 2)?;
    }
    let heard = silent.captured().look(|heard| heard.total);
    let come = Instant::now();
    let mut two = [scene.join(&server, "ana")?, scene.join(&server, "beto")?];
    if scene.dialect.has_names() {
        scene.gather(&mut two)?;
        let [ana, beto] = &mut two;
        for_long(scene, idle, || scene.probe(ana, beto))?;
        if silent.end().is_none() {
            return Err(Halt::Untestable(Words::new(
                "a quien no ha dado su nombre no se le cuenta el tiempo",
                "who has not given a name is not timed",
            )));
        }
        return scene.probe(ana, beto);
    }
    scene.pause(scene.timeouts.grace)?;
    let told = silent.captured().look(|silent| silent.total) > heard;
    silent.ends_within(idle + scene.timeouts.patience * 2)?;
    scene.pause(scene.timeouts.grace)?;
    let [ana, beto] = &mut two;
    let gone = open(ana).and(open(beto));
    if gone.is_err() && (told || come.elapsed() > idle.mul_f64(0.9)) {
        return Err(Halt::Untestable(Words::new(
            "las demás también pudieron estar inactivas",
            "the others may have been idle as well",
        )));
    }
    gone
}

const DESCRIPTORS: Check = Check {
    id: "8.5-descriptors",
    side: Side::Server,
    level: Level::Must,
    profiles: EVERY,
    needs: &["8.1-idle", "7.1-for-ever"],
    title: Text {
        es: "lo que ocupaba una conexión inactiva queda libre",
        en: "what an idle connection held is released",
    },
    explanation: Text {
        es: "Después de cerrar conexiones inactivas el servidor tiene más descriptores abiertos \
             que antes. `shutdown` no libera el socket: llama también a `close()`, en un `finally` \
             o con `with cliente:`.",
        en: "After it has closed idle connections the server has more descriptors open than \
             before. `shutdown` does not release a socket: call `close()` as well, in a `finally` \
             or with `with client:`.",
    },
    body: descriptors,
};

/// The first connection's end shows how many descriptors the server keeps for itself.
fn descriptors(scene: &mut Scene) -> Checked {
    let idle = idle_time(scene)?;
    let limit = idle + scene.timeouts.patience * 2;
    let server = scene.start()?;
    let start = server.program.descriptors();
    let mut first = scene.join(&server, "ana")?;
    first.ends_within(limit)?;
    scene.eventually(|| (server.program.descriptors() <= start).then_some(()));
    let before = server.program.descriptors();
    let mut others = Vec::new();
    for name in ["beto", "caro"] {
        let mut other = scene.join(&server, name)?;
        if scene.profile == Profile::Practico {
            other.ends_within(limit)?;
        }
        others.push(other);
    }
    others.iter_mut().try_for_each(|other| other.ends_within(limit).map(drop))?;
    let released = scene.eventually(|| (server.program.descriptors() <= before).then_some(()));
    released.ok_or_else(|| {
        let now = server.program.descriptors();
        Halt::fault(
            Words::new(
                format!("que vuelva a tener {before} descriptores abiertos"),
                format!("that it has {before} open descriptors again"),
            ),
            Words::new(format!("tiene {now} abiertos"), format!("it has {now} open")),
        )
    })
}

/// Returns the idle time that was asked for.
fn idle_time(scene: &Scene) -> Checked<Duration> {
    scene.timeouts.idle.ok_or_else(|| {
        Halt::Untestable(Words::new(
            "no se sabe tras cuánto tiempo debe cerrarse; se comprueba con --idle TIEMPO",
            "it is not known after how long it must be closed; --idle TIME has it checked",
        ))
    })
}

/// Repeats this for two and a half times the idle time, often enough that no participant in it is
/// idle.
fn for_long(scene: &Scene, idle: Duration, mut act: impl FnMut() -> Checked) -> Checked {
    let begun = Instant::now();
    let mut last = begun;
    while begun.elapsed() < idle.mul_f64(2.5) {
        let acted = act();
        if last.elapsed() > idle.mul_f64(0.7) {
            return Err(Halt::Untestable(Words::new(
                "la máquina está demasiado ocupada para un tiempo tan corto",
                "the machine is too busy for so short a time",
            )));
        }
        acted?;
        last = Instant::now();
        scene.pause(idle / 5)?;
    }
    Ok(())
}

/// Checks that this connection has not been closed.
fn open(participant: &Participant) -> Checked {
    if participant.end().is_none() {
        return Ok(());
    }
    let name = participant.name();
    Err(Halt::fault(
        Words::new(
            format!("que la conexión de {name}, que no está inactiva, siga abierta"),
            format!("that the connection of {name}, which is not idle, stays open"),
        ),
        ["se cerró", "it was closed"],
    ))
}
