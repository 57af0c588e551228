//! The server's words that are no message: counted by kind, the first of each kept harmlessly.

use chat_protocol::text::showable;

use super::Judge;
use super::sightings::QUOTED;
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
        let takes_part = client.presence == Presence::Here && client.began;
        match (is_text, said) {
            (false, _) => self.garbage(shared, client, line, now),
            // Greetings, questions and farewells are no news.
            _ if !takes_part => self.hear_words(client, line),
            (true, true) => self.words(shared, Anomaly::Stranger, client, line, now),
            _ if client.until.is_some() => {}
            (true, false) => self.words(shared, Anomaly::Notice, client, line, now),
        }
    }

    /// Keeps words to a client that does not take part yet: the error says the last of them if it
    /// never does.
    #[cold]
    pub(crate) fn hear_words(&mut self, client: &Client, words: &[u8]) {
        if client.presence == Presence::Coming {
            self.heard.clear();
            self.heard.extend_from_slice(&words[..words.len().min(READ)]);
        }
    }

    /// Publishes the last of these words.
    pub(crate) fn publish_words(&mut self, shared: &Shared) {
        if !self.heard.is_empty() {
            shared.note_words(harmless(&self.heard, self.secret.as_deref()));
            self.heard.clear();
        }
    }

    /// A refusal or an error. In answer to a goodbye it is none.
    #[cold]
    pub(crate) fn refused(&mut self, shared: &Shared, client: &Client, words: &[u8], now: u64) {
        refusal(shared, client, words);
        if client.until.is_none() {
            self.words(shared, Anomaly::Refusal, client, words, now);
        }
    }

    /// Bytes that the server should never have sent. They end a handshake.
    #[cold]
    pub(crate) fn refused_with_garbage(
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
            let detail = harmless(words, self.secret.as_deref());
            Sighting { receiver, message: None, sent: None, at: now, detail }
        });
    }
}

/// Keeps the server's words when it refuses a client, for the first refusal only.
#[cold]
fn refusal(shared: &Shared, client: &Client, words: &[u8]) {
    if client.stage != Stage::Ready || client.presence == Presence::Coming {
        let _ = shared.refusal.set(harmless(words, shared.dialect.secret()));
    }
}

/// Longest part of words that is looked at, in bytes: a quotation, and a password at its end.
const READ: usize = 1000;

/// Words as people read them, without characters that do something. A server may repeat what it did
/// not understand: the password is replaced.
fn harmless(words: &[u8], secret: Option<&str>) -> String {
    if words.is_empty() {
        return "(an empty line)".to_owned();
    }
    let mut text = String::from_utf8_lossy(&words[..words.len().min(READ)]);
    if let Some(secret) = secret {
        text = text.replace(secret, "[password]").into();
    }
    let cut = text.floor_char_boundary(QUOTED);
    let more = if cut < text.len() { "…" } else { "" };
    format!("{}{more}", showable(text[..cut].into()))
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn words_are_shown_short_harmless_and_without_the_password() {
        assert_eq!(harmless(b"", None), "(an empty line)");
        assert_eq!(harmless(b"a\x1bb", Some("x")), "a\u{fffd}b");
        assert_eq!(harmless(b"AUTH s3cret, s3cret", Some("s3cret")), "AUTH [password], [password]");
        let cut = harmless(&[&[b'x'; 197][..], b"s3cret and more"].concat(), Some("s3cret"));
        assert_eq!(cut, "x".repeat(197) + "[pa…");
        assert_eq!(harmless("é".repeat(150).as_bytes(), None), "é".repeat(100) + "…");
    }
}
