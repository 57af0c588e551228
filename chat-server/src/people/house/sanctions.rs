//! Bans and mutes (requirements 13.4 to 13.6).

use std::net::IpAddr;
use std::time::Duration;

use chat_protocol::moderation::{MAX_SANCTIONS, MAX_SANCTIONS_OF_ROOM, Objection, Sentence};
use chat_protocol::name::Name;
use chat_store::moderation::Sanction;

use crate::net::network::Network;
use crate::people::house::roles::Role;

#[cfg(feature = "cluster")]
mod snapshot;

/// The bans and mutes in force everywhere, or in one room, and some that have ended.
pub(crate) struct Sanctions {
    entries: Vec<Entry>,
    last_id: u64,
    most: usize,
}

struct Entry {
    sanction: Sanction,
    /// That of the person that has imposed it: it holds for no higher one.
    role: Role,
    /// Those of its name.
    looks: Vec<String>,
    network: Option<Network>,
}

/// The person for whom a sanction may hold.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) name: Option<&'a Name>,
    pub(crate) account: Option<&'a str>,
    pub(crate) ip: Option<IpAddr>,
}

impl Sanctions {
    /// Those that hold everywhere. Some do already.
    pub(crate) fn everywhere(stored: Vec<Sanction>) -> Self {
        let last_id = stored.iter().map(|sanction| sanction.id).max().unwrap_or_default();
        let entries =
            stored.into_iter().map(|sanction| Entry::new(sanction, Role::Admin)).collect();
        Self { entries, last_id, most: MAX_SANCTIONS }
    }

    /// Those of a room.
    pub(crate) fn of_room() -> Self {
        Self { entries: Vec::new(), last_id: 0, most: MAX_SANCTIONS_OF_ROOM }
    }

    /// A ban, or a mute, that holds now, a time since 1970, for this person, which has this role.
    pub(crate) fn find(
        &self,
        now: Duration,
        is_ban: bool,
        role: Role,
        who: Subject<'_>,
    ) -> Option<Sentence> {
        let mut entries = self.entries.iter().filter(|entry| entry.is_in_force(is_ban, role, now));
        // Looks cost some microseconds, and mostly there is no sanction.
        let first = entries.next()?;
        let looks = who.name.map(Name::looks).into_iter().flatten().collect::<Vec<_>>();
        let found = std::iter::once(first).chain(entries).find(|entry| entry.meets(who, &looks))?;
        Some(sentence(&found.sanction, now))
    }

    /// A ban of this address alone.
    pub(crate) fn bans_network(&self, now: Duration, ip: IpAddr) -> Option<Sentence> {
        self.find(now, true, Role::Member, Subject { name: None, account: None, ip: Some(ip) })
    }

    /// Imposes a sanction of a person of this role. It gets a number, in place of those of the same kind and of no higher role
    /// for the same name or network, and of those that have ended. Returns it, and the numbers of these.
    pub(crate) fn impose(
        &mut self,
        now: Duration,
        role: Role,
        sanction: Sanction,
    ) -> Result<(Sanction, Vec<u64>), Objection> {
        let is_ban = sanction.is_ban;
        let Sanction { name, network, .. } = &sanction;
        let replaced = self.take(|entry| {
            let is_same = entry.role <= role
                && entry.sanction.is_ban == is_ban
                && entry.sanction.name == *name
                && (name.is_some() || entry.sanction.network == *network);
            is_same || entry.has_ended(now)
        });
        if self.entries.len() >= self.most {
            return Err(Objection::TooManySanctions(self.most));
        }
        self.last_id += 1;
        let sanction = Sanction { id: self.last_id, ..sanction };
        self.entries.push(Entry::new(sanction.clone(), role));
        Ok((sanction, replaced))
    }

    /// Lifts those that hold for this name or network and were imposed by no higher role. Returns their numbers.
    pub(crate) fn lift(&mut self, role: Role, what: &str) -> Vec<u64> {
        let name = what.parse::<Name>().ok();
        let looks = name.as_ref().map(Name::looks).into_iter().flatten().collect::<Vec<_>>();
        let network = what.parse::<Network>().ok();
        self.take(|entry| {
            let is_network = entry.sanction.name.is_none() && entry.network == network;
            let is_meant = entry.looks.iter().any(|look| looks.contains(look)) || is_network;
            is_meant && entry.role <= role
        })
    }

    /// All of them: whether it is a ban, for whom it is, and how it is.
    pub(crate) fn list(&self, now: Duration) -> impl Iterator<Item = (bool, &str, Sentence)> {
        self.entries.iter().filter(move |entry| !entry.has_ended(now)).map(
            move |Entry { sanction, .. }| {
                (sanction.is_ban, what(sanction), sentence(sanction, now))
            },
        )
    }

    /// Takes some out. Returns their numbers.
    fn take(&mut self, is_one: impl Fn(&Entry) -> bool) -> Vec<u64> {
        let taken = self.entries.extract_if(.., |entry| is_one(entry));
        taken.map(|entry| entry.sanction.id).collect()
    }
}

impl Entry {
    fn new(sanction: Sanction, role: Role) -> Self {
        let name: Option<Name> = sanction.name.as_deref().and_then(|name| name.parse().ok());
        let looks = name.as_ref().map(Name::looks).into_iter().flatten().collect();
        let network = sanction.network.as_deref().and_then(|network| network.parse().ok());
        Self { sanction, role, looks, network }
    }

    fn has_ended(&self, now: Duration) -> bool {
        self.sanction.until.is_some_and(|until| left(until, now).is_zero())
    }

    fn is_in_force(&self, is_ban: bool, role: Role, now: Duration) -> bool {
        self.sanction.is_ban == is_ban && role <= self.role && !self.has_ended(now)
    }

    fn meets(&self, who: Subject<'_>, looks: &[String]) -> bool {
        let account = self.sanction.account.as_deref();
        self.looks.iter().any(|look| looks.contains(look))
            || account.is_some_and(|account| Some(account) == who.account)
            || self.network.zip(who.ip).is_some_and(|(network, ip)| network.contains(ip))
    }
}

/// The name or the network for which it is.
fn what(sanction: &Sanction) -> &str {
    sanction.name.as_deref().or(sanction.network.as_deref()).unwrap_or_default()
}

/// As people are told of it.
fn sentence(sanction: &Sanction, now: Duration) -> Sentence {
    Sentence {
        left: sanction.until.map(|until| left(until, now)),
        by: sanction.by.clone(),
        reason: sanction.reason.clone(),
    }
}

fn left(until: i64, now: Duration) -> Duration {
    Duration::from_millis(u64::try_from(until).unwrap_or_default()).saturating_sub(now)
}

#[cfg(test)]
mod tests;
