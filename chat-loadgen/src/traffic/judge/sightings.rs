//! What is kept of an anomaly: its second, its message, its text.

use crate::traffic::client::Client;
use crate::traffic::ledger::anomalies::{Anomaly, Sighting};
use crate::traffic::ledger::seconds::Second;
use crate::traffic::shared::Shared;

/// The second in which an anomaly counts.
pub(super) fn second(
    shared: &Shared,
    anomaly: Anomaly,
    message: Option<(u32, u32)>,
    now: u64,
) -> Second {
    match message {
        Some((sender, number)) if anomaly.was_due() => shared.seconds.of(sender, number),
        _ => shared.window.second(now),
    }
}

/// An anomaly of a message at a client.
pub(super) fn sighting(
    shared: &Shared,
    client: &Client,
    message: Option<(u32, u32)>,
    now: u64,
    detail: String,
) -> Sighting {
    let times = message.and_then(|(sender, number)| shared.in_flight.times(sender, number));
    let sent = times.map(|times| times.written);
    Sighting { receiver: client.index, message, sent, at: now, detail }
}

/// Longest quotation, in bytes.
pub(super) const QUOTED: usize = 200;

/// A damaged text as a witness quotes it: every byte can be seen.
pub(super) fn quoted(text: &[u8]) -> String {
    let cut = &text[..text.len().min(QUOTED)];
    format!("{}{}", cut.escape_ascii(), if cut.len() < text.len() { "…" } else { "" })
}
