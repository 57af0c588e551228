//! Signals that start a graceful shutdown (requirements 1.6 and 4.3).

use std::future::Future;
use std::io;

/// Returns a future that completes when the process gets SIGINT or SIGTERM.
///
/// The handlers are installed when this function returns, before the program reports that it runs.
#[cfg(unix)]
pub fn stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Returns a future that completes when the process gets SIGHUP: its terminal is closed.
#[cfg(unix)]
pub fn hangup() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        hangup.recv().await;
    })
}

/// Returns a future that completes when the process gets Ctrl-C or Ctrl-Break.
#[cfg(windows)]
pub fn stop() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    let mut terminate = tokio::signal::windows::ctrl_break()?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Returns a future that completes when the console window is closed.
#[cfg(windows)]
pub fn hangup() -> io::Result<impl Future<Output = ()>> {
    let mut close = tokio::signal::windows::ctrl_close()?;
    Ok(async move {
        close.recv().await;
    })
}
