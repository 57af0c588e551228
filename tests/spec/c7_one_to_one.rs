//! Chapter 7: one to one, with the operator behind pipes. On a terminal: `on_a_terminal`.

#[cfg(unix)]
mod on_a_terminal;
mod operator;

use chat_drive::failure::Result;
use chat_protocol::refusal::Refusal;
use chat_tests::ES;
use chat_tests::chat::{Chat, sees_the_stop};
use chat_tests::harness::peer::Peer;

fn practico(options: &[&str]) -> Result<Chat> {
    Chat::start_with(&[&["--profile", "practico"], options].concat())
}

/// Connects a raw peer that waits for its turn.
fn waiting(chat: &Chat, name: &str) -> Result<Peer> {
    let peer = chat.stage.connect(name, chat.address)?;
    chat.server.out.wait_for(&format!("cliente {} espera su turno", peer.address()))?;
    Ok(peer)
}

/// Checks that the server has closed this peer's connection.
fn is_gone(chat: &Chat, peer: &Peer) -> Result {
    chat.server.out.wait_for(&format!("cliente {} desconectado", peer.address()))
}

#[test]
fn r7_1_a_second_client_waits_unheard_and_is_served_when_the_first_has_left() -> Result {
    let mut chat = practico(&[])?;
    let mut facundo = chat.peer("facundo")?;
    let mut maria = waiting(&chat, "maria")?;
    maria.send("Maria > primera\nMaria > segunda\n")?;
    for round in 0..20 {
        let line = format!("Facundo > {round}");
        facundo.send(format!("{line}\n"))?;
        chat.server.out.expect(&line)?;
        chat.server.type_in(&format!("{round}\n"))?;
        facundo.expect(&format!("Servidor > {round}"))?;
    }
    facundo.send("salir\n")?;
    facundo.expect_end()?;
    is_gone(&chat, &facundo)?;
    chat.server.out.expect(&format!("cliente {} tiene el turno", maria.address()))?;
    chat.server.out.expect("Maria > primera")?;
    chat.server.out.expect("Maria > segunda")?;
    // She gets none of the messages to the other client.
    maria.expect(ES.greeting())?;
    chat.server.type_in("hola Maria\n")?;
    maria.expect("Servidor > hola Maria")
}

#[test]
fn r7_1_all_who_wait_are_served_in_the_order_of_their_coming() -> Result {
    let mut chat = practico(&[])?;
    let mut served = chat.peer("first")?;
    let mut queue = Vec::new();
    for i in 0..8 {
        let mut next = waiting(&chat, &format!("waiting {i}"))?;
        next.send(format!("{i} > hola\n"))?;
        queue.push(next);
    }
    for (i, mut next) in queue.into_iter().enumerate() {
        match i % 3 {
            0 => drop(served),
            1 => served.reset(),
            _ => served.send("salir\n")?,
        }
        let turn = format!("cliente {} tiene el turno", next.address());
        let line = chat.server.out.find(|line| line.ends_with("tiene el turno"), "a turn")?;
        assert_eq!(line, turn);
        chat.server.out.expect(&format!("{i} > hola"))?;
        next.expect(ES.greeting())?;
        chat.server.type_in(&format!("hola, {i}\n"))?;
        next.expect(&format!("Servidor > hola, {i}"))?;
        served = next;
    }
    Ok(())
}

#[test]
fn r7_1_who_leaves_while_it_waits_holds_up_nobody() -> Result {
    let chat = practico(&[])?;
    let facundo = chat.peer("facundo")?;
    let mut closed = waiting(&chat, "closed")?;
    closed.send("Eva > no puedo esperar\n")?;
    let gone = closed.address();
    drop(closed);
    chat.server.out.expect(&format!("cliente {gone} desconectado"))?;
    let reset = waiting(&chat, "reset")?;
    let gone = reset.address();
    reset.reset();
    chat.server.out.expect(&format!("cliente {gone} desconectado"))?;
    let mut half_closed = waiting(&chat, "half-closed")?;
    half_closed.send("Fe > yo tampoco")?;
    half_closed.end_sending()?;
    half_closed.expect_end()?;
    is_gone(&chat, &half_closed)?;
    let mut maria = waiting(&chat, "maria")?;
    drop(facundo);
    maria.expect(ES.greeting())?;
    maria.send("Maria > hola\n")?;
    chat.server.out.wait_for("Maria > hola")
}

#[cfg(target_os = "linux")]
#[test]
fn r7_1_the_dead_leave_the_queue_although_what_they_sent_is_unread() -> Result {
    use chat_drive::process::descriptors;

    let chat = practico(&[])?;
    let facundo = chat.peer("facundo")?;
    let baseline = descriptors(chat.server.id()).expect("descriptors");
    for i in 0..50 {
        let mut peer = waiting(&chat, &format!("waiting {i}"))?;
        if i % 5 > 0 {
            peer.send("x")?;
        }
        if i % 2 == 0 { drop(peer) } else { peer.reset() }
    }
    chat.stage.eventually("the descriptors of all who left are closed", || {
        descriptors(chat.server.id()).is_ok_and(|now| now == baseline)
    })?;
    let mut maria = waiting(&chat, "maria")?;
    drop(facundo);
    maria.expect(ES.greeting())?;
    maria.send("Maria > hola\n")?;
    let line = chat.server.out.find(|line| line == "x" || line == "Maria > hola", "a message")?;
    assert_eq!(line, "Maria > hola", "the dead are not heard");
    Ok(())
}

