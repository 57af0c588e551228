//! Chapter 7: one client at a time talks with the server's operator.

use chat_protocol::options::profile::Profile;

use crate::checks::check::{Check, Side};
use crate::checks::server::printing;
use crate::scene::participant::Participant;
use crate::scene::{Scene, Server};
use crate::text::{Text, Words, normal};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] =
    &[&SHOWS, &OPERATOR, &TURNS, &SIGNS, &FOR_EVER, &ONE_AT_A_TIME];

const PRACTICO: &[Profile] = &[Profile::Practico];

const SHOWS: Check = Check {
    id: "7.4-shows",
    side: Side::Server,
    level: Level::Must,
    profiles: PRACTICO,
    needs: &[],
    title: Text { es: "el servidor muestra lo que llega", en: "the server shows what arrives" },
    explanation: Text {
        es: "Lo que el cliente envía debe verse en la salida del servidor, en cuanto llega. \
             Comprueba que se lee de la conexión (`recv`) y se imprime, con `flush=True`: sin eso, \
             lo impreso se queda en la memoria cuando la salida no es una terminal.",
        en: "What the client sends has to be seen on the server's output as soon as it arrives. \
             See that the connection is read (`recv`) and the text printed, with `flush=True`: \
             without it what was printed stays in memory when the output is no terminal.",
    },
    body: shows_messages,
};

fn shows_messages(scene: &mut Scene) -> Checked {
    printing::shows(scene, shows_message)
}

fn shows_message(scene: &Scene, server: &Server) -> Checked {
    let mut ana = scene.join(server, "ana")?;
    let token = scene.token();
    ana.say(&token)?;
    // A server that takes turns may be waiting for its operator.
    server.program.type_in(&format!("{}\n", scene.token()));
    shown(scene, server, &token)
}

const OPERATOR: Check = Check {
    id: "7.2-operator",
    side: Side::Server,
    level: Level::Must,
    profiles: PRACTICO,
    needs: &[],
    title: Text {
        es: "lo que se escribe en el servidor llega al cliente",
        en: "what is typed at the server reaches the client",
    },
    explanation: Text {
        es: "El operador escribe en la entrada estándar del servidor (`input()`, `sys.stdin`), y \
             cada línea debe enviarse al cliente conectado. Comprueba que hay un hilo que lee el \
             teclado y otro que lee de la conexión.",
        en: "The operator types at the server's standard input (`input()`, `sys.stdin`), and each \
             line has to be sent to the connected client. See that there is a thread that reads \
             the keyboard and another that reads from the connection.",
    },
    body: operator,
};

fn operator(scene: &mut Scene) -> Checked {
    let server = scene.start()?;
    let mut ana = scene.join(&server, "ana")?;
    // A server that takes turns may be waiting for its client.
    ana.say(&scene.token())?;
    types(scene, &server, &mut ana).map(drop)
}

const TURNS: Check = Check {
    id: "7.2-turns",
    side: Side::Server,
    level: Level::Must,
    profiles: PRACTICO,
    needs: &["7.2-operator", "7.4-shows"],
    title: Text {
        es: "los dos lados pueden enviar en cualquier momento, sin turnos",
        en: "both sides can send at any moment, without turns",
    },
    explanation: Text {
        es: "El segundo mensaje seguido de un mismo lado no llegó hasta que habló el otro: el \
             programa espera en `input()` y no lee de la conexión, o al revés. Hacen falta dos \
             hilos (uno para cada lado), o `select` sobre la conexión y la entrada.",
        en: "A second message in a row from one side did not come before the other side had \
             talked: the program waits in `input()` and does not read from the connection, or the \
             other way round. It takes two threads (one for each side), or `select` on the \
             connection and the input.",
    },
    body: turns,
};

fn turns(scene: &mut Scene) -> Checked {
    let server = scene.start_showing()?;
    let mut ana = scene.join(&server, "ana")?;
    for _ in 0..3 {
        let token = scene.token();
        ana.say(&token)?;
        shown(scene, &server, &token)?;
    }
    for _ in 0..3 {
        types(scene, &server, &mut ana)?;
    }
    Ok(())
}

const SIGNS: Check = Check {
    id: "7.4-signs",
    side: Side::Server,
    level: Level::Must,
    profiles: PRACTICO,
    needs: &["7.2-operator"],
    title: Text {
        es: "las líneas del operador llevan su nombre delante",
        en: "the operator's lines have a name before them",
    },
    explanation: Text {
        es: "El servidor antepone el nombre de su operador a cada línea antes de enviarla: \
             `Servidor > Bien, ¿y tú?`.",
        en: "The server puts its operator's name before each line before it sends it: `Servidor > \
             Bien, ¿y tú?`.",
    },
    body: signs,
};

fn signs(scene: &mut Scene) -> Checked {
    let server = scene.start()?;
    let mut ana = scene.join(&server, "ana")?;
    ana.say(&scene.token())?;
    let (token, line) = types(scene, &server, &mut ana)?;
    let name = line.split(&token).next().and_then(|before| before.strip_suffix(" > "));
    if name.is_some_and(|name| !name.trim().is_empty()) {
        return Ok(());
    }
    Err(Halt::NotStrict(Words::new(
        format!("llegó «{line}», sin `NOMBRE > ` delante"),
        format!("\"{line}\" came, without `NAME > ` before it"),
    )))
}

