//! Conversations: in a room, in several, in private.

use std::iter;

use chat_drive::failure::Result;
use serde_json::json;

use crate::driver::Driver;
use crate::page::{Page, start, web};

/// Keeps what is sent, without its number, and lets a test say what the page hears.
const TELL: &str = "const Real = WebSocket;
     window.sent = [];
     window.WebSocket = class extends Real {
       constructor(...values) { super(...values); window.last = this; }
       send(line) { window.sent.push(line.replace(/^\\d+ /, '')); super.send(line); }
     };
     window.tell = event => last.onmessage({ data: JSON.stringify({ time: Date.now(), ...event }) + '\\n' });";

#[test]
fn r10_24_two_people_talk_and_each_text_arrives_once_and_in_order() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let ana = Page::enter(&driver, &chat, "Ana")?;
    let bea = Page::enter(&driver, &chat, "Bea")?;
    ana.notes("Bea se ha unido")?;
    ana.say("hola, Bea")?;
    bea.shows(&["hola, Bea"])?;
    bea.say("¿qué tal?")?;
    for number in 1..=5 {
        bea.say(&number.to_string())?;
    }
    let all = ["hola, Bea", "¿qué tal?", "1", "2", "3", "4", "5"];
    ana.shows(&all)?;
    ana.say("fin")?;
    bea.shows(&[&all[..], &["fin"]].concat())?;
    ana.shows(&[&all[..], &["fin"]].concat())?;
    let who = "[...document.querySelectorAll('.message')].map(line => line.querySelector('.name').textContent)";
    ana.wait_for(&format!("{who}.slice(0, 2)"), &json!(["tú:", "Bea:"]))?;
    bea.wait_until("document.querySelectorAll('.mention').length === 1")?;
    let times = "[...document.querySelectorAll('.message time')].every(time => /^[0-2]\\d:[0-5]\\d$/.test(time.textContent))";
    bea.wait_until(times)
}

#[test]
fn r10_24_of_more_than_50_conversations_the_longest_unused_read_one_goes_first() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::enter(&driver, &chat, "Ana")?;
    let mut peers = Vec::new();
    let mut greet = |number: usize| {
        let mut peer = chat.member(&format!("n{number}"))?;
        peer.send("/privado Ana hola\n")?;
        while peer.hear()?.is_some_and(|receipt| !receipt.contains("hola")) {}
        peers.push(peer);
        Result::Ok(())
    };
    let privates =
        "[...document.querySelectorAll('#privates .entry bdi')].map(name => name.textContent)";
    (0..3).try_for_each(&mut greet)?;
    page.wait_for(privates, &json!(["n0", "n1", "n2"]))?;
    // Those that are read: n1 at first.
    for number in [1, 0, 2] {
        page.click(&format!("#privates li:nth-child({}) button", number + 1))?;
        page.shows(&["hola"])?;
    }
    page.click("#rooms .mine")?;
    page.is_titled("general")?;
    let mut left = vec!["n0".to_owned(), "n1".to_owned(), "n2".to_owned()];
    // The room is the fiftieth. Then n1, n0 and n2 go; and n3, as no other is read.
    for number in 3..53 {
        greet(number)?;
        left.push(format!("n{number}"));
        if left.len() > 49 {
            let place = left.iter().position(|name| name == "n1").unwrap_or_default();
            left.remove(place);
        }
    }
    page.wait_for(privates, &json!(left))?;
    page.wait_for("document.querySelectorAll('.log').length", &json!(50))
}

#[test]
fn r10_24_each_sign_of_a_name_can_be_mentioned_and_a_line_that_fails_stops_no_other() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::open_at(&driver, web(&chat), TELL)?;
    page.give_name("Ana_-.'·Li")?;
    page.is_there("Ana_-.'·Li")?;
    let mut bea = chat.member("Bea")?;
    bea.send("hola, ana_-.'·li\nana_-x'·li\n")?;
    page.shows(&["hola, ana_-.'·li", "ana_-x'·li"])?;
    page.wait_for("document.querySelectorAll('.mention').length", &json!(1))?;
    page.run(
        "last.onmessage({ data: 'null\\n{\\n{\"kind\":\"message\"}\\n' });
         tell({ kind: 'message', who: 'Bea', text: 'fin' });",
    )?;
    page.shows(&["hola, ana_-.'·li", "ana_-x'·li", "fin"])
}

