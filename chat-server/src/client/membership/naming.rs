//! The question for a client's name.

use tokio::time::Instant;

use super::{Membership, Nameless, State};
use crate::Server;
use crate::client::asking::Piece;
use crate::net::transport::Transport;
use crate::room::event::{Event, Notice};

impl Membership<'_> {
    /// The name is refused, and asked for again.
    pub(crate) fn ask_again(&mut self, refusal: &impl Event) {
        self.ask_name(Some(self.connection.encoding().encode(refusal)));
    }

    /// The name is asked for again, behind this line.
    pub(crate) fn ask_name(&mut self, line: Option<String>) {
        let State::Nameless(nameless) = &mut self.state else { return };
        if let Some(asking) = &mut nameless.asking {
            asking.again(Instant::now());
            return line.into_iter().for_each(|line| self.tell_line(line));
        }
        let question = question(self.server.config.name_keyword().unwrap_or_default());
        let question = self.connection.encoding().encode(&question);
        self.tell_line(line.map(|line| line + "\n").unwrap_or_default() + &question);
    }

    /// The time of the next piece of the question for the name, if there is one.
    pub(crate) fn is_asked_further_at(&self) -> Option<Instant> {
        match &self.state {
            State::Nameless(Nameless { asking: Some(asking), .. }) => asking.due(),
            _ => None,
        }
    }

    /// Sends the next piece of the question for the name, if it is due.
    pub(crate) fn ask_further(&mut self) {
        let Server { config, deliveries, .. } = self.server;
        if let State::Nameless(Nameless { seat: Some(seat), asking: Some(asking), .. }) =
            &mut self.state
        {
            match asking.next(Instant::now()) {
                Some(Piece::Keyword) => {
                    deliveries.write(seat, config.name_keyword().unwrap_or_default());
                }
                Some(Piece::LineEnding) => deliveries.write(seat, "\n"),
                None => {}
            }
        }
    }
}

/// The question for a name.
pub(super) fn question(keyword: &str) -> Notice<'_, &str, 0> {
    Notice::new("ask", keyword, [])
}
