//! Bans and mutes as bytes.

use chat_cluster::wire::{Malformed, Reader, Write};
use chat_store::moderation::Sanction;

use super::{Entry, Sanctions};
use crate::people::house::roles::Role;

const ROLES: [Role; 4] = [Role::Member, Role::Operator, Role::Owner, Role::Admin];

impl Sanctions {
    /// Values that are others when a sanction was imposed or lifted.
    pub(crate) fn mark(&self) -> (u64, usize) {
        (self.last_id, self.entries.len())
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.put_u64(self.last_id);
        out.put_count(self.entries.len());
        for Entry { sanction, role, .. } in &self.entries {
            let role = ROLES.iter().position(|known| known == role);
            out.put_u8(role.and_then(|role| role.try_into().ok()).unwrap_or_default());
            write(sanction, out);
        }
    }

    /// The same with those that are read.
    pub(crate) fn read(self, input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let last_id = input.u64()?;
        let entries = input.list(|input| {
            let role = *ROLES.get(usize::from(input.u8()?)).ok_or(Malformed)?;
            Ok(Entry::new(read(input)?, role))
        })?;
        Ok(Self { entries, last_id, ..self })
    }
}

fn write(sanction: &Sanction, out: &mut Vec<u8>) {
    let Sanction { id, is_ban, name, account, network, until, by, reason } = sanction;
    out.put_u64(*id);
    out.put_flag(*is_ban);
    for text in [name, account, network] {
        out.put_optional(text.as_deref(), Vec::put_text);
    }
    out.put_option(until.map(i64::cast_unsigned));
    out.put_text(by);
    out.put_text(reason);
}

fn read(input: &mut Reader<'_>) -> Result<Sanction, Malformed> {
    Ok(Sanction {
        id: input.u64()?,
        is_ban: input.flag()?,
        name: input.option(Reader::text)?,
        account: input.option(Reader::text)?,
        network: input.option(Reader::text)?,
        until: input.option(Reader::u64)?.map(u64::cast_signed),
        by: input.text()?,
        reason: input.text()?,
    })
}
