//! The page comes back into its session (requirement 11.16): to a real server.

mod standing_in;

use chat_drive::failure::Result;
use chat_tests::chat::Chat;
use chat_tests::harness::forwarder::Forwarder;
use chat_tests::harness::peer::Peer;
use serde_json::json;

use crate::driver::Driver;
use crate::page::{Page, start, web};

/// The page, and what stands between it and its server.
fn enter<'a>(driver: &'a Driver, chat: &Chat) -> Result<(Page<'a>, Forwarder)> {
    let forwarder = Forwarder::start(web(chat)).map_err(|error| chat.stage.failure(error))?;
    let page = Page::open_at(driver, forwarder.address, "")?;
    page.give_name("Ana")?;
    page.is_there("Ana")?;
    Ok((page, forwarder))
}

/// A member of a room that is recorded.
fn recorded(chat: &Chat, name: &str) -> Result<Peer> {
    let mut peer = chat.named_peer(name)?;
    while peer.hear()?.is_some_and(|line| !line.starts_with("* lo que se dice aquí")) {}
    Ok(peer)
}

#[test]
fn r11_16_across_a_killed_server_nothing_is_missed_and_nothing_comes_twice() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("chat.db").display().to_string();
    let start = || start("grupal", &["--store", &file, "--durability", "commit"]);
    let mut chat = start()?;
    let (page, forwarder) = enter(&driver, &chat)?;
    let mut bea = recorded(&chat, "Bea")?;
    bea.send("uno\n")?;
    page.shows(&["uno"])?;
    page.say("dos")?;
    while bea.hear()?.is_some_and(|line| line != "Ana > dos") {}
    chat.server.kill()?;
    page.is_in_state("lost")?;
    page.say("cinco")?;
    page.wait_until("document.querySelector('.mark')?.textContent === 'pendiente'")?;
    page.press("a medias")?;
    // The page cannot reach this one.
    let mut chat = start()?;
    let mut bea = recorded(&chat, "Bea")?;
    bea.send("tres\ncuatro\n/posicion\n")?;
    while bea.hear()?.is_some_and(|line| !line.starts_with("* posición")) {}
    chat.server.kill()?;
    let chat = start()?;
    let mut bea = recorded(&chat, "Bea")?;
    forwarder.lead_to(web(&chat));
    page.is_there("Ana")?;
    page.shows(&["uno", "dos", "tres", "cuatro", "cinco"])?;
    page.wait_until("document.querySelector('.mark') === null")?;
    page.has_typed("a medias")?;
    while bea.hear()?.is_some_and(|line| line != "Ana > cinco") {}
    bea.send("/historial\n/posicion\n")?;
    let mut past = Vec::new();
    while let Some(line) = bea.hear()?.filter(|line| !line.starts_with("* posición")) {
        past.extend(line.rsplit_once(" > ").map(|(_, text)| text.to_owned()));
    }
    assert_eq!(past, ["uno", "dos", "tres", "cuatro", "cinco"]);
    page.shows(&["uno", "dos", "tres", "cuatro", "cinco"])
}

#[test]
fn r11_16_a_reload_is_not_heard_and_shows_what_was_said() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let (page, _forwarder) = enter(&driver, &chat)?;
    let mut bea = chat.member("Bea")?;
    page.notes("Bea se ha unido")?;
    page.say("uno")?;
    while bea.hear()?.is_some_and(|line| line != "Ana > uno") {}
    bea.send("dos\n")?;
    page.shows(&["uno", "dos"])?;
    page.run("location.reload();")?;
    page.shows(&["uno", "dos"])?;
    page.is_there("Ana")?;
    page.say("tres")?;
    assert_eq!(bea.hear()?.as_deref(), Some("Ana > tres"));
    page.shows(&["uno", "dos", "tres"])?;
    // A copy of the tab has no session to come back into.
    page.wait_for("sessionStorage.getItem('chat.ticket')", &json!("null"))
}

#[test]
fn r11_16_what_a_slow_page_has_missed_comes_into_its_place_by_itself() -> Result {
    const LINES: u32 = 199;
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &["--outbox", "1KiB"])?;
    let (page, forwarder) = enter(&driver, &chat)?;
    let mut bea = chat.member("Bea")?;
    bea.send("antes\n")?;
    page.shows(&["antes"])?;
    forwarder.set_mute(true);
    // More than all buffers hold; then as many as the room remembers, but one.
    for _ in 0..150 {
        bea.send(format!("{}\n", "x".repeat(4000)))?;
    }
    (1..=LINES).try_for_each(|number| bea.send(format!("{number}\n")))?;
    bea.send("/posicion\n")?;
    while bea.hear()?.is_some_and(|line| !line.starts_with("* posición")) {}
    forwarder.set_mute(false);
    page.notes("te has perdido")?;
    bea.send("después\n")?;
    page.notes("puestos en su sitio")?;
    let texts = "[...document.querySelectorAll('.message .text')].map(text => text.textContent).filter(text => text[0] !== 'x')";
    let numbers = (1..=LINES).map(|number| number.to_string());
    let all: Vec<_> = std::iter::once("antes".to_owned()).chain(numbers).collect();
    page.wait_for(texts, &json!([&all[..], &["después".to_owned()]].concat()))
}
