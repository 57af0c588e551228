//! Chapter 12: accounts. Where words are taken from: `doors`; what becomes of them: `secrets`; the operator: `operator`.

mod doors;
pub(crate) mod operator;
mod secrets;

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::chat::{Chat, take_part};
use chat_tests::harness::peer::Peer;
use serde_json::Value;
use tempfile::TempDir;

const RECORDED: &str = "* lo que se dice aquí se guarda";

const WORD: &str = "correcto caballo";

const TAKEN: &str = "! nombre ocupado: alguien se llama así, o de un modo que se confunde";

/// A folder with the file of a chat with accounts.
struct Place {
    folder: TempDir,
    file: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("chat.db").display().to_string();
        Self { folder, file }
    }

    fn options<'a>(&'a self, options: &[&'a str]) -> Vec<&'a str> {
        let own =
            ["--profile", "grupal", "--presence", "off", "--max-rate", "off", "--keep", "off"];
        let chosen = options.contains(&"--accounts");
        let accounts = if chosen { &[][..] } else { &["--accounts", "optional"] };
        [&own[..], &["--store", &self.file], accounts, options].concat()
    }

    /// Starts a server with accounts, unless the options say otherwise.
    fn start(&self, options: &[&str]) -> Result<Chat> {
        Chat::start_with(&self.options(options))
    }
}

fn question(name: &str) -> String {
    format!("* {name} está registrado: escribe su clave, o /nombre para dar otro")
}

fn registered(name: &str) -> String {
    format!("* tu nombre está registrado: {name}")
}

/// A member that has been welcomed.
fn member(chat: &Chat, name: &str) -> Result<Peer> {
    let mut peer = chat.named_peer(name)?;
    welcome(&mut peer)?;
    Ok(peer)
}

fn welcome(peer: &mut Peer) -> Result {
    peer.expect(ES.help_hint())?;
    peer.expect(RECORDED)
}

/// Makes the account of a peer, which is in the room.
fn register(peer: &mut Peer, name: &str) -> Result {
    peer.send(format!("/registrar {WORD}\n"))?;
    peer.expect(&registered(name))
}

/// Comes in with a registered name.
fn come_in(chat: &Chat, name: &str, word: &str) -> Result<Peer> {
    let mut peer = chat.named_peer(name)?;
    peer.expect(&question(name))?;
    peer.send(format!("{word}\n"))?;
    welcome(&mut peer)?;
    Ok(peer)
}

/// A peer that ends, whose name is free by then.
fn leave(chat: &Chat, mut peer: Peer, name: &str) -> Result {
    peer.send("salir\n")?;
    peer.expect_end()?;
    let begins = format!("* {name} (");
    let has_left = |line: &str| line.starts_with(&begins) && line.ends_with(") ha salido");
    chat.server.out.find(has_left, "that it has left").map(drop)
}

#[test]
fn r12_1_a_name_is_registered_and_stays_so_after_a_kill() -> Result {
    let place = Place::new();
    let mut chat = place.start(&[])?;
    let mut ana = member(&chat, "Ana")?;
    register(&mut ana, "Ana")?;
    ana.send(format!("/register {WORD}\n"))?;
    ana.expect("! ya has entrado con una cuenta; /clave cambia su clave")?;
    ana.send("/clave otra clave\n")?;
    ana.expect(ES.word_changed())?;
    chat.server.kill()?;
    let chat = place.start(&[])?;
    let mut ana = come_in(&chat, "Ana", "otra clave")?;
    ana.send("/password una tercera\n")?;
    ana.expect(ES.word_changed())?;
    let mut bea = member(&chat, "Bea")?;
    bea.send("hola\n")?;
    ana.expect("Bea > hola")
}

#[test]
fn r12_1_the_commands_are_where_accounts_are() -> Result {
    let place = Place::new();
    for accounts in ["off", "optional"] {
        let chat = place.start(&["--accounts", accounts])?;
        let mut ana = member(&chat, "Ana")?;
        ana.send("/ayuda\n")?;
        let mut help = Vec::new();
        while help.last().is_none_or(|line: &String| !line.starts_with("* //")) {
            help.extend(ana.hear()?);
        }
        for command in ["/registrar", "/clave"] {
            let is_there = help.iter().any(|line| line.contains(command));
            assert_eq!(is_there, accounts != "off", "{command}: {help:?}");
        }
        ana.send("/clave contraseña\n/registrar\n/registrar corta\n")?;
        if accounts == "off" {
            ana.expect("! aquí no hay cuentas; las activa quien lleva el servidor, con --accounts optional")?;
            ana.expect("! se escribe así: /registrar CLAVE")?;
            ana.expect("! aquí no hay cuentas; las activa quien lleva el servidor, con --accounts optional")?;
        } else {
            ana.expect("! no has entrado con una cuenta; /registrar hace tuyo tu nombre")?;
            ana.expect("! se escribe así: /registrar CLAVE")?;
            ana.expect("! la clave es demasiado corta (mínimo 8 caracteres)")?;
        }
    }
    Ok(())
}

