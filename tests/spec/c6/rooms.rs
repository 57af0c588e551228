//! Chapter 6: rooms.

use chat_drive::failure::Result;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;

fn grupal() -> Result<Chat> {
    Chat::start_with(&["--profile", "grupal", "--max-rate", "off"])
}

/// Starts a chat without notices of joining and leaving; everything else is as usual.
fn quiet(options: &[&str]) -> Result<Chat> {
    Chat::start_with(
        &[&["--profile", "grupal", "--presence", "off", "--max-rate", "off"], options].concat(),
    )
}

fn goes_to(peer: &mut Peer, room: &str) -> Result {
    peer.send(format!("/sala {room}\n"))?;
    peer.expect(&format!("* estás en la sala {room}"))
}

/// Sends the line, and checks that this is the next line that the peer receives.
fn answers(peer: &mut Peer, line: &str, answer: &str) -> Result {
    peer.send(format!("{line}\n"))?;
    peer.expect(answer)
}

#[test]
fn r6_2_messages_stay_in_their_room() -> Result {
    let chat = quiet(&[])?;
    let [mut ana, mut bea, mut caro, mut dora] = chat.members(["Ana", "Bea", "Caro", "Dora"])?;
    goes_to(&mut caro, "cocina")?;
    goes_to(&mut dora, "cocina")?;
    for round in 0..20 {
        ana.send(format!("en general {round}\n"))?;
        caro.send(format!("en cocina {round}\n"))?;
        bea.expect(&format!("Ana > en general {round}"))?;
        dora.expect(&format!("Caro > en cocina {round}"))?;
    }
    // Neither of the speakers has received anything from the other room either.
    bea.send("fin\n")?;
    dora.send("fin\n")?;
    ana.expect("Bea > fin")?;
    caro.expect("Dora > fin")
}

#[test]
fn r6_2_presence_stays_in_its_room() -> Result {
    let chat = grupal()?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.expect("* Bea se ha unido")?;
    goes_to(&mut bea, "cocina")?;
    bea.expect("* eres Bea; en cocina (1): Bea")?;
    ana.expect("* Bea pasa a la sala cocina")?;
    let mut caro = chat.member("Caro")?;
    ana.expect("* Caro se ha unido")?;
    goes_to(&mut caro, "cocina")?;
    caro.expect("* eres Caro; en cocina (2): Bea, Caro")?;
    ana.expect("* Caro pasa a la sala cocina")?;
    bea.expect("* Caro viene de la sala general")?;
    drop(caro);
    bea.expect("* Caro ha salido")?;
    goes_to(&mut bea, "general")?;
    bea.expect("* eres Bea; en general (2): Ana, Bea")?;
    ana.expect("* Bea viene de la sala cocina")
}

#[test]
fn r6_2_what_is_said_around_a_move_is_heard_where_it_was_said() -> Result {
    let chat = grupal()?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.expect("* Bea se ha unido")?;
    goes_to(&mut bea, "cocina")?;
    bea.expect("* eres Bea; en cocina (1): Bea")?;
    ana.expect("* Bea pasa a la sala cocina")?;
    let mut caro = chat.member("Caro")?;
    ana.expect("* Caro se ha unido")?;
    for round in 0..20 {
        caro.send(format!("aqui {round}\n/sala cocina\nalla {round}\n/sala general\n"))?;
        ana.expect(&format!("Caro > aqui {round}"))?;
        ana.expect("* Caro pasa a la sala cocina")?;
        let said = format!("Caro > alla {round}");
        for line in ["* Caro viene de la sala general", &said, "* Caro pasa a la sala general"] {
            bea.expect(line)?;
        }
        ana.expect("* Caro viene de la sala cocina")?;
        caro.expect("* estás en la sala cocina")?;
        caro.expect("* eres Caro; en cocina (2): Bea, Caro")?;
        caro.expect("* estás en la sala general")?;
        caro.expect("* eres Caro; en general (2): Ana, Caro")?;
    }
    Ok(())
}

#[test]
fn r6_2_a_room_is_made_on_first_use_and_gone_with_its_last_member() -> Result {
    let chat = quiet(&[])?;
    let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
    answers(&mut ana, "/salas", "* salas: general (3)")?;
    goes_to(&mut ana, "cocina")?;
    goes_to(&mut bea, "cocina")?;
    goes_to(&mut caro, "taller")?;
    answers(&mut ana, "/salas", "* salas: general (0), cocina (2), taller (1)")?;
    drop(ana);
    bea.send("/salir\n")?;
    bea.expect_end()?;
    let gone = ["* salas: general (0), cocina (1), taller (1)", "* salas: general (0), taller (1)"];
    loop {
        caro.send("/salas\n")?;
        let rooms = caro.hear()?.expect("the rooms");
        if rooms == gone[1] {
            break;
        }
        // The end of the other connection may still be on its way.
        assert_eq!(rooms, gone[0]);
    }
    goes_to(&mut caro, "general")?;
    answers(&mut caro, "/salas", "* salas: general (1)")
}

