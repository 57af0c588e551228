//! The session of the page (requirement 11.16), with a server that is played by a script: what it says and when is in the
//! hands of the test.

use chat_drive::failure::Result;
use chat_tests::chat::Chat;
use serde_json::json;

use crate::driver::Driver;
use crate::page::{Page, start, web};

/// Plays a server: `tell` says an object, `cut` ends the connection, `lines` is what was sent. A name and `/reanudar` are
/// answered by itself, and a connection is refused while `isDown`.
const SERVER: &str = "window.lines = [];
     window.isDown = false;
     window.WebSocket = class {
       static OPEN = 1;
       constructor() {
         window.last = this;
         this.readyState = 0;
         setTimeout(() => isDown ? cut() : this.open());
       }
       open() {
         this.readyState = 1;
         this.onopen({});
         tell({ kind: 'welcome', text: 'hola', lang: 'es', names: true, presence: true, commands: true, max_line: 4096 });
         tell({ kind: 'ask', text: '¿nombre?' });
       }
       send(line) {
         lines.push(line.trimEnd());
         if (line === 'Ana\\n') tell({ kind: 'here', you: 'Ana', room: 'general', people: ['Ana'], number: 1 });
         if (line === '/reanudar\\n') tell({ kind: 'session', token: 'f00d', id: '7.1', resume: 600000, position: '7.10' });
       }
       close() { this.readyState = 3; }
     };
     window.tell = event => last.onmessage({ data: JSON.stringify({ time: 1e12, ...event }) + '\\n' });
     window.say = (number, text, more) => tell({ kind: 'message', who: 'Bea', text, position: `7.${number}`, ...more });
     window.past = (number, text, who) => tell({ kind: 'past', who: who ?? 'Bea', text, position: `7.${number}` });
     window.cut = () => { last.readyState = 3; last.onclose({ code: 1006, reason: '' }); };
     window.resume = more => tell({ kind: 'resumed', you: 'Ana', room: 'general', people: ['Ana'], number: 1, accepted: 0, ...more });";

/// The marks of the messages: the line that has one, and what it says.
const MARKS: &str = "[...document.querySelectorAll('.mark')].map(mark => [mark.parentElement.querySelector('.text').textContent, mark.textContent])";

fn enter<'a>(driver: &'a Driver, chat: &Chat) -> Result<Page<'a>> {
    let page = Page::open_at(driver, web(chat), SERVER)?;
    page.give_name("Ana")?;
    page.is_there("Ana")?;
    page.wait_for("lines", &json!(["Ana", "/reanudar", "1 /salas"]))?;
    Ok(page)
}

#[test]
fn r11_16_lines_have_numbers_and_are_pending_until_they_are_accepted() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = enter(&driver, &chat)?;
    page.say("uno")?;
    page.say("/quien")?;
    page.wait_for("lines.slice(3)", &json!(["2 uno", "3 /quien"]))?;
    page.wait_for(MARKS, &json!([["uno", "pendiente"]]))?;
    page.run("tell({ kind: 'accepted', number: 2 });")?;
    page.wait_for(MARKS, &json!([]))?;
    page.shows(&["uno"])?;
    page.say("salir")?;
    page.wait_for("lines.at(-1)", &json!("4 salir"))
}

#[test]
fn r11_16_an_own_message_stands_where_the_others_have_heard_it() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = enter(&driver, &chat)?;
    page.say("segundo")?;
    page.say("cuarto")?;
    page.run(
        "say(11, 'primero');
         tell({ kind: 'accepted', number: 2 });
         say(13, 'tercero');
         tell({ kind: 'accepted', number: 3 });",
    )?;
    page.shows(&["primero", "segundo", "tercero", "cuarto"])?;
    // Each stands apart from those of the other person.
    page.wait_for("document.querySelectorAll('.message.first').length", &json!(4))
}

#[test]
fn r11_16_after_a_cut_the_page_goes_on_and_sends_again_what_is_not_accepted() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = enter(&driver, &chat)?;
    page.run("say(11, 'once', { line: '7.2.1' });")?;
    page.say("recibida")?;
    page.say("perdida")?;
    page.run("isDown = true; cut();")?;
    page.is_in_state("lost")?;
    page.say("mientras")?;
    page.say("/sala no")?;
    page.has_typed("/sala no")?;
    let marks = ["recibida", "perdida", "mientras"].map(|text| [text, "pendiente"]);
    page.wait_for(MARKS, &json!(marks))?;
    page.run("isDown = false; lines = [];")?;
    page.wait_for("lines", &json!(["/reanudar f00d 7.11"]))?;
    page.run("resume({ accepted: 2 });")?;
    page.is_in_state("online")?;
    page.notes("De nuevo en línea")?;
    let sent = ["3 perdida", "4 mientras", "5 /historial 200", "6 /salas"];
    page.wait_for("lines.slice(1)", &json!(sent))?;
    // Nothing is shown twice: neither a position nor a line. Where one's own stands, the room knows.
    page.run(
        "say(11, 'once', { line: '7.2.1' });
         say(12, 'doce', { line: '7.2.2' });
         say(14, 'doce otra vez', { line: '7.2.2' });
         tell({ kind: 'accepted', number: 3 });
         tell({ kind: 'accepted', number: 4 });
         past(15, 'recibida', 'Ana');
         past(16, 'perdida', 'Ana');
         past(17, 'mientras', 'Ana');
         tell({ kind: 'accepted', number: 5 });
         say(18, 'fin');",
    )?;
    page.shows(&["once", "doce", "recibida", "perdida", "mientras", "fin"])?;
    page.wait_for(MARKS, &json!([]))?;
    page.has_typed("/sala no")
}

