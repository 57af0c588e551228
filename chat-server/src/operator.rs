//! The operator: the person at the server's console, who takes part (chapter 7).

use std::future::pending;

use chat_protocol::command::Command;
use chat_protocol::decoder::Line;
use chat_protocol::name::{Name, NameError};
use chat_protocol::text::is_leave;
use chat_protocol::wording;
use chat_terminal::person::{Input, Keyboard, MAX_INPUT};
use chat_terminal::pipe::PipeIn;
use chat_terminal::terminal::TerminalIn;
use tokio::time::Instant;

use crate::Server;
use crate::client::flood_control::FloodControl;
use crate::client::session::{Action, Rules, Session};
use crate::net::transport::MemberId;
use crate::people::commands::Outcome;
use crate::people::directory::PersonId;

/// Where the operator sits.
pub(crate) enum Desk {
    /// At a terminal, where the question is for the operator's name.
    Terminal(TerminalIn),
    /// Where lines cannot be edited; whether a person types them there all the same.
    Plain(PipeIn, bool),
}

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
        let flood_control = FloodControl::new(Instant::now());
        Self { server, id, name, desk, session, flood_control }
    }

    /// Completes when the operator leaves by the word. The end of the input is no leaving.
    async fn talk(mut self) {
        loop {
            match self.next().await {
                Input::Answer(name) if is_leave(&name) => return,
                Input::Answer(name) => self.take_name(&name),
                Input::Text(text) => {
                    for line in text.lines().filter(|line| !line.is_empty()) {
                        if !self.hear(line).await {
                            return;
                        }
                    }
                }
                Input::TooLong => self.server.console.print(wording::line_too_long(MAX_INPUT)),
                Input::End => match &self.desk {
                    // Only the key: a person who is still there should know what it does.
                    Desk::Terminal(keyboard) if keyboard.is_open() => {
                        self.server.console.print(wording::CONSOLE_GOES_ON);
                    }
                    Desk::Terminal(_) | Desk::Plain(..) => return pending().await,
                },
            }
        }
    }

    async fn next(&mut self) -> Input {
        match &mut self.desk {
            Desk::Terminal(keyboard) => keyboard.next().await,
            Desk::Plain(keyboard, _) => keyboard.next().await,
        }
    }

    /// The operator has been asked for a name, and to say nothing is to keep the one there is.
    fn take_name(&mut self, answer: &str) {
        let taken = if answer.trim().is_empty() { Ok(()) } else { self.change_name(answer) };
        if let Err(error) = taken {
            self.server.console.print(wording::name_refused(error));
        }
        if let Desk::Terminal(keyboard) = &mut self.desk {
            keyboard.answered(taken.is_err());
        }
    }

    /// Nobody has heard of the old name yet.
    fn change_name(&mut self, answer: &str) -> Result<(), NameError> {
        let new: Name = answer.parse()?;
        self.server.directory.rename(self.id, &new, false)?;
        self.name = new;
        Ok(())
    }

    /// Returns whether the operator goes on.
    async fn hear(&mut self, line: &str) -> bool {
        let too_long = line.len() > self.server.config.max_line;
        let line = if too_long { Line::TooLong } else { Line::Text(line.into()) };
        match self.session.line(line) {
            Some(Action::Leave) => return false,
            Some(Action::Say(said)) => self.say(&said).await,
            Some(Action::Do(command)) => self.execute(command),
            Some(Action::Tell(line)) => self.server.console.print(line),
            Some(Action::AskAgain(_) | Action::TakeName(_) | Action::Dismiss(_)) | None => {}
        }
        true
    }

    async fn say(&mut self, text: &str) {
        let room = &self.server.directory.first;
        // A person can say it again. What is piped in was meant for whoever comes.
        let waits = matches!(self.desk, Desk::Plain(_, false));
        loop {
            if waits {
                room.occupied().await;
            }
            self.flood_control.wait_for(room).await;
            match room.is_empty() {
                true if waits => {}
                true => return self.server.console.print(wording::NOBODY_THERE),
                false => break,
            }
        }
        let said = room.say(MemberId::OPERATOR, wording::message_by_name(self.name.as_str(), text));
        self.flood_control.count(said);
    }

    fn execute(&mut self, command: Command) {
        if let Outcome::Renamed(name, _) = self.server.directory.execute(self.id, command) {
            self.name = name;
        }
    }
}
