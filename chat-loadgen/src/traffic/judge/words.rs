//! The server's words that are no message: counted by kind, the first of each kept harmlessly.

use chat_protocol::text::showable;

use super::{Judge, QUOTED};
use crate::traffic::client::{Client, Presence};
use crate::traffic::ledger::anomalies::{Anomaly, Sighting};
use crate::traffic::shared::Shared;
use crate::wire::dialects::Stage;

impl Judge {
    /// A line without any text of ours.
    #[cold]
    pub(super) fn not_a_message(
        &mut self,
        shared: &Shared,
        client: &Client,
        line: &[u8],
        said: bool,
        now: u64,
    ) {
        let is_text = std::str::from_utf8(line).is_ok_and(|line| !line.contains('\0'));
        let takes_part =
            client.presence == Presence::Here && client.began && client.until.is_none();
        match (is_text, said) {
            (false, _) => self.garbage(shared, client, line, now),
            // Greetings, questions and farewells are no news.
            _ if !takes_part => {}
            (true, true) => self.words(shared, Anomaly::Stranger, client, line, now),
            (true, false) => self.words(shared, Anomaly::Notice, client, line, now),
        }
    }

    /// A refusal or an error. In answer to a goodbye it is none.
    #[cold]
    pub(super) fn refused(&mut self, shared: &Shared, client: &Client, words: &[u8], now: u64) {
        refusal(shared, client, words);
        if client.until.is_none() {
            self.words(shared, Anomaly::Refusal, client, words, now);
        }
    }

    /// Bytes that the server should never have sent. They end a handshake.
    #[cold]
    pub(super) fn refused_with_garbage(
        &mut self,
        shared: &Shared,
        client: &Client,
        bytes: &[u8],
        now: u64,
    ) {
        refusal(shared, client, bytes);
        self.garbage(shared, client, bytes, now);
    }

    /// Records bytes that are no line of the protocol.
    #[cold]
    pub(crate) fn garbage(&mut self, shared: &Shared, client: &Client, bytes: &[u8], now: u64) {
        self.words(shared, Anomaly::Garbage, client, bytes, now);
    }

    /// Records words that are no message.
    pub(super) fn words(
        &mut self,
        shared: &Shared,
        kind: Anomaly,
        client: &Client,
        words: &[u8],
        now: u64,
    ) {
        let receiver = client.index;
        self.anomalies.record(kind, shared.window.second(now), || {
            let detail = harmless(words);
            Sighting { receiver, message: None, sent: None, at: now, detail }
        });
    }
}

/// Keeps the server's words when it refuses a client, for the first refusal only.
#[cold]
fn refusal(shared: &Shared, client: &Client, words: &[u8]) {
    if client.stage != Stage::Ready || client.presence == Presence::Coming {
        let _ = shared.refusal.set(harmless(words));
    }
}

/// Words as people read them, without characters that do something.
fn harmless(words: &[u8]) -> String {
    if words.is_empty() {
        return "(an empty line)".to_owned();
    }
    let cut = &words[..words.len().min(QUOTED)];
    let more = if cut.len() < words.len() { "…" } else { "" };
    format!("{}{more}", showable(String::from_utf8_lossy(cut)))
}
