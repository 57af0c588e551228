//! Rooms of third-party servers: a message stays in its room.

use super::Peer;

/// Twenty clients in four rooms: each message reaches the four others of its room, and no other.
fn rooms(dialect: &str, program: &str, config: &str, arguments: &str, receivers: u64) {
    let options = ["--dialect", dialect, "--clients", "20", "--senders", "4", "--rooms", "4"];
    let Some(ended) = Peer(program, config, arguments).run(&options) else { return };
    ended.is_clean(100 * receivers);
    assert_eq!(ended.number("/ledger/foreign"), 0);
}

#[test]
fn redis_channels_keep_to_themselves() {
    rooms("redis", "redis-server", config!("redis"), "{config}", 5);
}

#[test]
fn nats_subjects_keep_to_themselves() {
    rooms("nats", "nats-server", config!("nats"), "--config {config}", 4);
}

#[test]
fn mqtt_topics_keep_to_themselves() {
    rooms("mqtt", "mosquitto", config!("mosquitto"), "-c {config}", 4);
}
