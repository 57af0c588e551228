//! What servers of other versions have written.

use std::time::Duration;

use chat_cluster::entry::Subject;
use chat_cluster::log::{Arrival, Log};
use chat_cluster::nats::{self, JetStream};
use chat_drive::failure::Result;
use chat_tests::cluster::SharedLog;
use chat_tests::harness::broker::Broker;
use chat_tests::harness::stage::Stage;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::lasting::{self, is_filled};
use super::{OPTIONS, own, runtime};

/// What is kept beside the log, by servers of version 0.1.0.
fn of_0_1_0() -> Vec<u8> {
    let hex = include_str!("versions/lasting-0.1.0.hex");
    let digits: String = hex.lines().filter(|line| !line.starts_with('#')).collect();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn log(runtime: &Runtime, broker: &str) -> JetStream {
    runtime.block_on(nats::connect(&lasting::options(broker))).expect("connected")
}

#[test]
fn r14_18_what_servers_of_the_version_before_have_kept_is_read() -> Result {
    let (stage, runtime) = (Stage::new(), runtime());
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let shared = SharedLog::make(&stage, &broker.address(), "school")?;
    let archive = log(&runtime, &broker.address()).archive();
    runtime.block_on(archive.keep_lasting(&of_0_1_0())).expect("kept");
    let node = shared.serve(&stage, "a", &lasting::OPTIONS)?;
    is_filled(node.door)
}

#[test]
fn r14_19_a_server_waits_when_what_is_kept_is_of_a_later_version() -> Result {
    let (stage, runtime) = (Stage::new(), runtime());
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let shared = SharedLog::make(&stage, &broker.address(), "school")?;
    let archive = log(&runtime, &broker.address()).archive();
    // The version stands behind the time at which the log was made.
    let mut later = of_0_1_0();
    later[8] = 2;
    runtime.block_on(archive.keep_lasting(&later)).expect("kept");
    let server = stage.start("a", shared.command(&lasting::OPTIONS))?;
    for _ in 0..2 {
        let says = |line: &str| line.contains("cannot be read: written by a later version (2)");
        server.err.find(says, "that it waits")?;
    }
    runtime.block_on(archive.keep_lasting(&of_0_1_0())).expect("kept");
    is_filled(chat_tests::cluster::Node::when_started(&stage, server)?.door)
}

#[test]
fn r14_19_a_server_lets_people_go_when_the_log_is_of_a_later_version() -> Result {
    let (stage, runtime) = (Stage::new(), runtime());
    let Some(chat) = own(&stage, &OPTIONS)? else { return Ok(()) };
    let [a, b] = chat.doors();
    let mut peers = [a.member("Ana", "sala")?, b.member("Bea", "sala")?];
    peers[0].expect("* Bea viene de la sala general")?;
    let mut log = log(&runtime, &chat.broker.address());
    log.publish(Subject::Public, &[2; 99]);
    let published = async {
        while log.next() != Some(Arrival::Acknowledged) {
            log.arrived().await;
        }
    };
    let published = runtime.block_on(async { timeout(Duration::from_secs(20), published).await });
    published.expect("it is in the log");
    for (peer, node) in peers.iter_mut().zip(&chat.nodes) {
        peer.expect("* este servidor estuvo aislado: entra de nuevo")?;
        peer.expect_end()?;
        let says = |line: &str| line.contains("the log has passes of a later version (2)");
        node.server.err.find(says, "why")?;
    }
    Ok(())
}
