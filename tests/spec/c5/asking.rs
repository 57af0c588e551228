//! Chapter 5: the question for the name, for peers that read lines and for peers that compare what one
//! `recv` returns.

use assert_cmd::Command;
use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::binaries;
use chat_tests::chat::{Chat, skip_welcome, take_part};
use chat_tests::harness::peer::Peer;
use predicates::prelude::*;

const TAKEN: &str = "! nombre ocupado: alguien se llama así, o de un modo que se confunde";

fn sala(options: &[&str]) -> Result<Chat> {
    Chat::start_with(&[&["--profile", "sala"], options].concat())
}

/// A client as students write it: `if client.recv(1024) == 'NICK': client.send(name)`, without line endings.
fn recv_client(chat: &Chat, name: &str) -> Result<Peer> {
    let mut peer = chat.stage.connect(name, chat.address)?;
    assert_eq!(peer.receive()?, b"NICK");
    peer.send(name)?;
    Ok(peer)
}

/// A client that reads and writes whole lines. Returns it with the lines that it was asked by.
fn readline_client(chat: &Chat, name: &str, question: &[&str]) -> Result<Peer> {
    let mut peer = chat.stage.connect(name, chat.address)?;
    for line in question {
        peer.expect(line)?;
    }
    peer.send(format!("{name}\n"))?;
    Ok(peer)
}

/// Skips the empty line by which a question may have been ended while the answer was on its way.
fn skip_ending(peer: &mut Peer, expected: &str) -> Result {
    match peer.hear()?.as_deref() {
        Some("") => peer.expect(expected),
        Some(line) if line == expected => Ok(()),
        line => Err(peer.failure(format!("should hear {expected:?}, but: {line:?}"))),
    }
}

#[test]
fn r5_1_a_client_that_compares_what_it_receives_is_served_in_the_style_of_nick() -> Result {
    let chat = sala(&["--name-style", "nick"])?;
    let mut ana = recv_client(&chat, "Ana")?;
    assert_eq!(ana.receive()?, b"* eres Ana; en general (1): Ana\n");
    let mut bea = recv_client(&chat, "Bea")?;
    assert_eq!(bea.receive()?, b"* eres Bea; en general (2): Ana, Bea\n");
    assert_eq!(ana.receive()?, b"* Bea se ha unido\n");
    bea.send("hola")?;
    assert_eq!(ana.receive()?, b"Bea > hola\n");
    ana.send("salir")?;
    assert_eq!(ana.receive()?, b"");
    assert_eq!(bea.receive()?, b"* Ana ha salido\n");
    Ok(())
}

#[test]
fn r5_1_bare_sends_the_greeting_behind_the_name() -> Result {
    let chat = sala(&["--send-framing", "bare", "--name-keyword", "NICK"])?;
    let mut ana = recv_client(&chat, "Ana")?;
    ana.expect(ES.greeting())?;
    ana.expect("* eres Ana; en general (1): Ana")
}

#[test]
fn r5_1_both_kinds_of_clients_are_asked_and_talk_to_each_other_with_auto() -> Result {
    let chat = sala(&["--send-framing", "auto", "--name-keyword", "NICK"])?;
    let mut ana = recv_client(&chat, "Ana")?;
    skip_ending(&mut ana, ES.greeting())?;
    ana.expect("* eres Ana; en general (1): Ana")?;
    let mut bea = readline_client(&chat, "Bea", &["NICK"])?;
    bea.expect(ES.greeting())?;
    bea.expect("* eres Bea; en general (2): Ana, Bea")?;
    ana.expect("* Bea se ha unido")?;
    ana.send("hola")?;
    bea.expect("Ana > hola")?;
    bea.send("que tal\n")?;
    ana.expect("Bea > que tal")?;
    // Asked again, the reader of lines gets another one.
    let mut eva = readline_client(&chat, "BEA", &["NICK"])?;
    eva.expect(TAKEN)?;
    eva.expect("NICK")?;
    eva.send("Eva\n")?;
    eva.expect(ES.greeting())?;
    ana.expect("* Eva se ha unido")
}

#[test]
fn r5_1_line_is_for_clients_that_read_lines() -> Result {
    for options in [&[][..], &["--send-framing", "line"]] {
        let chat = sala(options)?;
        let question = [ES.greeting(), "nombre del cliente"];
        let mut ana = readline_client(&chat, "Ana", &question)?;
        ana.expect("* eres Ana; en general (1): Ana")?;
    }
    Ok(())
}

#[test]
fn r5_1_what_is_given_wins_over_the_style() -> Result {
    let options = ["--name-style", "nick", "--name-keyword", "ALIAS", "--greeting", "Hola, clase"];
    let chat = sala(&options)?;
    let mut ana = chat.stage.connect("ana", chat.address)?;
    assert_eq!(ana.receive()?, b"ALIAS");
    ana.send("Ana")?;
    ana.expect("Hola, clase")?;
    take_part(&mut ana)
}

/// A stop of this machine can join what the server keeps apart, but hardly three times.
#[test]
fn r5_4_the_bare_keyword_comes_again_in_a_read_of_its_own() -> Result {
    let chat = sala(&["--name-style", "nick"])?;
    let _ana = recv_client(&chat, "Ana")?;
    let mut eva = recv_client(&chat, "ana")?;
    let mut alone = 0;
    for next in ["ANA", "aNa", "Eva"] {
        let mut heard = vec![eva.receive()?];
        while !heard.concat().ends_with(b"NICK") {
            heard.push(eva.receive()?);
        }
        assert_eq!(heard.concat(), format!("{TAKEN}\nNICK").as_bytes());
        alone += usize::from(heard.last().is_some_and(|last| last == b"NICK"));
        eva.send(next)?;
    }
    assert!(alone > 0, "the keyword never came alone");
    eva.expect("* eres Eva; en general (2): Ana, Eva")
}

#[test]
fn r1_5_another_greeting_or_none() -> Result {
    let chat = Chat::start_with(&["--greeting", "Hola, clase"])?;
    let mut ana = chat.stage.connect("ana", chat.address)?;
    ana.expect("Hola, clase")?;
    let chat = Chat::start_with(&["--profile", "grupal", "--greeting", "off"])?;
    let mut bea = readline_client(&chat, "Bea", &["nombre del cliente"])?;
    bea.send("/quien\n")?;
    skip_welcome(&mut bea, "* en general (1): Bea")?;
    for greeting in ["", " ", "a\tb"] {
        Command::from_std(binaries::server())
            .arg(format!("--greeting={greeting}"))
            .assert()
            .code(2)
            .stderr(predicate::str::contains("words on one line, or off"));
    }
    Ok(())
}
