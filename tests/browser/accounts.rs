//! A registered name.

use chat_drive::failure::Result;
use chat_tests::ES;
use serde_json::json;

use crate::driver::{Driver, key};
use crate::page::{Page, start};

#[test]
fn r12_2_the_page_asks_for_the_word_and_does_not_show_it() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("chat.db").display().to_string();
    let chat = start("grupal", &["--store", &file, "--accounts", "optional"])?;
    let mut ana = chat.named_peer("Ana")?;
    ana.send("/registrar correcto caballo\n")?;
    while ana.hear()? != Some(ES.registered(&"Ana".parse().expect("a name")).to_string()) {}
    drop(ana);
    chat.server.out.find(|line| line.ends_with("ha salido"), "that she has left")?;
    let page = Page::open(&driver, &chat)?;
    let is_asked = "document.getElementById('name').type === 'password'";
    page.give_name("Ana")?;
    page.wait_until(is_asked)?;
    page.press(&format!("corta{}", key::ENTER))?;
    page.wait_for("document.getElementById('why').textContent", &json!("clave equivocada"))?;
    // The word is asked for again: as a name, it would be public.
    page.wait_until(&format!("{is_asked} && document.getElementById('name').value === ''"))?;
    page.press(&format!("/nombre{}", key::ENTER))?;
    page.wait_until(&format!("!({is_asked})"))?;
    page.give_name("Ana")?;
    page.wait_until(is_asked)?;
    page.press(&format!("correcto caballo{}", key::ENTER))?;
    page.is_there("Ana")
}
