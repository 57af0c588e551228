//! Chapter 7 on a terminal: the operator is asked for a name, and types while lines arrive.

use std::net::SocketAddr;

use super::*;
use chat_drive::terminal::Terminal;
use chat_tests::ES;
use chat_tests::binaries;
use chat_tests::chat::address_in;
use chat_tests::harness::stage::Stage;

const CTRL_C: &str = "\x03";

/// The question for the operator's name, with the name that Enter keeps.
const QUESTION: &str = "tu nombre [Servidor]:";

/// A server with an operator at a terminal.
struct Desk {
    stage: Stage,
    terminal: Terminal,
    address: SocketAddr,
}

impl Desk {
    fn open(options: &[&str], prompt: &str) -> Result<Self> {
        let stage = Stage::new();
        let mut command = binaries::server();
        command.args(["--bind", "127.0.0.1:0", "--profile", "practico"]).args(options);
        let terminal = stage.start_on_terminal("server", &command)?;
        terminal.wait_for(&["esperando clientes...", prompt])?;
        let address = terminal.seen().iter().find_map(|row| address_in(row));
        let address = address.ok_or_else(|| stage.failure("no address"))?;
        Ok(Self { stage, terminal, address })
    }

    fn peer(&self, name: &str) -> Result<Peer> {
        let mut peer = self.stage.connect(name, self.address)?;
        peer.expect(ES.greeting())?;
        let connected = format!("nuevo cliente conectado: {}", peer.address());
        self.stage.eventually("the operator sees that somebody has connected", || {
            self.terminal.seen().contains(&connected)
        })?;
        Ok(peer)
    }
}

#[test]
fn r7_3_enter_keeps_the_name_that_there_is() -> Result {
    let desk = Desk::open(&[], QUESTION)?;
    desk.terminal.press("\r")?;
    desk.terminal.wait_for(&[QUESTION, ">"])?;
    let mut facundo = desk.peer("facundo")?;
    desk.terminal.press("Bien, y vos?\r")?;
    facundo.expect("Servidor > Bien, y vos?")
}

#[test]
fn r7_3_a_name_that_is_typed_is_used() -> Result {
    let desk = Desk::open(&[], QUESTION)?;
    desk.terminal.press("Profe\r")?;
    desk.terminal.wait_for(&["tu nombre [Servidor]: Profe", ">"])?;
    let mut facundo = desk.peer("facundo")?;
    desk.terminal.press("hola\r")?;
    facundo.expect("Profe > hola")
}

#[test]
fn r7_3_a_name_that_is_none_is_refused_and_asked_for_again() -> Result {
    let desk = Desk::open(&[], QUESTION)?;
    let character = "! nombre no válido: solo letras, cifras y los signos _ - . ' ’ ·";
    for (typed, refusal) in [
        ("dos palabras", "! nombre no válido: sin espacios, y como mucho 32 caracteres"),
        ("*", character),
        ("...", "! nombre no válido: falta una letra o una cifra"),
    ] {
        desk.terminal.press(&format!("{typed}\r"))?;
        desk.terminal.wait_for(&[refusal, QUESTION])?;
    }
    desk.terminal.press("Profe\r")?;
    desk.terminal.wait_for(&["tu nombre [Servidor]: Profe", ">"])?;
    let mut facundo = desk.peer("facundo")?;
    desk.terminal.press("hola\r")?;
    facundo.expect("Profe > hola")
}

#[test]
fn r7_3_salir_is_no_name_but_the_end() -> Result {
    let mut desk = Desk::open(&[], QUESTION)?;
    desk.terminal.press("salir\r")?;
    desk.terminal.expect_exit(0)
}

