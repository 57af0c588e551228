//! Sessions, and positions.

use chat_drive::failure::Result;
use chat_tests::cluster::hear_until;
use chat_tests::harness::stage::Stage;

use super::{OPTIONS, answers, chat};
use crate::c11_memory::resuming::Resumer;

#[test]
fn r14_8_a_session_goes_on_at_another_server() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut ines = Resumer::begin(a.member("Inés", "isla")?)?;
    let mut iker = b.member("Iker", "isla")?;
    ines.expect_kind("comes")?;
    iker.send("uno\n")?;
    ines.expect("Iker", "uno")?;
    for round in 0..5 {
        ines.say(&format!("antes {round}"))?;
        ines.expect_accepted(3 * round + 1)?;
        iker.expect(&format!("Inés > antes {round}"))?;
        // It is not known whether this one was heard.
        ines.say(&format!("entre {round}"))?;
        let position = ines.position.clone();
        ines.peer.end_sending()?;
        while ines.peer.hear()?.is_some() {}
        iker.expect(&format!("Inés > entre {round}"))?;
        iker.send(format!("dos {round}\ntres {round}\n"))?;
        ines.position = position;
        let door = if round % 2 == 0 { b } else { a };
        let resumed = ines.come_back(door.peer("again")?)?;
        assert_eq!((&resumed["you"], &resumed["room"]), (&"Inés".into(), &"isla".into()));
        assert_eq!(resumed["accepted"], 3 * round + 2);
        ines.expect("Iker", &format!("dos {round}"))?;
        ines.expect("Iker", &format!("tres {round}"))?;
        ines.peer.send(format!("{} entre {round}\n", 3 * round + 2))?;
        ines.expect_accepted(3 * round + 2)?;
        ines.say(&format!("después {round}"))?;
        ines.expect_accepted(3 * round + 3)?;
        iker.expect(&format!("Inés > después {round}"))?;
    }
    answers(&mut iker, "/quien", "* en isla (2): Inés, Iker")
}

/// A list is not in the log, and the number of its line is.
#[test]
fn r14_8_a_command_behind_a_list_is_done() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut igor = Resumer::begin(a.member("Igor", "desván")?)?;
    let mut ivan = b.member("Iván", "sótano")?;
    igor.peer.send("1 /quien\n2 /sala sótano\n3 hola\n")?;
    ivan.expect("* Igor viene de la sala desván")?;
    ivan.expect("Igor > hola")?;
    igor.expect_kind("people")?;
    igor.expect_accepted(1)?;
    igor.expect_kind("here")?;
    igor.expect_accepted(2)?;
    igor.expect_accepted(3)
}

#[test]
fn r14_8_a_session_outlives_its_server() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut third = chat.log.serve(&stage, "third", &OPTIONS)?;
    let mut jon = Resumer::begin(third.door.member("Jon", "jardín")?)?;
    let mut julia = third.door.member("Julia", "jardín")?;
    jon.expect_kind("comes")?;
    let mut jara = a.member("Jara", "jardín")?;
    jon.expect_kind("comes")?;
    julia.expect("* Jara viene de la sala general")?;
    jon.say("uno")?;
    jon.expect_accepted(1)?;
    jara.expect("Jon > uno")?;
    jara.send("dos\n")?;
    jon.expect("Jara", "dos")?;
    third.server.kill()?;
    jara.send("tres\n")?;
    let resumed = jon.come_back(b.peer("again")?)?;
    assert_eq!(resumed["accepted"], 1);
    jon.expect("Jara", "tres")?;
    // Its person is here, although the server on which it was is declared dead.
    jara.expect("* Julia ha salido")?;
    jon.expect_kind("left")?;
    jon.peer.send("1 uno\n2 cuatro\n")?;
    jon.expect_accepted(1)?;
    jon.expect_accepted(2)?;
    jara.expect("Jon > cuatro")?;
    answers(&mut jara, "/quien", "* en jardín (2): Jon, Jara")
}

#[test]
fn r14_8_positions_are_the_same_on_each_server() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let [a, b] = chat.doors;
    let mut kai = a.member("Kai", "kiosco")?;
    let mut kira = b.member("Kira", "kiosco")?;
    let third = chat.log.serve(&stage, "third", &OPTIONS)?;
    let mut late = third.door.member("Koldo", "kiosco")?;
    hear_until(&mut kai, "* Koldo viene de la sala general")?;
    for n in 0..3 {
        kai.send(format!("{n}\n/privado Kira {n}\n"))?;
        // Each of their servers has the message by then.
        kai.expect(&format!("[privado a Kira] {n}"))?;
        hear_until(&mut kira, &format!("[privado] Kai > {n}"))?;
        late.expect(&format!("Kai > {n}"))?;
        let mut positions = Vec::new();
        for peer in [&mut kai, &mut kira, &mut late] {
            peer.send("/posicion\n")?;
            positions.push(peer.hear()?.unwrap_or_default());
        }
        assert!(positions[0].starts_with("* posición ") && !positions[0].ends_with("0.0"));
        assert_eq!(positions, vec![positions[0].clone(); 3]);
    }
    Ok(())
}
