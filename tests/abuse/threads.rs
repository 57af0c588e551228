//! The same guarantees with several threads (`--threads`) and with messages held back to send them
//! together (`--coalesce`).

use chat_drive::failure::Result;
use chat_tests::chat::{Chat, sees_the_stop};
use chat_tests::harness::door::Door;
use chat_tests::harness::peer::Peer;

use crate::healthy::Healthy;
use crate::slow_readers::stops_and_goes_on;

const SIGTERM: i32 = 15;

const GRUPAL: [&str; 6] = ["--profile", "grupal", "--presence", "off", "--max-rate", "off"];

#[test]
fn r2_3_two_threads_show_all_one_order_while_clients_come_and_go() -> Result {
    let chat = Chat::start_with(&["--threads", "2"])?;
    let healthy = Healthy::start_with(&chat, &["--senders", "8", "--rate", "1000/s"])?;
    for _ in 0..200 {
        chat.peer("guest").map(Peer::reset)?;
    }
    healthy.finish(&chat.stage)
}

#[test]
fn r2_3_two_threads_show_all_one_order_at_full_speed() -> Result {
    let chat = Chat::start_with(&["--threads", "2"])?;
    let mut stuck = Vec::new();
    for i in 0..5 {
        stuck.push(chat.stuck_peer(&format!("stuck {i}"))?);
    }
    let healthy = Healthy::start_with(&chat, &["--senders", "19", "--window", "64"])?;
    (0..20).try_for_each(|_| healthy.go_on(&chat.stage))?;
    healthy.finish(&chat.stage)
}

/// Members enough for the threads to share a pass, through every door, some of whom come, go, or take nothing.
#[test]
fn r2_3_threads_share_the_pass_over_a_large_room_in_one_order() -> Result {
    let chat = Chat::start_secured(&["--threads", "3"])?;
    let stuck = chat.stuck_peer("stuck")?;
    let mut options = vec!["--insecure".to_owned()];
    for door in [Door::Plain, Door::Tls, Door::SecureWebSocket] {
        let address = chat.address_of(door)?;
        options.push("--server".to_owned());
        options.push(match door {
            Door::Plain => address.to_string(),
            Door::Tls => format!("tls://{address}"),
            _ => format!("wss://{address}/ws"),
        });
    }
    options.extend(["--clients", "450", "--senders", "9", "--rate", "30/s"].map(str::to_owned));
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let healthy = Healthy::start_with(&chat, &options)?;
    for _ in 0..50 {
        chat.peer("guest").map(Peer::reset)?;
    }
    healthy.finish(&chat.stage)?;
    drop(stuck);
    Ok(())
}

#[test]
fn r2_1_two_threads_deliver_to_those_who_come_back() -> Result {
    let chat = Chat::start_with(&["--threads", "2"])?;
    let healthy = Healthy::start_with(&chat, &["--churn", "8/s", "--rate", "500/s"])?;
    (0..20).try_for_each(|_| healthy.go_on(&chat.stage))?;
    healthy.finish(&chat.stage)
}

#[test]
fn r6_2_two_threads_keep_rooms_apart() -> Result {
    let chat = Chat::start_with(&[&GRUPAL[..], &["--threads", "2"]].concat())?;
    let rooms = ["--rooms", "4", "--senders", "8", "--rate", "1000/s"];
    let healthy = Healthy::start_apart(&chat, &rooms)?;
    // A member that changes from room to room.
    let mut eva = chat.member("Eva")?;
    eva.forget_what_arrives()?;
    let hops: Vec<_> = (0..100).map(|i| format!("/sala carga-{}\n", i % 4)).collect();
    eva.send(hops.concat())?;
    healthy.finish(&chat.stage)
}

#[test]
fn r2_1_two_threads_tell_a_slow_reader_what_it_missed() -> Result {
    stops_and_goes_on(&["--outbox", "4KiB", "--threads", "2"])
}

#[test]
fn r2_1_what_waits_for_more_is_delivered_all_the_same() -> Result {
    for threads in ["1", "2"] {
        let options = ["--coalesce", "2ms", "--threads", threads];
        let mut chat = Chat::start_with(&[&GRUPAL[..], &options].concat())?;
        let healthy = Healthy::start_apart(&chat, &["--senders", "8", "--rate", "1000/s"])?;
        let [mut ana, mut bea, mut caro] = chat.members(["Ana", "Bea", "Caro"])?;
        ana.send("/privado Bea solo tu\nsalir\n")?;
        ana.expect("[privado a Bea] solo tu")?;
        ana.expect_end()?;
        bea.expect("[privado] Ana > solo tu")?;
        healthy.finish(&chat.stage)?;
        caro.send("hola\nadios")?;
        chat.server.signal(SIGTERM)?;
        bea.expect("Caro > hola")?;
        bea.expect("Caro > adios")?;
        sees_the_stop(&mut bea)?;
        chat.server.expect_exit(0)?;
        chat.server.err.expect_end()?;
    }
    Ok(())
}
