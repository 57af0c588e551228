//! The metrics.

#![expect(clippy::float_cmp, reason = "these are whole numbers")]

use std::time::{SystemTime, UNIX_EPOCH};

use chat_tests::metrics::{get, scrape, wait_for};
use tempfile::TempDir;

use super::*;

#[test]
fn r15_2_what_happens_is_counted_by_the_way_in_and_by_its_reason() -> Result {
    let folder = TempDir::new().expect("a folder");
    let store = folder.path().join("chat.db").display().to_string();
    let quiet = ["--profile", "grupal", "--presence", "off", "--max-rate", "off"];
    let chat = Chat::start_secured(&[&quiet[..], &METRICS, &["--store", &store]].concat())?;
    let at = metrics(&chat);
    let begun = scrape(at);
    assert_eq!(begun["chat_ready"], 1.0);
    assert_eq!(begun["chat_clients{door=\"wss\"}"], 0.0);
    assert_eq!(begun["chat_refused_total{reason=\"command\"}"], 0.0);

    let mut ana = member(&chat, Door::Plain, "Ana")?;
    let mut bea = member(&chat, Door::Tls, "Bea")?;
    let mut caro = member(&chat, Door::SecureWebSocket, "Caro")?;
    for text in ["uno", "dos"] {
        ana.send(format!("{text}\n"))?;
        for peer in [&mut bea, &mut caro] {
            peer.expect(&format!("Ana > {text}"))?;
        }
    }
    bea.send("/nada\n/privado Nadie hola\n/sala general\n")?;
    while bea.hear()?.is_some_and(|line| !line.contains("general")) {}
    let samples = wait_for(at, "said", |samples| samples["chat_lines_total"] == 2.0);
    for (name, value) in [
        ("chat_deliveries_total", 4.0),
        ("chat_clients{door=\"plain\"}", 1.0),
        ("chat_clients{door=\"tls\"}", 1.0),
        ("chat_clients{door=\"ws\"}", 0.0),
        ("chat_clients{door=\"wss\"}", 1.0),
        ("chat_connections_total{door=\"tls\"}", 1.0),
        ("chat_refused_total{reason=\"command\"}", 1.0),
        ("chat_refused_total{reason=\"receiver\"}", 1.0),
        ("chat_refused_total{reason=\"room\"}", 1.0),
        ("chat_refused_total{reason=\"line_too_long\"}", 0.0),
        ("chat_store_lost_lines_total", 0.0),
        ("chat_outbox_bytes", 0.0),
        ("chat_pass_seconds_bucket{le=\"+Inf\"}", samples["chat_pass_seconds_count"]),
    ] {
        assert_eq!(samples[name], value, "{name}");
    }
    assert!(samples["chat_pass_seconds_count"] >= 2.0 && samples["chat_pass_seconds_sum"] > 0.0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs_f64();
    assert!(samples["chat_certificate_expiry_timestamp_seconds"] > now);
    assert!((samples["process_start_time_seconds"] - now).abs() < 3600.0);
    if cfg!(target_os = "linux") {
        assert!(samples["process_resident_memory_bytes"] > 1e6);
        assert!(samples["process_open_fds"] >= 7.0, "three clients, and four listeners");
    }
    drop(caro);
    wait_for(at, "gone", |samples| samples["chat_clients{door=\"wss\"}"] == 0.0);
    Ok(())
}

#[test]
fn r15_2_a_page_says_of_each_metric_what_it_is_and_nothing_of_a_client() -> Result {
    let chat = Chat::start_with(&[&["--profile", "grupal"][..], &METRICS].concat())?;
    let mut ana = member(&chat, Door::Plain, "Anastasia")?;
    ana.send("/sala cocina\nun secreto\n/nada\n")?;
    while ana.hear()?.is_some_and(|line| !line.contains("nada")) {}
    let (head, page) = get(metrics(&chat), "/metrics").expect("an answer");
    let form = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(head.contains(&format!("\r\nContent-Type: {form}\r\n")), "{head}");
    assert!(head.contains("\r\nConnection: close"), "{head}");
    assert!(page.ends_with("# EOF\n"), "{page}");
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let labels = line.split_once('{').map_or("", |(_, labels)| labels);
        let label = labels.split_once('=').map_or("", |(label, _)| label);
        assert!(["", "door", "reason", "le", "version"].contains(&label), "{line}");
    }
    let port = ana.address().port().to_string();
    for word in ["Anastasia", "cocina", "secreto", "nada", &port] {
        assert!(!page.contains(word), "{word} in {page}");
    }
    for line in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        assert!(line.starts_with("chat_") || line.starts_with("process_"), "{line}");
    }
    Ok(())
}

#[test]
fn r15_2_what_waits_for_a_slow_client_and_what_it_misses_is_counted() -> Result {
    let options = ["--max-rate", "off", "--outbox", "16KiB", "--slow-timeout", "1m"];
    let chat = Chat::start_with(&[&options[..], &METRICS].concat())?;
    let stuck = chat.stuck_peer("stuck")?;
    let mut ana = chat.peer("ana")?;
    let line = "x".repeat(4000) + "\n";
    let at = metrics(&chat);
    // It is not known how much the system takes.
    for _ in 0..20 {
        ana.send(line.repeat(250))?;
        if scrape(at)["chat_missed_lines_total"] > 0.0 {
            break;
        }
    }
    let missed = |samples: &chat_tests::metrics::Samples| samples["chat_missed_lines_total"] > 0.0;
    let samples = wait_for(at, "missed", missed);
    assert!(samples["chat_outbox_bytes"] > 0.0, "{samples:?}");
    drop(stuck);
    wait_for(at, "gone", |samples| samples["chat_outbox_bytes"] == 0.0);
    Ok(())
}

#[test]
fn r15_2_a_connection_that_is_refused_is_counted_with_the_reason() -> Result {
    let options = ["--max-clients", "1", "--when-full", "refuse"];
    let chat = Chat::start_with(&[&options[..], &METRICS].concat())?;
    let _ana = chat.peer("ana")?;
    let mut bea = chat.stage.connect("bea", chat.address)?;
    bea.expect("! servidor lleno")?;
    let full = "chat_connections_refused_total{reason=\"server_full\"}";
    wait_for(metrics(&chat), "refused", |samples| samples[full] == 1.0);
    Ok(())
}
