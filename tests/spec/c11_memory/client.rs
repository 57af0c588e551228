//! The client comes back by itself, to a server that the test plays.

use chat_drive::failure::Result;
use chat_tests::harness::peer::{Listener, Peer};
use chat_tests::harness::program::Program;
use chat_tests::harness::stage::Stage;
use chat_tests::{ES, binaries};

mod kills;
#[cfg(unix)]
mod on_a_terminal;
mod several;

const CUT: &str = "* se ha cortado la conexión; se vuelve a intentar…";
const WELCOME: &str = "* eres Ana; en general (1): Ana\n* /ayuda muestra los comandos\n";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A server that the test plays.
struct Played {
    stage: Stage,
    listener: Listener,
}

impl Played {
    fn open() -> Result<Self> {
        let stage = Stage::new();
        let listener = stage.listen("server")?;
        Ok(Self { stage, listener })
    }

    /// The command of a client of this server with these options.
    fn client(&self, options: &[&str]) -> std::process::Command {
        let mut command = binaries::client();
        command.arg(self.listener.address().to_string()).args(options);
        command
    }

    /// A client in pipes that has a session, and its connection.
    fn session(&self) -> Result<(Program, Peer)> {
        let client = self.stage.start("client", self.client(&["-p", "grupal", "-n", "Ana"]))?;
        let mut link = self.listener.accept()?;
        begin(&mut link)?;
        client.out.wait_for(ES.help_hint())?;
        Ok((client, link))
    }

    /// The next connection of a client that comes back with this position.
    fn returned(&self, position: &str) -> Result<Peer> {
        let mut link = self.listener.accept()?;
        greet(&mut link)?;
        link.expect(&format!("/reanudar {TOKEN} {position}"))?;
        Ok(link)
    }
}

fn greet(link: &mut Peer) -> Result {
    link.send(format!("{}\nnombre del cliente\n", ES.greeting()))
}

/// Takes a client in that gives its name and asks for a session.
fn begin(link: &mut Peer) -> Result {
    greet(link)?;
    link.expect("Ana")?;
    link.send(WELCOME)?;
    link.expect("/reanudar")?;
    say(
        link,
        &format!(
            r#""session","token":"{TOKEN}","id":"7.1","resume":600000,"position":"7.2","you":"Ana","room":"general""#
        ),
    )
}

/// Sends an object of this kind.
fn say(link: &mut Peer, kind_and_more: &str) -> Result {
    link.send(format!("{{\"kind\":{kind_and_more},\"time\":1}}\n"))
}

