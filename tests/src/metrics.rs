//! Pages of metrics: how they are asked for, and the rules of the text formats of Prometheus.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Longest wait for an answer, and for metrics that are to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// The time between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// The values by the names and labels of their samples, as they are written.
pub type Samples = BTreeMap<String, f64>;

/// The answer to a request: its head, and what stands behind it.
pub fn ask(address: SocketAddr, request: &str) -> io::Result<(String, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok((head.to_owned(), body.to_owned()))
}

/// The answer to a GET request for this path.
pub fn get(address: SocketAddr, path: &str) -> io::Result<(String, String)> {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
}

/// The samples of the page at this address, which follows the rules.
///
/// # Panics
///
/// When there is no such page.
#[track_caller]
pub fn scrape(address: SocketAddr) -> Samples {
    let (head, page) = get(address, "/metrics").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    follows_the_rules(&page);
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').expect("a value");
        (name.to_owned(), value.parse().expect("a number"))
    };
    samples.map(sample).collect()
}

/// The first samples of which this holds.
///
/// # Panics
///
/// When there are none within half a minute.
#[track_caller]
pub fn wait_for(address: SocketAddr, what: &str, holds: impl Fn(&Samples) -> bool) -> Samples {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let samples = scrape(address);
        if holds(&samples) {
            return samples;
        }
        assert!(Instant::now() < deadline, "never {what}: {samples:#?}");
        std::thread::sleep(LOOK);
    }
}

/// The names of a page's metrics without what samples add to them.
pub fn names(page: &str) -> impl Iterator<Item = &str> {
    page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
}

/// Checks the rules of the text formats that a scrape depends on: each sample belongs to the metric whose help and type stand
/// before it, none comes twice, and those of counters are called so. In `OpenMetrics` the type has the name without that.
///
/// # Panics
///
/// When a line breaks one.
#[track_caller]
pub fn follows_the_rules(page: &str) {
    assert!(page.ends_with('\n'), "{page}");
    let (mut metric, mut kind, mut seen) = ("", "", Vec::new());
    for line in page.strip_suffix("# EOF\n").unwrap_or(page).lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let name = help.split(' ').next().unwrap_or_default();
            assert!(!seen.contains(&name) && help.len() > name.len() + 5, "{line}");
            seen.push(name);
            metric = name;
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            kind = rest.strip_prefix(metric).expect("the metric of the help").trim_start();
        } else {
            let (name, _) = line.rsplit_once(' ').expect("a value");
            let bare = name.split('{').next().unwrap_or_default();
            let suffix = bare.strip_prefix(metric).unwrap_or_else(|| panic!("{line} of {metric}"));
            let suffixes: &[&str] = match kind {
                "histogram" => &["_bucket", "_sum", "_count"],
                "summary" => &["", "_sum", "_count"],
                "counter" if metric.ends_with("_total") => &[""],
                "counter" => &["_total"],
                "gauge" => &[""],
                _ => &[],
            };
            assert!(suffixes.contains(&suffix), "{line}, a {kind}");
            assert!(!seen.contains(&name) || name == metric, "{line} twice");
            seen.push(name);
        }
    }
}
