//! Clients that are absent: what the others hear of it, and what is told to those who come back.

use chat_drive::failure::Result;
use chat_protocol::name::NameError;
use chat_protocol::wording::NAME_KEYWORD;
use chat_tests::ES;
use chat_tests::binaries;
use chat_tests::chat::{Chat, take_part};

use super::resuming::Resumer;
use super::store::{Place, RECORDED, recorded, stop};
use super::{expect_past, member};

#[test]
fn r11_13_a_short_absence_is_not_heard() -> Result {
    let chat = Chat::start_with(&["--profile", "grupal"])?;
    let [ana, mut bea] = chat.members(["Ana", "Bea"])?;
    let mut ana = Resumer::begin(ana)?;
    ana.peer.end_sending()?;
    while ana.peer.hear()?.is_some() {}
    bea.send("/privado Ana hola\n/quien\nhola\n")?;
    bea.expect(
        &ES.refusal(&chat_protocol::refusal::Refusal::CannotHearNow("Ana".parse().unwrap()))
            .to_string(),
    )?;
    bea.expect("* en general (2): Ana, Bea")?;
    ana.come_back(chat.peer("again")?)?;
    ana.expect("Bea", "hola")?;
    ana.say("he vuelto")?;
    bea.expect("Ana > he vuelto")
}

#[test]
fn r11_13_a_long_one_is_and_so_is_the_return() -> Result {
    let chat = Chat::start_with(&["--profile", "grupal", "--absence", "100ms"])?;
    let [ana, mut bea] = chat.members(["Ana", "Bea"])?;
    let mut ana = Resumer::begin(ana)?;
    ana.say("/sala cocina")?;
    ana.expect_kind("here")?;
    bea.expect("* Ana pasa a la sala cocina")?;
    bea.send("/sala cocina\n")?;
    ana.expect_accepted(1)?;
    ana.expect_kind("comes")?;
    ana.peer.end_sending()?;
    while ana.peer.hear()?.is_some() {}
    while bea.hear()?.unwrap_or_default() != "* Ana ha salido" {}
    bea.send("hola\n")?;
    let resumed = ana.come_back(chat.peer("again")?)?;
    assert_eq!(resumed["room"], "cocina");
    bea.expect("* Ana se ha unido")?;
    ana.expect("Bea", "hola")
}

#[test]
fn r11_13_who_cannot_come_back_leaves_at_once() -> Result {
    let chat = Chat::start_with(&["--profile", "grupal", "--resume", "100ms"])?;
    let [ana, eva, mut bea] = chat.members(["Ana", "Eva", "Bea"])?;
    drop(eva);
    bea.expect("* Eva ha salido")?;
    let mut ana = Resumer::begin(ana)?;
    ana.peer.end_sending()?;
    while ana.peer.hear()?.is_some() {}
    bea.expect("* Ana ha salido")?;
    let mut peer = chat.asked_peer("again")?;
    peer.send(format!("/reanudar {} {}\n", ana.token, ana.position))?;
    peer.expect(&ES.name_refused(NameError::NoSession).to_string())
}

/// Is cut off, and waits until the server has seen it. Returns the line by which it comes back.
fn cut(chat: &Chat, resumer: Resumer) -> Result<String> {
    let Resumer { peer, token, position, .. } = resumer;
    let gone = format!("cliente {} desconectado", peer.address());
    drop(peer);
    chat.server.out.wait_for(&gone)?;
    Ok(format!("/reanudar {token} {position}\n"))
}

/// Linux only: other systems have only one address of 127.0.0.0/8.
#[cfg(target_os = "linux")]
#[test]
fn r1_9_absent_people_make_way_for_others_of_their_address() -> Result {
    let chat = Chat::start_with(&["--profile", "grupal", "--max-per-ip", "2"])?;
    let mut bea = chat.stage.connect_from("Bea", ([127, 0, 0, 2], 0).into(), chat.address)?;
    bea.expect(ES.greeting())?;
    bea.expect(NAME_KEYWORD)?;
    bea.send("Bea\n")?;
    take_part(&mut bea)?;
    for name in ["Ana", "Eva"] {
        let resumer = Resumer::begin(chat.member(name)?)?;
        bea.expect(&format!("* {name} se ha unido"))?;
        cut(&chat, resumer)?;
    }
    let mut ina = chat.member("Ina")?;
    bea.expect("* Ana ha salido")?;
    bea.expect("* Ina se ha unido")?;
    ina.send("/quien\n")?;
    ina.expect("* en general (3): Bea, Eva, Ina")
}

#[test]
fn r1_9_the_session_that_would_end_first_ends_when_an_address_has_too_many() -> Result {
    let place = Place::new();
    let chat = place.start(&["--max-per-ip", "2", "--absence", "off"])?;
    let mut left = Vec::new();
    for n in 0..9 {
        let resumer = Resumer::begin(recorded(&chat, &format!("Ana{n}"))?)?;
        left.push(cut(&chat, resumer)?);
    }
    stop(chat)?;
    let chat = place.start(&[])?;
    for (n, comes_back) in left.into_iter().enumerate() {
        let mut peer = chat.asked_peer("again")?;
        peer.send(comes_back)?;
        let answer = peer.hear()?.unwrap_or_default();
        assert_eq!(answer.starts_with("! "), n == 0, "{n}: {answer}");
    }
    Ok(())
}

#[test]
fn r11_14_who_comes_back_is_told_what_was_heard_and_not_kept() -> Result {
    let place = Place::new();
    let chat = place.start(&[])?;
    let ana = recorded(&chat, "Ana")?;
    let mut bea = recorded(&chat, "Bea")?;
    let mut eva = recorded(&chat, "Eva")?;
    let mut ana = Resumer::begin(ana)?;
    bea.send("uno\n")?;
    ana.expect("Bea", "uno")?;
    let kept = ana.position.clone();
    eva.expect("Bea > uno")?;
    eva.send("dos\n")?;
    ana.expect("Eva", "dos")?;
    stop(chat)?;
    let mut forget = binaries::server();
    let forget = forget.args(["forget", "Eva", "--store", &place.file]).output();
    assert!(forget.expect("it runs").status.success());
    let chat = place.start(&[])?;
    let resumed = ana.come_back(chat.peer("again")?)?;
    assert_eq!(resumed["stored"], *kept);
    let mut eva = member(&chat, "Eva")?;
    eva.expect(RECORDED)?;
    eva.send("/historial\n")?;
    expect_past(&mut eva, "Bea > uno")
}
