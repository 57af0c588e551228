//! The files of two courses, each used on a small server that does what its assignment asks, and on
//! one that does not.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "in a test, whatever goes wrong is to end it")]

use std::fs;
use std::process::Command;

use serde_json::Value;

/// A server in which names, echo, times, a list, a limit, acknowledgements, forbidden words and a
/// command to kick can be turned on.
const SERVER: &str = r"
import socket, sys, threading, time
clientes, cerrojo = {}, threading.Lock()
def enviar(otros, texto):
    for o in otros:
        try: o.sendall((texto + '\n').encode())
        except OSError: pass
def echar(comando):
    with cerrojo:
        for c, nombre in clientes.items():
            if EXPULSA and comando.split() == ['/echar', nombre or str(c.getpeername()[1])]:
                enviar([c], 'te echaron')
                c.shutdown(socket.SHUT_RDWR)
def consola():
    for linea in sys.stdin: echar(linea)
threading.Thread(target=consola, daemon=True).start()
def atender(c):
    nombre, lineas = None, c.makefile('r', encoding='utf-8', errors='replace')
    if NOMBRES:
        c.sendall(b'nombre del cliente:\n')
        nombre = lineas.readline().strip()
    with cerrojo:
        lleno = MAXIMO and len(clientes) >= MAXIMO
        if not lleno:
            if LISTA: enviar([c], 'en la sala: ' + ', '.join(clientes.values()))
            if NOMBRES: enviar(clientes, f'* {nombre} se ha unido')
            clientes[c] = nombre
    try:
        while not lleno:
            linea = lineas.readline()
            if not linea or linea.strip() == 'salir': break
            hora = time.strftime('[%H:%M] ') if HORA else ''
            quien = f'{nombre}: ' if NOMBRES else ''
            if PROHIBIDAS and 'tonto' in linea.lower(): continue
            if linea.startswith('/echar '):
                echar(linea)
                continue
            with cerrojo: enviar([o for o in clientes if ECO or o is not c], hora + quien + linea.strip())
            if RECIBIDO: enviar([c], 'recibido')
    except OSError: pass
    with cerrojo:
        if clientes.pop(c, None): enviar(clientes, f'* {nombre} ha salido')
    lineas.close()
    c.close()
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', 12345)); s.listen()
while True:
    c, _ = s.accept()
    threading.Thread(target=atender, args=(c,), daemon=True).start()
";

/// Settings of a server in which all of it is off.
const NOTHING: &str =
    "NOMBRES = ECO = HORA = LISTA = PROHIBIDAS = RECIBIDO = EXPULSA = False; MAXIMO = 0";

/// A course that asks for what neither of the files does.
const COURSE: &str = r#"
name = "Avisos"
[course]
must = ["2.2-acknowledged", "3.3-kicked"]
[course.dialect]
kick-by = "BY"
commands = { kick = "/echar {name}" }
[server]
points = 1
[[server.level]]
percent = 100
means = "bien"
[[server.level]]
percent = 0
means = "mal"
not_started = true
"#;

/// Grades the server with these settings by a course's file. Returns the report.
fn grade(course: &str, settings: &str, only: &str) -> Value {
    let course = format!("{}/rubrics/{course}.toml", env!("CARGO_MANIFEST_DIR"));
    grade_by(&fs::read_to_string(course).unwrap(), settings, only)
}

/// The same by this text of such a file.
fn grade_by(course: &str, settings: &str, only: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("s.py"), format!("{settings}\n{SERVER}")).unwrap();
    fs::write(folder.path().join("course.toml"), course).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_chat-check"))
        .args(["server", "python3 s.py", "--course", "course.toml"])
        .args(["--only", only, "--json", "-"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

/// The verdict and the level of a check.
fn of<'a>(report: &'a Value, id: &str) -> (&'a str, &'a str) {
    let results = report["parts"][0]["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["id"] == id);
    let result = result.unwrap_or_else(|| panic!("{id}: {report:#}"));
    (result["verdict"].as_str().unwrap(), result["level"].as_str().unwrap())
}

#[test]
fn a_course_may_want_each_message_back() {
    let settings = |echo| format!("{NOTHING}; ECO = {echo}");
    let only = "2.2-*";
    let good = grade("eco", &settings("True"), only);
    assert_eq!(of(&good, "2.2-returned"), ("pass", "MUST"));
    assert_eq!(of(&good, "2.2-echo").0, "untestable");
    assert_eq!(good["parts"][0]["profile"], "basico");
    assert_eq!(good["marks"]["points"], 10.0);
    let bad = grade("eco", &settings("False"), only);
    assert_eq!(of(&bad, "2.2-returned"), ("fail", "MUST"));
    assert_eq!(bad["marks"]["points"], 6.0);
}

#[test]
fn a_course_may_want_a_time_a_list_a_limit_and_forbidden_words() {
    let settings = |wanted, most| {
        format!("{NOTHING}; NOMBRES = True; LISTA = HORA = PROHIBIDAS = {wanted}; MAXIMO = {most}")
    };
    let asked = ["1.4-most", "2.1-forbidden", "2.4-time", "5.3-list"];
    let only = &asked.join(",");
    let good = grade("sala-con-hora", &settings("True", 3), only);
    let bad = grade("sala-con-hora", &settings("False", 9), only);
    for id in asked {
        assert_eq!(of(&good, id), ("pass", "MUST"), "{id}");
        assert_eq!(of(&bad, id), ("fail", "MUST"), "{id}");
    }
    assert_eq!((&good["marks"]["points"], &bad["marks"]["points"]), (&6.0.into(), &3.0.into()));
}

#[test]
fn a_course_may_want_acknowledgements_and_a_command_to_kick() {
    let asked = ["2.2-acknowledged", "3.3-kicked"];
    let judged = |names, by, wanted| {
        let settings = format!("{NOTHING}; NOMBRES = {names}; RECIBIDO = EXPULSA = {wanted}");
        grade_by(&COURSE.replace("BY", by), &settings, &asked.join(","))
    };
    let good = [judged("True", "member", "True"), judged("False", "console", "True")];
    let bad = judged("True", "member", "False");
    for id in asked {
        assert!(good.iter().all(|good| of(good, id) == ("pass", "MUST")), "{id}: {good:#?}");
        assert_eq!(of(&bad, id), ("fail", "MUST"), "{id}");
    }
}

#[test]
fn what_a_course_must_state_and_does_not_is_untestable() {
    let course =
        COURSE.replace("commands =", "# ").replace("\"2.2-ack", "\"2.1-forbidden\", \"2.2-ack");
    let report = grade_by(&course.replace("BY", "member"), NOTHING, "2.1-forbidden,3.3-kicked");
    assert_eq!(of(&report, "2.1-forbidden").0, "untestable");
    assert_eq!(of(&report, "3.3-kicked").0, "untestable");
}
