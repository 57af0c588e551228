//! Clients that are absent: what the others hear of it, and what is told to those who come back.

use chat_drive::failure::Result;
use chat_protocol::name::NameError;
use chat_tests::ES;
use chat_tests::binaries;
use chat_tests::chat::Chat;

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
