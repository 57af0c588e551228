//! The signals that end a program as if its user had (requirements 1.6 and 4.3).

use std::future::Future;
use std::io;

/// Completes when the process is asked to end: SIGINT or SIGTERM.
///
/// The handlers are in place when this returns, before anyone can learn that the program runs.
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

/// Completes when the terminal that the process belongs to is gone: SIGHUP.
#[cfg(unix)]
pub fn hangup() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        hangup.recv().await;
    })
}

/// Completes when the process is asked to end: Ctrl-C or Ctrl-Break.
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

/// Completes when the console window is closed.
#[cfg(windows)]
pub fn hangup() -> io::Result<impl Future<Output = ()>> {
    let mut close = tokio::signal::windows::ctrl_close()?;
    Ok(async move {
        close.recv().await;
    })
}
