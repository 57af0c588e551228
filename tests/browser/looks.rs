//! How the page looks: on a phone, in the dark, and for those who do not see it.

use std::path::Path;
use std::process::Command;

use chat_drive::failure::Result;
use chat_tests::harness::stage::Stage;
use serde_json::{Value, json};

use crate::driver::{Driver, has_program, key, missing};
use crate::page::{Page, start};

/// The checker of accessibility. Its licence is no reason to keep a copy of it here.
const AXE: &str = "axe-core@4.14.1";

/// The elements that are wider than the screen, or stand out of it.
const WIDE: &str = "[document.documentElement, ...document.querySelectorAll('body *')].filter(element => {
    const box = element.getBoundingClientRect();
    const seen = element.checkVisibility({ visibilityProperty: true }) && !element.closest('.unseen, svg') && box.width > 1;
    return seen && (box.right > innerWidth + 1 || box.left < -1 || (element.scrollWidth > innerWidth && getComputedStyle(element).overflowX === 'visible'));
  }).map(element => element.outerHTML.slice(0, 80))";

fn be_a_phone(page: &Page<'_>) -> Result {
    let phone = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
    page.devtools("Emulation.setDeviceMetricsOverride", &phone)
}

fn prefer(page: &Page<'_>, scheme: &str) -> Result {
    let preference = json!({ "name": "prefers-color-scheme", "value": scheme });
    // Without movement, so that no color is seen half way.
    let still = json!({ "name": "prefers-reduced-motion", "value": "reduce" });
    page.devtools("Emulation.setEmulatedMedia", &json!({ "features": [preference, still] }))
}

#[test]
fn r10_24_an_empty_status_is_not_hidden_and_takes_no_place() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("basico", &[])?;
    let page = Page::open(&driver, &chat)?;
    page.is_in_state("online")?;
    page.wait_for("document.querySelector('[role=status]').textContent", &json!(""))?;
    page.wait_until(
        "document.querySelector('[role=status]').checkVisibility({ visibilityProperty: true })",
    )?;
    page.wait_for("document.getElementById('bar').offsetHeight", &json!(0))
}

#[test]
fn r10_24_nothing_is_wider_than_a_phone_in_any_state() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let mut chat = start("grupal", &["--operator", "Profe"])?;
    let long = "L".repeat(32);
    let page = Page::open(&driver, &chat)?;
    be_a_phone(&page)?;
    page.wait_until("innerWidth === 390")?;
    page.wait_until("document.getElementById('ask').open")?;
    page.wait_for(WIDE, &json!([]))?;
    page.give_name("dos palabras")?;
    page.wait_until("document.getElementById('why').textContent !== ''")?;
    page.wait_for(WIDE, &json!([]))?;
    page.give_name(&long)?;
    page.is_there(&long)?;
    let mut bea = chat.member(&"W".repeat(32))?;
    bea.send(format!(
        "{}\nhttps://a.example/{}\n/privado {long} {}\n",
        "m".repeat(999),
        "x".repeat(200),
        "y".repeat(99)
    ))?;
    page.say(&"w".repeat(99))?;
    page.wait_until("document.querySelectorAll('.message').length === 4")?;
    page.wait_for(WIDE, &json!([]))?;
    for (button, list) in [("menu", "side"), ("who", "people")] {
        page.click(&format!("#{button}"))?;
        page.wait_until(&format!(
            "document.getElementById('{list}').checkVisibility({{ visibilityProperty: true }})"
        ))?;
        page.wait_for(WIDE, &json!([]))?;
    }
    page.run("document.querySelector('#privates button').click();")?;
    page.wait_until("document.getElementById('title').textContent.startsWith('Privado con')")?;
    page.wait_for(WIDE, &json!([]))?;
    page.wait_until(
        "parseFloat(getComputedStyle(document.getElementById('text')).fontSize) >= 16",
    )?;
    page.wait_until(
        "document.getElementById('send').getBoundingClientRect().bottom <= innerHeight",
    )?;
    chat.server.kill()?;
    page.is_in_state("lost")?;
    page.wait_for(WIDE, &json!([]))
}

#[test]
fn r10_24_in_the_dark_it_is_dark() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let chat = start("basico", &[])?;
    let page = Page::open(&driver, &chat)?;
    let light = "(color => color.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) > 382)";
    for (scheme, ground, text) in [("light", true, false), ("dark", false, true)] {
        prefer(&page, scheme)?;
        let colors = format!(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color].map({light})"
        );
        page.wait_for(&colors, &json!([ground, text]))?;
    }
    page.wait_for("getComputedStyle(document.documentElement).colorScheme", &json!("light dark"))
}

/// The script of the checker, fetched once; `None` where it cannot be had.
fn axe() -> Result<Option<String>> {
    let stage = Stage::new();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(AXE);
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if !script.exists() {
        if !has_program("npm") {
            return missing(&stage, "npm is not installed");
        }
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-save", "--ignore-scripts", "--prefix"])
            .arg(&folder)
            .arg(AXE);
        if !npm.status().is_ok_and(|status| status.success()) {
            return missing(&stage, "npm cannot install axe-core");
        }
    }
    std::fs::read_to_string(&script).map(Some).map_err(|error| stage.failure(error))
}

#[test]
fn r10_24_no_serious_barrier_is_found_in_light_and_in_dark() -> Result {
    let Some(driver) = Driver::start()? else { return Ok(()) };
    let Some(axe) = axe()? else { return Ok(()) };
    let mut chat = start("grupal", &[])?;
    let page = Page::open(&driver, &chat)?;
    page.run(&axe)?;
    let check = |state: &str| -> Result {
        for scheme in ["light", "dark"] {
            prefer(&page, scheme)?;
            let found = page.run(
                "return axe.run(document).then(found => found.violations
                   .filter(one => ['serious', 'critical'].includes(one.impact))
                   .map(one => [one.id, one.nodes.map(node => node.html + ' ' + node.failureSummary)]));",
            )?;
            if found != Value::Array(Vec::new()) {
                return Err(page.failure(format!("{state}, {scheme}: {found:#}")));
            }
        }
        Ok(())
    };
    page.give_name("dos palabras")?;
    page.wait_until("document.getElementById('why').textContent !== ''")?;
    check("a refused name")?;
    page.give_name("Ana")?;
    page.is_there("Ana")?;
    let people = ["Bea", "Carlos", "Dani", "Eva", "Fede", "Gema", "Hugo", "Inés", "Jon"];
    let mut peers = chat.members(people)?;
    for peer in &mut peers {
        peer.send("hola, Ana: https://a.example/\n/privado Ana psst\n/baila\n")?;
    }
    page.say("hola")?;
    page.say("/baila")?;
    page.wait_until("document.querySelectorAll('.log:not([hidden]) .message').length === 10")?;
    page.notes("no existe")?;
    check("a room")?;
    page.click("#privates button")?;
    check("a private conversation")?;
    be_a_phone(&page)?;
    check("a phone")?;
    page.click("#menu")?;
    check("a drawer")?;
    chat.server.kill()?;
    page.is_in_state("lost")?;
    page.press(&key::ESCAPE.to_string())?;
    page.click("#text")?;
    page.say("¿sigues ahí?")?;
    page.wait_until("document.querySelector('.mark') !== null")?;
    check("a lost connection, and a line that waits")
}
