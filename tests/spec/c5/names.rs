//! Chapter 5: names. The notices to the room: `c5_presence`.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use chat_drive::failure::Result;
use chat_protocol::wording::own_name_in;
use chat_tests::chat::{Chat, take_part};
use chat_tests::harness::peer::Peer;

const KEYWORD: &str = "nombre del cliente";
const TAKEN: &str = "! nombre ocupado: alguien se llama así, o de un modo que se confunde";
const RESERVED: &str = "! nombre reservado";
const TOO_LONG: &str = "! nombre no válido: más de 32 caracteres";
const EMPTY: &str = "! nombre no válido: está vacío";
const SIGNS: &str = "! nombre no válido: falta una letra o una cifra";
const CHARACTER: &str = "! nombre no válido: solo letras, cifras y los signos _ - . ' ’ ·";
const BLANK: &str = "! nombre no válido: sin espacios, y como mucho 32 caracteres";
const SCRIPTS: &str = "! nombre no válido: mezcla letras de alfabetos distintos";

/// Starts a chat in a room that asks for names.
fn sala(options: &[&str]) -> Result<Chat> {
    Chat::start_with(&[&["--profile", "sala"], options].concat())
}

/// Checks that the peer's answer is refused for this reason, and that the server asks again.
fn refuses(peer: &mut Peer, answer: impl AsRef<[u8]>, reason: &str) -> Result {
    peer.send(answer)?;
    peer.expect(reason)?;
    peer.expect(KEYWORD)
}

#[test]
fn r5_1_the_keyword_follows_the_greeting() -> Result {
    let keyword = "¿cómo te llamas?";
    for (chat, keyword) in
        [(sala(&[])?, "nombre del cliente"), (sala(&["--name-keyword", keyword])?, keyword)]
    {
        let mut ana = chat.stage.connect("ana", chat.address)?;
        ana.expect("bienvenido al chat! escribe 'salir' para salir")?;
        ana.expect(keyword)?;
        // The repeated question is the same.
        ana.send("...\n")?;
        ana.expect(SIGNS)?;
        ana.expect(keyword)?;
    }
    Ok(())
}

#[test]
fn r5_1_names_can_be_asked_for_without_a_profile() -> Result {
    let chat = Chat::start_with(&["--ask-name"])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.send("hola\n")?;
    bea.expect(&format!("usuario {}: hola", ana.address().port()))
}

#[test]
fn r5_1_who_has_no_name_neither_hears_nor_is_announced() -> Result {
    let chat = sala(&[])?;
    let mut ana = chat.member("Ana")?;
    let mut eva = chat.asked_peer("eva")?;
    ana.send("antes\n")?;
    chat.server.out.wait_for("Ana > antes")?;
    eva.send("Eva\nhola\n")?;
    ana.expect("* Eva se ha unido")?;
    ana.expect("Eva > hola")?;
    ana.send("despues\n")?;
    eva.expect("* eres Eva; en general (2): Ana, Eva")?;
    eva.expect("Ana > despues")
}

#[test]
fn r5_1_name_and_first_message_may_come_together_or_cut_anywhere() -> Result {
    let chat = sala(&["--framing", "line"])?;
    let mut ana = chat.member("Ana")?;
    for pieces in [&["Eva\nhola\n"][..], &["Eva\r\nhola\r\n"], &["E", "va\nho", "la\n"]] {
        let mut eva = chat.asked_peer("eva")?;
        pieces.iter().try_for_each(|piece| eva.send(piece))?;
        for line in ["* Eva se ha unido", "Eva > hola"] {
            ana.expect(line)?;
        }
        eva.send("salir\n")?;
        ana.expect("* Eva ha salido")?;
    }
    Ok(())
}

#[test]
fn r5_1_a_name_needs_no_newline() -> Result {
    let chat = sala(&[])?;
    let mut ana = chat.member("Ana")?;
    let mut eva = chat.asked_peer("eva")?;
    eva.send("Eva")?;
    ana.expect("* Eva se ha unido")?;
    eva.send("hola")?;
    ana.expect("Eva > hola")
}

#[test]
fn r5_1_telnet_negotiation_is_no_answer() -> Result {
    let chat = sala(&["--framing", "chunk"])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.expect("* Bea se ha unido")?;
    let mut eva = chat.asked_peer("eva")?;
    eva.send(b"\xFF\xFD\x03\xFF\xFB\x18\xFF\xFB\x1F")?;
    // This message without a newline is received, so a pause has passed since.
    bea.send("bare")?;
    ana.expect("Bea > bare")?;
    eva.send("Eva\r\0\n")?;
    ana.expect("* Eva se ha unido")?;
    take_part(&mut eva)
}

