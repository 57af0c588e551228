//! A registered name.

use chat_drive::failure::Result;
use chat_tests::ES;
use chat_tests::chat::Chat;
use chat_tests::harness::forwarder::Forwarder;
use serde_json::json;
use tempfile::TempDir;

use crate::driver::{Driver, key};
use crate::page::{Page, start, web};

const IS_ASKED: &str = "document.getElementById('name').type === 'password'";

/// A chat with its file in this folder, where Ana has registered.
fn start_with_ana(folder: &TempDir) -> Result<Chat> {
    let chat = start_again(folder)?;
    let mut ana = chat.named_peer("Ana")?;
    ana.send("/registrar correcto caballo\n")?;
    while ana.hear()? != Some(ES.registered(&"Ana".parse().expect("a name")).to_string()) {}
    drop(ana);
    chat.server.out.find(|line| line.ends_with("ha salido"), "that she has left")?;
    Ok(chat)
}

fn start_again(folder: &TempDir) -> Result<Chat> {
    let file = folder.path().join("chat.db").display().to_string();
    start("grupal", &["--store", &file, "--accounts", "optional"])
}

#[test]
fn r12_2_the_page_asks_for_the_word_and_does_not_show_it() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let folder = tempfile::tempdir().expect("a folder");
    let chat = start_with_ana(&folder)?;
    let page = Page::open(&driver, &chat)?;
    page.give_name("Ana")?;
    page.wait_until(IS_ASKED)?;
    page.press(&format!("corta{}", key::ENTER))?;
    page.wait_for("document.getElementById('why').textContent", &json!("clave equivocada"))?;
    // The word is asked for again: as a name, it would be public.
    page.wait_until(&format!("{IS_ASKED} && document.getElementById('name').value === ''"))?;
    page.press(&format!("/nombre{}", key::ENTER))?;
    page.wait_until(&format!("!({IS_ASKED})"))?;
    page.give_name("Ana")?;
    page.wait_until(IS_ASKED)?;
    page.press(&format!("correcto caballo{}", key::ENTER))?;
    page.is_there("Ana")
}

/// What is typed of a word when its connection ends neither is shown nor becomes a name, nor does the rest of it.
#[test]
fn r12_3_a_word_that_is_typed_while_the_connection_ends_is_no_name() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let folder = tempfile::tempdir().expect("a folder");
    let mut chat = start_with_ana(&folder)?;
    let forwarder = Forwarder::start(web(&chat)).map_err(|error| chat.stage.failure(error))?;
    let page = Page::open_at(&driver, forwarder.address, "")?;
    page.give_name("Ana")?;
    page.wait_until(IS_ASKED)?;
    page.press(&format!("corta{}", key::ENTER))?;
    page.wait_for("document.getElementById('why').textContent", &json!("clave equivocada"))?;
    page.wait_until(&format!("{IS_ASKED} && document.activeElement.id === 'name'"))?;
    page.press("correcto")?;
    chat.server.kill()?;
    page.wait_until(&format!("!({IS_ASKED})"))?;
    page.press(&format!("-caballo{}", key::ENTER))?;
    page.wait_for("document.getElementById('name').value", &json!(""))?;
    let chat = start_again(&folder)?;
    forwarder.lead_to(web(&chat));
    page.wait_until(&format!("{IS_ASKED} && document.activeElement.id === 'name'"))?;
    page.press(&format!("correcto caballo{}", key::ENTER))?;
    page.is_there("Ana")
}
