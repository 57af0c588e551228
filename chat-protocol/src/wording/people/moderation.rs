//! Texts for the order in the house (chapter 13).

use std::fmt;
use std::time::Duration;

use super::super::texts::texts;
use super::super::{NOTICE, short};
use crate::language::Language;
use crate::moderation::{Objection, Sentence};
use crate::name::Name;

texts! {
    kicked(by: &str, name: &str) { es: "* {by} ha echado a {name}", en: "* {by} has sent {name} away" }
    banned(by: &str, what: &str) { es: "* {by} ha vetado a {what}", en: "* {by} has banned {what}" }
    muted(by: &str, name: &str) { es: "* {by} ha callado a {name}", en: "* {by} has muted {name}" }
    /// Tells a room that a person or network may come in and speak again (requirement 13.5).
    pub pardoned(by: &str, what: &str) { es: "* {by} ha perdonado a {what}", en: "* {by} has pardoned {what}" }
    pub(in super::super) you_are_sent_away { es: "* te ha echado ", en: "* you were sent away by " }
    for_time(time: &str) { es: " durante {time}", en: " for {time}" }
    for_ever { es: " para siempre", en: " for ever" }
    imposed_by(by: &str) { es: " (por {by})", en: " (by {by})" }
    /// Tells a room that a person is an operator from now on (requirement 13.1).
    pub promoted(by: &str, name: &str) {
        es: "* {by} ha hecho operador a {name}",
        en: "* {by} has made {name} an operator",
    }
    /// Tells a room that a person is an operator no longer.
    pub demoted(by: &str, name: &str) {
        es: "* {name} ya no es operador, por {by}",
        en: "* {name} is no longer an operator, by {by}",
    }
    /// Tells the topic of the room (requirement 13.9).
    pub topic(text: &str) { es: "* tema: {text}", en: "* topic: {text}" }
    /// Tells a room its new topic.
    pub new_topic(by: &str, text: &str) { es: "* {by} pone el tema: {text}", en: "* {by} sets the topic: {text}" }
    /// Tells a room that it has no topic any more.
    pub topic_removed(by: &str) { es: "* {by} ha quitado el tema", en: "* {by} has removed the topic" }
    /// Answers `/tema` where there is none.
    pub no_topic { es: "* la sala no tiene tema", en: "* the room has no topic" }
    slow(by: &str, time: &str) {
        es: "* {by} pone el modo lento: un mensaje por persona cada {time}",
        en: "* {by} sets the slow mode: one message of each person every {time}",
    }
    /// Tells a room that each person may speak as often as it likes again (requirement 13.7).
    pub not_slow(by: &str) { es: "* {by} ha quitado el modo lento", en: "* {by} has ended the slow mode" }
    /// Tells a room that only people who are invited can come in (requirement 13.8).
    pub locked(by: &str) {
        es: "* {by} ha cerrado la sala: solo entra quien esté invitado",
        en: "* {by} has closed the room: only people who are invited come in",
    }
    /// Tells a room that all can come in again.
    pub unlocked(by: &str) { es: "* {by} ha abierto la sala", en: "* {by} has opened the room" }
    /// Tells a person that it may come into a room.
    pub invitation(by: &str, room: &str) {
        es: "* {by} te invita: /sala {room}",
        en: "* {by} invites you: /join {room}",
    }
    /// Tells the one that has invited a person.
    pub invited(name: &str) { es: "* has invitado a {name}", en: "* you have invited {name}" }
    /// Answers `/vetados` where there is none.
    pub no_sanctions { es: "* no hay nadie vetado ni callado", en: "* nobody is banned or muted" }
    listed_ban(what: &str) { es: "* vetado: {what}", en: "* banned: {what}" }
    listed_mute(what: &str) { es: "* callado: {what}", en: "* muted: {what}" }
    role { es: "! no puedes hacer eso aquí", en: "! you may not do that here" }
    higher_role(name: &Name) {
        es: "! {name} tiene más autoridad que tú",
        en: "! {name} has a higher role than you",
    }
    not_in_room(name: &Name) { es: "! {name} no está en esta sala", en: "! {name} is not in this room" }
    first_room {
        es: "! en esta sala empiezan todos: no se puede",
        en: "! not in this room: everybody begins here",
    }
    pub(in super::super) you_are_banned { es: "! estás vetado", en: "! you are banned" }
    banned_from(room: &Name) { es: "! estás fuera de la sala {room}: vetado", en: "! you may not join {room}: banned" }
    no_sanction(what: &str) { es: "! {what} no está vetado ni callado", en: "! {what} is not banned or muted" }
    too_many_sanctions(limit: usize) {
        es: "! no caben más vetos (máximo {limit})",
        en: "! no more bans are allowed (at most {limit})",
    }
    you_are_muted { es: "! no se envió: te han callado", en: "! not sent: you are muted" }
    wait(time: &str) {
        es: "! no se envió: la sala está en modo lento, espera {time}",
        en: "! not sent: the room is slow, wait {time}",
    }
    room_is_locked(room: &Name) {
        es: "! la sala {room} está cerrada: solo entra quien esté invitado",
        en: "! the room {room} is closed: only people who are invited come in",
    }
}

