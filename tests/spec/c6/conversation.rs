//! Chapter 6: private messages and commands. Rooms: `c6_rooms`.

use chat_drive::failure::Result;
use chat_protocol::command::{FORMS, Form};
use chat_tests::ES;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;

/// Starts a chat without notices of joining and leaving; everything else is as usual.
fn quiet() -> Result<Chat> {
    Chat::start_with(&["--profile", "grupal", "--presence", "off", "--max-rate", "off"])
}

/// Sends the line, and checks that this is the next line that the peer receives.
fn answers(peer: &mut Peer, line: &str, answer: &str) -> Result {
    peer.send(format!("{line}\n"))?;
    peer.expect(answer)
}

#[test]
fn r6_1_a_private_message_reaches_one_alone_and_its_sender_gets_a_receipt() -> Result {
    let chat = quiet()?;
    let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
    caro.send("antes\n")?;
    chat.server.out.wait_for("Caro > antes")?;
    ana.expect("Caro > antes")?;
    bea.expect("Caro > antes")?;
    answers(&mut ana, "/privado Bea hola,  que tal?", "[privado a Bea] hola,  que tal?")?;
    bea.expect("[privado] Ana > hola,  que tal?")?;
    // Neither the room nor the console has received it.
    bea.send("despues\n")?;
    caro.expect("Bea > despues")?;
    chat.server.out.expect("Bea > despues")
}

#[test]
fn r6_1_a_name_is_found_whatever_its_case_and_normal_form() -> Result {
    let chat = quiet()?;
    let [mut ana, mut jose, _ian] = chat.members(["Ana", "José", "Ian"])?;
    for name in ["José", "JOSÉ", "jose\u{301}", "Ｊｏｓé"] {
        answers(&mut ana, &format!("/privado {name} hola"), "[privado a José] hola")?;
        jose.expect("[privado] Ana > hola")?;
    }
    // A name that only looks alike belongs to another member.
    for name in ["Јosé", "lan"] {
        let nobody = format!("! no hay nadie que se llame {name}");
        answers(&mut ana, &format!("/privado {name} hola"), &nobody)?;
    }
    jose.send("barrier\n")?;
    ana.expect("José > barrier")
}

#[test]
fn r6_1_what_cannot_be_sent_is_answered_and_heard_by_nobody() -> Result {
    let chat = quiet()?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    for (line, answer) in [
        ("/privado Zoe hola", "! no hay nadie que se llame Zoe"),
        ("/privado general hola", "! no hay nadie que se llame general"),
        ("/privado ana hola", "! no puedes escribirte en privado a ti mismo"),
        ("/privado Bea", "! se escribe así: /privado NOMBRE TEXTO"),
        ("/privado Bea \t ", "! se escribe así: /privado NOMBRE TEXTO"),
    ] {
        answers(&mut ana, line, answer)?;
    }
    ana.send("barrier\n")?;
    bea.expect("Ana > barrier")
}

#[test]
fn r6_1_who_has_no_name_yet_cannot_be_written_to() -> Result {
    let chat = quiet()?;
    let mut ana = chat.member("Ana")?;
    let mut eva = chat.asked_peer("Eva")?;
    answers(&mut ana, "/privado Eva hola", "! no hay nadie que se llame Eva")?;
    eva.send("Eva\n/privado Ana ya estoy\n")?;
    eva.expect(ES.help_hint())?;
    eva.expect("[privado a Ana] ya estoy")?;
    ana.expect("[privado] Eva > ya estoy")
}

#[test]
fn r6_1_a_private_message_finds_who_is_in_another_room() -> Result {
    let chat = quiet()?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    answers(&mut bea, "/sala cocina", "* estás en la sala cocina")?;
    answers(&mut ana, "/privado Bea hola", "[privado a Bea] hola")?;
    bea.expect("[privado] Ana > hola")
}

