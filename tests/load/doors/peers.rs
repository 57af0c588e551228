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

/// Makes mosquitto's last listener one for WebSocket connections. Version 2.0.11 does not start if it has no
/// other one.
const WEB: &str = "protocol websockets\nlistener 0 {dir}/plain\n";

#[test]
fn mosquitto_through_a_websocket() {
    let config = format!("{}{WEB}", config!("mosquitto"));
    talk("ws", "mqtt", &Peer("mosquitto", &config, "-c {config}"), 900);
}

#[test]
fn mosquitto_through_tls_and_a_secure_websocket() {
    let tls =
        format!("{}certfile {{dir}}/cert.pem\nkeyfile {{dir}}/key.pem\n", config!("mosquitto"));
    talk("tls", "mqtt", &Peer("mosquitto", &tls, "-c {config}"), 900);
    let wss = format!("{tls}{WEB}");
    talk("wss", "mqtt", &Peer("mosquitto", &wss, "-c {config}"), 900);
}

#[test]
fn nats_through_a_websocket() {
    let web = "port: -1\nwebsocket { host: \"127.0.0.1\", port: {port}, no_tls: true }";
    let config = config!("nats").replace("port: {port}", web);
    talk("ws", "nats", &Peer("nats-server", &config, "--config {config}"), 900);
}

#[test]
fn nats_through_tls_which_greets_before_it() {
    let tls = "tls { cert_file: \"{dir}/cert.pem\", key_file: \"{dir}/key.pem\" }\n";
    let config = format!("{}{tls}", config!("nats"));
    talk("tls", "nats", &Peer("nats-server", &config, "--config {config}"), 900);
}

#[test]
fn redis_through_tls() {
    let tls = "port 0\ntls-port {port}\ntls-cert-file {dir}/cert.pem\ntls-key-file {dir}/key.pem\n\
               tls-ca-cert-file {dir}/cert.pem\ntls-auth-clients no";
    let config = config!("redis").replace("port {port}", tls);
    talk("tls", "redis", &Peer("redis-server", &config, "{config}"), 1000);
}

#[test]
fn inspircd_through_tls() {
    let tls = "<module name=\"ssl_gnutls\">\n<sslprofile name=\"tls\" provider=\"gnutls\" \
               certfile=\"{dir}/cert.pem\" keyfile=\"{dir}/key.pem\">\n";
    let config =
        config!("inspircd").replace("type=\"clients\"", "type=\"clients\" sslprofile=\"tls\"");
    let config = format!("{tls}{config}");
    let arguments = "--nofork --runasroot --config {config}";
    talk("tls", "irc", &Peer("inspircd", &config, arguments), 900);
}
