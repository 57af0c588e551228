//! A server that stands still: stopped and continued, as with Ctrl-Z and `fg`, or `docker pause`.

use std::thread;
use std::time::Duration;

use chat_drive::failure::Result;
use chat_tests::chat::{Chat, take_part};

use crate::healthy::Healthy;

const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;

/// The idle time, and the time for giving a name.
const LIMIT: &str = "2s";
/// Longer than the limit.
const STOP: Duration = Duration::from_millis(2500);

/// Stops the server for longer than the limit. `meanwhile` happens at the beginning.
fn stand_still(chat: &Chat, meanwhile: impl FnOnce() -> Result) -> Result {
    chat.server.signal(SIGSTOP)?;
    meanwhile()?;
    thread::sleep(STOP);
    chat.server.signal(SIGCONT)
}

#[test]
fn r8_1_those_who_spoke_while_the_server_stood_still_are_heard_and_stay() -> Result {
    const LINES: usize = 8;
    let chat = Chat::start_with(&["--label", "none", "--idle-timeout", LIMIT])?;
    let healthy = Healthy::start(&chat)?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    stand_still(&chat, || {
        bea.send("antes\n")?;
        (0..LINES).try_for_each(|n| ana.send(format!("durante {n}\n")))
    })?;
    ana.send("fin\n")?;
    let mut heard = Vec::new();
    while heard.last().is_none_or(|line| line != "fin") {
        let line = bea.hear()?.expect("the server goes on");
        heard.extend((!line.starts_with('{')).then_some(line));
    }
    let due: Vec<_> = (0..LINES).map(|n| format!("durante {n}")).chain(["fin".into()]).collect();
    assert_eq!(heard, due);
    loop {
        match ana.hear()?.expect("the server goes on").as_str() {
            "antes" => break,
            line => assert!(line.starts_with('{'), "{line:?}"),
        }
    }
    healthy.finish(&chat.stage)
}

#[test]
fn r5_6_a_name_that_came_while_the_server_stood_still_came_in_time() -> Result {
    let chat = Chat::start_with(&["--profile", "sala", "--name-timeout", LIMIT])?;
    let mut ana = chat.asked_peer("ana")?;
    stand_still(&chat, || ana.send("Ana\n"))?;
    take_part(&mut ana)
}
