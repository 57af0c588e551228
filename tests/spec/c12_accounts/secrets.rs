//! What becomes of words: nobody gets them, and they cannot be guessed.

use std::fs;

use chat_drive::failure::Result;
use chat_tests::binaries;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;

use super::{Place, WORD, come_in, leave, member, question, register};

const SIGTERM: i32 = 15;

const CLOSED: &str =
    "! demasiadas claves equivocadas desde tu dirección: prueba dentro de un minuto";

#[test]
fn r12_3_nobody_and_no_file_gets_a_word() -> Result {
    let place = Place::new();
    let mut chat = place.start(&["--log", "trace", "--replay", "99"])?;
    let mut bea = member(&chat, "Bea")?;
    let mut ana = member(&chat, "Ana")?;
    register(&mut ana, "Ana")?;
    let unseen = [" ", "\u{FEFF}", "\u{1B}[200~"].map(|it| format!("{it}/clave segundo secreto\n"));
    ana.send(format!("/clave segundo secreto\n{}fin\n/historial\n", unseen.concat()))?;
    ana.expect("* tu clave es otra desde ahora")?;
    for _ in unseen {
        ana.expect("! se escribe así: /clave CLAVE")?;
    }
    // All that the others and the history have is this.
    bea.expect("Ana > fin")?;
    let history = ana.hear()?.unwrap_or_default();
    assert!(history.ends_with(": Ana > fin"), "{history}");
    leave(&chat, ana, "Ana")?;
    let mut ana = chat.named_peer("Ana")?;
    ana.send("segundo secreto\nsigo\n")?;
    ana.expect(&question("Ana"))?;
    bea.expect("Ana > sigo")?;
    chat.server.signal(SIGTERM)?;
    chat.server.expect_exit(0)?;
    let lines = [chat.server.out.rest()?, chat.server.err.rest()?].concat();
    let mut everything = lines.concat();
    for entry in fs::read_dir(place.folder.path()).expect("a folder") {
        let file = fs::read(entry.expect("an entry").path()).expect("a file");
        everything += &String::from_utf8_lossy(&file);
    }
    assert!(everything.contains("$argon2id$") && everything.contains("has made an account"));
    assert!(!everything.contains(WORD) && !everything.contains("segundo secreto"));
    Ok(())
}

/// A client whose address is this one of this machine.
fn from(chat: &Chat, name: &str, host: u8) -> Result<Peer> {
    let source = ([127, 0, 0, host], 0).into();
    let mut peer = chat.stage.connect_from(name, source, chat.address)?;
    peer.expect(chat_tests::ES.greeting())?;
    peer.expect("nombre del cliente")?;
    Ok(peer)
}

#[cfg(target_os = "linux")]
#[test]
fn r12_4_words_are_not_guessed() -> Result {
    let place = Place::new();
    let mut command = binaries::server();
    command.args(["--bind", "127.0.0.1:0"]).args(place.options(&[]));
    let chat = Chat::start_command(command)?;
    let mut ana = from(&chat, "Ana", 1)?;
    ana.send("Ana\n")?;
    super::welcome(&mut ana)?;
    register(&mut ana, "Ana")?;
    leave(&chat, ana, "Ana")?;
    let mut eva = from(&chat, "Eva", 1)?;
    eva.send("Eva\n")?;
    super::welcome(&mut eva)?;
    register(&mut eva, "Eva")?;
    leave(&chat, eva, "Eva")?;
    // The first wrong word closes the address to further ones for that name, of each connection.
    let [mut one, mut two] = [from(&chat, "one", 2)?, from(&chat, "two", 2)?];
    for peer in [&mut one, &mut two] {
        peer.send("Ana\n")?;
        peer.expect(&question("Ana"))?;
    }
    one.send("adivina adivinanza\n")?;
    one.expect("! clave equivocada")?;
    for _ in 0..3 {
        one.expect(&question("Ana"))?;
        one.send(format!("{WORD}\n"))?;
        one.expect(CLOSED)?;
    }
    one.expect(&question("Ana"))?;
    one.send(format!("{WORD}\n"))?;
    one.expect(CLOSED)?;
    one.expect("! demasiados intentos")?;
    one.expect_end()?;
    two.send(format!("{WORD}\n"))?;
    two.expect(CLOSED)?;
    two.expect(&question("Ana"))?;
    two.send("/nombre\n")?;
    two.expect("nombre del cliente")?;
    two.send(format!("Eva\n{WORD}\n"))?;
    two.expect(&question("Eva"))?;
    super::welcome(&mut two)
}

