//! A dialect from a file: the protocol of a chat that is not built in, described in a few lines of
//! TOML (`--dialect-file`).

mod form;
mod framing;
mod json;
mod words;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use memchr::memchr;

use self::form::Form;
use self::framing::Malformed;
use self::words::{Pattern, Values};
use super::{Dialect, Event, Frame, Frames, Login, Stage, Web, Who, garbage};

use crate::input::{self, MAX_DIALECT, Unreadable};

pub(crate) use json::unescape;

/// Error: a file gives no dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileError {
    /// It cannot be read.
    #[error("cannot read {}: {}", .0.display(), .1)]
    Unreadable(PathBuf, Unreadable),
    /// Something in it is not as expected.
    #[error("{}:{line}: {what}", file.display())]
    Wrong {
        file: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        what: String,
    },
    /// Clients were given a password, and the dialect does not use it.
    #[error("{}: no {{password}} in it: --password-file is of no use", .0.display())]
    NoPassword(PathBuf),
    /// The dialect needs a password, or a user.
    #[error("{}: it needs {}", .0.display(), .1)]
    Needs(PathBuf, &'static str),
}

/// A dialect from a file.
#[derive(Debug, Clone)]
pub(crate) struct FileDialect {
    form: Form,
    login: Option<Login>,
}

impl FileDialect {
    /// Reads a dialect.
    ///
    /// # Errors
    ///
    /// When there is none in the file, or it does not go with the login.
    pub(crate) fn read(file: &Path, login: Option<Login>) -> Result<Self, FileError> {
        let unreadable = |why| FileError::Unreadable(file.into(), why);
        let text = input::read(file, MAX_DIALECT).map_err(unreadable)?;
        let text = String::from_utf8(text)
            .map_err(|_| unreadable(Unreadable::System(ErrorKind::InvalidData)))?;
        let wrong = |(line, what)| FileError::Wrong { file: file.into(), line, what };
        let form = Form::parse(&text).map_err(wrong)?;
        let [user, password] = form.needs();
        match &login {
            Some(_) if !password => Err(FileError::NoPassword(file.into())),
            None if password => Err(FileError::Needs(file.into(), "--password-file")),
            Some(login) if user && login.user().is_none() => {
                Err(FileError::Needs(file.into(), "--user"))
            }
            _ => Ok(Self { form, login }),
        }
    }

    /// The name that it gives itself.
    pub(crate) fn name(&self) -> &str {
        &self.form.name.0
    }

    /// Advances the handshake if this is what the client waits for.
    #[cold]
    fn advance(&self, who: &Who, stage: &mut Stage, text: &[u8], answer: &mut Vec<u8>) {
        let done = if let Stage::Answered(done) = *stage { done } else { 0 };
        let Some(step) = self.form.steps.get(usize::from(done)) else { return };
        if step.wait.0.iter().any(|pattern| pattern.matches(who, text).is_some()) {
            for words in &step.send.0 {
                let values = Values { who, login: self.login.as_ref(), text: b"" };
                self.form.framing.frame(answer, |out| words.put(values, out));
            }
            let done = done + 1;
            let is_last = usize::from(done) == self.form.steps.len();
            *stage = if is_last { Stage::Ready } else { Stage::Answered(done) };
        }
    }

    /// The meaning of a frame.
    #[inline]
    fn classify<'a>(&self, who: &Who, text: &'a [u8], answer: &mut Vec<u8>) -> Event<'a> {
        let is = |patterns: &[Pattern]| {
            patterns.iter().any(|pattern| pattern.matches(who, text).is_some())
        };
        let Form { said, refused, routine, answers, framing, json, .. } = &self.form;
        let said = is(&said.0);
        if !said {
            for rule in answers {
                if let Some(text) = rule.to.matches(who, text) {
                    let values = Values { who, login: None, text };
                    framing.frame(answer, |out| rule.send.put(values, out));
                    return Event::Routine;
                }
            }
            if is(&routine.0) {
                return Event::Routine;
            }
            if is(&refused.0) {
                return Event::Refused(text);
            }
        }
        match said {
            _ if *json && memchr(b'\\', text).is_some() => Event::Escaped(text),
            true => Event::Said(text),
            false => Event::Other(text),
        }
    }
}

impl Dialect for FileDialect {
    fn echoes(&self) -> bool {
        self.form.echo
    }

    fn has_rooms(&self) -> bool {
        self.form.has_rooms()
    }

    /// In a room of their own, idle clients do not hear the others.
    fn has_idlers(&self) -> bool {
        self.form.has_rooms()
    }

    fn web(&self) -> Option<Web<'_>> {
        let frames = if self.form.framing.is_lines() { Frames::Lines } else { Frames::Bytes };
        Some(Web { frames, subprotocol: self.form.subprotocol.as_ref().map(|name| &*name.0) })
    }

    fn longest(&self) -> usize {
        self.form.longest()
    }

    fn longest_name(&self) -> usize {
        self.form.longest_name
    }

    fn secret(&self) -> Option<&str> {
        self.login.as_ref().map(Login::password)
    }

    fn hello(&self, who: &Who, out: &mut Vec<u8>) -> Stage {
        for words in &self.form.hello.0 {
            let values = Values { who, login: self.login.as_ref(), text: b"" };
            self.form.framing.frame(out, |out| words.put(values, out));
        }
        if self.form.steps.is_empty() { Stage::Ready } else { Stage::Greeted }
    }

    #[inline]
    fn read<'a>(
        &self,
        who: &Who,
        stage: &mut Stage,
        input: &'a [u8],
        answer: &mut Vec<u8>,
    ) -> Option<Frame<'a>> {
        let (text, length) = match self.form.framing.cut(input) {
            Ok(found) => found?,
            Err(Malformed) => return Some(garbage(input)),
        };
        if *stage != Stage::Ready {
            self.advance(who, stage, text, answer);
        }
        Some(Frame { length, event: self.classify(who, text, answer) })
    }

    fn say(&self, who: &Who, text: &[u8], out: &mut Vec<u8>) {
        let say = |text: &[u8], out: &mut Vec<u8>| {
            let values = Values { who, login: None, text };
            self.form.framing.frame(out, |out| self.form.message.put(values, out));
        };
        if self.form.json && memchr(b'\\', text).is_some() {
            let mut escaped = Vec::with_capacity(text.len() + form::ESCAPES);
            json::escape(text, &mut escaped);
            say(&escaped, out);
        } else {
            say(text, out);
        }
    }

    fn bye(&self, out: &mut Vec<u8>) {
        let who = Who { name: String::new(), room: None };
        for words in &self.form.bye.0 {
            let values = Values { who: &who, login: None, text: b"" };
            self.form.framing.frame(out, |out| words.put(values, out));
        }
    }
}

#[cfg(test)]
mod tests;
