//! Chapters 5 to 7 from the client's side. On a terminal: `on_a_terminal`.

#[cfg(unix)]
mod on_a_terminal;

use std::process::Command;

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::binaries;
use chat_tests::chat::{Chat, take_part};
use chat_tests::harness::peer::Peer;
use chat_tests::harness::program::Program;
use chat_tests::harness::stage::Stage;
use predicates::prelude::*;

const KEYWORD: &str = "nombre del cliente";

fn client_of(address: &impl ToString, options: &[&str]) -> Command {
    let mut command = binaries::client();
    command.arg(address.to_string()).args(options);
    command
}

/// Starts the client in pipes, connected to a server that the test plays.
fn with_played_server(options: &[&str]) -> Result<(Stage, Program, Peer)> {
    let stage = Stage::new();
    let server = stage.listen("server")?;
    let client = stage.start("client", client_of(&server.address(), options))?;
    let link = server.accept()?;
    client.out.expect(ES.connected())?;
    client.out.expect(ES.type_messages())?;
    Ok((stage, client, link))
}

/// Starts the client in pipes, in a real chat.
fn in_chat(chat: &Chat, options: &[&str]) -> Result<Program> {
    let client = chat.stage.start("client", client_of(&chat.address, options))?;
    client.out.wait_for(ES.greeting())?;
    Ok(client)
}

/// A peer in the room that receives what happens there.
fn witness(chat: &Chat) -> Result<Peer> {
    let mut witness = chat.peer("witness")?;
    witness.expect(KEYWORD)?;
    witness.send("Testigo\nhay alguien?\n")?;
    chat.server.out.wait_for("Testigo > hay alguien?")?;
    take_part(&mut witness)?;
    Ok(witness)
}

#[test]
fn r5_2_answers_the_keyword_with_its_name_before_anything_else_is_sent() -> Result {
    let chat = Chat::start_with(&["--profile", "sala"])?;
    let mut witness = witness(&chat)?;
    let options = ["--profile", "sala", "--name", "Ana"];
    let mut client = chat.stage.start("client", client_of(&chat.address, &options))?;
    // Typed before the server can have asked.
    client.type_in("hola\nsalir\n")?;
    for line in ["* Ana se ha unido", "Ana > hola", "* Ana ha salido"] {
        witness.expect(line)?;
    }
    client.expect_exit(0)?;
    let present = "* eres Ana; en general (2): Testigo, Ana";
    let shown = [ES.connected(), ES.type_messages(), ES.greeting(), present];
    assert_eq!(client.out.rest()?, shown);
    Ok(())
}

#[test]
fn r5_2_in_a_pipe_without_a_name_the_first_line_is_the_name() -> Result {
    let chat = Chat::start_with(&["--profile", "sala"])?;
    let mut witness = witness(&chat)?;
    let mut client = in_chat(&chat, &["--profile", "sala"])?;
    client.type_in("Ana\nhola\n")?;
    witness.expect("* Ana se ha unido")?;
    witness.expect("Ana > hola")
}

#[test]
fn r5_2_the_keyword_is_understood_however_it_arrives() -> Result {
    let greeted = format!("{}\n{KEYWORD}\n", ES.greeting());
    let cuts = [0, 1, ES.greeting().len(), ES.greeting().len() + 5, greeted.len() - 1];
    for cut in cuts {
        let (_stage, client, mut link) =
            with_played_server(&["--profile", "sala", "--name", "Ana"])?;
        let (first, rest) = greeted.split_at(cut);
        link.send(first)?;
        link.send(rest)?;
        link.expect("Ana")?;
        client.out.expect(ES.greeting())?;
    }
    // A server that never ends a line.
    let (_stage, _client, mut link) = with_played_server(&["--profile", "sala", "--name", "Ana"])?;
    link.send(format!("{}{KEYWORD}", ES.greeting()))?;
    link.expect("Ana")
}

#[test]
fn r5_2_another_keyword_can_be_agreed_on() -> Result {
    let chat = Chat::start_with(&["--profile", "sala", "--name-keyword", "NICK"])?;
    let options = ["--profile", "sala", "--name-keyword", "NICK", "--name", "Ana"];
    let mut client = in_chat(&chat, &options)?;
    client.type_in("hola\n")?;
    chat.server.out.wait_for("Ana > hola")
}

