//! The settings of a room as bytes. The times at which people spoke last are not among them.

use std::hash::Hash;
use std::time::Duration;

use chat_cluster::wire::{Malformed, Reader, Write};

use super::{Holder, Settings};

impl<P: Copy + Eq + Hash + Into<u64> + From<u64>> Settings<P> {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.put_optional(self.owner.as_ref(), |out, owner| owner.write(out));
        out.put_count(self.operators.len());
        self.operators.iter().for_each(|operator| operator.write(out));
        out.put_optional(self.topic.as_deref(), Vec::put_text);
        self.sanctions.write(out);
        out.put_flag(self.is_locked);
        out.put_count(self.invited.len());
        self.invited.iter().for_each(|invited| out.put_u64((*invited).into()));
        let slow = self.slow.as_ref().map(|slow| slow.every.as_nanos());
        out.put_option(slow.map(|every| every.try_into().unwrap_or(u64::MAX)));
    }

    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let none = Self::default();
        let mut settings = Self {
            owner: input.option(Holder::read)?,
            operators: input.list(Holder::read)?,
            topic: input.option(Reader::text)?,
            sanctions: none.sanctions.read(input)?,
            is_locked: input.flag()?,
            invited: input.list(|input| input.u64().map(P::from))?,
            slow: None,
        };
        settings.slow_down(input.option(Reader::u64)?.map(Duration::from_nanos));
        Ok(settings)
    }
}

impl<P: Copy + Into<u64> + From<u64>> Holder<P> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Person(person) => {
                out.put_flag(false);
                out.put_u64((*person).into());
            }
            Self::Account(account) => {
                out.put_flag(true);
                out.put_text(account);
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        if input.flag()? {
            input.text().map(Self::Account)
        } else {
            input.u64().map(|person| Self::Person(person.into()))
        }
    }
}
