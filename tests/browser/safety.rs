//! What comes from others is text, and nothing else runs on the page.

use chat_drive::failure::Result;
use serde_json::json;

use crate::driver::Driver;
use crate::page::{Page, start, web};

#[test]
fn r10_24_what_others_say_is_text() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("basico", &[])?;
    let page = Page::open(&driver, &chat)?;
    page.is_in_state("online")?;
    let mut eva = chat.peer("eva")?;
    let word = "x".repeat(3000);
    let texts = [
        "<b>hola</b>",
        "<script>window.injected = 1</script>",
        "<img src=x onerror=\"window.injected = 1\">",
        "&lt;i&gt; \\u003cb\\u003e \"}",
        "uno \u{202E}dos tres",
        "javascript:window.injected=1 data:text/html,x",
        &word,
    ];
    for text in texts {
        eva.send(format!("{text}\n"))?;
    }
    page.shows(&texts)?;
    let inside = "document.querySelectorAll('.message .text *').length";
    page.wait_for(inside, &json!(0))?;
    page.wait_for("typeof window.injected", &json!("undefined"))?;
    page.wait_until("[...document.querySelectorAll('.text')].every(text => getComputedStyle(text).unicodeBidi === 'isolate')")?;
    page.wait_until(
        "document.querySelector('.log').scrollWidth <= document.querySelector('.log').clientWidth",
    )
}

#[test]
fn r10_24_links_are_made_of_http_and_https_alone() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("basico", &[])?;
    let page = Page::open(&driver, &chat)?;
    page.is_in_state("online")?;
    let mut eva = chat.peer("eva")?;
    eva.send("ver https://a.example/x?y=1, (http://b.example/z) javascript:alert(1) ftp://c.example https://\n")?;
    page.wait_until("document.querySelectorAll('.message').length === 1")?;
    let links = "[...document.querySelectorAll('.text a')].map(link => [link.href, link.textContent, link.rel, link.target])";
    let due = json!([
        ["https://a.example/x?y=1", "https://a.example/x?y=1", "noopener noreferrer", "_blank"],
        ["http://b.example/z", "http://b.example/z", "noopener noreferrer", "_blank"],
    ]);
    page.wait_for(links, &due)
}

#[test]
fn r10_23_an_injected_script_is_stopped_by_the_policy() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("basico", &[])?;
    let page = Page::open(&driver, &chat)?;
    page.is_in_state("online")?;
    page.run(
        "window.stopped = [];
         document.addEventListener('securitypolicyviolation', event => stopped.push(`${event.effectiveDirective} ${event.blockedURI}`));
         const script = document.createElement('script');
         script.textContent = 'window.injected = 1';
         document.body.append(script);
         const place = document.createElement('div');
         place.innerHTML = '<p onclick=\"window.injected = 2\" style=\"color: red\">x</p>';
         document.body.append(place);
         place.firstChild.click();
         const foreign = document.createElement('script');
         foreign.src = 'https://evil.example/x.js';
         document.body.append(foreign);",
    )?;
    page.wait_until(
        "['script-src-elem inline', 'script-src-attr inline', 'style-src-attr inline', 'script-src-elem https://evil.example/x.js']
           .every(rule => stopped.includes(rule))",
    )?;
    page.wait_for("typeof window.injected", &json!("undefined"))
}

#[test]
fn r10_24_a_document_without_an_origin_gets_no_connection() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("basico", &[])?;
    let page = Page::open(&driver, &chat)?;
    page.is_in_state("online")?;
    let connect = format!(
        "return new Promise(done => {{
           const socket = new WebSocket('ws://{}/ws', 'chat.v2');
           socket.onopen = () => done([origin, 'open']);
           socket.onerror = () => done([origin, 'refused']);
         }});",
        web(&chat)
    );
    assert_eq!(page.run(&connect)?[1], "open");
    page.go("data:text/html,<p>x</p>")?;
    assert_eq!(page.run(&connect)?, json!(["null", "refused"]));
    Ok(())
}
