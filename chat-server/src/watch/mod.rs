//! Watching a running server: metrics, and whether it is healthy (`--metrics`); the form of its diagnostics (`--log-format`).
//! Chapter 15.

mod listener;
mod log;
mod page;
mod process;

use std::io;
use std::sync::Arc;

use chat_protocol::language::Language;
use chat_protocol::limits::DEFAULT_METRICS_PORT;
use chat_protocol::options::endpoint::{Endpoint, ParseEndpointError};
use clap::Args;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

use crate::Server;
use crate::console::Console;
use crate::counts::Counts;
use crate::tls::Secured;
pub(crate) use log::Level;
use log::LogOptions;
use page::Present;

/// The options by which a server is watched.
#[derive(Args, Debug)]
pub(crate) struct WatchOptions {
    /// Address and port to listen on for `/metrics` in the form of `OpenMetrics`, `/live` and `/ready`; the port is 9464 if it
    /// is left out
    #[arg(help_heading = "Running", long, value_name = "ADDR:PORT", value_parser = endpoint)]
    pub(crate) metrics: Option<Endpoint>,

    #[command(flatten)]
    pub(crate) log: LogOptions,
}

/// What can be asked of a server while it runs.
pub(crate) struct Watch {
    registry: Registry,
    counts: Arc<Counts>,
    present: Arc<Present>,
}

fn endpoint(text: &str) -> Result<Endpoint, ParseEndpointError> {
    Endpoint::of_listener(text, DEFAULT_METRICS_PORT)
}

impl Watch {
    /// Answers requests from now on, for as long as the runtime is there, and says where.
    pub(crate) fn start(
        listener: TcpListener,
        secured: Option<&Secured>,
        console: &Console,
        language: Language,
    ) -> io::Result<Arc<Self>> {
        let mut registry = Registry::default();
        let counts = Arc::new(Counts::new(&mut registry));
        let present = Arc::new(Present::new(secured.map(Secured::expiry)));
        registry.register_collector(Box::new(Arc::clone(&present)));
        console.announce(language.metrics_at(listener.local_addr()?));
        let watch = Arc::new(Self { registry, counts, present });
        tokio::spawn(listener::run(listener, Arc::clone(&watch)));
        Ok(watch)
    }

    pub(crate) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// People can be let in by this server from now on.
    pub(crate) fn serves(&self, server: &Arc<Server>) {
        // It is told once.
        let _ = self.present.server.set(Arc::downgrade(server));
    }
}
