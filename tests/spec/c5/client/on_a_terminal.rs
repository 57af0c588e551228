//! Chapters 5 to 7 on a terminal: questions to the client's user, and Tab completion.

use super::*;
use chat_drive::terminal::Terminal;
use chat_tests::ES;

/// What Ana is told as she joins the witness.
const PRESENT: &str = "* eres Ana; en general (2): Testigo, Ana";

/// Starts the client on a terminal, in a chat of this profile.
fn client(chat: &Chat, options: &[&str]) -> Result<Terminal> {
    chat.stage.start_on_terminal("client", &client_of(&chat.address, options))
}

/// Starts the client on a terminal, in a chat with commands and with a witness.
fn in_company(options: &[&str]) -> Result<(Chat, Peer, Terminal)> {
    let chat = Chat::start_with(&["--profile", "grupal"])?;
    let mut witness = witness(&chat)?;
    let options = [&["--profile", "grupal", "--name", "Ana"], options].concat();
    let client = client(&chat, &options)?;
    witness.expect("* Ana se ha unido")?;
    client.wait_for(&[ES.greeting(), PRESENT, ES.help_hint(), ">"])?;
    Ok((chat, witness, client))
}

#[test]
fn r5_2_its_user_is_asked_and_asked_again() -> Result {
    let chat = Chat::start_with(&["--profile", "sala"])?;
    let mut witness = witness(&chat)?;
    let client = client(&chat, &["--profile", "sala"])?;
    client.wait_for(&[ES.greeting(), "tu nombre:"])?;
    client.press("dos palabras\r")?;
    let invalid = "! nombre no válido: sin espacios, y como mucho 32 caracteres";
    client.wait_for(&["tu nombre: dos palabras", invalid, "tu nombre:"])?;
    client.press("testigo\r")?;
    let taken = "! nombre ocupado: alguien se llama así, o de un modo que se confunde";
    client.wait_for(&["tu nombre: testigo", taken, "tu nombre:"])?;
    client.press("Ana\rhola\r")?;
    witness.expect("* Ana se ha unido")?;
    witness.expect("Ana > hola")?;
    client.wait_for(&[PRESENT, ">"])
}

#[test]
fn r5_2_what_is_being_typed_survives_a_refused_name() -> Result {
    let stage = Stage::new();
    let server = stage.listen("server")?;
    let options = ["--profile", "sala", "--name", "Ana"];
    let client = stage.start_on_terminal("client", &client_of(&server.address(), &options))?;
    let mut link = server.accept()?;
    client.press("half a li")?;
    client.wait_for(&["> half a li"])?;
    link.send(format!("{}\n{KEYWORD}\n", ES.greeting()))?;
    link.expect("Ana")?;
    link.send(format!("! nombre ocupado\n{KEYWORD}\n"))?;
    client.wait_for(&["! nombre ocupado", "tu nombre:"])?;
    client.press("Bea\r")?;
    link.expect("Bea")?;
    client.wait_for(&["tu nombre: Bea", "> half a li"])?;
    client.press("ne\r")?;
    link.expect("half a line")
}

#[test]
fn r5_2_leaving_works_while_the_name_is_asked_for() -> Result {
    for keys in ["salir\r", "\x03", "\x04"] {
        let chat = Chat::start_with(&["--profile", "sala"])?;
        let mut client = client(&chat, &["--profile", "sala"])?;
        client.wait_for(&[ES.greeting(), "tu nombre:"])?;
        client.press(keys)?;
        client.expect_exit(0)?;
        chat.server.out.find(|line| line.ends_with("desconectado"), "that it has left")?;
    }
    Ok(())
}

#[test]
fn r6_3_tab_completes_commands_and_the_names_that_were_seen() -> Result {
    let (_chat, mut witness, client) = in_company(&[])?;
    witness.send("hola, Ana\n")?;
    client.wait_for(&["Testigo > hola, Ana", ">"])?;
    client.press("/pri\t")?;
    client.wait_for(&["> /privado"])?;
    client.press("tes\thola\r")?;
    witness.expect("[privado] Ana > hola")?;
    client.wait_for(&["> /privado Testigo hola", "[privado a Testigo] hola", ">"])
}

#[test]
fn r6_3_tab_shows_the_choices_and_keeps_what_is_typed() -> Result {
    let (_chat, mut witness, client) = in_company(&[])?;
    client.press("/sal\t")?;
    let choices = "* /sala, /salas, /salir";
    client.wait_for(&[choices, "> /sal"])?;
    witness.send("uno\n")?;
    client.wait_for(&[choices, "Testigo > uno", "> /sal"])
}

#[test]
fn r6_6_notices_are_in_colour_on_a_terminal_unless_that_is_not_wanted() -> Result {
    for (options, environment, dim) in [
        (&[][..], "X=", true),
        (&[], "NO_COLOR=1", false),
        (&["--color", "never"], "X=", false),
        (&["--color", "always"], "NO_COLOR=1", true),
    ] {
        let stage = Stage::new();
        let server = stage.listen("server")?;
        let mut command = Command::new("env");
        let client = client_of(&server.address(), options);
        command.arg(environment).arg(client.get_program()).args(client.get_args());
        let client = stage.start_on_terminal("client", &command)?;
        let mut link = server.accept()?;
        link.send("* Bea se ha unido\n")?;
        client.wait_for(&["* Bea se ha unido", ">"])?;
        assert_eq!(client.formatted().contains("\x1b[2m* Bea"), dim, "{options:?} {environment}");
    }
    Ok(())
}

#[test]
fn r6_1_the_bell_rings_for_ones_own_name_and_for_private_messages_on_request() -> Result {
    for (options, rings) in [(&["--bell"][..], 2), (&[], 0)] {
        let (_chat, mut witness, client) = in_company(options)?;
        witness.send("hola a todos\nhola, ana\n/privado Ana hola\n")?;
        client.wait_for(&["[privado] Testigo > hola", ">"])?;
        assert_eq!(client.bells(), rings);
    }
    Ok(())
}

#[test]
fn r7_3_its_user_is_asked_for_the_name_that_goes_before_each_line() -> Result {
    let chat = Chat::start_with(&["--profile", "practico"])?;
    let client = client(&chat, &["--profile", "practico"])?;
    client.wait_for(&[ES.greeting(), "tu nombre:"])?;
    client.press("Facundo\rHola, como estas?\r")?;
    chat.server.out.wait_for("Facundo > Hola, como estas?")?;
    client.wait_for(&["tu nombre: Facundo", "> Hola, como estas?", ">"])
}

#[test]
fn r7_1_what_is_typed_for_a_name_is_not_disturbed_by_the_wait() -> Result {
    let chat = Chat::start_with(&["--profile", "practico"])?;
    let first = chat.peer("first")?;
    let client = client(&chat, &["--profile", "practico"])?;
    client.wait_for(&["tu nombre:"])?;
    client.press("Facu")?;
    client.wait_for(&[ES.no_answer_yet(), "tu nombre: Facu"])?;
    drop(first);
    client.wait_for(&[ES.greeting(), "tu nombre: Facu"])?;
    client.press("ndo\rhola\r")?;
    chat.server.out.wait_for("Facundo > hola")
}

#[test]
fn r7_3_who_has_a_name_is_not_asked() -> Result {
    let chat = Chat::start_with(&["--profile", "practico"])?;
    let client = client(&chat, &["--profile", "practico", "--name", "Facundo"])?;
    client.wait_for(&[ES.greeting(), ">"])?;
    client.press("hola\r")?;
    chat.server.out.wait_for("Facundo > hola")
}
