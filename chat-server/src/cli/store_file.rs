//! `chat-server store`: looks at the file of a store, copies it, and reads it out, also while a server has it open.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chat_protocol::language::Language;
use chat_protocol::name::key;
use chat_protocol::options::time_limit::TimeLimit;
use chat_protocol::usage::help::Example;
use chat_store::database::OpenError;
use chat_store::database::upkeep::{self, Contents};
use chat_store::line::Line;
use clap::{Args, Subcommand};

use crate::net::clock::since_1970;
use crate::net::wire::encoding::Object;
use crate::room::event::MESSAGE;
use crate::store::reason;

pub(crate) const EXAMPLES: [Example; 3] = [
    ("Whether the file is whole, and what it has", "chat-server store check chat.db"),
    ("A copy, while the server runs", "chat-server store backup chat.db monday.db"),
    (
        "What was said in the last week in a room",
        "chat-server store export chat.db --room cocina --since 7d",
    ),
];

/// The subcommands of `chat-server store`.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Looks whether a file is whole, and says what it has
    Check(File),

    /// Makes a copy of a file as it is at one moment, for its owner alone, and looks at it. Replaces nothing
    Backup(Backup),

    /// Prints what was said, a JSON object on each line, room by room
    Export(Export),
}

/// The file of a store.
#[derive(Args, Debug)]
pub(crate) struct File {
    /// The store's file. The server may be running
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The language of the texts for people
    #[arg(short, long, value_name = "LANGUAGE", value_enum, default_value_t)]
    lang: Language,
}

/// A file, and its copy.
#[derive(Args, Debug)]
pub(crate) struct Backup {
    #[command(flatten)]
    from: File,

    /// The copy, which must not exist
    #[arg(value_name = "TO")]
    to: PathBuf,
}

/// A file, and what of it is printed.
#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    from: File,

    /// What was said in this room alone
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,

    /// What was said in the last TIME, or off
    #[arg(long, value_name = "TIME", default_value_t = TimeLimit::OFF)]
    since: TimeLimit,
}

/// A file could not be looked at, copied or read out.
#[derive(Debug)]
pub enum StoreFailure {
    /// The file that was to be read.
    Read(PathBuf, OpenError),
    /// The copy cannot be made.
    Copy(PathBuf, io::Error),
    /// Standard output.
    Output(io::Error),
}

/// Reading out ended.
enum Stopped {
    Reading(OpenError),
    Printing(io::Error),
}

impl From<OpenError> for Stopped {
    fn from(error: OpenError) -> Self {
        Self::Reading(error)
    }
}

impl StoreCommand {
    /// The language of everything that people read.
    pub(crate) fn language(&self) -> Language {
        match self {
            Self::Check(file) => file.lang,
            Self::Backup(backup) => backup.from.lang,
            Self::Export(export) => export.from.lang,
        }
    }

    /// Does it. Returns lines for people.
    pub(crate) fn run(&self) -> Result<String, StoreFailure> {
        match self {
            Self::Check(File { file, lang }) => {
                let contents = upkeep::check(file);
                let contents = contents.map_err(|why| StoreFailure::Read(file.clone(), why))?;
                Ok(described(*lang, file, contents))
            }
            Self::Backup(Backup { from: File { file, lang }, to }) => {
                let copied = upkeep::back_up(file, to);
                let contents = copied.map_err(|error| match error {
                    upkeep::CopyError::From(why) => StoreFailure::Read(file.clone(), why),
                    upkeep::CopyError::To(error) => StoreFailure::Copy(to.clone(), error),
                })?;
                Ok(described(*lang, to, contents))
            }
            Self::Export(export) => export.print().map(|()| String::new()),
        }
    }
}

impl Export {
    fn print(&self) -> Result<(), StoreFailure> {
        let mut out = BufWriter::new(io::stdout().lock());
        let before = |time: Duration| since_1970().saturating_sub(time).as_millis();
        let since = self.since.duration().map_or(0, before);
        let since = i64::try_from(since).unwrap_or(i64::MAX);
        let room = self.room.as_deref().map(key);
        let printed = upkeep::export(&self.from.file, room.as_deref(), since, |line| {
            writeln!(out, "{}", object(&line)).map_err(Stopped::Printing)
        });
        match printed.and_then(|()| out.flush().map_err(Stopped::Printing)) {
            // Who has closed standard output wants no more.
            Err(Stopped::Printing(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(Stopped::Printing(error)) => Err(StoreFailure::Output(error)),
            Err(Stopped::Reading(why)) => Err(StoreFailure::Read(self.from.file.clone(), why)),
            Ok(()) => Ok(()),
        }
    }
}

/// A message as members of `chat.v2` are told it, with its room (requirement 11.20).
fn object(line: &Line) -> String {
    let object = Object::at(MESSAGE, line.at).position(line.position).text("room", &line.room);
    let named = if line.author.is_empty() { object } else { object.text("who", &line.author) };
    named.text("text", &line.text).end()
}

fn described(language: Language, file: &Path, contents: Contents) -> String {
    let Contents { version, messages, rooms, accounts, sessions, sanctions } = contents;
    let has = language.store_has(messages, rooms, accounts, sessions, sanctions).to_string();
    let whole = language.store_is_whole(&file.to_string_lossy(), version, &has).to_string();
    if contents.is_earlier() { format!("{whole}\n{}", language.store_is_earlier()) } else { whole }
}

impl StoreFailure {
    /// One line for people, with the reason.
    pub(crate) fn explanation(&self, language: Language) -> String {
        match self {
            Self::Read(path, why) => language
                .cannot_use_store(&path.to_string_lossy(), &reason(why, language))
                .to_string(),
            Self::Copy(path, error) => {
                let why = language.file_reason(error);
                language.cannot_store(&path.to_string_lossy(), &why).to_string()
            }
            Self::Output(error) => error.to_string(),
        }
    }
}
