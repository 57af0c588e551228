//! Private messages (requirements 6.1 and 6.3).

use chat_protocol::refusal::Refusal;

use crate::net::transport::Transport;
use crate::people::directory::{People, PersonId};

impl<T: Transport> People<T> {
    /// Delivers a private message to the person of this name, and its receipt to the sender.
    pub(super) fn tell_privately(
        &mut self,
        from: PersonId,
        to: &str,
        text: &str,
    ) -> Result<(), Refusal> {
        let to = self.find(to).ok_or_else(|| Refusal::NoSuchPerson(to.to_owned()))?;
        self.deliver_privately(from, to, text)
    }

    /// Answers the last private message.
    pub(super) fn answer(&mut self, from: PersonId, text: &str) -> Result<(), Refusal> {
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
    ) -> Result<(), Refusal> {
        if from == to {
            return Err(Refusal::PrivateToSelf);
        }
        let language = self.rules.language;
        let [sender, receiver] = [from, to].map(|id| self.person(id).name.clone());
        if !self.tell(to, language.private(&sender, text)) {
            return Err(Refusal::CannotHearNow(receiver));
        }
        self.person_mut(to).correspondent = Some(Box::new((from, sender)));
        self.tell(from, language.private_receipt(&receiver, text));
        Ok(())
    }
}