impl Language {
    /// Tells a room that a person was sent away (requirement 13.3). An empty reason is none.
    pub fn kicks(self, by: &str, name: &str, reason: &str) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            write!(f, "{}", self.kicked(by, name))?;
            because(f, reason)
        })
    }

    /// Tells a person that it was sent away: the last line of its connection (requirement 13.3).
    pub fn sent_away(self, by: &str, reason: &str) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            write!(f, "{}{by}", self.you_are_sent_away())?;
            because(f, reason)
        })
    }

    /// The same, for the operator of the server.
    pub fn sent_away_by_operator(self, reason: &str) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            f.write_str(self.removed_by_operator())?;
            because(f, reason)
        })
    }

    /// Tells a room of a ban (requirement 13.4).
    pub fn bans(
        self,
        by: &str,
        what: &str,
        time: Option<Duration>,
        reason: &str,
    ) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            write!(f, "{}", self.banned(by, what))?;
            self.lasts(f, time)?;
            because(f, reason)
        })
    }

    /// Tells a room that a person may say nothing (requirement 13.6).
    pub fn mutes(self, by: &str, name: &str, time: Option<Duration>) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            write!(f, "{}", self.muted(by, name))?;
            self.lasts(f, time)
        })
    }

    /// Tells a room how often each person may speak (requirement 13.7).
    pub fn slows(self, by: &str, time: Duration) -> impl fmt::Display {
        fmt::from_fn(move |f| write!(f, "{}", self.slow(by, &self.span(time))))
    }

    /// One line of the answer to `/vetados` (requirement 13.5): a ban or a mute.
    pub fn sanction(self, is_ban: bool, what: &str, sentence: &Sentence) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            if is_ban {
                write!(f, "{}", self.listed_ban(what))?;
            } else {
                write!(f, "{}", self.listed_mute(what))?;
            }
            self.sentence(f, sentence)
        })
    }

    /// The line of the message of the day (requirement 13.9).
    pub fn motd(self, line: &str) -> impl fmt::Display {
        fmt::from_fn(move |f| write!(f, "{NOTICE}{line}"))
    }

    pub(in super::super) fn object(
        self,
        f: &mut fmt::Formatter<'_>,
        objection: &Objection,
    ) -> fmt::Result {
        match objection {
            Objection::Role => f.write_str(self.role()),
            Objection::HigherRole(name) => write!(f, "{}", self.higher_role(name)),
            Objection::NotInRoom(name) => write!(f, "{}", self.not_in_room(name)),
            Objection::FirstRoom => f.write_str(self.first_room()),
            Objection::Banned(sentence) => {
                f.write_str(self.you_are_banned())?;
                self.sentence(f, sentence)
            }
            Objection::BannedFrom(room, sentence) => {
                write!(f, "{}", self.banned_from(room))?;
                self.sentence(f, sentence)
            }
            Objection::NoSanction(what) => write!(f, "{}", self.no_sanction(&short(what))),
            Objection::TooManySanctions(limit) => write!(f, "{}", self.too_many_sanctions(*limit)),
            Objection::Muted(sentence) => {
                f.write_str(self.you_are_muted())?;
                self.sentence(f, sentence)
            }
            Objection::Slow(time) => write!(f, "{}", self.wait(&self.span(*time))),
            Objection::Locked(room) => write!(f, "{}", self.room_is_locked(room)),
        }
    }

    fn sentence(self, f: &mut fmt::Formatter<'_>, sentence: &Sentence) -> fmt::Result {
        self.lasts(f, sentence.left)?;
        write!(f, "{}", self.imposed_by(&sentence.by))?;
        because(f, &sentence.reason)
    }

    fn lasts(self, f: &mut fmt::Formatter<'_>, time: Option<Duration>) -> fmt::Result {
        match time {
            Some(time) => write!(f, "{}", self.for_time(&self.span(time))),
            None => f.write_str(self.for_ever()),
        }
    }
}

/// Writes the reason, if there is one.
fn because(f: &mut fmt::Formatter<'_>, reason: &str) -> fmt::Result {
    if reason.is_empty() { Ok(()) } else { write!(f, ": {reason}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Refusal;
    use crate::wording::{Dismissal, dismissal_in};

    fn sentence(seconds: Option<u64>, reason: &str) -> Sentence {
        Sentence { left: seconds.map(Duration::from_secs), by: "Ana".into(), reason: reason.into() }
    }

    #[test]
    fn r13_4_a_banned_person_is_told_for_how_long_by_whom_and_why() {
        let refusal = |sentence| {
            Language::Es.refusal(&Refusal::Order(Objection::Banned(sentence))).to_string()
        };
        let timed = refusal(sentence(Some(1800), "por gritar"));
        assert_eq!(timed, "! estás vetado durante 30 min (por Ana): por gritar");
        assert_eq!(refusal(sentence(None, "")), "! estás vetado para siempre (por Ana)");
        assert_eq!(dismissal_in(&timed), Some(Dismissal::Removed));
    }

    #[test]
    fn r13_3_a_client_knows_that_its_user_was_sent_away() {
        for language in Language::ALL {
            let line = language.sent_away("Ana", "basta").to_string();
            assert!(line.ends_with("Ana: basta"), "{line}");
            assert_eq!(dismissal_in(&line), Some(Dismissal::Removed));
            let line = language.sent_away_by_operator("basta").to_string();
            assert_eq!(dismissal_in(&line), Some(Dismissal::Removed));
        }
    }
}
