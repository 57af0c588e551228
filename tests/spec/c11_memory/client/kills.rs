//! The real server dies, and another one goes on with its file.

use chat_tests::chat::Chat;

use super::super::store::{Place, RECORDED};
use super::*;

/// Lines of each author between two deaths.
const LINES: usize = 200;
const DEATHS: usize = 3;

/// The next message that a client shows.
fn message(client: &Program) -> Result<String> {
    client.out.find(|line| !line.starts_with("* ") && !line.ends_with(" > hola"), "a message")
}

#[test]
fn r11_15_across_the_death_of_a_server_each_message_is_heard_once() -> Result {
    let (place, stage) = (Place::new(), Stage::new());
    let mut chat = place.start(&["--durability", "commit"])?;
    let address = chat.address.to_string();
    let mut clients = Vec::new();
    for name in ["Ana", "Bea", "Eva"] {
        let mut command = binaries::client();
        command.args([&address, "-p", "grupal", "-n", name]);
        let client = stage.start(name, command)?;
        client.out.wait_for(RECORDED)?;
        clients.push(client);
    }
    // A line that was heard was said in a session.
    for (speaker, listener) in [(0, 1), (1, 2), (2, 0)] {
        clients[speaker].type_in("hola\n")?;
        clients[listener].out.find(|line| line.ends_with(" > hola"), "a line")?;
    }
    let mut heard = vec![Vec::new(); 3];
    for round in 0..DEATHS {
        for client in &mut clients[..2] {
            let lines = (0..LINES).map(|line| format!("{}\n", round * LINES + line));
            client.type_in(&lines.collect::<String>())?;
        }
        for _ in 0..LINES {
            heard[2].push(message(&clients[2])?);
        }
        chat.server.kill()?;
        chat = restarted(&place, &address)?;
    }
    let all = LINES * DEATHS;
    for (client, (heard, due)) in clients.iter().zip(heard.iter_mut().zip([all, all, 2 * all])) {
        while heard.len() < due {
            heard.push(message(client)?);
        }
    }
    // Nothing comes twice: the next line is one that is said now.
    clients[2].type_in("fin\n")?;
    clients[0].type_in("fin\n")?;
    for client in &clients {
        let next = message(client)?;
        assert!(next.ends_with(" > fin"), "{next}");
    }
    let of = |author: &str| (0..all).map(|line| format!("{author} > {line}")).collect::<Vec<_>>();
    for (client, author) in [(0, "Bea"), (1, "Ana")] {
        assert_eq!(heard[client], of(author));
        let there = heard[2].iter().filter(|line| line.starts_with(author)).cloned();
        assert_eq!(there.collect::<Vec<_>>(), of(author));
    }
    Ok(())
}

fn restarted(place: &Place, address: &str) -> Result<Chat> {
    place.start(&["--durability", "commit", "--bind", address])
}
