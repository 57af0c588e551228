//! Chapter 4: what the client shows, on a terminal and in a pipe.

use std::io::ErrorKind;

use chat_drive::terminal::Terminal;

use crate::checks::check::{Check, EVERY, Side};
use crate::dialect::{Naming, Typed};
use crate::sandbox::containment::Sandbox;
use crate::scene::Scene;
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

use crate::scene::scripted_server::GREETING;

pub(crate) const CHECKS: &[&Check] = &[&ESCAPES, &TORN, &FLUSH, &PIPE];

const ESCAPES: Check = Check {
    id: "4.6-escapes",
    side: Side::Client,
    level: Level::Should,
    profiles: EVERY,
    needs: &["4.2-receive"],
    title: Text {
        es: "lo que llega de la red no maneja la terminal",
        en: "what comes from the network does not drive the terminal",
    },
    explanation: Text {
        es: "Quien puede enviar `\\x1b[2J` borra la pantalla de los demás, y puede hacer cosas \
             peores. Antes de imprimir, en cada línea, sin su fin, cambia los caracteres de \
             control por otro, menos el tabulador: `\"\".join(c if c.isprintable() or c == \"\\t\" \
             else \"\\ufffd\" for c in linea)`.",
        en: "Whoever may send `\\x1b[2J` clears the others' screens, and can do worse. Before you \
             print, put another character in the place of control characters, in each line without \
             its newline and all but tabs: `\"\".join(c if c.isprintable() or c == \"\\t\" else \
             \"\\ufffd\" for c in line)`.",
    },
    body: escapes,
};

fn escapes(scene: &mut Scene) -> Checked {
    let (client, mut participant) = scene.admit_client()?;
    let (first, second, third) = (scene.token(), scene.token(), scene.token());
    scene.tell(&client, &mut participant, &format!("{first}\x1b[2J\x07{second}"))?;
    client.shows(&second)?;
    // One that does not understand UTF-8 may not show this, or end; that is not the subject here.
    if scene.tell(&client, &mut participant, &format!("\u{202e}{third}")).is_ok() {
        let _ = client.shows(&third);
    }
    let passed = |token: &str| client.screen().look(|heard| heard.find(token, 0).is_some());
    // A program may clear its screen by itself.
    if passed(&format!("{first}\x1b[2J")) {
        return Err(Halt::fault(
            ["que la secuencia no tenga efecto", "that the sequence has no effect"],
            [
                "`ESC [2J` llegó a la terminal, y borra la pantalla",
                "`ESC [2J` reached the terminal, and clears the screen",
            ],
        ));
    }
    let others = [("\x07", "U+0007"), ("\u{202e}", "U+202E")];
    let names: Vec<&str> =
        others.iter().filter(|(c, _)| passed(c)).map(|(_, name)| *name).collect();
    if !names.is_empty() {
        let names = names.join(", ");
        return Err(Halt::NotStrict(Words::new(
            format!("deja pasar otros caracteres que manejan la terminal: {names}"),
            format!("it lets other characters pass that drive the terminal: {names}"),
        )));
    }
    Ok(())
}

const TORN: Check = Check {
    id: "4.2-torn-terminal",
    side: Side::Client,
    level: Level::Should,
    profiles: EVERY,
    needs: &["4.2-receive"],
    title: Text {
        es: "en una terminal, lo que llega no rompe lo que se está escribiendo",
        en: "on a terminal, what arrives does not tear what is being typed",
    },
    explanation: Text {
        es: "Lo que llega mientras se escribe aparece en medio de la línea. Los programas que lo \
             evitan borran la línea, imprimen el mensaje y vuelven a mostrar lo escrito; en \
             Python lo hace `prompt_toolkit` con `patch_stdout`.",
        en: "What arrives during typing appears in the middle of the line. Programs that avoid it \
             erase the line, print the message and show again what was typed; in Python, \
             `prompt_toolkit` does so with `patch_stdout`.",
    },
    body: torn,
};

fn torn(scene: &mut Scene) -> Checked {
    let listening = scene.listen()?;
    let started = scene.tested().start_on_terminal(&scene.role("client"), listening.port());
    let terminal = started.map_err(|error| match error.kind() {
        ErrorKind::Unsupported => Halt::Untestable(
            ["este sistema no tiene terminales", "this system has no terminals"].into(),
        ),
        _ => Halt::broken("cannot start it on a terminal", &error),
    })?;
    let keys = |text: &str| terminal.press(text).map_err(|e| Halt::Checker(e.to_string()));
    for line in scene.dialect.before("ana", listening.port()) {
        keys(&format!("{line}\r"))?;
    }
    let mut participant = scene.accept(&listening, || false)?;
    if scene.dialect.typed == Typed::Connected {
        keys("ana\r")?;
    }
    participant.say(GREETING)?;
    if let Naming::Asked(keyword) = &scene.dialect.naming {
        // Most clients show the greeting, and then have read it.
        let greeted = || terminal.seen().iter().any(|row| row.contains(GREETING)).then_some(());
        scene.eventually(greeted);
        participant.send(&participant.question(scene.dialect, keyword))?;
        if scene.dialect.typed == Typed::Asked {
            keys("ana\r")?;
        }
        scene.named(&participant)?;
    }
    let (typed, arrives) = (scene.token(), scene.token());
    keys(&typed)?;
    sees(scene, &terminal, |rows| rows.iter().any(|row| row.contains(&typed)))?;
    scene.pause(scene.timeouts.grace)?;
    participant.say(&arrives)?;
    sees(scene, &terminal, |rows| rows.iter().any(|row| row.contains(&arrives)))?;
    let whole = |rows: &[String]| {
        rows.last().is_some_and(|row| row.contains(&typed) && !row.contains(&arrives))
    };
    let shown = scene.within(scene.timeouts.patience / 3, || whole(&terminal.seen()).then_some(()));
    shown.ok_or_else(|| {
        Halt::NotStrict(
            [
                "el mensaje aparece en medio de lo que se está escribiendo",
                "the message appears in the middle of what is being typed",
            ]
            .into(),
        )
    })
}

