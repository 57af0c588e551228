//! Users, and TLS.

use std::fs;

use chat_cluster::entry::Subject;
use chat_cluster::log::Log;
use chat_cluster::nats::{self, NatsError, Options, Replicas};
use chat_cluster::pass::MAX_PASS;
use chat_drive::failure::Result;
use chat_tests::harness::broker::Broker;
use chat_tests::harness::stage::Stage;

use crate::{logs, next, options, publish, record, subscribe, until_trouble};

fn user(name: &str, password: &str) -> (String, String) {
    (name.to_owned(), password.to_owned())
}

/// Makes the log if it can be reached.
async fn init(options: &Options) -> std::result::Result<(), NatsError> {
    nats::init(options, Replicas::One, None, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_users_of_the_broker_are_let_in() -> Result {
    let stage = Stage::new();
    let users = "authorization { user: ana, password: s3cret }";
    let Some(broker) = Broker::start_with(&stage, users)? else { return Ok(()) };
    let mut options = options(&broker);
    for wrong in [None, Some(user("ana", "wrong")), Some(user("bea", "s3cret"))] {
        options.user = wrong;
        assert!(matches!(init(&options).await, Err(NatsError::NotAuthorised)));
    }
    options.user = Some(user("ana", "s3cret"));
    init(&options).await.expect("made");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_missing_is_told_of() -> Result {
    let stage = Stage::new();
    let users = r#"authorization { users: [
        { user: ana, password: ana }
        { user: bea, password: bea, permissions: { publish: { deny: "chat.school.log.public" } } }
    ] }"#;
    let Some(broker) = Broker::start_with(&stage, users)? else { return Ok(()) };
    let mut options = options(&broker);
    options.user = Some(user("ana", "ana"));
    init(&options).await.expect("made");
    options.user = Some(user("bea", "bea"));
    let mut log = nats::connect(&options).await.expect("connected");
    subscribe(&mut log, 1, 0).await;
    publish(&mut log, 1);
    let is_it = |trouble: &NatsError| trouble.to_string().contains("chat.school.log.public");
    until_trouble(&mut log, is_it).await;
    // It goes away when a pass is kept.
    log.publish(Subject::Private, b"pass");
    record(&mut log).await;
    while log.trouble().is_some() {
        next(&mut log).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_is_refused_is_told_of() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let [mut log] = logs(&broker).await;
    subscribe(&mut log, 1, 0).await;
    log.publish(Subject::Public, &vec![0; MAX_PASS + 1025]);
    let is_it = |trouble: &NatsError| trouble.to_string().contains("message size exceeds");
    until_trouble(&mut log, is_it).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_checked_with_the_given_authorities() -> Result {
    let stage = Stage::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder");
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    fs::write(&certificate, made.cert.pem()).expect("written");
    fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    let tls = format!("tls {{ cert_file: {certificate:?}, key_file: {key:?} }}");
    let Some(broker) = Broker::start_with(&stage, &tls)? else { return Ok(()) };
    let mut options = options(&broker);
    let port = broker.address().split_off("127.0.0.1".len());
    options.servers = vec![format!("tls://localhost{port}")];
    assert!(matches!(init(&options).await, Err(NatsError::Unreachable(_))), "of no authority");
    options.authorities = Some(certificate);
    init(&options).await.expect("made");
    options.servers = vec![format!("127.0.0.1{port}")];
    assert!(matches!(init(&options).await, Err(NatsError::Unreachable(_))), "for another name");
    options.servers = vec![format!("localhost{port}")];
    init(&options).await.expect("the server asks for TLS itself");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_tls_is_refused_if_it_is_required() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let mut options = options(&broker);
    options.requires_tls = true;
    assert!(matches!(init(&options).await, Err(NatsError::Unreachable(_))));
    Ok(())
}
