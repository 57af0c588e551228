//! Making the log, and the servers that are refused.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, StorageType};
use chat_cluster::nats::{self, NatsError, Options, Replicas};
use chat_drive::failure::Result;
use chat_tests::harness::broker::{Broker, outdated};
use chat_tests::harness::stage::Stage;

use crate::{ANA, eventually, operator, options};

const HOUR: Option<Duration> = Some(Duration::from_hours(1));

/// Why it cannot connect and join.
async fn refusal(options: &Options) -> NatsError {
    match nats::connect(options).await {
        Ok(mut log) => log.join(ANA).await.expect_err("refused"),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn is_made_once_and_never_changed() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let options = options(&broker);
    let made = async |keep, bytes| nats::init(&options, Replicas::One, keep, bytes).await;
    for _ in 0..2 {
        made(HOUR, Some(1 << 20)).await.expect("made");
    }
    for (keep, bytes, field) in
        [(None, Some(1 << 20), "max-age"), (HOUR, None, "max-bytes"), (HOUR, Some(1), "max-bytes")]
    {
        let refused = made(keep, bytes).await;
        assert!(matches!(refused, Err(NatsError::OtherStream { what, .. }) if what == field));
    }
    let refused = nats::init(&options, Replicas::Three, HOUR, Some(1 << 20)).await;
    let text = refused.expect_err("refused").to_string();
    assert!(text.starts_with("the stream CHAT_school has replicas 1, not 3"), "{text}");
    let mut log = nats::connect(&options).await.expect("connected");
    assert_eq!(log.join(ANA).await.expect("joined"), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn is_never_made_by_joining() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    for _ in 0..2 {
        let refused = refusal(&options(&broker)).await.to_string();
        assert_eq!(refused, "there is no stream CHAT_school: chat-server --cluster-init makes it");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_another_form_is_refused() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let memory = Config {
        name: "CHAT_school".into(),
        subjects: vec!["chat.school.log.*".into()],
        storage: StorageType::Memory,
        ..Config::default()
    };
    operator(&broker).await.create_stream(memory).await.expect("made");
    let expected = "the stream CHAT_school has storage memory, not file";
    let made = nats::init(&options(&broker), Replicas::One, None, None).await;
    for refused in [refusal(&options(&broker)).await, made.expect_err("refused")] {
        assert!(refused.to_string().starts_with(expected), "{refused}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_keep_three_copies() -> Result {
    let stage = Stage::new();
    let Some(brokers) = Broker::start_three(&stage)? else { return Ok(()) };
    let options = options(&brokers[0]);
    eventually(|| nats::init(&options, Replicas::Three, None, None)).await;
    nats::init(&options, Replicas::Three, None, None).await.expect("there already");
    let refused = nats::init(&options, Replicas::One, None, None).await;
    assert!(matches!(refused, Err(NatsError::OtherStream { what: "replicas", .. })));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_server_is_refused_with_the_reason() -> Result {
    let stage = Stage::new();
    let Some(program) = outdated() else {
        chat_drive::skip("a nats-server before 2.11 is not installed");
        return Ok(());
    };
    let broker = Broker::of_program(&stage, "old-broker", &program, "")?;
    let refused = refusal(&options(&broker)).await.to_string();
    assert!(refused.starts_with("nats-server 2."), "{refused}");
    assert!(refused.contains("is too old: 2.11 or later is needed"), "{refused}");
    let made = nats::init(&options(&broker), Replicas::One, None, None).await;
    assert!(matches!(made, Err(NatsError::TooOld(_))));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_jetstream_is_refused() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start_with(&stage, "# no jetstream")? else { return Ok(()) };
    let made = nats::init(&options(&broker), Replicas::One, None, None).await;
    for refused in [refusal(&options(&broker)).await, made.expect_err("refused")] {
        assert!(matches!(refused, NatsError::NoJetStream), "{refused}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_too_little_is_refused() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start_with(&stage, "max_payload: 64KB")? else { return Ok(()) };
    assert!(matches!(
        refusal(&options(&broker)).await,
        NatsError::SmallPayload { found: 65536, .. }
    ));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_and_files_are_named_in_errors() -> Result {
    let stage = Stage::new();
    let Some(mut broker) = Broker::start(&stage)? else { return Ok(()) };
    let mut options = options(&broker);
    broker.kill()?;
    assert!(matches!(refusal(&options).await, NatsError::Unreachable(_)));
    options.credentials = Some("missing.creds".into());
    let refused = refusal(&options).await;
    assert_eq!(refused.to_string(), "cannot read missing.creds");
    options.credentials = None;
    options.authorities = Some("missing.pem".into());
    assert_eq!(refusal(&options).await.to_string(), "cannot read missing.pem");
    options.servers = vec!["a:1,b:2".into()];
    assert!(matches!(refusal(&options).await, NatsError::Address(text) if text == "a:1,b:2"));
    Ok(())
}
