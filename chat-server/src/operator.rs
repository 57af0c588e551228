//! The operator: the person at the server's console, who takes part (chapter 7).

use std::future::pending;

use chat_protocol::command::Command;
use chat_protocol::decoder::Line;
use chat_protocol::name::Name;
use chat_protocol::wording;
use chat_terminal::person::{Input, Keyboard, MAX_INPUT};
use chat_terminal::pipe::PipeIn;
use chat_terminal::terminal::TerminalIn;
use tokio::time::Instant;

use crate::Server;
use crate::commands::Outcome;
use crate::directory::PersonId;
use crate::member::MemberId;
use crate::pace::Pace;
use crate::session::{Action, Rules, Session};

/// Where the operator sits.
pub enum Desk {
    /// At a terminal, where the question is for the operator's name.
    Terminal(TerminalIn),
    /// Behind a pipe.
    Pipe(PipeIn),
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
    pace: Pace,
}

impl<'a> Operator<'a> {
    fn new(server: &'a Server, id: PersonId, name: Name, desk: Desk) -> Self {
        let rules = Rules { ask_name: false, ..server.config.session_rules() };
        let session = Session::new(rules);
        Self { server, id, name, desk, session, pace: Pace::new(Instant::now()) }
    }

    /// Completes when the operator leaves by the word. The end of the input is no leaving.
    async fn talk(mut self) {
        loop {
            match self.next().await {
                Input::Answer(name) => self.take_name(&name),
                Input::Text(text) => {
                    for line in text.lines().filter(|line| !line.is_empty()) {
                        if !self.hear(line).await {
                            return;
                        }
                    }
                }
                Input::TooLong => self.server.console.print(wording::line_too_long(MAX_INPUT)),
                Input::End => return pending().await,
            }
        }
    }

    async fn next(&mut self) -> Input {
        match &mut self.desk {
            Desk::Terminal(keyboard) => keyboard.next().await,
            Desk::Pipe(keyboard) => keyboard.next().await,
        }
    }

    /// The operator has been asked for a name, and to say nothing is to keep the one there is.
    fn take_name(&mut self, answer: &str) {
        let taken = answer.trim().is_empty() || self.execute(Command::Rename(answer.to_owned()));
        if let Desk::Terminal(keyboard) = &mut self.desk {
            keyboard.answered(!taken);
        }
    }

    /// Returns whether the operator goes on.
    async fn hear(&mut self, line: &str) -> bool {
        match self.session.line(Line::Text(line.into())) {
            Some(Action::Leave) => return false,
            Some(Action::Say(said)) => self.say(&said).await,
            Some(Action::Do(command)) => _ = self.execute(command),
            Some(Action::Tell(line)) => self.server.console.print(line),
            Some(Action::AskAgain(_) | Action::TakeName(_) | Action::Dismiss(_)) | None => {}
        }
        true
    }

    async fn say(&mut self, text: &str) {
        let room = &self.server.directory.first;
        match self.desk {
            // A person can say it again. What is piped in was meant for whoever comes.
            Desk::Terminal(_) if room.is_empty() => {
                return self.server.console.print(wording::NOBODY_THERE);
            }
            Desk::Terminal(_) => {}
            Desk::Pipe(_) => room.occupied().await,
        }
        self.pace.wait_for(room).await;
        let said = room.say(MemberId::OPERATOR, wording::message_by_name(self.name.as_str(), text));
        self.pace.count(said);
    }

    /// Returns whether the operator has another name by it.
    fn execute(&mut self, command: Command) -> bool {
        match self.server.directory.execute(self.id, command) {
            Outcome::Renamed(name, _) => {
                self.name = name;
                true
            }
            Outcome::Said(_) | Outcome::OnTheWay(_) => false,
        }
    }
}
