//! The page goes on at another server of the chat (requirement 10.25).

use std::net::{Ipv4Addr, SocketAddr};

use chat_drive::failure::Result;
use chat_tests::chat::Chat;
use chat_tests::harness::forwarder::Forwarder;
use serde_json::json;

use crate::driver::Driver;
use crate::page::{Page, start, web};

/// Keeps the addresses of the connections that are opened.
const TRIED: &str = "window.tried = [];
     const Real = WebSocket;
     window.WebSocket = class extends Real {
       constructor(url, ...values) { window.tried.push(url); super(url, ...values); }
     };";

/// No server.
const NOBODY: &str = "ws://127.0.0.1:1/ws";

/// A forwarder whose origin another server can be told before its own server is there.
fn forwarder() -> Forwarder {
    Forwarder::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 1))).expect("a free port")
}

#[test]
fn r10_25_when_its_server_dies_the_page_goes_on_at_the_next_one() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let forwarder = forwarder();
    let own = format!("ws://{}/ws", forwarder.address);
    let second = start("grupal", &["--web-origin", &format!("http://{}", forwarder.address)])?;
    let peer = format!("ws://{}/ws", web(&second));
    let mut first = start("grupal", &["--web-peers", &format!("{NOBODY},{peer}")])?;
    forwarder.lead_to(web(&first));
    let page = Page::open_at(&driver, forwarder.address, TRIED)?;
    page.give_name("Ana")?;
    page.is_there("Ana")?;
    page.say("/sala cocina")?;
    page.is_titled("cocina")?;
    page.say("antes")?;
    page.press("a medio escribir")?;
    first.server.kill()?;
    page.notes("De nuevo en línea")?;
    page.is_there("Ana")?;
    page.is_titled("cocina")?;
    page.has_typed("a medio escribir")?;
    assert_eq!(page.run("return window.tried;")?, json!([own, own, NOBODY, peer]));
    let mut bea = second.member("Bea")?;
    bea.send("/sala cocina\n")?;
    page.notes("Bea viene de la sala general")?;
    page.say("")?;
    page.shows(&["antes", "a medio escribir"])?;
    while bea.hear()?.is_some_and(|line| line != "Ana > a medio escribir") {}
    bea.send("te leo\n")?;
    page.shows(&["antes", "a medio escribir", "te leo"])
}

#[test]
fn r10_25_a_server_that_has_stopped_is_tried_last() -> Result {
    const SIGTERM: i32 = 15;
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let forwarder = forwarder();
    let own = format!("ws://{}/ws", forwarder.address);
    let second = start("grupal", &["--web-origin", &format!("http://{}", forwarder.address)])?;
    let peer = format!("ws://{}/ws", web(&second));
    let first = start("grupal", &["--web-peers", &peer])?;
    forwarder.lead_to(web(&first));
    let page = Page::open_at(&driver, forwarder.address, TRIED)?;
    page.give_name("Ana")?;
    page.is_there("Ana")?;
    first.server.signal(SIGTERM)?;
    page.notes("De nuevo en línea")?;
    assert_eq!(page.run("return window.tried;")?, json!([own, peer]));
    Ok(())
}

#[test]
fn r10_25_a_page_that_is_encrypted_goes_on_where_that_holds_as_well() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let forwarder = forwarder();
    let own = format!("wss://{}/ws", forwarder.address);
    let origin = format!("https://{}", forwarder.address);
    let options = ["-p", "grupal", "--web-origin", &origin];
    let second = Chat::start_secured(&options)?;
    let plain = start("grupal", &options[2..])?;
    let peer = format!("wss://{}/ws", web(&second));
    let peers = format!("ws://{}/ws,{peer}", web(&plain));
    let mut first = Chat::start_secured(&["-p", "grupal", "--web-peers", &peers])?;
    forwarder.lead_to(web(&first));
    let page = Page::open_url(&driver, &format!("{origin}/"), TRIED)?;
    page.give_name("Ana")?;
    page.is_there("Ana")?;
    first.server.kill()?;
    page.notes("De nuevo en línea")?;
    assert_eq!(page.run("return window.tried;")?, json!([own, own, peer]));
    Ok(())
}

#[test]
fn r10_25_the_policy_stops_the_page_from_connecting_to_any_other() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let other = start("grupal", &[])?;
    let chat = start("grupal", &["--web-peers", NOBODY])?;
    let script = "window.stopped = [];
         document.addEventListener('securitypolicyviolation',
           ({ blockedURI }) => window.stopped.push(blockedURI));";
    let page = Page::open_at(&driver, web(&chat), script)?;
    let others = format!("ws://{}/ws", web(&other));
    page.run(&format!(
        "for (const url of ['{NOBODY}', '{others}']) try {{ new WebSocket(url); }} catch {{}}"
    ))?;
    page.wait_for("window.stopped", &json!([others]))
}