#[test]
fn r12_2_a_registered_name_takes_its_word() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    let mut ana = member(&chat, "Ana")?;
    register(&mut ana, "Ana")?;
    let mut bea = member(&chat, "Bea")?;
    // It is taken, which only its owner is told.
    let mut taken = chat.named_peer("ana")?;
    taken.expect(&question("ana"))?;
    taken.send(format!("{WORD}\n"))?;
    taken.expect(TAKEN)?;
    taken.expect("nombre del cliente")?;
    // Another name of its owner's, and back.
    ana.send("/nombre Anita\n")?;
    ana.expect("* ahora te llamas Anita")?;
    bea.expect("* Ana ahora es Anita")?;
    bea.send("/nombre Ana\n/nombre ΑΝΑ\nsigo\n")?;
    bea.expect("! ese nombre está registrado: entra con él")?;
    bea.expect(TAKEN)?;
    ana.expect("Bea > sigo")?;
    ana.send("/nombre ANA\n/nombre Ana\n")?;
    ana.expect("* ahora te llamas ANA")?;
    ana.expect("* ahora te llamas Ana")?;
    bea.expect("* Anita ahora es ANA")?;
    bea.expect("* ANA ahora es Ana")?;
    leave(&chat, ana, "Ana")?;
    let mut eva = chat.asked_peer("eva")?;
    eva.send("ΑΝΑ\n")?;
    eva.expect(TAKEN)?;
    eva.expect("nombre del cliente")?;
    eva.send("a-na\nmal\n")?;
    eva.expect(&question("a-na"))?;
    eva.expect("! clave equivocada")?;
    eva.expect(&question("a-na"))?;
    eva.send("/nombre\nEva\n")?;
    eva.expect("nombre del cliente")?;
    welcome(&mut eva)?;
    // What is behind the word waits for it.
    let mut ana = chat.named_peer("Ana")?;
    ana.send(format!("{WORD}\nhe vuelto\n"))?;
    ana.expect(&question("Ana"))?;
    for other in [&mut bea, &mut eva] {
        other.expect("Ana > he vuelto")?;
    }
    Ok(())
}

#[test]
fn r12_5_where_an_account_is_required_others_are_refused() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    register(&mut member(&chat, "Ana")?, "Ana")?;
    drop(chat);
    let chat = place.start(&["--accounts", "required"])?;
    let refused = "! ese nombre no tiene cuenta, y aquí hace falta: las crea quien lleva el servidor (chat-server account passwd NOMBRE)";
    let mut bea = chat.named_peer("Bea")?;
    bea.expect(refused)?;
    let mut ana = come_in(&chat, "Ana", WORD)?;
    ana.send("/nombre Bea\n")?;
    ana.expect(refused)?;
    take_part(&mut ana)
}

/// The next object of this kind.
fn object(peer: &mut Peer, kind: &str) -> Result<Value> {
    loop {
        let line = peer.hear()?.unwrap_or_default();
        match serde_json::from_str::<Value>(&line) {
            Ok(object) if object["kind"] == kind => return Ok(object),
            Err(_) if line.is_empty() => return Err(peer.failure(format!("no {kind}"))),
            Ok(_) | Err(_) => {}
        }
    }
}

/// Begins a session. Returns the line that resumes it.
fn begin_session(peer: &mut Peer) -> Result<String> {
    peer.send("/reanudar\n")?;
    let session = object(peer, "session")?;
    let text = |key: &str| session[key].as_str().unwrap_or_default().to_owned();
    Ok(format!("/reanudar {} {}\n", text("token"), text("position")))
}

/// The line resumes no session any more.
fn is_gone(chat: &Chat, back: &str) -> Result {
    let mut peer = chat.asked_peer("back")?;
    peer.send(back)?;
    peer.expect("! esa sesión ya no existe")
}

