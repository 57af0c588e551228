//! The page comes back by itself, or does not.

mod peers;

use chat_drive::failure::Result;
use chat_tests::harness::forwarder::Forwarder;
use serde_json::json;

use crate::driver::Driver;
use crate::page::{Page, start, web};

#[test]
fn r10_24_after_the_server_it_comes_back_with_name_room_and_draft() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let mut chat = start("grupal", &[])?;
    let forwarder = Forwarder::start(web(&chat)).map_err(|error| chat.stage.failure(error))?;
    let page = Page::open_at(&driver, forwarder.address, "")?;
    page.give_name("Ana")?;
    page.is_there("Ana")?;
    page.say("/sala cocina")?;
    page.is_titled("cocina")?;
    page.say("antes")?;
    page.press("a medio escr")?;
    chat.server.kill()?;
    page.is_in_state("lost")?;
    page.wait_until("document.getElementById('state').textContent.startsWith('Sin conexión.')")?;
    page.press("ibir")?;
    page.has_typed("a medio escribir")?;
    let chat = start("grupal", &[])?;
    forwarder.lead_to(web(&chat));
    page.is_there("Ana")?;
    page.is_titled("cocina")?;
    page.notes("De nuevo en línea")?;
    page.has_typed("a medio escribir")?;
    let mut bea = chat.member("Bea")?;
    bea.send("/sala cocina\n")?;
    page.notes("Bea viene de la sala general")?;
    page.say("")?;
    page.shows(&["antes", "a medio escribir"])?;
    page.has_typed("")?;
    while bea.hear()?.is_some_and(|line| line != "Ana > a medio escribir") {}
    Ok(())
}

#[test]
fn r10_24_a_connection_over_which_nothing_comes_any_more_is_given_up() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &["--ping", "300ms"])?;
    let forwarder = Forwarder::start(web(&chat)).map_err(|error| chat.stage.failure(error))?;
    let script = "window.heard = '';
         const Real = WebSocket;
         window.WebSocket = class extends Real {
           constructor(...values) {
             super(...values);
             this.addEventListener('message', ({ data }) => { window.heard += data; });
           }
         };";
    let page = Page::open_at(&driver, forwarder.address, script)?;
    page.give_name("Ana")?;
    page.is_there("Ana")?;
    page.wait_until("window.heard.includes('\"kind\":\"alive\"')")?;
    forwarder.set_mute(true);
    page.is_in_state("lost")?;
    forwarder.set_mute(false);
    page.is_there("Ana")?;
    page.notes("De nuevo en línea")
}

#[test]
fn r10_24_name_room_and_draft_outlive_a_reload() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::enter(&driver, &chat, "Ana")?;
    page.say("/sala cocina")?;
    page.is_titled("cocina")?;
    page.press("a medias")?;
    page.run("location.reload();")?;
    page.is_there("Ana")?;
    page.is_titled("cocina")?;
    page.has_typed("a medias")
}

#[test]
fn r10_24_one_that_was_sent_away_does_not_come_back_by_itself() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let mut chat = start("grupal", &["--operator", "Profe"])?;
    let page = Page::enter(&driver, &chat, "Ana")?;
    page.hurry()?;
    chat.server.type_in("/echar Ana\n")?;
    page.is_in_state("removed")?;
    let state = "document.getElementById('state').textContent";
    page.wait_for(state, &json!("el operador ha cerrado la conexión"))?;
    assert_eq!(page.connections()?, 0);
    page.click("#again")?;
    page.is_there("Ana")?;
    assert_eq!(page.connections()?, 1);
    Ok(())
}

#[test]
fn r10_24_one_that_has_left_does_not_come_back_by_itself() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::enter(&driver, &chat, "Ana")?;
    page.hurry()?;
    for word in ["Salir", "/salir"] {
        page.say(word)?;
        page.is_in_state("gone")?;
        assert_eq!(page.connections()?, 0, "{word}");
        page.click("#again")?;
        page.is_there("Ana")?;
        page.run("window.opened = 0;")?;
    }
    page.click("#leave")?;
    page.is_in_state("gone")?;
    assert_eq!(page.connections()?, 0);
    // Nor after a reload: it asks for a name.
    page.run("location.reload();")?;
    page.wait_until("document.getElementById('ask').open")
}

#[test]
fn r10_24_a_lost_connection_is_tried_again_at_once_when_the_network_is_back() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let mut chat = start("basico", &[])?;
    let forwarder = Forwarder::start(web(&chat)).map_err(|error| chat.stage.failure(error))?;
    let page = Page::open_at(&driver, forwarder.address, "")?;
    page.is_in_state("online")?;
    // Timers never run: it comes back by the event alone.
    page.run("window.setTimeout = () => 0;")?;
    chat.server.kill()?;
    page.is_in_state("lost")?;
    let chat = start("basico", &[])?;
    forwarder.lead_to(web(&chat));
    page.run("window.dispatchEvent(new Event('online'));")?;
    page.is_in_state("online")
}

#[test]
fn r10_24_when_the_server_stops_not_all_pages_come_back_at_once() -> Result {
    const SIGTERM: i32 = 15;
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::enter(&driver, &chat, "Ana")?;
    page.run(
        "window.pauses = [];
         window.setTimeout = (task, time) => window.pauses.push(time);
         Math.random = () => 0.8;",
    )?;
    chat.server.signal(SIGTERM)?;
    page.is_in_state("lost")?;
    page.wait_until("pauses.includes(4000)")
}

#[test]
fn r10_24_a_page_that_never_gets_a_connection_says_that_it_is_perhaps_not_admitted() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    // The page cannot tell a 404 from the 403 of a proxy that changes the host.
    let script = "window.tries = 0;
         const Real = WebSocket;
         window.WebSocket = class extends Real {
           constructor(url, ...values) {
             window.tries += 1;
             super(window.admitted ? url : new URL('/nowhere', url), ...values);
           }
         };
         const turn = setTimeout;
         window.setTimeout = (task, time, ...values) =>
           turn(task, task.name === 'connect' && tries >= 5 && !window.admitted ? 1e6 : 0, ...values);";
    let page = Page::open_at(&driver, web(&chat), script)?;
    page.is_in_state("barred")?;
    assert_eq!(page.run("return window.tries;")?, 5);
    page.wait_until("document.getElementById('state').textContent.includes('--web-origin')")?;
    page.run("window.admitted = true;")?;
    page.click("#again")?;
    page.give_name("Ana")?;
    page.is_there("Ana")
}

#[test]
fn r10_24_a_name_that_the_connection_before_still_holds_is_asked_for_again() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let before = chat.member("Ana")?;
    let page = Page::open(&driver, &chat)?;
    page.wait_until("document.getElementById('ask').open")?;
    page.run("sessionStorage.setItem('chat.name', '\"Ana\"'); location.reload();")?;
    page.is_in_state("taken")?;
    drop(before);
    page.is_there("Ana")
}