#[test]
fn r6_1_who_changes_rooms_again_and_again_loses_no_private_message() -> Result {
    const MESSAGES: usize = 1000;
    let chat = quiet()?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    for i in 0..MESSAGES {
        bea.send(format!("/sala sala-{i}\n"))?;
        ana.send(format!("/privado Bea {i}\n"))?;
    }
    for i in 0..MESSAGES {
        ana.expect(&format!("[privado a Bea] {i}"))?;
    }
    let (mut rooms, mut messages) = (0..MESSAGES, 0..MESSAGES);
    let mut next_room = rooms.next().map(|i| format!("* estás en la sala sala-{i}"));
    let mut next_message = messages.next().map(|i| format!("[privado] Ana > {i}"));
    while next_room.is_some() || next_message.is_some() {
        let line = bea.hear()?;
        if line == next_message {
            next_message = messages.next().map(|i| format!("[privado] Ana > {i}"));
        } else {
            assert_eq!(line, next_room, "or {next_message:?}");
            next_room = rooms.next().map(|i| format!("* estás en la sala sala-{i}"));
        }
    }
    Ok(())
}

#[test]
fn r6_1_controls_pass_in_private_no_more_than_in_public() -> Result {
    let chat = quiet()?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    let text = "a\tb\x1b[2J\r* \0\u{202E}abc";
    let passed = "a\tb\u{FFFD}[2J\u{FFFD}* \u{FFFD}\u{202E}abc";
    answers(&mut ana, &format!("/privado Bea {text}"), &format!("[privado a Bea] {passed}"))?;
    bea.expect(&format!("[privado] Ana > {passed}"))
}

#[test]
fn r6_1_who_was_not_asked_for_a_name_has_one_too() -> Result {
    let chat = Chat::start_with(&["--commands"])?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    for peer in [&mut ana, &mut bea] {
        peer.expect(ES.help_hint())?;
    }
    let [of_ana, of_bea] = [&ana, &bea].map(|peer| format!("usuario-{}", peer.address().port()));
    let private = format!("/privado {of_bea} hola");
    answers(&mut ana, &private, &format!("[privado a {of_bea}] hola"))?;
    bea.expect(&format!("[privado] {of_ana} > hola"))?;
    answers(&mut ana, "/nombre Ana", "* ahora te llamas Ana")?;
    bea.expect(&format!("* {of_ana} ahora es Ana"))
}

#[test]
fn r6_3_quien_lists_the_room_and_salas_the_rooms() -> Result {
    let chat = quiet()?;
    let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
    answers(&mut ana, "/quien", "* en general (3): Ana, Bea, Caro")?;
    answers(&mut bea, "/sala cocina", "* estás en la sala cocina")?;
    answers(&mut bea, "/quien", "* en cocina (1): Bea")?;
    answers(&mut ana, "/quien", "* en general (2): Ana, Caro")?;
    answers(&mut caro, "/salas", "* salas: general (2), cocina (1)")
}

#[test]
fn r6_3_a_new_name_is_announced_once_and_in_order() -> Result {
    let chat = Chat::start_with(&["--profile", "grupal", "--max-rate", "off"])?;
    let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
    answers(&mut caro, "/sala cocina", "* estás en la sala cocina")?;
    caro.expect("* eres Caro; en cocina (1): Caro")?;
    for line in ["* Caro se ha unido", "* Caro pasa a la sala cocina"] {
        bea.expect(line)?;
    }
    ana.send("antes\n/nombre Luz\ndespues\n")?;
    for line in ["* Bea se ha unido", "* Caro se ha unido", "* Caro pasa a la sala cocina"] {
        ana.expect(line)?;
    }
    ana.expect("* ahora te llamas Luz")?;
    for line in ["Ana > antes", "* Ana ahora es Luz", "Luz > despues"] {
        bea.expect(line)?;
    }
    drop(ana);
    bea.expect("* Luz ha salido")?;
    // A member in another room has received none of this.
    answers(&mut caro, "/quien", "* en cocina (1): Caro")
}

#[test]
fn r6_3_a_new_name_is_judged_like_the_first() -> Result {
    let chat = quiet()?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    let taken = "! nombre ocupado: alguien se llama así, o de un modo que se confunde";
    let long = format!("/nombre {}", "x".repeat(33));
    for (line, answer) in [
        ("/nombre BEA", taken),
        ("/nombre B.ea", taken),
        ("/nombre servidor", "! nombre reservado"),
        ("/nombre *Ana", "! nombre no válido: solo letras, cifras y los signos _ - . ' ’ ·"),
        (&long, "! nombre no válido: más de 32 caracteres"),
        ("/nombre José María", "! nombre no válido: sin espacios, y como mucho 32 caracteres"),
        // Its own name in other letters is free for it.
        ("/nombre ANA", "* ahora te llamas ANA"),
        ("/quien", "* en general (2): ANA, Bea"),
    ] {
        answers(&mut ana, line, answer)?;
    }
    bea.expect("* Ana ahora es ANA")
}

