//! The page of metrics: what the server has counted, and what is looked up when it is asked for.

use std::fmt;
use std::sync::{OnceLock, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::Watch;
use super::process::Process;
use crate::Server;

/// The time at which the certificate expires, in seconds since 1970.
pub(crate) type Expiry = Box<dyn Fn() -> Option<u64> + Send + Sync>;

/// What is looked up.
pub(super) struct Present {
    /// The server, once people can be let in.
    pub(super) server: OnceLock<Weak<Server>>,
    expiry: Option<Expiry>,
    begun: SystemTime,
}

impl Watch {
    /// All metrics, in the form of `OpenMetrics` 1.0.
    pub(super) fn page(&self) -> String {
        let mut page = String::new();
        // Writing to memory cannot fail.
        let _ = encode(&mut page, &self.registry);
        page
    }
}

impl Present {
    pub(super) fn new(expiry: Option<Expiry>) -> Self {
        Self { server: OnceLock::new(), expiry, begun: SystemTime::now() }
    }

    /// The reason for which no people can be let in now, if there is one.
    pub(super) fn obstacle(&self) -> Option<&'static str> {
        let Some(server) = self.server.get() else { return Some("starting") };
        let Some(server) = server.upgrade().filter(|server| !server.stopping.is_cancelled()) else {
            return Some("draining");
        };
        let cluster = server.cluster.as_ref();
        cluster.is_some_and(|cluster| !cluster.is_reached()).then_some("waiting for the cluster")
    }
}

impl Collector for Present {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        page.version()?;
        page.gauge("chat_ready", "1 where /ready says so", u8::from(self.obstacle().is_none()))?;
        if let Some(expires) = self.expiry.as_ref().and_then(|expiry| expiry()) {
            let help = "Time at which the certificate expires, since 1970";
            page.gauge("chat_certificate_expiry_timestamp_seconds", help, float(expires))?;
        }
        if let Some(server) = self.server.get().and_then(Weak::upgrade) {
            page.store(&server)?;
            page.cluster(&server)?;
        }
        page.process(self.begun)
    }
}

impl fmt::Debug for Present {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Present").finish_non_exhaustive()
    }
}

/// A page in the making.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn add(&mut self, name: &str, help: &str, metric: &impl EncodeMetric) -> fmt::Result {
        // As the registry writes them.
        let help = format!("{help}.");
        metric.encode(self.0.encode_descriptor(name, &help, None, metric.metric_type())?)
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Into<f64>) -> fmt::Result {
        self.add(name, help, &ConstGauge::new(value.into()))
    }

    fn counter(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.add(name, help, &ConstCounter::new(value))
    }

    fn version(&mut self) -> fmt::Result {
        let help = "Always 1, for the version of the server.";
        let mut gauge =
            self.0.encode_descriptor("chat_build_info", help, None, MetricType::Gauge)?;
        let labels = [("version", env!("CARGO_PKG_VERSION"))];
        ConstGauge::new(1_i64).encode(gauge.encode_family(&labels)?)
    }

    fn store(&mut self, server: &Server) -> fmt::Result {
        let Some(store) = server.deliveries.memories().and_then(|all| all.archive().store()) else {
            return Ok(());
        };
        let (waiting, lost) = store.figures();
        let help = "Bytes that wait to be written to the store";
        self.gauge("chat_store_queue_bytes", help, float(waiting))?;
        self.counter("chat_store_lost_lines", "Lines that were not stored", float(lost))
    }

    fn cluster(&mut self, server: &Server) -> fmt::Result {
        let Some(cluster) = &server.cluster else { return Ok(()) };
        let (figures, lag) = cluster.figures();
        let [members, holes, waiting, resent] = figures.map(float);
        let help = "Servers that are this chat; 0 while this one is no part of it";
        self.gauge("chat_cluster_members", help, members)?;
        self.gauge(
            "chat_cluster_holes",
            "Servers of which a message to the log is missing",
            holes,
        )?;
        let help = "Bytes that have not come back from the log";
        self.gauge("chat_cluster_waiting_bytes", help, waiting)?;
        let help = "Time for which the oldest message to the log has been under way";
        self.gauge("chat_cluster_lag_seconds", help, lag.as_secs_f64())?;
        self.counter("chat_cluster_resent", "Messages that were sent to the log again", resent)
    }

    fn process(&mut self, begun: SystemTime) -> fmt::Result {
        let begun = begun.duration_since(UNIX_EPOCH).unwrap_or_default();
        let help = "Time at which the server started, since 1970";
        self.gauge("process_start_time_seconds", help, begun.as_secs_f64())?;
        let Some(process) = Process::now() else { return Ok(()) };
        let help = "Processor time of the server, of user and system";
        self.counter("process_cpu_seconds", help, process.cpu)?;
        let help = "Memory that the server has in RAM";
        self.gauge("process_resident_memory_bytes", help, float(process.resident))?;
        let help = "File descriptors that are open";
        self.gauge("process_open_fds", help, float(process.descriptors))?;
        let Some(most) = process.most_descriptors else { return Ok(()) };
        self.gauge("process_max_fds", "File descriptors that may be open", float(most))
    }
}

/// Counts and bytes are exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "a metric is a double")]
fn float(number: u64) -> f64 {
    number as f64
}
