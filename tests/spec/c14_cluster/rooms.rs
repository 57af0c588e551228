//! Rooms and order in them.

use chat_drive::failure::Result;
use chat_protocol::wording::NAME_KEYWORD;
use chat_tests::cluster::{Entrance, hear_until};
use chat_tests::harness::peer::Peer;
use chat_tests::harness::stage::Stage;

use super::{all_hear, answers, chat};

/// The owner of a room at one server, and another member of it at the other.
fn two(doors: [Entrance<'_>; 2], names: [&str; 2], room: &str) -> Result<[Peer; 2]> {
    let mut owner = doors[0].member(names[0], room)?;
    let other = doors[1].member(names[1], room)?;
    owner.expect(&format!("* {} viene de la sala general", names[1]))?;
    Ok([owner, other])
}

#[test]
fn r14_7_roles_hold_on_each_server() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [mut ada, mut blas] = two(chat.doors, ["Ada", "Blas"], "taller")?;
    let mut cira = chat.doors[0].member("Cira", "taller")?;
    all_hear([&mut ada, &mut blas], "* Cira viene de la sala general")?;
    answers(&mut blas, "/tema nada", "! no puedes hacer eso aquí")?;
    answers(&mut blas, "/echar Cira", "! no puedes hacer eso aquí")?;
    ada.send("/op blas\n")?;
    all_hear([&mut ada, &mut blas, &mut cira], "* Ada ha hecho operador a Blas")?;
    blas.send("/tema la madera\n")?;
    all_hear([&mut ada, &mut blas, &mut cira], "* Blas pone el tema: la madera")?;
    blas.send("/echar cira por gritar\n")?;
    cira.expect("* te ha echado Blas: por gritar")?;
    cira.expect_end()?;
    all_hear([&mut ada, &mut blas], "* Blas ha echado a Cira: por gritar")?;
    all_hear([&mut ada, &mut blas], "* Cira ha salido")?;
    ada.send("/noop Blas\n")?;
    all_hear([&mut ada, &mut blas], "* Blas ya no es operador, por Ada")?;
    answers(&mut blas, "/tema nada", "! no puedes hacer eso aquí")?;
    // Who comes hears the topic, at either server.
    for (door, name) in chat.doors.into_iter().zip(["Coral", "Cosme"]) {
        let mut peer = door.member(name, "taller")?;
        peer.expect("* tema: la madera")?;
    }
    Ok(())
}

#[test]
fn r14_7_bans_and_mutes_hold_on_each_server() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [mut dora, mut dino] = two(chat.doors, ["Dora", "Dino"], "huerto")?;
    dora.send("/callar dino 5m\n")?;
    let muted = |peer: &mut Peer| -> Result<String> {
        let line = peer.hear()?.unwrap_or_default();
        if line.starts_with("* Dora ha callado a Dino") {
            Ok(line)
        } else {
            Err(peer.failure(line))
        }
    };
    assert_eq!(muted(&mut dora)?, muted(&mut dino)?);
    dino.send("hola\n")?;
    assert!(dino.hear()?.unwrap_or_default().starts_with("! "));
    dora.send("/perdonar Dino\n")?;
    let pardoned = dora.hear()?.unwrap_or_default();
    dino.expect(&pardoned)?;
    answers(&mut dora, "/vetados", "* no hay nadie vetado ni callado")?;
    dino.send("hola\n")?;
    dora.expect("Dino > hola")?;
    dora.send("/vetar dino\n")?;
    all_hear([&mut dora, &mut dino], "* Dora ha vetado a Dino para siempre")?;
    dino.expect("* te ha echado Dora")?;
    dino.expect_end()?;
    // At either server.
    for door in chat.doors {
        let mut dino = door.asked("dino")?;
        dino.send("Dino\n/sala huerto\n")?;
        hear_until(&mut dino, "! estás fuera de la sala huerto: vetado para siempre (por Dora)")?;
        dino.send("/salir\n")?;
        while dino.hear()?.is_some() {}
    }
    Ok(())
}

#[test]
fn r14_7_a_closed_room_and_a_slow_one_are_so_on_each_server() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [mut elsa, mut elio] = two(chat.doors, ["Elsa", "Elio"], "cueva")?;
    elsa.send("/lento 1h\n")?;
    let slow = elsa.hear()?.unwrap_or_default();
    elio.expect(&slow)?;
    elio.send("uno\ndos\n")?;
    elsa.expect("Elio > uno")?;
    assert!(elio.hear()?.unwrap_or_default().starts_with("! "));
    elsa.send("/cerrar\n")?;
    all_hear([&mut elsa, &mut elio], "* Elsa ha cerrado la sala: solo entra quien esté invitado")?;
    answers(&mut elio, "/sala sótano", "* estás en la sala sótano")?;
    elio.expect("* eres Elio; en sótano (1): Elio")?;
    elsa.expect("* Elio pasa a la sala sótano")?;
    let refused = "! la sala cueva está cerrada: solo entra quien esté invitado";
    answers(&mut elio, "/sala cueva", refused)?;
    answers(&mut elsa, "/invitar elio", "* has invitado a Elio")?;
    elio.expect("* Elsa te invita: /sala cueva")?;
    answers(&mut elio, "/sala cueva", "* estás en la sala cueva")?;
    elsa.expect("* Elio viene de la sala sótano")
}

#[test]
fn r14_7_a_room_goes_with_its_last_member_on_whichever_server() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [mut fina, mut fito] = two(chat.doors, ["Fina", "Fito"], "faro")?;
    fina.send("/tema la luz\n")?;
    all_hear([&mut fina, &mut fito], "* Fina pone el tema: la luz")?;
    fina.send("/salir\n")?;
    fito.expect("* Fina ha salido")?;
    // It is there as long as he is, without its owner.
    answers(&mut fito, "/tema", "* tema: la luz")?;
    answers(&mut fito, "/tema otro", "! no puedes hacer eso aquí")?;
    fito.send("/sala puerto\n/sala faro\n/tema\n/tema la noche\n")?;
    hear_until(&mut fito, "* la sala no tiene tema")?;
    fito.expect("* Fito pone el tema: la noche")?;
    let mut fina = chat.doors[0].asked("fina")?;
    fina.send("Fina\n/sala faro\n")?;
    hear_until(&mut fina, "* tema: la noche")?;
    let mut other = chat.doors[1].asked("other")?;
    other.send("FINA\n")?;
    hear_until(&mut other, NAME_KEYWORD).map(drop)
}