/// Who comes back to a session is in the account that it had proved, and needs no word.
#[test]
fn r12_2_a_session_keeps_its_account() -> Result {
    let place = Place::new();
    let commit = ["--durability", "commit"];
    let mut chat = place.start(&commit)?;
    let mut ana = member(&chat, "Ana")?;
    register(&mut ana, "Ana")?;
    let back = begin_session(&mut ana)?;
    ana.send("1 hola\n")?;
    object(&mut ana, "accepted")?;
    chat.server.kill()?;
    let chat = place.start(&commit)?;
    chat.named_peer("Ana")?.expect(&question("Ana"))?;
    let mut ana = chat.asked_peer("ana")?;
    ana.send(format!("{back}2 /clave otra clave\n"))?;
    assert_eq!(object(&mut ana, "resumed")?["you"], "Ana");
    assert_eq!(object(&mut ana, "account")?["text"], "tu clave es otra desde ahora");
    Ok(())
}

/// A word that others know, or a token, is of no use to them once the word is another.
#[test]
fn r12_1_another_word_ends_what_else_is_in_the_account() -> Result {
    let place = Place::new();
    let chat = place.start(&["--absence", "off"])?;
    let mut ana = member(&chat, "Ana")?;
    register(&mut ana, "Ana")?;
    let left = begin_session(&mut ana)?;
    drop(ana);
    chat.server.out.find(|line| line.ends_with("ha salido"), "that she has left")?;
    let mut ana = come_in(&chat, "Ana", WORD)?;
    ana.send("/nombre Anita\n")?;
    ana.expect("* ahora te llamas Anita")?;
    let mut other = come_in(&chat, "Ana", WORD)?;
    let back = begin_session(&mut other)?;
    let mut bea = member(&chat, "Bea")?;
    ana.send("/clave otra clave\n")?;
    ana.expect(ES.word_changed())?;
    assert_eq!(object(&mut other, "end")?["text"], "la clave de tu cuenta es otra: entra de nuevo");
    other.expect_end()?;
    for back in [left, back] {
        is_gone(&chat, &back)?;
    }
    ana.send("sigo\n")?;
    bea.expect("Anita > sigo")
}

/// Before that, it might not be in the file.
#[test]
fn r12_1_a_numbered_command_is_accepted_once_it_is_done() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    let mut ana = member(&chat, "Ana")?;
    begin_session(&mut ana)?;
    ana.send(format!("1 /registrar {WORD}\n2 /clave otra clave\n3 /clave corta\n"))?;
    for number in 1..=3 {
        for kind in [if number < 3 { "account" } else { "refusal" }, "accepted"] {
            let line = ana.hear()?.unwrap_or_default();
            let object: Value = serde_json::from_str(&line).expect("an object");
            assert_eq!(object["kind"], kind, "{number}: {line}");
        }
    }
    Ok(())
}

/// Ana under another name, and a client that is asked for the word of her account.
fn asked_for_her_word(chat: &Chat) -> Result<(Peer, Peer)> {
    let mut ana = member(chat, "Ana")?;
    register(&mut ana, "Ana")?;
    ana.send("/nombre Anita\n")?;
    ana.expect("* ahora te llamas Anita")?;
    let mut other = chat.named_peer("Ana")?;
    other.expect(&question("Ana"))?;
    Ok((ana, other))
}

#[test]
fn r12_1_the_word_before_is_none_also_for_who_was_asked_before() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    let (mut ana, mut other) = asked_for_her_word(&chat)?;
    ana.send("/clave otra clave\n")?;
    ana.expect(ES.word_changed())?;
    other.send(format!("{WORD}\n"))?;
    other.expect("! clave equivocada")
}

#[test]
fn r12_1_a_word_is_none_any_more_that_is_looked_at_behind_its_change() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    let (mut ana, mut other) = asked_for_her_word(&chat)?;
    let mut bea = member(&chat, "Bea")?;
    ana.send("/clave otra clave\n")?;
    // Hers is looked at when Bea has been answered.
    for _ in 0..2 {
        bea.send("/quien\n")?;
        while bea.hear()?.is_some_and(|line| !line.starts_with("* en general (2)")) {}
    }
    other.send(format!("{WORD}\n"))?;
    // Should it have come in before the change, the change sends it away.
    let ends = ["! clave equivocada", ES.word_is_another()];
    while let Some(line) = other.hear()? {
        if ends.contains(&line.as_str()) {
            while ana.hear()?.is_some_and(|line| line != ES.word_changed()) {}
            return Ok(());
        }
    }
    panic!("it hears why")
}
