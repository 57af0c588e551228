//! The relay as clients see it, on a thread of its own.

mod faulty;
mod harness;

use std::io::Write;
use std::net::Shutdown;

use chat_protocol::options::endpoint::Endpoint;
use chat_protocol::options::time_limit::TimeLimit;
use clap::Parser;
use harness::{Client, Running};

use super::log::Totals;
use super::options::{OneIn, ParseOneInError};
use super::*;

#[test]
fn odds_are_written_as_they_are_read() {
    assert_eq!("1/30".parse::<OneIn>().unwrap().to_string(), "1/30");
    for text in ["", "30", "1/", "1/0", "2/3", "1/x"] {
        assert_eq!(text.parse::<OneIn>(), Err(ParseOneInError), "{text:?}");
    }
}

#[test]
fn the_command_line_is_consistent() {
    let options = harness::CommandLine::try_parse_from(["relay"]).unwrap().options;
    assert_eq!((options.bind, options.stall), (Endpoint::default(), TimeLimit::OFF));
    <harness::CommandLine as clap::CommandFactory>::command().debug_assert();
}

#[test]
fn an_address_that_is_taken_is_said() {
    let running = Running::start(&[]);
    let bind = ["relay", "--bind", &running.address.to_string()];
    let options = harness::CommandLine::parse_from(bind).options;
    let error = Hub::bind(&options, Room::default()).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {}", running.address));
}

#[test]
fn a_line_goes_to_all_but_its_sender_and_in_one_order_for_all() {
    let running = Running::start(&[]);
    let mut clients = running.gather(5);
    for round in 0..200 {
        for (i, client) in clients[..3].iter_mut().enumerate() {
            client.say(&format!("{i} {round}\n"));
        }
    }
    for (i, client) in clients[..3].iter_mut().enumerate() {
        client.say(&format!("fin {i}\n"));
    }
    let order = clients[4].hear_lines(603);
    assert_eq!(clients[3].hear_lines(603), order);
    for (i, client) in clients[..3].iter_mut().enumerate() {
        let is_own =
            |line: &String| line.starts_with(&format!("{i} ")) || *line == format!("fin {i}\n");
        let others: Vec<_> = order.iter().filter(|line| !is_own(line)).cloned().collect();
        assert_eq!(client.hear_lines(402), others);
    }
}

#[test]
fn lines_are_whole_wherever_they_are_cut() {
    let text = "uno\n\ndos y más\r\ntres\n";
    let running = Running::start(&[]);
    let mut clients = running.gather(3);
    for cut in 1..text.len() {
        let [a, b, c] = &mut clients[..] else { unreachable!() };
        a.stream.write_all(&text.as_bytes()[..cut]).unwrap();
        // What c says in between must not stand within a's line.
        c.say("entre\n");
        b.hear("entre\n");
        a.stream.write_all(&text.as_bytes()[cut..]).unwrap();
        a.hear("entre\n");
        c.hear("tres\n");
    }
    let heard = &clients[2].heard;
    assert_eq!(*heard, text.repeat(text.len() - 1));
    let b = clients[1].heard.clone() + &String::from_utf8_lossy(&clients[1].rest);
    assert!(b.lines().all(|line| ["uno", "", "dos y más", "tres", "entre"].contains(&line)));
}

#[test]
fn who_does_not_read_holds_nobody_up_and_misses_nothing() {
    let running = Running::start(&[]);
    let mut clients = running.gather(3);
    let line = "x".repeat(8191) + "\n";
    for _ in 0..1400 {
        clients[0].say(&line);
        clients[1].hear_bytes(line.len());
    }
    clients[0].say("fin\n");
    clients[1].hear("fin\n");
    clients[2].hear("fin\n");
    assert_eq!(clients[2].heard, line.repeat(1400) + "fin\n");
}

#[test]
fn who_never_reads_is_dropped_after_a_while() {
    let running = Running::start(&[]);
    let mut clients = running.gather(3);
    let line = "x".repeat(65535) + "\n";
    for _ in 0..1000 {
        clients[0].say(&line);
        clients[1].hear_bytes(line.len());
    }
    let heard = clients[2].hear_to_the_end();
    assert!(heard < 1000 * line.len(), "{heard}");
}

#[test]
fn a_line_without_end_ends_the_connection() {
    let running = Running::start(&[]);
    let mut clients = running.gather(3);
    // The connection may be gone before all of it is written.
    let _: io::Result<()> = clients[0].stream.write_all(&vec![b'x'; 3 << 20]);
    clients[0].hear_to_the_end();
    clients[1].say("fin\n");
    clients[2].hear("fin\n");
    assert_eq!(clients[2].heard, "fin\n");
}

#[test]
fn who_resets_or_leaves_is_forgotten() {
    let running = Running::start(&[]);
    let mut clients = running.gather(5);
    let gone = clients.split_off(3);
    let [mut polite, rude] = <[Client; 2]>::try_from(gone).unwrap();
    socket2::SockRef::from(&rude.stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    drop(rude);
    polite.say("adiós\nsalir\nnunca dicho\n");
    polite.hear_to_the_end();
    clients[2].say("último\n");
    clients[2].stream.shutdown(Shutdown::Write).unwrap();
    clients[2].hear_to_the_end();
    clients[0].say("fin\n");
    clients[1].hear("fin\n");
    assert_eq!(clients[1].heard, "adiós\núltimo\nfin\n");
    assert_eq!(running.stop().0, Totals::default());
}
