//! A server is replaced by another while clients talk, as `systemctl restart` does with a listener of its own.

use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use chat_drive::failure::Result;
use chat_tests::binaries;
use chat_tests::chat::Chat;
use chat_tests::service::passing;

use crate::running::{load, read};

const SIGTERM: i32 = 15;
const LOAD: [&str; 10] = [
    "--dialect",
    "grupal",
    "--clients",
    "20",
    "--rate",
    "200/s",
    "--senders",
    "6",
    "--reconnect",
    "5/s",
];
/// Deliveries of two seconds: each message reaches nineteen.
const DELIVERIES: u64 = 2 * 3_800;

#[test]
fn an_upgrade_under_load_loses_nothing() -> Result {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = binaries::server();
    server.args(["--bind", &address, "--profile", "grupal", "--max-rate", "off", "--store"]);
    server.arg(folder.path().join("chat.db")).args(["--durability", "commit"]);

    let mut old = Chat::start_command(passing(&listener, &server))?;
    let mut run = load(&LOAD);
    run.args(["--server", &address, "--duration", "2s", "--drain-timeout", "20s"]);
    let run = thread::spawn(move || run.output().expect("it starts and ends"));
    // More than the clients say before the start, to know that all are there.
    for _ in 0..100 {
        old.server.out.find(|line| line.contains(" > "), "the clients talk")?;
    }
    old.server.signal(SIGTERM)?;
    old.server.expect_exit(0)?;
    let new = Chat::start_command(passing(&listener, &server))?;
    let ended = read(&run.join().expect("no panic"));

    let (ledger, seam) = (ended.value("/ledger"), ended.value("/seam"));
    assert_eq!(ended.number("/ledger/ok"), DELIVERIES, "{ledger}\n{}", ended.words);
    assert_eq!(ended.number("/ledger/expected"), DELIVERIES, "{ledger}");
    assert_eq!(ended.number("/ledger/disorder"), 0, "{ledger}");
    assert_eq!(ended.number("/seam/accepted_lost"), 0, "{seam}");
    assert_eq!(ended.number("/ledger/disconnected"), 20, "each client met the end once: {ledger}");
    assert_eq!(ended.number("/seam/resumed"), 20 + ended.number("/seam/cuts"), "{seam}");
    new.peer("ana").map(drop)
}
