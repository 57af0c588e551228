//! From what the person enters to what is sent: names, signatures, leaving.

use std::mem;

use chat_protocol::text::{self, LEAVE_WORD};
use chat_protocol::wording;
use chat_terminal::person::{Input, Keyboard, MAX_INPUT, Screen};
use tokio::time::Instant;

use super::{Conversation, MAX_WAITING, Stage};
use crate::naming::Then;

/// How many lines may wait for the name to be given: as many as the terminal holds entered.
const MAX_HELD: usize = 64;

impl<K: Keyboard, S: Screen> Conversation<K, S> {
    /// Whether something may be entered now. A pipe can wait, but a person may want to leave.
    pub(super) fn is_typing(&self) -> bool {
        let naming = &self.ways.naming;
        let room = if naming.has_person() {
            self.held.len() < MAX_HELD
        } else {
            !naming.holds() || naming.wants_line()
        };
        room && self.stage == Stage::Talking && self.outgoing.len() < MAX_WAITING
    }

    pub(super) fn take(&mut self, input: Input) {
        match input {
            Input::Answer(text) => self.answer(&text),
            Input::Text(text) if self.ways.naming.wants_line() => self.answer(&text),
            Input::TooLong => self.show(&wording::line_too_long(MAX_INPUT).to_string()),
            input if self.has_to_wait(&input) => self.held.push(input),
            Input::Text(text) => {
                // What was pasted may be several lines.
                for line in text.lines().filter(|line| !line.is_empty()) {
                    self.say(line);
                }
            }
            Input::End => self.say_goodbye(),
        }
    }

    /// Nothing overtakes the name, but nobody has to give one in order to leave.
    fn has_to_wait(&self, input: &Input) -> bool {
        let leaves = match input {
            Input::Text(text) => text::is_leave(text),
            Input::End => true,
            Input::Answer(_) | Input::TooLong => false,
        };
        let naming = &self.ways.naming;
        naming.holds() && !(leaves && naming.is_due())
    }

    /// Somebody was asked for a name, and this is the answer.
    fn answer(&mut self, text: &str) {
        if text::is_leave(text) {
            self.keyboard.answered(false);
            return self.say(LEAVE_WORD);
        }
        let answered = self.ways.naming.answer(text, Instant::now());
        if let Some(name) = self.ways.naming.name() {
            self.ways.painter.answer_to(name);
        }
        match answered {
            // The server has not asked yet.
            Ok(None) => self.keyboard.answered(false),
            Ok(then) => self.follow(then),
            Err((error, then)) => {
                self.show(&wording::name_refused(error).to_string());
                self.follow(Some(then));
            }
        }
    }

    pub(super) fn follow(&mut self, then: Option<Then>) {
        match then {
            None => {}
            Some(Then::Give(name)) => self.send_line(name.as_str()),
            Some(Then::Ask) => self.keyboard.ask(wording::YOUR_NAME),
            Some(Then::Talk) => {
                self.keyboard.answered(false);
                for input in mem::take(&mut self.held) {
                    self.take(input);
                }
            }
            Some(Then::Leave(reason)) => {
                self.reason = Some(reason);
                self.say(LEAVE_WORD);
            }
        }
    }

    /// Puts a line behind those that are being sent. Nothing goes behind the leaving word.
    pub(super) fn say(&mut self, line: &str) {
        if self.stage != Stage::Talking {
            return;
        }
        if text::is_leave(line) {
            self.send_line(line);
            self.stage = Stage::Leaving;
        } else if let Some(name) = self.ways.naming.name().filter(|_| self.ways.sign) {
            let line = wording::message_by_name(name.as_str(), line).to_string();
            self.send_line(&line);
        } else {
            self.send_line(line);
        }
    }

    fn send_line(&mut self, line: &str) {
        self.outgoing.extend_from_slice(line.as_bytes());
        self.outgoing.extend_from_slice(b"\n");
    }

    /// The person leaves without having said so (requirement 4.3).
    pub(super) fn say_goodbye(&mut self) {
        if self.stage == Stage::Talking {
            self.show(wording::LEAVING);
            self.say(LEAVE_WORD);
        }
    }
}
