//! Third-party servers behind their own doors, where they are installed.

use std::fs;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::dialects::Peer;

macro_rules! config {
    ($name:literal) => {
        include_str!(concat!("../../../chat-loadgen/tests/peers/", $name, ".conf"))
    };
}

/// Writes a certificate for `localhost` that is its own authority, and its key, into a folder. Gives both
/// paths.
pub(crate) fn certificate(folder: &Path) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let write = |name: &str, kind: &str, der: &[u8]| {
        let lines = BASE64_STANDARD.encode(der).into_bytes();
        let lines: Vec<_> = lines.chunks(64).map(String::from_utf8_lossy).collect();
        let text = format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"));
        let path = folder.join(name);
        fs::write(&path, text).expect("written");
        path.to_string_lossy().into_owned()
    };
    let key = made.signing_key.serialize_der();
    (write("cert.pem", "CERTIFICATE", made.cert.der()), write("key.pem", "PRIVATE KEY", &key))
}

/// Ten clients talk through this server's door.
fn talk(door: &str, dialect: &str, peer: &Peer<'_>, deliveries: u64) {
    if let Some(ended) = peer.run_through(door, &["--dialect", dialect, "--total-order"]) {
        ended.is_clean(deliveries);
        assert_eq!(ended.value("/workload/door"), door);
    }
}

#[test]
fn mosquitto_through_a_websocket() {
    talk("ws", "mqtt", &Peer("mosquitto", config!("mosquitto-ws"), "-c {config}"), 900);
}

#[test]
fn mosquitto_through_tls_and_a_secure_websocket() {
    talk("tls", "mqtt", &Peer("mosquitto", config!("mosquitto-tls"), "-c {config}"), 900);
    talk("wss", "mqtt", &Peer("mosquitto", config!("mosquitto-wss"), "-c {config}"), 900);
}

#[test]
fn nats_through_a_websocket() {
    talk("ws", "nats", &Peer("nats-server", config!("nats-ws"), "--config {config}"), 900);
}

#[test]
fn nats_through_tls_which_greets_before_it() {
    talk("tls", "nats", &Peer("nats-server", config!("nats-tls"), "--config {config}"), 900);
}

#[test]
fn redis_through_tls() {
    talk("tls", "redis", &Peer("redis-server", config!("redis-tls"), "{config}"), 1000);
}

#[test]
fn inspircd_through_tls() {
    let arguments = "--nofork --runasroot --config {config}";
    talk("tls", "irc", &Peer("inspircd", config!("inspircd-tls"), arguments), 900);
}
