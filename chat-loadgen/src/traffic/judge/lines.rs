//! Judges lines that are not just one message: several texts, damaged ones, probes, and the bytes around
//! them.

use std::sync::atomic::Ordering;

use super::Judge;
use crate::roles::Part;
use crate::traffic::client::{Client, Presence, Torn};
use crate::traffic::ledger::anomalies::Anomaly;
use crate::traffic::shared::Shared;
use crate::wire::dialects::{Event, unescape};
use crate::wire::payload::{Found, Kind, Message};

/// What a line of this server has beside its text. The barrier's probes show it, so a server may label its
/// messages in a form that the dialect does not know.
#[derive(Debug, Default)]
pub(super) struct Clean {
    /// True if a text stands behind a label of the dialect's form, or at the beginning of its line.
    pub(super) front: bool,
    /// True if a text stands at the end of its line.
    back: bool,
}

/// First byte of every text, and of a line without label.
const BEGIN: u8 = b'{';

impl Judge {
    /// Judges a line of JSON without its escapes. It has no label of the dialect's form.
    #[inline(never)]
    pub(super) fn escaped(&mut self, shared: &Shared, client: &mut Client, line: &[u8], now: u64) {
        let mut plain = std::mem::take(&mut self.plain);
        let clean = std::mem::take(&mut self.clean);
        plain.clear();
        unescape(line, &mut plain);
        self.judge_frame(shared, client, Event::Other(&plain), now);
        (self.plain, self.clean) = (plain, clean);
    }

    /// Counts the bytes in front of a line's first text as garbage if they are no label.
    #[inline]
    pub(super) fn look_in_front(
        &mut self,
        shared: &Shared,
        client: &Client,
        line: &[u8],
        now: u64,
    ) {
        if line.first() != Some(&BEGIN) {
            self.garbage_in_front(shared, client, line, now);
        }
    }

    #[cold]
    fn garbage_in_front(&mut self, shared: &Shared, client: &Client, line: &[u8], now: u64) {
        let first = shared.mark.next(line);
        let text = first.text.len() + first.behind.len();
        self.garbage(shared, client, &line[..line.len() - text], now);
    }

    /// Judges all texts of a line that is not just one message.
    #[cold]
    pub(super) fn judge_line(
        &mut self,
        shared: &Shared,
        client: &mut Client,
        line: &[u8],
        said: bool,
        now: u64,
    ) {
        let mut piece = shared.mark.next(line);
        if piece.found == Found::Nothing {
            return self.not_a_message(shared, client, line, said, now);
        }
        let measured = |found| matches!(found, Found::Intact(Message { kind: Kind::Measured, .. }));
        if measured(piece.found) && !said && self.clean.front {
            self.look_in_front(shared, client, line, now);
        }
        let mut messages = 0;
        loop {
            match piece.found {
                Found::Intact(message @ Message { kind: Kind::Measured, .. }) => {
                    let delivered = self.measured(shared, client, message, now);
                    if delivered && messages > 0 {
                        let key = (message.sender, message.number);
                        self.seen(shared, Anomaly::Merged, client, key, now, "behind another");
                    }
                    messages += 1;
                }
                // A server may repeat what it did not understand.
                Found::Intact(message) if client.is_itself(message.sender, shared) => {
                    self.hear_words(client, line);
                }
                Found::Intact(message) => {
                    self.clean.front |= said || line.first() == Some(&BEGIN);
                    self.clean.back |= piece.behind.is_empty();
                    heard_probe(shared, client, message.sender);
                }
                Found::Corrupt(message) => self.corrupt(shared, client, message, piece.text, now),
                Found::Torn(message) => {
                    let beginning = piece.text.into();
                    client.torn = Some(Box::new(Torn { beginning, fresh: true }));
                    self.corrupt(shared, client, message, piece.text, now);
                }
                // It has been counted with its beginning.
                Found::Rest if is_end_of_torn(shared, client, piece.text) => client.torn = None,
                Found::Rest => self.corrupt(shared, client, None, piece.text, now),
                Found::Strange(Kind::Measured) => {
                    self.words(shared, Anomaly::Stranger, client, piece.text, now);
                }
                Found::Nothing if messages > 0 && self.clean.back => {
                    self.garbage(shared, client, piece.text, now);
                }
                Found::Strange(Kind::Probe) | Found::Nothing => {}
            }
            if piece.behind.is_empty() {
                return;
            }
            piece = shared.mark.next(piece.behind);
        }
    }
}

/// Returns whether a piece is the end of the client's torn text.
fn is_end_of_torn(shared: &Shared, client: &Client, piece: &[u8]) -> bool {
    let ends = |torn: &Torn| torn.fresh || shared.mark.continues(&torn.beginning, piece);
    client.torn.as_deref().is_some_and(ends)
}

/// Opens a client's account with a sender whose probe it has heard: all later messages are due to
/// it.
#[cold]
pub(super) fn heard_probe(shared: &Shared, client: &mut Client, sender: u32) {
    let Some(seat) = shared.audience.seat(sender, client.room()) else { return };
    let own = client.is_itself(sender, shared);
    let first = client.presence != Presence::Away && client.part != Part::Idle;
    let first = first && !client.account.is_late();
    if !own && first && shared.in_flight.sent(sender) == 0 && client.account.open(seat) {
        client.presence = Presence::Here;
        shared.progress.unproven.fetch_sub(1, Ordering::Relaxed);
    }
}
