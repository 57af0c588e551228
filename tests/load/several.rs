//! Runs against several addresses, and of several generators.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::thread;
use std::{fs, io};

use chat_drive::failure::Result;
use chat_tests::binaries;
use serde_json::Value;

use crate::ledger::{count, logged};
use crate::running::{Ended, Relay, load, read, run};

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
    assert_eq!(sum("disconnected"), 1);
    let response = addresses.iter().map(|at| &at["response"]["count"]);
    assert_eq!(response.collect::<Vec<_>>(), of("deliveries"));

    let witnesses = ended.value("/ledger/witnesses/lost").as_array().expect("a list");
    let known = |at: &Value| doors.iter().any(|door| at == door.as_str());
    let both = |seen: &Value| known(&seen["receiver_server"]) && known(&seen["sender_server"]);
    assert!(witnesses.len() == 5 && witnesses.iter().all(both), "{witnesses:?}");
    let page = fs::read_to_string(page).expect("a page");
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

/// Starts three generators that make one run of 30 clients, of which six send.
fn three_generators(relay: &Relay, options: &[&str]) -> [Child; 3] {
    let address = relay.address.to_string();
    let all = ["--server", &address, "--start-at", "+4s", "--clients", "30", "--senders", "6"];
    ["1/3", "2/3", "3/3"].map(|share| {
        let mut command = load(&[&all[..], &["--join", share], options].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("it starts")
    })
}

fn ended(generators: [Child; 3]) -> [Ended; 3] {
    generators.map(|generator| read(&generator.wait_with_output().expect("it ends")))
}

/// The sum of a number over all records.
fn sum(records: &[Ended], path: &str) -> u64 {
    records.iter().map(|record| record.number(path)).sum()
}

/// The records as one.
fn merged(records: &[Ended]) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = binaries::loadgen();
    command.args(["merge", "--json", "-"]);
    for record in records {
        let path = folder.path().join(record.value("/share/number").to_string());
        // As on a machine that is not busy.
        let mut record = record.record.clone();
        let wrong = record["ledger"]["lost"] != 0;
        record["verdict"]["status"] = if wrong { "faulty" } else { "valid" }.into();
        fs::write(&path, record.to_string()).expect("written");
        command.arg(path);
    }
    read(&command.output().expect("it starts"))
}

