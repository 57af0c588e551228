//! Private messages (requirements 6.1 and 6.3).

use std::sync::Arc;

use chat_protocol::refusal::Refusal;

use crate::net::transport::Transport;
use crate::people::directory::{Location, People, Person, PersonId};
use crate::room::event::Notice;
use crate::room::letter::Letter;
use crate::room::order::Room;

/// The other room that a private message went to, if it is full: its sender waits for space there.
pub(super) type Written<T> = Option<Arc<Room<T>>>;

impl<T: Transport> People<T> {
    /// Delivers a private message to the person of this name, and its receipt to the sender.
    pub(super) fn tell_privately(
        &mut self,
        from: PersonId,
        to: &str,
        text: &str,
    ) -> Result<Written<T>, Refusal> {
        let to = self.find(to).ok_or_else(|| Refusal::NoSuchPerson(to.to_owned()))?;
        self.deliver_privately(from, to, text)
    }

    /// Answers the last private message.
    pub(super) fn answer(&mut self, from: PersonId, text: &str) -> Result<Written<T>, Refusal> {
        let correspondent = self.person(from).correspondent.as_deref().cloned();
        let (to, name) = correspondent.ok_or(Refusal::NothingToAnswer)?;
        if !self.is_here(to) {
            return Err(Refusal::NoLongerHere(name));
        }
        self.deliver_privately(from, to, text)
    }

    fn deliver_privately(
        &mut self,
        from: PersonId,
        to: PersonId,
        text: &str,
    ) -> Result<Written<T>, Refusal> {
        if from == to {
            return Err(Refusal::PrivateToSelf);
        }
        let language = self.rules.language;
        let [sender, receiver] = [from, to].map(|id| self.person(id).name.clone());
        let line = Notice::new("private", language.private(&sender, text), [("who", &sender)]);
        let line = self.encoding(to).encode(&line.saying(text));
        let receipt = language.private_receipt(&receiver, text);
        let receipt = Notice::new("receipt", receipt, [("who", &receiver)]);
        let receipt = self.encoding(from).encode(&receipt.saying(text));
        let letter = self.letter_of(from, to, &line);
        if self.is_sent(to, &letter) {
            self.person_mut(to).correspondent = Some(Box::new((from, sender)));
        }
        Ok(self.post(from, to, line, letter?, receipt))
    }

    /// The space for a line that waits for a person, unless its node is to deliver it. One that is absent hears nothing.
    fn letter(&mut self, to: PersonId, line: &str) -> Result<Option<Letter>, Refusal> {
        let Person { name, location, mailbox, .. } = self.person_mut(to);
        let letter = match location {
            Location::Elsewhere { .. } => return Ok(None),
            Location::Absent => None,
            _ => mailbox.take(line.len() + 1),
        };
        letter.map(Some).ok_or_else(|| Refusal::CannotHearNow(name.clone()))
    }

    /// The same for a line of this person. One that is connected elsewhere has been told already that it was sent: then the line
    /// waits without a bound of its own, and the receiver is told if it misses it.
    pub(super) fn letter_of(
        &mut self,
        from: PersonId,
        to: PersonId,
        line: &str,
    ) -> Result<Option<Letter>, Refusal> {
        let letter = self.letter(to, line);
        let is_told = matches!(self.person(from).location, Location::Elsewhere { .. });
        if is_told && self.is_sent(to, &letter) { Ok(letter.unwrap_or_default()) } else { letter }
    }

    /// Returns whether a private message counts as sent. One node alone knows whether there is space for it, and this is the
    /// same on all.
    pub(super) fn is_sent(&self, to: PersonId, letter: &Result<Option<Letter>, Refusal>) -> bool {
        let is_absent = matches!(self.person(to).location, Location::Absent);
        letter.is_ok() || self.is_one_of_several() && !is_absent
    }

    /// In one room, letter and receipt stand at one place of its order.
    pub(super) fn post(
        &mut self,
        from: PersonId,
        to: PersonId,
        line: String,
        letter: Option<Letter>,
        receipt: String,
    ) -> Written<T> {
        let own = match &self.person(from).location {
            Location::InRoom(room, member) => Some((Arc::clone(room), *member)),
            _ => None,
        };
        let mut written = None;
        match (&mut self.person_mut(to).location, letter) {
            (Location::InRoom(room, member), Some(letter)) => {
                let (room, member) = (Arc::clone(room), *member);
                if let Some((_, sender)) = own.filter(|(own, _)| Arc::ptr_eq(own, &room)) {
                    self.caused += room.post_with_receipt(member, line, letter, (sender, receipt));
                    return None;
                }
                self.caused += room.post(member, line, Some(letter));
                written = room.is_full().then_some(room);
            }
            (Location::Moving(mail), Some(letter)) => {
                let size = letter.size();
                mail.push((line, Some(letter)));
                self.caused += size;
            }
            (Location::InRoom(..) | Location::Moving(_), None) => _ = self.tell_line(to, line),
            (Location::Console(console), _) => console.print_message(line),
            // Its node delivers it.
            _ => {}
        }
        self.tell_line(from, receipt);
        written
    }
}
