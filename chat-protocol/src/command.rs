//! Chat commands: lines that begin with `/` (chapter 6).

use std::time::Duration;

use strsim::damerau_levenshtein;

use crate::account::{AccountError, Word};
use crate::limits::{HISTORY, MAX_NAME};
use crate::moderation::MAX_SLOW;
use crate::options::time_limit::TimeLimit;

mod forms;

pub use forms::{FORMS, Form, OPERATOR_FORMS, operator_forms};

/// The kind of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Sends a private message to one member.
    Private,
    /// Changes the room.
    Room,
    /// Lists the members of the room.
    Who,
    /// Lists the rooms.
    Rooms,
    /// Changes the client's name.
    Rename,
    /// Answers the last private message.
    Reply,
    /// Shows what was said last in the room.
    History,
    /// Makes the client's name its own.
    Register,
    /// Changes the word of the client's account.
    Password,
    /// Tells the position of the room.
    Position,
    /// Lists the commands.
    Help,
    /// Leaves the chat; for the operator, stops the server.
    Leave,
    /// Ends the connection of the client that is there (operator).
    Next,
    /// Ends the connection of a client (the server's operator).
    Dismiss,
    /// Ends the connection of a person.
    Kick,
    /// Keeps a person or a network out.
    Ban,
    /// Ends bans and mutes.
    Pardon,
    /// Lists bans and mutes.
    Bans,
    /// Lets a person say nothing.
    Mute,
    /// Shows or sets the topic of the room.
    Topic,
    /// Limits how often each person may speak in the room.
    Slow,
    /// Closes the room to whom is not invited, or opens it.
    Lock,
    /// Lets a person into a room that is closed.
    Invite,
    /// Makes a person an operator of the room.
    Op,
    /// Takes that back.
    Deop,
}

/// The result of parsing a line where commands are enabled.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// A chat message, not a command. `//text` is the message `/text`.
    Text(&'a str),
    /// A complete command.
    Command(Command),
    /// An unknown command.
    Unknown {
        /// Its word.
        word: &'a str,
        /// The word of a command that looks much like it.
        nearest: Option<&'static str>,
    },
    /// A command with too few or too many arguments.
    Malformed {
        /// The word as it was written.
        word: &'a str,
        /// The right syntax.
        form: &'static Form,
    },
}

/// A command and its arguments, as the client wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Sends a private message.
    Private {
        /// The name of the receiver.
        to: String,
        /// The message, not empty.
        text: String,
    },
    /// Changes to this room.
    Room(String),
    /// Lists the members of the room.
    Who,
    /// Lists the rooms.
    Rooms,
    /// Changes the client's name to this.
    Rename(String),
    /// Sends this text to the sender of the last private message.
    Reply(String),
    /// Shows so many of the last messages of the room.
    History(usize),
    /// Makes the client's name its own, with this word.
    Register(Result<Word, AccountError>),
    /// Changes the word of the client's account to this.
    Password(Result<Word, AccountError>),
    /// Tells the position of the room.
    Position,
    /// Begins a session.
    Begin,
    /// Lists the commands.
    Help,
    /// Leaves the chat.
    Leave,
    /// Ends the connection of this client, or of the only one, for this reason.
    Kick {
        /// The name.
        name: Option<String>,
        /// The reason; may be empty.
        reason: String,
    },
    /// Keeps a person or a network out.
    Ban {
        /// The name or the network.
        target: String,
        /// The time for which it holds; `None` is for ever.
        time: Option<Duration>,
        /// The reason; may be empty.
        reason: String,
    },
    /// Ends the bans and mutes of this person or network.
    Pardon(String),
    /// Lists bans and mutes.
    Bans,
    /// Lets a person say nothing.
    Mute {
        /// The name.
        name: String,
        /// The time for which it holds; `None` is for ever.
        time: Option<Duration>,
    },
    /// Shows the topic of the room, or sets it to this text.
    Topic(Option<String>),
    /// Lets each person speak once in this time; `None` is as often as it likes.
    Slow(Option<Duration>),
    /// Closes the room, or opens it.
    Lock,
    /// Invites this person to the room.
    Invite(String),
    /// Makes this person an operator of the room.
    Op(String),
    /// Takes that back.
    Deop(String),
}