#[test]
fn r5_2_the_keyword_is_answered_behind_any_greeting() -> Result {
    for greeting in ["Bienvenido!\n* 3 usuarios\n\n== reglas ==\n", "Hola! Escribe el ", ""] {
        let (_stage, _client, mut link) =
            with_played_server(&["--profile", "sala", "--name", "Ana"])?;
        link.send(format!("{greeting}{KEYWORD}"))?;
        link.expect("Ana")?;
    }
    // A text that is not the keyword is only shown.
    let options = ["--name", "Ana", "--name-keyword", "Ingresa tu nombre:"];
    for (options, answered) in [(&options[..2], false), (&options, true)] {
        let (_stage, mut client, mut link) = with_played_server(options)?;
        link.send("Bienvenido!\nIngresa tu nombre: ")?;
        client.out.expect("Bienvenido!")?;
        if answered {
            link.expect("Ana")?;
        } else {
            client.out.expect("Ingresa tu nombre: ")?;
        }
        client.type_in("hola\n")?;
        link.expect("hola")?;
    }
    Ok(())
}

/// A server whose protocol is that of many course solutions: it compares what one `recv` returns,
/// and takes what the next one returns as the name.
#[test]
fn r5_1_a_server_that_compares_what_one_read_returns_gets_the_name_alone() -> Result {
    for profile in ["basico", "sala"] {
        let (_stage, mut client, mut link) = with_played_server(&[
            "--profile",
            profile,
            "--name-keyword",
            "NICK",
            "--name",
            "Ana",
            "--send-framing",
            "bare",
        ])?;
        link.send("NICK")?;
        assert_eq!(link.receive()?, b"Ana");
        link.send("Ana joined!")?;
        client.out.expect("Ana joined!")?;
        client.type_in("hola\n")?;
        assert_eq!(link.receive()?, b"hola");
    }
    Ok(())
}

#[test]
fn r5_2_a_member_that_says_the_keyword_gets_no_name() -> Result {
    for profile in ["practico", "basico"] {
        let options = ["--profile", profile, "--label", "none", "--operator", "off"];
        let chat = Chat::start_with(&[&options[..], &["--max-clients", "9"]].concat())?;
        let mut ana = chat.peer("ana")?;
        let mut client = in_chat(&chat, &["--profile", profile, "--name", "Facundo"])?;
        ana.send(format!("{KEYWORD}\n"))?;
        client.out.wait_for(KEYWORD)?;
        client.type_in("hola\n")?;
        assert!(ana.hear()?.is_some_and(|line| line.ends_with("hola")), "{profile}");
    }
    Ok(())
}

#[test]
fn r5_2_a_server_that_asks_for_a_name_is_told_with_the_profile_to_try() -> Result {
    let chat = Chat::start_with(&["--profile", "sala"])?;
    for (options, hint) in [
        (&[][..], "* el servidor pide un nombre: escríbelo, o prueba con --profile sala"),
        (
            &["-p", "practico", "-n", "Facundo"],
            "* el servidor pide un nombre y lo pone en cada línea: prueba con --profile sala",
        ),
        (&["-l", "en"], "* the server asks for a name: type it, or try --profile sala"),
    ] {
        let mut client = in_chat(&chat, options)?;
        client.out.wait_for(hint)?;
        client.type_in("salir\n")?;
        client.expect_exit(0)?;
    }
    Ok(())
}

#[test]
fn r5_2_who_is_not_asked_in_time_says_so_and_leaves() -> Result {
    let chat = Chat::start()?;
    let options = ["--profile", "sala", "--name", "Ana", "--keyword-timeout", "200ms"];
    let mut client = in_chat(&chat, &options)?;
    client.err.expect(
        "chat-client: el servidor no preguntó el nombre (prueba con --profile basico o practico)",
    )?;
    client.expect_exit(7)?;
    chat.server.out.find(|line| line.ends_with("desconectado"), "that the client is gone").map(drop)
}

#[test]
fn r5_2_who_needs_no_keyword_stays_without_one() -> Result {
    let chat = Chat::start()?;
    let mut client = in_chat(&chat, &["--name", "Ana", "--keyword-timeout", "1ms"])?;
    client.type_in("hola\n")?;
    chat.server.out.find(|line| line.ends_with(": hola"), "the message").map(drop)
}

#[test]
fn r5_4_in_a_pipe_a_name_that_is_refused_is_the_end() -> Result {
    let chat = Chat::start_with(&["--profile", "sala"])?;
    let _witness = witness(&chat)?;
    let mut client = in_chat(&chat, &["--profile", "sala", "--name", "TESTIGO"])?;
    client.out.find(|line| line.starts_with("! nombre ocupado"), "the refusal")?;
    client.err.expect("chat-client: el servidor no aceptó el nombre")?;
    client.expect_exit(8)
}

#[test]
fn r5_5_a_name_that_nobody_can_have_is_bad_usage() {
    for name in ["dos palabras", "", "* Ana", "a\u{202E}b"] {
        assert_cmd::Command::from_std(binaries::client())
            .args(["--name", name])
            .assert()
            .code(2)
            .stderr(predicate::str::contains("--name"));
    }
}