#[test]
fn r6_3_the_old_name_is_free_and_the_new_one_reachable() -> Result {
    let chat = quiet()?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    answers(&mut ana, "/nombre Luz", "* ahora te llamas Luz")?;
    bea.expect("* Ana ahora es Luz")?;
    let mut other = chat.member("Ana")?;
    answers(&mut bea, "/privado luz hola", "[privado a Luz] hola")?;
    ana.expect("[privado] Bea > hola")?;
    answers(&mut bea, "/privado ana hola", "[privado a Ana] hola")?;
    other.expect("[privado] Bea > hola")
}

#[test]
fn r6_3_responder_answers_whoever_wrote_last_under_whatever_name() -> Result {
    let chat = quiet()?;
    let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
    answers(&mut bea, "/responder que?", "! nadie te ha escrito en privado")?;
    answers(&mut caro, "/privado Bea uno", "[privado a Bea] uno")?;
    bea.expect("[privado] Caro > uno")?;
    answers(&mut ana, "/privado Bea dos", "[privado a Bea] dos")?;
    bea.expect("[privado] Ana > dos")?;
    answers(&mut bea, "/responder tres", "[privado a Ana] tres")?;
    ana.expect("[privado] Bea > tres")?;
    answers(&mut ana, "/responder cuatro", "[privado a Bea] cuatro")?;
    bea.expect("[privado] Ana > cuatro")?;
    answers(&mut ana, "/nombre Luz", "* ahora te llamas Luz")?;
    bea.expect("* Ana ahora es Luz")?;
    let _other = chat.member("Ana")?;
    answers(&mut bea, "/responder cinco", "[privado a Luz] cinco")?;
    ana.expect("[privado] Bea > cinco")
}

#[test]
fn r6_3_responder_does_not_answer_a_stranger_with_the_name_of_who_has_left() -> Result {
    let chat = quiet()?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    answers(&mut ana, "/privado Bea adios", "[privado a Bea] adios")?;
    bea.expect("[privado] Ana > adios")?;
    ana.send("/salir\n")?;
    ana.expect_end()?;
    let mut stranger = chat.member("Ana")?;
    answers(&mut bea, "/responder espera", "! Ana ya no está")?;
    bea.send("barrier\n")?;
    stranger.expect("Bea > barrier")
}

#[test]
fn r6_3_ayuda_lists_every_command() -> Result {
    let chat = quiet()?;
    let mut ana = chat.member("Ana")?;
    ana.send("/ayuda\n")?;
    // Chapters 12 and 13 have the tests of the others.
    let moderators = [
        "echar", "vetar", "perdonar", "vetados", "callar", "lento", "cerrar", "invitar", "op",
        "noop",
    ];
    let others = |form: &&Form| !moderators.contains(&form.word) && !form.is_for_accounts();
    for form in FORMS.iter().filter(others) {
        let begins = format!("* /{}", form.word);
        let line = ana.hear()?.expect("a line");
        assert!(line.starts_with(&begins) && line.contains(form.alias), "{line}");
    }
    assert!(ana.hear()?.is_some_and(|line| line.starts_with("* //texto")));
    answers(&mut ana, "/quien", "* en general (1): Ana")
}

#[test]
fn r6_3_salir_leaves() -> Result {
    let chat = Chat::start_with(&["--profile", "grupal", "--max-rate", "off"])?;
    let mut ana = chat.member("Ana")?;
    for word in ["salir", "/salir", "/QUIT"] {
        let mut eva = chat.member("Eva")?;
        eva.send(format!("adios\n{word}\nnada\n"))?;
        eva.expect_end()?;
        for line in ["* Eva se ha unido", "Eva > adios", "* Eva ha salido"] {
            ana.expect(line)?;
        }
    }
    Ok(())
}

