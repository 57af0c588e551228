//! The guide and the dashboard name the metrics that there are.

use std::collections::BTreeSet;
use std::fs;

use chat_tests::cluster::{Node, SharedLog};
use chat_tests::harness::broker::Broker;
use chat_tests::harness::stage::Stage;
use chat_tests::metrics::{get, names};
use serde_json::Value;
use tempfile::TempDir;

use super::*;

/// A file of the repository.
fn read(name: &str) -> String {
    let path = format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The samples that the guide's table names: `| chat_lines_total | …`.
fn in_guide() -> BTreeSet<String> {
    let guide = read("docs/watching.md");
    let name = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    guide.lines().filter_map(name).filter(|name| !name.starts_with('/')).collect()
}

/// The metrics of a page, as their samples are called; a histogram is called as it is.
#[track_caller]
fn on_page(at: SocketAddr) -> BTreeSet<String> {
    let (_, page) = get(at, "/metrics").expect("an answer");
    let kind = |name: &str| match page.split_once(&format!("# TYPE {name} ")) {
        Some((_, rest)) if rest.starts_with("counter") => "_total",
        _ => "",
    };
    names(&page).map(|name| format!("{name}{}", kind(name))).collect()
}

#[test]
fn r15_2_the_guide_names_the_metrics_of_a_server() -> Result {
    let folder = TempDir::new().expect("a folder");
    let store = folder.path().join("chat.db").display().to_string();
    let chat = Chat::start_secured(&[&METRICS[..], &["--store", &store]].concat())?;
    let mut named = in_guide();
    named.retain(|name| !name.starts_with("chat_cluster_"));
    assert_eq!(named, on_page(metrics(&chat)));
    Ok(())
}

#[test]
fn r15_2_the_guide_names_the_metrics_of_a_cluster() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let log = SharedLog::make(&stage, &broker.address(), "watched")?;
    let options = [&["--profile", "grupal"][..], &METRICS].concat();
    let server = stage.start("server", log.command(&options))?;
    let line = server.out.find(|_| true, "where the metrics are")?;
    let at = chat_tests::chat::metrics_in(&line).expect("an address");
    let _node = Node::when_started(&stage, server)?;
    let is_member = |samples: &chat_tests::metrics::Samples| {
        samples.get("chat_cluster_members").is_some_and(|members| *members > 0.5)
    };
    chat_tests::metrics::wait_for(at, "part of the cluster", is_member);
    assert_eq!(get(at, "/ready").expect("an answer").1, "ready\n");
    let of_cluster = |names: BTreeSet<String>| -> Vec<String> {
        names.into_iter().filter(|name| name.starts_with("chat_cluster_")).collect()
    };
    assert_eq!(of_cluster(in_guide()), of_cluster(on_page(at)));
    Ok(())
}

/// The queries of a dashboard, with the titles of their panels.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let panels = dashboard["panels"].as_array().expect("panels");
    let queries = panels.iter().flat_map(|panel| {
        let targets = panel["targets"].as_array().into_iter().flatten();
        targets.map(|target| (panel["title"].to_string(), target["expr"].to_string()))
    });
    queries.collect()
}

#[test]
fn r15_2_the_dashboard_asks_for_metrics_that_there_are() {
    let text = read("packaging/grafana/chat-server.json");
    let dashboard: Value = serde_json::from_str(&text).expect("JSON");
    let (named, mut asked) = (in_guide(), BTreeSet::new());
    for (panel, query) in queries(&dashboard) {
        let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let metrics = words.filter(|w| w.starts_with("chat_") || w.starts_with("process_"));
        for metric in metrics.filter(|word| *word != "chat_server") {
            let histogram = ["_bucket", "_sum", "_count"];
            let bare = histogram.iter().find_map(|end| metric.strip_suffix(end)).unwrap_or(metric);
            assert!(named.contains(bare), "{panel} asks for {metric}");
            asked.insert(bare.to_owned());
        }
    }
    let missing: Vec<_> = named.difference(&asked).collect();
    assert!(missing.is_empty(), "on no panel: {missing:?}");
}