#[test]
fn r10_24_when_many_leave_the_others_stay_where_they_are_in_the_list() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::open_at(&driver, web(&chat), TELL)?;
    page.give_name("Ana")?;
    page.is_there("Ana")?;
    page.run("for (let n = 499; n >= 0; n--) tell({ kind: 'joined', who: `n${n}` });")?;
    let people = "[...document.querySelectorAll('#members bdi')].map(name => name.textContent)";
    let numbers = (0..500).map(|number| format!("n{number}"));
    let all: Vec<_> = iter::once("Ana".to_owned()).chain(numbers).collect();
    page.wait_for(people, &json!(all))?;
    page.run(
        "window.placed = 0;
         const count = changes => changes.forEach(change => { window.placed += change.addedNodes.length; });
         new MutationObserver(count).observe(document.getElementById('members'), { childList: true });
         [...document.querySelectorAll('#members button')].at(-1).focus();
         for (let n = 0; n < 498; n++) tell({ kind: 'left', who: `n${n}` });
         tell({ kind: 'joined', who: 'n300' });",
    )?;
    page.wait_for(people, &json!(["Ana", "n300", "n498", "n499"]))?;
    page.wait_for("document.activeElement.textContent", &json!("Nn499"))?;
    // n300 is the same item as before.
    page.wait_for("window.placed", &json!(0))
}

#[test]
fn r5_7_of_a_crowd_the_page_has_the_number_and_the_names_when_they_are_looked_at() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &["--crowd", "3", "--crowd-rate", "2/s"])?;
    let page = Page::enter(&driver, &chat, "Ana")?;
    let mut peers = Vec::new();
    for number in 0..20 {
        peers.push(chat.named_peer(&format!("n{number}"))?);
    }
    let number = "document.getElementById('number').textContent";
    page.wait_for(number, &json!("21"))?;
    page.notes("personas se han unido")?;
    peers.drain(..15);
    page.wait_for(number, &json!("6"))?;
    page.notes("personas han salido")?;
    page.run("document.getElementById('people').dispatchEvent(new Event('pointerenter'))")?;
    let people = "[...document.querySelectorAll('#members bdi')].map(name => name.textContent)";
    page.wait_for(people, &json!(["Ana", "n15", "n16", "n17", "n18", "n19"]))?;
    page.wait_for(number, &json!("6"))
}

#[test]
fn r5_7_the_number_holds_for_names_that_the_page_does_not_know() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::open_at(&driver, web(&chat), TELL)?;
    page.give_name("Ana")?;
    page.is_there("Ana")?;
    let number = "document.getElementById('number').textContent";
    for (event, due) in [
        ("kind: 'joined', who: 'Bea'", "2"),
        ("kind: 'crowd', joined: 9, left: 2, renamed: 1, number: 9", "9"),
        ("kind: 'left', who: 'Caro'", "8"),
        // This one had left with the crowd, for all that the page knows.
        ("kind: 'joined', who: 'Bea'", "9"),
        ("kind: 'renamed', who: 'Dora', name: 'Eva'", "9"),
        ("kind: 'goes', who: 'Eva', room: 'cocina'", "8"),
        ("kind: 'crowd', joined: 0, left: 7, renamed: 0, number: 1", "1"),
    ] {
        page.run(&format!("tell({{ {event} }})"))?;
        page.wait_for(number, &json!(due))?;
    }
    page.notes("9 personas se han unido, 2 personas han salido, 1 persona ha cambiado de nombre")
}

#[test]
fn r10_24_after_missed_messages_people_and_rooms_are_asked_for_silently() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::open_at(&driver, web(&chat), TELL)?;
    page.give_name("Ana")?;
    page.is_there("Ana")?;
    let people = "[...document.querySelectorAll('#members bdi')].map(name => name.textContent)";
    page.run("tell({ kind: 'joined', who: 'Eva' });")?;
    page.wait_for(people, &json!(["Ana", "Eva"]))?;
    let asked = "[...new Set(sent)].filter(line => !line.startsWith('/historial')).sort()";
    page.run("sent = []; tell({ kind: 'missed', text: 'te has perdido algo' });")?;
    page.notes("te has perdido algo")?;
    page.wait_for(people, &json!(["Ana"]))?;
    page.wait_for(asked, &json!(["/quien\n", "/salas\n"]))?;
    // A list that its user asks for is shown, and those that the page has asked for are not.
    page.say("/quien")?;
    page.notes("en general (1): Ana")?;
    let lists = "[...document.querySelectorAll('.notice')].filter(line => line.textContent.includes('general (1)'))";
    page.wait_for(&format!("{lists}.length"), &json!(1))?;
    // Nor are they after a list that was refused.
    page.say("/quien nadie")?;
    page.say("/salas x")?;
    page.notes("/salas")?;
    page.run("sent = []; tell({ kind: 'missed', text: 'otra vez' });")?;
    page.wait_for(asked, &json!(["/quien\n", "/salas\n"]))?;
    page.say("/ayuda")?;
    page.notes("/responder")?;
    page.wait_for(&format!("{lists}.length"), &json!(1))
}

#[test]
fn r10_24_a_name_is_refused_with_the_servers_reason_until_it_can_be_had() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let _ana = chat.member("Ana")?;
    let page = Page::open(&driver, &chat)?;
    for (name, reason) in [("ana", "nombre ocupado"), ("dos palabras", "sin espacios")] {
        page.give_name(name)?;
        let why = "document.getElementById('why').textContent";
        page.wait_until(&format!("{why}.includes('{reason}')"))?;
        page.wait_until("document.getElementById('name').selectionEnd > 0")?;
    }
    page.give_name("Bea")?;
    page.is_there("Bea")?;
    let people = "[...document.querySelectorAll('#members bdi')].map(name => name.textContent)";
    page.wait_for(people, &json!(["Ana", "Bea"]))
}

