//! Brokers that are killed and stopped: the chat stands still meanwhile.

use async_nats::jetstream;
use chat_drive::failure::Result;
use chat_protocol::name::NameError;
use chat_protocol::wording::NAME_KEYWORD;
use chat_tests::ES;
use chat_tests::cluster::{Entrance, Node, SharedLog, enter, hear_until};
use chat_tests::harness::broker::Broker;
use chat_tests::harness::peer::Peer;
use chat_tests::harness::stage::Stage;

use super::{OPTIONS, own, runtime};
use crate::c11_memory::resuming::Resumer;

/// Two people, each at a server of its own, in one room.
fn two([a, b]: [Entrance<'_>; 2]) -> Result<[Peer; 2]> {
    let mut ana = a.member("Ana", "sala")?;
    let bea = b.member("Bea", "sala")?;
    ana.expect("* Bea viene de la sala general")?;
    Ok([ana, bea])
}

/// Each says these, and hears those of the other, once and in order. They are told nothing else but that the log is
/// away.
fn numbers_pass(peers: &mut [Peer; 2], numbers: std::ops::Range<u32>) -> Result {
    for (peer, name) in peers.iter_mut().zip(["Bea", "Ana"]) {
        for n in numbers.clone() {
            let due = format!("{name} > {n}");
            let heard = hear_until(peer, &due)?;
            let notices = [ES.servers_away(), ES.servers_back()];
            for line in &heard[..heard.len() - 1] {
                assert!(notices.contains(&line.as_str()), "{line:?} before {due:?}");
            }
        }
    }
    Ok(())
}

fn say(peers: &mut [Peer; 2], numbers: std::ops::Range<u32>) -> Result {
    peers.iter_mut().try_for_each(|peer| {
        numbers.clone().try_for_each(|number| peer.send(format!("{number}\n")))
    })
}

#[test]
fn r14_9_nothing_is_lost_with_a_broker_that_is_killed_and_starts_again() -> Result {
    let stage = Stage::new();
    let Some(mut chat) = own(&stage, &OPTIONS)? else { return Ok(()) };
    let mut peers = two(chat.doors())?;
    for round in 0..3 {
        let first = round * 300;
        say(&mut peers, first..first + 100)?;
        chat.broker.kill()?;
        say(&mut peers, first + 100..first + 200)?;
        chat.broker.restart()?;
        say(&mut peers, first + 200..first + 300)?;
        numbers_pass(&mut peers, first..first + 300)?;
    }
    let [ana, bea] = &mut peers;
    ana.send("/quien\nfin\n")?;
    hear_until(ana, "* en sala (2): Ana, Bea")?;
    hear_until(bea, "Ana > fin").map(drop)
}

#[test]
fn r14_9_people_are_told_once_that_the_log_is_away_and_once_that_it_is_back() -> Result {
    let stage = Stage::new();
    let Some(mut chat) = own(&stage, &OPTIONS)? else { return Ok(()) };
    let mut peers = two(chat.doors())?;
    chat.broker.kill()?;
    for peer in &mut peers {
        peer.expect(ES.servers_away())?;
    }
    for node in &chat.nodes {
        node.server.out.wait_for(ES.servers_away())?;
    }
    // More than each server takes meanwhile.
    let long = "x".repeat(3000);
    for peer in &mut peers {
        for n in 0..100 {
            peer.send(format!("{n} {long}\n"))?;
        }
        peer.send("fin\n")?;
    }
    chat.broker.restart()?;
    for (peer, name) in peers.iter_mut().zip(["Bea", "Ana"]) {
        let mut heard = hear_until(peer, &format!("{name} > fin"))?;
        if !heard.iter().any(|line| line == ES.servers_back()) {
            heard.push(peer.hear()?.unwrap_or_default());
        }
        let (notices, messages): (Vec<_>, Vec<_>) =
            heard.into_iter().partition(|line| line.starts_with("* "));
        assert_eq!(notices, [ES.servers_back()]);
        assert_eq!(messages.len(), 101);
        for (n, line) in messages[..100].iter().enumerate() {
            assert_eq!(*line, format!("{name} > {n} {long}"));
        }
    }
    Ok(())
}

#[test]
fn r14_9_nothing_is_lost_with_one_of_three_brokers() -> Result {
    let stage = Stage::new();
    let Some(mut brokers) = Broker::start_three(&stage)? else { return Ok(()) };
    let addresses = brokers.each_ref().map(Broker::address).join(",");
    let log = SharedLog { brokers: addresses, name: "school".to_owned() };
    // They have to find each other first.
    stage.eventually("the log is made", || log.init(&["--replicas", "3"]).status.success())?;
    let [a, b] = ["a", "b"].map(|name| stage.start(name, log.command(&OPTIONS)));
    let [a, b] = [Node::when_started(&stage, a?)?, Node::when_started(&stage, b?)?];
    let mut peers = two([a.door, b.door])?;
    say(&mut peers, 0..50)?;
    let leader = leader(&brokers[0].address());
    let leader = brokers.iter_mut().find(|broker| Some(broker.name()) == leader.as_deref());
    leader.ok_or_else(|| stage.failure("none of them leads"))?.kill()?;
    say(&mut peers, 50..100)?;
    numbers_pass(&mut peers, 0..100)
}

/// The name of the broker that leads those of the log.
fn leader(broker: &str) -> Option<String> {
    runtime().block_on(async {
        let client = async_nats::connect(broker).await.expect("connected");
        let stream = jetstream::new(client).get_stream("CHAT_school").await.expect("there");
        stream.cached_info().cluster.as_ref()?.leader.clone()
    })
}

#[cfg(unix)]
#[test]
fn r14_9_nothing_is_lost_with_a_broker_that_stands_still() -> Result {
    let stage = Stage::new();
    let Some(chat) = own(&stage, &OPTIONS)? else { return Ok(()) };
    let mut peers = two(chat.doors())?;
    say(&mut peers, 0..10)?;
    chat.broker.pause()?;
    say(&mut peers, 10..20)?;
    let mut heard = [vec![], vec![]];
    for (peer, heard) in peers.iter_mut().zip(&mut heard) {
        heard.extend(hear_until(peer, ES.servers_away())?);
    }
    chat.broker.resume()?;
    for (peer, heard) in peers.iter_mut().zip(&mut heard) {
        heard.extend(hear_until(peer, ES.servers_back())?);
    }
    say(&mut peers, 20..30)?;
    for ((peer, heard), name) in peers.iter_mut().zip(&mut heard).zip(["Bea", "Ana"]) {
        heard.extend(hear_until(peer, &format!("{name} > 29"))?);
        let (notices, messages): (Vec<_>, Vec<_>) =
            std::mem::take(heard).into_iter().partition(|line| line.starts_with("* "));
        assert_eq!(notices, [ES.servers_away(), ES.servers_back()]);
        assert_eq!(messages, (0..30).map(|n| format!("{name} > {n}")).collect::<Vec<_>>());
    }
    Ok(())
}

#[test]
fn r14_10_no_new_name_is_given_while_the_log_is_away_and_no_session_ends() -> Result {
    let stage = Stage::new();
    let Some(mut chat) = own(&stage, &OPTIONS)? else { return Ok(()) };
    let [a, b] = chat.nodes.each_ref().map(|node| node.door);
    let refused = ES.name_refused(NameError::NotNow).to_string();
    let mut ana = Resumer::begin(a.member("Ana", "sala")?)?;
    let mut bea = b.member("Bea", "sala")?;
    ana.expect_kind("comes")?;
    // Before it is known, and afterwards.
    let [mut early, mut late, again] = [a.asked("early")?, b.asked("late")?, b.peer("again")?];
    chat.broker.kill()?;
    early.send("Eva\n")?;
    hear_until(&mut bea, ES.servers_away())?;
    late.send("Luz\n")?;
    for peer in [&mut early, &mut late] {
        peer.expect(&refused)?;
        peer.expect(NAME_KEYWORD)?;
    }
    let mut cut = std::mem::replace(&mut ana.peer, again);
    cut.end_sending()?;
    while cut.hear()?.is_some() {}
    ana.peer.send(format!("/reanudar {} {}\n", ana.token, ana.position))?;
    hear_until(&mut ana.peer, ES.was_isolated())?;
    ana.peer.expect_end()?;
    chat.broker.restart()?;
    hear_until(&mut bea, ES.servers_back())?;
    bea.send("hola\n")?;
    ana.come_back(a.peer("again")?)?;
    ana.expect("Bea", "hola")?;
    enter(&mut early, "Eva", "cocina")?;
    enter(&mut late, "Luz", "cocina")
}