#[test]
fn r6_2_who_is_in_the_room_already_stays() -> Result {
    let chat = grupal()?;
    let mut ana = chat.member("Ana")?;
    let mut bea = chat.member("Bea")?;
    ana.expect("* Bea se ha unido")?;
    for room in ["general", "GENERAL", "ｇｅｎｅｒａｌ"] {
        answers(&mut bea, &format!("/sala {room}"), "! ya estás en la sala general")?;
    }
    bea.send("sigo\n")?;
    ana.expect("Bea > sigo")
}

#[test]
fn r6_2_a_room_is_one_whatever_the_case_of_its_name() -> Result {
    let chat = quiet(&[])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    goes_to(&mut ana, "Café")?;
    answers(&mut bea, "/sala CAFE\u{301}", "* estás en la sala Café")?;
    bea.send("hola\n")?;
    ana.expect("Bea > hola")
}

#[test]
fn r6_2_odd_names_of_rooms_are_refused() -> Result {
    let chat = grupal()?;
    let mut ana = chat.member("Ana")?;
    let mut bea = chat.member("Bea")?;
    ana.expect("* Bea se ha unido")?;
    let character = "! nombre de sala no válido: solo letras, cifras y los signos _ - . ' ’ ·";
    let confused = "! nombre de sala no válido: se confunde con otro";
    let long = format!("/sala {}", "x".repeat(33));
    for (line, answer) in [
        ("/sala *", character),
        ("/sala #chat", character),
        ("/sala \u{202E}x", character),
        ("/sala a\x1b[2J", character),
        ("/sala ..", "! nombre de sala no válido: falta una letra o una cifra"),
        (&long, "! nombre de sala no válido: más de 32 caracteres"),
        ("/sala Genera1", confused),
        ("/sala gеnеrаl", "! nombre de sala no válido: mezcla letras de alfabetos distintos"),
        (
            "/sala dos palabras",
            "! nombre de sala no válido: sin espacios, y como mucho 32 caracteres",
        ),
    ] {
        answers(&mut bea, line, answer)?;
    }
    bea.send("sigo\n")?;
    ana.expect("Bea > sigo")?;
    answers(&mut bea, "/salas", "* salas: general (2)")
}

#[test]
fn r6_2_there_are_so_many_rooms_and_no_more() -> Result {
    let chat = quiet(&["--max-rooms", "3"])?;
    let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
    goes_to(&mut ana, "una")?;
    goes_to(&mut bea, "otra")?;
    answers(&mut caro, "/sala tercera", "! no caben más salas (máximo 3)")?;
    goes_to(&mut caro, "otra")?;
    bea.send("hola\n")?;
    caro.expect("Bea > hola")?;
    goes_to(&mut ana, "general")?;
    goes_to(&mut ana, "tercera")
}

#[test]
fn r6_2_who_goes_while_changing_rooms_leaves_nothing_behind() -> Result {
    let chat = quiet(&[])?;
    let mut ana = chat.member("Ana")?;
    for round in 0..50 {
        let mut eva = chat.member("Eva")?;
        eva.send("/sala una\n/sala otra\nhola\n/sala general\n/sala una\n")?;
        let gone = format!("cliente {} desconectado", eva.address());
        match round % 3 {
            0 => drop(eva),
            1 => eva.reset(),
            _ => eva.send("salir\n")?,
        }
        chat.server.out.wait_for(&gone)?;
        answers(&mut ana, "/salas", "* salas: general (1)")?;
    }
    answers(&mut ana, "/quien", "* en general (1): Ana")
}

#[cfg(target_os = "linux")]
#[test]
fn r6_2_ten_thousand_rooms_leave_nothing_behind() -> Result {
    use chat_drive::process::{descriptors, resident};

    /// Memory that the system's allocator may keep or round up, in bytes.
    const SLACK: u64 = 512 * 1024;

    let chat = quiet(&[])?;
    let id = chat.server.id();
    let mut ana = chat.member("Ana")?;
    let baseline = descriptors(id).expect("descriptors");
    let mut memory = Vec::new();
    for thousand in 0..10 {
        let rooms: Vec<String> = (0..1000).map(|i| format!("sala-{thousand}-{i}")).collect();
        for rooms in rooms.chunks(100) {
            let lines: Vec<String> = rooms.iter().map(|room| format!("/sala {room}\n")).collect();
            ana.send(lines.concat())?;
            for room in rooms {
                ana.expect(&format!("* estás en la sala {room}"))?;
            }
        }
        memory.push(resident(id).expect("memory"));
    }
    answers(&mut ana, "/salas", "* salas: general (0), sala-9-999 (1)")?;
    assert_eq!(descriptors(id).expect("descriptors"), baseline);
    assert!(memory[9] <= memory[0] + SLACK, "memory after each thousand: {memory:?}");
    Ok(())
}
