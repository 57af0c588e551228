//! Imposing and lifting bans and mutes, and those they hold for.

use std::fmt::Display;
use std::net::IpAddr;
use std::time::Duration;

use chat_protocol::command::Verb;
use chat_protocol::moderation::{Objection, Sentence};
use chat_protocol::name::{Name, key};
use chat_protocol::refusal::Refusal;
use chat_store::moderation::Sanction;

use super::fits;
use crate::net::clock::milliseconds;
use crate::net::network::Network;
use crate::net::transport::Transport;
use crate::people::directory::{Directory, People, PersonId};
use crate::people::house::roles::Role;
use crate::people::house::sanctions::Subject;
use crate::room::event::Notice;

/// A ban or a mute that a moderator wants.
#[derive(Clone, Copy)]
pub(super) struct Sentencing<'a> {
    /// [`Verb::Ban`] or [`Verb::Mute`].
    pub(super) verb: Verb,
    /// A name, or for a ban a network.
    pub(super) target: &'a str,
    /// `None` is for ever.
    pub(super) time: Option<Duration>,
    pub(super) reason: &'a str,
}

impl<T: Transport> Directory<T> {
    /// The reason why a client from this address may not have this name, whose account it has or will have proved to
    /// own (requirement 13.4).
    pub(crate) fn keeps_out(&self, name: &Name, ip: IpAddr) -> Option<Refusal> {
        self.lock().ban(name, &key(name.as_str()), Some(ip)).map(Into::into)
    }

    /// The reason why no client from this address may come in.
    pub(crate) fn keeps_out_address(&self, ip: IpAddr) -> Option<Refusal> {
        let people = self.lock();
        let ban = people.house.sanctions.bans_network(people.time.since_1970(), ip);
        ban.map(|ban| Objection::Banned(ban).into())
    }

    /// The last line for a person that was sent away. It stays until the person has left: until then no other connection has
    /// its session.
    pub(crate) fn farewell(&self, id: PersonId) -> Option<String> {
        self.lock().house.farewells.get(&id).cloned()
    }
}

impl<T: Transport> People<T> {
    /// Bans or mutes: an admin everywhere, others in their room.
    pub(super) fn sentence(&mut self, by: PersonId, wanted: Sentencing<'_>) -> Result<(), Refusal> {
        let Sentencing { verb, target, time, reason } = wanted;
        let (role, now) = (self.permitted(by, verb)?, self.time.since_1970());
        fits(reason)?;
        // Whoever has the name of a network does not keep an admin from banning it.
        let is_network =
            verb == Verb::Ban && role == Role::Admin && target.parse::<Network>().is_ok();
        let person = self.find(target).filter(|_| !is_network);
        let sanction = Sanction {
            id: 0,
            is_ban: verb == Verb::Ban,
            until: time.map(|time| milliseconds(now + time)),
            by: self.person(by).name.as_str().into(),
            reason: reason.into(),
            ..self.aimed(by, role, wanted, person)?
        };
        let (sanction, replaced) = match role {
            Role::Admin => self.house.sanctions.impose(now, role, sanction)?,
            _ => (self.settings_mut(by).sanctions.impose(now, role, sanction)?.0, Vec::new()),
        };
        let what = sanction.name.as_deref().or(sanction.network.as_deref()).unwrap_or_default();
        let (language, by_name) = (self.rules.language, self.person(by).name.to_string());
        let who: [(_, &dyn Display); 2] = [("who", &what), ("by", &by_name)];
        match (verb, person) {
            (Verb::Ban, _) => {
                let line = language.bans(&by_name, what, time, reason);
                self.proclaim(by, &Notice::new("banned", line, who));
            }
            (_, Some(id)) => {
                let line = language.mutes(&by_name, what, time);
                self.proclaim_about(by, id, true, &Notice::new("muted", line, who));
            }
            (_, None) => {
                let line = language.mutes(&by_name, what, time);
                self.proclaim(by, &Notice::new("muted", line, who));
            }
        }
        self.enforce(by, role, &sanction, time);
        let kept = (role == Role::Admin).then(|| sanction.clone());
        self.record(by, verb, what, reason, kept, replaced);
        Ok(())
    }

    /// The person, the account and the network that a sanction is meant for; the rest is empty.
    fn aimed(
        &self,
        by: PersonId,
        role: Role,
        Sentencing { verb, target, .. }: Sentencing<'_>,
        person: Option<PersonId>,
    ) -> Result<Sanction, Refusal> {
        let mut aimed = Sanction {
            id: 0,
            is_ban: false,
            name: None,
            account: None,
            network: None,
            until: None,
            by: "".into(),
            reason: "".into(),
        };
        if let Some(id) = person {
            self.spare(by, role, id)?;
            let person = self.person(id);
            let network =
                self.address(id).filter(|ip| verb == Verb::Ban && !ip.to_canonical().is_loopback());
            aimed.name = Some(person.name.as_str().into());
            aimed.account.clone_from(&person.account);
            aimed.network = network.map(|ip| Network::of(ip).to_string().into());
        } else if let Ok(network) = target.parse::<Network>()
            && verb == Verb::Ban
        {
            if role < Role::Admin {
                return Err(Objection::Role.into());
            }
            aimed.network = Some(network.to_string().into());
        } else {
            let name: Name = target.parse().map_err(Refusal::Name)?;
            let account = key(name.as_str());
            if self.role_of(by, None, Some(&account)) > role {
                return Err(Objection::HigherRole(name).into());
            }
            aimed.name = Some(name.as_str().into());
            aimed.account = Some(account.into());
        }
        Ok(aimed)
    }