/// The words of the line that begins a session, or goes on with one (requirements 11.10 and 11.12). They are in no
/// list, because people have no use for them.
const RESUME: [&str; 2] = ["/reanudar", "/resume"];

/// What stands behind the word, if the line begins a session, or goes on with one.
pub fn resumption(line: &str) -> Option<&str> {
    let (word, arguments) = first_word(line.trim());
    RESUME.iter().any(|resume| resume.eq_ignore_ascii_case(word)).then_some(arguments)
}

/// Parses a line where commands are enabled.
///
/// ```
/// # use chat_protocol::command::{Command, Parsed, parse};
/// assert_eq!(parse("/join cocina"), Parsed::Command(Command::Room("cocina".to_owned())));
/// assert_eq!(parse("//quien"), Parsed::Text("/quien"));
/// ```
pub fn parse(line: &str) -> Parsed<'_> {
    parse_with(line, FORMS.iter())
}

/// Parses a line where these commands are enabled. One behind blanks is a message, unless it is a command with a word,
/// which nobody else may hear: it is malformed. So it is behind whatever is no letter, as an invisible character or what a
/// terminal puts before a pasted text.
pub fn parse_with(line: &str, forms: impl Iterator<Item = &'static Form> + Clone) -> Parsed<'_> {
    let Some(rest) = line.strip_prefix('/') else {
        let (before, rest) = line.split_once('/').unwrap_or((line, ""));
        let word = (!before.contains(char::is_alphabetic)).then(|| first_word(rest).0);
        let secret = word.and_then(|word| {
            let form = known(word, forms).filter(|form| form.is_for_accounts())?;
            Some(Parsed::Malformed { word, form })
        });
        return secret.unwrap_or(Parsed::Text(line));
    };
    if rest.starts_with('/') {
        return Parsed::Text(rest);
    }
    let (word, arguments) = first_word(rest);
    let Some(form) = known(word, forms.clone()) else {
        return Parsed::Unknown { word, nearest: nearest(word, forms) };
    };
    form.command(arguments).map_or(Parsed::Malformed { word, form }, Parsed::Command)
}

fn known(word: &str, mut forms: impl Iterator<Item = &'static Form>) -> Option<&'static Form> {
    forms.find(|form| [form.word, form.alias].iter().any(|known| known.eq_ignore_ascii_case(word)))
}

/// Typing errors that a word may have: wrong, missing, additional or exchanged letters, at most one for
/// so many letters.
const LETTERS_FOR_AN_ERROR: usize = 3;

/// The word of a command that this word was probably meant for.
fn nearest(word: &str, forms: impl Iterator<Item = &'static Form>) -> Option<&'static str> {
    // A long one is none, and takes long to compare.
    if word.len() > MAX_NAME {
        return None;
    }
    let word = word.to_lowercase();
    forms
        .flat_map(|form| [form.word, form.alias])
        .map(|known| (damerau_levenshtein(&word, known), known))
        .filter(|(errors, _)| *errors <= word.len() / LETTERS_FOR_AN_ERROR)
        .min_by_key(|(errors, _)| *errors)
        .map(|(_, known)| known)
}

impl Form {
    /// Returns whether the command is there only where there are accounts.
    pub fn is_for_accounts(&self) -> bool {
        matches!(self.verb, Verb::Register | Verb::Password)
    }

    fn command(&self, arguments: &str) -> Option<Command> {
        let text = Some(arguments.to_owned()).filter(|text| !text.is_empty());
        let word = text.clone().filter(|text| !text.contains(char::is_whitespace));
        let nothing = arguments.is_empty();
        match self.verb {
            Verb::Private => {
                let (to, text) = first_word(arguments);
                let (to, text) = (to.to_owned(), text.to_owned());
                (!text.is_empty()).then_some(Command::Private { to, text })
            }
            // A name with a blank is refused as a name.
            Verb::Room => text.map(Command::Room),
            Verb::Who => nothing.then_some(Command::Who),
            Verb::Rooms => nothing.then_some(Command::Rooms),
            Verb::History if nothing => Some(Command::History(HISTORY)),
            Verb::History => arguments.parse().ok().filter(|n| *n > 0).map(Command::History),
            Verb::Position => nothing.then_some(Command::Position),
            Verb::Rename => text.map(Command::Rename),
            Verb::Reply => text.map(Command::Reply),
            Verb::Register => text.map(|word| Command::Register(word.parse())),
            Verb::Password => text.map(|word| Command::Password(word.parse())),
            Verb::Help => nothing.then_some(Command::Help),
            Verb::Leave => nothing.then_some(Command::Leave),
            Verb::Next => nothing.then(Command::kick_the_only_one),
            Verb::Dismiss if nothing => Some(Command::kick_the_only_one()),
            Verb::Dismiss => {
                word.map(|name| Command::Kick { name: Some(name), reason: String::new() })
            }
            Verb::Kick => {
                let (name, reason) = first_word(arguments);
                let name = Some(name.to_owned()).filter(|name| !name.is_empty());
                Some(Command::Kick { name, reason: reason.to_owned() })
            }
            Verb::Ban => {
                let (target, rest) = first_word(arguments);
                let (time, reason) = timed(rest)?;
                let (target, reason) = (target.to_owned(), reason.to_owned());
                (!nothing).then_some(Command::Ban { target, time, reason })
            }
            Verb::Pardon => word.map(Command::Pardon),
            Verb::Bans => nothing.then_some(Command::Bans),
            Verb::Mute => {
                let (name, rest) = first_word(arguments);
                let (time, rest) = timed(rest)?;
                let name = name.to_owned();
                (!nothing && rest.is_empty()).then_some(Command::Mute { name, time })
            }
            Verb::Topic => Some(Command::Topic(text)),
            Verb::Slow if arguments.eq_ignore_ascii_case("no") => Some(Command::Slow(None)),
            Verb::Slow => {
                let time = time(arguments).filter(|time| *time <= MAX_SLOW);
                time.map(|time| Command::Slow(Some(time)))
            }
            Verb::Lock => nothing.then_some(Command::Lock),
            Verb::Invite => word.map(Command::Invite),
            Verb::Op => word.map(Command::Op),
            Verb::Deop => word.map(Command::Deop),
        }
    }
}

impl Command {
    /// Returns whether only the one who gives it gets something by it: a list, or a help.
    pub const fn changes_nothing(&self) -> bool {
        matches!(
            self,
            Self::Who
                | Self::Rooms
                | Self::History(_)
                | Self::Position
                | Self::Help
                | Self::Bans
                | Self::Topic(None)
        )
    }

    const fn kick_the_only_one() -> Self {
        Self::Kick { name: None, reason: String::new() }
    }
}

/// Splits a time off, if the text begins with one. `None` if it begins with a digit and no time: a slip would be for
/// ever.
fn timed(text: &str) -> Option<(Option<Duration>, &str)> {
    let (word, rest) = first_word(text);
    match time(word) {
        Some(time) => Some((Some(time), rest)),
        None if word.starts_with(|c: char| c.is_ascii_digit()) => None,
        None => Some((None, text)),
    }
}

fn time(word: &str) -> Option<Duration> {
    word.parse::<TimeLimit>().ok()?.duration()
}

/// Splits off the first word. The rest has no blanks around it.
fn first_word(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

#[cfg(test)]
mod tests;