const FOR_EVER: Check = Check {
    id: "7.1-for-ever",
    side: Side::Server,
    level: Level::Must,
    profiles: PRACTICO,
    needs: &["1.6-forever", "7.2-operator", "7.4-shows"],
    title: Text {
        es: "atiende a un cliente tras otro, sin terminar",
        en: "it serves one client after another, without end",
    },
    explanation: Text {
        es: "Después del primer cliente el servidor debe volver a `accept`, y el siguiente debe \
             poder hablar con el operador. Comprueba que `accept` está dentro de un bucle, que el \
             fin de una conexión no termina el programa, y que el hilo que lee el teclado es uno \
             solo: uno de un cliente que ya se fue se queda con la próxima línea que se escribe.",
        en: "After its first client the server has to go back to `accept`, and the next client has \
             to be able to talk with the operator. See that `accept` stands inside a loop, that \
             the end of a connection does not end the program, and that one thread only reads the \
             keyboard: that of a client who has left takes the next line that is typed.",
    },
    body: for_ever,
};

fn for_ever(scene: &mut Scene) -> Checked {
    let server = scene.start_showing()?;
    for name in ["ana", "beto", "caro", "dora"] {
        let mut client = scene.join(&server, name)?;
        exchange(scene, &server, &mut client)?;
        client.close();
    }
    Ok(())
}

const ONE_AT_A_TIME: Check = Check {
    id: "7.1-one-at-a-time",
    side: Side::Server,
    level: Level::Must,
    profiles: PRACTICO,
    needs: &["7.1-for-ever"],
    title: Text {
        es: "un segundo cliente espera hasta que se va el primero",
        en: "a second client waits until the first has left",
    },
    explanation: Text {
        es: "Mientras habla un cliente, al siguiente no se le saluda ni se le lee; después se le \
             atiende sin que tenga que conectarse otra vez. Atiende a cada cliente entero antes de \
             volver a `accept`: el sistema guarda a los demás en la cola de `listen`.",
        en: "While one client talks, the next is neither greeted nor read; afterwards it is served \
             without connecting again. Serve each client to its end before going back to `accept`: \
             the system keeps the others in the queue of `listen`.",
    },
    body: one_at_a_time,
};

fn one_at_a_time(scene: &mut Scene) -> Checked {
    let server = scene.start_showing()?;
    let mut ana = scene.join(&server, "ana")?;
    exchange(scene, &server, &mut ana)?;
    let mut beto = scene.connect(&server, "beto")?;
    let early = scene.token();
    // It may have been refused.
    let _ = beto.say(&early);
    let barrier = scene.token();
    ana.say(&barrier)?;
    server.program.type_in(&format!("{}\n", scene.token()));
    shown(scene, &server, &barrier)?;
    scene.settle(&server.program)?;
    waits(&server, &ana, &beto, &early)?;
    let told = !beto.messages().is_empty();
    ana.close();
    shown(scene, &server, &early)?;
    exchange(scene, &server, &mut beto)?;
    if told {
        return Err(Halt::NotStrict(Words::new(
            "a quien espera se le dice algo antes de su turno",
            "who waits is told something before their turn",
        )));
    }
    Ok(())
}

/// The server does not serve a client that waits.
fn waits(server: &Server, first: &Participant, second: &Participant, early: &str) -> Checked {
    if second.end().is_some() {
        return Err(Halt::NotStrict(Words::new(
            "al segundo se le cierra la conexión en vez de dejarlo esperar",
            "the second one's connection is closed instead of letting it wait",
        )));
    }
    let expected = Words::new(
        "que el segundo no reciba ni diga nada hasta su turno",
        "that the second one hears and says nothing until its turn",
    );
    if server.program.trace().out.look(|out| out.find(early, 0).is_some()) {
        let came = ["se mostró lo que dijo", "what it said was shown"];
        return Err(Halt::fault(expected, came));
    }
    let greeted = second.messages().into_iter().next();
    let greeting = first.messages().first().map(|greeting| normal(greeting));
    match greeted.filter(|greeted| Some(normal(greeted)) == greeting) {
        None => Ok(()),
        Some(greeting) => Err(Halt::fault(
            expected,
            Words::new(
                format!("se le saludó: «{greeting}»"),
                format!("it was greeted: \"{greeting}\""),
            ),
        )),
    }
}

/// Sends a line in each direction, and checks that both arrive. Both are on their way before either
/// is waited for: a server that takes turns may begin with any of them.
fn exchange(scene: &Scene, server: &Server, client: &mut Participant) -> Checked {
    let token = scene.token();
    client.say(&token)?;
    types(scene, server, client)?;
    shown(scene, server, &token)
}

/// The operator types a line, and it reaches the client. Returns its text, and the line as it came.
pub(super) fn types(
    scene: &Scene,
    server: &Server,
    client: &mut Participant,
) -> Checked<(String, String)> {
    let token = scene.token();
    // A person answers only after something is on the screen.
    scene.settle(&server.program)?;
    server.program.type_in(&format!("{token}\n"));
    let line = client.hears(&token)?;
    Ok((token, line))
}

/// The server prints this.
fn shown(scene: &Scene, server: &Server, token: &str) -> Checked {
    let out = &server.program.trace().out;
    out.wait(scene.timeouts.patience, |out| out.find(token, 0)).map(drop).ok_or_else(|| {
        Halt::fault(
            Words::new(
                format!("que el servidor muestre «{token}»"),
                format!("that the server shows \"{token}\""),
            ),
            ["no se vio en su salida", "it was not seen on its output"],
        )
    })
}
