//! The start of a server, and its options.

use std::fs;

use chat_drive::failure::Result;
use chat_drive::skip;
use chat_tests::cluster::{Node, SharedLog};
use chat_tests::harness::broker::{Broker, outdated};
use chat_tests::harness::stage::Stage;

use super::{OPTIONS, chat};

/// A log at a broker that needs not be there.
fn somewhere() -> SharedLog {
    SharedLog { brokers: "127.0.0.1:9".to_owned(), name: "school".to_owned() }
}

#[test]
fn r14_1_the_log_is_reached_as_the_user_that_is_given_at_any_of_the_brokers() -> Result {
    let stage = Stage::new();
    let users = "authorization { user: ana, password: s3cret }";
    let Some(broker) = Broker::start_with(&stage, users)? else { return Ok(()) };
    let password = broker.folder().join("password");
    let file = password.display().to_string();
    let options = ["--cluster-user", "ana", "--cluster-password-file", &file];
    let brokers = format!("127.0.0.1:9,nats://{}", broker.address());
    let log = SharedLog { brokers, ..somewhere() };
    for (text, status) in [("wrong\n", 1), ("s3cret\n", 0)] {
        fs::write(&password, text).map_err(|error| stage.failure(error))?;
        let output = log.init(&options);
        assert_eq!(output.status.code(), Some(status), "{output:?}");
    }
    assert_eq!(log.init(&[]).status.code(), Some(1));
    Ok(())
}

#[test]
fn r14_1_chats_of_two_names_at_one_broker_are_two() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let log = SharedLog::make(&stage, &chat.log.brokers, "other")?;
    let other = log.serve(&stage, "other", &OPTIONS)?;
    let [a, b] = chat.doors;
    let mut ana = a.member("Ana", "sala")?;
    let mut namesake = other.door.member("Ana", "sala")?;
    namesake.send("hola\n")?;
    let mut carla = b.member("Carla", "sala")?;
    ana.expect("* Carla viene de la sala general")?;
    carla.send("hola\n")?;
    ana.expect("Carla > hola")
}

#[test]
fn r14_2_the_options_of_a_log_are_checked() {
    for options in [
        &["--cluster-init", "--cluster", "127.0.0.1:9", "--replicas", "2"][..],
        &["--cluster-init"],
        &["--cluster", "127.0.0.1:9", "--replicas", "3"],
        &["--cluster", "127.0.0.1:9", "--cluster-name", "a b"],
    ] {
        let output = chat_tests::binaries::server().args(options).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{options:?}: {output:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn r14_3_a_server_waits_for_a_broker_that_has_the_log_and_says_so() -> Result {
    let stage = Stage::new();
    let Some(mut broker) = Broker::start(&stage)? else { return Ok(()) };
    broker.kill()?;
    let log = SharedLog { brokers: broker.address(), ..somewhere() };
    let mut stopped = stage.start("stopped", log.command(&OPTIONS))?;
    let server = stage.start("server", log.command(&OPTIONS))?;
    let waits = |line: &str, why: &str| {
        line.starts_with("* espera a los otros servidores: ") && line.contains(why)
    };
    let unreachable = |line: &str| waits(line, "cannot reach a NATS server");
    for server in [&stopped, &server] {
        for _ in 0..2 {
            server.out.find(unreachable, "that it waits for a broker")?;
        }
    }
    stopped.signal(15)?;
    stopped.expect_exit(0)?;
    broker.restart()?;
    server.out.find(|line| waits(line, "there is no stream"), "that it waits for a log")?;
    SharedLog::make(&stage, &broker.address(), "school")?;
    let node = Node::when_started(&stage, server)?;
    node.door.member("Ana", "sala").map(drop)
}

#[test]
fn r14_7_a_server_with_other_options_waits_and_says_so() -> Result {
    let stage = Stage::new();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let options = [&OPTIONS, &["--max-rooms", "7"][..]].concat();
    let server = stage.start("server", chat.log.command(&options))?;
    server.err.find(|line| line.contains("have other options"), "that it waits").map(drop)
}

#[test]
fn r14_3_an_old_broker_is_refused() -> Result {
    let stage = Stage::new();
    let Some(program) = outdated() else {
        skip("no nats-server before 2.11 is installed");
        return Ok(());
    };
    let broker = Broker::of_program(&stage, "old", &program, "")?;
    let log = SharedLog { brokers: broker.address(), ..somewhere() };
    for options in [&["--cluster-init"][..], &["--profile", "grupal"]] {
        let output = log.run(options);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("2.11 or later is needed"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    Ok(())
}

#[test]
fn r14_4_what_a_cluster_does_not_have_is_refused() {
    for (options, option) in [
        (&["--operator", "Profe"][..], "--operator"),
        (&["--profile", "practico"], "--operator"),
        (&["--store", "store.db"], "--store"),
        (&["--max-line", "32769"], "--max-line"),
    ] {
        let output = somewhere().run(options);
        assert_eq!(output.status.code(), Some(2), "{options:?}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("--cluster") && said.contains(option), "{said}");
    }
}

#[test]
fn r14_4_the_longest_line_that_is_allowed_arrives() -> Result {
    let stage = Stage::new();
    let options = [&OPTIONS[..], &["--max-line", "32768"]].concat();
    let Some(chat) = chat(&stage)? else { return Ok(()) };
    let third = chat.log.serve(&stage, "third", &options)?;
    let mut lara = third.door.member("Lara", "largo")?;
    let mut lino = chat.doors[1].member("Lino", "largo")?;
    lara.expect("* Lino viene de la sala general")?;
    let long = "x".repeat(32768);
    for _ in 0..3 {
        lara.send(format!("{long}\n"))?;
        lino.expect(&format!("Lara > {long}"))?;
    }
    let text = "x".repeat(32768 - "/privado Lino ".len());
    lara.send(format!("/privado Lino {text}\n"))?;
    lino.expect(&format!("[privado] Lara > {text}"))
}
