//! The operator: the person at the server's console, as a participant (chapter 7).

use std::future::pending;

use chat_protocol::command::{Command, Parsed, operator_forms, parse_with};
use chat_protocol::name::{Name, NameError};
use chat_protocol::refusal::Refusal;
use chat_protocol::text::{is_leave, passable};
use chat_terminal::person::{Input, Keyboard, MAX_INPUT};

use crate::Server;
use crate::client::flood_control::FloodControl;
use crate::net::transport::Dismissal;
use crate::people::commands::Effect;
use crate::people::directory::PersonId;
use crate::people::directory::coming::Hold;
use crate::people::served::Served;
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
    /// True until a client comes: then the name stays as it is.
    may_choose_name: bool,
    flood_control: FloodControl,
}

impl<'a> Operator<'a> {
    fn new(server: &'a Server, id: PersonId, name: Name, desk: Desk) -> Self {
        let flood_control = FloodControl::new(server.clock.now());
        Self { server, id, name, desk, may_choose_name: true, flood_control }
    }

    /// Completes when the operator leaves by the word. The end of the input is no leaving.
    async fn talk(mut self) {
        let language = self.server.language();
        loop {
            let input = tokio::select! {
                biased;
                // What is typed from now on is meant for the client.
                () = self.server.directory.first.occupied(), if self.may_choose_name => {
                    self.may_choose_name = false;
                    if self.desk.withdraw() {
                        self.server.console.announce(language.name_is_kept(&self.name));
                    }
                    continue;
                }
                input = self.desk.next() => input,
            };
            match input {
                Input::Answer(name) if is_leave(&name) => return,
                Input::Answer(name) if self.may_choose_name => self.take_name(&name),
                Input::Answer(text) | Input::Text(text) => {
                    self.desk.answered(false);
                    for line in text.lines().filter(|line| !line.is_empty()) {
                        if !self.hear(line).await {
                            return;
                        }
                    }
                }
                Input::TooLong => self.refuse(&Refusal::LineTooLong(MAX_INPUT)),
                // A person that is still there should know what the key does.
                Input::End if self.desk.is_open() => {
                    self.server.console.announce(language.console_goes_on());
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
        self.server.console.announce(self.server.language().refusal(refusal));
    }

    /// Returns whether the operator goes on.
    async fn hear(&mut self, line: &str) -> bool {
        let config = &self.server.config;
        if line.len() > config.max_line {
            self.refuse(&Refusal::LineTooLong(config.max_line));
            return true;
        }
        if is_leave(line) {
            return false;
        }
        let line = passable(line.into());
        match parse_with(&line, operator_forms(config.commands.is_on())) {
            Parsed::Text(said) => self.say(said).await,
            Parsed::Command(Command::Leave) => return false,
            Parsed::Command(command) => self.execute(command),
            Parsed::Unknown { word, nearest } => {
                self.refuse(&Refusal::UnknownCommand { word: word.to_owned(), nearest });
            }
            Parsed::Malformed { word, form } => {
                self.refuse(&Refusal::Malformed { word: word.to_owned(), form });
            }
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
                    return self.server.console.announce(self.server.language().empty_room());
                }
                false => break,
            }
        }
        let speaker = Speaker::Operator(&self.name);
        let said = self.server.speech.say(room, MemberId::OPERATOR, speaker, text, None);
        self.server.deliveries.deliver(room);
        self.flood_control.count(said);
    }

    fn execute(&mut self, command: Command) {
        let Server { config, console, directory, served, .. } = self.server;
        let language = config.common.lang;
        match command {
            Command::Kick { name, reason } => {
                if let Err(refusal) = self.send_away(name, reason) {
                    self.refuse(&refusal);
                }
            }
            Command::Help => console.announce(language.operator_help(config.commands.is_on())),
            Command::Who if !config.has_names() => {
                let clients = served.as_ref().map(Served::addresses).unwrap_or_default();
                console.announce(language.client_list(clients.into_iter()));
            }
            command => {
                let hold = Hold::without_session(self.id);
                if let (Some(Effect::Renamed(name)), _) = directory.execute(hold, command, None) {
                    self.name = name;
                }
            }
        }
    }

    /// Ends the connection of the client that is chosen, or of the only one. Where there are commands, it is done as a
    /// moderator does it.
    fn send_away(&self, name: Option<String>, reason: String) -> Result<(), Refusal> {
        let Server { config, directory, served: Some(served), .. } = self.server else {
            return Ok(());
        };
        let person = name.as_deref().and_then(|name| directory.find(name));
        if person.is_some() && config.commands.is_on() {
            let hold = Hold::without_session(self.id);
            directory.execute(hold, Command::Kick { name, reason }, None);
        } else {
            served.find(name.as_deref(), person)?.dismiss(Dismissal::Removed);
        }
        Ok(())
    }
}
