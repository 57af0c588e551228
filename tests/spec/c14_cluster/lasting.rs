//! Accounts, and what outlives all servers.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use async_nats::jetstream;
use chat_cluster::nats::{self, Options};
use chat_drive::failure::Result;
use chat_drive::role::PATIENCE;
use chat_tests::ES;
use chat_tests::binaries;
use chat_tests::cluster::{Entrance, SharedLog, hear_until};
use chat_tests::harness::broker::Broker;
use chat_tests::harness::peer::Peer;
use chat_tests::harness::stage::Stage;
use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};

use super::{Own, answers, own};

pub(super) const OPTIONS: [&str; 8] =
    ["--profile", "grupal", "--max-rate", "off", "--accounts", "optional", "--admin", "Zoe"];

const WORD: &str = "correcto caballo";

const OTHER: &str = "otra palabra";

/// Requests that no event answers are repeated after this time.
const AGAIN: Duration = Duration::from_millis(50);

const IS_ANOTHER: &str = "* la clave de tu cuenta es otra: entra de nuevo";

/// Runs `chat-server account` on all servers, with this input.
fn account(log: &SharedLog, arguments: &[&str], input: &str) -> (bool, String) {
    let mut command = binaries::server();
    command.arg("account").args(arguments);
    command.args(["--cluster", &log.brokers, "--cluster-name", &log.name]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().expect("it runs");
    // It may end without reading.
    let _ = running.stdin.take().expect("an input").write_all(input.as_bytes());
    let output = running.wait_with_output().expect("it ends");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn question(name: &str) -> String {
    format!("* {name} está registrado: escribe su clave, o /nombre para dar otro")
}

/// A peer that has no account, in the first room.
#[track_caller]
fn member(door: Entrance<'_>, name: &str) -> Result<Peer> {
    let mut peer = door.asked(name)?;
    peer.send(format!("{name}\n"))?;
    hear_until(&mut peer, ES.help_hint())?;
    Ok(peer)
}

/// A peer that has been asked for the word of the account.
#[track_caller]
fn asked(door: Entrance<'_>, account: &str) -> Result<Peer> {
    let mut peer = door.asked(account)?;
    answers(&mut peer, account, &question(account))?;
    Ok(peer)
}

/// A peer in the account.
#[track_caller]
fn come_in(door: Entrance<'_>, account: &str, word: &str) -> Result<Peer> {
    let mut peer = asked(door, account)?;
    peer.send(format!("{word}\n"))?;
    hear_until(&mut peer, ES.help_hint())?;
    Ok(peer)
}

#[track_caller]
fn register(peer: &mut Peer, name: &str) -> Result {
    peer.send(format!("/registrar {WORD}\n"))?;
    hear_until(peer, &format!("* tu nombre está registrado: {name}")).map(drop)
}

#[test]
fn r14_15_an_account_is_the_same_on_all_servers() -> Result {
    let stage = Stage::new();
    let Some(chat) = own(&stage, &OPTIONS)? else { return Ok(()) };
    let [a, b] = chat.doors();
    let mut ana = member(a, "Ana")?;
    register(&mut ana, "Ana")?;
    ana.send("/nombre Anita\n")?;
    hear_until(&mut ana, "* ahora te llamas Anita")?;
    // She is on both servers.
    let mut other = come_in(b, "Ana", WORD)?;
    other.send(format!("/clave {OTHER}\n"))?;
    // Anita may be heard to leave before, and her name is free when she is.
    let heard = hear_until(&mut other, ES.word_changed())?;
    if heard.iter().all(|line| line != "* Anita ha salido") {
        hear_until(&mut other, "* Anita ha salido")?;
    }
    hear_until(&mut ana, IS_ANOTHER)?;
    ana.expect_end()?;
    other.send("/nombre Anita\n")?;
    hear_until(&mut other, "* ahora te llamas Anita")?;
    let mut ana = come_in(a, "ana", OTHER)?;
    ana.send("salir\n")?;
    ana.expect_end()?;
    answers(&mut asked(a, "Ana")?, WORD, "! clave equivocada")
}

#[test]
fn r14_15_the_operator_makes_and_removes_accounts_while_servers_run() -> Result {
    let stage = Stage::new();
    let Some(chat) = own(&stage, &OPTIONS)? else { return Ok(()) };
    let [a, b] = chat.doors();
    let done = |text: &str| (true, text.to_owned());
    let made = account(&chat.log, &["passwd", "Zoe"], &format!("{WORD}\n"));
    assert_eq!(made, done("cuenta guardada: Zoe\n"));
    // Her name is free again when others hear that she has left.
    let mut ida = member(a, "Ida")?;
    // It has come to both servers when it has come to one and a name has been given since.
    let mut zoe = come_in(a, "Zoe", WORD)?;
    zoe.expect("* esta cuenta es de administración")?;
    zoe.send("/nombre Jefa\n")?;
    hear_until(&mut zoe, "* ahora te llamas Jefa")?;
    let mut again = come_in(b, "Zoe", WORD)?;
    again.expect("* esta cuenta es de administración")?;
    assert!(account(&chat.log, &["passwd", "zoe"], &format!("{OTHER}\n")).0);
    for peer in [&mut zoe, &mut again] {
        hear_until(peer, IS_ANOTHER)?;
        peer.expect_end()?;
    }
    hear_until(&mut ida, "* Zoe ha salido")?;
    let mut zoe = come_in(b, "Zoe", OTHER)?;
    assert_eq!(account(&chat.log, &["remove", "Zoe"], ""), done("cuenta borrada: Zoe\n"));
    hear_until(&mut zoe, IS_ANOTHER)?;
    zoe.expect_end()?;
    hear_until(&mut ida, "* Zoe ha salido")?;
    let (is_done, reason) = account(&chat.log, &["passwd", "Zoe"], "corta\n");
    assert!(!is_done && reason.contains("demasiado corta"), "{reason}");
    member(b, "Zoe").map(drop)
}

/// Two accounts, and a ban that holds everywhere.
fn fill(chat: &Own<'_>) -> Result {
    let [a, b] = chat.doors();
    assert!(account(&chat.log, &["passwd", "Zoe"], &format!("{WORD}\n")).0);
    let mut zoe = come_in(a, "Zoe", WORD)?;
    zoe.send("/vetar Caro\n")?;
    hear_until(&mut zoe, "* Zoe ha vetado a Caro para siempre")?;
    let mut ana = member(b, "Ana")?;
    register(&mut ana, "Ana")
}

/// All servers end without warning.
fn kill_all(chat: &mut Own<'_>) -> Result {
    chat.nodes.iter_mut().try_for_each(|node| node.server.kill())
}

/// What `fill` has made is there, and nobody.
pub(super) fn is_filled(door: Entrance<'_>) -> Result {
    let mut caro = door.asked("Caro")?;
    answers(&mut caro, "Caro", "! estás vetado para siempre (por Zoe)")?;
    caro.expect_end()?;
    let mut zoe = come_in(door, "Zoe", WORD)?;
    zoe.expect("* esta cuenta es de administración")?;
    answers(&mut zoe, "/quien", "* en general (1): Zoe")?;
    come_in(door, "Ana", WORD).map(drop)
}

#[test]
fn r14_16_what_came_just_before_all_servers_ended_is_there() -> Result {
    let stage = Stage::new();
    let Some(mut chat) = own(&stage, &OPTIONS)? else { return Ok(()) };
    fill(&chat)?;
    kill_all(&mut chat)?;
    let node = chat.log.serve(&stage, "c", &OPTIONS)?;
    is_filled(node.door)
}

#[test]
fn r14_16_servers_that_begin_anew_may_have_other_options() -> Result {
    let stage = Stage::new();
    let Some(mut chat) = own(&stage, &OPTIONS)? else { return Ok(()) };
    fill(&chat)?;
    Runtime::new().expect("a runtime").block_on(until_kept(&chat.broker));
    kill_all(&mut chat)?;
    let node = chat.log.serve(&stage, "c", &[&OPTIONS[..], &["--max-rooms", "7"]].concat())?;
    is_filled(node.door)
}

#[test]
fn r14_16_accounts_and_bans_outlive_the_records_of_the_log() -> Result {
    let stage = Stage::new();
    let Some(mut chat) = own(&stage, &OPTIONS)? else { return Ok(()) };
    fill(&chat)?;
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(until_kept(&chat.broker));
    kill_all(&mut chat)?;
    runtime.block_on(purge(&chat.broker));
    let node = chat.log.serve(&stage, "c", &OPTIONS)?;
    is_filled(node.door)
}

/// For the log of this chat.
pub(super) fn options(broker: &str) -> Options {
    Options {
        servers: vec![broker.to_owned()],
        name: "school".parse().expect("a name"),
        user: None,
        credentials: None,
        authorities: None,
        requires_tls: false,
    }
}

/// Waits until the last account is in what is kept beside the log.
async fn until_kept(broker: &Broker<'_>) {
    let log = nats::connect(&options(&broker.address())).await.expect("connected");
    let kept = async {
        loop {
            let kept = log.archive().lasting().await.expect("it can be read");
            if kept.is_some_and(|kept| has_account(&kept, "Ana")) {
                return;
            }
            sleep(AGAIN).await;
        }
    };
    timeout(PATIENCE, kept).await.expect("it is kept");
}

/// The log has no records any more.
async fn purge(broker: &Broker<'_>) {
    let client = async_nats::connect(broker.address()).await.expect("connected");
    let log = jetstream::new(client).get_stream("CHAT_school").await.expect("the log");
    log.purge().await.expect("purged");
}

/// The name stands before the hash, each behind its length.
fn has_account(kept: &[u8], name: &str) -> bool {
    let hash = "$argon2id$";
    kept.windows(name.len() + 2 + hash.len())
        .any(|text| text.starts_with(name.as_bytes()) && text.ends_with(hash.as_bytes()))
}