#[test]
fn r10_24_a_name_that_is_given_twice_is_sent_once() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::open_at(&driver, web(&chat), TELL)?;
    page.wait_until("document.getElementById('ask').open")?;
    page.run(
        "document.getElementById('name').value = 'Ana';
         for (let n = 0; n < 2; n++) document.getElementById('named').requestSubmit();",
    )?;
    page.is_there("Ana")?;
    page.wait_for("sent.filter(line => line === 'Ana\\n').length", &json!(1))
}

#[test]
fn r10_24_rooms_private_talk_and_what_is_unread() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = Page::enter(&driver, &chat, "Ana")?;
    let (mut bea, mut caro) = (chat.member("Bea")?, chat.member("Caro")?);
    page.notes("Bea y Caro se han unido")?;
    // In private, while the page shows the room.
    bea.send("/privado Ana psst\n/privado Ana ¿estás?\n")?;
    page.wait_for("document.querySelector('#privates .badge')?.textContent", &json!("2"))?;
    page.click("#privates button")?;
    page.is_titled("Privado con Bea")?;
    page.shows(&["psst", "¿estás?"])?;
    page.wait_until("document.querySelector('#privates .badge') === null")?;
    page.say("dime")?;
    page.shows(&["psst", "¿estás?", "dime"])?;
    while bea.hear()?.is_some_and(|line| line != "[privado] Ana > dime") {}
    // In the room, while the page shows the private conversation.
    caro.send("uno\ndos\nhola, ana\n")?;
    page.wait_for("document.querySelector('#rooms .mentioned')?.textContent", &json!("3"))?;
    page.click("#rooms .mine")?;
    page.is_titled("general")?;
    page.shows(&["uno", "dos", "hola, ana"])?;
    // To another room and back: what was said in the first is still there.
    page.click("#room")?;
    page.say("cocina")?;
    page.is_titled("cocina")?;
    page.shows(&[])?;
    page.notes("Estás en la sala cocina")?;
    let people = "[...document.querySelectorAll('#members bdi')].map(name => name.textContent)";
    page.wait_for(people, &json!(["Ana"]))?;
    bea.send("/sala cocina\nya estoy\n")?;
    page.shows(&["ya estoy"])?;
    page.notes("Bea viene de la sala general")?;
    page.wait_for(people, &json!(["Ana", "Bea"]))?;
    page.click("#rooms button:not(.mine)")?;
    page.is_titled("general")?;
    page.shows(&["uno", "dos", "hola, ana"])?;
    page.say("/nombre Anna")?;
    page.is_there("Anna")?;
    page.say("/baila")?;
    page.notes("no existe el comando /baila")
}

#[test]
fn r10_24_the_title_says_what_is_unread_while_the_page_is_hidden() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("basico", &[])?;
    let page = Page::open(&driver, &chat)?;
    page.is_in_state("online")?;
    let mut bea = chat.peer("bea")?;
    let hide = |hidden: bool| {
        page.run(&format!(
            "Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }});
             document.dispatchEvent(new Event('visibilitychange'));"
        ))
    };
    hide(true)?;
    bea.send("uno\ndos\n")?;
    page.wait_for("document.title", &json!("(2) Chat"))?;
    hide(false)?;
    page.wait_for("document.title", &json!("Chat"))
}

#[test]
fn r10_24_a_conversation_has_500_lines_at_most_and_stays_where_it_is_read() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("basico", &[])?;
    let page = Page::open(&driver, &chat)?;
    page.is_in_state("online")?;
    let mut bea = chat.peer("bea")?;
    (1..=700).try_for_each(|number| bea.send(format!("{number}\n")))?;
    let last = "[...document.querySelectorAll('.message .text')].at(-1)?.textContent";
    page.wait_for(last, &json!("700"))?;
    page.wait_until("document.querySelectorAll('.log li').length === 500")?;
    page.wait_for("document.querySelector('.message .text').textContent", &json!("201"))?;
    let bottom = "(log => log.scrollHeight - log.scrollTop - log.clientHeight < 2)(document.querySelector('.log'))";
    page.wait_until(bottom)?;
    page.run("document.querySelector('.log').scrollTop = 2000;")?;
    page.wait_until("!document.getElementById('down').hidden")?;
    bea.send("abajo\n")?;
    page.wait_for("document.getElementById('down').textContent", &json!("↓ 1 mensaje nuevo"))?;
    page.wait_until(&format!("!({bottom})"))?;
    page.click("#down")?;
    page.wait_until(bottom)?;
    page.wait_until("document.getElementById('down').hidden")
}
