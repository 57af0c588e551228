//! The session: whatever its peer sends, it does only what a client may do in its state, and what
//! others would be shown can be shown to them.

use chat_protocol::command::Command;
use chat_protocol::decoder::{Decoder, Line};
use chat_protocol::language::Language;
use chat_protocol::limits::NAME_ATTEMPTS;
use chat_protocol::name::{Name, NameError};
use chat_protocol::refusal::Refusal;
use chat_protocol::text::is_leave;
use chat_protocol::wording::{NOTICE, REFUSAL, message_by_name, private_of};
use chat_server::client::session::{Action, Rules, Session};

use super::lines::is_harmless;
use super::script::Script;

/// Holds for every input.
///
/// # Panics
///
/// If it does not.
pub fn holds(input: &[u8]) {
    let Some(script) = Script::of(input) else { return };
    let mut decoder = Decoder::new(script.framing, script.limit);
    let mut client = Client::new(&script);
    for read in &script.reads {
        let mut bytes = read.bytes;
        while let Some(line) = decoder.decode(&mut bytes) {
            client.sends(line);
        }
        if read.paused
            && let Some(line) = decoder.pause()
        {
            client.sends(line);
        }
    }
    if let Some(line) = decoder.finish() {
        client.sends(line);
    }
}

/// A client's session, and what is known of it from outside.
struct Client {
    session: Session,
    rules: Rules,
    /// Whether names of an odd length are taken.
    some_taken: bool,
    state: State,
}

enum State {
    Naming { refusals: u8 },
    InRoom { name: Option<Name> },
    Gone,
}

impl Client {
    fn new(script: &Script) -> Self {
        let [ask_name, commands, some_taken] = [1, 2, 4].map(|bit| script.choices & bit != 0);
        let rules = Rules { ask_name, commands, max_line: script.limit };
        let state =
            if ask_name { State::Naming { refusals: 0 } } else { State::InRoom { name: None } };
        Self { session: Session::new(rules), rules, some_taken, state }
    }

    fn sends(&mut self, line: Line) {
        let shown = format!("{line:?}");
        let action = self.session.line(line);
        match &self.state {
            State::Gone => assert_eq!(action, None, "who is gone is not heard: {shown}"),
            State::Naming { refusals } => {
                let refusals = *refusals;
                let action = action.expect("every line is an answer");
                self.answers(action, refusals);
            }
            State::InRoom { name } => {
                let left = action.is_some_and(|action| self.takes_part(action, name.as_ref()));
                if left {
                    self.state = State::Gone;
                }
            }
        }
        let naming = matches!(self.state, State::Naming { .. });
        assert!(!naming || self.session.is_naming(), "{shown}");
    }

    /// Until a client has a name, it says nothing and commands nothing.
    fn answers(&mut self, action: Action, refusals: u8) {
        self.state = match action {
            Action::Leave => State::Gone,
            Action::TakeName(name) => {
                assert_eq!(name.as_str().parse(), Ok(name.clone()), "a name is one");
                if self.some_taken && name.as_str().len() % 2 == 1 {
                    let refused = self.session.refuse_name(NameError::Taken);
                    return self.answers(refused, refusals);
                }
                self.session.named();
                State::InRoom { name: Some(name) }
            }
            // None of them is there.
            Action::Resume(_) => {
                assert!(self.rules.commands, "it is no name");
                let refused = self.session.refuse_name(NameError::NoSession);
                return self.answers(refused, refusals);
            }
            Action::AskAgain(refusal) => {
                is_told(&refusal);
                assert!(refusals + 1 < NAME_ATTEMPTS, "is asked without end");
                State::Naming { refusals: refusals + 1 }
            }
            Action::Dismiss(reason) => {
                is_told(&reason);
                assert_eq!(refusals + 1, NAME_ATTEMPTS, "may try as often as everybody");
                State::Gone
            }
            Action::Say(_)
            | Action::Refuse(_)
            | Action::Do(..)
            | Action::Prove(_)
            | Action::AskWordAgain(_)
            | Action::AskOther => {
                panic!("without a name: {action:?}")
            }
        };
    }

    /// Returns whether it leaves.
    fn takes_part(&self, action: Action, name: Option<&Name>) -> bool {
        match action {
            Action::Say(text) => {
                is_passed_on(&text);
                assert!(!is_leave(&text), "the word is nothing to be said");
                assert!(text.chars().count() <= self.rules.max_line);
                if let Some(name) = name {
                    let message = message_by_name(name.as_str(), &text).to_string();
                    let imitates = [NOTICE, REFUSAL].iter().any(|mark| message.starts_with(mark));
                    assert!(!imitates && private_of(&message).is_none(), "{message:?}");
                }
                false
            }
            Action::Refuse(refusal) => {
                is_told(&refusal);
                false
            }
            Action::Do(command, _) => {
                assert!(self.rules.commands, "{command:?}");
                is_command(&command);
                false
            }
            Action::Leave => true,
            Action::AskAgain(_)
            | Action::AskWordAgain(_)
            | Action::AskOther
            | Action::TakeName(_)
            | Action::Resume(_)
            | Action::Prove(_)
            | Action::Dismiss(_) => {
                panic!("of somebody who was not asked: {action:?}")
            }
        }
    }
}

/// Others may be shown this.
fn is_passed_on(text: &str) {
    assert!(!text.is_empty());
    assert!(text.chars().all(is_harmless), "{text:?}");
}

/// The client may be told this: lines of the server's own, in every language.
fn is_told(refusal: &Refusal) {
    for language in Language::ALL {
        for line in language.refusal(refusal).to_string().split('\n') {
            is_passed_on(line);
            assert!(line.starts_with(REFUSAL), "{line:?}");
        }
    }
}

fn is_command(command: &Command) {
    let word = |word: &str| {
        is_passed_on(word);
        assert!(!word.contains(char::is_whitespace), "{word:?}");
    };
    match command {
        Command::Private { to, text } => {
            word(to);
            is_passed_on(text);
        }
        // A name with a blank is refused later, as a name.
        Command::Room(text) | Command::Rename(text) | Command::Reply(text) => is_passed_on(text),
        Command::History(count) => assert!(*count > 0),
        // Nobody is shown a word.
        Command::Register(_)
        | Command::Password(_)
        | Command::Who
        | Command::Rooms
        | Command::Help
        | Command::Bans
        | Command::Lock
        | Command::Position
        | Command::Begin => {}
        Command::Kick { name, reason } => {
            name.iter().map(String::as_str).for_each(word);
            assert!(reason.is_empty() || name.is_some());
        }
        Command::Ban { target, .. } => word(target),
        Command::Mute { name, .. } => word(name),
        Command::Pardon(name) | Command::Invite(name) | Command::Op(name) | Command::Deop(name) => {
            word(name);
        }
        Command::Topic(text) => text.iter().for_each(|text| is_passed_on(text)),
        Command::Slow(time) => assert!(time.is_none_or(|time| !time.is_zero())),
        Command::Leave => panic!("to leave is no command like the others"),
    }
}
