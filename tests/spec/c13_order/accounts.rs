//! Roles of accounts.

use tempfile::TempDir;

use super::*;
use crate::c12_accounts::operator::account;

const WORD: &str = "una clave larga";

/// A chat whose administrator Eva has an account, and the folder of its store.
fn with_admin() -> Result<(TempDir, Chat)> {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("chat.db").display().to_string();
    let options = ["--store", &file, "--accounts", "optional", "--admin", "Eva"];
    let mut chat = start(&options)?;
    chat.server.kill()?;
    assert!(account(&file, &["passwd", "Eva"], WORD).status.success());
    Ok((folder, start(&options)?))
}

/// A member that has proved its account, and skips what it is told as it joins.
fn proved(chat: &Chat, name: &str) -> Result<Peer> {
    let mut peer = chat.named_peer(name)?;
    peer.expect(&format!("* {name} está registrado: escribe su clave, o /nombre para dar otro"))?;
    peer.send(format!("{WORD}\n/tema\n"))?;
    while peer.hear()?.is_some_and(|line| line != "* la sala no tiene tema") {}
    Ok(peer)
}

/// A member that makes an account.
fn registered(chat: &Chat, name: &str) -> Result<Peer> {
    let mut peer = chat.named_peer(name)?;
    peer.send(format!("/registrar {WORD}\n"))?;
    while peer.hear()?.is_some_and(|line| !line.contains("está registrado")) {}
    Ok(peer)
}

#[test]
fn r13_1_accounts_keep_their_roles_and_admins_act_everywhere() -> Result {
    let (_folder, chat) = with_admin()?;
    let mut ana = registered(&chat, "Ana")?;
    let mut eva = proved(&chat, "Eva")?;
    ana.send("/sala cocina\n/tema pan\n/vetados\n")?;
    while ana.hear()?.is_some_and(|line| line != "* no hay nadie vetado ni callado") {}
    let mut bea = chat.named_peer("Bea")?;
    bea.send("/sala cocina\n")?;
    while bea.hear()?.is_some_and(|line| line != "* tema: pan") {}
    bea.expect("* lo que se dice aquí se guarda durante 30 días")?;
    answers(&mut ana, "/echar Eva", "! Eva no está en esta sala")?;
    answers(&mut ana, "/vetar Eva", "! Eva tiene más autoridad que tú")?;
    ana.send("salir\n")?;
    ana.expect_end()?;
    let mut ana = proved(&chat, "Ana")?;
    ana.send("/sala cocina\n/vetados\n")?;
    while ana.hear()?.is_some_and(|line| line != "* no hay nadie vetado ni callado") {}
    answers(&mut eva, "/vetar Bea 1h", "* Eva ha vetado a Bea durante 1 h")?;
    bea.expect("! estás vetado durante 1 h (por Eva)")?;
    bea.expect_end()?;
    drop(eva);
    chat.server
        .out
        .find(|line| line.starts_with("* Eva (") && line.ends_with("ha salido"), "it left")?;
    let mut eva = proved(&chat, "Eva")?;
    eva.send("/vetados\n")?;
    assert!(eva.hear()?.is_some_and(|line| line.starts_with("* vetado: Bea durante ")));
    answers(&mut eva, "/echar Ana", "* Eva ha echado a Ana")?;
    ana.expect("* te ha echado Eva")?;
    ana.expect_end()
}

#[test]
fn r13_4_who_is_banned_while_it_is_asked_for_its_word_stays_out() -> Result {
    let (_folder, chat) = with_admin()?;
    let mut ana = registered(&chat, "Ana")?;
    ana.send("salir\n")?;
    ana.expect_end()?;
    let mut eva = proved(&chat, "Eva")?;
    let mut asked = chat.named_peer("Ana")?;
    asked.expect("* Ana está registrado: escribe su clave, o /nombre para dar otro")?;
    answers(&mut eva, "/vetar Ana", "* Eva ha vetado a Ana para siempre")?;
    asked.send(format!("{WORD}\n"))?;
    asked.expect("! estás vetado para siempre (por Eva)")?;
    asked.expect_end()
}
