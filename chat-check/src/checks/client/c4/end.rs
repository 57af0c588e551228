//! Chapter 4: the server ends, and the client notices.

use std::thread;
use std::time::{Duration, Instant};

use crate::checks::check::{Check, EVERY, Side};
use crate::scene::Scene;
use crate::scene::client_program::ClientProgram;
use crate::scene::participant::Participant;
use crate::scene::scripted_server::unread;
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&FLOOD, &GONE, &RESET, &TRACE, &FLOODED];

const FLOOD: Check = Check {
    id: "4.4-flood",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.2-receive"],
    title: Text {
        es: "no imprime sin fin cuando el servidor ya no está",
        en: "it does not print for ever when the server is gone",
    },
    explanation: Text {
        es: "Cuando el servidor cierra, `recv` devuelve enseguida `b\"\"`, una y otra vez. Un \
             bucle que lo imprime igual no para nunca. Después de `recv` va siempre: `if not \
             datos: break`. Lo mismo vale para un `except` que solo hace `continue`.",
        en: "When the server closes, `recv` returns `b\"\"` at once, again and again. A loop that \
             prints it all the same never stops. Behind `recv` there is always: `if not data: \
             break`. The same goes for an `except` that only does `continue`.",
    },
    body: flood,
};

/// Limit on what a client may print about the end, in bytes: far more than any program prints.
const MUCH: u64 = 16 * 1024;

fn flood(scene: &mut Scene) -> Checked {
    let (client, mut participant) = scene.admit_client()?;
    let token = scene.token();
    scene.tell(&client, &mut participant, &token)?;
    client.shows(&token)?;
    let printed = || {
        let trace = client.program.trace();
        trace.out.look(|heard| heard.total) + trace.err.look(|heard| heard.total)
    };
    let before = printed();
    participant.close();
    let too_much = || printed() > before + MUCH;
    scene.eventually(|| (client.program.ended().is_some() || too_much()).then_some(()));
    if too_much() {
        let bytes = printed() - before;
        return Err(Halt::fault(
            ["como mucho unas líneas sobre el fin", "a few lines about the end at most"],
            Words::new(
                format!("imprimió {bytes} bytes desde que el servidor cerró, y seguía"),
                format!("it printed {bytes} bytes since the server closed, and went on"),
            ),
        ));
    }
    Ok(())
}

const GONE: Check = Check {
    id: "4.4-server-gone",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.4-flood"],
    title: Text {
        es: "cuando el servidor cierra, lo dice y termina",
        en: "when the server closes, it says so and ends",
    },
    explanation: Text {
        es: "Cuando `recv` devuelve `b\"\"`, el servidor ha cerrado: imprime una línea y termina \
             todo el programa, también si otro hilo espera en `input()`. `return` o `sys.exit()` \
             en el hilo que recibe terminan solo ese hilo: usa ahí `sys.stdout.flush()` y \
             `os._exit(1)`, en ese orden, o haz que sea el hilo principal el que recibe y el del \
             teclado `daemon=True`.",
        en: "When `recv` returns `b\"\"`, the server has closed: print a line and end the whole \
             program, also when another thread waits in `input()`. `return` or `sys.exit()` in the \
             receiving thread end only that thread: use `sys.stdout.flush()` and `os._exit(1)` \
             there, in this order, or let the main thread receive and make the keyboard's \
             `daemon=True`.",
    },
    body: gone,
};

fn gone(scene: &mut Scene) -> Checked {
    let (client, mut participant) = scene.admit_client()?;
    let token = scene.token();
    scene.tell(&client, &mut participant, &token)?;
    client.shows(&token)?;
    let before = client.screen().look(|heard| heard.total);
    participant.close();
    let gone = client.gives_up(GIVES_UP)?;
    gone.at_once()?;
    client.is_tidy()?;
    says_why(&client, before)?;
    gone.is_an_error()
}

const GIVES_UP: [&str; 2] = [
    "que el cliente termine cuando el servidor ya no está",
    "that the client ends when the server is gone",
];

/// The client printed something about it. Standard error is as good a place.
fn says_why(client: &ClientProgram, before: u64) -> Checked {
    client.screen().wait(client.patience(), |heard| heard.end);
    let (out, err) = (client.screen().look(|heard| heard.total), &client.program.trace().err);
    if out > before || err.look(|heard| heard.total) > 0 {
        return Ok(());
    }
    Err(Halt::NotStrict(["termina sin decir por qué", "it ends without saying why"].into()))
}