#[test]
fn r7_2_ctrl_d_ends_neither_the_server_nor_what_can_be_typed() -> Result {
    let desk = Desk::open(&["--operator", "Profe"], ">")?;
    let mut facundo = desk.peer("facundo")?;
    desk.terminal.press("\x04")?;
    desk.terminal.wait_for(&["* el servidor sigue; 'salir' o Ctrl-C lo detiene", ">"])?;
    desk.terminal.press("hola\r")?;
    facundo.expect("Profe > hola")
}

#[test]
fn r7_3_who_was_given_a_name_is_not_asked() -> Result {
    let desk = Desk::open(&["--operator", "Profe"], ">")?;
    let mut facundo = desk.peer("facundo")?;
    desk.terminal.press("hola\r")?;
    facundo.expect("Profe > hola")
}

#[test]
fn r7_3_what_is_typed_when_a_client_comes_is_no_name_but_a_line() -> Result {
    let desk = Desk::open(&[], QUESTION)?;
    desk.terminal.press("Bien, y")?;
    desk.terminal.wait_for(&["tu nombre [Servidor]: Bien, y"])?;
    let mut facundo = desk.peer("facundo")?;
    let connected = format!("nuevo cliente conectado: {}", facundo.address());
    let kept = "* hay un cliente: te llamas Servidor, y lo que escribas se le envía";
    desk.terminal.wait_for(&["esperando clientes...", &connected, kept, "> Bien, y"])?;
    facundo.send("Facundo > Hola, como estas?\n")?;
    desk.terminal.wait_for(&["Facundo > Hola, como estas?", "> Bien, y"])?;
    desk.terminal.press(" vos?\r")?;
    facundo.expect("Servidor > Bien, y vos?")
}

#[test]
fn r7_2_what_the_operator_types_is_never_torn() -> Result {
    let desk = Desk::open(&["--operator", "Servidor"], ">")?;
    let mut facundo = desk.peer("facundo")?;
    desk.terminal.press("Bien, y")?;
    desk.terminal.wait_for(&["> Bien, y"])?;
    for text in ["Facundo > uno", "Facundo > dos", "Facundo > tres"] {
        facundo.send(format!("{text}\n"))?;
        desk.terminal.wait_for(&[text, "> Bien, y"])?;
    }
    let late = desk.stage.connect("late", desk.address)?;
    let waits = format!("cliente {} espera su turno", late.address());
    desk.terminal.wait_for(&[&waits, "> Bien, y"])?;
    desk.terminal.press(" vos?")?;
    desk.terminal.wait_for(&[&waits, "> Bien, y vos?"])?;
    desk.terminal.press("\r")?;
    facundo.expect("Servidor > Bien, y vos?")
}

#[test]
fn r7_2_what_is_said_to_nobody_is_not_sent() -> Result {
    let desk = Desk::open(&["--operator", "Servidor"], ">")?;
    desk.terminal.press("hola?\r")?;
    desk.terminal.wait_for(&["! no hay nadie en la sala: no se envió", ">"])?;
    let mut facundo = desk.peer("facundo")?;
    desk.terminal.press("hola\r")?;
    facundo.expect("Servidor > hola")
}

#[test]
fn r7_2_salir_and_ctrl_c_stop_the_server() -> Result {
    for keys in ["salir\r", "SALIR\r", CTRL_C] {
        let mut desk = Desk::open(&["--operator", "Servidor"], ">")?;
        let mut facundo = desk.peer("facundo")?;
        desk.terminal.press(keys)?;
        sees_the_stop(&mut facundo)?;
        let gone = format!("cliente {} desconectado", facundo.address());
        desk.terminal.wait_for(&["cerrando servidor...", &gone])?;
        desk.terminal.expect_exit(0)?;
        desk.terminal.wait_for(&["cerrando servidor...", &gone])?;
    }
    Ok(())
}

#[test]
fn r7_3_ctrl_c_stops_the_server_instead_of_answering() -> Result {
    let mut desk = Desk::open(&[], QUESTION)?;
    desk.terminal.press(CTRL_C)?;
    desk.terminal.expect_exit(0)
}
