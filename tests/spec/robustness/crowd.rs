//! A thousand clients that join at once.

use std::time::Instant;

use chat_drive::failure::Result;
use chat_terminal::descriptors;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;

const CROWD: usize = 1000;

/// Raises the limit of descriptors, which the server inherits.
fn can_hold_all() -> bool {
    descriptors::raise().is_none_or(|[soft, _]| soft >= 2 * CROWD as u64)
}

/// The next `number` lines.
fn lines(peer: &mut Peer, number: usize) -> Result<Vec<String>> {
    (0..number).map(|_| peer.hear().map(|line| line.expect("a line"))).collect()
}

/// The lines that a member must receive: all after its own joining, except its own message.
fn heard_by(name: &str, all: &[String]) -> Vec<String> {
    let joined = format!("* {name} se ha unido");
    let own = format!("{name} > hola");
    let behind = all.iter().skip_while(|line| **line != joined).skip(1);
    behind.filter(|line| **line != own).cloned().collect()
}

#[test]
fn r5_3_a_thousand_who_join_at_once_hear_one_order() -> Result {
    if !can_hold_all() {
        return Ok(()); // Nor can this machine.
    }
    let chat = Chat::start_with(&["--profile", "sala", "--crowd-rate", "off"])?;
    let begun = Instant::now();
    let mut ana = chat.member("Ana")?;
    let names: Vec<String> = (0..CROWD).map(|i| format!("P{i}")).collect();
    let mut crowd = Vec::new();
    for name in &names {
        crowd.push(chat.asked_peer(name)?);
    }
    for (peer, name) in crowd.iter_mut().zip(&names) {
        peer.send(format!("{name}\nhola\n"))?;
    }
    let all = lines(&mut ana, 2 * CROWD)?;
    for name in &names {
        let joined = format!("* {name} se ha unido");
        assert_eq!(all.iter().filter(|line| **line == joined).count(), 1, "{joined}");
    }
    ana.send("todos\n")?;
    for (peer, name) in crowd.iter_mut().zip(&names) {
        let expected = heard_by(name, &all);
        let told = peer.hear()?.expect("a line");
        assert!(told.starts_with(&format!("* eres {name}; en general (")), "{told}");
        assert!(told.len() < 300, "{told}");
        assert_eq!(lines(peer, expected.len())?, expected, "what {name} heard");
        peer.expect("Ana > todos")?;
    }
    let last =
        all.iter().rev().find_map(|line| line.strip_prefix("* ")?.strip_suffix(" se ha unido"));
    let last = names.iter().position(|name| Some(&**name) == last).expect("somebody joined");
    let mut last_peer = crowd.remove(last);
    last_peer.send("fin\n")?;
    let end = format!("{} > fin", names[last]);
    ana.expect(&end)?;
    crowd.iter_mut().try_for_each(|peer| peer.expect(&end))?;
    eprintln!("{CROWD} joined, spoke and heard each other in {:?}", begun.elapsed());
    Ok(())
}
