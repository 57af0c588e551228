//! Chapter 4: the client shows what arrives and sends what is typed, both at any moment.

use crate::checks::check::{Check, EVERY, Side};
use crate::scene::Scene;
use crate::scene::scripted_server::in_json;
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&RECEIVE, &SEND, &ORDER];

const RECEIVE: Check = Check {
    id: "4.2-receive",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.1-connect", "5.2-answers"],
    title: Text {
        es: "muestra lo que llega mientras su usuario no escribe nada o está escribiendo",
        en: "it shows what arrives while its user types nothing, or is typing",
    },
    explanation: Text {
        es: "Un cliente que primero llama a `input()` y después a `recv()` no ve nada hasta que su \
             usuario pulsa Enter. Hacen falta dos tareas a la vez: un hilo que recibe e imprime \
             (`threading.Thread(target=recibir, daemon=True)`) y otro que lee el teclado; o un \
             `select` sobre el socket y la entrada.",
        en: "A client that first calls `input()` and then `recv()` sees nothing until its user \
             presses Enter. Two things have to go on at once: a thread that receives and prints \
             (`threading.Thread(target=receive, daemon=True)`) and another that reads the \
             keyboard; or a `select` on the socket and the input.",
    },
    body: receive,
};

fn receive(scene: &mut Scene) -> Checked {
    let (client, mut participant) = scene.admit_client()?;
    let first = scene.token();
    scene.tell(&client, &mut participant, &first)?;
    client.shows(&first)?;
    scene.note("the user types half a line");
    client.program.type_in("hol");
    let second = scene.token();
    scene.tell(&client, &mut participant, &second)?;
    client.shows(&second)
}

const SEND: Check = Check {
    id: "4.2-send",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.2-receive"],
    title: Text {
        es: "cada línea que se escribe sale enseguida, una sola vez",
        en: "each line that is typed goes out at once, and once",
    },
    explanation: Text {
        es: "Después de leer una línea del teclado hay que enviarla entera y enseguida: \
             `s.sendall((linea + \"\\n\").encode())`. Comprueba que el bucle del teclado sigue \
             leyendo después de la primera línea y no espera una respuesta.",
        en: "A line that was read from the keyboard has to be sent whole and at once: \
             `s.sendall((line + \"\\n\").encode())`. See that the loop at the keyboard goes on \
             after the first line and does not wait for an answer.",
    },
    body: send,
};

fn send(scene: &mut Scene) -> Checked {
    let (client, participant) = scene.admit_client()?;
    let tokens = [scene.token(), format!("¿{} ñandú?", scene.token()), scene.token()];
    for token in &tokens {
        client.types(token);
        scene.receives(&participant, token)?;
    }
    for token in &tokens {
        let times = participant.count(token).max(participant.count(&in_json(token)));
        if times != 1 {
            return Err(Halt::fault(
                ["cada línea una sola vez", "each line once"],
                Words::new(
                    format!("«{token}» llegó {times} veces"),
                    format!("\"{token}\" came {times} times"),
                ),
            ));
        }
    }
    Ok(())
}

const ORDER: Check = Check {
    id: "4.2-order",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.2-send"],
    title: Text {
        es: "muchas líneas seguidas salen todas y en orden",
        en: "many lines in a row all go out, in order",
    },
    explanation: Text {
        es: "Lo que se escribe (o se pega) de una vez tiene que salir línea por línea y en \
             orden. Usa un solo hilo para enviar, y `sendall` en lugar de `send`, que puede \
             enviar solo una parte.",
        en: "What is typed (or pasted) at once has to go out line by line and in order. Let one \
             thread send, and use `sendall` instead of `send`, which may send only a part.",
    },
    body: order,
};

/// Lines that are entered at once.
const LINES: usize = 50;

fn order(scene: &mut Scene) -> Checked {
    let (client, participant) = scene.admit_client()?;
    let tokens: Vec<String> = (0..LINES).map(|_| scene.token()).collect();
    client.program.type_in(&format!("{}\n", tokens.join("\n")));
    for token in &tokens {
        scene.receives(&participant, token)?;
    }
    let places: Vec<_> = tokens.iter().map(|token| participant.position(token)).collect();
    if places.is_sorted() {
        return Ok(());
    }
    Err(Halt::fault(
        ["las líneas en el orden en que se escribieron", "the lines in the order of typing"],
        ["llegaron en otro orden", "they came in another order"],
    ))
}