#[test]
fn r5_6_what_the_server_says_about_a_name_that_comes_too_late_is_shown() -> Result {
    let chat = Chat::start_with(&["--profile", "sala", "--name-timeout", "200ms"])?;
    let mut client = in_chat(&chat, &["--profile", "sala"])?;
    client.out.expect("! no diste ningún nombre a tiempo")?;
    client.err.expect("chat-client: no diste ningún nombre a tiempo")?;
    client.expect_exit(14)
}

#[test]
fn r6_3_a_command_to_leave_is_leaving() -> Result {
    let chat = Chat::start_with(&["--profile", "grupal"])?;
    for (profile, name) in [("grupal", "Ana"), ("sala", "Bea"), ("basico", "Caro")] {
        for word in ["/salir", "/QUIT"] {
            let mut client = in_chat(&chat, &["--profile", profile, "--name", name])?;
            client.type_in(&format!("{word}\n"))?;
            client.expect_exit(0)?;
            client.err.expect_end()?;
        }
    }
    Ok(())
}

#[test]
fn r7_1_a_client_that_waits_for_its_turn_is_told_so() -> Result {
    let chat = Chat::start_with(&["--profile", "practico"])?;
    let first = chat.peer("first")?;
    let options = ["--profile", "practico", "--name", "Facundo"];
    let client = chat.stage.start("client", client_of(&chat.address, &options))?;
    client.out.expect(ES.connected())?;
    client.out.expect(ES.type_messages())?;
    let waits = "* el servidor aún no responde: quizá atiende a otro cliente; espera tu turno";
    client.out.expect(waits)?;
    drop(first);
    client.out.expect(ES.greeting())
}

#[test]
fn r6_3_commands_go_to_the_server_as_they_are() -> Result {
    let chat = Chat::start_with(&["--profile", "grupal"])?;
    let mut client = in_chat(&chat, &["--profile", "grupal", "--name", "Ana"])?;
    client.type_in("/nombre Bea\n/quien\n/salir\n")?;
    client.out.expect("* eres Ana; en general (1): Ana")?;
    client.out.expect(ES.help_hint())?;
    client.out.expect("* ahora te llamas Bea")?;
    client.out.expect("* en general (1): Bea")?;
    client.out.expect_end()
}

#[test]
fn r6_6_notices_refusals_and_private_messages_stand_apart_by_colour() -> Result {
    let lines = ["* Bea se ha unido", "! no", "[privado] Bea > hola", "Bea > * hola"];
    for (color, painted) in [("always", 3), ("never", 0), ("auto", 0)] {
        let (_stage, client, mut link) = with_played_server(&["--color", color])?;
        link.send(lines.join("\n") + "\n")?;
        drop(link);
        let shown = client.out.rest()?;
        assert_eq!(shown.iter().filter(|line| line.starts_with("\x1b[")).count(), painted);
        let plain = |line: &String| lines.iter().any(|known| line.contains(known));
        assert!(shown.iter().all(plain), "{shown:?}");
    }
    Ok(())
}

#[test]
fn r4_2_time_stamps_stand_before_what_arrives_on_request() -> Result {
    let (_stage, client, mut link) = with_played_server(&["--timestamps"])?;
    link.send("hola\n")?;
    let shown = client.out.hear()?.expect("a line");
    let (time, text) = shown.split_once(' ').expect("a time");
    assert_eq!(text, "hola");
    let digits: Vec<&str> = time.split(':').collect();
    assert!(
        digits.len() == 3 && digits.iter().all(|d| d.len() == 2 && d.parse::<u8>().is_ok()),
        "{time}"
    );
    Ok(())
}

#[test]
fn r7_3_in_a_pipe_nobody_is_asked_and_lines_pass_as_they_are() -> Result {
    let chat = Chat::start_with(&["--profile", "practico"])?;
    let mut client = in_chat(&chat, &["--profile", "practico"])?;
    client.type_in("Facundo > a mano\n")?;
    chat.server.out.wait_for("Facundo > a mano")
}

#[test]
fn r7_4_the_name_goes_before_each_line_but_not_before_the_leaving_word() -> Result {
    let (_stage, mut client, mut link) =
        with_played_server(&["--profile", "practico", "--name", "Facundo"])?;
    client.type_in("Hola, como estas?\n> \nno quiero salir\n Salir \n")?;
    for line in
        ["Facundo > Hola, como estas?", "Facundo > > ", "Facundo > no quiero salir", " Salir "]
    {
        link.expect(line)?;
    }
    link.expect_end()
}

#[test]
fn r7_4_what_the_operator_says_is_printed_as_it_came() -> Result {
    let mut chat = Chat::start_with(&["--profile", "practico"])?;
    let mut client = in_chat(&chat, &["--profile", "practico", "--name", "Facundo"])?;
    client.type_in("Hola, como estas?\n")?;
    chat.server.out.wait_for("Facundo > Hola, como estas?")?;
    chat.server.type_in("Bien, y vos?\n")?;
    client.out.expect("Servidor > Bien, y vos?")
}