#[test]
fn three_generators_make_one_run_and_find_each_fault_once() -> Result {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let path = log.to_str().expect("a path");
    let relay = Relay::start(&["--drop", "1/9", "--dup", "1/30", "--log", path])?;
    let options = ["--rate", "300/s", "--drain-timeout", "500ms", "--connect-concurrency", "4"];
    let records = ended(three_generators(&relay, &options));
    drop(relay);
    let log = logged(&log);
    // One run of 300 messages to 29 clients each, as one generator would have made it.
    let whole = merged(&records);
    assert_eq!(whole.number("/traffic/messages"), 300);
    assert_eq!(whole.number("/traffic/connected"), 30);
    assert_eq!(whole.number("/ledger/expected"), 300 * 29);
    assert_eq!(whole.number("/ledger/lost"), count(&log, "drop"), "{log:?}");
    assert_eq!(whole.number("/ledger/duplicated"), count(&log, "dup"));
    let ok = 300 * 29 - count(&log, "drop");
    assert_eq!(whole.number("/ledger/ok"), ok);
    for wrong in ["undecided", "foreign", "corrupt", "reordered", "echoed", "late", "cut_off"] {
        assert_eq!(whole.number(&format!("/ledger/{wrong}")), 0, "{wrong}");
    }
    assert_eq!(whole.status, Some(3), "{}", whole.words);
    // A generator alone cannot know of the last messages of others.
    let undecided = sum(&records, "/ledger/undecided");
    assert!(undecided > 0, "lost at the end");
    assert_eq!(undecided + sum(&records, "/ledger/lost"), whole.number("/ledger/lost"));
    // Only a generator's own messages are timed: two thirds of what came are of others.
    let (timed, elsewhere) =
        (sum(&records, "/traffic/deliveries"), sum(&records, "/share/elsewhere"));
    assert_eq!(timed + elsewhere, ok);
    assert!(elsewhere > 300 * 15, "{elsewhere}");
    for (number, record) in (1..).zip(&records) {
        assert_eq!((record.number("/share/number"), record.number("/share/of")), (number, 3));
        assert_eq!(record.value("/share/senders/0/name"), &format!("c-{}", 10 * (number - 1)));
        assert_eq!(record.value("/share/run"), records[0].value("/share/run"));
        assert_eq!(record.status, Some(3), "{}", record.words);
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn when_a_generator_is_killed_the_others_end_and_its_last_messages_are_undecided() -> Result {
    let relay = Relay::start(&[])?;
    let mut witness = relay.stage.connect("witness", relay.address)?;
    let options = ["--rate", "300/s", "--drain-timeout", "500ms"];
    let [first, mut second, third] = three_generators(&relay, &options);
    let mut measured = 0;
    while measured < 100 {
        let line = witness.hear()?.expect("a line");
        measured += u32::from(line.as_bytes().get(5) == Some(&b'm'));
    }
    second.kill().expect("it runs");
    second.wait().expect("it ends");
    let records = [first, third].map(|one| read(&one.wait_with_output().expect("it ends")));
    // Two thirds of the messages reach all but their sender, and of the others some do.
    let number = |path: &str| sum(&records, path);
    assert_eq!(number("/traffic/messages"), 200);
    assert_eq!(number("/ledger/expected"), 200 * 19 + 100 * 20);
    let (ok, undecided) = (number("/ledger/ok"), number("/ledger/undecided"));
    assert_eq!(ok + undecided, number("/ledger/expected"));
    assert!((200..100 * 20).contains(&undecided), "{undecided}");
    for record in &records {
        assert_eq!(record.status, Some(0), "{}", record.words);
        assert!(
            record.words.contains("of other generators, whose records tell"),
            "{}",
            record.words
        );
        let tails = record.value("/share/tails").as_array().expect("a list");
        let of_the_second = |tail: &Value| tail["sender"] == 2 || tail["sender"] == 3;
        assert!(!tails.is_empty() && tails.iter().all(of_the_second), "{tails:?}");
    }
    let whole = merged(&records);
    assert_eq!(whole.number("/ledger/undecided"), undecided);
    assert_eq!(whole.status, Some(6), "{}", whole.words);
    assert_eq!(whole.value("/verdict/status"), "invalid");
    assert!(whole.words.contains("generator 2 of 3 has no record here"), "{}", whole.words);
    Ok(())
}

#[test]
fn clocks_that_differ_make_a_run_invalid() -> Result {
    let relay = Relay::start(&[])?;
    let address = relay.address.to_string();
    let all = ["--server", &address, "--clients", "6", "--senders", "2", "--drain-timeout", "2s"];
    // The second machine's clock is behind: it begins later.
    let [first, second] = [("1/2", "+3s"), ("2/2", "+4500ms")].map(|(share, begin)| {
        let mut command = load(&[&all[..], &["--join", share, "--start-at", begin]].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
    });
    let [first, second] =
        [first, second].map(|one| read(&one.wait_with_output().expect("it ends")));
    assert!(first.words.contains("its clock may be behind"), "{}", first.words);
    assert_eq!(second.value("/verdict/status"), "invalid");
    assert!(second.words.contains("the machines' clocks differ"), "{}", second.words);
    let early = second.value("/share/first_elsewhere").as_i64().expect("a number");
    assert!(early < -1_000_000_000, "{early}");
    Ok(())
}

#[test]
fn what_several_generators_cannot_do_is_refused() -> Result {
    let said = |options: &[&str]| {
        let output = load(options).output().expect("it starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let join = ["--join", "1/3", "--start-at", "+5s"];
    for (options, words) in [
        (&["--join", "1/3"][..], "--start-at"),
        (&["--join", "4/3", "--start-at", "+5s"], "the second of three generators"),
        (&[&join[..], &["--window", "5"]].concat(), "cannot be used with '--window <N>'"),
        (&[&join[..], &["--runs", "2"]].concat(), "cannot be used with '--runs <N>'"),
        (&[&join[..], &["--abort-if", "lost>0"]].concat(), "cannot be used with '--abort-if"),
        (&[&join[..], &["--churn", "5/s"]].concat(), "cannot be used with '--churn <RATE>'"),
        (&[&join[..], &["--spawn", "true"]].concat(), "cannot be used with '--spawn <COMMAND>'"),
        (
            &[&join[..], &["--clients", "30", "--senders", "2"]].concat(),
            "3 generators are too many",
        ),
    ] {
        let (status, said) = said(options);
        assert!(status == Some(2) && said.contains(words), "{options:?}: {said}");
    }
    let relay = Relay::start(&[])?;
    let address = relay.address.to_string();
    let at = |start| ["--server", &address, "--clients", "4", "--start-at", start];
    let (status, words) = said(&at("2020-01-01T00:00:00Z"));
    assert!(
        status == Some(1) && words.contains("connecting took until after --start-at"),
        "{words}"
    );
    // Alone, one of two never hears the other.
    let (status, words) = said(&[&at("+1s")[..], &["--join", "1/2", "--senders", "2"]].concat());
    assert!(
        status == Some(1) && words.contains("2 pairs of clients could not be shown"),
        "{words}"
    );
    Ok(())
}
