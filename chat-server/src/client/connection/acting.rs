//! What a client's lines do.

use std::fmt::Display;
use std::ops::ControlFlow;

use chat_protocol::decoder::Line;
use chat_protocol::name::NameError;
use chat_protocol::refusal::Refusal;
use chat_protocol::text;
use chat_protocol::websocket::frame::Code;

use super::{Conversation, numbered};
use crate::client::membership::Taken;
use crate::client::session::Action;
use crate::room::event::Notice;

impl Conversation<'_> {
    /// Breaks when the client leaves by it.
    pub(super) fn act_on(&mut self, line: Option<Line<'_>>) -> ControlFlow<()> {
        let Some(line) = line else { return ControlFlow::Continue(()) };
        match &line {
            Line::Text(text) if self.membership.has_session() => match numbered(text) {
                Some((number, text)) => self.act_on_numbered(number, text),
                None if text::is_leave(text) => self.act_on_line(line),
                None => self.perform(Action::Refuse(Refusal::NoNumber)),
            },
            _ => self.act_on_line(line),
        }
    }

    /// Breaks also when another connection has the client's person.
    fn act_on_numbered(&mut self, number: u64, text: &str) -> ControlFlow<()> {
        let Some(is_new) = self.membership.accepts(number) else { return ControlFlow::Break(()) };
        if !is_new {
            self.membership.tell_accepted(number);
            return ControlFlow::Continue(());
        }
        let is_empty = text.trim().is_empty();
        let line = if is_empty { Line::Empty } else { Line::Text(text.into()) };
        let goes_on = self.act_on_line(line);
        // A word takes time.
        if !self.membership.is_proving() {
            self.membership.answer(number);
        }
        goes_on
    }

    fn act_on_line(&mut self, line: Line<'_>) -> ControlFlow<()> {
        match self.session.line(line) {
            Some(action) => self.perform(action),
            None => ControlFlow::Continue(()),
        }
    }

    pub(super) fn perform(&mut self, action: Action<'_>) -> ControlFlow<()> {
        if let Action::Refuse(refusal)
        | Action::AskAgain(refusal)
        | Action::AskWordAgain(refusal)
        | Action::Dismiss(refusal) = &action
        {
            self.membership.note_refusal(refusal);
        }
        match action {
            Action::Say(text) => self.membership.say(&text),
            Action::Refuse(refusal) => self.refuse(&refusal),
            Action::AskAgain(refusal) => self.ask_again(&refusal),
            Action::AskWordAgain(refusal) => {
                let line = self.server.language().refusal(&refusal);
                self.membership.ask_word_again(&Notice::new("refusal", line, []));
            }
            Action::AskOther => self.membership.ask_name(None),
            Action::TakeName(name) => {
                let taken = self.membership.take_name(name);
                return self.answer_name(taken);
            }
            Action::Resume(arguments) => {
                let resumed = self.membership.resume(&arguments);
                return self.answer_name(resumed);
            }
            Action::Prove(word) => self.membership.prove(word),
            Action::Do(command, line) => self.membership.execute(command, &line),
            Action::Leave => {
                self.membership.leaves();
                return ControlFlow::Break(());
            }
            Action::Dismiss(refusal) => {
                self.end(Code::NoName, self.server.language().refusal(&refusal));
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// Breaks when the client has to leave because of the name that it wants.
    fn answer_name(&mut self, taken: Result<Taken, NameError>) -> ControlFlow<()> {
        match taken {
            Ok(Taken::Named) => self.session.named(),
            Ok(Taken::AskedForWord) => self.session.ask_word(),
            Ok(Taken::Asked) => {}
            Ok(Taken::Later) => {
                self.end(Code::Restart, self.server.language().was_isolated());
                return ControlFlow::Break(());
            }
            Ok(Taken::KeptOut(refusal)) => {
                self.membership.note_refusal(&refusal);
                self.end(Code::Removed, self.server.language().refusal(&refusal));
                return ControlFlow::Break(());
            }
            Err(error) => {
                let refused = self.session.refuse_name(error);
                return self.perform(refused);
            }
        }
        ControlFlow::Continue(())
    }

    /// Waits until the client is in the room that it was going to, if it was, and until its word has been looked at, if it
    /// gave one. Breaks when it leaves by that. Cancel-safe.
    pub(super) async fn settle(&mut self) -> ControlFlow<()> {
        // What it waited for may send it to another room.
        while self.membership.is_moving() || self.membership.is_proving() {
            // Boxed, because it is rare, and every connection would have the space for it.
            Box::pin(self.wait_to_settle()).await?;
        }
        ControlFlow::Continue(())
    }

    async fn wait_to_settle(&mut self) -> ControlFlow<()> {
        self.membership.settle().await;
        match self.membership.proved().await {
            Some(taken) => self.answer_name(taken),
            None => ControlFlow::Continue(()),
        }
    }

    /// Tells the client the reason for which its connection is ended.
    pub(in crate::client) fn end(&mut self, code: Code, reason: impl Display) {
        let reason = reason.to_string();
        // To the next server, it can come back.
        if code != Code::Restart {
            self.membership.leaves();
        }
        self.connection.close_with(code, &reason);
        self.membership.tell_last(&Notice::new("end", &reason, []));
    }

    fn refuse(&mut self, refusal: &Refusal) {
        let line = self.server.language().refusal(refusal);
        self.membership.tell(&Notice::new("refusal", line, []));
    }

    fn ask_again(&mut self, refusal: &Refusal) {
        let line = self.server.language().refusal(refusal);
        self.membership.ask_again(&Notice::new("refusal", line, []));
    }
}
