//! Chats that speak other protocols over a WebSocket, by the dialects in files: libraries for Node.js where they
//! are installed, and stand-ins that follow the published protocols of Centrifugo and Phoenix.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::web::{Members, frame, start};
use super::{LOAD, run_through};
use crate::dialects::{Peer, files::file};

/// The folder of modules for Node.js, which `ci/packages` fills.
pub(crate) fn modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/node/node_modules")
}

/// Ten clients talk through a server in Node.js, if this module is installed.
fn talk(module: &str, script: &str, door: &str, dialect: &str) {
    if !modules().join(module).is_dir() {
        return chat_drive::skip(format_args!(
            "the module {module} is not installed in target/node"
        ));
    }
    let peer = Peer("node", script, "{config} {port}");
    let options = ["--dialect-file", &*file(dialect), "--total-order"];
    if let Some(ended) = peer.run_through(door, &options) {
        ended.is_clean(900);
        assert_eq!(ended.value("/words").as_object().map(serde_json::Map::len), Some(0));
    }
}

#[test]
fn ws_which_passes_on_plain_text() {
    talk("ws", include_str!("../../../chat-loadgen/tests/peers/node/ws.js"), "ws", "text");
}

#[test]
fn socket_io() {
    let script = include_str!("../../../chat-loadgen/tests/peers/node/socketio.js");
    talk("socket.io", script, "ws/socket.io/?EIO=4&transport=websocket", "socketio");
}

/// Centrifugo's JSON protocol: several answers in one message, and pings. A subscription is answered when a ping
/// has been.
fn centrifugo(text: &str, from: SocketAddr, members: &mut Members) {
    let said: Value = serde_json::from_str(text).expect("JSON");
    let id = &said["id"];
    let me = members.member(from);
    if said == json!({}) {
        me.say(&json!({"id": 2, "subscribe": {}}).to_string());
    } else if said["connect"]["name"].is_string() {
        let welcome = json!({"client": "1", "version": "5.0.0", "ping": 25, "pong": true});
        me.say(&json!({"id": id, "connect": welcome}).to_string());
    } else if let Some(channel) = said["subscribe"]["channel"].as_str() {
        channel.clone_into(&mut me.1);
        me.say("{}");
    } else if let Some(channel) = said["publish"]["channel"].as_str() {
        let publication = json!({"data": said["publish"]["data"], "info": {"client": "1"}});
        let push = json!({"push": {"channel": channel, "pub": publication}});
        for member in members.room(channel) {
            let answer = (member.0 == from).then(|| json!({"id": id, "publish": {}}));
            member.say(&answer.map_or(push.to_string(), |answer| format!("{push}\n{answer}")));
        }
    }
}

/// A channel of Phoenix that broadcasts what is said, in version 2 of the JSON serializer.
fn phoenix(text: &str, from: SocketAddr, members: &mut Members) {
    let said: Value = serde_json::from_str(text).expect("JSON");
    let [join, number, topic, event, payload] = &said.as_array().expect("a list")[..] else {
        panic!("five values: {said}");
    };
    let topic = topic.as_str().expect("a topic");
    match event.as_str() {
        Some("phx_join") => {
            let me = members.member(from);
            topic.clone_into(&mut me.1);
            let payload = json!({"response": {}, "status": "ok"});
            me.say(&json!([join, number, topic, "phx_reply", payload]).to_string());
        }
        Some("say") => {
            let broadcast = json!([null, null, topic, "say", payload]).to_string();
            members.room(topic).for_each(|member| member.say(&broadcast));
        }
        _ => {}
    }
}

#[test]
fn centrifugos_protocol() {
    let dialect = file("centrifugo");
    let options = [&LOAD[..], &["--dialect-file", &dialect, "--total-order"]].concat();
    let ended = run_through("ws", start(centrifugo), &options);
    ended.is_clean(1000);
    assert_eq!(ended.value("/words").as_object().map(serde_json::Map::len), Some(0));
}

#[test]
fn phoenix_channels_have_rooms() {
    let options = ["--rooms", "2", "--senders", "2", "--dialect-file", &file("phoenix")];
    let ended = run_through("ws", start(phoenix), &[&LOAD[..], &options].concat());
    ended.is_clean(500);
    assert_eq!(ended.value("/words").as_object().map(serde_json::Map::len), Some(0));
}

#[test]
fn a_refusal_of_centrifugo_is_told() {
    // It answers a subscription as if the channel were forbidden.
    let forbids = |text: &str, from: SocketAddr, members: &mut Members| {
        let said: Value = serde_json::from_str(text).expect("JSON");
        let id = &said["id"];
        let answer = if said["connect"].is_object() {
            json!({"id": id, "connect": {"client": "1", "version": "5.0.0"}})
        } else {
            json!({"id": id, "error": {"code": 103, "message": "permission denied"}})
        };
        members.member(from).send(&frame(&answer.to_string()));
    };
    let dialect = file("centrifugo");
    let options = [&LOAD[..], &["--dialect-file", &dialect]].concat();
    let output = crate::running::load(&options).args(super::at("ws", start(forbids))).output();
    let words = output.expect("it starts").stderr;
    let words = String::from_utf8_lossy(&words);
    assert!(
        words.contains("the server refused a client") && words.contains("permission denied"),
        "{words}"
    );
}
