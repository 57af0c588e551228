//! Clients that are cut off and come back by their sessions: the ledger over the seam.

#[cfg(target_os = "linux")]
mod upgrade;

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use chat_drive::failure::Result;
use chat_tests::binaries;
use chat_tests::chat::Chat;

use crate::doors::run_through;
use crate::running::{Ended, run, run_at, server};

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
    "40/s",
];
/// Deliveries of a second: each message reaches nineteen.
const DELIVERIES: u64 = 3_800;

/// Checks that clients were cut off and came back, and that nothing of what was said is wrong.
#[track_caller]
fn is_seamless(ended: &Ended, deliveries: u64) {
    ended.is_clean(deliveries);
    assert_eq!(ended.number("/ledger/disorder"), 0);
    let seam = ended.value("/seam");
    assert!(ended.number("/seam/resumed") > 0, "{seam}");
    assert_eq!(ended.number("/seam/accepted_lost"), 0, "{seam}");
    // Every delivery of the window is timed, or counted here.
    let timed = ended.number("/latency/response/count");
    let crossed = ended.number("/seam/crossed");
    assert_eq!(ended.number("/traffic/deliveries"), timed + crossed, "{seam}");
    assert_eq!(ended.number("/traffic/incomplete"), 0, "{seam}");
    let words = ended.value("/words");
    assert!(words.get("refusals").or(words.get("garbage")).is_none(), "{words}");
}

/// This project's server, with every door.
fn chat() -> Result<(Chat, [(&'static str, SocketAddr); 3])> {
    let chat = Chat::start_secured(&["--profile", "grupal", "--max-rate", "off"])?;
    let door = |door: Option<SocketAddr>| door.ok_or_else(|| chat.stage.failure("no such door"));
    let doors = [("tcp", chat.address), ("wss", door(chat.web)?), ("tls", door(chat.tls)?)];
    Ok((chat, doors))
}

#[test]
fn whoever_is_cut_off_comes_back_and_misses_nothing() -> Result {
    let (_chat, doors) = chat()?;
    for (door, address) in doors {
        let ended = run_through(door, address, &LOAD);
        is_seamless(&ended, DELIVERIES);
        let cuts = ended.number("/seam/cuts");
        assert!((20..=40).contains(&cuts), "{cuts}");
        assert!(ended.number("/seam/within_a_line") > 0, "{}", ended.value("/seam"));
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn what_was_accepted_outlives_a_server_that_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("chat.db");
    let store = format!("--store {} --durability commit", store.display());
    let spawned = server(&format!("--profile grupal --max-rate off {store}"));
    let kills = ["--kill-every", "600ms", "--duration", "2s", "--drain-timeout", "20s"];
    let ended = run(&[&LOAD[..8], &kills, &["--spawn", &spawned]].concat());
    is_seamless(&ended, 2 * DELIVERIES);
    assert!(ended.number("/seam/kills") > 0, "{}", ended.value("/seam"));
    assert!(ended.value("/server").is_null());
}

/// A fault of a server towards a client that has come back.
#[derive(Clone, Copy)]
enum Fault {
    /// It leaves a message out.
    Lose,
    /// It sends a message twice.
    Double,
    /// It exchanges two messages of different authors.
    Swap,
}

/// Passes a server's lines on. On each connection that takes up a session, it makes this fault once.
fn passing_on(server: SocketAddr, fault: Fault) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(upstream) = TcpStream::connect(server) else { return };
            thread::spawn(move || pass_on(&client, upstream, fault));
        }
    });
    address
}

fn pass_on(client: &TcpStream, upstream: TcpStream, fault: Fault) {
    let clone = |stream: &TcpStream| stream.try_clone().expect("a second handle");
    let (mut from, mut to) = (clone(client), clone(&upstream));
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let mut lines = BufReader::new(upstream).lines().map_while(std::result::Result::ok);
    let _ = pass_lines_on(&mut lines, client, fault);
    let _ = client.shutdown(Shutdown::Both);
}

fn pass_lines_on(
    lines: &mut impl Iterator<Item = String>,
    mut client: &TcpStream,
    fault: Fault,
) -> std::io::Result<()> {
    let author = |line: &str| line.split("\"who\":").nth(1).map(|rest| rest[..8].to_owned());
    let (mut is_back, mut is_done, mut held) = (false, false, None);
    for line in lines {
        let line = line + "\n";
        is_back |= line.starts_with("{\"kind\":\"resumed\"");
        let is_message = line.starts_with("{\"kind\":\"message\"");
        if !is_back || !is_message || is_done {
            client.write_all(line.as_bytes())?;
            continue;
        }
        match (fault, &held) {
            (Fault::Lose, _) => is_done = true,
            (Fault::Double, _) => {
                client.write_all(line.repeat(2).as_bytes())?;
                is_done = true;
            }
            (Fault::Swap, None) => held = Some(line),
            (Fault::Swap, Some(before)) if author(before) == author(&line) => {
                client.write_all(before.as_bytes())?;
                held = Some(line);
            }
            (Fault::Swap, Some(before)) => {
                client.write_all((line + before).as_bytes())?;
                is_done = true;
            }
        }
    }
    Ok(())
}

#[test]
fn what_goes_wrong_behind_a_cut_is_found() -> Result {
    let chat =
        Chat::start_with(&["--bind", "127.0.0.1:0", "--profile", "grupal", "--max-rate", "off"])?;
    for (fault, class) in
        [(Fault::Lose, "lost"), (Fault::Double, "duplicated"), (Fault::Swap, "disorder")]
    {
        let address = passing_on(chat.address, fault);
        let ended = run_at(address, &[&LOAD[..], &["--drain-timeout", "500ms"]].concat());
        assert_eq!(ended.status, Some(3), "{class}: {}", ended.value("/ledger"));
        for other in ["lost", "duplicated", "disorder", "reordered", "corrupt", "foreign"] {
            let number = ended.number(&format!("/ledger/{other}"));
            assert_eq!(number > 0, other == class, "{class}, {other}: {}", ended.value("/ledger"));
        }
    }
    Ok(())
}

#[test]
fn a_run_with_sessions_goes_without_what_it_cannot_be() {
    for (options, reason) in [
        (&["--dialect", "sala"][..], "a --dialect other than grupal"),
        (&["--dialect", "grupal", "--churn", "2/s"], "--churn"),
        (&["--dialect", "grupal", "--window", "5"], "--window"),
        (&["--dialect", "grupal", "--find-max", "lost==0"], "--find-max"),
    ] {
        let mut command = binaries::loadgen();
        let output = command.args(["--reconnect", "5/s"]).args(options).output();
        let output = output.expect("it starts");
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words}");
        let expected = format!(
            "chat-loadgen: clients with sessions (--reconnect, --kill-every, and faults of nodes in \
             grupal) do not go together with {reason}\n"
        );
        assert_eq!(words, expected);
    }
}
