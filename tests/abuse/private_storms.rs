//! Storms of private messages: many that write to one member from other rooms.

use std::thread;

use chat_drive::failure::Result;
use chat_tests::chat::Chat;

use crate::healthy::Healthy;

/// Senders of private messages, in two rooms.
const SENDERS: usize = 20;
/// Messages of each: more than an outbox and a socket hold.
const EACH: usize = 100;
/// Messages of the receiver's own room meanwhile.
const LINES: usize = 300;

#[test]
fn r2_1_private_messages_from_other_rooms_cost_a_member_no_message_of_its_own() -> Result {
    let options = ["--profile", "grupal", "--presence", "off", "--max-rate", "off"];
    let chat = Chat::start_with(&[&options[..], &["--outbox", "64KiB"]].concat())?;
    let healthy = Healthy::start_apart(&chat, &[])?;
    let (mut ana, mut bea) = (chat.member("Ana")?, chat.member("Bea")?);
    let storm = format!("/privado Ana {:x>4000}\n", "").repeat(EACH);
    let mut senders = Vec::new();
    for i in 0..SENDERS {
        let mut sender = chat.member(&format!("otro{i}"))?;
        sender.send(format!("/sala otra{}\n", i % 2))?;
        sender.forget_what_arrives()?;
        let storm = storm.clone();
        senders.push(thread::spawn(move || (sender.send(storm), sender)));
    }
    let mut private = 0;
    for n in 0..LINES {
        bea.send(format!("linea {n}\n"))?;
        loop {
            let line = ana.hear()?.expect("the server goes on");
            if !line.starts_with("[privado] ") {
                assert_eq!(line, format!("Bea > linea {n}"));
                break;
            }
            private += 1;
        }
    }
    assert!(private > 0);
    for sender in senders {
        let (sent, _sender) = sender.join().expect("no panic");
        sent?;
    }
    healthy.finish(&chat.stage)
}
