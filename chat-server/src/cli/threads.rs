//! The threads that serve the clients (`--threads`).

use std::io;

use tokio::runtime::{Builder, Runtime};

/// More processors than a machine of today has.
pub(super) const MAX_THREADS: u16 = 1024;

/// One thread needs no locks to be fast; several share the connections and the rooms.
pub(super) fn runtime(threads: usize) -> io::Result<Runtime> {
    match threads {
        1 => Builder::new_current_thread(),
        several => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(several);
            builder
        }
    }
    .enable_all()
    .build()
}
