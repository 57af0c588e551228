//! Chapter 4: how the client's user leaves.

use chat_drive::captured::End;

use crate::checks::check::{Check, EVERY, Side};
use crate::sandbox::running::Signal;
use crate::scene::Scene;
use crate::scene::client_program::ClientProgram;
use crate::scene::participant::Participant;
use crate::text::Text;
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&LEAVE, &WORD, &CASE, &EOF, &CTRL_C];

const LEAVE: Check = Check {
    id: "4.3-salir",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.2-send"],
    title: Text {
        es: "con «salir» cierra la conexión y termina",
        en: "with \"salir\" it closes the connection and ends",
    },
    explanation: Text {
        es: "Después de enviar `salir` el cliente cierra él mismo y termina; no puede contar con \
             que lo haga el servidor. Si un hilo está esperando en `recv`, `close()` no lo \
             despierta: usa `s.shutdown(socket.SHUT_RDWR)` antes de `close()`, o haz que ese hilo \
             sea `daemon=True`. No hagas `join` de un hilo que nadie despierta.",
        en: "After it has sent `salir` the client itself closes and ends; it cannot count on the \
             server for that. If a thread waits in `recv`, `close()` does not wake it: use \
             `s.shutdown(socket.SHUT_RDWR)` before `close()`, or make that thread `daemon=True`. \
             Do not `join` a thread that nobody wakes.",
    },
    body: leave,
};

/// A client in the midst of a conversation: it waits at the keyboard and for the network.
fn talking(scene: &mut Scene) -> Checked<(ClientProgram, Participant)> {
    let (client, mut participant) = scene.admit_client()?;
    let token = scene.token();
    client.types(&token);
    scene.receives(&participant, &token)?;
    scene.tell(&client, &mut participant, &token)?;
    client.shows(&token)?;
    // A client that is not yet waiting at the network again would notice there what the keyboard
    // must show it. A signal between two steps of an interpreter is seen only after the next line.
    // No user is that fast.
    scene.settle(&client.program)?;
    Ok((client, participant))
}

fn leave(scene: &mut Scene) -> Checked {
    let (client, mut participant) = talking(scene)?;
    client.types(scene.leaving_word());
    let end = parts(&client, &mut participant)?;
    if end == End::Broken {
        return Err(Halt::NotStrict(
            ["corta la conexión en lugar de cerrarla", "it resets the connection"].into(),
        ));
    }
    ends_well(&client)
}

/// The client ends the connection by itself, and its process ends.
pub(super) fn parts(client: &ClientProgram, participant: &mut Participant) -> Checked<End> {
    let end = participant.ends().map_err(|halt| match halt {
        Halt::Fault { came, .. } => Halt::fault(
            ["que el cliente cierre su conexión", "that the client closes its connection"],
            came,
        ),
        other => other,
    })?;
    // Some clients end only their own side, and wait for the other.
    participant.end_sending();
    client.ends(["que el programa termine", "that the program ends"])?;
    Ok(end)
}

/// The exit status is 0, and no stack trace is printed.
fn ends_well(client: &ClientProgram) -> Checked {
    client.is_tidy()?;
    if client.program.ended().is_some_and(|status| !status.success()) {
        let why = ["termina con un estado que no es 0", "its exit status is not 0"];
        return Err(Halt::NotStrict(why.into()));
    }
    Ok(())
}

const WORD: Check = Check {
    id: "3.2-client-word",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.3-salir"],
    title: Text {
        es: "una línea que solo contiene la palabra para salir es un mensaje",
        en: "a line that only contains the leaving word is a message",
    },
    explanation: Text {
        es: "«no quiero salir» es un mensaje. Compara la línea entera (`linea.strip().lower() == \
             \"salir\"`), no si contiene la palabra (`\"salir\" in linea`).",
        en: "\"no quiero salir\" is a message. Compare the whole line (`line.strip().lower() == \
             \"salir\"`), not whether it contains the word (`\"salir\" in line`).",
    },
    body: word,
};