const RESET: Check = Check {
    id: "4.4-reset",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.4-server-gone"],
    title: Text {
        es: "cuando el servidor muere de golpe, termina",
        en: "when the server dies suddenly, it ends",
    },
    explanation: Text {
        es: "Un servidor que muere corta la conexión: `recv` lanza `ConnectionResetError` (un \
             `OSError`). Trátalo como el fin de la conexión: `except OSError: break`, y después lo \
             mismo que cuando cierra.",
        en: "A server that dies cuts the connection: `recv` raises `ConnectionResetError` (an \
             `OSError`). Treat it as the end of the connection: `except OSError: break`, and then \
             the same as when it closes.",
    },
    body: reset,
};

fn reset(scene: &mut Scene) -> Checked {
    let (client, mut participant) = scene.admit_client()?;
    let token = scene.token();
    scene.tell(&client, &mut participant, &token)?;
    client.shows(&token)?;
    participant.reset();
    client.gives_up(GIVES_UP)?.at_once()
}

const TRACE: Check = Check {
    id: "4.4-trace",
    side: Side::Client,
    level: Level::Should,
    profiles: EVERY,
    needs: &["4.4-reset"],
    title: Text {
        es: "cuando el servidor muere no imprime un error sin tratar",
        en: "when the server dies it does not print an error that it did not handle",
    },
    explanation: Text {
        es: "Un servidor que muere es cosa de todos los días; su usuario no debe ver un \
             `Traceback`. Pon `recv` y `sendall` en un `try` con `except OSError` e imprime una \
             línea, por ejemplo `el servidor cerró la conexión`.",
        en: "A server that dies is nothing unusual; the user must not see a `Traceback`. Put \
             `recv` and `sendall` into a `try` with `except OSError` and print one line, such as \
             `el servidor cerró la conexión`.",
    },
    body: trace,
};

fn trace(scene: &mut Scene) -> Checked {
    let (client, participant) = scene.admit_client()?;
    participant.reset();
    client.gives_up(GIVES_UP)?;
    match client.trace() {
        None => Ok(()),
        Some(line) => Err(Halt::fault(
            [
                "que diga en una línea que el servidor ya no está",
                "a line that says that the server is gone",
            ],
            Words::new(
                format!("un error sin tratar: «{line}»"),
                format!("an error that it did not handle: \"{line}\""),
            ),
        )),
    }
}

const FLOODED: Check = Check {
    id: "4.2-flooded",
    side: Side::Client,
    level: Level::Should,
    profiles: EVERY,
    needs: &["4.3-salir"],
    title: Text {
        es: "un servidor que habla sin parar no impide escribir ni salir",
        en: "a server that never stops talking prevents neither writing nor leaving",
    },
    explanation: Text {
        es: "Mientras llegan muchas líneas hay que seguir atendiendo al teclado. Con `select`, \
             lee del socket una sola vez por vuelta, y mira siempre los dos; con hilos, no tengas \
             un cerrojo mientras esperas.",
        en: "While many lines arrive the keyboard has to be served as well. With `select`, read \
             from the socket once a turn, and always look at both; with threads, hold no lock \
             while you wait.",
    },
    body: flooded,
};

/// Number of lines that come at once, and of repetitions before the user types.
const FLOOD_LINES: usize = 1_000;
const FLOOD_BEFORE: usize = 3;

/// Bytes that a flooded client has still to read when it gets no more.
const AHEAD: u32 = 512 * 1024;

/// Polling interval for a flooded client.
const MOMENT: Duration = Duration::from_millis(1);

fn flooded(scene: &mut Scene) -> Checked {
    let (client, mut participant) = scene.admit_client()?;
    let line = participant.encoded(b"beto > un mensaje, y otro, y otro");
    let lines = line.repeat(FLOOD_LINES);
    let token = scene.token();
    for _ in 0..FLOOD_BEFORE {
        participant.send(&lines)?;
    }
    client.types(&token);
    client.types(scene.leaving_word());
    let deadline = Instant::now() + scene.timeouts.patience * 3;
    let goes_on =
        |participant: &Participant| participant.end().is_none() && client.program.ended().is_none();
    while goes_on(&participant) && Instant::now() < deadline {
        // There is always more to read, but not so much that the client needs long to reach its
        // end.
        if unread(&client, participant.remote()) > AHEAD {
            thread::sleep(MOMENT);
        } else if participant.send(&lines).is_err() {
            break;
        }
    }
    // Some clients end only their own side, and wait for the other, behind all that has come.
    participant.end_sending();
    client.screen().wait_on(scene.timeouts.patience, |heard| heard.end);
    client.ends(["que se pueda salir", "that one can leave"])?;
    scene.receives(&participant, &token)
}
