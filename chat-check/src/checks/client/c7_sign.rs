//! Chapter 7: the speaker puts the own name before each line.

use chat_protocol::options::profile::Profile;

use crate::checks::check::{Check, Side};
use crate::scene::Scene;
use crate::text::{Text, Words};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&SIGNS];

const SIGNS: Check = Check {
    id: "7.4-client-signs",
    side: Side::Client,
    level: Level::Must,
    profiles: &[Profile::Practico],
    needs: &["4.2-send"],
    title: Text {
        es: "pone `NOMBRE > ` antes de cada línea que envía",
        en: "it puts `NAME > ` before each line that it sends",
    },
    explanation: Text {
        es: "En este trabajo cada lado firma sus líneas antes de enviarlas: \
             `s.sendall(f\"{nombre} > {linea}\\n\".encode())`. No basta con mostrar el nombre en \
             la propia pantalla.",
        en: "In this assignment each side signs its lines before it sends them: \
             `s.sendall(f\"{name} > {line}\\n\".encode())`. To show the name on one's own screen \
             is not enough.",
    },
    body: signs,
};

fn signs(scene: &mut Scene) -> Checked {
    let (client, mut participant) = scene.admit_client()?;
    let operator = format!("Servidor > {}", scene.token());
    scene.tell(&client, &mut participant, &operator)?;
    client.shows(&operator)?;
    let token = scene.token();
    client.types(&token);
    scene.receives(&participant, &token)?;
    let heard = participant.captured().text();
    let before = heard.split(&token).next().and_then(|text| text.lines().last()).unwrap_or("");
    if before.len() > 3 && before.ends_with(" > ") {
        return Ok(());
    }
    let came = Words::new(format!("«{before}{token}»"), format!("\"{before}{token}\""));
    if before.trim().is_empty() {
        return Err(Halt::fault(["`NOMBRE > TEXTO`", "`NAME > TEXT`"], came));
    }
    Err(Halt::NotStrict(came))
}