#[test]
fn r5_1_who_leaves_while_it_is_asked_is_announced_to_nobody() -> Result {
    let chat = sala(&["--framing", "line"])?;
    let mut ana = chat.member("Ana")?;
    for sent in ["", "Eva", "...\nEv", "Ana\n", "salir\n", " SALIR \r\n"] {
        for way in [drop, Peer::reset] {
            let mut eva = chat.asked_peer("eva")?;
            eva.send(sent)?;
            let gone = format!("cliente {} desconectado", eva.address());
            way(eva);
            chat.server.out.wait_for(&gone)?;
        }
    }
    // The server has neither kept a name nor given one away.
    refuses(&mut chat.asked_peer("other")?, "Ana\n", TAKEN)?;
    let _eva = chat.member("Eva")?;
    ana.expect("* Eva se ha unido")
}

#[test]
fn r5_4_a_name_that_can_be_taken_for_another_is_taken() -> Result {
    let chat = sala(&[])?;
    let [mut ana, _jose] = chat.members(["Ana", "José"])?;
    ana.expect("* José se ha unido")?;
    let alike = ["Ana", "ANA", "Ana.", "A-na", "Ａｎａ", "José", "Jose\u{301}", "JOSÉ", "_José_"];
    for (i, name) in alike.into_iter().enumerate() {
        let mut other = chat.asked_peer(name)?;
        refuses(&mut other, format!("{name}\n"), TAKEN)?;
        other.send(format!("Otra{i}\n"))?;
        ana.expect(&format!("* Otra{i} se ha unido"))?;
        drop(other);
        ana.expect(&format!("* Otra{i} ha salido"))?;
    }
    Ok(())
}

#[test]
fn r5_4_is_asked_five_times_at_most() -> Result {
    let chat = sala(&[])?;
    let mut ana = chat.member("Ana")?;
    let mut eva = chat.asked_peer("eva")?;
    for (answer, reason) in
        [("Ana\n", TAKEN), ("\n", EMPTY), ("servidor\n", RESERVED), ("a b\n", BLANK)]
    {
        refuses(&mut eva, answer, reason)?;
    }
    eva.send("Ana\nEva\nhola\n")?;
    eva.expect(TAKEN)?;
    eva.expect("! demasiados intentos")?;
    eva.expect_end()?;
    let _eva = chat.member("Eva")?;
    ana.expect("* Eva se ha unido")
}

#[test]
fn r5_4_the_fifth_name_may_be_the_right_one() -> Result {
    let chat = sala(&[])?;
    let mut ana = chat.member("Ana")?;
    let mut eva = chat.asked_peer("eva")?;
    for _ in 0..4 {
        refuses(&mut eva, "Ana\n", TAKEN)?;
    }
    eva.send("Eva\n")?;
    ana.expect("* Eva se ha unido")
}

#[test]
fn r5_4_a_name_is_free_again_when_its_owner_has_left() -> Result {
    let chat = sala(&[])?;
    let mut ana = chat.member("Ana")?;
    for way in [drop, Peer::reset] {
        for name in ["Eva", "EVA"] {
            let eva = chat.member(name)?;
            ana.expect(&format!("* {name} se ha unido"))?;
            way(eva);
            ana.expect(&format!("* {name} ha salido"))?;
        }
    }
    Ok(())
}

#[test]
fn r5_4_of_those_who_race_for_a_name_one_gets_it() -> Result {
    const RACERS: usize = 4;
    let chat = sala(&[])?;
    let mut ana = chat.member("Ana")?;
    for round in 0..50 {
        let mut racers = Vec::new();
        for i in 0..RACERS {
            racers.push(chat.asked_peer(&format!("racer {round}.{i}"))?);
        }
        let names = ["Eva", "eva", "E.va", "EVA"];
        for (racer, name) in racers.iter_mut().zip(names.iter().cycle().skip(round)) {
            racer.send(format!("{name}\n"))?;
        }
        let (mut winners, mut losers) = (0, 0);
        for mut racer in racers {
            racer.send("\n")?;
            racer.send(format!("{:x>5000}\n", ""))?;
            match racer.hear()?.as_deref() {
                Some(TAKEN) => losers += 1,
                Some(line) if own_name_in(line).is_some() => winners += 1,
                other => panic!("{other:?}"),
            }
            let gone = format!("cliente {} desconectado", racer.address());
            drop(racer);
            chat.server.out.wait_for(&gone)?;
        }
        assert_eq!((winners, losers), (1, RACERS - 1), "round {round}");
        assert!(ana.hear()?.is_some_and(|line| line.ends_with(" se ha unido")));
        assert!(ana.hear()?.is_some_and(|line| line.ends_with(" ha salido")));
    }
    Ok(())
}

#[test]
fn r5_5_a_name_has_up_to_32_characters() -> Result {
    let chat = sala(&[])?;
    let mut ana = chat.member("Ana")?;
    for name in ["7".to_owned(), "x".repeat(32), "ñ".repeat(32), "Zoë_2.b-c".to_owned()] {
        let mut eva = chat.asked_peer("eva")?;
        eva.send(format!("  {name}\t\n"))?;
        ana.expect(&format!("* {name} se ha unido"))?;
        drop(eva);
        ana.expect(&format!("* {name} ha salido"))?;
    }
    Ok(())
}

