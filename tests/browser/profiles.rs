//! Each profile: the page learns what there is from the server's first object.

use chat_drive::failure::Result;
use serde_json::json;

use crate::driver::{Driver, key};
use crate::page::{Page, start};

/// Whether the lists of rooms and of people are shown.
const LISTS: &str = "['#side', '#people'].map(list => getComputedStyle(document.querySelector(list)).display !== 'none')";

#[test]
fn r10_24_basico_has_no_names_and_no_lists() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("basico", &[])?;
    let page = Page::open(&driver, &chat)?;
    page.notes("bienvenido al chat!")?;
    page.wait_for(LISTS, &json!([false, false]))?;
    let mut bea = chat.peer("bea")?;
    page.say("/quien es")?;
    let said = bea.hear()?.unwrap_or_default();
    assert!(said.starts_with("usuario ") && said.ends_with(": /quien es"), "{said}");
    bea.send("nadie\n")?;
    page.shows(&["/quien es", "nadie"])?;
    let label = format!("usuario {}:", bea.address().port());
    page.wait_for("document.querySelector('.other .name').textContent", &json!(label))
}

#[test]
fn r10_24_sala_has_people_and_no_rooms() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("sala", &[])?;
    let page = Page::enter(&driver, &chat, "Ana")?;
    page.wait_for(LISTS, &json!([false, true]))?;
    let bea = chat.member("Bea")?;
    let people = "[...document.querySelectorAll('#members bdi')].map(name => name.textContent)";
    page.wait_for(people, &json!(["Ana", "Bea"]))?;
    drop(bea);
    page.notes("Bea ha salido")?;
    page.wait_for(people, &json!(["Ana"]))
}

#[test]
fn r10_24_practico_signs_its_lines_and_waits_for_its_turn() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let mut chat = start("practico", &[])?;
    let mut first = chat.peer("first")?;
    let page = Page::open(&driver, &chat)?;
    page.is_in_state("waiting")?;
    first.send("salir\n")?;
    page.give_name("Ana")?;
    page.is_there("Ana")?;
    page.wait_for(LISTS, &json!([false, false]))?;
    page.say("¿hay alguien?")?;
    chat.server.out.wait_for("Ana > ¿hay alguien?")?;
    chat.server.type_in("aquí estoy\n")?;
    page.shows(&["¿hay alguien?", "aquí estoy"])?;
    page.wait_for("document.querySelector('.other .name').textContent", &json!("Servidor:"))
}

#[test]
fn r10_24_where_lines_are_signed_a_name_is_one_that_other_pages_can_read() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("basico", &["--label", "none"])?;
    let page = Page::open(&driver, &chat)?;
    for name in ["Ana Maria", &"x".repeat(33)] {
        page.give_name(name)?;
        page.wait_until("document.getElementById('why').textContent.includes('sin espacios')")?;
        page.run("document.getElementById('why').textContent = '';")?;
    }
    let longest = "x".repeat(32);
    page.give_name(&longest)?;
    page.is_there(&longest)?;
    let mut bea = chat.peer("bea")?;
    bea.send(format!("{longest} > hola\n"))?;
    page.shows(&["hola"])?;
    page.say("dime")?;
    assert_eq!(bea.hear()?, Some(format!("{longest} > dime")));
    Ok(())
}

#[test]
fn r10_24_the_page_speaks_english_as_well_and_remembers_it() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::enter(&driver, &chat, "Ana")?;
    let words = "[document.documentElement.lang, document.querySelector('#side h2').textContent, \
        document.getElementById('text').placeholder, document.getElementById('me').textContent]";
    page.wait_for(words, &json!(["es", "Salas", "Mensaje", "Eres Ana"]))?;
    page.click("#lang")?;
    page.wait_for(words, &json!(["en", "Rooms", "Message", "You are Ana"]))?;
    page.run("location.reload();")?;
    page.wait_for(words, &json!(["en", "Rooms", "Message", "You are Ana"]))?;
    page.press(&key::ESCAPE.to_string())
}