fn message(link: &mut Peer, position: &str, number: &str, said: &str) -> Result {
    let fields = format!(r#""position":"{position}","line":"{number}","text":"{said}""#);
    say(link, &format!(r#""message","who":"Bea",{fields}"#))
}

#[test]
fn r11_15_a_server_without_the_hint_gets_not_one_byte_more() -> Result {
    let asks = format!("{}\nnombre del cliente\n", ES.greeting());
    let welcome = format!("{asks}{WELCOME}");
    let grupal = ["-p", "grupal", "-n", "Ana"];
    for (options, text, heard) in [
        (&["-p", "grupal", "--expect-keyword=off"][..], "hola\n* Bea se ha unido\n", &[][..]),
        (&grupal, &asks, &["Ana"]),
        (&[&grupal[..], &["--reconnect=off"]].concat(), &welcome, &["Ana"]),
        (&["-p", "sala", "-n", "Ana"], &welcome, &["Ana"]),
        (&["-n", "Ana"], WELCOME, &[]),
    ] {
        let played = Played::open()?;
        let mut client = played.stage.start("client", played.client(options))?;
        let mut link = played.listener.accept()?;
        link.send(text)?;
        heard.iter().try_for_each(|line| link.expect(line))?;
        link.send("Bea > hola\n")?;
        client.out.wait_for("Bea > hola")?;
        client.type_in("uno\nsalir\n")?;
        link.expect("uno")?;
        link.expect("salir")?;
        link.expect_end()?;
        drop(link);
        client.expect_exit(0)?;
    }
    Ok(())
}

#[test]
fn r11_15_lines_have_numbers_and_what_was_not_accepted_is_sent_again() -> Result {
    let played = Played::open()?;
    let (mut client, mut link) = played.session()?;
    client.type_in("uno\ndos\n")?;
    link.expect("1 uno")?;
    link.expect("2 dos")?;
    say(&mut link, r#""accepted","number":1"#)?;
    message(&mut link, "7.3", "7.9.1", "hola")?;
    client.out.expect("Bea > hola")?;
    drop(link);
    client.out.expect(CUT)?;
    let mut link = played.returned("7.3")?;
    client.type_in("tres\n")?;
    say(&mut link, r#""resumed","you":"Ana","room":"general","accepted":1,"text":"has vuelto""#)?;
    client.out.expect("* has vuelto")?;
    link.expect("2 dos")?;
    link.expect("3 tres")?;
    client.type_in("salir\n")?;
    link.expect("4 salir")?;
    link.expect_end()?;
    drop(link);
    client.expect_exit(0)
}

#[test]
fn r11_15_what_was_missed_is_shown_once() -> Result {
    let played = Played::open()?;
    let (client, mut link) = played.session()?;
    for (position, line, text) in [("7.3", "7.9.1", "uno"), ("7.4", "7.9.2", "dos")] {
        message(&mut link, position, line, text)?;
        client.out.expect(&format!("Bea > {text}"))?;
    }
    link.reset();
    client.out.expect(CUT)?;
    // The next server has not stored the last one, whose author sends it again.
    let mut link = played.returned("7.4")?;
    say(&mut link, r#""resumed","accepted":0,"stored":"7.3","text":"has vuelto""#)?;
    for (position, line, text) in
        [("7.4", "7.9.2", "dos"), ("8.1", "7.9.2", "dos"), ("8.2", "7.9.3", "tres")]
    {
        message(&mut link, position, line, text)?;
    }
    // Of an author without a session there is only the position.
    say(&mut link, r#""message","who":"Eva","position":"8.2","text":"dos veces""#)?;
    message(&mut link, "8.3", "7.9.4", "cuatro")?;
    for line in ["* has vuelto", "* 1 mensaje de antes no se guardó", "Bea > tres", "Bea > cuatro"]
    {
        client.out.expect(line)?;
    }
    // A part of an object is not shown.
    link.send(r#"{"kind":"message","who":"B"#)?;
    drop(link);
    client.out.expect(CUT)?;
    played.returned("8.3").map(drop)
}

#[test]
fn r11_15_a_session_that_is_refused_is_begun_anew_in_its_room() -> Result {
    let played = Played::open()?;
    let (mut client, mut link) = played.session()?;
    say(&mut link, r#""here","you":"Ana","room":"cocina","text":"eres Ana; en cocina (1): Ana""#)?;
    client.out.expect("* estás en la sala cocina")?;
    client.out.expect("* eres Ana; en cocina (1): Ana")?;
    client.type_in("uno\n")?;
    link.expect("1 uno")?;
    drop(link);
    let mut link = played.returned("7.2")?;
    client.type_in("dos\n")?;
    link.send("! esa sesión ya no existe\nnombre del cliente\n")?;
    client.out.wait_for("! esa sesión ya no existe")?;
    client.out.expect(ES.session_lost())?;
    link.expect("Ana")?;
    link.send(WELCOME)?;
    link.expect("/reanudar")?;
    let session = format!(r#""session","token":"{TOKEN}","id":"8.1","resume":9,"position":"8.2""#);
    say(&mut link, &session)?;
    for line in ["1 /sala cocina", "2 uno", "3 dos"] {
        link.expect(line)?;
    }
    Ok(())
}

#[test]
fn r11_15_a_server_that_stops_is_waited_for() -> Result {
    let played = Played::open()?;
    let (client, mut link) = played.session()?;
    say(&mut link, r#""end","text":"el servidor se cierra""#)?;
    drop(link);
    client.out.expect("* el servidor se cierra")?;
    client.out.expect(ES.server_stopped())?;
    // One that is full, or says nothing for ever, is tried again.
    played.listener.accept()?.send("! servidor lleno\n")?;
    played.returned("7.2").map(drop)
}

#[test]
fn r11_15_who_was_sent_away_or_has_left_does_not_come_back() -> Result {
    for (text, typed, status) in [
        ("el operador ha cerrado la conexión", "", 10),
        ("conexión cerrada por inactividad", "", 4),
        ("hasta luego", "/salir\n", 0),
    ] {
        let played = Played::open()?;
        let (mut client, mut link) = played.session()?;
        client.type_in(typed)?;
        if !typed.is_empty() {
            link.expect("1 /salir")?;
        }
        say(&mut link, &format!(r#""end","text":"{text}""#))?;
        drop(link);
        client.expect_exit(status)?;
        assert_eq!(client.out.rest()?, [format!("* {text}")]);
    }
    Ok(())
}

#[test]
fn r11_15_a_session_that_has_run_out_is_given_up() -> Result {
    let played = Played::open()?;
    let (mut client, mut link) = played.session()?;
    say(&mut link, r#""what is new","text":"hola""#)?;
    client.out.expect("* hola")?;
    drop(link);
    let mut link = played.returned("7.2")?;
    link.send("! esa sesión ya no existe\nnombre del cliente\n")?;
    link.expect("Ana")?;
    link.send(WELCOME)?;
    link.expect("/reanudar")?;
    say(&mut link, &format!(r#""session","token":"{TOKEN}","id":"8.1","resume":1"#))?;
    client.type_in("uno\n")?;
    link.expect("1 uno")?;
    drop((played.listener, link));
    client.expect_exit(3)?;
    client.out.wait_for(ES.no_way_back())
}
