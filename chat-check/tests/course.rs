//! The files of two courses, each used on a small server that does what its assignment asks, and on
//! one that does not.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "in a test, whatever goes wrong is to end it")]

use std::fs;
use std::process::Command;

use serde_json::Value;

/// A server in which names, echo, times, a list and a limit can be turned on.
const SERVER: &str = r"
import socket, threading, time
clientes, cerrojo = {}, threading.Lock()
def enviar(otros, texto):
    for o in otros:
        try: o.sendall((texto + '\n').encode())
        except OSError: pass
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
            with cerrojo: enviar([o for o in clientes if ECO or o is not c], hora + quien + linea.strip())
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

/// Grades the server with these settings by a course's file. Returns the report.
fn grade(course: &str, settings: &str, only: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("s.py"), format!("{settings}\n{SERVER}")).unwrap();
    let course = format!("{}/rubrics/{course}.toml", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_chat-check"))
        .args(["server", "python3 s.py", "--course", &course, "--only", only, "--json", "-"])
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
    let settings = |echo| format!("NOMBRES = LISTA = HORA = False; MAXIMO = 0; ECO = {echo}");
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
fn a_course_may_want_a_time_a_list_and_a_limit() {
    let settings = |wanted, most| {
        format!("NOMBRES = True; ECO = False; LISTA = HORA = {wanted}; MAXIMO = {most}")
    };
    let (only, asked) = ("1.4-most,2.4-time,5.3-list", ["1.4-most", "2.4-time", "5.3-list"]);
    let good = grade("sala-con-hora", &settings("True", 3), only);
    let bad = grade("sala-con-hora", &settings("False", 9), only);
    for id in asked {
        assert_eq!(of(&good, id), ("pass", "MUST"), "{id}");
        assert_eq!(of(&bad, id), ("fail", "MUST"), "{id}");
    }
    assert_eq!((&good["marks"]["points"], &bad["marks"]["points"]), (&6.0.into(), &3.0.into()));
}
