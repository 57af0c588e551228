//! A file of options, in TOML.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use clap::Command;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{Given, ONLY_ON_THE_COMMAND_LINE, Place, Refused};

/// The key of the tables that stand for options of listeners.
const LISTEN: &str = "listen";

/// The kinds of listeners, with their options. The address is the first one's value; the others are flags.
const KINDS: [(&str, &[&str]); 4] = [
    ("plain", &["bind"]),
    ("tls", &["tls-bind"]),
    ("web", &["web"]),
    ("web-tls", &["web", "web-tls"]),
];

const EXPECTED: &str =
    "expected tables [[listen]] with an address and a kind: plain, tls, web or web-tls";

/// A file that is being read.
struct File<'a> {
    path: &'a Path,
    text: &'a str,
    command: &'a Command,
}

/// The options in a file, in the order of their lines.
pub(super) fn read(path: &Path, command: &Command) -> Result<Vec<Given>, Refused> {
    let text = fs::read_to_string(path).map_err(|error| Refused {
        line: format!("error: cannot read {}: {error}", path.display()),
        error: None,
    })?;
    let file = File { path, text: &text, command };
    let table = DeTable::parse(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        Refused::new(&file.place(start), error.message().lines().collect::<Vec<_>>().join(", "))
    })?;
    let mut options: Vec<_> = table.get_ref().iter().collect();
    options.sort_by_key(|(key, _)| key.span().start);
    let mut given = Vec::new();
    for (key, value) in options {
        if key.get_ref() == LISTEN {
            given.extend(file.listeners(value)?);
        } else {
            let values = file.values(key.get_ref(), value)?;
            given.push(file.given(key.get_ref(), key.span().start, &values)?);
        }
    }
    Ok(given)
}

impl File<'_> {
    fn place(&self, byte: usize) -> Place {
        let before = self.text.get(..byte).unwrap_or(self.text);
        Place::Line(self.path.to_owned(), before.matches('\n').count() + 1)
    }

    fn given(&self, name: &str, byte: usize, values: &[OsString]) -> Result<Given, Refused> {
        let place = self.place(byte);
        if ONLY_ON_THE_COMMAND_LINE.contains(&name) {
            return Err(Refused::new(&place, format!("'{name}' is for the command line alone")));
        }
        Given::new(self.command, name, place, values)
    }

    fn refuse(&self, part: &Spanned<DeValue<'_>>, why: &str) -> Refused {
        Refused::new(&self.place(part.span().start), why)
    }

    fn values(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<OsString>, Refused> {
        match value.get_ref() {
            DeValue::Array(all) => all.iter().map(|value| self.scalar(key, value)).collect(),
            _ => Ok(vec![self.scalar(key, value)?]),
        }
    }

    fn scalar(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<OsString, Refused> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.as_ref().into()),
            DeValue::Integer(number) => Ok(number.to_string().into()),
            DeValue::Float(number) => Ok(number.to_string().into()),
            DeValue::Boolean(is_on) => Ok(if *is_on { "on" } else { "off" }.into()),
            _ => {
                let expected = "expected a text, a number, true, false, or a list of these";
                Err(self.refuse(value, &format!("invalid value for '{key}': {expected}")))
            }
        }
    }

    /// The options for which the tables stand. With any table, the server listens at theirs alone.
    fn listeners(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<Given>, Refused> {
        let DeValue::Array(tables) = value.get_ref() else {
            return Err(self.refuse(value, EXPECTED));
        };
        let mut given = Vec::new();
        for table in tables {
            given.extend(self.listener(table)?);
        }
        let has_plain = given.iter().any(|given: &Given| given.name == "bind");
        if !has_plain && !given.is_empty() {
            given.push(self.given("bind", value.span().start, &["off".into()])?);
        }
        Ok(given)
    }

    fn listener(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<Given>, Refused> {
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.refuse(value, EXPECTED));
        };
        let is_unknown =
            |key: &&Spanned<DeString<'_>>| !["address", "kind"].contains(&&**key.get_ref());
        if let Some(key) = table.keys().find(is_unknown) {
            let why = format!("unknown key '{}': {EXPECTED}", key.get_ref());
            return Err(Refused::new(&self.place(key.span().start), why));
        }
        let (Some(address), Some(kind)) = (table.get("address"), table.get("kind")) else {
            return Err(self.refuse(value, EXPECTED));
        };
        let (name, start) = (self.scalar("kind", kind)?, address.span().start);
        let Some((_, options)) = KINDS.iter().find(|(kind, _)| name == *kind) else {
            let name = name.display();
            let why = format!("invalid value '{name}' for 'kind': {EXPECTED}");
            return Err(self.refuse(kind, &why));
        };
        let values = [self.scalar("address", address)?, "on".into()];
        options
            .iter()
            .zip(values)
            .map(|(option, value)| self.given(option, start, &[value]))
            .collect()
    }
}
