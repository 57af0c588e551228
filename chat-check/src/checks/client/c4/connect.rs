//! Chapter 4: the client connects, and prints its state.

use chat_drive::captured::Heard;

use crate::checks::check::{Check, EVERY, Side};
use crate::dialect::PORT;
use crate::scene::Scene;
use crate::text::{Text, Words, is_question};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&CONNECT, &SAYS_SO, &NO_SERVER];

const CONNECT: Check = Check {
    id: "4.1-connect",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &[],
    title: Text {
        es: "el cliente se conecta al servidor",
        en: "the client connects to the server",
    },
    explanation: Text {
        es: "Al empezar, el cliente crea un socket TCP y se conecta a 127.0.0.1, puerto 12345 \
             (`s.connect((\"127.0.0.1\", 12345))`). Comprueba la dirección y el puerto, y que \
             ningún error anterior termina el programa.",
        en: "When it begins, the client creates a TCP socket and connects to 127.0.0.1, port \
             12345 (`s.connect((\"127.0.0.1\", 12345))`). See that address and port are right, \
             and that no error before that ends the program.",
    },
    body: connect,
};

fn connect(scene: &mut Scene) -> Checked {
    let (_player, participant) = scene.connect_client()?;
    let (port, told) = (participant.local().port(), scene.tested().takes_port());
    if port != PORT && !told && !scene.dialect.is_given("port") {
        return Err(Halt::NotStrict(Words::new(
            format!("se conecta al puerto {port}, no al {PORT}"),
            format!("it connects to port {port}, not to {PORT}"),
        )));
    }
    Ok(())
}

const SAYS_SO: Check = Check {
    id: "4.1-says-so",
    side: Side::Client,
    level: Level::Should,
    profiles: EVERY,
    needs: &["4.1-connect"],
    title: Text {
        es: "dice que se ha conectado y cómo se usa",
        en: "it says that it is connected, and how it is used",
    },
    explanation: Text {
        es: "Quien usa el cliente tiene que ver que hay conexión antes de que hable nadie: \
             imprime `conectado al servidor de chat!` y `escribe tus mensajes:` después de \
             `connect`.",
        en: "Whoever uses the client has to see that there is a connection before anybody \
             speaks: print `conectado al servidor de chat!` and `escribe tus mensajes:` after \
             `connect`.",
    },
    body: says_so,
};

/// The server is silent, so all output is the client's own. A question on standard error is one of
/// the keyboard's, unless it came before the connection; other lines there may be a warning of the
/// language.
fn says_so(scene: &mut Scene) -> Checked {
    let (client, voice) = scene.connect_client()?;
    let asks_first = !scene.dialect.before.is_empty();
    let errors = &client.program.trace().err;
    let printed = scene.eventually(|| {
        let asks = !asks_first && client.trace().is_none() && is_question(&errors.text());
        (asks || client.screen().look(|heard| heard.total) > 0).then_some(())
    });
    // A reset would end some clients with an error, and that is not the subject here.
    voice.close();
    printed.ok_or_else(|| {
        Halt::fault(
            ["una línea que diga que hay conexión", "a line that says that there is a connection"],
            ["no imprimió nada", "it printed nothing"],
        )
    })
}

const NO_SERVER: Check = Check {
    id: "4.5-no-server",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.1-connect"],
    title: Text {
        es: "sin servidor lo dice y termina",
        en: "without a server it says so and ends",
    },
    explanation: Text {
        es: "Cuando nadie escucha, `connect` falla (`ConnectionRefusedError`). Trata ese error: \
             imprime una línea con la dirección y el motivo y termina con estado 1 \
             (`sys.exit(1)`). El programa no debe quedarse esperando.",
        en: "When nobody listens, `connect` fails (`ConnectionRefusedError`). Handle that error: \
             print one line with the address and the reason, and exit with status 1 \
             (`sys.exit(1)`). The program must not stay and wait.",
    },
    body: no_server,
};

fn no_server(scene: &mut Scene) -> Checked {
    let port = match scene.listen() {
        Ok(free) => free.port(),
        Err(_) => {
            return Err(Halt::Untestable(
                ["otro programa usa el puerto", "another program uses the port"].into(),
            ));
        }
    };
    let client = scene.start_client(port)?;
    client.begins(scene.dialect, port);
    let expected = ["que termine cuando no hay servidor", "that it ends when there is no server"];
    let gone = client.gives_up(expected)?;
    client.is_tidy()?;
    let all = |heard: &Heard| (heard.total > 0 || heard.end.is_some()).then_some(());
    // What it printed last may come from the terminal after its end.
    client.screen().wait(client.patience(), all);
    let printed = &client.program.trace().err.look(|heard| heard.total);
    if *printed == 0 && client.screen().look(|heard| heard.total) == 0 {
        return Err(Halt::fault(
            ["una línea con la dirección y el motivo", "one line with the address and the reason"],
            ["terminó sin decir nada", "it ended without a word"],
        ));
    }
    gone.at_once()?;
    gone.is_an_error()
}