fn word(scene: &mut Scene) -> Checked {
    let (client, participant) = scene.admit_client()?;
    let (first, second) = (scene.token(), scene.token());
    client.types(&format!("no quiero {} {first}", scene.leaving_word()));
    scene.receives(&participant, &first)?;
    client.types(&second);
    scene.receives(&participant, &second)
}

const CASE: Check = Check {
    id: "4.3-case",
    side: Side::Client,
    level: Level::Should,
    profiles: EVERY,
    needs: &["4.3-salir"],
    title: Text {
        es: "la palabra para salir vale en mayúsculas y con espacios alrededor",
        en: "the leaving word holds in capitals and with blanks around it",
    },
    explanation: Text {
        es: "Compara sin mayúsculas ni espacios: `linea.strip().lower() == \"salir\"`.",
        en: "Compare without capitals and blanks: `line.strip().lower() == \"salir\"`.",
    },
    body: case,
};

fn case(scene: &mut Scene) -> Checked {
    let (client, mut participant) = talking(scene)?;
    client.types(&format!(" {} ", scene.leaving_word().to_uppercase()));
    parts(&client, &mut participant).map(drop)
}

const EOF: Check = Check {
    id: "4.3-eof",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.2-send"],
    title: Text {
        es: "al final de la entrada envía lo que leyó y termina",
        en: "at the end of input it sends what it read, and ends",
    },
    explanation: Text {
        es: "Con Ctrl-D, o cuando la entrada es un archivo, la entrada se acaba: `input()` lanza \
             `EOFError`, `readline()` devuelve `\"\"` y `Scanner.hasNextLine()` es falso. Trátalo \
             como `salir`: cierra el socket y termina, después de enviar todo lo leído. Un bucle \
             que ignora `EOFError` no termina nunca.",
        en: "With Ctrl-D, or when the input is a file, the input comes to its end: `input()` \
             raises `EOFError`, `readline()` returns `\"\"` and `Scanner.hasNextLine()` is false. \
             Treat it like `salir`: close the socket and end, after all that was read is sent. A \
             loop that ignores `EOFError` never ends.",
    },
    body: eof,
};

fn eof(scene: &mut Scene) -> Checked {
    let (mut client, mut participant) = talking(scene)?;
    let tokens = [scene.token(), scene.token(), scene.token()];
    for token in &tokens {
        client.types(token);
    }
    client.program.end_input();
    for token in &tokens {
        scene.receives(&participant, token)?;
    }
    parts(&client, &mut participant)?;
    ends_well(&client)
}

const CTRL_C: Check = Check {
    id: "4.3-ctrl-c",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.2-send"],
    title: Text { es: "Ctrl-C lo termina", en: "Ctrl-C ends it" },
    explanation: Text {
        es: "Ctrl-C envía SIGINT; en Python lanza `KeyboardInterrupt` en el hilo principal. \
             Trátalo como `salir` (`except KeyboardInterrupt:`) y cierra el socket. Si el \
             programa sigue en marcha, es que un hilo espera todavía: que sea `daemon=True`, o \
             despiértalo con `s.shutdown(socket.SHUT_RDWR)`.",
        en: "Ctrl-C sends SIGINT; Python raises `KeyboardInterrupt` in its main thread. Treat it \
             like `salir` (`except KeyboardInterrupt:`) and close the socket. If the program goes \
             on, a thread is still waiting: make it `daemon=True`, or wake it with \
             `s.shutdown(socket.SHUT_RDWR)`.",
    },
    body: ctrl_c,
};

fn ctrl_c(scene: &mut Scene) -> Checked {
    let (client, mut participant) = talking(scene)?;
    client.program.signal(Signal::Interrupt);
    parts(&client, &mut participant)?;
    ends_well(&client)
}
