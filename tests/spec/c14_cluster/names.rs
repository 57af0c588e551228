//! Names, and what is about all people of the chat.

use chat_drive::failure::Result;
use chat_protocol::name::NameError;
use chat_protocol::wording::NAME_KEYWORD;
use chat_tests::ES;
use chat_tests::cluster::{enter, hear_until};
use chat_tests::harness::peer::Peer;
use chat_tests::harness::stage::Stage;

use super::{answers, chat};

/// Returns whether the peer has got the name that it has given. If not, it has been asked again.
#[track_caller]
fn is_in(peer: &mut Peer) -> Result<bool> {
    let line = peer.hear()?.unwrap_or_default();
    if line == ES.name_refused(NameError::Taken).to_string() {
        peer.expect(NAME_KEYWORD)?;
        return Ok(false);
    }
    let is_welcome = line.starts_with("* eres ") || line == ES.help_hint();
    if is_welcome { Ok(true) } else { Err(peer.failure(format!("hears {line:?}"))) }
}

#[test]
fn r14_6_of_several_that_give_such_names_at_once_one_gets_it() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let mut losers = Vec::new();
    for round in 'a'..='j' {
        let name = format!("Hilo{round}");
        // In these, a letter looks like another one.
        let looks = [name.clone(), name.to_uppercase(), name.replace('l', "I")];
        let mut claims = Vec::new();
        for look in &looks {
            for door in chat.doors {
                claims.push((door.asked(look)?, look));
            }
        }
        for (peer, look) in &mut claims {
            peer.send(format!("{look}\n"))?;
        }
        let mut winners = Vec::new();
        for (mut peer, _) in claims {
            let has_won = is_in(&mut peer)?;
            if has_won { &mut winners } else { &mut losers }.push(peer);
        }
        assert_eq!(winners.len(), 1, "have a name like {name}");
    }
    // Who was refused gives another one.
    let mut loser = losers.pop().expect("five of six");
    enter(&mut loser, "Hilario", "hilos")
}

#[test]
fn r14_6_who_and_rooms_are_about_all_people() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut lia = a.member("Lia", "patio")?;
    let mut leo = b.member("Leo", "patio")?;
    lia.expect("* Leo viene de la sala general")?;
    for peer in [&mut lia, &mut leo] {
        answers(peer, "/quien", "* en patio (2): Lia, Leo")?;
        peer.send("/salas\n")?;
        let rooms = peer.hear()?.unwrap_or_default();
        assert!(rooms.starts_with("* salas: general (") && rooms.contains("patio (2)"), "{rooms}");
    }
    Ok(())
}

#[test]
fn r14_6_a_private_message_reaches_who_is_on_another_server() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut mar = a.member("Mar", "playa")?;
    let mut max = b.member("Max", "monte")?;
    for n in 0..20 {
        answers(&mut mar, &format!("/privado max hola {n}"), &format!("[privado a Max] hola {n}"))?;
        max.expect(&format!("[privado] Mar > hola {n}"))?;
        answers(&mut max, &format!("/responder sí {n}"), &format!("[privado a Mar] sí {n}"))?;
        mar.expect(&format!("[privado] Max > sí {n}"))?;
    }
    answers(&mut mar, "/privado Mox hola", "! no hay nadie que se llame Mox")
}

#[test]
fn r14_6_a_name_that_is_changed_is_taken_and_free_on_each_server() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut sol = a.member("Sol", "cielo")?;
    let mut luna = b.member("Luna", "cielo")?;
    sol.expect("* Luna viene de la sala general")?;
    let renamed = |old: &str, new: &str| -> Result<String> {
        let name = |name: &str| name.parse().map_err(|error| stage.failure(error));
        Ok(ES.renamed(&name(old)?, &name(new)?).to_string())
    };
    answers(&mut luna, "/nombre SOL", &ES.name_refused(NameError::Taken).to_string())?;
    sol.send("/nombre Estrella\nhola\n")?;
    luna.expect(&renamed("Sol", "Estrella")?)?;
    luna.expect("Estrella > hola")?;
    luna.send("/nombre SOL\nhola\n")?;
    hear_until(&mut sol, &renamed("Luna", "SOL")?)?;
    sol.expect("SOL > hola")?;
    let mut late = b.asked("late")?;
    late.send("estrella\n")?;
    assert!(!is_in(&mut late)?);
    enter(&mut late, "Luna", "cielo")
}
