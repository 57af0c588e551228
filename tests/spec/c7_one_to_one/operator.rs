//! Chapter 7: the operator's commands.

use super::*;

const DISMISSED: &str = "* el operador ha cerrado la conexión";

/// Checks that the operator has ended this peer's connection.
fn is_sent_away(chat: &Chat, peer: &mut Peer) -> Result {
    peer.expect(DISMISSED)?;
    peer.expect_end()?;
    is_gone(chat, peer)
}

/// Types this at the console, and checks that this is the next line there.
fn types(chat: &mut Chat, typed: &str, shown: &str) -> Result {
    chat.server.type_in(&format!("{typed}\n"))?;
    chat.server.out.expect(shown)
}

#[test]
fn r7_2_the_client_that_is_there_is_sent_away_and_the_next_one_is_served() -> Result {
    let mut chat = practico(&[])?;
    let mut served = chat.peer("first")?;
    for word in ["siguiente", "next", "echar", "KICK"] {
        let mut next = waiting(&chat, word)?;
        served.send(format!("uno\ndos, {word}\n"))?;
        chat.server.out.wait_for(&format!("dos, {word}"))?;
        chat.server.type_in(&format!("/{word}\n"))?;
        is_sent_away(&chat, &mut served)?;
        next.expect(ES.greeting())?;
        chat.server.out.expect(&format!("cliente {} tiene el turno", next.address()))?;
        served = next;
    }
    Ok(())
}

#[test]
fn r7_2_one_that_sends_without_end_is_sent_away_as_well() -> Result {
    let mut chat = practico(&["--quiet"])?;
    let mut flooder = chat.peer("flooder")?;
    flooder.send("una linea\n")?;
    let mut maria = waiting(&chat, "maria")?;
    let flood = std::thread::spawn(move || while flooder.send("x\n".repeat(4096)).is_ok() {});
    chat.server.type_in("/siguiente\n")?;
    maria.expect(ES.greeting())?;
    flood.join().expect("no panic");
    Ok(())
}

#[test]
fn r7_2_a_member_is_sent_away_by_its_name_and_the_room_hears_that_it_left() -> Result {
    let mut chat = Chat::start_with(&["--profile", "grupal", "--operator", "Root"])?;
    let [mut ana, mut bea] = chat.members(["Ana", "Bea"])?;
    ana.expect("* Bea se ha unido")?;
    chat.server.out.wait_for(&format!("nuevo cliente conectado: {}", bea.address()))?;
    chat.server.type_in("/echar\n/echar Zoe\n/echar root\n")?;
    let several = "! hay varios clientes: /echar NOMBRE; /quien muestra quiénes";
    chat.server.out.wait_for(several)?;
    chat.server.out.expect("! no hay nadie que se llame Zoe")?;
    chat.server.out.expect("! no hay nadie que se llame root")?;
    bea.send("/sala cocina\n")?;
    ana.expect("* Bea pasa a la sala cocina")?;
    bea.expect("* estás en la sala cocina")?;
    bea.expect("* eres Bea; en cocina (1): Bea")?;
    chat.server.type_in("/echar BEA\n")?;
    is_sent_away(&chat, &mut bea)?;
    // One that has no name yet is known by its port.
    let mut eva = chat.asked_peer("Eva")?;
    chat.server.type_in(&format!("/kick {}\n", eva.address().port()))?;
    is_sent_away(&chat, &mut eva)?;
    ana.send("/salas\n")?;
    ana.expect("* salas: general (2)")
}

#[test]
fn r7_2_one_of_several_without_names_is_sent_away_by_address_or_port() -> Result {
    let options = ["--operator", "Root", "--max-clients", "3"];
    let mut chat = Chat::start_with(&options)?;
    let mut peers = [chat.peer("ana")?, chat.peer("bea")?, chat.peer("caro")?];
    let [ana, bea, _] = peers.each_ref().map(Peer::address);
    let mut sorted: Vec<_> = peers.iter().map(Peer::address).collect();
    sorted.sort();
    let list: Vec<String> = sorted.iter().map(ToString::to_string).collect();
    chat.server.out.wait_for(&format!("nuevo cliente conectado: {}", sorted[0]))?;
    chat.server.type_in("/quien\n")?;
    chat.server.out.wait_for(&format!("* clientes (3): {}", list.join(", ")))?;
    chat.server.type_in(&format!("/echar {ana}\n"))?;
    is_sent_away(&chat, &mut peers[0])?;
    chat.server.type_in(&format!("/echar {}\n", bea.port()))?;
    is_sent_away(&chat, &mut peers[1])?;
    chat.server.type_in("/siguiente\n")?;
    is_sent_away(&chat, &mut peers[2])?;
    types(&mut chat, "/siguiente", "! no hay ningún cliente")
}

#[test]
fn r7_2_what_begins_with_a_slash_is_for_the_server_and_never_sent() -> Result {
    let mut chat = practico(&[])?;
    types(&mut chat, "/echar", "! no hay ningún cliente")?;
    let mut facundo = chat.peer("facundo")?;
    let address = facundo.address();
    chat.server.out.expect(&format!("nuevo cliente conectado: {address}"))?;
    for (typed, shown) in [
        ("/quien", format!("* clientes (1): {address}")),
        (
            "/siguente",
            "! no existe el comando /siguente: ¿querías decir /siguiente? /ayuda muestra los que hay"
                .to_owned(),
        ),
        ("/privado Ana hola", "! no existe el comando /privado; /ayuda muestra los que hay".to_owned()),
        ("/echar a b", "! se escribe así: /echar [NOMBRE]".to_owned()),
        ("/echar 1", "! no hay nadie que se llame 1".to_owned()),
        (
            "/ayuda",
            "* /siguiente: cierra la conexión del cliente que está (/next)".to_owned(),
        ),
    ] {
        types(&mut chat, typed, &shown)?;
    }
    for word in ["echar", "quien", "ayuda", "salir"] {
        let line = chat.server.out.hear()?.unwrap_or_default();
        assert!(line.starts_with(&format!("* /{word}")), "{line}");
    }
    types(&mut chat, "//echar\n/salir", "* //texto: dice /texto")?;
    facundo.expect("Servidor > /echar")?;
    sees_the_stop(&mut facundo)?;
    chat.server.expect_exit(0)
}