#[cfg(unix)]
#[test]
fn r7_1_a_stop_ends_those_who_wait_as_well() -> Result {
    const SIGTERM: i32 = 15;
    let mut chat = practico(&[])?;
    let mut facundo = chat.peer("facundo")?;
    let (mut maria, mut eva) = (waiting(&chat, "maria")?, waiting(&chat, "eva")?);
    eva.send("Eva > hola\n")?;
    chat.server.signal(SIGTERM)?;
    sees_the_stop(&mut facundo)?;
    sees_the_stop(&mut maria)?;
    sees_the_stop(&mut eva)?;
    chat.server.expect_exit(0)
}

#[test]
fn r7_1_places_for_two_are_given_one_by_one() -> Result {
    let chat = Chat::start_with(&["--max-clients", "2", "--when-full", "wait"])?;
    let (ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    let (mut caro, mut dora) = (waiting(&chat, "caro")?, waiting(&chat, "dora")?);
    drop(ana);
    caro.expect(ES.greeting())?;
    caro.send("hola\n")?;
    let port = caro.address().port();
    bea.expect(&format!("usuario {port}: hola"))?;
    drop(bea);
    dora.expect(ES.greeting())?;
    caro.send("que tal\n")?;
    dora.expect(&format!("usuario {port}: que tal"))
}

#[test]
fn r7_2_either_side_sends_at_any_moment() -> Result {
    let mut chat = practico(&[])?;
    let mut facundo = chat.peer("facundo")?;
    chat.server.type_in("uno\ndos\n")?;
    facundo.send("Facundo > tres\nFacundo > cuatro\n")?;
    chat.server.type_in("cinco\n\n \nseis y salir\n")?;
    for text in ["uno", "dos", "cinco", " ", "seis y salir"] {
        facundo.expect(&format!("Servidor > {text}"))?;
    }
    chat.server.out.wait_for("Facundo > tres")?;
    chat.server.out.expect("Facundo > cuatro")
}

#[test]
fn r7_2_what_is_piped_in_before_anybody_is_there_is_for_the_first_who_comes() -> Result {
    let mut chat = practico(&[])?;
    chat.server.type_in("hola\nhay alguien?\n")?;
    let mut facundo = chat.peer("facundo")?;
    facundo.expect("Servidor > hola")?;
    facundo.expect("Servidor > hay alguien?")
}

#[test]
fn r7_2_the_end_of_the_input_does_not_end_the_server() -> Result {
    let mut chat = practico(&[])?;
    let mut facundo = chat.peer("facundo")?;
    chat.server.type_in("la ultima linea")?;
    chat.server.end_input();
    facundo.expect("Servidor > la ultima linea")?;
    facundo.send("Facundo > sigo\n")?;
    chat.server.out.wait_for("Facundo > sigo")?;
    drop(facundo);
    chat.peer("maria").map(drop)
}

#[test]
fn r7_2_salir_at_the_console_stops_the_server() -> Result {
    for word in ["salir\n", " SALIR \r\n", "adios\nSalir\nnada\n"] {
        let mut chat = practico(&[])?;
        let mut facundo = chat.peer("facundo")?;
        chat.server.type_in(word)?;
        if word.starts_with("adios") {
            facundo.expect("Servidor > adios")?;
        }
        sees_the_stop(&mut facundo)?;
        chat.server.out.wait_for("cerrando servidor...")?;
        chat.server.out.expect(&format!("cliente {} desconectado", facundo.address()))?;
        chat.server.out.expect_end()?;
        chat.server.expect_exit(0)?;
        chat.server.err.expect_end()?;
    }
    Ok(())
}

#[test]
fn r7_2_without_an_operator_nothing_is_read_from_the_console() -> Result {
    let mut chat = Chat::start()?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    chat.server.type_in("hola\nsalir\n")?;
    ana.send("sigo\n")?;
    bea.expect(&format!("usuario {}: sigo", ana.address().port()))
}

#[test]
fn r7_2_an_operator_among_many_has_the_same_commands() -> Result {
    let mut chat = Chat::start_with(&["--profile", "grupal", "--operator", "Root"])?;
    let mut ana = chat.member("Ana")?;
    ana.send("/privado root hola\n")?;
    ana.expect("[privado a Root] hola")?;
    chat.server.out.wait_for("[privado] Ana > hola")?;
    for (typed, shown) in [
        ("/responder que tal", "[privado a Ana] que tal"),
        ("/quien", "* en general (2): Root, Ana"),
        ("/salas", "* salas: general (2)"),
        ("/sala cocina", "! el operador no cambia de sala"),
        ("/privado Zoe hola", "! no hay nadie que se llame Zoe"),
        ("/baila", "! no existe el comando /baila; /ayuda muestra los que hay"),
        ("/nombre Ana", "! nombre ocupado: alguien se llama así, o de un modo que se confunde"),
        ("/nombre Jefa", "* ahora te llamas Jefa"),
    ] {
        chat.server.type_in(&format!("{typed}\n"))?;
        chat.server.out.expect(shown)?;
    }
    ana.expect("[privado] Root > que tal")?;
    ana.expect("* Root ahora es Jefa")?;
    chat.server.type_in("//hola\n/salir\n")?;
    ana.expect("Jefa > /hola")?;
    sees_the_stop(&mut ana)?;
    chat.server.expect_exit(0)
}

#[test]
fn r7_2_the_name_of_the_operator_is_free_when_it_has_another() -> Result {
    let mut chat = Chat::start_with(&["--profile", "grupal", "--operator", "Profe"])?;
    let mut ana = chat.member("Ana")?;
    for line in ["/nombre PROFE", "/nombre Pro.fe"] {
        ana.send(format!("{line}\n"))?;
        ana.expect("! nombre reservado")?;
    }
    chat.server.type_in("/nombre Jefa\n")?;
    ana.expect("* Profe ahora es Jefa")?;
    ana.send("/nombre jefa\n/nombre Profe\n")?;
    ana.expect("! nombre reservado")?;
    ana.expect("* ahora te llamas Profe")
}

#[test]
fn r7_4_each_side_prints_what_arrives_as_it_came() -> Result {
    for (operator, name) in [(&[][..], "Servidor"), (&["--operator", "Profe"], "Profe")] {
        let mut chat = practico(operator)?;
        let mut facundo = chat.peer("facundo")?;
        // The course's own client: text without a newline, and reads of 1024 bytes.
        facundo.send("Facundo > Hola, como estas?")?;
        chat.server.out.wait_for("Facundo > Hola, como estas?")?;
        chat.server.type_in("Bien, y vos?\n")?;
        assert_eq!(facundo.receive()?, format!("{name} > Bien, y vos?\n").as_bytes());
        facundo.send("Facundo > Tambien\n")?;
        chat.server.out.expect("Facundo > Tambien")?;
        chat.server.type_in("a\tb\x1b[2J\n")?;
        facundo.expect(&format!("{name} > a\tb\u{FFFD}[2J"))?;
    }
    Ok(())
}

#[test]
fn r7_5_one_too_many_is_refused_until_a_place_is_free() -> Result {
    for (options, places) in [
        (&["--profile", "practico", "--when-full", "refuse"][..], 1),
        (&["--max-clients", "2"], 2),
        // Clients without a name make way (r1_4_clients_without_a_name_cannot_fill_all_places).
        (&["--profile", "grupal", "--ask-name", "off", "--max-clients", "2"], 2),
    ] {
        let chat = Chat::start_with(options)?;
        let mut inside = Vec::new();
        for i in 0..places {
            inside.push(chat.peer(&format!("peer {i}"))?);
        }
        for _ in 0..20 {
            let mut late = chat.stage.connect("late", chat.address)?;
            late.expect("! servidor lleno")?;
            late.expect_end()?;
        }
        let left = inside.remove(0);
        let gone = format!("cliente {} desconectado", left.address());
        drop(left);
        chat.server.out.wait_for(&gone)?;
        inside.push(chat.peer("next")?);
        chat.stage.connect("late again", chat.address)?.expect("! servidor lleno")?;
    }
    Ok(())
}

#[test]
fn r7_5_who_is_refused_is_not_heard() -> Result {
    let chat = Chat::start_with(&["--max-clients", "2"])?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    let mut late = chat.stage.connect("late", chat.address)?;
    late.send("hola\n")?;
    late.expect("! servidor lleno")?;
    late.expect_end()?;
    ana.send("barrier\n")?;
    bea.expect(&format!("usuario {}: barrier", ana.address().port()))
}

#[test]
fn r7_1_who_goes_while_waiting_is_gone_at_once() -> Result {
    let chat = Chat::start_with(&["--profile", "practico"])?;
    let _served = chat.peer("served")?;
    for reset in [false, true] {
        let waiting = chat.stage.connect("waiting", chat.address)?;
        let address = waiting.address();
        chat.server.out.wait_for(&format!("cliente {address} espera su turno"))?;
        if reset {
            waiting.reset();
        } else {
            drop(waiting);
        }
        chat.server.out.expect(&format!("cliente {address} desconectado"))?;
    }
    Ok(())
}

#[test]
fn r2_9_the_operators_lines_have_the_same_limit() -> Result {
    let mut chat = Chat::start_with(&["--profile", "practico"])?;
    let mut facundo = chat.peer("facundo")?;
    chat.server.type_in(&format!("{}\nhola\n", "x".repeat(4097)))?;
    chat.server.out.wait_for(&ES.refusal(&Refusal::LineTooLong(4096)).to_string())?;
    facundo.expect("Servidor > hola")
}