#[test]
fn r11_16_one_that_is_refused_joins_anew_and_says_that_messages_may_be_missing() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = enter(&driver, &chat)?;
    page.say("enviada")?;
    page.run("isDown = true; cut();")?;
    page.say("mientras")?;
    page.run("isDown = false; lines = [];")?;
    page.wait_for("lines", &json!(["/reanudar f00d 7.10"]))?;
    page.run("tell({ kind: 'refusal', text: 'no' }); tell({ kind: 'ask', text: '¿nombre?' });")?;
    page.is_there("Ana")?;
    // A line that may have been heard is not sent again.
    page.wait_for("lines.slice(1)", &json!(["Ana", "/reanudar", "1 mientras", "2 /salas"]))?;
    page.notes("Quizá falten mensajes")?;
    page.wait_for(MARKS, &json!([["enviada", "quizá no ha llegado"], ["mientras", "pendiente"]]))
}

#[test]
fn r11_16_messages_that_were_not_stored_are_counted_and_are_not_repeated() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = enter(&driver, &chat)?;
    page.say("mío")?;
    page.run(
        "tell({ kind: 'accepted', number: 2 });
         [12, 13, 14].forEach(number => say(number, `n${number}`, { line: `7.2.${number}` }));
         cut();",
    )?;
    page.wait_for("lines.at(-1)", &json!("/reanudar f00d 7.14"))?;
    page.run("resume({ stored: '7.12', accepted: 1 });")?;
    page.notes("3 mensajes de antes no se guardaron")?;
    // Its author says a line again: it has another position now.
    page.run(
        "tell({ kind: 'message', who: 'Bea', text: 'n14', position: '8.1', line: '7.2.14' });
         tell({ kind: 'message', who: 'Bea', text: 'n15', position: '8.2', line: '7.2.15' });",
    )?;
    page.shows(&["mío", "n12", "n13", "n14", "n15"])?;
    page.say("/historial")?;
    page.run("tell({ kind: 'past', who: 'Bea', text: 'n14', position: '8.1' });")?;
    page.run("tell({ kind: 'accepted', number: Number(lines.at(-1).split(' ')[0]) });")?;
    page.notes("No falta ninguno de los últimos mensajes")?;
    page.shows(&["mío", "n12", "n13", "n14", "n15"])
}

#[test]
fn r11_16_a_gap_is_asked_for_once_and_each_message_is_put_in_its_place() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("grupal", &[])?;
    let page = enter(&driver, &chat)?;
    page.say("mío")?;
    page.run(
        "tell({ kind: 'accepted', number: 2 });
         say(12, 'doce');
         tell({ kind: 'missed', text: 'te has perdido 2 mensajes' });
         tell({ kind: 'missed', text: 'te has perdido 2 mensajes' });",
    )?;
    page.notes("te has perdido 2 mensajes")?;
    page.wait_for("lines.filter(line => line.includes('/historial'))", &json!([]))?;
    page.run("say(15, 'quince'); say(16, 'dieciséis');")?;
    page.wait_for(
        "lines.filter(line => line.includes('/historial'))",
        &json!(["3 /historial 200"]),
    )?;
    page.run(
        "past(9, 'nueve');
         past(10, 'diez');
         past(11, 'mío', 'Ana');
         [12, 13, 14, 15, 16].forEach((number, at) => past(number, ['doce', 'trece', 'catorce', 'quince', 'dieciséis'][at]));
         tell({ kind: 'accepted', number: 3 });",
    )?;
    // What was said before the page was there is not missing.
    let all = ["mío", "doce", "trece", "catorce", "quince", "dieciséis"];
    page.shows(&all)?;
    page.notes("2 mensajes de antes, puestos en su sitio")?;
    page.say("/historial")?;
    page.run("past(9, 'nueve'); past(11, 'mío', 'Ana'); past(13, 'trece'); tell({ kind: 'accepted', number: 4 });")?;
    page.notes("1 mensaje de antes, puesto en su sitio")?;
    page.shows(&[&["nueve"], &all[..]].concat())
}
