//! The path of the server's lines to the user: reading, names, hints, the last line.

use std::io;
use std::sync::PoisonError;

use chat_protocol::decoder::Line;
use chat_protocol::text;
use chat_protocol::websocket::frame::Code;
use chat_protocol::wording::{self, Dismissal, NOTICE, REFUSAL};
use chat_terminal::person::{Keyboard, Screen};
use tokio::time::Instant;

use super::{Awaited, Conversation, MAX_SHOWN, Stage};
use crate::exit::Exit;
use crate::hint::Hint;
use crate::paint;

/// The beginning of an alert of TLS (RFC 8446, 5.1). It answers a client that does not speak TLS.
const TLS_ALERT: &[u8] = &[0x15, 3];

impl<K: Keyboard, S: Screen> Conversation<K, S> {
    /// Reads once, and shows every line that is now complete.
    pub(super) fn receive(&mut self) {
        let buffer = self.incoming.buffer();
        match self.wire.try_read(buffer) {
            Ok(n) if self.last_received.is_none() && buffer[..n].starts_with(TLS_ALERT) => {
                self.last_received = Some(Instant::now());
                self.hint(Hint::SpeaksTls);
            }
            Ok(n) if n > 0 => {
                let now = Instant::now();
                self.last_received = Some(now);
                self.ends_lines |= buffer[..n].contains(&b'\n');
                self.incoming.filled(n);
                self.awaited = self.awaited.filter(|(_, awaited)| *awaited != Awaited::Anything);
                while let Some(line) = self.incoming.next() {
                    let line = readable(line, self.settings.language);
                    self.hear_line(&line, now);
                }
                self.tell_port();
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            // A reset ends the conversation too.
            end => {
                self.hear_unended();
                if let Err(error) = end
                    && error.kind() == io::ErrorKind::InvalidData
                {
                    let reason = error.to_string();
                    let reason = text::showable(reason.into());
                    self.show(&self.settings.language.wire_failed(&reason).to_string());
                }
                self.hear_close();
                self.exit.get_or_insert(self.exit_by_server());
            }
        }
    }

    /// Shows what the server's Close frame says, if its last line has not said why the connection ends.
    fn hear_close(&mut self) {
        let Some((code, reason)) = self.wire.closed() else { return };
        if code == Code::Normal as u16 || self.dismissal.is_some() {
            return;
        }
        let reason = text::showable(reason.into());
        self.dismissal = wording::dismissal_in(&reason).or(Dismissal::of_code(code));
        let language = self.settings.language;
        let meaning = match self.dismissal {
            _ if !reason.is_empty() => &*reason,
            Some(dismissal) => dismissal.text(language),
            None if code == Code::TooSlow as u16 => language.too_slow(),
            None => "",
        };
        self.show(&language.closed_with(code, meaning).to_string());
    }

    /// Shows the text that the server has not ended. A part of an object is none.
    pub(super) fn hear_unended(&mut self) {
        if let Some(line) = self.incoming.decoder.finish().filter(|_| !self.session.is_on()) {
            let line = readable(line, self.settings.language);
            self.hear_line(&line, Instant::now());
        }
    }

    /// Handles a line of text from the server. After the user has left, the client answers no question for
    /// a name.
    pub(super) fn hear(&mut self, line: &str, now: Instant) {
        self.greeted |= wording::is_greeting(line);
        self.dismissal = wording::dismissal_in(line);
        let (shown, then) = match self.stage {
            Stage::Talking => self.settings.naming.hear(line, now),
            _ => (Some(line), None),
        };
        if let Some(line) = shown {
            if let Some(vocabulary) = &self.settings.vocabulary {
                vocabulary.lock().unwrap_or_else(PoisonError::into_inner).see(line);
            }
            let painted = self.settings.painter.arrived(line, paint::now);
            self.put(&painted);
        }
        self.advise(line);
        self.follow(then);
        self.ask_for_session(line);
    }

    /// Gives a hint if this line shows that another profile fits the server.
    fn advise(&mut self, line: &str) {
        let (naming, sign) = (&self.settings.naming, self.settings.sign);
        if naming.was_surprised() {
            self.settings.tells_port = false;
            if sign || naming.name().is_none() {
                self.hint(if sign { Hint::NamesAreKnown } else { Hint::NameWanted });
            }
        }
        let answer = line.starts_with(NOTICE) || line.starts_with(REFUSAL);
        if answer || wording::private_of(line).is_some() {
            self.awaited = self.awaited.filter(|(_, awaited)| *awaited != Awaited::Notice);
        }
        if answer && !self.settings.commands && wording::offers_commands(line) {
            self.hint(Hint::HasCommands);
        }
    }

    /// Gives a hint, unless it was given before.
    pub(super) fn hint(&mut self, hint: Hint) {
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
            self.show(hint.text(self.settings.language));
        }
    }

    /// Tells the user the port by which the others know this client, once the server has greeted
    /// it without asking for a name.
    fn tell_port(&mut self) {
        if self.settings.tells_port
            && self.greeted
            && let Some(port) = self.wire.known_port()
        {
            self.settings.tells_port = false;
            self.show(&self.settings.language.you_are_user(port).to_string());
        }
    }

    /// The exit if the server closes the connection now.
    fn exit_by_server(&self) -> Exit {
        match (self.stage, self.dismissal) {
            (Stage::Left(_), _) => Exit::Left,
            (_, Some(dismissal)) => Exit::Dismissed(dismissal),
            (Stage::Talking, None) if self.said_goodbye => Exit::Left,
            (Stage::Talking | Stage::Leaving | Stage::Refused, None) => Exit::ServerClosed,
        }
    }
}

/// Converts a line from the network to a text that may be shown (requirement 4.6).
fn readable(line: Line<'_>, language: chat_protocol::language::Language) -> String {
    match line {
        Line::Text(text) if text.len() <= MAX_SHOWN || text.starts_with('{') => {
            text::showable(text).into_owned()
        }
        Line::Empty => String::new(),
        Line::Text(_) | Line::TooLong => language.line_omitted(MAX_SHOWN).to_string(),
    }
}