    /// Refuses to act on a person whose role in the moderator's room is higher.
    fn spare(&self, by: PersonId, role: Role, id: PersonId) -> Result<(), Refusal> {
        if self.role_in_room_of(by, id) <= role {
            return Ok(());
        }
        Err(Objection::HigherRole(self.person(id).name.clone()).into())
    }

    /// Sends the people away that a ban meets, or has those listened to that a mute meets.
    fn enforce(&mut self, by: PersonId, role: Role, sanction: &Sanction, time: Option<Duration>) {
        let met = self.met(by, role, sanction);
        if !sanction.is_ban {
            return met.into_iter().for_each(|id| _ = self.restrain(id));
        }
        let language = self.rules.language;
        let Sanction { by, reason, .. } = sanction;
        for id in met {
            let farewell = if role < Role::Admin {
                language.sent_away(by, reason).to_string()
            } else {
                let sentence = Sentence { left: time, by: by.clone(), reason: reason.clone() };
                language.refusal(&Objection::Banned(sentence).into()).to_string()
            };
            self.send_away(id, farewell);
        }
    }

    /// The people that a sanction meets, of those that are here. A person's neighbours in its network are not meant.
    fn met(&self, by: PersonId, role: Role, sanction: &Sanction) -> Vec<PersonId> {
        let Sanction { name, account, network, .. } = sanction;
        let name = name.as_deref().and_then(|name| name.parse::<Name>().ok());
        let similar: Vec<PersonId> =
            name.iter().flat_map(|name| self.names.all_in_the_way(name)).collect();
        let network = network.as_deref().and_then(|network| network.parse::<Network>().ok());
        let network = network.filter(|_| name.is_none());
        let is_met = |id: &PersonId| {
            let (who, its) = (self.subject(*id), self.role_in_room_of(by, *id));
            let is_meant =
                similar.contains(id) || account.is_some() && account.as_deref() == who.account;
            let is_inside = network.zip(who.ip).is_some_and(|(network, ip)| network.contains(ip));
            is_meant && its <= role || is_inside && its < role
        };
        self.people(by, role == Role::Admin).into_iter().filter(is_met).collect()
    }

    pub(super) fn pardon(&mut self, by: PersonId, target: &str) -> Result<(), Refusal> {
        let role = self.permitted(by, Verb::Pardon)?;
        let lifted = match role {
            Role::Admin => self.house.sanctions.lift(role, target),
            _ => Vec::new(),
        };
        let in_room = self.settings_mut(by).sanctions.lift(role, target);
        if lifted.is_empty() && in_room.is_empty() {
            return Err(Objection::NoSanction(target.to_owned()).into());
        }
        let (language, by_name) = (self.rules.language, self.person(by).name.to_string());
        let who: [(_, &dyn Display); 2] = [("who", &target), ("by", &by_name)];
        let line = language.pardoned(&by_name, target);
        self.proclaim(by, &Notice::new("pardoned", line, who));
        self.record(by, Verb::Pardon, target, "", None, lifted);
        Ok(())
    }

    pub(super) fn list_sanctions(&mut self, by: PersonId) -> Result<(), Refusal> {
        let role = self.permitted(by, Verb::Bans)?;
        let (language, now) = (self.rules.language, self.time.since_1970());
        let everywhere = self.house.sanctions.list(now).filter(|_| role == Role::Admin);
        let lines: Vec<String> = everywhere
            .chain(self.settings(by).sanctions.list(now))
            .map(|(is_ban, what, sentence)| language.sanction(is_ban, what, &sentence).to_string())
            .collect();
        let lines =
            if lines.is_empty() { language.no_sanctions().to_owned() } else { lines.join("\n") };
        self.tell(by, &Notice::new("sanctions", lines, []));
        Ok(())
    }

    /// A ban everywhere.
    pub(in crate::people) fn ban(
        &self,
        name: &Name,
        account: &str,
        ip: Option<IpAddr>,
    ) -> Option<Objection> {
        let subject = Subject { name: Some(name), account: Some(account), ip };
        let now = self.time.since_1970();
        self.house.sanctions.find(now, true, Role::Member, subject).map(Objection::Banned)
    }

    /// The reason why a person may not have another name: it is banned, or the person is muted.
    pub(in crate::people) fn forbids_renaming(
        &self,
        id: PersonId,
        new: &str,
    ) -> Result<(), Refusal> {
        if let Some(mute) = self.mute(id) {
            return Err(Objection::Muted(mute).into());
        }
        let Ok(name) = new.parse::<Name>() else { return Ok(()) };
        self.ban(&name, &key(new), None).map_or(Ok(()), |ban| Err(ban.into()))
    }

    /// A mute of a person where it is.
    pub(in crate::people) fn mute(&self, id: PersonId) -> Option<Sentence> {
        let (subject, now) = (self.subject(id), self.time.since_1970());
        let everywhere = self.house.sanctions.find(now, false, Role::Member, subject);
        everywhere.or_else(|| self.settings(id).sanctions.find(now, false, self.role(id), subject))
    }

    pub(in crate::people) fn subject(&self, id: PersonId) -> Subject<'_> {
        let person = self.person(id);
        Subject {
            name: Some(&person.name),
            account: person.account.as_deref(),
            ip: self.address(id),
        }
    }
}
