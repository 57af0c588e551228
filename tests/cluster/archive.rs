//! Reading the log in bulk, and what outlives it.

use chat_cluster::nats::{MAX_LASTING, NatsError, Records};
use chat_drive::failure::Result;
use chat_tests::harness::broker::Broker;
use chat_tests::harness::stage::Stage;

use crate::{logs, operator, options, pass, publish, record, subscribe};

async fn all(mut records: Records) -> Vec<u64> {
    let mut sequences = Vec::new();
    while let Some(record) = records.next().await.expect("read") {
        assert_eq!(record.message, pass(record.sequence));
        assert!(record.time > 1_600_000_000_000, "milliseconds since 1970");
        assert!(sequences.last().is_none_or(|last| *last < record.sequence), "in order, once");
        sequences.push(record.sequence);
        assert_eq!(record.delivered, sequences.len() as u64);
    }
    sequences
}

#[tokio::test(flavor = "multi_thread")]
async fn any_part_of_the_log_is_read_without_what_is_gone() -> Result {
    const ALL: u64 = 700;
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let [mut log] = logs(&broker).await;
    let archive = log.archive();
    assert_eq!(all(archive.records(0, 10)).await, [0; 0], "of an empty log");
    subscribe(&mut log, 1, 0).await;
    for number in 1..=ALL {
        publish(&mut log, number);
        record(&mut log).await;
    }
    let read = async |behind, up_to| all(archive.records(behind, up_to)).await;
    assert_eq!(read(0, ALL).await, (1..=ALL).collect::<Vec<_>>());
    assert_eq!(read(300, 310).await, (301..=310).collect::<Vec<_>>());
    assert_eq!(read(ALL - 1, ALL + 50).await, [ALL]);
    assert_eq!(read(5, 5).await, [0; 0]);
    assert_eq!(read(ALL + 3, ALL + 9).await, [0; 0]);
    let stream = operator(&broker).await.get_stream("CHAT_school").await.expect("there");
    for gone in [1, 2, 100, 256, 257, ALL] {
        stream.delete_message(gone).await.expect("deleted");
    }
    let rest: Vec<_> = (1..=ALL).filter(|at| ![1, 2, 100, 256, 257, ALL].contains(at)).collect();
    assert_eq!(read(0, ALL).await, rest);
    assert_eq!(read(255, 257).await, [0; 0]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lasting_snapshot_is_the_last_one_and_outlives_the_log() -> Result {
    let stage = Stage::new();
    let Some(mut broker) = Broker::start(&stage)? else { return Ok(()) };
    let [log] = logs(&broker).await;
    let archive = log.archive();
    assert_eq!(archive.lasting().await.expect("read"), None);
    let large: Vec<u8> = (0..3_000_000u32).map(|n| n.to_le_bytes()[1]).collect();
    for snapshot in [&b"first"[..], &large, b"third", &large] {
        archive.keep_lasting(snapshot).await.expect("kept");
        assert_eq!(archive.lasting().await.expect("read").as_deref(), Some(snapshot));
    }
    let too_long = archive.keep_lasting(&vec![0; MAX_LASTING + 1]).await;
    assert!(matches!(too_long, Err(NatsError::Refused(_))));
    operator(&broker).await.delete_stream("CHAT_school").await.expect("deleted");
    broker.kill()?;
    broker.restart()?;
    let [again] = logs(&broker).await;
    assert_eq!(again.archive().lasting().await.expect("read"), Some(large));
    let bucket =
        operator(&broker).await.get_stream("OBJ_CHAT_school_lasting").await.expect("there");
    let kept = bucket.cached_info().state.bytes;
    assert!(kept < 3_100_000, "what was replaced is deleted: {kept} bytes");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_log_there_is_nothing_to_read() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let log = chat_cluster::nats::connect(&options(&broker)).await.expect("connected");
    let archive = log.archive();
    assert!(matches!(archive.last().await, Err(NatsError::NoStream(_))));
    assert!(matches!(archive.lasting().await, Err(NatsError::NoStream(_))));
    assert!(matches!(archive.keep_lasting(b"x").await, Err(NatsError::NoStream(_))));
    assert!(archive.records(0, 1).next().await.is_err());
    Ok(())
}
