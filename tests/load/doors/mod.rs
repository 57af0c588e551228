//! The generator behind doors: TLS and WebSocket.

mod broken;
pub(crate) mod chats;
mod handshakes;
pub(crate) mod peers;
mod web;

use std::net::SocketAddr;

use chat_drive::failure::Result;
use chat_tests::chat::Chat;

use crate::running::{Ended, Relay, ended, load};

/// Options of the relay, and the scheme of its door.
pub(crate) const DOORS: [(&[&str], &str); 4] =
    [(&[], "tcp"), (&["--tls"], "tls"), (&["--ws"], "ws"), (&["--ws", "--tls"], "wss")];

/// The options of a client for a server behind this door, whose scheme may have a path behind it.
pub(crate) fn at(door: &str, address: SocketAddr) -> Vec<String> {
    let (scheme, path) = door.split_at(door.find('/').unwrap_or(door.len()));
    let mut options = vec!["--server".to_owned(), format!("{scheme}://{address}{path}")];
    options.extend(matches!(scheme, "tls" | "wss").then(|| "--insecure".to_owned()));
    options
}

/// Runs the load generator against this address, through this door.
#[track_caller]
pub(crate) fn run_through(door: &str, address: SocketAddr, options: &[&str]) -> Ended {
    ended(load(options).args(at(door, address)))
}

/// This project's server, with a web listener.
fn chat(profile: &str) -> Result<(Chat, SocketAddr)> {
    let options = ["--bind", "127.0.0.1:0", "--web", "127.0.0.1:0", "--max-rate", "off"];
    let chat = Chat::start_with(&[&options[..], &["--profile", profile]].concat())?;
    let web = chat.web.ok_or_else(|| chat.stage.failure("no web listener"))?;
    Ok((chat, web))
}

const LOAD: [&str; 4] = ["--clients", "10", "--rate", "100/s"];

#[test]
fn this_projects_dialects_travel_through_a_websocket() -> Result {
    for profile in ["basico", "sala", "grupal"] {
        let (_chat, address) = chat(profile)?;
        let ended = run_through(
            "ws",
            address,
            &[&LOAD[..], &["--dialect", profile, "--total-order"]].concat(),
        );
        ended.is_clean(900);
        assert_eq!(ended.value("/workload/door"), "ws");
        assert_eq!(ended.value("/words").as_object().map(serde_json::Map::len), Some(0));
    }
    Ok(())
}

#[test]
fn clients_come_and_go_and_stop_reading_behind_a_websocket() -> Result {
    let (_chat, address) = chat("sala")?;
    let load = ["--clients", "20", "--senders", "2", "--rate", "200/s", "--dialect", "sala"];
    let ended = run_through(
        "ws",
        address,
        &[&load[..], &["--churn", "5/s", "--slow-readers", "1"]].concat(),
    );
    ended.has_nothing_wrong();
    assert_eq!(ended.value("/slow_readers").as_array().map(Vec::len), Some(1));
    assert_eq!(ended.number("/ledger/disconnected"), 0);
    Ok(())
}

#[test]
fn messages_larger_than_a_record_and_a_frame_of_16_bits_travel() -> Result {
    // This project's own lines are shorter.
    let dialect = tempfile::NamedTempFile::new().expect("a file");
    let lines = "name = 'long'\nmessage = '{text}'\nlongest-text = 60000\nbye = 'salir'\n";
    std::fs::write(&dialect, lines).expect("written");
    let dialect = dialect.path().to_string_lossy();
    for (options, door) in DOORS {
        let relay = Relay::start(options)?;
        let load = ["--clients", "4", "--senders", "2", "--rate", "50/s", "--size", "60000"];
        let load = [&load[..], &["--dialect-file", &dialect]].concat();
        run_through(door, relay.address, &load).is_clean(150);
    }
    Ok(())
}

#[test]
fn several_servers_may_have_different_doors() -> Result {
    // One chat behind two doors.
    let (chat, web) = chat("basico")?;
    let ended =
        run_through("ws", web, &[&LOAD[..], &["--server", &chat.address.to_string()]].concat());
    ended.is_clean(900);
    assert_eq!(ended.value("/workload/door"), "tcp,ws");
    Ok(())
}

#[test]
fn the_bare_relay_is_the_floor_of_the_same_door() -> Result {
    let relay = Relay::start(&["--ws", "--tls"])?;
    let ended = run_through("wss", relay.address, &[&LOAD[..], &["--calibrate"]].concat());
    ended.is_clean(900);
    assert_eq!(ended.number("/floor/traffic/deliveries"), 900);
    Ok(())
}
