//! The keyboard alone is enough.

use chat_drive::failure::Result;
use serde_json::json;

use crate::driver::{Driver, key};
use crate::page::{Page, start};

const FOCUS: &str = "document.activeElement.id";

#[test]
fn r10_24_tab_completes_names_and_commands_and_leaves_the_input_otherwise() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::enter(&driver, &chat, "Ana")?;
    let _others = chat.members(["Beatriz", "Bruno"])?;
    page.notes("Beatriz y Bruno se han unido")?;
    page.press("hola, b\u{E004}")?;
    page.has_typed("hola, Beatriz ")?;
    page.press(&key::TAB.to_string())?;
    page.has_typed("hola, Bruno ")?;
    page.press(&key::ENTER.to_string())?;
    page.shows(&["hola, Bruno "])?;
    page.press("/pri\u{E004}bea\u{E004}psst\u{E007}")?;
    page.is_titled("Privado con Beatriz")?;
    page.shows(&["psst"])?;
    // Nothing is to be completed.
    page.wait_for(FOCUS, &json!("text"))?;
    page.press(&key::TAB.to_string())?;
    page.wait_for(FOCUS, &json!("send"))?;
    page.press_with(key::SHIFT, key::TAB)?;
    page.wait_for(FOCUS, &json!("text"))?;
    page.press("xyz\u{E004}")?;
    page.wait_for(FOCUS, &json!("send"))
}

#[test]
fn r10_24_what_was_sent_is_recalled_and_conversations_are_changed_by_keys() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::enter(&driver, &chat, "Ana")?;
    let _bea = chat.member("Bea")?;
    page.notes("Bea se ha unido")?;
    page.say("uno")?;
    page.say("dos")?;
    page.press("tres\u{E013}")?;
    page.has_typed("dos")?;
    page.press(&key::UP.to_string())?;
    page.has_typed("uno")?;
    page.press(&format!("{0}{0}", key::DOWN))?;
    page.has_typed("tres")?;
    // The people are buttons.
    page.run("document.querySelector('#members button').focus();")?;
    page.press(&key::ENTER.to_string())?;
    page.is_titled("Privado con Bea")?;
    page.has_typed("")?;
    page.press_with(key::ALT, key::UP)?;
    page.is_titled("general")?;
    page.has_typed("tres")?;
    page.press_with(key::ALT, key::DOWN)?;
    page.is_titled("Privado con Bea")?;
    // Everything is reached by Tab, and what has the focus is seen.
    page.press_with(key::SHIFT, key::TAB)?;
    page.wait_for("document.activeElement.getAttribute('role')", &json!("log"))?;
    page.wait_until("parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2")
}

#[test]
fn r10_24_the_drawers_of_a_small_screen_open_and_close_by_keys() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::enter(&driver, &chat, "Ana")?;
    page.devtools(
        "Emulation.setDeviceMetricsOverride",
        &json!({ "width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true }),
    )?;
    page.run("document.getElementById('menu').focus();")?;
    page.press(&key::ENTER.to_string())?;
    page.wait_for("document.activeElement.dataset.key", &json!("room:general"))?;
    page.wait_for("document.getElementById('menu').getAttribute('aria-expanded')", &json!("true"))?;
    page.press(&key::ESCAPE.to_string())?;
    page.wait_for(FOCUS, &json!("menu"))?;
    page.wait_for("getComputedStyle(document.getElementById('side')).visibility", &json!("hidden"))
}

#[test]
fn r10_24_escape_does_not_close_the_question_for_a_name() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    for (profile, options) in [("grupal", &[][..]), ("basico", &["--label", "none"])] {
        let chat = start(profile, options)?;
        let page = Page::open(&driver, &chat)?;
        page.wait_for(FOCUS, &json!("name"))?;
        for _ in 0..3 {
            page.press(&key::ESCAPE.to_string())?;
            page.wait_until("document.getElementById('ask').open")?;
        }
        page.give_name("Ana")?;
        page.is_there("Ana")?;
    }
    Ok(())
}
