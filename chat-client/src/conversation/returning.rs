//! Coming back after the connection was cut: the session is resumed on another one (requirement 11.15).

use std::pin::pin;
use std::time::Duration;

use chat_protocol::text;
use chat_protocol::wording::Dismissal;
use chat_terminal::person::{Keyboard, Screen};
use tokio::time::{Instant, sleep, sleep_until};

use super::{Awaited, Conversation, Outgoing, Stage, lines};
use crate::exit::Exit;
use crate::session::Told;
use crate::session::backoff::{Backoff, LONGEST};
use crate::wire::Wire;
use crate::wire::error::ConnectError;
use crate::wire::servers::Servers;

/// Time for the server to begin a session, or to resume one.
const SESSION_ANSWER: Duration = Duration::from_secs(10);

impl<K: Keyboard, S: Screen> Conversation<K, S> {
    /// Runs until the conversation is over, on as many connections as it takes. Cancel-safe: another call of
    /// [`talk`](Self::talk) shows the rest.
    pub(crate) async fn talk_and_return(&mut self) -> Exit {
        loop {
            let exit = self.talk().await;
            if !self.was_cut(exit) {
                return exit;
            }
            Box::pin(self.come_back(exit)).await;
        }
    }

    /// Returns whether this end is one after which the client comes back: nobody has left, and nobody was sent away.
    fn was_cut(&self, exit: Exit) -> bool {
        if self.session.is_away() {
            return matches!(exit, Exit::ServerClosed | Exit::Dismissed(_));
        }
        let talks = matches!(self.stage, Stage::Talking | Stage::Refused) && !self.said_goodbye;
        let cut = match exit {
            // A Close frame is on purpose.
            Exit::ServerClosed => self.wire.closed().is_none(),
            exit => exit == Exit::Dismissed(Dismissal::ServerClosing),
        };
        self.session.is_on() && talks && cut
    }

    /// Connects again, as often as needed. Sets the exit if the user leaves or the time is over.
    async fn come_back(&mut self, exit: Exit) {
        if self.session.is_away() {
            self.try_next();
        } else {
            self.begin_absence(exit);
        }
        self.forget_connection().await;
        let mut told = Vec::new();
        while let Some(destination) = self.settings.reconnect.as_ref().map(Servers::current) {
            let pause = self.backoff.next();
            let attempt = async {
                sleep(pause).await;
                Wire::open(&destination, false).await
            };
            match self.meanwhile(attempt).await {
                Some(Ok((wire, round_trip))) => return self.resume_on(wire, round_trip),
                Some(Err(ConnectError::Tcp(_))) => {}
                Some(Err(error)) => {
                    let why = error.explanation(&destination.address, self.settings.language);
                    if !told.contains(&why) {
                        self.show(&format!("* {why}"));
                        told.push(why);
                    }
                }
                None => break,
            }
            self.try_next();
        }
        if self.exit.is_none() {
            self.session.end();
            self.show(self.settings.language.no_way_back());
            self.exit = Some(exit);
        }
    }

    /// Tells the user that the connection was cut.
    fn begin_absence(&mut self, exit: Exit) {
        if self.connected.elapsed() > LONGEST {
            self.backoff = Backoff::default();
        }
        self.resumable_until = Instant::now() + self.session.cut();
        let language = self.settings.language;
        if let Exit::Dismissed(_) = exit {
            self.try_next();
            self.show(language.server_stopped());
        } else {
            self.show(language.connection_cut());
        }
    }

    fn try_next(&mut self) {
        self.settings.reconnect.iter_mut().for_each(Servers::turn);
    }

    /// Ends the old connection. What was not accepted is kept by the session.
    async fn forget_connection(&mut self) {
        self.wire.end().await;
        self.wire.close();
        self.incoming = lines(true);
        self.outgoing = Outgoing::new(self.settings.send_framing);
        self.last_received = None;
        self.awaited = None;
        self.dismissal = None;
        self.stage = Stage::Talking;
        self.exit = None;
    }

    /// Serves the user until this is done. Returns `None` if the user leaves, or the session can be resumed no longer.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        while self.exit.is_none() {
            let typing = self.is_typing();
            tokio::select! {
                done = &mut work => return Some(done),
                () = sleep_until(self.resumable_until) => return None,
                input = self.keyboard.next(), if typing => self.take(input),
                shown = self.screen.show(&mut self.shown), if !self.shown.is_empty() => {
                    if let Err(error) = shown {
                        self.output_failed(&error);
                    }
                }
            }
        }
        None
    }

    /// Asks the server to go on.
    fn resume_on(&mut self, wire: Wire, round_trip: Duration) {
        self.wire = wire;
        self.settings.naming.set_round_trip(round_trip);
        self.session.resume().iter().for_each(|line| self.outgoing.push(line));
        self.await_session(SESSION_ANSWER);
    }

    /// Handles a line from the server, which is text or an object.
    pub(super) fn hear_line(&mut self, line: &str, now: Instant) {
        match self.session.hear(line) {
            Told::Text => self.hear(line, now),
            Told::Lines(lines) => self.hear_lines(lines, now),
            Told::Begun => self.go_on(),
            Told::Unknown => self.go_on_without_session(),
            Told::Resumed { lines, unstored } => {
                self.connected = now;
                self.hear_lines(lines, now);
                self.tell_unstored(unstored);
                self.go_on();
            }
            Told::Lost => {
                self.show(line);
                self.show(self.settings.language.session_lost());
                self.awaited = None;
                self.settings.naming.begin_anew(self.session.name());
            }
        }
    }

    fn hear_lines(&mut self, lines: Vec<String>, now: Instant) {
        for line in lines {
            self.hear(&text::showable(line.into()), now);
        }
    }

    /// Tells the user how many messages were heard, but are not stored.
    fn tell_unstored(&mut self, messages: usize) {
        match messages {
            0 => {}
            1 => self.show(self.settings.language.message_not_stored()),
            _ => self.show(&self.settings.language.messages_not_stored(messages).to_string()),
        }
    }

    /// Sends what was not accepted yet, then what has waited.
    fn go_on(&mut self) {
        self.awaited = None;
        for line in self.session.kept().numbered() {
            self.outgoing.push(&line);
        }
        self.take_held();
    }

    /// The same without numbers.
    fn go_on_without_session(&mut self) {
        self.awaited = None;
        for line in self.session.take_kept() {
            self.outgoing.push(&line);
        }
        self.take_held();
    }

    /// Waits for the hint that there are commands, once the server has the name. It comes at once, or perhaps not at all.
    pub(super) fn expect_hint(&mut self) {
        if self.session.named() {
            self.await_session(self.settings.naming.grace());
        }
    }

    /// Asks for a session, if this line says that there are commands.
    pub(super) fn ask_for_session(&mut self, line: &str) {
        if let Some(question) = self.session.ask(line) {
            self.outgoing.push(question);
            self.await_session(SESSION_ANSWER);
        }
    }

    fn await_session(&mut self, time: Duration) {
        self.awaited = Some((Instant::now() + time, Awaited::Session));
    }

    /// Handles a hint or an answer that has not come.
    pub(super) fn session_overdue(&mut self) {
        if self.session.is_away() {
            self.exit = Some(Exit::ServerClosed);
        } else {
            self.session.expire();
            self.go_on_without_session();
        }
    }
}