/// Also while another has the name: nobody hears of what comes with it.
#[test]
fn r12_2_a_word_that_comes_with_a_taken_name_is_no_name() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    let mut bea = member(&chat, "Bea")?;
    register(&mut bea, "Bea")?;
    let mut again = chat.asked_peer("again")?;
    again.send("Bea\ncorta\n")?;
    again.expect(&question("Bea"))?;
    again.expect("! clave equivocada")?;
    again.expect(&question("Bea"))?;
    // The right word is right, and the name is taken all the same.
    again.send(format!("{WORD}\nBea\n"))?;
    again.expect(super::TAKEN)?;
    again.expect("nombre del cliente")?;
    again.expect(&question("Bea"))?;
    bea.send("/quien\n")?;
    bea.expect("* en general (1): Bea")
}

/// A word is taken for nothing else: as a name, all would be told of it.
#[test]
fn r12_4_a_word_that_is_typed_again_is_no_name() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    let mut ana = member(&chat, "Ana")?;
    register(&mut ana, "Ana")?;
    leave(&chat, ana, "Ana")?;
    let mut ana = chat.named_peer("Ana")?;
    ana.expect(&question("Ana"))?;
    ana.send("mi-clave-segura\nmi-clave-segura\n")?;
    ana.expect("! clave equivocada")?;
    ana.expect(&question("Ana"))?;
    ana.hear()?;
    ana.expect(&question("Ana"))?;
    // Nor one that comes with the name.
    let mut other = chat.asked_peer("otra")?;
    other.send("Ana\nmi-clave-segura\n")?;
    other.expect(&question("Ana"))?;
    other.hear()?;
    other.expect(&question("Ana"))?;
    other.send("/nombre\nLeo\n")?;
    other.expect("nombre del cliente")?;
    super::welcome(&mut other)?;
    other.send("/quien\n")?;
    other.expect("* en general (1): Leo")
}

#[test]
fn r12_4_the_third_wrong_word_ends_the_connection() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    let mut ana = member(&chat, "Ana")?;
    register(&mut ana, "Ana")?;
    leave(&chat, ana, "Ana")?;
    let mut one = chat.named_peer("Ana")?;
    for wrong in ["corta", "", "mal"] {
        one.expect(&question("Ana"))?;
        one.send(format!("{wrong}\n"))?;
        one.expect("! clave equivocada")?;
    }
    one.expect("! demasiados intentos")?;
    one.expect_end()
}

/// What this many `/registrar` of one connection cost does not keep the others from talking.
#[test]
fn r12_4_a_flood_of_words_stops_nobody() -> Result {
    const FLOOD: usize = 200;
    let place = Place::new();
    let chat = place.start(&[])?;
    let [mut ana, mut bea] = [member(&chat, "Ana")?, member(&chat, "Bea")?];
    register(&mut bea, "Bea")?;
    let mut flood = member(&chat, "Leo")?;
    flood.send(format!("/registrar {WORD}\n"))?;
    flood.send(format!("/clave {WORD}\n").repeat(FLOOD / 2))?;
    flood.send(format!("/registrar {WORD}\n").repeat(FLOOD / 2))?;
    for i in 0..50 {
        ana.send(format!("{i}\n"))?;
        bea.expect(&format!("Ana > {i}"))?;
        bea.send(format!("{i}\n"))?;
        ana.expect(&format!("Bea > {i}"))?;
    }
    // Both have made an account.
    let mut answers = Vec::new();
    while answers.len() < 50 {
        let line = flood.hear()?.expect("it is connected");
        answers.extend(Some(line).filter(|line| !line.contains(" > ")));
    }
    assert_eq!(answers.remove(0), super::registered("Leo"));
    assert_eq!(answers.pop(), Some("! no caben más cuentas ni cambios de clave por ahora".into()));
    assert!(answers.iter().all(|line| line == chat_tests::ES.word_changed()), "{answers:?}");
    drop(flood);
    leave(&chat, bea, "Bea")?;
    come_in(&chat, "Bea", WORD).map(drop)
}
