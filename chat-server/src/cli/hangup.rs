//! SIGHUP: what is read anew without stopping (requirements 1.6, 1.14, 10.9 and 13.9).

use std::env;
use std::future::Future;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use chat_terminal::signals;
use tokio::task::spawn_blocking;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::reload::Handle;

use super::layers::{self, Setting};
use crate::people::house::motd::Motd;
use crate::service::Reloading;
use crate::tls::Secured;

/// The options of a running server that come from a file, and what of them can change.
pub(super) struct Configuration {
    pub(super) path: PathBuf,
    /// With these the server was started.
    pub(super) settings: Vec<Setting>,
    pub(super) level: Handle<LevelFilter, Registry>,
    /// One reads at a time, so that the last one to begin is the last one to end.
    pub(super) reading: Mutex<()>,
}

/// Completes on a SIGHUP that is to stop the server: one that has nothing to read anew, and a terminal that may have
/// been closed.
pub(super) fn hangup(
    secured: Option<&Secured>,
    motd: Arc<Motd>,
    configuration: Option<Configuration>,
) -> io::Result<impl Future<Output = ()>> {
    let configuration = configuration.map(Arc::new);
    let has_something = secured.is_some() || motd.is_on() || configuration.is_some();
    let reload = move || {
        let reloading = Reloading::begin();
        if !has_something {
            tracing::warn!(
                "there is nothing to read anew: no certificate, no message of the day, no --config"
            );
        }
        if let Some(secured) = secured {
            secured.reload(&reloading);
        }
        motd.reload(&reloading);
        if let Some(configuration) = &configuration {
            configuration.reload(&reloading);
        }
    };
    signals::hangup_or((has_something || !has_terminal()).then_some(reload))
}

/// Returns whether a terminal that is closed takes the server with it.
fn has_terminal() -> bool {
    io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal()
}

impl Configuration {
    /// Reads the file anew, on a thread of its own: a file can take its time. Nothing changes if there is something wrong.
    fn reload(self: &Arc<Self>, reloading: &Reloading) {
        let (configuration, reloading) = (Arc::clone(self), reloading.clone());
        spawn_blocking(move || {
            let _reloading = reloading;
            let _reading = configuration.reading.lock().unwrap_or_else(PoisonError::into_inner);
            let file = configuration.path.display();
            let own: Vec<_> = env::args_os().collect();
            let read = match layers::read(&own) {
                Ok(read) => read,
                Err(why) => return tracing::error!("the old options stay: {why}"),
            };
            // It fails once nothing is reported any more.
            let _ = configuration.level.modify(|level| *level = read.watch.log.log);
            tracing::info!(%file, "the options were read anew");
            let mut changed = layers::changed(&configuration.settings, &read.settings);
            changed.retain(|name| *name != "log");
            if !changed.is_empty() {
                let options = changed.join(", ");
                tracing::warn!(%file, options, "these options change when the server is started anew");
            }
        });
    }
}