/// Waits until the screen satisfies this.
fn sees(scene: &Scene, terminal: &Terminal<Sandbox>, so: impl Fn(&[String]) -> bool) -> Checked {
    scene.eventually(|| so(&terminal.seen()).then_some(())).ok_or_else(|| {
        let seen = terminal.seen().join(" | ");
        Halt::NotStrict(Words::new(
            format!("la pantalla muestra otra cosa: {seen}"),
            format!("the screen shows something else: {seen}"),
        ))
    })
}

const FLUSH: Check = Check {
    id: "4.7-flush",
    side: Side::Client,
    level: Level::Should,
    profiles: EVERY,
    needs: &["4.2-receive"],
    title: Text {
        es: "cuando su salida es una tubería, muestra cada línea enseguida",
        en: "when its output is a pipe, it shows each line at once",
    },
    explanation: Text {
        es: "Si la salida no es una terminal, el lenguaje la guarda y la escribe solo cuando hay \
             mucha o el programa termina. Vacíala después de cada línea: `print(texto, \
             flush=True)` o `sys.stdout.reconfigure(line_buffering=True)` en Python, \
             `fflush(stdout)` en C, `System.out.flush()` en Java.",
        en: "When the output is no terminal, the language keeps it and writes it only when there \
             is much of it or the program ends. Flush it after each line: `print(text, \
             flush=True)` or `sys.stdout.reconfigure(line_buffering=True)` in Python, \
             `fflush(stdout)` in C, `System.out.flush()` in Java.",
    },
    body: flush,
};

fn flush(scene: &mut Scene) -> Checked {
    let (mut client, mut participant) = scene.connect_piped_client()?;
    scene.admit(&client, &mut participant)?;
    // Python's `input()` flushes too, before it waits: the last line begins no new one.
    for _ in 0..3 {
        let token = scene.token();
        scene.tell(&client, &mut participant, &token)?;
        if let Err(halt) = client.shows(&token) {
            client.program.end_input();
            let ended = client.program.wait(scene.timeouts.patience).is_some();
            let late = ended && client.shows(&token).is_ok();
            return Err(if late { unflushed() } else { halt });
        }
    }
    Ok(())
}

fn unflushed() -> Halt {
    Halt::fault(
        ["que muestre la línea enseguida", "that it shows the line at once"],
        [
            "no apareció hasta que el programa terminó: falta vaciar la salida (flush)",
            "it appeared only when the program ended: the output is not flushed",
        ],
    )
}

const PIPE: Check = Check {
    id: "4.7-pipe",
    side: Side::Client,
    level: Level::Must,
    profiles: EVERY,
    needs: &["4.3-eof"],
    title: Text {
        es: "funciona también como filtro: entrada y salida en tuberías",
        en: "it also works as a filter: input and output in pipes",
    },
    explanation: Text {
        es: "`cliente < mensajes.txt > salida.txt` tiene que enviar todas las líneas y guardar lo \
             que llegó. Comprueba que el programa no necesita una terminal y que termina de \
             manera ordenada, sin `os._exit` antes de vaciar la salida.",
        en: "`client < messages.txt > output.txt` has to send all lines and keep what arrived. \
             See that the program needs no terminal, and that it ends in an orderly way, without \
             `os._exit` before its output is flushed.",
    },
    body: pipe,
};

fn pipe(scene: &mut Scene) -> Checked {
    let (mut client, mut participant) = scene.connect_piped_client()?;
    scene.admit(&client, &mut participant)?;
    let [arrives, first, last] = [scene.token(), scene.token(), scene.token()];
    scene.tell(&client, &mut participant, &arrives)?;
    // A client that does not flush shows it at the end.
    let _ = client.shows(&arrives);
    client.types(&first);
    client.types(&last);
    client.program.end_input();
    scene.receives(&participant, &first)?;
    scene.receives(&participant, &last)?;
    crate::checks::client::c4::leave::parts(&client, &mut participant)?;
    client.screen().wait(scene.timeouts.patience, |heard| heard.end);
    client.shows(&arrives)
}
