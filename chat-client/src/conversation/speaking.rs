//! The path of the user's input to the server: name, signature, leaving.

use std::mem;

use chat_protocol::command::{Command, Parsed, parse};
use chat_protocol::refusal::Refusal;
use chat_protocol::text::{self, LEAVE_WORD};
use chat_protocol::wording::message_by_name;
use chat_terminal::person::{Input, Keyboard, MAX_INPUT, Screen};
use tokio::time::Instant;

use super::{Awaited, Conversation, MAX_WAITING, Stage};
use crate::exit::Exit;
use crate::naming::Then;

/// Maximum number of inputs that wait for the name: as many as the terminal's own queue holds.
const MAX_HELD: usize = 64;

impl<K: Keyboard, S: Screen> Conversation<K, S> {
    /// Returns whether input may be read now. A pipe has to wait for the name, but a user at a
    /// terminal may want to leave.
    pub(super) fn is_typing(&self) -> bool {
        let naming = &self.settings.naming;
        let room = if naming.has_person() {
            self.held.len() < MAX_HELD
        } else {
            let holds = naming.holds() || self.session.holds() || !self.held.is_empty();
            !holds || naming.wants_line()
        };
        let waiting = self.outgoing.len().max(self.session.kept().bytes());
        room && self.stage == Stage::Talking && waiting < MAX_WAITING
    }

    pub(super) fn take(&mut self, input: Input) {
        match input {
            Input::Answer(text) => self.answer(&text),
            Input::Text(text) if self.settings.naming.wants_line() => self.answer(&text),
            Input::TooLong => self.refuse(&Refusal::LineTooLong(MAX_INPUT)),
            input if self.has_to_wait(&input) => self.held.push(input),
            Input::Text(text) => {
                // Pasted text can have several lines.
                for line in text.lines().filter(|line| !line.is_empty()) {
                    self.say(line);
                }
            }
            Input::End => self.say_goodbye(),
        }
    }

    /// Returns whether the input has to wait for the name, or for the session. No line is sent before the name,
    /// but a user may leave without giving one. A pipe does not leave before its lines are sent.
    fn has_to_wait(&self, input: &Input) -> bool {
        let leaves = match input {
            Input::Text(text) => self.leaves(text),
            Input::End => true,
            Input::Answer(_) | Input::TooLong => false,
        };
        let naming = &self.settings.naming;
        let unsent = leaves && !naming.has_person() && !self.session.kept().is_empty();
        naming.holds() && !(leaves && naming.is_due())
            || self.session.holds()
            || self.session.is_away() && unsent
    }

    /// Handles the answer to the question for a name.
    fn answer(&mut self, text: &str) {
        if self.leaves(text) {
            self.keyboard.answered(false);
            return self.say(LEAVE_WORD);
        }
        let answered = self.settings.naming.answer(text, Instant::now());
        if let Some(name) = self.settings.naming.name() {
            self.settings.painter.answer_to(name);
        }
        match answered {
            // The server has not asked yet.
            Ok(None) => self.keyboard.answered(false),
            Ok(then) => self.follow(then),
            Err((error, then)) => {
                self.refuse(&Refusal::Name(error));
                self.follow(Some(then));
            }
        }
    }

    /// Shows the user the reason of a refusal.
    fn refuse(&mut self, refusal: &Refusal) {
        self.show(&self.settings.language.refusal(refusal).to_string());
    }

    pub(super) fn follow(&mut self, then: Option<Then>) {
        match then {
            None => {}
            Some(Then::Give(name)) => self.outgoing.push(name.as_str()),
            Some(Then::Ask) => self.keyboard.ask(self.settings.language.your_name()),
            Some(Then::Talk) => {
                self.keyboard.answered(false);
                self.expect_hint();
                self.take_held();
            }
            Some(Then::Leave(reason)) => {
                self.reason = Some(reason);
                self.tell_unsent();
                self.say(LEAVE_WORD);
            }
        }
    }

    /// Handles the input that has waited.
    pub(super) fn take_held(&mut self) {
        for input in mem::take(&mut self.held) {
            self.take(input);
        }
    }

    /// Tells the user how many lines waited for the name in vain.
    fn tell_unsent(&mut self) {
        let lines = |input: &Input| match input {
            Input::Text(text) => text.lines().filter(|line| !line.is_empty()).count(),
            Input::Answer(_) | Input::TooLong | Input::End => 0,
        };
        match self.held.iter().map(lines).sum() {
            0 => {}
            1 => self.show(self.settings.language.line_not_sent()),
            lines => self.show(&self.settings.language.lines_not_sent(lines).to_string()),
        }
    }

    /// Queues a line to be sent. Nothing is queued after the leaving word.
    pub(super) fn say(&mut self, line: &str) {
        if self.stage != Stage::Talking {
            return;
        }
        if self.leaves(line) {
            if self.session.is_away() {
                let all_sent = self.session.kept().is_empty();
                self.exit = Some(if all_sent { Exit::Left } else { Exit::Unsent });
                return;
            }
            self.send_line(line);
            self.stage = Stage::Leaving;
        } else if let Some(name) = self.settings.naming.name().filter(|_| self.settings.sign) {
            let signed = message_by_name(name.as_str(), line).to_string();
            self.send_line(&signed);
        } else {
            self.send_line(line);
            self.said_goodbye = is_leave_command(line);
            // A pipe can be far ahead of the answers.
            if self.settings.commands
                && self.settings.naming.has_person()
                && !matches!(parse(line), Parsed::Text(_))
            {
                self.expect_answer(Awaited::Notice);
            }
        }
    }

    /// Queues a line as the session wants it.
    fn send_line(&mut self, line: &str) {
        if let Some(line) = self.session.send(line) {
            self.outgoing.push(&line);
        }
    }

    /// Returns whether the line leaves: it is the leaving word, or the command where there are
    /// commands.
    fn leaves(&self, line: &str) -> bool {
        text::is_leave(line) || self.settings.commands && is_leave_command(line)
    }

    /// Leaves for a user that did not type the leaving word (requirement 4.3).
    pub(super) fn say_goodbye(&mut self) {
        if self.stage == Stage::Talking && self.session.holds() {
            // Until it is known whether the word has a number.
            self.held.push(Input::End);
        } else if self.stage == Stage::Talking {
            self.show(self.settings.language.leaving());
            self.say(LEAVE_WORD);
        }
    }
}

fn is_leave_command(line: &str) -> bool {
    parse(line) == Parsed::Command(Command::Leave)
}
