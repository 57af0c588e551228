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

/// Returns a future that completes when the process gets SIGHUP: its terminal is closed. It never
/// does in a process that was started with SIGHUP ignored, as `nohup` does.
#[cfg(unix)]
pub fn hangup() -> io::Result<impl Future<Output = ()>> {
    hangup_or(None::<fn()>)
}

/// The same; but with something to `reload`, that is done on each SIGHUP, ignored or not, and the future never completes.
#[cfg(unix)]
pub fn hangup_or(mut reload: Option<impl FnMut()>) -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let is_ignored = reload.is_none() && hangup_is_ignored();
    let mut hangup = if is_ignored { None } else { Some(signal(SignalKind::hangup())?) };
    Ok(async move {
        let Some(hangup) = &mut hangup else { return std::future::pending().await };
        while hangup.recv().await.is_some() {
            match &mut reload {
                Some(reload) => reload(),
                None => return,
            }
        }
    })
}

/// Returns whether the process ignores SIGHUP. Only Linux tells; elsewhere it seems not to.
#[cfg(unix)]
pub fn hangup_is_ignored() -> bool {
    /// SIGHUP is signal 1, the lowest bit of the hexadecimal mask.
    const SIGHUP: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|ignored| ignored & SIGHUP != 0)
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

/// The same: here, no signal asks to read something anew.
#[cfg(windows)]
pub fn hangup_or(_: Option<impl FnMut()>) -> io::Result<impl Future<Output = ()>> {
    hangup()
}
