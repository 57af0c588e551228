//! Runs against several addresses.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use chat_drive::failure::Result;
use serde_json::Value;

use crate::running::{Relay, load, run};

/// An address at which a server seems to listen that is at `server`.
fn door(server: SocketAddr) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.expect("a connection");
            let server = TcpStream::connect(server).expect("a connection");
            pass_on(&client, &server);
            pass_on(&server, &client);
        }
    });
    address.to_string()
}

/// Passes on all that comes, and the end.
fn pass_on(from: &TcpStream, to: &TcpStream) {
    let clones = (from.try_clone(), to.try_clone());
    let (Ok(mut from), Ok(mut to)) = clones else { panic!("no more descriptors") };
    to.set_nodelay(true).expect("no delay");
    thread::spawn(move || {
        // A connection that breaks has ended as well.
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}

/// Options for a run against these addresses.
fn at<'a>(addresses: &'a [String], options: &[&'a str]) -> Vec<&'a str> {
    let servers = addresses.iter().flat_map(|address| ["--server", address]);
    servers.chain(options.iter().copied()).collect()
}

#[test]
fn clients_sit_at_all_servers_and_each_fault_says_at_which() -> Result {
    let folder = tempfile::tempdir().expect("a folder");
    let (log, page) = (folder.path().join("log"), folder.path().join("page.html"));
    let log = log.to_str().expect("a path");
    let relay =
        Relay::start(&["--drop", "1/20", "--cut", "4", "--cut-after", "500ms", "--log", log])?;
    let doors = [(); 3].map(|()| door(relay.address));
    let page = page.to_str().expect("a path");
    let options = ["--clients", "30", "--senders", "3", "--rate", "300/s", "--html", page];
    let options = [&options[..], &["--connect-concurrency", "1", "--drain-timeout", "1s"]].concat();
    let ended = run(&at(&doors, &options));
    let addresses = ended.value("/addresses").as_array().expect("a list");
    let of = |field: &str| -> Vec<&Value> { addresses.iter().map(|at| &at[field]).collect() };
    assert_eq!(of("address"), doors.each_ref());
    assert_eq!(of("connected"), [10, 10, 10]);
    assert_eq!(of("senders"), [1, 1, 1]);
    let sum = |field| of(field).into_iter().filter_map(Value::as_u64).sum::<u64>();
    assert_eq!(sum("deliveries"), ended.number("/traffic/deliveries"));
    // The fifth client is the fourth listener, after one sender at each server.
    assert_eq!(of("disconnected"), [1, 0, 0]);
    let response = addresses.iter().map(|at| &at["response"]["count"]);
    assert_eq!(response.collect::<Vec<_>>(), of("deliveries"));

    let witnesses = ended.value("/ledger/witnesses/lost").as_array().expect("a list");
    let known = |at: &Value| doors.iter().any(|door| at == door.as_str());
    let both = |seen: &Value| known(&seen["receiver_server"]) && known(&seen["sender_server"]);
    assert!(witnesses.len() == 5 && witnesses.iter().all(both), "{witnesses:?}");
    let page = std::fs::read_to_string(page).expect("a page");
    for door in &doors {
        assert!(
            ended.words.contains(&format!("  {door} ")) && page.contains(door),
            "{}",
            ended.words
        );
    }
    Ok(())
}

#[test]
fn what_makes_no_sense_with_several_servers_is_refused() {
    let addresses = ["127.0.0.1:9001", "127.0.0.1:9002"].map(str::to_owned);
    for (options, words) in [
        (at(&addresses, &["--spawn", "true"]), "--spawn starts one server"),
        (at(&addresses, &["--server", "127.0.0.1:9001"]), "names 127.0.0.1:9001 twice"),
    ] {
        let output = load(&options).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(words) && output.status.code() == Some(2), "{said}");
    }
}