#[test]
fn r5_5_what_is_no_name_is_refused_with_the_reason() -> Result {
    let chat = sala(&[])?;
    let mut ana = chat.member("Ana")?;
    let long = "x".repeat(33);
    let overlong = "x".repeat(5000);
    let answers = [
        (TOO_LONG, &[&*long, &*overlong][..]),
        (EMPTY, &["", "\r", "  \t"]),
        (SIGNS, &["...", "-_-"]),
        (BLANK, &["dos palabras", "José María"]),
        (SCRIPTS, &["ѕеrvіdоr", "Evа", "Eva٣"]),
        (CHARACTER, &["\u{202E}ave", "E\u{200B}va", "E\x1b[31mva", "E\0va"]),
        (CHARACTER, &["* Eva", "*Eva", "! Eva", "!Eva", "[privado]", "Eva >", "/quien", "Eva:"]),
        (CHARACTER, &["Ev\u{FFFD}", "E\u{2028}va", "\u{301}Eva", "😀"]),
        (RESERVED, &["servidor", "SERVER", "Cliente", "usuario", "privado", "ｓａｌｉｒ"]),
        (RESERVED, &["Servidor.", "Servídor", "Sistema", "Operador", "admin", "Admin1"]),
    ];
    for (reason, answers) in answers {
        for answer in answers {
            refuses(&mut chat.asked_peer(answer)?, format!("{answer}\n"), reason)?;
        }
    }
    let _eva = chat.member("Eva")?;
    ana.expect("* Eva se ha unido")
}

#[test]
fn r5_5_the_names_of_guests_are_reserved_where_clients_have_port_numbers() -> Result {
    let ports = Chat::start_with(&["--ask-name"])?;
    for name in ["usuario1", "usuario-65310"] {
        refuses(&mut ports.asked_peer(name)?, format!("{name}\n"), RESERVED)?;
    }
    let names = sala(&[])?;
    names.member("usuario1").map(drop)
}

#[test]
fn r5_5_people_are_called_as_they_write_their_names() -> Result {
    let chat = sala(&[])?;
    let names =
        ["O'Brien", "D’Angelo", "Gal·la", "علی‌رضا", "𠮷田", "Ἀθηνᾶ", "שָׁלוֹם", "Peña", "Pena"];
    let mut ana = chat.member("Ana")?;
    let _people = chat.members(names)?;
    names.iter().try_for_each(|name| ana.expect(&format!("* {name} se ha unido")))
}

#[test]
fn r5_5_a_name_that_is_not_utf_8_is_none() -> Result {
    let chat = sala(&[])?;
    refuses(&mut chat.asked_peer("eva")?, b"Ev\xFFa\n", CHARACTER)
}

#[test]
fn r5_5_nobody_is_called_like_the_operator() -> Result {
    let chat = sala(&["--operator", "Root"])?;
    let mut eva = chat.asked_peer("eva")?;
    for name in ["Root", "ROOT", "Ro-ot"] {
        refuses(&mut eva, format!("{name}\n"), RESERVED)?;
    }
    eva.send("Eva\n")?;
    take_part(&mut eva)
}

/// Repeats an action until the server has closed this peer's connection.
fn until_closed(chat: &Chat, peer: SocketAddr, mut beat: impl FnMut() -> Result) -> Result {
    let gone = format!("cliente {peer} desconectado");
    let mut clock = chat.named_peer("Reloj")?;
    loop {
        beat()?;
        clock.send("tic\n")?;
        let line = chat.server.out.find(|l| l == gone || l == "Reloj > tic", "tic")?;
        if line == gone {
            return Ok(());
        }
    }
}

#[test]
fn r5_6_who_gives_no_name_in_time_is_closed_and_nobody_else() -> Result {
    let chat = sala(&["--name-timeout", "1s"])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.expect("* Bea se ha unido")?;
    let mut eva = chat.asked_peer("eva")?;
    eva.expect("! no diste ningún nombre a tiempo")?;
    eva.expect_end()?;
    ana.send("hola\n")?;
    bea.expect("Ana > hola")?;
    bea.send("que tal\n")?;
    ana.expect("Bea > que tal")
}

#[test]
fn r5_6_who_drips_its_name_is_closed() -> Result {
    let chat = sala(&["--name-timeout", "1s", "--framing", "line", "--max-line", "1048576"])?;
    let mut eva = chat.asked_peer("eva")?;
    until_closed(&chat, eva.address(), || eva.send("x"))?;
    eva.expect("! no diste ningún nombre a tiempo")?;
    eva.expect_end()
}

#[test]
fn r5_6_who_floods_instead_of_giving_a_name_is_closed() -> Result {
    let chat = sala(&["--name-timeout", "1s"])?;
    let mut ana = chat.member("Ana")?;
    let mut eva = chat.asked_peer("eva")?;
    let gone = format!("cliente {} desconectado", eva.address());
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let flood = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                // It fails once the server has closed the connection.
                let _ = eva.send("x".repeat(1 << 16));
            }
        });
        let closed = chat.server.out.wait_for(&gone);
        over.store(true, Ordering::Relaxed);
        flood.join().expect("no panic");
        closed
    })?;
    let _eva = chat.member("Eva")?;
    ana.expect("* Eva se ha unido")
}
