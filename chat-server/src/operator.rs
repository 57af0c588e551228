//! The operator: the person at the server's console, as a participant (chapter 7).

use std::future::pending;

use chat_protocol::command::Command;
use chat_protocol::decoder::Line;
use chat_protocol::name::{Name, NameError};
use chat_protocol::refusal::Refusal;
use chat_protocol::text::is_leave;
use chat_terminal::person::{Input, Keyboard, MAX_INPUT};

use crate::Server;
use crate::client::flood_control::FloodControl;
use crate::client::session::{Action, Rules, Session};
use crate::people::commands::Effect;
use crate::people::directory::PersonId;
use crate::people::speech::Speaker;
use crate::room::seat::MemberId;
use crate::streams::Desk;

/// Completes when the operator leaves by the word; never, if there is none.
pub(crate) async fn talk(server: &Server, operator: Option<(PersonId, Name, Desk)>) {
    let Some((id, name, desk)) = operator else { return pending().await };
    Operator::new(server, id, name, desk).talk().await;
}

/// The operator's end of the conversation.
struct Operator<'a> {
    server: &'a Server,
    id: PersonId,
    name: Name,
    desk: Desk,
    session: Session,
    flood_control: FloodControl,
}

impl<'a> Operator<'a> {
    fn new(server: &'a Server, id: PersonId, name: Name, desk: Desk) -> Self {
        let rules = Rules { ask_name: false, ..server.config.session_rules() };
        let session = Session::new(rules);
        let flood_control = FloodControl::new(server.clock.now());
        Self { server, id, name, desk, session, flood_control }
    }

    /// Completes when the operator leaves by the word. The end of the input is no leaving.
    async fn talk(mut self) {
        let language = self.server.language();
        loop {
            match self.desk.next().await {
                Input::Answer(name) if is_leave(&name) => return,
                Input::Answer(name) => self.take_name(&name),
                Input::Text(text) => {
                    for line in text.lines().filter(|line| !line.is_empty()) {
                        if !self.hear(line).await {
                            return;
                        }
                    }
                }
                Input::TooLong => self.refuse(&Refusal::LineTooLong(MAX_INPUT)),
                // A person that is still there should know what the key does.
                Input::End if self.desk.is_open() => {
                    self.server.console.print(language.console_goes_on());
                }
                Input::End => return pending().await,
            }
        }
    }

    /// The operator has been asked for a name, and to say nothing is to keep the one there is.
    fn take_name(&mut self, answer: &str) {
        let taken = if answer.trim().is_empty() { Ok(()) } else { self.change_name(answer) };
        if let Err(error) = taken {
            self.refuse(&Refusal::Name(error));
        }
        self.desk.answered(taken.is_err());
    }

    /// No client has heard of the old name yet.
    fn change_name(&mut self, answer: &str) -> Result<(), NameError> {
        let new: Name = answer.parse()?;
        self.server.directory.rename_operator(self.id, &new)?;
        self.name = new;
        Ok(())
    }

    fn refuse(&self, refusal: &Refusal) {
        self.server.console.print(self.server.language().refusal(refusal));
    }

    /// Returns whether the operator goes on.
    async fn hear(&mut self, line: &str) -> bool {
        let too_long = line.len() > self.server.config.max_line;
        let line = if too_long { Line::TooLong } else { Line::Text(line.into()) };
        match self.session.line(line) {
            Some(Action::Leave) => return false,
            Some(Action::Say(said)) => self.say(&said).await,
            Some(Action::Do(command)) => self.execute(command),
            Some(Action::Refuse(refusal)) => self.refuse(&refusal),
            Some(Action::AskAgain(_) | Action::TakeName(_) | Action::Dismiss(_)) | None => {}
        }
        true
    }

    async fn say(&mut self, text: &str) {
        let room = &self.server.directory.first;
        // A person can say it again. Piped lines were meant for the client that comes.
        let waits = !self.desk.has_person();
        loop {
            if waits {
                room.occupied().await;
            }
            self.flood_control.wait_for(room, &self.server.clock).await;
            match room.is_empty() {
                true if waits => {}
                true => {
                    return self.server.console.print(self.server.language().empty_room());
                }
                false => break,
            }
        }
        let speaker = Speaker::Operator(&self.name);
        let said = self.server.speech.say(room, MemberId::OPERATOR, speaker, text);
        self.flood_control.count(said);
    }

    fn execute(&mut self, command: Command) {
        if let (Some(Effect::Renamed(name)), _) = self.server.directory.execute(self.id, command) {
            self.name = name;
        }
    }
}
