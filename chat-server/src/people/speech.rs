//! A public line: its label, its place in the room's order, and its copy on the console.

use std::fmt::Display;
use std::net::SocketAddr;

use chat_protocol::language::Language;
use chat_protocol::name::Name;
use chat_protocol::options::profile::Label;
use chat_protocol::wording;
use chat_store::line::Numbered;

use crate::console::Console;
use crate::room::event::{MESSAGE, Notice};
use crate::room::order::Room;
use crate::room::seat::MemberId;

/// The form of public lines (`--label`), and the console that prints them (`--quiet`).
pub(crate) struct Speech {
    pub(crate) label: Label,
    pub(crate) language: Language,
    /// `None`: messages are not printed.
    pub(crate) console: Option<Console>,
}

/// The speaker of a public line.
#[derive(Clone, Copy)]
pub(crate) enum Speaker<'a> {
    /// A client: its address, its number among those with its port, and its name where clients have
    /// names.
    Client(SocketAddr, u32, Option<&'a Name>),
    /// The person at the console, where the line was typed.
    Operator(&'a Name),
}

impl Speech {
    /// Puts a line into the room, for [`Deliveries::deliver`] to deliver, and prints it. Returns its size in bytes.
    ///
    /// [`Deliveries::deliver`]: crate::room::fanout::Deliveries::deliver
    pub(crate) fn say<T>(
        &self,
        room: &Room<T>,
        member: MemberId,
        speaker: Speaker<'_>,
        text: &str,
        numbered: Option<Numbered>,
    ) -> usize {
        self.print_said(speaker, text);
        match (speaker, self.label) {
            (Speaker::Operator(name), _) => room.put(member, &by_name(name, text)),
            (Speaker::Client(_, _, Some(name)), Label::Name) => {
                room.put(member, &by_name(name, text).numbered(numbered))
            }
            (Speaker::Client(..), Label::None) => {
                let said = Notice::new(MESSAGE, text, []).saying(text);
                room.put(member, &said.numbered(numbered))
            }
            (Speaker::Client(address, number, _), Label::Port | Label::Name) => {
                let line = wording::message_by_numbered_port(address, number, text);
                let label = wording::port_label(address, number);
                let said = Notice::new(MESSAGE, line, [("who", &label)]).saying(text);
                room.put(member, &said.numbered(numbered))
            }
        }
    }

    /// Prints a line of a client of this server.
    pub(crate) fn print_said(&self, speaker: Speaker<'_>, text: &str) {
        match (speaker, self.label) {
            (Speaker::Operator(_), _) => {}
            (Speaker::Client(_, _, Some(name)), Label::Name) => {
                self.print(wording::message_by_name(name.as_str(), text));
            }
            (Speaker::Client(..), Label::None) => self.print(wording::console_message(text)),
            (Speaker::Client(address, ..), Label::Port | Label::Name) => {
                self.print(self.language.console_message_by_port(address, text));
            }
        }
    }

    fn print(&self, message: impl Display) {
        if let Some(console) = &self.console {
            console.print_message(message);
        }
    }
}

/// A message with its speaker's name.
fn by_name<'a>(name: &'a Name, text: &'a str) -> Notice<'a, impl Display, 1> {
    Notice::new(MESSAGE, wording::message_by_name(name.as_str(), text), [("who", name)])
        .saying(text)
}