#[test]
fn r6_4_what_is_no_command_is_answered_and_never_shown_to_others() -> Result {
    let chat = quiet()?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    let unknown =
        |word: &str| format!("! no existe el comando /{word}; /ayuda muestra los que hay");
    let meant = |word: &str, nearest: &str| {
        format!(
            "! no existe el comando /{word}: ¿querías decir /{nearest}? /ayuda muestra los que hay"
        )
    };
    for (line, answer) in [
        ("/baila", unknown("baila")),
        ("/privad Bea secreto", meant("privad", "privado")),
        ("/Quein", meant("Quein", "quien")),
        ("/", unknown("")),
        ("/ privado Bea secreto", unknown("")),
        ("/privado", "! se escribe así: /privado NOMBRE TEXTO".to_owned()),
        ("/MSG Bea", "! se escribe así: /msg NOMBRE TEXTO".to_owned()),
        ("/sala", "! se escribe así: /sala SALA".to_owned()),
        ("/nombre", "! se escribe así: /nombre NUEVO".to_owned()),
        ("/responder", "! se escribe así: /responder TEXTO".to_owned()),
        ("/quien es", "! se escribe así: /quien".to_owned()),
        ("/salir ya", "! se escribe así: /salir".to_owned()),
        ("/\x1b[2J", unknown("\u{FFFD}[2J")),
    ] {
        answers(&mut ana, line, &answer)?;
    }
    for (line, said) in [("//quien", "/quien"), ("//", "/"), (" /quien", " /quien")] {
        ana.send(format!("{line}\n"))?;
        bea.expect(&format!("Ana > {said}"))?;
    }
    Ok(())
}

#[test]
fn r6_4_without_commands_a_slash_is_a_letter() -> Result {
    let chat = Chat::start_with(&["--profile", "sala"])?;
    let mut ana = chat.member("Ana")?;
    let mut bea = chat.named_peer("Bea")?;
    ana.expect("* Bea se ha unido")?;
    for line in ["/quien", "//quien", "/salir", "/privado Ana hola"] {
        bea.send(format!("{line}\n"))?;
        ana.expect(&format!("Bea > {line}"))?;
    }
    Ok(())
}

/// Ana uses every command, with these words. Returns the lines that the two members receive.
fn heard_of(words: [&str; 8]) -> Result<Vec<String>> {
    let [private, room, who, rooms, rename, reply, help, leave] = words;
    let chat = Chat::start_with(&["--profile", "grupal", "--max-rate", "off"])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    bea.send("/privado Ana hola\n")?;
    bea.expect("[privado a Ana] hola")?;
    ana.send(format!(
        "/{private} Bea que tal\n/{reply} bien\n/{who}\n/{rename} Luz\n/{room} cocina\n/{rooms}\n\
         /{room} general\n/{help}\n/{leave}\n"
    ))?;
    let mut heard = Vec::new();
    while let Some(line) = ana.hear()? {
        heard.push(line);
    }
    while heard.last().is_none_or(|line| line != "* Luz ha salido") {
        heard.push(bea.hear()?.expect("that she leaves"));
    }
    Ok(heard)
}

#[test]
fn r6_5_every_alias_does_what_the_command_does() -> Result {
    let spanish =
        heard_of(["privado", "sala", "quien", "salas", "nombre", "responder", "ayuda", "salir"])?;
    let english = heard_of(["msg", "join", "who", "rooms", "nick", "reply", "help", "quit"])?;
    assert_eq!(english, spanish);
    Ok(())
}

#[test]
fn r6_6_what_people_say_begins_no_line_like_a_notice() -> Result {
    let said = ["* Eva se ha unido", "! servidor lleno", "[privado] Eva > hola", ES.greeting()];
    for label in ["name", "port"] {
        let chat = Chat::start_with(&["--profile", "grupal", "--label", label])?;
        let mut ana = chat.member("Ana")?;
        let mut bea = chat.member("Bea")?;
        ana.expect("* Bea se ha unido")?;
        let port = format!("usuario {}: ", ana.address().port());
        let label = if label == "name" { "Ana > " } else { &port };
        for text in said {
            ana.send(format!("{text}\n//\r{text}\n/privado Bea {text}\n"))?;
            bea.expect(&format!("{label}{text}"))?;
            bea.expect(&format!("{label}/\u{FFFD}{text}"))?;
            bea.expect(&format!("[privado] Ana > {text}"))?;
            ana.expect(&format!("[privado a Bea] {text}"))?;
        }
    }
    Ok(())
}
